/* Questions to one name server: the datagrams, the stream, and what comes back. */
#include "io/nameserver.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/address.h"
#include "io/stream.h"
#include "io/udp.h"
#include "io/wire.h"

#define HEADER 12u
#define CLASS_IN 1u
#define TYPE_OPT 41u
#define OPT_LEN 11u

#define RCODE_FORMERR 1u
#define RCODE_NXDOMAIN 3u
#define RCODE_NOTIMP 4u

#define FLAGS_QR 0x80 /* of the third octet */
#define FLAGS_AA 0x04
#define FLAGS_TC 0x02

struct nameserver_query {
	struct loop *loop;
	struct arena *arena;
	struct ip to;
	uint16_t port, id;
	const char *name;
	int type;
	uint64_t deadline; /* mono ms */
	unsigned tries;
	bool edns;
	struct udp_query *udp;
	struct stream_call *stream;
	struct loop_timer *timer;
	uint8_t question[2 + NAMESERVER_QUESTION_MAX]; /* behind its length, for TCP */
	struct str piece;
	nameserver_fn *fn;
	void *arg;
};

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

size_t nameserver_question(uint16_t id, const char *name, int type, bool edns,
			   uint8_t out[NAMESERVER_QUESTION_MAX])
{
	size_t n = HEADER + wire_name(name, out + HEADER);

	if (n == HEADER)
		return 0;
	memset(out, 0, HEADER);
	put16(out, id);
	put16(out + 4, 1);
	put16(out + n, (unsigned)type);
	put16(out + n + 2, CLASS_IN);
	n += 4;
	if (!edns)
		return n;
	put16(out + 10, 1);
	memset(out + n, 0, OPT_LEN);
	put16(out + n + 1, TYPE_OPT);
	put16(out + n + 3, NAMESERVER_UDP);
	return n + OPT_LEN;
}

enum nameserver_step nameserver_read(struct arena *a, struct str octets, uint16_t id,
				     const char *name, int type, bool edns, bool tcp,
				     struct nameserver_reply *reply)
{
	const uint8_t *p = (const uint8_t *)octets.p;
	unsigned rcode;

	*reply = (struct nameserver_reply){ .outcome = NAMESERVER_GARBAGE };
	if (octets.n < HEADER || get16(p) != id || !(p[2] & FLAGS_QR))
		return NAMESERVER_STRAY;
	rcode = p[3] & 0x0f;
	if (edns && (rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP))
		return NAMESERVER_NO_EDNS;
	if (rcode != 0 && rcode != RCODE_NXDOMAIN) {
		reply->outcome = NAMESERVER_LAME;
		reply->rcode = rcode;
		return NAMESERVER_DONE;
	}
	if ((p[2] & FLAGS_TC) && !tcp)
		return NAMESERVER_BY_TCP;
	wire_read(a, octets, name, type, &reply->answer);
	if (reply->answer.status != DNS_TEMPFAIL)
		reply->outcome = p[2] & FLAGS_AA ? NAMESERVER_OK : NAMESERVER_LAME;
	return NAMESERVER_DONE;
}

/* ---- the life of a question ---- */

static void release(struct nameserver_query *q)
{
	udp_cancel(q->udp);
	stream_cancel(q->stream);
	loop_cancel(q->timer);
	arena_free(q->arena);
	free(q);
}

static void done(struct nameserver_query *q, const struct nameserver_reply *reply)
{
	nameserver_fn *fn = q->fn;
	void *arg = q->arg;

	fn(arg, reply);
	release(q);
}

static void done_without(struct nameserver_query *q, enum nameserver_outcome o)
{
	done(q, &(struct nameserver_reply){ .outcome = o });
}

static uint64_t left(const struct nameserver_query *q)
{
	uint64_t now = clock_mono_ms();

	return now < q->deadline ? q->deadline - now : 0;
}

static size_t compose(struct nameserver_query *q)
{
	size_t n = nameserver_question(q->id, q->name, q->type, q->edns, q->question + 2);

	put16(q->question, (unsigned)n);
	return n;
}

/* Whole when as many octets are there as the first two say. */
static int whole(struct str s)
{
	if (s.n < 2)
		return 0;
	return s.n - 2 >= get16((const uint8_t *)s.p);
}

