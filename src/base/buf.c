/* Byte buffers that grow in an arena. */
#include "base/buf.h"

#include <stdio.h>

#include "base/err.h"

char *buf_room(struct buf *b, size_t n)
{
	size_t want, cap = b->cap ? b->cap : 64;

	if (__builtin_add_overflow(b->n, n, &want))
		bug("buf: size overflow");
	if (want > b->cap) {
		while (cap < want)
			cap = arena_mul(cap, 2);
		b->p = arena_grow(b->arena, b->p, b->cap, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

void buf_add(struct buf *b, struct str s)
{
	if (!s.n)
		return;
	memcpy(buf_room(b, s.n), s.p, s.n);
	b->n += s.n;
}

void buf_addc(struct buf *b, char c)
{
	*buf_room(b, 1) = c;
	b->n++;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		bug("buf_addf: bad format");
	vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	va_end(again);
	b->n += (size_t)n;
}

void buf_hex(struct buf *b, const void *octets, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *o = octets;
	char *p = buf_room(b, 2 * n);

	for (size_t i = 0; i < n; i++) {
		p[2 * i] = digit[o[i] >> 4];
		p[2 * i + 1] = digit[o[i] & 15];
	}
	b->n += 2 * n;
}

#define KEY_MIN 20u /* letters and digits in a row that may be a key */

void buf_add_shown(struct buf *b, struct str s, char sep)
{
	while (s.n) {
		struct str all = s, piece = str_cut(&s, sep);
		bool key = piece.n >= KEY_MIN;

		for (size_t i = 0; i < piece.n && key; i++)
			key = ch_alnum(piece.p[i]);
		buf_add(b, key ? STR("***") : piece);
		if (piece.n < all.n)
			buf_addc(b, sep);
	}
}
