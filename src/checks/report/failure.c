/*
 * Messages that failed, for failure reports of DMARC (RFC 9991): where the policy's record asks for
 * them, and there is room for one that day, the header and what was found are left in the worker's
 * spool. Whether anything is sent, and to whom, is for the control process to say.
 */
#include "checks/report/failure.h"

#include "base/buf.h"
#include "checks/report/judged.h"
#include "checks/report/rows.h"
#include "mail/domain.h"
#include "report/failure.h"
#include "scan/ask.h"
#include "store/spool.h"

_Static_assert(FAILURE_ID_SIZE == ROW_ID_SIZE, "one identity of a message");

static const struct conf_opt options[] = {
	{ .name = "report.failure.use",
	  .type = CONF_BOOL,
	  .def = "off",
	  .help = "send DMARC failure reports (RFC 9991) to the domains that ask for them (ruf=), "
		  "registries (psd=y) left out: "
		  "the header of a message that failed, without its body, local parts of addresses "
		  "hashed; from report.dmarc.email" },
	{ .name = "report.failure.per_day",
	  .type = CONF_INT,
	  .def = "1",
	  .allow = "1..10",
	  .help = "failure reports about one policy domain in a day (UTC); of all machines that "
		  "share a store; 1000 about all domains together" },
	{ 0 },
};

struct failure_options {
	bool use;
	unsigned per_day;
};

struct state {
	const char *what; /* is to be reported; NULL: nothing */
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct failure_options *k = ARENA_NEW(a, struct failure_options);

	(void)e;
	k->use = conf_bool(c, "report.failure.use");
	k->per_day = (unsigned)conf_int(c, "report.failure.per_day");
	*config = k;
	return 0;
}

/* ---- whether ---- */

static const struct dkim_sig *failed_signature(struct scan *s, const struct dmarc_facts *f)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);
	const struct dkim_sig *other = NULL;

	for (size_t i = 0; r && i < r->n; i++) {
		const struct dkim_sig *sig = &r->sig[i];

		if (sig->result != AUTH_FAIL && sig->result != AUTH_PERMERROR)
			continue;
		if (f->r.org_domain.n && domain_within(sig->domain, f->r.org_domain))
			return sig;
		other = other ? other : sig;
	}
	return other;
}

static const char *wanted(struct scan *s, const struct dmarc_facts *f)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);
	const struct failure_facts facts = {
		.dmarc_failed = f->r.code == AUTH_FAIL,
		.dkim_aligned = f->r.dkim_aligned,
		.spf_aligned = f->r.spf_aligned,
		.signature_failed = failed_signature(s, f) != NULL,
		.spf_failed = spf && spf->mailfrom.code == AUTH_FAIL,
	};

	if (f->r.code != AUTH_FAIL && f->r.code != AUTH_PASS)
		return NULL;
	return failure_wanted(f->r.record.fo, &facts);
}

/* RFC 9991 6: nothing about reports, and nothing that two sites could send each other for ever. */
static bool is_report(struct scan *s)
{
	const struct rows_options *rows = scan_config(s, &check_report_rows);

	return !s->mail_ok || (!s->mail.local.n && !s->mail.domain.n) || rows_type_of_report(s) ||
	       rows_subject_of_report(s) || (rows && rows_goes_to_reports(s, rows));
}

/* RFC 9091 4.1: those who only give out the names below theirs get sums, and no messages. */
static bool is_of_registry(const struct dmarc_facts *f)
{
	return f->r.record.psd == 'y';
}

static const char *to_be_reported(struct scan *s, const struct failure_options *k)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	if (!k->use || s->env->readonly || !s->env->spool || scan_outbound(s) || scan_passive(s) ||
	    (s->flags & SCAN_F_AUTH_ONLY))
		return NULL;
	if (s->from.why != FROM_OK || s->headers.hidden_from || !f || !f->r.policy_domain.n ||
	    !f->r.record.ruf.n || is_of_registry(f) || is_report(s))
		return NULL;
	return wanted(s, f);
}

/* Only a look: whoever sends it takes the room. Not known is no room, so that a store that is away
 * does not fill the spool. */
static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct failure_options *k = config;
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	struct state *st = state;
	struct store_op slot = { .kind = STORE_GET },
			day = { .kind = STORE_JOIN, .flags = STORE_F_LOOK, .member = STR("-") };
	const struct store_answer *a, *b;

	st->what = to_be_reported(s, k);
	if (!st->what)
		return CHECK_DONE;
	slot.key = failure_slot(s->arena, f->r.policy_domain, s->now, k->per_day - 1);
	day.key = failure_day(s->arena, s->now);
	a = scan_store(s, &slot);
	b = scan_store(s, &day);
	if (!a || !b)
		return CHECK_WAIT;
	if (a->status == STORE_NONE && !a->local && b->status == STORE_OK &&
	    b->sum[0] <= FAILURE_DAY_MAX)
		scan_publish(s, &check_report_failure, st);
	return CHECK_DONE;
}

