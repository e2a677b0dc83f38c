/* What traps, greylisting and rate limits share: who is one of ours, and who is excepted. */
#ifndef CHECKS_MEMORY_GATE_H
#define CHECKS_MEMORY_GATE_H

#include "checks/memory/memory.h"

/* The client is ours: authenticated or submitting, without an address (a unix socket), or at a
 * loopback, private or link-local one (RFC 1918, 4193, 4291 2.5.6). */
bool gate_ours(const struct scan *s);

/* Recipient i as "local@domain", lower case, with its "+tag"; "" if it is no address. */
struct str gate_rcpt(struct scan *s, size_t i);
/* What follows the last "@". */
struct str gate_domain(struct str address);

/* A list of networks, and of names: addresses, users, or domains with all below them. */
struct gate_except {
	const struct cidr *net;
	size_t nnet;
	const struct str *name; /* lower case */
	size_t nname;
};
void gate_except_read(struct arena *a, const struct str *item, size_t n, struct gate_except *out);
bool gate_except_net(const struct gate_except *e, const struct ip *ip);
/* name, lower case, or the domain of it is excepted. */
bool gate_except_name(const struct gate_except *e, struct str name);

#endif
