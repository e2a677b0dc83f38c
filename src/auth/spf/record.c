/* SPF records: text to terms, by the grammar of RFC 7208 12 and nothing beside it. */
#include "auth/spf/record.h"

#include <arpa/inet.h>

#include "auth/spf/macro.h"
#include "base/vec.h"

enum arg { ARG_NONE, ARG_DOMAIN, ARG_DOMAIN_OPTIONAL, ARG_IP4, ARG_IP6 };

static const struct mech {
	struct str name;
	enum arg arg;
	bool cidr, counts;
} mechs[] = {
	[SPF_ALL] = { { "all", 3 }, ARG_NONE, false, false },
	[SPF_INCLUDE] = { { "include", 7 }, ARG_DOMAIN, false, true },
	[SPF_A] = { { "a", 1 }, ARG_DOMAIN_OPTIONAL, true, true },
	[SPF_MX] = { { "mx", 2 }, ARG_DOMAIN_OPTIONAL, true, true },
	[SPF_PTR] = { { "ptr", 3 }, ARG_DOMAIN_OPTIONAL, false, true },
	[SPF_IP4] = { { "ip4", 3 }, ARG_IP4, true, false },
	[SPF_IP6] = { { "ip6", 3 }, ARG_IP6, true, false },
	[SPF_EXISTS] = { { "exists", 6 }, ARG_DOMAIN, false, true },
};

#define MECHS (sizeof(mechs) / sizeof(mechs[0]))

bool spf_record_is(struct str txt)
{
	return str_istarts(txt, STR("v=spf1")) && (txt.n == 6 || txt.p[6] == ' ');
}

/* "0", or a number without a zero in front: ip4-cidr-length and ip6-cidr-length. */
static bool read_bits(struct str s, uint8_t max, uint8_t *bits)
{
	uint64_t v;

	if (!str_u64(s, max, &v) || (s.n > 1 && s.p[0] == '0'))
		return false;
	*bits = (uint8_t)v;
	return true;
}

/* Takes "/NN" off the end of *s. *found: the digits, absent if it does not end so. */
static void take_slash(struct str *s, struct str *found)
{
	size_t i = s->n;

	*found = STR_NULL;
	while (i > 0 && ch_digit(s->p[i - 1]))
		i--;
	if (i == 0 || s->p[i - 1] != '/')
		return;
	*found = str_skip(*s, i);
	s->n = i - 1;
}

/* dual-cidr-length, off the end of an argument that begins with ":" or "/" or is empty. */
static const char *take_dual_cidr(struct str *s, struct spf_term *t)
{
	struct str digits;

	take_slash(s, &digits);
	if (digits.p && s->n > 0 && s->p[s->n - 1] == '/') {
		s->n--;
		if (!read_bits(digits, 128, &t->bits6))
			return "an IPv6 prefix length that is not 0 to 128";
		take_slash(s, &digits);
	}
	if (digits.p && !read_bits(digits, 32, &t->bits4))
		return "an IPv4 prefix length that is not 0 to 32";
	return NULL;
}

static bool read_address(struct str s, int family, struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (s.n >= sizeof(text) || (s.n > 0 && memchr(s.p, '\0', s.n)))
		return false;
	if (s.n > 0)
		memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	ip->family = family == AF_INET ? 4 : 6;
	return inet_pton(family, text, ip->b) == 1;
}

static const char *read_network(struct str arg, struct spf_term *t, bool v4)
{
	size_t slash;

	if (arg.n == 0 || arg.p[0] != ':')
		return "an address is missing";
	arg = str_skip(arg, 1);
	slash = str_chr(arg, '/');
	if (slash != SIZE_MAX &&
	    !read_bits(str_skip(arg, slash + 1), v4 ? 32 : 128, v4 ? &t->bits4 : &t->bits6))
		return "a prefix length that does not fit the address";
	if (!read_address(str_sub(arg, 0, slash), v4 ? AF_INET : AF_INET6, &t->ip))
		return v4 ? "not an IPv4 address" : "not an IPv6 address";
	return NULL;
}

