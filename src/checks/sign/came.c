/* What was said of a message when it came in. */
#include "auth/authres/authres.h"
#include "checks/checks.h"
#include "checks/sign/outgoing.h"

#define FIELDS_MAX 16u /* Authentication-Results that are read */

struct str outgoing_id(const struct scan *s)
{
	const struct signing_config *k = scan_config(s, &check_sign);

	return s->env->authserv_id.n ? s->env->authserv_id : k->id;
}

bool outgoing_said(const struct scan *s, struct str method, struct str result)
{
	const struct hdr *h;

	for (size_t i = 0; i < FIELDS_MAX; i++) {
		struct authres r;

		h = hdr_find(&s->headers, STR("Authentication-Results"), i);
		if (!h)
			return false;
		if (!authres_parse(s->arena, h->value, &r) ||
		    !str_ieq(r.authserv_id, outgoing_id(s)))
			continue;
		for (size_t j = 0; j < r.n; j++)
			if (str_eq(r.method[j].method, method) &&
			    str_eq(r.method[j].result, result))
				return true;
	}
	return false;
}

bool outgoing_failed(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	if (scan_passive(s))
		return outgoing_said(s, STR("dmarc"), STR("fail"));
	return f && f->r.code == AUTH_FAIL && f->override == OVERRIDE_NONE;
}
