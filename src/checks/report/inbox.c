/*
 * Reports that come in by mail. Mail to the addresses of option report.inbox is looked into; what a
 * report in it says of our domains is left, condensed, in the worker's spool, and the message goes
 * on its way. Nobody is believed: a report counts once, for domains of ours, up to a number a day,
 * and says whether DMARC confirms who sent it.
 */
#include "checks/report/inbox.h"

#include <stdio.h>

#include "checks/memory/takeover.h"
#include "checks/memory/thread.h"
#include "mail/domain.h"
#include "report/read.h"
#include "store/spool.h"

#define DAY_MS_U (UINT64_C(86400) * 1000)

static bool check_address(struct str v, char *why, size_t cap)
{
	size_t at = str_rchr(v, '@');

	if (at != SIZE_MAX && at > 0 && at + 1 < v.n && str_printable(v) &&
	    str_chr(v, ' ') == SIZE_MAX)
		return true;
	snprintf(why, cap, "an address");
	return false;
}

static const struct conf_opt options[] = {
	{ .name = "report.inbox",
	  .type = CONF_LIST,
	  .check = check_address,
	  .help = "addresses of ours that others send reports to (rua= and ruf= of DMARC, rua= of "
		  "TLS reports, complaints): what they say of our domains is counted; `merlon "
		  "report summary` shows it" },
	{ .name = "report.domains",
	  .type = CONF_LIST,
	  .help = "domains that reports may be about, and all below them, besides "
		  "memory.local_domains: those that only send" },
	{ 0 },
};

struct inbox {
	struct str *address; /* lower case */
	size_t naddresses;
	struct str *domain; /* besides memory.local_domains */
	size_t ndomains;
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct inbox *k = ARENA_NEW(a, struct inbox);
	const struct str *item;

	*config = k;
	k->naddresses = conf_list(c, "report.inbox", &item);
	if (k->naddresses > INBOX_ADDRESSES_MAX)
		return err_set(e, "%s: report.inbox: more than %u addresses",
			       conf_where(c, "report.inbox"), INBOX_ADDRESSES_MAX);
	k->address = ARENA_ARRAY(a, struct str, k->naddresses);
	for (size_t i = 0; i < k->naddresses; i++)
		k->address[i] = arena_lower(a, item[i]);
	k->ndomains = conf_list(c, "report.domains", &item);
	k->domain = ARENA_ARRAY(a, struct str, k->ndomains);
	for (size_t i = 0; i < k->ndomains; i++) {
		k->domain[i] = domain_read(a, item[i], DOMAIN_UNDERSCORE);
		if (!k->domain[i].n)
			return err_set(e, "%s: report.domains: found \"%.*s\", expected a domain",
				       conf_where(c, "report.domains"), STR_ARG(item[i]));
	}
	return 0;
}

/* ---- is it for us, and of us ---- */

static bool addressed(struct scan *s, const struct inbox *k)
{
	for (size_t i = 0; k->naddresses && i < s->rcpts.n; i++) {
		struct str to = arena_lower(s->arena, s->rcpts.p[i]);

		if (to.n > 1 && to.p[0] == '<' && to.p[to.n - 1] == '>')
			to = str_sub(to, 1, to.n - 2);
		for (size_t j = 0; j < k->naddresses; j++)
			if (str_eq(to, k->address[j]))
				return true;
	}
	return false;
}

struct whose {
	const struct scan *s;
	const struct inbox *k;
};

static bool ours(void *arg, struct str domain)
{
	const struct whose *w = arg;

	for (size_t i = 0; i < w->k->ndomains; i++)
		if (domain_within(domain, w->k->domain[i]))
			return true;
	return memory_is_local(w->s, domain);
}

/* ---- what it says ---- */

struct state {
	struct inbox_facts f;
	struct report_read read;
	bool tried;
};