static const char *read_domain(struct str arg, struct spf_term *t, bool optional)
{
	if (arg.n == 0)
		return optional ? NULL : "a domain is missing";
	if (arg.p[0] != ':')
		return "not a mechanism";
	t->domain = str_skip(arg, 1);
	return spf_macro_check(t->domain, SPF_MACRO_DOMAIN) ? NULL : "not a domain";
}

static const char *read_arg(const struct mech *m, struct str arg, struct spf_term *t)
{
	const char *wrong = NULL;

	switch (m->arg) {
	case ARG_NONE:
		return arg.n > 0 ? "an argument where there is none" : NULL;
	case ARG_IP4:
	case ARG_IP6:
		return read_network(arg, t, m->arg == ARG_IP4);
	case ARG_DOMAIN:
	case ARG_DOMAIN_OPTIONAL:
		if (m->cidr)
			wrong = take_dual_cidr(&arg, t);
		return wrong ? wrong : read_domain(arg, t, m->arg == ARG_DOMAIN_OPTIONAL);
	}
	return "not a mechanism";
}

static enum auth_result take_qualifier(struct str *s)
{
	static const struct {
		char c;
		enum auth_result r;
	} q[] = { { '+', AUTH_PASS },
		  { '-', AUTH_FAIL },
		  { '~', AUTH_SOFTFAIL },
		  { '?', AUTH_NEUTRAL } };

	for (size_t i = 0; i < sizeof(q) / sizeof(q[0]); i++)
		if (s->n > 0 && s->p[0] == q[i].c) {
			*s = str_skip(*s, 1);
			return q[i].r;
		}
	return AUTH_PASS;
}

static const char *read_directive(struct str text, struct spf_term *t)
{
	struct str s = text;
	size_t n = 0;

	*t = (struct spf_term){ .text = text, .bits4 = 32, .bits6 = 128 };
	t->qualifier = take_qualifier(&s);
	while (n < s.n && ch_alnum(s.p[n]))
		n++;
	for (size_t i = 0; i < MECHS; i++)
		if (str_ieq(str_sub(s, 0, n), mechs[i].name)) {
			t->mech = (enum spf_mech)i;
			t->counts = mechs[i].counts;
			return read_arg(&mechs[i], str_skip(s, n), t);
		}
	return "not a mechanism";
}

/* Length of the name of a modifier (name "="), 0: it is none. */
static size_t modifier_name(struct str s)
{
	size_t n = 0;

	if (s.n == 0 || !ch_alpha(s.p[0]))
		return 0;
	while (n < s.n && (ch_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '_' || s.p[n] == '.'))
		n++;
	return n < s.n && s.p[n] == '=' ? n : 0;
}

static const char *read_modifier(struct str name, struct str value, struct spf_record *rec)
{
	struct str *known = NULL;

	if (str_ieq(name, STR("redirect")))
		known = &rec->redirect;
	else if (str_ieq(name, STR("exp")))
		known = &rec->exp;
	else
		return spf_macro_check(value, SPF_MACRO_UNKNOWN) ? NULL : "not a macro string";
	if (known->p)
		return "a modifier that is there twice"; /* 6 */
	*known = value;
	return spf_macro_check(value, SPF_MACRO_DOMAIN) ? NULL : "not a domain";
}

const char *spf_record_parse(struct arena *a, struct str text, struct spf_record *rec)
{
	VEC(struct spf_term) terms = { 0 };
	struct str left = str_skip(text, 6);

	*rec = (struct spf_record){ 0 };
	if (text.n > SPF_MAX_RECORD)
		return "the record is too long";
	if (!spf_record_is(text))
		return "not an SPF record";
	while (left.n > 0) {
		struct str one = str_cut(&left, ' ');
		size_t name = modifier_name(one);
		const char *wrong;

		if (one.n == 0)
			continue;
		rec->bad = one;
		if (name > 0)
			wrong = read_modifier(str_sub(one, 0, name), str_skip(one, name + 1), rec);
		else
			wrong = read_directive(one, &VEC_PUSH(a, terms));
		if (wrong)
			return wrong;
	}
	rec->bad = STR_NULL;
	rec->n = terms.n;
	rec->term = terms.p;
	return NULL;
}
