/*
 * What else than the classifier says that a message is spam or ham: facts of checks, and symbols of
 * the verdict where only a rule names the fact.
 */
#include "checks/memory/takeover.h"

#define NEAR_BANDS_SAME 2u /* bands of a nearly equal text that were learnt */
#define NEAR_MARKS 0.5	   /* that are left of what was learnt */
#define NEAR_SHARE 2.0	   /* times as often as spam than as ham */
#define PYZOR_REPORTS 5u   /* by others */
#define PYZOR_SHARE 5u	   /* times as often as it was called good */
#define STANDING_DAYS 7	   /* since mail of the author's domain was accepted first */
#define LOOKALIKE_SURE 2.5 /* score of a symbol that says disguise, not only resemblance */
#define GROUP_DNSBL "dnsbl"
#define GROUP_FEED "feeds" /* often what a list of the DNS says too: no evidence beside it */
#define GROUP_LOOKALIKE "lookalike"

/* Symbols of files that no honest sender mails. */
static const char *const biting[] = { "MIME_EXECUTABLE",
				      "MIME_BAD_EXTENSION",
				      "MIME_BAD_EXT_WITH_BAD_UNICODE",
				      "MIME_SHORTCUT",
				      "ARCHIVE_RISKY",
				      "HTML_SMUGGLING",
				      "VIRUS" };

static unsigned by_trap(const struct scan *s)
{
	const struct trap_facts *f = scan_result(s, &check_trap);

	return f && f->hit && !f->guarded ? EVIDENCE_TRAP : 0;
}

static bool pyzor_says(const struct digest_facts *f)
{
	return f->pyzor_answered && f->pyzor_count >= PYZOR_REPORTS &&
	       f->pyzor_count / PYZOR_SHARE >= f->pyzor_wl;
}

/* Anybody can send copies of what somebody else writes, or his emblem, to a trap: that says nothing
 * of him who is authenticated and was here before. */
static bool standing(const struct scan *s)
{
	const struct sender_facts *f = scan_result(s, &check_sender);

	return f && f->genuine && f->days >= STANDING_DAYS &&
	       !lists_has_domain(s->lists, STR("freemail"), s->from.domain, NULL);
}

static unsigned by_digest(const struct scan *s)
{
	const struct digest_facts *f = scan_result(s, &check_digest);
	unsigned bits = 0;

	if (!f || standing(s))
		return 0;
	if (f->bands >= NEAR_BANDS_SAME && f->spam + f->trap >= NEAR_MARKS &&
	    f->spam + f->trap >= NEAR_SHARE * f->ham)
		bits |= EVIDENCE_DIGEST;
	if (pyzor_says(f))
		bits |= EVIDENCE_DIGEST;
	if (f->file_spam >= NEAR_MARKS)
		bits |= EVIDENCE_FILE;
	return bits;
}

/* A list or a forwarder breaks signatures without any ill will: those do not count. */
static unsigned by_dmarc(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	const struct arc_result *arc = scan_result(s, &check_arc);

	if (!f || f->r.code != AUTH_FAIL || f->override != OVERRIDE_NONE ||
	    f->disposition == DMARC_P_NONE)
		return 0;
	if ((arc && arc->code == AUTH_PASS) || hdr_find(&s->headers, STR("List-Id"), 0))
		return 0;
	return EVIDENCE_FORGED;
}

static unsigned by_symbol(const struct symbol *y)
{
	unsigned bits = 0;

	if ((str_eq(y->group, STR(GROUP_DNSBL)) || str_eq(y->group, STR(GROUP_FEED))) &&
	    y->score > 0)
		bits |= EVIDENCE_LIST;
	if (str_eq(y->group, STR(GROUP_LOOKALIKE)) && y->score >= LOOKALIKE_SURE)
		bits |= EVIDENCE_LOOKALIKE;
	for (size_t i = 0; i < sizeof biting / sizeof *biting; i++)
		if (y->score > 0 && str_eq(y->name, str_c(biting[i])))
			bits |= EVIDENCE_FILE;
	return bits;
}

static unsigned by_sender(const struct scan *s)
{
	const struct sender_facts *f = scan_result(s, &check_sender);

	if (!f || !f->genuine)
		return 0;
	return (f->known ? EVIDENCE_KNOWN : 0u) | (f->reply ? EVIDENCE_REPLY : 0u);
}

unsigned memory_evidence(struct scan *s)
{
	unsigned bits = 0;

	if (scan_passive(s))
		return 0;
	for (size_t i = 0; i < s->verdict.symbols.n; i++)
		bits |= by_symbol(&s->verdict.symbols.p[i]);
	bits |= by_trap(s) | by_digest(s);
	if (!scan_outbound(s))
		return bits | by_dmarc(s) | by_sender(s);
	if (s->client.auth_user.n && s->verdict.action == ACT_ACCEPT && !takeover_alarmed(s))
		bits |= EVIDENCE_SENT;
	return bits;
}
