/* What a scan asks the world. All that is asynchronous about it (start, join, cancel) is in ask.c.
 */
#ifndef SCAN_ASK_H
#define SCAN_ASK_H

#include "io/http.h"
#include "io/stream.h"
#include "scan/board.h"
#include "scan/scan.h"
#include "sign/sign.h"
#include "store/store.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/*
 * The DNS face of a scan: the same (name, type) is one question however often it is asked; at most
 * SCAN_MAX_QUERIES distinct ones (further ones are DNS_TEMPFAIL); answers stay valid as long as the
 * scan. A check that asked and returned CHECK_WAIT is run again when the answer is there.
 */
struct dns *scan_dns(struct scan *s);

/*
 * The running check may ask so many more distinct questions in this run; further ones are
 * DNS_TEMPFAIL. For what a sender chooses to let us ask: else he could use up the questions by
 * which others deny him their name.
 */
void scan_dns_allow(struct scan *s, unsigned more);

/* So many questions are kept back for the running check until it is done: no other may use them. */
void scan_dns_reserve(struct scan *s, unsigned n);

/* Questions that the running check asks first in this run are DNS_TEMPFAIL after so long, and do
 * not make the message one that was judged without the DNS: what a list does not answer is said by
 * scan_degraded. */
void scan_dns_within(struct scan *s, uint64_t ms);

/* The answer, if this scan has asked already and it is there; else NULL, and nothing is asked. name
 * without a dot at the end. */
const struct dns_answer *scan_dns_known(const struct scan *s, struct str name, int type);

/* Distinct questions asked so far. */
unsigned scan_dns_count(const struct scan *s);

/*
 * Asks the store (store/store.h): the answer, or NULL for not yet. The same kind, key and member
 * are one question of a scan, however often asked, so that a counter counts once. Questions are
 * gathered and go out together when nothing else is left to do at the end of the message, so that a
 * message costs one round trip; before SCAN_EOM nothing is answered. Without a store (SCAN_F_LOCAL,
 * tools) the answer is STORE_FAILED at once and nothing is degraded. At most SCAN_MAX_STORE.
 */
const struct store_answer *scan_store(struct scan *s, const struct store_op *op);

/*
 * Something to be written once the verdict stands; nobody waits for it. From the after function of
 * a check. All of a message goes out as one batch. Left out where s->env->readonly.
 */
void scan_store_note(struct scan *s, const struct store_op *op);

#define SCAN_MAX_STORE 128u /* questions, and notes, of one message */

/*
 * One datagram to a server and the first one that comes back from there, at most UDP_MAX octets
 * (io/udp.h); NULL for not yet. Equal datagrams to one address are one question. At most
 * SCAN_MAX_UDP.
 */
struct udp_reply {
	bool ok; /* else: none in time, or nobody listens */
	struct str octets;
};
const struct udp_reply *scan_udp(struct scan *s, const struct ip *to, uint16_t port,
				 struct str datagram, uint64_t timeout_ms);

#define SCAN_MAX_UDP 8u

/*
 * An HTTP request, or an exchange over a byte stream (io/http.h, io/stream.h): its reply, or NULL
 * for not yet. key: the same key in one scan is one question; the request is read when it is asked
 * first, and copied. What fails, a status from 500 on too, is counted in cell (board.h; NULL:
 * nobody counts), whose breaker then answers HTTP_OFF or STREAM_OFF at once for a while.
 * SCAN_F_LOCAL and past the deadline: the same, uncounted. At most SCAN_MAX_HTTP and
 * SCAN_MAX_STREAMS.
 */
const struct http_reply *scan_http(struct scan *s, struct board_cell *cell, struct str key,
				   const struct http_request *r);
const struct stream_reply *scan_stream(struct scan *s, struct board_cell *cell, struct str key,
				       const struct stream_request *r);

#define SCAN_MAX_HTTP 16u
#define SCAN_MAX_STREAMS 16u

/*
 * A signature by the signer over a digest of SIGN_DIGEST octets (sign/sign.h): its reply, or NULL
 * for not yet. The same key and digest are one question. Without a signer (env->signer NULL,
 * SCAN_F_LOCAL) and past the deadline: SIGN_GONE. Answers come at any stage. At most SCAN_MAX_SIGN.
 */
const struct sign_reply *scan_sign(struct scan *s, const struct sign_key *key, struct str digest);

#define SCAN_MAX_SIGN 16u

/* False until ms have gone by since the running check asked for this key first; then it is run
 * again, as by an answer. For a second look at what another one is about to write. */
bool scan_pause(struct scan *s, struct str key, uint64_t ms);

#define SCAN_MAX_PAUSES 128u

#pragma GCC visibility pop

#endif
