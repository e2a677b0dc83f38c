/*
 * What senders' messages asked the DNS after their headers were known (DKIM keys), so that the next
 * message of the same sender can have it asked at MAIL, while SMTP is still talking. One a worker.
 */
#ifndef SCAN_HISTORY_H
#define SCAN_HISTORY_H

#include "base/str.h"

#define HISTORY_SENDERS 8192u /* slots; a newer sender takes an older one's place */
#define HISTORY_NAMES 4u      /* names kept of a sender, newest first */

struct history;

struct history *history_new(void);
void history_free(struct history *h);

/* Remembers that messages of sender (a domain) need the TXT records of name. Bounded; copies. */
void history_note(struct history *h, struct str sender, struct str name);

/* The i-th name remembered for sender, NUL-terminated, valid until the next note; NULL: no more. */
const char *history_name(const struct history *h, struct str sender, size_t i);

#endif
