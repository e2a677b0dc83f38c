/* Base64 (RFC 4648 4) as signatures and keys use it: white space ignored, all else strict. */
#include "auth/crypto.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of a character: 0..63; 64 "=", 65 white space, 66 anything else. */
enum { PAD = 64, BLANK = 65, ALIEN = 66 };

static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == '+' || c == '/')
		return c == '+' ? 62 : 63;
	if (c == '=')
		return PAD;
	return ch_fws(c) ? BLANK : ALIEN;
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

bool base64_decode(struct arena *a, struct str text, struct str *octets)
{
	struct decoder d = { .out = arena_alloc(a, text.n / 4 * 3 + 3) };

	for (size_t i = 0; i < text.n; i++)
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
