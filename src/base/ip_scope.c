/* Which addresses are of the public Internet, and what the others are. */
#include <string.h>

#include "base/ip.h"

/* Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; multicast RFC 5771 and 4291. The
 * last one is where Azure answers questions of its own machines. */
static const struct {
	uint8_t net[4], bits;
	enum ip_scope scope;
} special4[] = {
	{ { 0 }, 8, IP_SPECIAL },
	{ { 10 }, 8, IP_LOCAL },
	{ { 100, 64 }, 10, IP_SHARED },
	{ { 127 }, 8, IP_LOCAL },
	{ { 169, 254 }, 16, IP_LOCAL },
	{ { 172, 16 }, 12, IP_LOCAL },
	{ { 192, 0, 0 }, 24, IP_SPECIAL },
	{ { 192, 0, 2 }, 24, IP_EXAMPLE },
	{ { 192, 31, 196 }, 24, IP_SPECIAL },
	{ { 192, 52, 193 }, 24, IP_SPECIAL },
	{ { 192, 88, 99 }, 24, IP_SPECIAL },
	{ { 192, 168 }, 16, IP_LOCAL },
	{ { 192, 175, 48 }, 24, IP_SPECIAL },
	{ { 198, 18 }, 15, IP_SPECIAL },
	{ { 198, 51, 100 }, 24, IP_EXAMPLE },
	{ { 203, 0, 113 }, 24, IP_EXAMPLE },
	{ { 224 }, 3, IP_SPECIAL },
	{ { 168, 63, 129, 16 }, 32, IP_SPECIAL },
};

/* Unique local and link-local; then of 2000::/3, outside of which nothing is global unicast:
 * documentation (two), protocol assignments with Teredo and ORCHID, 6to4, and the AS112 nets. */
static const struct {
	uint8_t net[6], bits;
	enum ip_scope scope;
} special6[] = {
	{ { 0xfc }, 7, IP_LOCAL },
	{ { 0xfe, 0x80 }, 10, IP_LOCAL },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, IP_EXAMPLE },
	{ { 0x3f, 0xff, 0x00 }, 20, IP_EXAMPLE },
	{ { 0x20, 0x01, 0x00 }, 23, IP_SPECIAL },
	{ { 0x20, 0x02 }, 16, IP_SPECIAL },
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80, 0x00 }, 48, IP_SPECIAL },
};

static enum ip_scope scope4(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++) {
		struct ip net = { .family = 4 };

		memcpy(net.b, special4[i].net, 4);
		if (ip_in(ip, &net, special4[i].bits))
			return special4[i].scope;
	}
	return IP_PUBLIC;
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

static enum ip_scope scope6(const struct ip *ip)
{
	struct ip inside;

	if (nat64(ip, &inside))
		return scope4(&inside);
	if (ip_is_loopback(ip))
		return IP_LOCAL;
	for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++) {
		struct ip net = { .family = 6 };

		memcpy(net.b, special6[i].net, sizeof special6[i].net);
		if (ip_in(ip, &net, special6[i].bits))
			return special6[i].scope;
	}
	return (ip->b[0] & 0xe0) == 0x20 && !isatap(ip) ? IP_PUBLIC : IP_SPECIAL;
}

enum ip_scope ip_scope(const struct ip *ip)
{
	struct ip plain = ip_unmapped(*ip);

	if (plain.family == 4)
		return scope4(&plain);
	return plain.family == 6 ? scope6(&plain) : IP_SPECIAL;
}
