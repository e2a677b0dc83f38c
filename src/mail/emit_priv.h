/* Between the files that foretell what leaves (emit.h). */
#ifndef MAIL_EMIT_PRIV_H
#define MAIL_EMIT_PRIV_H

#include "base/buf.h"

/* An address field as Sendmail writes it; false: that cannot be told. */
bool emit_addresses(struct arena *a, struct str name, struct str value, struct str *out);

#endif
