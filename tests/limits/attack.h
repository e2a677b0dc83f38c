/* Messages made to cost as much as they can, one function a kind; each grows with n. */
#ifndef TESTS_LIMITS_ATTACK_H
#define TESTS_LIMITS_ATTACK_H

#include "base/buf.h"

struct attack {
	const char *name;
	void (*make)(struct buf *b, size_t n);
	size_t n; /* the size that is measured, and twice it; less without -f */
};

/* Each ends in a row without name. */
extern const struct attack attacks_mime[], attacks_coding[], attacks_head[], attacks_html[],
	attacks_css[], attacks_url[], attacks_text[], attacks_file[], attacks_learn[],
	attacks_llm[], attacks_outside[];

/* s, n times. */
void rep(struct buf *b, struct str s, size_t n);
/* s again and again until n octets are written. */
void fill(struct buf *b, struct str s, size_t n);
/* The fields of a message up to MIME-Version. */
void head(struct buf *b);
/* head, and Content-Type and the empty line after it. */
void begin(struct buf *b, const char *type);
/* octets in base64, in lines. */
void base64(struct buf *b, struct str octets);

#define REP(b, lit, n) rep((b), STR(lit), (n))
#define FILL(b, lit, n) fill((b), STR(lit), (n))
#define ADD(b, lit) buf_add((b), STR(lit))

#endif
