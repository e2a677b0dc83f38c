/* Key records as people publish them: lines for a zone file, plain text for a form, RFC 2136
 * updates for nsupdate. */
#ifndef CONTROL_KEYRING_RECORD_H
#define CONTROL_KEYRING_RECORD_H

#include "base/arena.h"

#define RECORD_STRING_MAX 255u /* octets of one string of a TXT record (RFC 1035 3.3) */
#define RECORD_TTL 3600u

/* name: without a dot at its end. Lines that end in a newline. */
struct str record_bind(struct arena *a, struct str name, struct str value);
struct str record_plain(struct arena *a, struct str name, struct str value);
struct str record_nsupdate(struct arena *a, struct str name, struct str value);
struct str record_nsupdate_delete(struct arena *a, struct str name);

#endif
