/* Sub-tests of answers: how they are written in rules, and whether a record fits. */
#include "base/buf.h"
#include "checks/dnslist/sa.h"

static const struct {
	const char *name;
	int type;
} types[] = {
	{ "A", DNS_A },	  { "AAAA", DNS_AAAA }, { "TXT", DNS_TXT },	{ "MX", DNS_MX },
	{ "NS", DNS_NS }, { "SOA", DNS_SOA },	{ "CNAME", DNS_CNAME }, { "PTR", DNS_PTR },
};

int sanet_type(struct str name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_ieq(name, str_c(types[i].name)))
			return types[i].type;
	return 0;
}

const char *sanet_type_name(int type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].type == type)
			return types[i].name;
	return "?";
}

/* ---- numbers: 16, 0x10, 127.0.0.2 ---- */

static bool read_hex(struct str s, uint64_t *v)
{
	if (!str_starts(s, STR("0x")) || s.n < 3 || s.n > 10)
		return false;
	*v = 0;
	for (size_t i = 2; i < s.n; i++) {
		int d = ch_hex(s.p[i]);
		if (d < 0)
			return false;
		*v = *v << 4 | (uint64_t)d;
	}
	return true;
}

static bool read_quad(struct str s, uint64_t *v)
{
	struct ip ip;

	if (str_chr(s, ':') != SIZE_MAX || !ip_parse(s, &ip) || ip.family != 4)
		return false;
	*v = (uint64_t)ip.b[0] << 24 | (uint64_t)ip.b[1] << 16 | (uint64_t)ip.b[2] << 8 | ip.b[3];
	return true;
}

static bool read_number(struct str s, uint64_t *v)
{
	return s.n && s.n <= 15 &&
	       ((s.n <= 10 && str_u64(s, 9999999999, v)) || read_hex(s, v) || read_quad(s, v));
}

/* m, n1-n2, n/m; one address stands for itself. */
static bool read_numbers(struct str s, struct sanet_test *t)
{
	size_t at = 0;

	while (at < s.n && s.p[at] != '-' && s.p[at] != '/')
		at++;
	if (!read_number(str_sub(s, 0, at), &t->a))
		return false;
	if (at == s.n) {
		bool quad = str_chr(s, '.') != SIZE_MAX;
		t->how = quad ? SANET_RANGE : SANET_MASK;
		t->b = t->a;
		return true;
	}
	t->how = s.p[at] == '-' ? SANET_RANGE : SANET_VALUE;
	return read_number(str_skip(s, at + 1), &t->b);
}

/* ---- expressions ---- */

static bool read_regex(struct arena *a, struct str s, struct sanet_test *t)
{
	t->how = SANET_REGEX;
	t->regex = sa_regex_new(a, s);
	return t->regex != NULL;
}

static char closing(char open)
{
	return open == '{' ? '}' : open == '(' ? ')' : open == '[' ? ']' : open == '<' ? '>' : open;
}

/* "/.../i", "m{...}i": as "(?i)...". */
static bool read_delimited(struct arena *a, struct str s, struct sanet_test *t)
{
	size_t open = str_starts(s, STR("m")) ? 1 : 0, end = s.n;
	struct str flags, body;

	while (end > open && ch_alpha(s.p[end - 1]))
		end--;
	if (end < open + 3 || s.p[end - 1] != closing(s.p[open]) || ch_alnum(s.p[open]))
		return false;
	flags = str_skip(s, end);
	for (size_t i = 0; i < flags.n; i++)
		if (!strchr("imsx", flags.p[i]))
			return false;
	body = str_sub(s, open + 1, end - open - 2);
	if (flags.n)
		body = arena_printf(a, "(?%.*s)%.*s", STR_ARG(flags), STR_ARG(body));
	return read_regex(a, body, t);
}

/* ---- status codes ---- */

static bool read_rcodes(struct str s, struct sanet_test *t)
{
	static const char *const name[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
					    "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
					    "NXRRSET", "NOTAUTH", "NOTZONE" };
	struct str rest = str_sub(s, 1, s.n - 2);

	t->how = SANET_RCODE;
	if (!str_trim(rest).n)
		return false;
	while (rest.p) {
		struct str one = str_trim(str_cut(&rest, ','));
		uint64_t code = 64;
		for (size_t i = 0; i < sizeof name / sizeof *name; i++)
			if (str_ieq(one, str_c(name[i])))
				code = i;
		if (code == 64 && !str_u64(one, 63, &code))
			return false;
		t->a |= UINT64_C(1) << code;
	}
	return true;
}

/* ---- dialects ---- */

static bool all_digits(struct str s)
{
	uint64_t v;

	return s.n <= 10 && str_u64(s, 9999999999, &v);
}

