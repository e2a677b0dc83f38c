/*
 * Text in any charset to UTF-8: a table of aliases in front, ICU, iconv for the names ICU lacks,
 * and a marked lossy fallback. Never fails.
 */
#ifndef MAIL_TEXT_CHARSET_H
#define MAIL_TEXT_CHARSET_H

#include "base/arena.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define CHARSET_MAX_NAME 64u

enum charset_flag {
	CHARSET_UNKNOWN = 1, /* no such charset: read as UTF-8 where it is, else as windows-1252 */
	CHARSET_BROKEN = 2,  /* octets that the charset does not have: U+FFFD in their place */
	CHARSET_GUESSED = 4, /* none was given, and there are octets over 127 */
	CHARSET_UTF16 = 8,   /* UTF-16 or UTF-32 by its byte order mark */
	CHARSET_UTF7 = 16,   /* one of the charsets that hide ASCII from a careless reader */
};

/*
 * in as UTF-8 (valid, NUL left out). name: as declared, any case; absent or empty: none given.
 * ASCII and valid UTF-8 come back without a copy. At most 3 octets out for one in. flags may be
 * NULL.
 */
struct str charset_to_utf8(struct arena *a, struct str name, struct str in, unsigned *flags);

/* The name by which it is read ("windows-1252" for "latin1"); absent: unknown. */
struct str charset_canonical(struct arena *a, struct str name);

#pragma GCC visibility pop

#endif
