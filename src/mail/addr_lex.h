/* Lexical elements of RFC 5322 (3.2, 4.1): for the readers of this room only. */
#ifndef MAIL_ADDR_LEX_H
#define MAIL_ADDR_LEX_H

#include "base/buf.h"

/* What stood between two tokens. */
enum lex_gap {
	GAP_SPACE = 1,
	GAP_COMMENT = 2,
};

/* A reader of one value. After a fault (at fault_at) every function finds nothing more. */
struct lex {
	struct str s;
	size_t at;
	size_t fault_at;
	bool fault;
	bool deep; /* the fault is a comment nested too deep */
};

/* The next octet (0..255), or -1 at the end and after a fault. */
int lex_peek(const struct lex *l);

/* Takes the next octet if it is c. */
bool lex_take(struct lex *l, char c);

void lex_fail(struct lex *l);

/* Skips comments and folding white space; returns enum lex_gap of what was there. */
unsigned lex_cfws(struct lex *l);

/* atext of RFC 5322 3.2.3 with RFC 6532 3.2: any octet over 127. */
bool lex_is_atext(int c);

/* Adds what is read to out. Each must be at its first octet: atext, '"', '['. */
void lex_atom(struct lex *l, struct buf *out);
void lex_quoted(struct lex *l, struct buf *out);  /* without quotes, backslashes and line ends */
void lex_literal(struct lex *l, struct buf *out); /* with brackets, without white space */

/* What octets s has: of enum addr_flag CONTROL (but tabs and folds), 8BIT, INVALID_UTF8. */
unsigned lex_octet_flags(struct str s);

#endif