static bool read_rbl(struct arena *a, struct str s, struct sanet_test *t)
{
	uint64_t v;

	t->loopback = true;
	if (str_starts(s, STR("sb:"))) {
		t->how = SANET_NEVER;
		return true;
	}
	if (all_digits(s))
		return read_numbers(s, t);
	if (!read_quad(s, &v))
		return read_regex(a, s, t);
	t->how = SANET_TEXT;
	t->text = s;
	return true;
}

static bool read_ask(struct arena *a, struct str s, struct sanet_test *t)
{
	char c = s.p[0], end = s.p[s.n - 1];

	if (c == '/' || (c == 'm' && s.n > 1 && !ch_alnum(s.p[1])))
		return read_delimited(a, s, t);
	if ((c == '"' || c == '\'') && s.n > 1 && end == c) {
		t->how = SANET_TEXT;
		t->text = str_sub(s, 1, s.n - 2);
		return true;
	}
	if (c == '[' && end == ']')
		return read_rcodes(s, t);
	return read_numbers(s, t);
}

bool sanet_test_read(struct arena *a, enum sanet_dialect d, struct str text, struct sanet_test *out)
{
	*out = (struct sanet_test){ .how = SANET_ANY, .loopback = d != SANET_ASK };
	if (d == SANET_HASH)
		out->loopback = false;
	if (!text.n)
		return d == SANET_HASH ? read_regex(a, STR("^127\\."), out)
				       : !text.p || d == SANET_RBL;
	switch (d) {
	case SANET_RBL:
		return read_rbl(a, text, out);
	case SANET_URI:
		out->loopback = false;
		return read_numbers(text, out);
	case SANET_ASK:
		return read_ask(a, text, out);
	case SANET_HASH:
		return read_regex(a, text, out);
	}
	return false;
}

/* ---- records ---- */

static struct str address_text(struct arena *a, uint8_t family, struct str data)
{
	struct ip ip = { .family = family };
	char text[IP_TEXT_MAX];

	memcpy(ip.b, data.p, data.n);
	return arena_dup(a, str_c(ip_format(&ip, text)));
}

struct sanet_value sanet_value(struct arena *a, int type, const struct dns_rr *rr)
{
	struct sanet_value v = { .text = rr->data };
	const uint8_t *b = (const uint8_t *)rr->data.p;

	if (type == DNS_A && rr->data.n == 4) {
		v.is_address = true;
		v.address =
			(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
		v.text = address_text(a, 4, rr->data);
	} else if (type == DNS_AAAA && rr->data.n == 16) {
		v.text = address_text(a, 6, rr->data);
	} else if (type == DNS_MX) {
		v.text = arena_printf(a, "%u %.*s.", rr->pref, STR_ARG(rr->data));
	} else if (type != DNS_TXT) {
		v.text = arena_printf(a, "%.*s.", STR_ARG(rr->data));
	}
	return v;
}

bool sanet_test_fits(const struct sanet_test *t, const struct sanet_value *v)
{
	uint64_t n = v->address;
	bool loopback = v->is_address && n >> 24 == 127;

	if (t->loopback && v->is_address && !loopback)
		return false;
	switch (t->how) {
	case SANET_ANY:
		return true;
	case SANET_TEXT:
		return str_eq(t->text, v->text);
	case SANET_REGEX:
		return sa_regex_in(t->regex, v->text);
	case SANET_MASK:
		return loopback && n & t->a;
	case SANET_RANGE:
		return v->is_address && n >= t->a && n <= t->b;
	case SANET_VALUE:
		return v->is_address && (n & t->b) == (t->a & t->b);
	case SANET_RCODE:
	case SANET_NEVER:
		return false;
	}
	return false;
}

/* 127.255.255.0/24 has nearly all the bits that a mask may ask for. What fits the most usual code
 * of a listing too is no name of a refusal. */
static bool names_refusal(const struct sanet_test *t, const struct sanet_value *v)
{
	static const uint32_t net = UINT32_C(0xffffff00), codes = UINT32_C(0x7fffff00);
	static const struct sanet_value listed = { STR("127.0.0.2"), true, UINT32_C(0x7f000002) };

	if (t->how == SANET_MASK)
		return (v->address & net) != codes;
	if (t->how == SANET_VALUE && (t->b & net) != net)
		return false;
	return t->how == SANET_TEXT || !sanet_test_fits(t, &listed);
}

bool sanet_answer_fits(const struct sanet_test *t, const struct sanet_value *v, bool refused)
{
	return sanet_test_fits(t, v) && (!refused || names_refusal(t, v));
}

bool sanet_test_status(const struct sanet_test *t, enum dns_status status)
{
	if (t->how != SANET_RCODE)
		return false;
	if (status == DNS_OK || status == DNS_NODATA)
		return t->a & 1;
	return status == DNS_NXDOMAIN && t->a >> 3 & 1;
}
