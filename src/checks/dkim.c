/* DKIM signatures (RFC 6376, 8301, 8463). */
#include "checks/checks.h"
#include "checks/words.h"
#include "scan/ask.h"
#include "scan/history.h"
#include "scan/report.h"

#include "mail/domain.h"

static const struct conf_opt options[] = {
	{ .name = "dkim.body_length",
	  .type = CONF_ENUM,
	  .def = "ignore",
	  .allow = "ignore|accept|fail",
	  .help = "a signature whose l= leaves part of the body unsigned: pass but not counted for "
		  "DMARC, counted, or failed" },
	{ 0 },
};

struct dkim_state {
	struct dkim *dkim;
	struct dkim_result result;
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	enum dkim_l_policy *l = ARENA_NEW(a, enum dkim_l_policy);

	(void)e;
	*l = (enum dkim_l_policy)conf_enum(c, "dkim.body_length");
	*config = l;
	return 0;
}

/* The key's name goes into the sender's history, so that it is asked for at MAIL next time. */
static void note_keys(struct scan *s, const struct dkim_result *r)
{
	struct str sender = STR_NULL;

	if (s->env->history && s->mail.domain.n)
		sender = domain_read(s->arena, s->mail.domain, DOMAIN_UNDERSCORE);
	if (!sender.n)
		return;
	for (size_t i = 0; i < r->n && i < HISTORY_NAMES; i++)
		if (r->sig[i].result == AUTH_PASS)
			history_note(s->env->history, sender,
				     arena_printf(s->arena, "%.*s._domainkey.%.*s",
						  STR_ARG(r->sig[i].selector),
						  STR_ARG(r->sig[i].domain)));
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct dkim_state *d = state;
	const enum dkim_l_policy *l = config;

	if (scan_passive(s))
		return CHECK_DONE;
	if (!d->dkim) {
		struct dkim_request req = { &s->headers, s->from.domain, s->now, *l };
		d->dkim = dkim_new(s->arena, s->env->crypto, s->body, &req);
		dkim_prefetch(d->dkim, scan_dns(s));
	}
	if (s->stage < SCAN_EOM)
		return CHECK_WAIT;
	if (dkim_verify(d->dkim, scan_dns(s), &d->result) == AUTH_WAIT)
		return CHECK_WAIT;
	note_keys(s, &d->result);
	scan_publish(s, &check_dkim, &d->result);
	return CHECK_DONE;
}

/* ---- predicates ---- */

static bool by_author(const struct scan *s, const struct dkim_sig *sig)
{
	return s->from.domain.n && str_eq(sig->domain, s->from.domain);
}

/* Whether some signature has one of the results, or there is none and "none" is one of them. */
static bool any(struct scan *s, struct str words, bool author, struct str *evidence)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	for (size_t i = 0; r && i < r->n; i++) {
		const struct dkim_sig *sig = &r->sig[i];
		if (!words_has(words, auth_word(sig->result)) || (author && !by_author(s, sig)))
			continue;
		*evidence = sig->reason.n ? arena_printf(s->arena, "%.*s: %.*s",
							 STR_ARG(sig->domain), STR_ARG(sig->reason))
					  : sig->domain;
		return true;
	}
	return r && r->n == 0 && words_has(words, "none");
}

static bool dkim_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)n;
	return any(s, arg[0].text, false, evidence);
}

static bool dkim_author(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)n;
	return any(s, arg[0].text, true, evidence);
}

static bool dkim_flag(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	(void)n;
	for (size_t i = 0; r && i < r->n; i++) {
		const struct dkim_sig *g = &r->sig[i];
		if (g->result != AUTH_PASS)
			continue;
		if ((g->partial && words_has(arg[0].text, "partial")) ||
		    (g->weak && words_has(arg[0].text, "weak")) ||
		    (g->testing && words_has(arg[0].text, "testing")) ||
		    (g->unsigned_fields && words_has(arg[0].text, "unsigned"))) {
			*evidence = g->domain;
			return true;
		}
	}
	return false;
}

static const struct predicate predicates[] = {
	{ "dkim", "s", dkim_is,
	  "some DKIM signature has one of these results (none: there is no signature)" },
	{ "dkim_author", "s", dkim_author, "the same for signatures by the author domain itself" },
	{ "dkim_flag", "s", dkim_flag,
	  "a passing signature is partial (l=), weak (RSA under 2048), testing (t=y), or leaves "
	  "fields unsigned" },
	{ 0 },
};

/* ---- report ---- */

static json_t *one(const struct dkim_sig *g)
{
	json_t *j = json_object();

	json_object_set_new(j, "result", report_word(auth_word(g->result)));
	json_object_set_new(j, "domain", report_str(g->domain));
	json_object_set_new(j, "selector", report_str(g->selector));
	json_object_set_new(j, "algorithm", report_word(g->algorithm));
	json_object_set_new(j, "key_bits", g->key_bits ? json_integer(g->key_bits) : json_null());
	json_object_set_new(j, "identity", report_str(g->identity));
	json_object_set_new(j, "b", report_str(g->b8));
	json_object_set_new(j, "reason", report_str(g->reason));
	return j;
}

static void report(struct scan *s, json_t *root)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);
	json_t *list = json_array();

	for (size_t i = 0; r && i < r->n; i++)
		json_array_append_new(list, one(&r->sig[i]));
	json_object_set_new(json_object_get(root, "auth"), "dkim", list);
}

/* The best there is: pass of any signature, else the result of the first. */
static const char *word(const struct scan *s)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->sig[i].result == AUTH_PASS)
			return auth_word(AUTH_PASS);
	return !r ? NULL : r->n ? auth_word(r->sig[0].result) : auth_word(AUTH_NONE);
}

const struct check check_dkim = {
	.abi = CHECK_ABI,
	.name = "dkim",
	.help = "DKIM signatures (RFC 6376, 8301, 8463)",
	.stage = SCAN_HEADERS,
	.options = options,
	.state_size = sizeof(struct dkim_state),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.report = report,
	.word = word,
};
