/*
 * A raw message, pushed in pieces of any size, split into header fields and body octets
 * (RFC 5322 2.1). For messages that come from files and sockets; the milter protocol brings
 * fields and body apart already.
 */
#ifndef MAIL_MSG_H
#define MAIL_MSG_H

#include "mail/hdr.h"

/* Called with body octets; line ends are CRLF. */
typedef void msg_body_fn(void *arg, struct str octets);

struct msg_reader;

/*
 * A reader that fills h and then hands the body to fn. A first line "From ..." (mbox) is skipped.
 * A line ends at CRLF or at LF, and every line end is passed on as CRLF, as an MTA does; a CR that
 * no LF follows is data. The block ends at the first empty line; a line that is neither a field
 * nor a folded continuation also ends it (HDR_F_NO_COLON) and is the first body line.
 */
struct msg_reader *msg_new(struct arena *a, struct hdr_list *h, msg_body_fn *fn, void *arg);

/* Takes the next octets; bounded memory: one header field, nothing of the body. */
void msg_feed(struct msg_reader *r, struct str octets);

/* The header block is complete: true from the octet after which fields cannot change any more. */
bool msg_in_body(const struct msg_reader *r);

/* The end of input: a last line without a line end gets its CRLF in the header block, but not in
 * the body. */
void msg_end(struct msg_reader *r);

#endif
