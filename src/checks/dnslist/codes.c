/* What the answers of a list mean: addresses, ranges, networks, bits, words of a text. */
#include "checks/dnslist/zone.h"

struct code {
	enum { CODE_OCTETS, CODE_NET, CODE_BITS, CODE_TEXT } kind;
	uint8_t lo[4], hi[4];
	struct cidr net;
	uint32_t bits;
	struct str text;
};

static bool read_octet(struct str s, uint8_t *lo, uint8_t *hi)
{
	struct str first = str_cut(&s, '-');
	uint64_t from, to;

	if (str_eq(first, STR("*")) && !s.p) {
		*lo = 0;
		*hi = 255;
		return true;
	}
	if (!str_u64(first, 255, &from) || (s.p && !str_u64(s, 255, &to)))
		return false;
	*lo = (uint8_t)from;
	*hi = (uint8_t)(s.p ? to : from);
	return *lo <= *hi;
}

static bool read_octets(struct str s, struct code *c)
{
	c->kind = CODE_OCTETS;
	for (size_t i = 0; i < 4; i++) {
		struct str octet = str_cut(&s, '.');
		if ((i < 3) != (s.p != NULL) || !read_octet(octet, &c->lo[i], &c->hi[i]))
			return false;
	}
	return true;
}

static bool read_code(struct str s, struct code *c)
{
	uint64_t n;

	if (str_starts(s, STR("txt:"))) {
		c->kind = CODE_TEXT;
		c->text = str_skip(s, 4);
		return c->text.n > 0;
	}
	if (s.n && s.p[0] == '&') {
		c->kind = CODE_BITS;
		if (!str_u64(str_skip(s, 1), 0xffffff, &n) || !n)
			return false;
		c->bits = (uint32_t)n;
		return true;
	}
	if (str_chr(s, '/') == SIZE_MAX)
		return read_octets(s, c);
	c->kind = CODE_NET;
	return cidr_parse(s, &c->net) && c->net.ip.family == 4;
}

static bool octets_fit(const struct code *c, const uint8_t b[4])
{
	for (size_t i = 0; i < 4; i++)
		if (b[i] < c->lo[i] || b[i] > c->hi[i])
			return false;
	return true;
}

static bool address_fits(const struct code *c, struct str data)
{
	struct ip ip = { .family = 4 };
	uint32_t low;

	if (data.n != 4)
		return false;
	memcpy(ip.b, data.p, 4);
	low = (uint32_t)ip.b[1] << 16 | (uint32_t)ip.b[2] << 8 | ip.b[3];
	switch (c->kind) {
	case CODE_OCTETS:
		return octets_fit(c, ip.b);
	case CODE_NET:
		return cidr_has(&c->net, &ip);
	case CODE_BITS:
		return ip.b[0] == 127 && (low & c->bits);
	default:
		return false;
	}
}

bool dnslist_codes_ok(struct str codes)
{
	bool any = false;

	while (codes.n) {
		struct code c = { 0 };
		if (!read_code(str_trim(str_cut(&codes, ',')), &c))
			return false;
		any = true;
	}
	return any;
}

bool dnslist_codes_fit(struct str codes, int type, const struct dns_rr *rr)
{
	while (codes.n) {
		struct code c = { 0 };
		if (!read_code(str_trim(str_cut(&codes, ',')), &c))
			continue;
		if (c.kind == CODE_TEXT ? type == DNS_TXT && str_ifind(rr->data, c.text)
					: type == DNS_A && address_fits(&c, rr->data))
			return true;
	}
	return false;
}
