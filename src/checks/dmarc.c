/* DMARC of the author domain (RFC 9989), the site's overrides, and what is done about a failure. */
#include "checks/dmarc_options.h"
#include "checks/dmarc_trust.h"
#include "checks/words.h"
#include "mail/domain.h"
#include "scan/ask.h"
#include "scan/report.h"

#define MAX_AUTHORS 4u /* author domains of one message whose policies are looked up */

/* ---- what authenticated ---- */

static void add_spf(struct scan *s, struct dmarc_request *req)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);

	if (!spf)
		return;
	if (spf->mailfrom.code != AUTH_PASS && spf->mailfrom.code != AUTH_TEMPERROR)
		return;
	req->spf_domain = domain_read(s->arena, spf->mailfrom.domain, DOMAIN_UNDERSCORE);
	req->spf_temperror = spf->mailfrom.code == AUTH_TEMPERROR;
}

static void add_dkim(struct scan *s, struct dmarc_request *req)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);
	struct dmarc_dkim *list;

	if (!r)
		return;
	list = ARENA_ARRAY(s->arena, struct dmarc_dkim, r->n);
	for (size_t i = 0; i < r->n; i++) {
		bool pass = r->sig[i].result == AUTH_PASS && r->sig[i].dmarc_ok;
		if (!r->sig[i].domain.n || (!pass && r->sig[i].result != AUTH_TEMPERROR))
			continue;
		list[req->ndkim++] =
			(struct dmarc_dkim){ .domain = r->sig[i].domain, .temperror = !pass };
	}
	req->dkim = list;
}

/* ---- evaluation ---- */

static bool eval_one(struct scan *s, const struct dmarc_options *k, struct dmarc_facts *f)
{
	struct dmarc_request req = { .from_domain = s->from.domain,
				     .method = k->method,
				     .psl = k->psl };

	add_spf(s, &req);
	add_dkim(s, &req);
	if (dmarc_eval(s->arena, scan_dns(s), &req, &f->r) == AUTH_WAIT)
		return false;
	f->disposition = dmarc_asked_for(&f->r);
	return true;
}

/* No single author domain: nothing can pass; the strictest policy of those named is asked for. */
static bool eval_many(struct scan *s, const struct dmarc_options *k, struct dmarc_facts *f)
{
	bool missing = s->from.why == FROM_MISSING || s->from.why == FROM_EMPTY;
	bool wait = false;

	f->disposition = DMARC_P_NONE;
	for (size_t i = 0; i < s->from.domains.n && i < MAX_AUTHORS; i++) {
		struct dmarc_request req = { .from_domain = s->from.domains.p[i],
					     .method = k->method,
					     .psl = k->psl };
		struct dmarc_result r;
		if (dmarc_eval(s->arena, scan_dns(s), &req, &r) == AUTH_WAIT)
			wait = true;
		else if (dmarc_asked_for(&r) > f->disposition)
			f->disposition = dmarc_asked_for(&r);
	}
	f->r = (struct dmarc_result){ .code = missing ? AUTH_NONE : AUTH_PERMERROR,
				      .reason = str_c(from_reason(s->from.why)) };
	return !wait;
}

/* Or as good as: more than can be listed, or a From field that only another reader sees. */
static bool many_authors(const struct scan *s)
{
	enum from_why why = s->from.why;

	return why == FROM_FIELDS || why == FROM_DOMAINS || why == FROM_LIMIT ||
	       s->headers.hidden_from > 0;
}

static void act(struct scan *s, const struct dmarc_options *k, const struct dmarc_facts *f)
{
	enum action a = f->disposition == DMARC_P_REJECT       ? k->on_reject
			: f->disposition == DMARC_P_QUARANTINE ? k->on_quarantine
							       : ACT_ACCEPT;
	struct smtp_reply reply = { .code = 550, .enhanced = STR("5.7.1") };

	if (many_authors(s) && k->on_multiple_from >= a) {
		a = k->on_multiple_from;
		reply.text = STR("Message refused: not one single author (From)");
	} else if (s->from.domain.n) {
		reply.text = STR("Message refused by the DMARC policy of %d");
	} else {
		reply.text = STR("Message refused by the DMARC policy of an author domain (From)");
	}
	if (a == ACT_TEMPFAIL) {
		reply.code = 451;
		reply.enhanced = STR("4.7.1");
	}
	scan_require(s, a, a >= ACT_TEMPFAIL ? &reply : NULL, STR("dmarc"));
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct dmarc_facts *f = state;
	const struct dmarc_options *k = config;

	if (scan_passive(s) || scan_outbound(s))
		return CHECK_DONE;
	*f = (struct dmarc_facts){ .method = k->method };
	if (!(s->from.why == FROM_OK ? eval_one(s, k, f) : eval_many(s, k, f)))
		return CHECK_WAIT;
	if (s->from.why == FROM_OK && f->disposition != DMARC_P_NONE) {
		dmarc_trust(s, k, f);
		if (f->override != OVERRIDE_NONE)
			f->disposition = DMARC_P_NONE;
	}
	act(s, k, f);
	scan_publish(s, &check_dmarc, f);
	return CHECK_DONE;
}

