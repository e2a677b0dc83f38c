/* How a declared charset is found: its key, and the row of the table. */
#ifndef MAIL_TEXT_CHARSET_NAMES_H
#define MAIL_TEXT_CHARSET_NAMES_H

#include "mail/text/charset.h"

enum charset_kind {
	CN_GUESS,	/* a name that says nothing ("x-unknown") */
	CN_GUESS_ASCII, /* US-ASCII: octets over 127 have to be guessed */
	CN_UTF8,
	CN_UTF16, /* which end first: by the byte order mark, else by where the zeros are */
	CN_UTF16LE,
	CN_UTF16BE,
	CN_UTF32,
	CN_UTF32LE,
	CN_UTF32BE,
	CN_ICU,
	CN_ICONV
};

enum {
	CN_ASCII = 1, /* octets under 128 are US-ASCII */
	CN_HIDES = 2, /* ASCII in disguise: UTF-7 */
};

struct charset_name {
	const char *key;
	const char *name;    /* canonical; NULL: none */
	const char *backend; /* as ICU or iconv calls it; NULL: read by our own hands */
	enum charset_kind kind;
	unsigned flags;
};

/* Letters and digits of a declared name in lower case, NUL behind; absent: longer than
 * CHARSET_MAX_NAME. */
struct str charset_key(struct arena *a, struct str name);

/* NULL: not in the table (ICU may know it still). */
const struct charset_name *charset_name_find(struct str key);

/* Row i; NULL behind the last. */
const struct charset_name *charset_name_at(size_t i);

#endif
