/* One row of a DMARC table: a zone, what was authenticated, and the result as a line of text. */
#ifndef TESTS_UNIT_AUTH_DMARC_CASE_H
#define TESTS_UNIT_AUTH_DMARC_CASE_H

#include "lib/test.h"

#include "auth/dmarc/dmarc.h"
#include "lib/zone.h"

/* A record under _dmarc.NAME, and a failure there. */
#define D(name, tags) "_dmarc." name " TXT \"v=DMARC1; " tags "\"\n"
#define FAIL_AT(name) "_dmarc." name " FAULT SERVFAIL TXT\n"
#define EXISTS(name) name " A 192.0.2.1\n"

struct dmarc_case {
	const char *name, *zone, *from;
	const char *spf;  /* "": no pass; "?domain": temperror */
	const char *dkim; /* likewise, several separated by a blank */
	/* "result org at policy tag aligned", where - is absent; then the reason is not compared */
	const char *want;
	unsigned rounds; /* 0: one, as is normal */
};

static inline struct str case_domain(struct str s, bool *temperror)
{
	*temperror = str_starts(s, STR("?"));
	return *temperror ? str_skip(s, 1) : s;
}

static inline struct str case_show(struct arena *a, const struct dmarc_result *r)
{
	struct str none = STR("-");
	struct str org = r->org_domain.p ? r->org_domain : none;
	struct str at = r->policy_domain.p ? r->policy_domain : none;

	return arena_printf(a, "%s %.*s %.*s %s %s %s%s%s", auth_word(r->code), STR_ARG(org),
			    STR_ARG(at), r->policy_tag ? dmarc_policy_word(r->policy) : "-",
			    r->policy_tag ? r->policy_tag : "-", r->spf_aligned ? "spf" : "",
			    r->dkim_aligned ? "dkim" : "",
			    r->spf_aligned || r->dkim_aligned ? "" : "-");
}

static inline struct dmarc_request case_request(struct arena *a, const struct dmarc_case *c)
{
	struct dmarc_request req = { .from_domain = str_c(c->from) };
	struct dmarc_dkim *dkim = ARENA_ARRAY(a, struct dmarc_dkim, 32);
	struct str rest = str_c(c->dkim);

	if (c->spf[0])
		req.spf_domain = case_domain(str_c(c->spf), &req.spf_temperror);
	while (rest.n) {
		struct dmarc_dkim *d = &dkim[req.ndkim++];
		assert_true(req.ndkim <= 32);
		d->domain = case_domain(str_cut(&rest, ' '), &d->temperror);
	}
	req.dkim = dkim;
	return req;
}

static inline void case_check(struct arena *a, const struct dmarc_case *c, const char *how,
			      const struct dmarc_result *res)
{
	struct str got = case_show(a, res);

	if (!str_eq(got, str_c(c->want)))
		fail_msg("%s (%s): got \"%.*s\" (%.*s), expected \"%s\"", c->name, how,
			 STR_ARG(got), STR_ARG(res->reason), c->want);
	assert_int_equal(res->code == AUTH_PASS, !res->reason.p);
	assert_str(res->from_domain, c->from);
}

/* The same result when all answers are there, when they come a round at a time, and one by one, the
 * last asked first; and in the number of rounds promised. */
static inline void case_run(const struct dmarc_case *c, enum dmarc_method method,
			    const struct psl *psl)
{
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct dmarc_request req = case_request(a, c);
	struct dmarc_result res;
	struct dns *dns;

	zone_text(z, c->zone);
	req.method = method;
	req.psl = psl;
	assert_int_equal(dmarc_eval(a, zone_dns(z, ZONE_NOW), &req, &res), AUTH_DONE);
	case_check(a, c, "at once", &res);
	dns = zone_dns(z, ZONE_ROUNDS);
	while (dmarc_eval(a, dns, &req, &res) == AUTH_WAIT)
		assert_true(zone_round(z));
	case_check(a, c, "in rounds", &res);
	if (zone_rounds(z) != (c->rounds ? c->rounds : 1))
		fail_msg("%s: %u rounds", c->name, zone_rounds(z));
	dns = zone_dns(z, ZONE_ROUNDS);
	while (dmarc_eval(a, dns, &req, &res) == AUTH_WAIT) {
		assert_true(zone_waiting(z) > 0);
		zone_arrive(z, zone_waiting(z) - 1);
	}
	case_check(a, c, "one by one", &res);
	zone_free(z);
	arena_free(a);
}

#endif
