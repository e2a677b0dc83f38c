/* The explanation that a domain gives for a fail (RFC 7208 6.2). */
#include "auth/spf/internal.h"

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || s.p[i] == '\0')
			return false;
	return true;
}

/* Exactly one record, in US-ASCII, with sound macros; anything else is no explanation at all. */
static struct str usable(const struct dns_answer *ans)
{
	if (ans->status != DNS_OK || ans->n != 1 || ans->rr[0].data.n > SPF_MAX_RECORD)
		return STR_NULL;
	if (!is_ascii(ans->rr[0].data) || !spf_macro_check(ans->rr[0].data, SPF_MACRO_TEXT))
		return STR_NULL;
	return ans->rr[0].data;
}

enum spf_out spf_explain(struct spf_run *r, struct str *text)
{
	const struct dns_answer *ans;
	struct str name, raw;
	enum spf_out out;

	*text = STR_NULL;
	r->env.domain = r->frame[0].domain;
	out = spf_target(r, r->frame[0].rec.exp, &name);
	if (out == SPF_MATCH)
		out = spf_ask(r, name, DNS_TXT, &ans);
	if (out != SPF_MATCH)
		return out;
	raw = usable(ans);
	if (!raw.p)
		return SPF_MATCH;
	r->env.validated = STR_NULL;
	if (spf_macro_has(raw, 'p'))
		out = spf_validated(r, r->env.domain, &r->env.validated);
	if (out == SPF_MATCH)
		*text = spf_macro_text(r->arena, &r->env, raw);
	return out;
}
