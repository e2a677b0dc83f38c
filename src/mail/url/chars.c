/* Characters that are not seen, or that turn the reading direction: tables of ranges. */
#include "mail/url/chars.h"

#include "base/utf8.h"

struct range {
	uint32_t from, to;
};

static const struct range invisible[] = {
	{ 0xad, 0xad },	    { 0x34f, 0x34f },	  { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x200b, 0x200d },	  { 0x2060, 0x2064 }, { 0x206a, 0x206f },
	{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },	  { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
};

static const struct range bidi[] = {
	{ 0x61c, 0x61c },
	{ 0x200e, 0x200f },
	{ 0x202a, 0x202e },
	{ 0x2066, 0x2069 },
};

static const struct range unspaced[] = {
	{ 0xe00, 0xeff },     { 0x1000, 0x109f },   { 0x1780, 0x17ff }, { 0x2e80, 0x2fff },
	{ 0x3005, 0x3007 },   { 0x3021, 0x30fa },   { 0x30fc, 0x318f }, { 0x31a0, 0x4dbf },
	{ 0x4e00, 0xa4cf },   { 0xac00, 0xd7ff },   { 0xf900, 0xfaff }, { 0xff66, 0xff9f },
	{ 0x1b000, 0x1b2ff }, { 0x20000, 0x3ffff },
};

static bool in(const struct range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n && c >= r[i].from; i++)
		if (c <= r[i].to)
			return true;
	return false;
}

#define IN(table, c) in(table, sizeof table / sizeof *table, c)

bool char_invisible(uint32_t c)
{
	return c >= 0xad && IN(invisible, c);
}

bool char_bidi(uint32_t c)
{
	return c >= 0x61c && IN(bidi, c);
}

bool char_unspaced(uint32_t c)
{
	return c >= 0xe00 && IN(unspaced, c);
}

size_t char_at(struct str s, size_t i, uint32_t *c)
{
	size_t n;

	if ((unsigned char)s.p[i] < 0x80) {
		*c = (unsigned char)s.p[i];
		return 1;
	}
	n = utf8_read(str_skip(s, i), c);
	if (n)
		return n;
	*c = 0xfffd;
	return 1;
}
