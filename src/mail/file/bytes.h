/* Numbers out of octets, zero where the octets end. */
#ifndef MAIL_FILE_BYTES_H
#define MAIL_FILE_BYTES_H

#include "base/str.h"

static inline uint32_t le_at(struct str s, size_t at, size_t n)
{
	uint32_t v = 0;

	if (at > s.n || n > s.n - at)
		return 0;
	while (n-- > 0)
		v = v << 8 | (unsigned char)s.p[at + n];
	return v;
}

static inline uint16_t le16(struct str s, size_t at)
{
	return (uint16_t)le_at(s, at, 2);
}

static inline uint32_t le32(struct str s, size_t at)
{
	return le_at(s, at, 4);
}

/* The octets want stand at that place. */
static inline bool octets_at(struct str s, size_t at, struct str want)
{
	return want.n <= s.n && at <= s.n - want.n && memcmp(s.p + at, want.p, want.n) == 0;
}

#endif
