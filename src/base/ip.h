/* IP addresses and networks. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/arena.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* family 4: b[0..3]; family 6: b[0..15]; family 0: no address (unix socket, unknown). */
struct ip {
	uint8_t family;
	uint8_t b[16];
};

struct cidr {
	struct ip ip;
	uint8_t bits;
};

#define IP_TEXT_MAX 46

/*
 * Reads "192.0.2.1", "2001:db8::1", and the latter with "IPv6:" in front or in square brackets.
 * A v4-mapped v6 address (::ffff:192.0.2.1) becomes family 4. False: not an address; *ip untouched.
 */
bool ip_parse(struct str s, struct ip *ip);

/* Text form (RFC 5952 for v6), NUL-terminated, into out; "" for family 0. Returns out. */
char *ip_format(const struct ip *ip, char out[IP_TEXT_MAX]);

/* A v4-mapped v6 address as the v4 one that it stands for; any other as it is. */
struct ip ip_unmapped(struct ip ip);

bool ip_eq(const struct ip *a, const struct ip *b);

/* Both of one family and the first bits equal; bits above the family's width match as the whole. */
bool ip_in(const struct ip *ip, const struct ip *net, unsigned bits);

/* "192.0.2.0/24" or a bare address (then all bits). False: not a network. */
bool cidr_parse(struct str s, struct cidr *c);
bool cidr_has(const struct cidr *c, const struct ip *ip);

/* 127.0.0.0/8 or ::1. */
bool ip_is_loopback(const struct ip *ip);

/* What an address is by IANA's registries of special addresses. One that stands in another (mapped,
 * NAT64) is what that other is. */
enum ip_scope {
	IP_PUBLIC,  /* anybody's on the Internet */
	IP_LOCAL,   /* loopback, private, unique local, link-local */
	IP_SHARED,  /* 100.64.0.0/10: behind a provider's translation, RFC 6598 */
	IP_EXAMPLE, /* of documentation: nobody's, and in every test */
	IP_SPECIAL, /* none of these and no host's: multicast, reserved, 6to4, a cloud's own */
};

enum ip_scope ip_scope(const struct ip *ip);

/* The name to ask PTR for: "1.2.0.192.in-addr.arpa" or nibbles under ip6.arpa; NUL-terminated. */
const char *ip_reverse_name(struct arena *a, const struct ip *ip);

#pragma GCC visibility pop

#endif