static void streamed(void *arg, const struct stream_reply *r)
{
	struct nameserver_query *q = arg;
	struct nameserver_reply reply;
	enum nameserver_step step;

	q->stream = NULL;
	if (r->outcome != STREAM_OK) {
		done_without(q, NAMESERVER_SILENT);
		return;
	}
	step = nameserver_read(q->arena, str_skip(r->octets, 2), q->id, q->name, q->type, false,
			       true, &reply);
	if (step == NAMESERVER_DONE)
		done(q, &reply);
	else
		done_without(q, NAMESERVER_GARBAGE);
}

static void by_tcp(struct nameserver_query *q)
{
	struct stream_request r = { .to = { .ip = q->to, .port = q->port },
				    .piece = &q->piece,
				    .npieces = 1,
				    .max_octets = NAMESERVER_TCP,
				    .timeout_ms = left(q),
				    .whole = whole };

	q->piece = str_of((const char *)q->question, 2 + compose(q));
	q->stream = stream_send(q->loop, &r, streamed, q);
}

static void send_one(struct nameserver_query *q);

static void came(void *arg, struct str octets)
{
	struct nameserver_query *q = arg;
	struct nameserver_reply reply;

	q->udp = NULL;
	if (!octets.p) {
		send_one(q);
		return;
	}
	switch (nameserver_read(q->arena, octets, q->id, q->name, q->type, q->edns, false,
				&reply)) {
	case NAMESERVER_DONE:
		done(q, &reply);
		break;
	case NAMESERVER_BY_TCP:
		by_tcp(q);
		break;
	case NAMESERVER_NO_EDNS:
		q->edns = false;
		send_one(q);
		break;
	case NAMESERVER_STRAY:
		send_one(q);
		break;
	}
}

static void wait_over(void *arg)
{
	struct nameserver_query *q = arg;

	q->timer = NULL;
	send_one(q);
}

/* The next datagram. Who does not listen, or answers something else, gets it a little later. */
static void send_one(struct nameserver_query *q)
{
	uint64_t ms = left(q), share;
	size_t n;

	if (q->tries == NAMESERVER_TRIES || ms == 0) {
		done_without(q, NAMESERVER_SILENT);
		return;
	}
	share = ms / (NAMESERVER_TRIES - q->tries);
	q->tries++;
	n = compose(q);
	q->udp = udp_ask(q->loop, &q->to, q->port, str_of((const char *)q->question + 2, n),
			 share ? share : 1, came, q);
	if (!q->udp)
		q->timer = loop_after(q->loop, share ? share : 1, wait_over, q);
}

/* Whether the system would send anything there; it does not try. */
static bool reachable(const struct ip *to, uint16_t port)
{
	struct address at = address_ip(to, port);
	int fd = socket(at.sa.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), why;

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	why = connect(fd, &at.sa.any, at.len) < 0 ? errno : 0;
	close(fd);
	return why != ENETUNREACH && why != EADDRNOTAVAIL && why != EAFNOSUPPORT;
}

static void begin(void *arg)
{
	struct nameserver_query *q = arg;

	q->timer = NULL;
	if (!compose(q))
		done_without(q, NAMESERVER_GARBAGE);
	else if (!reachable(&q->to, q->port))
		done_without(q, NAMESERVER_NO_WAY);
	else
		send_one(q);
}

struct nameserver_query *nameserver_ask(struct loop *l, const struct ip *to, uint16_t port,
					const char *name, int type, uint64_t timeout_ms,
					nameserver_fn *fn, void *arg)
{
	struct nameserver_query *q = calloc(1, sizeof *q);

	if (!q)
		bug("no memory for a question");
	*q = (struct nameserver_query){ .loop = l,
					.arena = arena_new(0),
					.to = *to,
					.port = port,
					.type = type,
					.deadline = clock_mono_ms() + timeout_ms,
					.edns = true,
					.fn = fn,
					.arg = arg };
	q->name = arena_cstr(q->arena, str_c(name));
	if (getrandom(&q->id, sizeof q->id, 0) != sizeof q->id)
		bug("no random numbers");
	q->timer = loop_after(l, 0, begin, q);
	return q;
}

void nameserver_cancel(struct nameserver_query *q)
{
	if (q)
		release(q);
}
