/* Base64 (RFC 4648 4) as signatures and keys use it: white space ignored, all else strict. */
#include "auth/crypto.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of a character: 0..63; 64 "=", 65 white space, 66 anything else. */
enum { PAD = 64, BLANK = 65, ALIEN = 66 };

#define X16 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66
static const unsigned char values[256] = {
	/* clang-format off */
	66, 66, 66, 66, 66, 66, 66, 66, 66, 65, 65, 66, 66, 65, 66, 66, X16,
	65, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 66, 66, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 64, 66, 66,
	66,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 66,
	66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 66, 66, 66, 66, 66,
	X16, X16, X16, X16, X16, X16, X16, X16,
	/* clang-format on */
};

static unsigned value_of(char c)
{
	return values[(unsigned char)c];
}

struct decoder {
	uint32_t bits;	     /* of the quantum so far */
	unsigned have, pads; /* characters and "=" in it */
	bool ended;	     /* a padded quantum is complete */
	char *out;
	size_t n;
};

/* Writes out a full quantum; false: bits that padding leaves over are not zero. */
static bool quantum(struct decoder *d)
{
	uint32_t v = d->bits << (6 * d->pads);
	unsigned octets = 3 - d->pads;

	for (unsigned i = 0; i < octets; i++)
		d->out[d->n++] = (char)(v >> (16 - 8 * i) & 0xff);
	if (v & ((UINT32_C(1) << (8 * d->pads)) - 1))
		return false;
	d->ended = d->pads != 0;
	d->bits = 0;
	d->have = d->pads = 0;
	return true;
}

static bool take(struct decoder *d, unsigned v)
{
	if (v == BLANK)
		return true;
	if (v == ALIEN || d->ended)
		return false;
	if (v == PAD) {
		if (d->have < 2)
			return false;
		d->pads++;
	} else {
		if (d->pads)
			return false;
		d->bits = d->bits << 6 | v;
		d->have++;
	}
	return d->have + d->pads < 4 || quantum(d);
}

/* Whole quanta of plain characters from the front of text, quickly; octets of text taken. */
static size_t plain_quanta(struct decoder *d, struct str text)
{
	size_t i = 0;

	for (; i + 4 <= text.n; i += 4) {
		unsigned a = value_of(text.p[i]), b = value_of(text.p[i + 1]);
		unsigned c = value_of(text.p[i + 2]), e = value_of(text.p[i + 3]);

		if ((a | b | c | e) >= PAD)
			break;
		d->out[d->n++] = (char)(a << 2 | b >> 4);
		d->out[d->n++] = (char)((b & 15) << 4 | c >> 2);
		d->out[d->n++] = (char)((c & 3) << 6 | e);
	}
	return i;
}

bool base64_decode(struct arena *a, struct str text, struct str *octets)
{
	struct decoder d = { .out = arena_alloc(a, text.n / 4 * 3 + 3) };

	for (size_t i = plain_quanta(&d, text); i < text.n; i++)
		if (!take(&d, value_of(text.p[i])))
			return false;
	*octets = str_of(d.out, d.n);
	return d.have == 0;
}

struct str base64_encode(struct arena *a, struct str octets)
{
	size_t n = 0;
	char *out = arena_alloc(a, arena_mul(octets.n / 3 + 1, 4));

	for (size_t i = 0; i < octets.n; i += 3) {
		size_t left = octets.n - i;
		uint32_t v = (uint32_t)(unsigned char)octets.p[i] << 16;

		if (left > 1)
			v |= (uint32_t)(unsigned char)octets.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)octets.p[i + 2];
		out[n++] = alphabet[v >> 18];
		out[n++] = alphabet[v >> 12 & 63];
		out[n++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
		out[n++] = left > 2 ? alphabet[v & 63] : '=';
	}
	return str_of(out, n);
}
