/* tag=value lists (RFC 6376 3.2): DKIM signatures and keys, ARC fields. */
#ifndef AUTH_TAGLIST_H
#define AUTH_TAGLIST_H

#include "base/str.h"

#define TAGLIST_MAX 64u /* tags in one list */

struct tag {
	struct str name;
	struct str value; /* without white space at its ends; inside it is kept */
	struct str raw;	  /* all between "=" and ";" (or the end), white space included */
};

struct taglist {
	size_t n;
	struct tag tag[TAGLIST_MAX];
};

/*
 * Reads a list into slices of text. False, and why in *fault if fault is not NULL: a name that is
 * none, a name twice, an empty tag before the last, a control character, a CR or LF that is no
 * fold, more than TAGLIST_MAX tags. Octets over 127 are let through (RFC 8616). out then holds the
 * tags before the fault.
 */
bool taglist_read(struct str text, struct taglist *out, const char **fault);

/* The tag of that name (case matters), or NULL. */
const struct tag *taglist_find(const struct taglist *list, const char *name);

/* Its value, absent when there is no such tag, empty (p is not NULL) when it has no value. */
struct str taglist_get(const struct taglist *list, const char *name);

/* Whether a colon-separated value (h=, s=, t= of keys) has the word; white space around is ignored.
 */
bool taglist_has_word(struct str value, struct str word);

#endif
