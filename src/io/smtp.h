/*
 * Messages handed to the site's relay by SMTP (RFC 5321), one recipient each, over libcurl on the
 * loop. Every message ends: taken, refused, or not now, at the latest at its deadline. STARTTLS is
 * used where it is offered; SASL where a password is given.
 */
#ifndef IO_SMTP_H
#define IO_SMTP_H

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"

struct resolver;
struct smtp;
struct smtp_call;

enum smtp_tls {
	SMTP_TLS_TRY,	 /* where it is offered, whoever the server is (RFC 7435) */
	SMTP_TLS_VERIFY, /* always, and the server is who it should be */
	SMTP_TLS_OFF,
};

struct smtp_config {
	struct str host; /* a name, or an address (v6 with or without brackets) */
	uint16_t port;
	struct str helo;
	enum smtp_tls tls;
	struct str user, password; /* "": none; sent over TLS or to loopback only */
	uint64_t timeout_ms;	   /* of a whole message */
};

enum smtp_outcome {
	SMTP_SENT,
	SMTP_LATER,   /* 4xx, no answer in time, no connection, a relay that is not as it should */
	SMTP_REFUSED, /* the message, for good: 5xx to MAIL */
	SMTP_NO_SUCH, /* the recipient, for good: 5xx to RCPT, or to the message for him */
};
const char *smtp_word(enum smtp_outcome o); /* "sent", "later", "refused", "no such address" */

struct smtp_message {
	struct str from,
		to;	   /* local@domain, printable without blanks and brackets; from "": null */
	struct str octets; /* lines end in CRLF */
};

struct smtp_answer {
	enum smtp_outcome outcome;
	bool given;	 /* the relay was told the recipient: what it says, or does not, is about
			    him or the message, and may be that it has it */
	unsigned status; /* 0: none */
	struct str why;	 /* the server's last line, or what happened; printable */
};

/* Octets of the reply are valid during the call. Runs once, from the loop, never from inside
 * smtp_send, unless the call was cancelled. */
typedef void smtp_fn(void *arg, const struct smtp_answer *reply);

/* The configuration is copied. resolver: for names; NULL: only the hosts file is looked at. */
struct smtp *smtp_new(struct loop *l, struct resolver *r, const struct smtp_config *c);
void smtp_free(struct smtp *s); /* cancels what is under way; NULL is fine */

/* octets of the message must stay until then; the addresses are copied. */
struct smtp_call *smtp_send(struct smtp *s, const struct smtp_message *m, smtp_fn *fn, void *arg);
void smtp_cancel(struct smtp_call *c); /* NULL is fine */

#endif
