/*
 * The load generator: speaks the milter protocol as an MTA does, to one filter or to a chain of
 * them, with a corpus of messages, and measures how long the filters take.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

#define LOAD_MAX_FILTERS 4u
#define LOAD_MAX_PACKET (1u << 20) /* of what a filter sends */
#define LOAD_BODY_CHUNK 65535u	   /* as the MTAs cut bodies */

struct field {
	struct str name, value; /* the value with the blank after the colon, lines ended by LF */
};

struct mail {
	struct str client_ip, helo, from;
	struct str *rcpt, body;
	size_t nrcpt, nfields;
	struct field *fields;
};

struct corpus {
	struct mail *mail;
	size_t n;
};

/* DIR/FILE has one job a line ({"path","client_ip","helo","mail_from","rcpt":[]}, path relative to
 * DIR). Says what is wrong and exits. */
struct corpus *corpus_read(struct arena *a, const char *dir, const char *file);

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
};

struct options {
	struct address filter[LOAD_MAX_FILTERS];
	size_t nfilters, conns, messages, per_session, idle;
	unsigned gap_ms, timeout_s;
	bool eager, until_failure;
};

#define LOAD_FAILED                                                                                \
	'X' /* instead of a final reply: the filter broke off, or was silent too long              \
	     */

/* One value a message, in microseconds: connection to reply, first field to reply, and from the
 * end of the message to the reply (of a chain: the sum of its filters'). */
typedef VEC(uint32_t) sample;

struct result {
	size_t messages, authres, dkim_pass, spf_pass, dmarc_pass, temperror;
	size_t actions[128]; /* by final reply: SMFIR_ACCEPT, ... */
	size_t cut_off;	     /* of those that failed: in their content, not before */
	sample total, content, eom;
};

/* One of the connections that carry messages: a thread with its own arena and result. */
struct worker {
	const struct options *opt;
	const struct corpus *corpus;
	atomic_size_t *next; /* number of the next message, of all workers */
	struct arena *arena;
	struct result result;
};

/* Carries messages until there are no more, session after session. */
void worker_run(struct worker *w);

/* Opens opt->idle sessions up to HELO, says so on stdout, and keeps them until stdin ends. Returns
 * how many were then still open. */
size_t idle_run(const struct options *opt, const struct corpus *corpus, struct arena *a);

/* A connection to one filter. */
struct link {
	int fd;
	uint32_t protocol; /* SMFIP_* that the filter asked for */
	bool done;	   /* it has said all that it has to say about the message */
	struct buf out, packet;
	size_t from, to; /* what is in in[] */
	char in[65536];
};

/* Connects; false: not possible. link_close also says goodbye. */
bool link_open(struct link *k, const struct options *opt, const struct address *to,
	       struct arena *a);
void link_close(struct link *k);
bool link_flush(struct link *k);
/* The next packet, valid until the next call: command and data. False: none came. */
bool link_read(struct link *k, char *command, struct str *data);
bool link_negotiate(struct link *k);

/* What a session tells a filter: one packet each, appended to out. */
void put_negotiate(struct buf *out);
void put_connect(struct buf *out, const struct mail *m);
void put_helo(struct buf *out, const struct mail *m);
void put_from(struct buf *out, const struct mail *m);
void put_rcpt(struct buf *out, struct str rcpt);
void put_data(struct buf *out, const char *queue_id);
void put_header(struct buf *out, const struct field *f, bool leading_space);
void put_eoh(struct buf *out);
void put_body(struct buf *out, struct str chunk);
void put_eom(struct buf *out, const char *queue_id);
void put_quit(struct buf *out);

#endif
