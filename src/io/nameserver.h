/*
 * One question to one name server itself, without recursion: over UDP with EDNS (RFC 6891), again
 * if nothing comes, without EDNS for a server that cannot, over TCP for what UDP cuts.
 */
#ifndef IO_NAMESERVER_H
#define IO_NAMESERVER_H

#include "base/dns.h"
#include "io/loop.h"

#define NAMESERVER_UDP 1232u  /* octets over UDP that it is told we take */
#define NAMESERVER_TRIES 3u   /* datagrams */
#define NAMESERVER_TCP 16384u /* octets of an answer over TCP */

struct nameserver_query;

enum nameserver_outcome {
	NAMESERVER_OK,	    /* with authority: the answer is OK, NODATA or NXDOMAIN */
	NAMESERVER_LAME,    /* it answers, and is not the one to ask: no AA, or a refusal */
	NAMESERVER_GARBAGE, /* what it says cannot be read */
	NAMESERVER_SILENT,  /* nothing in time, or nobody listens */
	NAMESERVER_NO_WAY,  /* this host cannot reach such addresses: no route */
};

struct nameserver_reply {
	enum nameserver_outcome outcome;
	unsigned rcode;		  /* of LAME */
	struct dns_answer answer; /* of OK: valid during the call */
};

typedef void nameserver_fn(void *arg, const struct nameserver_reply *reply);

/* Never NULL. fn runs once, from the loop and never from inside this call, unless cancelled.
 * timeout_ms: of the whole. */
struct nameserver_query *nameserver_ask(struct loop *l, const struct ip *to, uint16_t port,
					const char *name, int type, uint64_t timeout_ms,
					nameserver_fn *fn, void *arg);
void nameserver_cancel(struct nameserver_query *q); /* NULL is fine */

/* The question in wire form into out; its length, 0 if DNS cannot hold the name. */
#define NAMESERVER_QUESTION_MAX 512u
size_t nameserver_question(uint16_t id, const char *name, int type, bool edns,
			   uint8_t out[NAMESERVER_QUESTION_MAX]);

/* What to do with octets that came over UDP (tcp: over TCP) as an answer to that question. */
enum nameserver_step {
	NAMESERVER_DONE,    /* *reply is filled in */
	NAMESERVER_BY_TCP,  /* it was cut */
	NAMESERVER_NO_EDNS, /* it does not know EDNS */
	NAMESERVER_STRAY,   /* no answer to this question */
};
enum nameserver_step nameserver_read(struct arena *a, struct str octets, uint16_t id,
				     const char *name, int type, bool edns, bool tcp,
				     struct nameserver_reply *reply);

#endif
