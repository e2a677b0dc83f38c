/* Authentication-Results fields (RFC 8601): written so that no reader can be fooled, and read. */
#ifndef AUTH_AUTHRES_AUTHRES_H
#define AUTH_AUTHRES_AUTHRES_H

#include "auth/auth.h"
#include "base/buf.h"
#include "mail/hdr.h"

#define AUTHRES_MAX_RESULTS 100u
#define AUTHRES_MAX_PROPS 64u
#define AUTHRES_MAX_NESTING 16u /* comments in comments */

/* ---- writing ---- */

/*
 * authres_begin writes "ID"; each method adds ";<CRLF><TAB>method=result"; its reason (before its
 * properties) and properties follow. Values are written as they are where they are plain: letters,
 * digits and "-._+", or such an address ("a@example.com", "@example.com"); else as quoted strings.
 * Control characters, quotes, backslashes, parentheses, semicolons, line and direction controls of
 * Unicode and octets that are not UTF-8 never get out: each such octet becomes "?". So does an "="
 * that would make "=pass" or "header.d=" appear, for those who read the field with patterns. A
 * value over AUTHRES_MAX_VALUE octets is cut and ends in "...". Folded at 78 octets, never over
 * 998, never inside a quoted string. A method that would make the field longer than
 * AUTHRES_MAX_FIELD, or be one too many, is left out whole, and so are all after it.
 */
#define AUTHRES_MAX_VALUE 512u
#define AUTHRES_MAX_FIELD (16u * 1024u)

struct authres_writer {
	struct buf out;
	size_t col;
	bool any; /* a method was written */
	/* private */
	bool full;
	size_t methods, props, mark; /* mark: where the last method begins */
};

void authres_begin(struct authres_writer *w, struct arena *a, struct str authserv_id);
/* method, result, ptype and prop are keywords of ours (letters, digits, "-", "_"), not a
 * stranger's. */
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

/*
 * Reads a field's value, strictly. False: malformed, of a version that is not 1, or over a limit;
 * out->authserv_id is then set if it could be read, and out->n is 0. A value with an "@" is given
 * as it stands, a quoted local part with its quotes.
 */
bool authres_parse(struct arena *a, struct str value, struct authres *out);

/*
 * Whether a field that came from outside claims to be from us: its authserv-id, read as leniently
 * as any reader might (comments, quotes, case, a dot at the end, folding, white space before the
 * version), is ours. A field whose id cannot be read at all counts as a claim too.
 */
bool authres_claims(struct arena *a, struct str value, struct str our_id);

#endif