/* ---- what ---- */

static struct str header_of(struct scan *s)
{
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; i < s->headers.v.n && b.n <= AFRF_HEADER_MAX; i++)
		buf_add(&b, str_sub(s->headers.v.p[i].raw, 0, AFRF_HEADER_MAX));
	return buf_str(&b);
}

/* No address stands in it: only domains. */
static struct str results_of(struct scan *s, const struct dmarc_facts *f)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);
	const struct dkim_result *dkim = scan_result(s, &check_dkim);
	struct buf b = { .arena = s->arena };

	buf_addf(&b, "dmarc=%s header.from=%.*s", auth_word(f->r.code), STR_ARG(f->r.from_domain));
	if (spf)
		buf_addf(&b, "; spf=%s %s=%.*s", auth_word(spf->mailfrom.code),
			 spf->null_sender ? "smtp.helo" : "smtp.mailfrom",
			 STR_ARG(domain_read(s->arena, spf->mailfrom.domain, DOMAIN_UNDERSCORE)));
	for (size_t i = 0; dkim && i < dkim->n && b.n < FAILURE_TEXT_MAX / 2; i++)
		if (dkim->sig[i].domain.n && dkim->sig[i].selector.n)
			buf_addf(&b, "; dkim=%s header.d=%.*s header.s=%.*s",
				 auth_word(dkim->sig[i].result), STR_ARG(dkim->sig[i].domain),
				 STR_ARG(dkim->sig[i].selector));
	return buf_str(&b);
}

/* RFC 6591 3.2.6: the SPF record that was found. */
static struct str spf_record(struct scan *s)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);
	struct str domain = STR_NULL;
	const struct dns_answer *answer = NULL;

	if (spf)
		domain = domain_read(s->arena, spf->mailfrom.domain, DOMAIN_UNDERSCORE);
	if (domain.n)
		answer = scan_dns_known(s, domain, DNS_TXT);
	for (size_t i = 0; answer && i < answer->n; i++)
		if (str_istarts(answer->rr[i].data, STR("v=spf1")))
			return arena_printf(s->arena, "txt : %.*s : \"%.*s\"", STR_ARG(domain),
					    STR_ARG(answer->rr[i].data));
	return STR_NULL;
}

/* RFC 6591 3.2.2. */
static struct str delivery_of(enum action a)
{
	switch (a) {
	case ACT_ACCEPT:
	case ACT_TAG:
		return STR("delivered");
	case ACT_QUARANTINE:
		return STR("policy");
	case ACT_TEMPFAIL:
	case ACT_REJECT:
		return STR("reject");
	default:
		return STR("other");
	}
}

static void describe(struct scan *s, const char *what, struct failure *out)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	const struct dkim_sig *sig = f->r.dkim_aligned && !str_eq(str_c(what), STR("signature"))
					     ? NULL
					     : failed_signature(s, f);

	*out = (struct failure){
		.policy_domain = f->r.policy_domain,
		.ruf = str_trim(f->r.record.ruf),
		.what = { .failure = str_c(what),
			  .domain = f->r.from_domain,
			  .auth_results = results_of(s, f),
			  .envelope_from =
				  arena_printf(s->arena, "%.*s@%.*s", STR_ARG(s->mail.local),
					       STR_ARG(s->mail.domain)),
			  .source = s->client.ip,
			  .dkim_aligned = f->r.dkim_aligned,
			  .spf_aligned = f->r.spf_aligned,
			  .dkim_domain = sig ? sig->domain : STR_NULL,
			  .dkim_selector = sig ? sig->selector : STR_NULL,
			  .spf_dns = f->r.spf_aligned ? STR_NULL : spf_record(s),
			  .delivery = delivery_of(s->verdict.action),
			  .arrival = s->now,
			  .header = header_of(s) },
	};
	rows_identify(s, out->id);
}

static void after(struct scan *s, const void *config)
{
	const struct state *st = scan_result(s, &check_report_failure);
	struct failure f;
	struct str record;

	(void)config;
	if (!st || rows_comes_back(s))
		return;
	describe(s, st->what, &f);
	record = failure_format(s->arena, &f);
	if (record.n)
		spool_add(s->env->spool, SPOOL_FAILURE, record);
}

static const char *const needs[] = { "dmarc", NULL };

const struct check check_report_failure = {
	.abi = CHECK_ABI,
	.name = "report_failure",
	.help = "messages that failed, for DMARC failure reports",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = options,
	.state_size = sizeof(struct state),
	.setup = setup,
	.run = run,
	.after = after,
};
