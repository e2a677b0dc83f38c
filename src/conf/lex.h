/* The words and signs of a configuration text, by the rules of libconfuse 3.3. */
#ifndef CONF_LEX_H
#define CONF_LEX_H

#include "base/str.h"

enum lex_kind {
	LEX_END,
	LEX_WORD, /* a name or value, with its quotes */
	LEX_SIGN, /* one of { } ( ) = , or + for += */
	LEX_BAD,  /* not to be given to libconfuse; why says what is wrong */
};

struct tok {
	enum lex_kind kind;
	char sign;
	struct str raw; /* the octets in the text */
	unsigned line;	/* of its first octet */
	const char *why;
};

struct lex {
	struct str text;
	size_t at;
	unsigned line; /* begins with 1 */
};

/* The next token behind white space and comments; always goes on until LEX_END. */
struct tok lex_next(struct lex *l);

/* A word without its quotes; its escapes stay as they are. */
struct str lex_bare(struct str raw);

static inline bool lex_is(const struct tok *t, char sign)
{
	return t->kind == LEX_SIGN && t->sign == sign;
}

#endif
