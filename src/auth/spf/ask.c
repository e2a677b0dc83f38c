/* How an SPF evaluation asks DNS: within its budget, and with its two kinds of error. */
#include <stdarg.h>

#include "auth/spf/internal.h"

#define QUOTE_MAX 100u /* octets of a text from outside in a reason */

enum spf_out spf_end(struct spf_run *r, enum auth_result code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	r->code = code;
	r->reason = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	return SPF_END;
}

const char *spf_quote(struct spf_run *r, struct str s)
{
	char *out = arena_cstr(r->arena, str_sub(s, 0, QUOTE_MAX));

	for (size_t i = 0; i < s.n && i < QUOTE_MAX; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	return out;
}

/* Whether the question is one of this run's. It is not when there is no room for another one. */
static bool budget(struct spf_run *r, struct str name, int type)
{
	for (size_t i = 0; i < r->nq; i++)
		if (r->q[i].type == type && str_ieq(r->q[i].name, name))
			return true;
	if (r->nq == SPF_MAX_QUERIES)
		return false;
	r->q[r->nq++] = (struct spf_question){ name, type };
	return true;
}

enum spf_out spf_ask(struct spf_run *r, struct str name, int type, const struct dns_answer **ans)
{
	static const struct dns_answer no_such_name = { .status = DNS_NXDOMAIN };

	*ans = &no_such_name;
	if (name.n == 0 || memchr(name.p, '\0', name.n))
		return SPF_MATCH;
	if (name.p[name.n - 1] == '.')
		name.n--;
	if (!budget(r, name, type)) {
		if (r->ahead)
			return SPF_WAIT;
		return spf_end(r, AUTH_PERMERROR, "more than %u DNS questions", SPF_MAX_QUERIES);
	}
	*ans = dns_ask(r->dns, arena_cstr(r->arena, name), type);
	if (*ans)
		return SPF_MATCH;
	r->ahead = true;
	return SPF_WAIT;
}

enum spf_out spf_ask_term(struct spf_run *r, struct str name, int type,
			  const struct dns_answer **ans)
{
	enum spf_out out = spf_ask(r, name, type, ans);

	if (out != SPF_MATCH)
		return out;
	switch ((*ans)->status) {
	case DNS_OK:
		return SPF_MATCH;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		if (++r->voids > SPF_MAX_VOID)
			return spf_end(r, AUTH_PERMERROR, "more than %u void look-ups",
				       SPF_MAX_VOID);
		return SPF_NO;
	default:
		return spf_end(r, AUTH_TEMPERROR, "DNS error for %s", spf_quote(r, name));
	}
}

enum spf_out spf_target(struct spf_run *r, struct str spec, struct str *name)
{
	*name = r->env.domain;
	if (!spec.p)
		return SPF_MATCH;
	r->env.validated = STR_NULL;
	if (spf_macro_has(spec, 'p')) {
		enum spf_out out = spf_validated(r, r->env.domain, &r->env.validated);

		if (out != SPF_MATCH)
			return out;
	}
	*name = spf_macro_domain(r->arena, &r->env, spec);
	return SPF_MATCH;
}
