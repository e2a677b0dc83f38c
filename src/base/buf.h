/* Byte buffers that grow in an arena. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* Zero but for the arena is an empty buffer: struct buf b = { .arena = a }; */
struct buf {
	struct arena *arena;
	char *p;
	size_t n, cap;
};

/* Room for n more octets after b->n; returns where they go (the caller adds to b->n). */
char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, struct str s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Octets as hexadecimal digits, small letters. */
void buf_hex(struct buf *b, const void *octets, size_t n);

/* Text for logs and people: of the pieces between the octet sep those that look like a key (twenty
 * and more letters and digits) are shown as ***. */
void buf_add_shown(struct buf *b, struct str s, char sep);

/* What was written so far: valid until the next call that adds. */
static inline struct str buf_str(const struct buf *b)
{
	return str_of(b->p ? b->p : "", b->n);
}

#pragma GCC visibility pop

#endif
