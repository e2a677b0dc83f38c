/* Authentication-Results fields (RFC 8601): written so that no reader can be fooled, and read. */
#ifndef AUTH_AUTHRES_AUTHRES_H
#define AUTH_AUTHRES_AUTHRES_H

#include "auth/auth.h"
#include "base/buf.h"
#include "mail/hdr.h"

#define AUTHRES_MAX_RESULTS 100u
#define AUTHRES_MAX_PROPS 64u

/* ---- writing ---- */

/*
 * authres_begin writes "ID"; each method adds ";<CRLF><TAB>method=result"; reason and properties
 * follow. Values are written as tokens where they are tokens or dot-atoms/addresses of plain
 * characters, else as quoted strings; control characters, quotes, backslashes and octets that are not UTF-8 never get
 * out raw: a value that holds any is written quoted with each such octet as "?". Folded at 78, never over 998,
 * never inside a quoted string. A field that would pass 16 KiB ends with what fits.
 */
struct authres_writer {
	struct buf out;
	size_t col;
	bool any;
};

void authres_begin(struct authres_writer *w, struct arena *a, struct str authserv_id);
void authres_method(struct authres_writer *w, const char *method, const char *result);
void authres_reason(struct authres_writer *w, struct str reason);
void authres_prop(struct authres_writer *w, const char *ptype, const char *prop, struct str value);
/* The value; "ID; none" if no method was written. CRLF folds, no CRLF at the end. */
struct str authres_end(struct authres_writer *w);

/* ---- reading ---- */

struct authres_prop {
	struct str ptype, prop, value; /* lower case, lower case, unquoted */
};

struct authres_method {
	struct str method, result, reason; /* lower case, lower case, unquoted or absent */
	size_t nprop;
	struct authres_prop *prop;
};

struct authres {
	struct str authserv_id; /* unquoted, as written */
	size_t n;
	struct authres_method *method;
};

/* Reads a field's value. False: malformed; out->authserv_id is then set if it could be read. */
bool authres_parse(struct arena *a, struct str value, struct authres *out);

/*
 * Whether a field that came from outside claims to be from us: its authserv-id, read as leniently as any
 * reader might (comments, quotes, case, a dot at the end, folding, white space before the version),
 * is ours. A field whose id cannot be read at all counts as a claim too.
 */
bool authres_claims(struct arena *a, struct str value, struct str our_id);

#endif
