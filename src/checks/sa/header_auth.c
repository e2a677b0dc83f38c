/* SPF, DKIM, DMARC and ARC under the names of SpamAssassin's functions: our own results. */
#include "checks/sa/header.h"
#include "mail/domain.h"

static enum auth_result spf_code(struct scan *s, bool helo)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	if (!f)
		return AUTH_POLICY; /* none of those that are asked for */
	if (!helo && f->null_sender)
		return AUTH_POLICY;
	return helo ? f->helo.code : f->mailfrom.code;
}

#define SPF_IS(fn, helo, want)                                                                     \
	bool fn(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)   \
	{                                                                                          \
		(void)arg;                                                                         \
		(void)n;                                                                           \
		(void)evidence;                                                                    \
		return spf_code(s, helo) == want;                                                  \
	}

SPF_IS(sa_spf_pass, false, AUTH_PASS)
SPF_IS(sa_spf_neutral, false, AUTH_NEUTRAL)
SPF_IS(sa_spf_none, false, AUTH_NONE)
SPF_IS(sa_spf_fail, false, AUTH_FAIL)
SPF_IS(sa_spf_softfail, false, AUTH_SOFTFAIL)
SPF_IS(sa_spf_permerror, false, AUTH_PERMERROR)
SPF_IS(sa_spf_temperror, false, AUTH_TEMPERROR)
SPF_IS(sa_helo_pass, true, AUTH_PASS)
SPF_IS(sa_helo_neutral, true, AUTH_NEUTRAL)
SPF_IS(sa_helo_none, true, AUTH_NONE)
SPF_IS(sa_helo_fail, true, AUTH_FAIL)
SPF_IS(sa_helo_softfail, true, AUTH_SOFTFAIL)
SPF_IS(sa_helo_permerror, true, AUTH_PERMERROR)
SPF_IS(sa_helo_temperror, true, AUTH_TEMPERROR)

static bool spf_list(struct scan *s, const char *list, const char *both, struct str *evidence)
{
	struct str from = sa_first(s, "EnvelopeFrom");

	*evidence = from;
	return from.n && spf_code(s, false) == AUTH_PASS &&
	       (lists_has(s->lists, str_c(list), from, NULL, NULL) ||
		lists_has(s->lists, str_c(both), from, NULL, NULL));
}

bool sa_spf_welcome(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	return spf_list(s, "welcomelist_from_spf", "welcomelist_auth", evidence);
}

bool sa_spf_default(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	return spf_list(s, "def_welcomelist_from_spf", "def_welcomelist_auth", evidence);
}

/* ---- DKIM ---- */

static const struct dkim_result no_signatures;

static const struct dkim_result *dkim(struct scan *s)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	return r ? r : &no_signatures;
}

static bool one_of(struct str domain, const struct predicate_arg *arg, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(domain, arg[i].text))
			return true;
	return !n;
}

bool sa_dkim_signed(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return dkim(s)->total > 0;
}

bool sa_dkim_valid(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct dkim_result *r = dkim(s);

	for (size_t i = 0; i < r->n; i++)
		if (r->sig[i].result == AUTH_PASS && one_of(r->sig[i].domain, arg, n)) {
			*evidence = r->sig[i].domain;
			return true;
		}
	return false;
}

/* A valid signature by that domain itself. */
static bool signed_by(struct scan *s, struct str domain, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct dkim_result *r = dkim(s);
	struct str d = domain.n ? domain_read(s->arena, domain, DOMAIN_UNDERSCORE) : STR_NULL;

	for (size_t i = 0; d.n && i < r->n; i++)
		if (r->sig[i].result == AUTH_PASS && str_eq(r->sig[i].domain, d) &&
		    one_of(d, arg, n)) {
			*evidence = d;
			return true;
		}
	return false;
}

bool sa_dkim_author(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	return signed_by(s, s->from.domain, arg, n, evidence);
}

static struct str host_of(struct str addr)
{
	size_t at = str_rchr(addr, '@');

	return at == SIZE_MAX ? STR_NULL : str_skip(addr, at + 1);
}

bool sa_dkim_envelope(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	(void)arg;
	(void)n;
	return signed_by(s, host_of(sa_first(s, "EnvelopeFrom")), NULL, 0, evidence);
}

bool sa_dkim_dependable(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct dkim_result *r = dkim(s);

	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; i < r->n; i++)
		if (r->sig[i].result == AUTH_PASS && !r->sig[i].partial)
			return true;
	return false;
}

bool sa_dkim_testing(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct dkim_result *r = dkim(s);

	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; i < r->n; i++)
		if (r->sig[i].testing)
			return true;
	return false;
}

bool sa_never(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	(void)arg;
	(void)n;
	(void)evidence;
	return false;
}

/* An author in the list, signed by the domain that the list names for him, else by his own. */
static bool dkim_list(struct scan *s, struct str list, struct str *evidence)
{
	const struct view_lines *l = sa_lines(s, STR("From:addr"));
	struct str signer;

	for (size_t i = 0; i < l->n; i++)
		for (size_t at = 0; lists_next(s->lists, list, l->p[i].text, &at, NULL, &signer);)
			if (signed_by(s, signer.n ? signer : host_of(l->p[i].text), NULL, 0,
				      evidence))
				return true;
	return false;
}

bool sa_dkim_welcome(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	return dkim_list(s, STR("welcomelist_from_dkim"), evidence) ||
	       dkim_list(s, STR("welcomelist_auth"), evidence);
}

bool sa_dkim_default(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	return dkim_list(s, STR("def_welcomelist_from_dkim"), evidence) ||
	       dkim_list(s, STR("def_welcomelist_auth"), evidence);
}

/* ---- DMARC and ARC ---- */

static bool dmarc_is(struct scan *s, enum auth_result code, enum dmarc_policy policy)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	return f && f->r.code == code && (code != AUTH_FAIL || f->r.policy == policy);
}

#define DMARC_IS(fn, code, policy)                                                                 \
	bool fn(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)   \
	{                                                                                          \
		(void)arg;                                                                         \
		(void)n;                                                                           \
		(void)evidence;                                                                    \
		return dmarc_is(s, code, policy);                                                  \
	}

DMARC_IS(sa_dmarc_pass, AUTH_PASS, DMARC_P_NONE)
DMARC_IS(sa_dmarc_reject, AUTH_FAIL, DMARC_P_REJECT)
DMARC_IS(sa_dmarc_quarantine, AUTH_FAIL, DMARC_P_QUARANTINE)
DMARC_IS(sa_dmarc_none, AUTH_FAIL, DMARC_P_NONE)
DMARC_IS(sa_dmarc_missing, AUTH_NONE, DMARC_P_NONE)

bool sa_arc_signed(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct arc_result *r = scan_result(s, &check_arc);

	(void)arg;
	(void)n;
	(void)evidence;
	return r && r->instances > 0;
}

bool sa_arc_valid(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct arc_result *r = scan_result(s, &check_arc);

	(void)arg;
	(void)n;
	(void)evidence;
	return r && r->code == AUTH_PASS;
}
