/*
 * What senders' messages asked the DNS after their headers were known (DKIM keys), so that the next
 * message of the same sender can have it asked at MAIL, while SMTP is still talking. One table for
 * all workers, in memory they share: whichever worker a sender reaches next knows it.
 */
#ifndef SCAN_HISTORY_H
#define SCAN_HISTORY_H

#include "base/str.h"

#define HISTORY_SENDERS 8192u  /* slots; a newer sender takes an older one's place */
#define HISTORY_NAMES 4u       /* names kept of a sender, newest first */
#define HISTORY_NAME_SIZE 254u /* octets of a name, its NUL included */

struct history;

/* Made before fork and used by all children. Readers and writers never wait: a slot that another
 * process is writing is passed over. */
struct history *history_new(void);
void history_free(struct history *h);

/* Remembers that messages of sender (a domain) need the TXT records of name. Bounded; copies. */
void history_note(struct history *h, struct str sender, struct str name);

/* The i-th name remembered for sender, NUL-terminated, into out; false: no more. */
bool history_name(const struct history *h, struct str sender, size_t i,
		  char out[HISTORY_NAME_SIZE]);

#endif
