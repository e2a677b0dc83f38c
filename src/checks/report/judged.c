/*
 * The line of an aggregate report that a message makes.
 *
 * Its disposition is what the policy asked for as far as it was done: rejected mail whose domain
 * asks for nothing has the disposition none, whatever else we held against it. Where less was done
 * than asked, the reason says why: a seal or forwarder that is trusted, t=y, or this site's
 * options.
 */
#include "checks/report/judged.h"

#include "base/buf.h"
#include "mail/domain.h"

enum dmarc_policy rows_done(enum action a)
{
	switch (a) {
	case ACT_TEMPFAIL:
	case ACT_REJECT:
	case ACT_DISCARD:
		return DMARC_P_REJECT;
	case ACT_TAG:
	case ACT_QUARANTINE:
		return DMARC_P_QUARANTINE;
	default:
		return DMARC_P_NONE;
	}
}

/* ---- the policy as it was published ---- */

static struct str policy_word(bool has, enum dmarc_policy p)
{
	return has ? str_c(dmarc_policy_word(p)) : STR_NULL;
}

static struct str without_blanks(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (!ch_fws(s.p[i]))
			buf_addc(&b, ch_lower(s.p[i]));
	return buf_str(&b);
}

static void publish(struct scan *s, const struct dmarc_facts *f, struct row *out)
{
	const struct dmarc_record *rec = &f->r.record;

	out->policy_domain = f->r.policy_domain;
	out->rua = str_trim(rec->rua);
	out->p = policy_word(true, rec->has_p ? rec->p : DMARC_P_NONE);
	out->sp = policy_word(rec->has_sp, rec->sp);
	out->np = policy_word(rec->has_np, rec->np);
	out->adkim = rec->strict_dkim ? STR("s") : STR("r");
	out->aspf = rec->strict_spf ? STR("s") : STR("r");
	out->fo = without_blanks(s->arena, rec->fo);
	out->testing = rec->testing ? STR("y") : STR("n");
	out->discovery = f->method == DMARC_PSL ? STR("psl") : STR("treewalk");
}

/* ---- how it was judged ---- */

/* RFC 8617 7.2.2: the chain, newest first. */
static struct str chain(struct scan *s)
{
	const struct arc_result *arc = scan_result(s, &check_arc);
	struct buf b = { .arena = s->arena };

	buf_add(&b, STR("arc=pass"));
	for (size_t i = arc ? arc->n : 0; i-- > 0 && b.n < ROW_COMMENT_MAX;)
		buf_addf(&b, " as[%u].d=%.*s as[%u].s=%.*s", arc->set[i].instance,
			 STR_ARG(arc->set[i].sealer), arc->set[i].instance,
			 STR_ARG(arc->set[i].selector));
	return buf_str(&b);
}

static void excuse(struct scan *s, const struct dmarc_facts *f, struct report_row *w)
{
	enum dmarc_policy asked = dmarc_asked_for(&f->r);

	if (f->r.code == AUTH_TEMPERROR) {
		w->override_type = STR("other");
		w->override_comment = STR("temporary error");
	} else if (f->r.code != AUTH_FAIL) {
		return;
	} else if (f->override == OVERRIDE_SEALER) {
		w->override_type = STR("local_policy");
		w->override_comment = chain(s);
	} else if (f->override == OVERRIDE_FORWARDER) {
		w->override_type = STR("trusted_forwarder");
	} else if (w->disposition < asked) {
		w->override_type = STR("local_policy");
	} else if (asked < f->r.policy) {
		w->override_type = STR("policy_test_mode");
	}
}

static void judge(struct scan *s, const struct dmarc_facts *f, struct report_row *w)
{
	enum dmarc_policy done = rows_done(s->verdict.action);

	w->count = 1;
	w->source = s->client.ip;
	w->pass_disposition = f->r.code == AUTH_PASS;
	w->dkim_aligned = f->r.dkim_aligned;
	w->spf_aligned = f->r.spf_aligned;
	if (f->r.code == AUTH_FAIL)
		w->disposition = f->disposition < done ? f->disposition : done;
	excuse(s, f, w);
}

/* ---- what authenticated ---- */

static void add_spf(struct scan *s, struct report_row *w)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);

	if (!spf)
		return;
	w->spf_result = str_c(auth_word(spf->mailfrom.code));
	w->spf_domain = domain_read(s->arena, spf->mailfrom.domain, DOMAIN_UNDERSCORE);
	w->spf_helo = spf->null_sender;
}

/* RFC 9990 3.1.3: what made it pass first, then other passes, then the rest. */
static unsigned rank(const struct dkim_sig *sig, const struct dmarc_facts *f)
{
	struct str from = f->r.from_domain, org = f->r.org_domain;

	if (sig->result != AUTH_PASS)
		return 3;
	if (str_eq(sig->domain, from))
		return 0;
	return org.n && domain_within(sig->domain, org) ? 1 : 2;
}

static void add_dkim(struct scan *s, const struct dmarc_facts *f, struct report_row *w)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	if (!r)
		return;
	w->dkim = ARENA_ARRAY(s->arena, struct report_dkim,
			      r->n < ROW_DKIM_MAX ? r->n : ROW_DKIM_MAX);
	for (unsigned k = 0; k <= 3; k++)
		for (size_t i = 0; i < r->n && w->ndkim < ROW_DKIM_MAX; i++) {
			const struct dkim_sig *sig = &r->sig[i];

			if (rank(sig, f) == k && sig->domain.n && sig->selector.n)
				w->dkim[w->ndkim++] =
					(struct report_dkim){ sig->domain, sig->selector,
							      str_c(auth_word(sig->result)) };
		}
}

void rows_judged(struct scan *s, struct row *out)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	struct report_row *w = &out->row;

	publish(s, f, out);
	judge(s, f, w);
	w->header_from = f->r.from_domain;
	if (s->mail_ok)
		w->envelope_from = domain_read(s->arena, s->mail.domain, DOMAIN_UNDERSCORE);
	add_spf(s, w);
	add_dkim(s, f, w);
}
