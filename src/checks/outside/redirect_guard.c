/* Which addresses are asked: those of the public Internet, and what options add or take away. */
#include "checks/outside/redirect.h"

/* Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; multicast RFC 5771 and 4291. The
 * last one is where Azure answers questions of its own machines. */
static const struct {
	uint8_t net[4], bits;
} special4[] = {
	{ { 0 }, 8 },
	{ { 10 }, 8 },
	{ { 100, 64 }, 10 },
	{ { 127 }, 8 },
	{ { 169, 254 }, 16 },
	{ { 172, 16 }, 12 },
	{ { 192, 0, 0 }, 24 },
	{ { 192, 0, 2 }, 24 },
	{ { 192, 31, 196 }, 24 },
	{ { 192, 52, 193 }, 24 },
	{ { 192, 88, 99 }, 24 },
	{ { 192, 168 }, 16 },
	{ { 192, 175, 48 }, 24 },
	{ { 198, 18 }, 15 },
	{ { 198, 51, 100 }, 24 },
	{ { 203, 0, 113 }, 24 },
	{ { 224 }, 3 },
	{ { 168, 63, 129, 16 }, 32 },
};

/* Of 2000::/3, outside of which nothing is global unicast: protocol assignments with Teredo and
 * ORCHID, documentation (two), 6to4, and the AS112 nets. */
static const struct {
	uint8_t net[6], bits;
} special6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x20, 0x02 }, 16 },
	{ { 0x3f, 0xff, 0x00 }, 20 },
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80, 0x00 }, 48 },
};

static bool public4(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++) {
		struct ip net = { .family = 4 };

		memcpy(net.b, special4[i].net, 4);
		if (ip_in(ip, &net, special4[i].bits))
			return false;
	}
	return true;
}

/* RFC 6052: the well-known prefix, and the address behind it. */
static bool nat64(const struct ip *ip, struct ip *inside)
{
	static const uint8_t prefix[12] = { 0x00, 0x64, 0xff, 0x9b };

	if (memcmp(ip->b, prefix, sizeof prefix) != 0)
		return false;
	*inside = (struct ip){ .family = 4 };
	memcpy(inside->b, ip->b + 12, 4);
	return true;
}

/* RFC 5214 section 6.1: an interface whose name is an IPv4 address. */
static bool isatap(const struct ip *ip)
{
	static const uint8_t mark[3] = { 0x00, 0x5e, 0xfe };

	return (ip->b[8] & 0xfd) == 0 && memcmp(ip->b + 9, mark, sizeof mark) == 0;
}

static bool public6(const struct ip *ip)
{
	struct ip inside;

	if (nat64(ip, &inside))
		return public4(&inside);
	if ((ip->b[0] & 0xe0) != 0x20 || isatap(ip))
		return false;
	for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++) {
		struct ip net = { .family = 6 };

		memcpy(net.b, special6[i].net, sizeof special6[i].net);
		if (ip_in(ip, &net, special6[i].bits))
			return false;
	}
	return true;
}

bool redirect_public(const struct ip *ip)
{
	struct ip plain = ip_unmapped(*ip);

	return plain.family == 4 ? public4(&plain) : plain.family == 6 && public6(&plain);
}

static bool one_has(const struct cidr *net, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_has(&net[i], ip))
			return true;
	return false;
}

bool redirect_may_connect(void *arg, const struct ip *ip)
{
	const struct redirect_guard *g = arg;
	struct ip plain = ip_unmapped(*ip);

	if (one_has(g->refuse, g->nrefuse, &plain))
		return false;
	return redirect_public(&plain) || one_has(g->allow, g->nallow, &plain);
}
