/* The host of a URL: a name, an IPv4 address in any of its spellings, or an IPv6 one in brackets.
 */
#include "mail/url/host.h"

#include "mail/domain.h"
#include "mail/url/chars.h"

#define HOST_MAX_INPUT 1024u /* octets given to the reader of names */

unsigned url_char_flags(struct str s)
{
	unsigned flags = 0;
	uint32_t c;

	for (size_t i = 0; i < s.n; i += char_at(s, i, &c)) {
		char_at(s, i, &c);
		if (c < 0x20 || c == 0x7f)
			flags |= URL_CONTROL;
		else if (char_invisible(c))
			flags |= URL_ZERO_WIDTH;
		else if (char_bidi(c))
			flags |= URL_BIDI;
	}
	return flags;
}

struct str url_percent_decode(struct arena *a, struct str s)
{
	char *out;
	size_t n = 0;

	if (str_chr(s, '%') == SIZE_MAX)
		return s;
	out = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;
		if (s.p[i] == '%' && i + 2 < s.n) {
			hi = ch_hex(s.p[i + 1]);
			lo = ch_hex(s.p[i + 2]);
		}
		if (hi < 0 || lo < 0) {
			out[n++] = s.p[i];
			continue;
		}
		out[n++] = (char)(hi << 4 | lo);
		i += 2;
	}
	return str_of(out, n);
}

/* One number of an address: decimal, 0 octal, 0x hexadecimal. An empty one after 0x is 0. */
static bool read_number(struct str s, uint64_t *v, bool *odd)
{
	unsigned base = 10;

	if (s.n >= 2 && s.p[0] == '0') {
		base = ch_lower(s.p[1]) == 'x' ? 16 : 8;
		s = str_skip(s, base == 16 ? 2 : 1);
		*odd = true;
	} else if (!s.n) {
		return false;
	}
	*v = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = ch_hex(s.p[i]);
		if (d < 0 || (unsigned)d >= base)
			return false;
		*v = *v * base + (unsigned)d;
		if (*v > UINT32_MAX)
			return false;
	}
	return true;
}

/* The last label is a number: the host is an address or nothing. */
static bool ends_in_number(struct str s)
{
	size_t dot;
	uint64_t v;
	bool odd, digits = true;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	dot = str_rchr(s, '.');
	if (dot != SIZE_MAX)
		s = str_skip(s, dot + 1);
	for (size_t i = 0; i < s.n; i++)
		digits = digits && ch_digit(s.p[i]);
	return s.n && (digits || (str_istarts(s, STR("0x")) && read_number(s, &v, &odd)));
}

static bool read_ipv4(struct str s, struct ip *ip, bool *odd)
{
	uint64_t part[4], whole = 0;
	size_t n = 0;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	while (s.p) {
		if (n == 4 || !read_number(str_cut(&s, '.'), &part[n], odd))
			return false;
		n++;
	}
	if (n < 4)
		*odd = true;
	for (size_t i = 0; i + 1 < n; i++) {
		if (part[i] > 255)
			return false;
		whole |= part[i] << (24 - 8 * i);
	}
	if (part[n - 1] >= (uint64_t)1 << (8 * (5 - n)))
		return false;
	whole |= part[n - 1];
	*ip = (struct ip){ .family = 4 };
	for (int i = 0; i < 4; i++)
		ip->b[i] = (uint8_t)(whole >> (24 - 8 * i));
	return true;
}

static void set_ip(struct arena *a, struct url *u)
{
	char text[IP_TEXT_MAX];

	u->host = u->shown = arena_dup(a, str_c(ip_format(&u->ip, text)));
	u->flags |= URL_IP;
}

static bool read_brackets(struct arena *a, struct str s, struct url *u)
{
	if (s.n < 4 || s.p[0] != '[' || s.p[s.n - 1] != ']' || str_chr(s, ':') == SIZE_MAX ||
	    (s.p[1] != ':' && ch_hex(s.p[1]) < 0) || !ip_parse(s, &u->ip))
		return false;
	set_ip(a, u);
	if (u->ip.family == 4)
		u->flags |= URL_IP_ODD; /* ::ffff:192.0.2.1 */
	return true;
}

/* What DNS takes though no registry sells it: "-" at the ends of labels. Lower case; absent: no. */
static struct str loose_name(struct arena *a, struct str s)
{
	size_t label = 0;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	if (!s.n || s.n > DOMAIN_MAX)
		return STR_NULL;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && label == 0)
			return STR_NULL;
		label = s.p[i] == '.' ? 0 : label + 1;
		if (label > 63 || (label && !ch_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_'))
			return STR_NULL;
	}
	return label ? arena_lower(a, s) : STR_NULL;
}

static bool has_alabel(struct str s)
{
	while (s.p)
		if (str_istarts(str_cut(&s, '.'), STR("xn--")))
			return true;
	return false;
}

static void read_name(struct arena *a, const struct psl *psl, struct str s, struct url *u)
{
	struct str name = s.n > HOST_MAX_INPUT ? STR_NULL : domain_read(a, s, DOMAIN_UNDERSCORE);
	bool odd = false;

	u->shown = s;
	if (!name.p) {
		name = loose_name(a, s);
		if (!name.p || has_alabel(name))
			u->flags |= URL_BAD_HOST;
	}
	if (!name.p)
		return;
	if (ends_in_number(name)) {
		if (!read_ipv4(name, &u->ip, &odd)) {
			u->flags |= URL_BAD_HOST;
			return;
		}
		set_ip(a, u);
		u->flags |= odd || !str_eq(s, u->host) ? URL_IP_ODD : 0;
		return;
	}
	u->host = name;
	u->shown = domain_unicode(a, name);
	if (has_alabel(name))
		u->flags |= URL_IDN;
	if (psl)
		u->registrable = psl_registrable(psl, name);
	else if (domain_labels(name) > 1)
		u->registrable = domain_last(name, 2);
}

void url_host_read(struct arena *a, const struct psl *psl, struct str text, struct url *u)
{
	struct str s = url_percent_decode(a, text);

	u->host = STR("");
	if (str_chr(text, '%') != SIZE_MAX)
		u->flags |= URL_PERCENT_HOST;
	u->flags |= url_char_flags(s);
	if (s.n && s.p[0] == '[') {
		u->shown = s;
		if (!read_brackets(a, s, u))
			u->flags |= URL_BAD_HOST;
		return;
	}
	read_name(a, psl, s, u);
}
