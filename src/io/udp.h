/* One question by one datagram, one answer, a time limit. */
#ifndef IO_UDP_H
#define IO_UDP_H

#include "base/ip.h"
#include "io/loop.h"

#define UDP_MAX 8192u /* octets of an answer; a longer one is cut */

struct udp_query;

/* octets: valid during the call; absent: nothing came in time, or nobody listens. */
typedef void udp_fn(void *arg, struct str octets);

/*
 * Sends datagram from a port of its own, connected to the server, so that only the server can
 * answer. fn runs once, from the loop and never from inside this call, unless it is cancelled.
 * NULL: no socket to be had, fn will not run.
 */
struct udp_query *udp_ask(struct loop *l, const struct ip *to, uint16_t port, struct str datagram,
			  uint64_t timeout_ms, udp_fn *fn, void *arg);
void udp_cancel(struct udp_query *q); /* NULL is fine */

#endif
