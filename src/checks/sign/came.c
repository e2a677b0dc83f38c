/* What was said of a message when it came in. */
#include "auth/authres/authres.h"
#include "checks/checks.h"
#include "checks/sign/outgoing.h"

#define FIELDS_MAX 16u /* Authentication-Results that are read */

struct str outgoing_id(const struct scan *s)
{
	const struct signing_config *k;

	if (s->env->authserv_id.n)
		return s->env->authserv_id;
	k = scan_config(s, &check_sign);
	return k->id;
}

/* Whether a result is what is looked for, between two texts. */
typedef bool result_fn(const struct authres_method *m, struct str x, struct str y);

static bool any_result(const struct scan *s, result_fn *is, struct str x, struct str y)
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
			if (is(&r.method[j], x, y))
				return true;
	}
	return false;
}

static bool is_result(const struct authres_method *m, struct str method, struct str result)
{
	return str_eq(m->method, method) && str_eq(m->result, result);
}

bool outgoing_said(const struct scan *s, struct str method, struct str result)
{
	return any_result(s, is_result, method, result);
}

static bool is_sent_from(const struct authres_method *m, struct str method, struct str domain)
{
	for (size_t i = 0; i < m->nprop && str_eq(m->method, method); i++) {
		const struct authres_prop *p = &m->prop[i];
		size_t at = str_rchr(p->value, '@');

		if (str_eq(p->ptype, STR("smtp")) && str_eq(p->prop, STR("mailfrom")) &&
		    str_ieq(str_skip(p->value, at == SIZE_MAX ? 0 : at + 1), domain))
			return true;
	}
	return false;
}

bool outgoing_sent_from(const struct scan *s, struct str domain)
{
	return any_result(s, is_sent_from, STR("spf"), domain);
}

bool outgoing_spam(const struct scan *s)
{
	const struct hdr *h;

	if (s->verdict.action >= ACT_TAG)
		return true;
	for (size_t i = 0; scan_passive(s) && i < FIELDS_MAX; i++) {
		h = hdr_find(&s->headers, STR("X-Spam-Flag"), i);
		if (!h)
			break;
		if (str_istarts(str_trim(h->value), STR("YES")))
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
