/*
 * An MTA's side of the milter protocol, as little of it as is needed to show one message to a
 * filter and see what it would do: one message at a time, every step answered, blocking.
 */
#ifndef CMD_PEER_MTA_H
#define CMD_PEER_MTA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/vec.h"

#define PEER_MTA_WAIT 60000u		/* ms that a filter may be silent */
#define PEER_MTA_REPLIES_MAX (4u << 20) /* octets of what it answers to one message */

struct peer_field {
	struct str name, value; /* value with its folds, without the blank behind the colon */
};

struct peer_mail {
	struct str name;
	VEC(struct peer_field) fields;
	struct str body; /* lines end in CRLF */
};

struct peer_envelope {
	struct ip ip;
	struct str helo, from, rcpt;
};

struct peer_answer {
	const char *action;		 /* accept, reject, tempfail, discard, quarantine */
	VEC(struct peer_field) inserted; /* in the order in which they came */
	VEC(struct str) removed;	 /* names of fields that were taken out */
};

/* Splits a message; octets may end lines in LF or CRLF. */
void peer_mail_read(struct arena *a, struct str name, struct str octets, struct peer_mail *out);

/* Shows the message to the filter at a unix socket. -1 and *e. */
int peer_mta_show(struct arena *a, const char *path, const struct peer_envelope *env,
		  const struct peer_mail *mail, struct peer_answer *out, struct err *e);

#endif
