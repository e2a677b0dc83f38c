/*
 * What an MTA makes of a message after its milters have seen it: a signature made by a milter must
 * cover what leaves. Postfix breaks lines that are too long, and nothing else. Sendmail writes
 * address fields anew: ", " between addresses, lines folded at 78 columns, quotes around a phrase
 * with dots or apostrophes in it; it puts in Date and Message-ID where there is none, and closes
 * multiparts that were left open. Measured with Postfix 3.7 and Sendmail 8.17
 * (tests/e2e/mta_changes.py); foretold here where it can be, and refused where not.
 */
#ifndef MAIL_EMIT_H
#define MAIL_EMIT_H

#include "mail/hdr.h"

enum emit_mta { EMIT_OTHER, EMIT_POSTFIX, EMIT_SENDMAIL };

/* Of the milter protocol's macro {v}: "Postfix 3.7.11", and "8.17.1.9" of Sendmail. */
enum emit_mta emit_mta(struct str version);

/* Octets of a line without its CRLF that pass unbroken: of smtp_line_length_limit; of L= of
 * Sendmail's mailers smtp and esmtp. */
#define EMIT_LINE_POSTFIX 998u
#define EMIT_LINE_SENDMAIL 990u
#define EMIT_LINE_OTHER 998u /* RFC 5322 2.1.1 */
size_t emit_line_max(enum emit_mta mta);

/* Sendmail cuts, or throws away, display names from about 240 octets on. */
#define EMIT_MAX_MAILBOX 200u

/* It puts a field of that name in where there is none, after the milters. */
bool emit_adds(enum emit_mta mta, struct str name);

/*
 * The value of a field as it will leave (in the arena, or value itself). False: that cannot be told
 * (a line over line_max, or addresses in a form that Sendmail writes anew in ways of its own).
 */
bool emit_value(struct arena *a, enum emit_mta mta, size_t line_max, struct str name,
		struct str value, struct str *out);

/* What is asked of a body, looked at as it arrives. Zeroed: nothing has come yet. */
struct emit_body {
	uint64_t longest; /* line, without its CRLF */
	uint64_t line;	  /* octets of the one that has not ended yet */
	bool bare_cr;	  /* a CR that no LF follows, or a LF that follows no CR */
	bool nul;
	char last;
};

/* Octets in pieces of any size; then emit_body_end. */
void emit_body_feed(struct emit_body *b, struct str octets);
void emit_body_end(struct emit_body *b);

#endif