static void try_read(struct scan *s, struct state *st)
{
	struct inbox_facts *f = &st->f;

	st->tried = true;
	if (!s->content)
		f->fault = STR("not looked into");
	else if (!report_read_mail(s->arena, s->content->mime, &st->read))
		f->fault = st->read.fault;
	f->kind = st->read.kind;
}

/* "<1@here.test>" without what is around. */
static struct str bare(struct str id)
{
	size_t open = str_chr(id, '<');

	if (open != SIZE_MAX)
		id = str_skip(id, open + 1);
	return str_sub(id, 0, str_chr(id, '>'));
}

/* Whose message a complaint is about: ids of what leaves are remembered. False: not yet. */
static bool ask_user(struct scan *s, struct state *st)
{
	struct str id = bare(report_original(s->arena, &st->read.abuse, "Message-ID"));
	struct store_op op = { .kind = STORE_GET };
	const struct store_answer *a;

	if ((st->f.kind != REPORT_ABUSE && st->f.kind != REPORT_FAILURE) || !id.n || st->f.user.n)
		return true;
	op.key = thread_key(s, id);
	a = scan_store(s, &op);
	if (!a)
		return false;
	if (a->status == STORE_OK) {
		st->f.user = arena_dup(s->arena, thread_user(a->value));
		st->f.message = id;
	}
	return true;
}

static void condense(struct scan *s, struct state *st, const struct inbox *k)
{
	struct inbox_facts *f = &st->f;
	struct str author = memory_author(s);
	struct whose w = { s, k };
	struct report_by by = { .trust = author.n ? TRUST_VERIFIED : TRUST_NONE,
				.domain = author.n ? author : s->from.domain,
				.user = f->user,
				.now = s->now,
				.ours = ours,
				.arg = &w };

	f->sum = ARENA_ARRAY(s->arena, struct report_sum, SUM_MAX_SUMS);
	f->nsums = report_condense(s->arena, &st->read, &by, f->sum);
	if (!f->nsums) {
		f->fault = STR("not about a domain of ours");
		return;
	}
	f->reporter = f->sum->reporter_domain.n ? f->sum->reporter_domain : f->sum->reporter;
	f->domain = f->sum->domain;
	f->trust = f->sum->trust;
}

/* Whoever has a domain has as many names below it as he likes. */
static struct str organisation(struct scan *s, const struct inbox_facts *f)
{
	const struct dmarc_facts *dmarc = scan_result(s, &check_dmarc);

	return dmarc && dmarc->r.org_domain.n ? dmarc->r.org_domain : f->reporter;
}

/* One more report of today; NULL: not yet. */
static const struct store_answer *ask_today(struct scan *s, struct str who)
{
	struct store_op today = { .kind = STORE_ADD,
				  .flags = STORE_F_WINDOW,
				  .key = memory_key(s, "rptday", &who, 1),
				  .delta = { 1 },
				  .ttl_ms = DAY_MS_U };

	return scan_store(s, &today);
}

/* Whether it was here before, and how many came today. False: not yet. */
static bool ask_seen(struct scan *s, struct inbox_facts *f)
{
	bool verified = f->trust == TRUST_VERIFIED;
	unsigned most = verified ? INBOX_PER_DAY : INBOX_UNVERIFIED;
	struct store_op seen = { .kind = STORE_GET,
				 .key = report_sum_key(s->arena, f->sum, f->trust) };
	const struct store_answer *a = scan_store(s, &seen),
				  *n = ask_today(s, verified ? organisation(s, f) : STR("")), *all;

	if (!a || !n)
		return false;
	f->seen = a->status == STORE_OK;
	if (n->status == STORE_OK && n->sum[0] > most) {
		f->fault = STR("too many reports today");
		return true;
	}
	all = f->seen ? n : ask_today(s, STR("*"));
	if (all && all->status == STORE_OK && all->sum[0] > INBOX_ALL)
		f->fault = STR("too many reports today");
	return all;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct state *st = state;

	if (scan_passive(s) || s->flags & SCAN_F_AUTH_ONLY || !addressed(s, config))
		return CHECK_DONE;
	if (!st->tried)
		try_read(s, st);
	if (!st->f.fault.n && !ask_user(s, st))
		return CHECK_WAIT;
	if (!st->f.fault.n && !st->f.nsums)
		condense(s, st, config);
	if (!st->f.fault.n && !ask_seen(s, &st->f))
		return CHECK_WAIT;
	scan_publish(s, &check_report_inbox, &st->f);
	return CHECK_DONE;
}