/* ---- predicates ---- */

static bool dmarc_is(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	if (!f || !words_has(arg[0].text, auth_word(f->r.code)))
		return false;
	if (n > 1 && !words_has(arg[1].text, dmarc_policy_word(f->r.policy)))
		return false;
	*evidence = f->r.from_domain.n ? f->r.from_domain : f->r.reason;
	return true;
}

static bool dmarc_disposition(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	(void)n;
	if (!f || !words_has(arg[0].text, dmarc_policy_word(f->disposition)))
		return false;
	*evidence = s->from.domain;
	return true;
}

static bool dmarc_overridden(struct scan *s, const struct predicate_arg *arg, size_t n,
			     struct str *evidence)
{
	static const char *const word[] = { "none", "sealer", "forwarder" };
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	(void)n;
	if (!f || f->override == OVERRIDE_NONE || !words_has(arg[0].text, word[f->override]))
		return false;
	*evidence = f->override_by;
	return true;
}

static bool from_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	static const char *const word[] = {
		[FROM_OK] = "ok",
		[FROM_MISSING] = "missing",
		[FROM_FIELDS] = "fields",
		[FROM_EMPTY] = "empty",
		[FROM_SYNTAX] = "syntax",
		[FROM_DOMAINS] = "domains",
		[FROM_NO_DOMAIN] = "no_domain",
		[FROM_BAD_DOMAIN] = "bad_domain",
		[FROM_ENCODED] = "encoded",
		[FROM_CONTROL] = "control",
		[FROM_LIMIT] = "limit",
		[FROM_AMBIGUOUS] = "ambiguous",
	};

	(void)n;
	if (!words_has(arg[0].text, word[s->from.why]))
		return false;
	*evidence = str_c(from_reason(s->from.why));
	return true;
}

static const struct predicate predicates[] = {
	{ "dmarc", "s|s", dmarc_is,
	  "DMARC has one of these results (pass,fail,none,temperror,permerror), and the policy "
	  "that "
	  "applies is one of these (none,quarantine,reject)" },
	{ "dmarc_disposition", "s", dmarc_disposition,
	  "what is asked for after t=y and overrides is one of these (none,quarantine,reject)" },
	{ "dmarc_overridden", "s", dmarc_overridden,
	  "a failure was overridden by a trusted sealer or forwarder" },
	{ "author", "s", from_is,
	  "how the From field reads: ok, missing, fields, empty, syntax, domains, no_domain, "
	  "bad_domain, encoded, control, limit, ambiguous" },
	{ 0 },
};

/* ---- report ---- */

static json_t *aligned(const struct dmarc_result *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "spf", json_boolean(r->spf_aligned));
	json_object_set_new(j, "dkim", json_boolean(r->dkim_aligned));
	return j;
}

static json_t *describe(const struct dmarc_facts *f)
{
	const struct dmarc_result *r = &f->r;
	bool record = r->policy_domain.n > 0;
	/* Without one author nobody's policy is asked for; what is done all the same is ours. */
	enum dmarc_policy disposition = r->code == AUTH_FAIL ? f->disposition : DMARC_P_NONE;
	char psd[2] = { r->record.psd ? r->record.psd : 'u', '\0' };
	json_t *j = json_object();

	json_object_set_new(j, "result", report_word(auth_word(r->code)));
	json_object_set_new(j, "from_domain", report_str(r->from_domain));
	json_object_set_new(j, "org_domain", report_str(r->org_domain));
	json_object_set_new(j, "policy_domain", report_str(r->policy_domain));
	json_object_set_new(j, "policy", report_word(record ? dmarc_policy_word(r->policy) : NULL));
	json_object_set_new(j, "policy_tag", report_word(record ? r->policy_tag : NULL));
	json_object_set_new(j, "psd", report_word(record ? psd : NULL));
	json_object_set_new(j, "testing", record ? json_boolean(r->record.testing) : json_null());
	json_object_set_new(j, "disposition", report_word(dmarc_policy_word(disposition)));
	json_object_set_new(j, "aligned", aligned(r));
	json_object_set_new(j, "method", report_word(f->method == DMARC_PSL ? "psl" : "rfc9989"));
	json_object_set_new(j, "reason", report_str(r->reason));
	return j;
}

static void report(struct scan *s, json_t *root)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	json_object_set_new(json_object_get(root, "auth"), "dmarc", f ? describe(f) : json_null());
}

static const char *const needs[] = { "iprev", "spf", "dkim", "arc", NULL };

static const char *word(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	return f ? auth_word(f->r.code) : NULL;
}

const struct check check_dmarc = {
	.abi = CHECK_ABI,
	.name = "dmarc",
	.help = "DMARC (RFC 9989, or RFC 7489 with the public suffix list)",
	.stage = SCAN_HEADERS,
	.needs = needs,
	.options = dmarc_conf_options,
	.state_size = sizeof(struct dmarc_facts),
	.setup = dmarc_setup,
	.run = run,
	.predicates = predicates,
	.report = report,
	.word = word,
};
