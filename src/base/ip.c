/* IP addresses and networks: text forms and comparison. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static unsigned width(const struct ip *ip)
{
	return ip->family == 4 ? 32 : ip->family == 6 ? 128 : 0;
}

/* The bare text of one address, the v4-mapped form left as family 6. */
static bool parse_plain(struct str s, struct ip *ip)
{
	char z[IP_TEXT_MAX];
	bool six = str_chr(s, ':') != SIZE_MAX;

	if (s.n == 0 || s.n >= sizeof z || str_chr(s, '\0') != SIZE_MAX)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	*ip = (struct ip){ .family = six ? 6 : 4 };
	return inet_pton(six ? AF_INET6 : AF_INET, z, ip->b) == 1;
}

static bool is_mapped(const struct ip *ip)
{
	return ip->family == 6 && memcmp(ip->b, mapped, sizeof mapped) == 0;
}

struct ip ip_unmapped(struct ip ip)
{
	struct ip four = { .family = 4 };

	if (!is_mapped(&ip))
		return ip;
	memcpy(four.b, ip.b + sizeof mapped, 4);
	return four;
}

bool ip_parse(struct str s, struct ip *ip)
{
	struct ip got;
	bool six = false;

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
		s = str_sub(s, 1, s.n - 2);
		six = true;
	}
	if (str_istarts(s, STR("IPv6:"))) {
		s = str_skip(s, 5);
		six = true;
	}
	if (!parse_plain(s, &got) || (six && got.family != 6))
		return false;
	*ip = ip_unmapped(got);
	return true;
}

char *ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
	out[0] = '\0';
	if (ip->family && !inet_ntop(ip->family == 6 ? AF_INET6 : AF_INET, ip->b, out, IP_TEXT_MAX))
		bug("ip_format: family %u", ip->family);
	return out;
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, width(a) / 8) == 0;
}

bool ip_in(const struct ip *ip, const struct ip *net, unsigned bits)
{
	unsigned whole, rest;

	if (ip->family != net->family || ip->family == 0)
		return false;
	if (bits > width(ip))
		bits = width(ip);
	whole = bits / 8;
	rest = bits % 8;
	if (memcmp(ip->b, net->b, whole) != 0)
		return false;
	return rest == 0 || (ip->b[whole] ^ net->b[whole]) >> (8 - rest) == 0;
}

bool cidr_parse(struct str s, struct cidr *c)
{
	struct str host = str_cut(&s, '/');
	bool bare = s.p == NULL;
	struct ip ip;
	uint64_t bits;

	if (!parse_plain(host, &ip))
		return false;
	bits = width(&ip);
	if (!bare && (!str_u64(s, bits, &bits) || (s.n > 1 && s.p[0] == '0')))
		return false;
	if (is_mapped(&ip)) {
		/* ::ffff:0:0/95 and shorter hold more than IPv4, so no one family fits. */
		if (bits < 96)
			return false;
		ip = ip_unmapped(ip);
		bits -= 96;
	}
	*c = (struct cidr){ ip, (uint8_t)bits };
	return true;
}

bool cidr_has(const struct cidr *c, const struct ip *ip)
{
	return ip_in(ip, &c->ip, c->bits);
}

bool ip_is_loopback(const struct ip *ip)
{
	static const struct ip six = { 6, { [15] = 1 } };

	return ip->family == 4 ? ip->b[0] == 127 : ip_eq(ip, &six);
}

const char *ip_reverse_name(struct arena *a, const struct ip *ip)
{
	static const char hex[] = "0123456789abcdef";
	struct buf b = { .arena = a };

	if (ip->family == 4) {
		buf_addf(&b, "%u.%u.%u.%u.in-addr.arpa", ip->b[3], ip->b[2], ip->b[1], ip->b[0]);
	} else if (ip->family == 6) {
		for (int i = 15; i >= 0; i--) {
			buf_addc(&b, hex[ip->b[i] & 15]);
			buf_addc(&b, '.');
			buf_addc(&b, hex[ip->b[i] >> 4]);
			buf_addc(&b, '.');
		}
		buf_add(&b, STR("ip6.arpa"));
	}
	buf_addc(&b, '\0');
	return b.p;
}