/* ---- what is left of it ---- */

/* What is put off comes again, what is refused has not come. */
static bool arrives(const struct scan *s)
{
	return s->verdict.action == ACT_ACCEPT || s->verdict.action == ACT_TAG ||
	       s->verdict.action == ACT_QUARANTINE;
}

static void after(struct scan *s, const void *config)
{
	struct inbox_facts *f = (struct inbox_facts *)scan_result(s, &check_report_inbox);

	(void)config;
	if (!f || f->fault.n || f->seen || !arrives(s) || s->env->readonly || !s->env->spool)
		return;
	for (size_t i = 0; i < f->nsums; i++)
		spool_add(s->env->spool, SPOOL_REPORT_IN, report_sum_format(s->arena, &f->sum[i]));
	if (f->user.n && f->kind == REPORT_ABUSE && f->trust == TRUST_VERIFIED) {
		struct store_op op = takeover_complaint(s, f->user, f->message);

		scan_store_note(s, &op);
	}
}

/* ---- predicates ---- */

static bool is_taken(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	static const char *const kinds[] = { "", "DMARC report", "TLS report", "complaint",
					     "failure report" };
	const struct inbox_facts *f = scan_result(s, &check_report_inbox);

	(void)arg, (void)n;
	if (!f || f->fault.n)
		return false;
	*evidence = arena_printf(s->arena, "%s of %.*s about %.*s, %s%s", kinds[f->kind],
				 STR_ARG(f->reporter), STR_ARG(f->domain),
				 report_trust_word(f->trust), f->seen ? ", seen before" : "");
	return true;
}

static bool is_unverified(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct inbox_facts *f = scan_result(s, &check_report_inbox);

	(void)arg, (void)n;
	if (!f || f->fault.n || f->trust == TRUST_VERIFIED)
		return false;
	*evidence = f->reporter;
	return true;
}

static bool is_fault(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct inbox_facts *f = scan_result(s, &check_report_inbox);

	(void)arg, (void)n;
	if (!f || !f->fault.n)
		return false;
	*evidence = f->fault;
	return true;
}

static const struct predicate predicates[] = {
	{ "report_in", "", is_taken,
	  "it brings a report about a domain of ours to an address of report.inbox" },
	{ "report_in_unverified", "", is_unverified,
	  "the same, but DMARC does not confirm that the reporter sent it" },
	{ "report_in_fault", "", is_fault,
	  "it came to an address of report.inbox, and there is no report in it that counts" },
	{ 0 },
};

static const char *word(const struct scan *s)
{
	const struct inbox_facts *f = scan_result(s, &check_report_inbox);

	return !f ? NULL : f->fault.n ? "fault" : f->seen ? "seen" : "taken";
}

static uint64_t mark(const struct scan *s)
{
	const struct inbox_facts *f = scan_result(s, &check_report_inbox);

	return !f ? 0 : f->fault.n ? 1 : 2 + (unsigned)f->trust * 2 + f->seen;
}

static const char *const needs[] = { "dmarc", "sender", NULL };

const struct check check_report_inbox = {
	.abi = CHECK_ABI,
	.name = "report_inbox",
	.help = "reports about our mail that others send: DMARC, TLS, complaints",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_CONTENT | CHECK_MEMORY,
	.options = options,
	.state_size = sizeof(struct state),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.mark = mark,
	.after = after,
	.word = word,
};
