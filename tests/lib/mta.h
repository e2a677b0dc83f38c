/*
 * An MTA's side of the milter protocol for tests: any version, any flags, any order, any split. The
 * filter may live in the same process: while an answer is waited for, its loop is turned.
 */
#ifndef TESTS_LIB_MTA_H
#define TESTS_LIB_MTA_H

#include "base/buf.h"
#include "io/loop.h"
#include "milter/packet.h"

struct mta {
	struct loop *loop; /* NULL: the filter is elsewhere */
	int fd;
	struct packet_out out; /* queued, not sent */
	struct packet_out in;  /* received, from off on not looked at */
	size_t off;
	uint32_t version, actions, steps; /* as the filter answered */
	size_t owed; /* "go on" that will come for what mta_hello and mta_message sent */
};

/* Connects to a unix socket; aborts the test if it cannot. */
void mta_open(struct mta *m, struct loop *loop, const char *path);
void mta_close(struct mta *m);

/* Queue a packet. */
void mta_packet(struct mta *m, char cmd, struct str data);
void mta_optneg(struct mta *m, uint32_t version, uint32_t actions, uint32_t steps);
void mta_macros(struct mta *m, char cmd, const char *const *pairs); /* name, value, ..., NULL */
void mta_connect(struct mta *m, const char *host, char family, const char *address);
void mta_string(struct mta *m, char cmd, const char *s); /* HELO, MAIL, RCPT, UNKNOWN */
void mta_header(struct mta *m, const char *name, const char *value);

/* Sends what is queued: at once, or step octets at a time with the loop turned in between. */
void mta_send(struct mta *m);
void mta_send_slowly(struct mta *m, size_t step);

enum mta_got { MTA_PACKET, MTA_CLOSED, MTA_SILENT };
/* The next packet from the filter, for at most ms. data is valid until the next call. */
enum mta_got mta_get(struct mta *m, uint64_t ms, char *cmd, struct str *data);
/* The filter's answer to mta_optneg, taken into m. */
enum mta_got mta_get_optneg(struct mta *m, uint64_t ms);

/*
 * Everything up to a final answer (or close, or silence for ms) as text: one packet a word, its
 * data in brackets, NUL as '|': "i[....X|value] a[]". Closed: "closed", nothing: "silent".
 */
struct str mta_answers(struct mta *m, struct arena *a, uint64_t ms);

/* One whole session with everything negotiated, up to HELO. */
void mta_hello(struct mta *m);
/* A message of one header and a body, up to the end, queued (not sent); x_do: a header of that
 * name, or NULL. */
void mta_message(struct mta *m, const char *from, const char *x_do);

#endif
