/* SipHash: the 1-3 and 2-4 rounds of one loop, with and without folding of ASCII case. */
#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <sys/random.h>

#include "base/err.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

struct hash_key hash_key_random(void)
{
	struct hash_key k;
	ssize_t n;

	do
		n = getrandom(&k, sizeof k, 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof k)
		bug("no random octets from the system");
	return k;
}

static inline uint64_t rotl(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

__attribute__((always_inline)) static inline void rounds(struct sip *s, int n)
{
	for (int i = 0; i < n; i++) {
		s->v0 += s->v1;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v0 = rotl(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v2 = rotl(s->v2, 32);
	}
}

/* Lower-cases the ASCII capitals among eight octets; others, 8-bit ones too, stay. */
static inline uint64_t fold8(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low7 = w & (0x7f * ones);
	uint64_t ge_a = low7 + (0x80 - 'A') * ones;
	uint64_t gt_z = low7 + (0x7f - 'Z') * ones;
	uint64_t upper = (ge_a ^ gt_z) & ~w & (0x80 * ones);

	return w | upper >> 2;
}

static inline uint64_t load(const char *p, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	return le64toh(w);
}

/* The last octets, fewer than eight, in as few loads as there may be. */
static inline uint64_t tail(struct str s)
{
	size_t n = s.n & 7;
	uint64_t w = 0;

	if (n == 0)
		return 0;
	if (s.n >= 8)
		return load(s.p + s.n - 8, 8) >> (64 - 8 * n);
	if (n >= 4)
		return load(s.p, 4) | load(s.p + n - 4, 4) << (8 * (n - 4));
	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
	return w;
}

/* Always in line: the numbers of rounds are constants there. */
__attribute__((always_inline)) static inline uint64_t sip(struct hash_key k, struct str s, int c,
							  int d, bool fold)
{
	struct sip h = { k.k0 ^ 0x736f6d6570736575u, k.k1 ^ 0x646f72616e646f6du,
			 k.k0 ^ 0x6c7967656e657261u, k.k1 ^ 0x7465646279746573u };
	uint64_t w, last;
	size_t i = 0;

	for (; s.n - i >= 8; i += 8) {
		w = load(s.p + i, 8);
		w = fold ? fold8(w) : w;
		h.v3 ^= w;
		rounds(&h, c);
		h.v0 ^= w;
	}
	last = tail(s);
	last = (fold ? fold8(last) : last) | (uint64_t)s.n << 56;
	h.v3 ^= last;
	rounds(&h, c);
	h.v0 ^= last;
	h.v2 ^= 0xff;
	rounds(&h, d);
	return h.v0 ^ h.v1 ^ h.v2 ^ h.v3;
}

uint64_t hash_sip13(struct hash_key k, struct str s)
{
	return sip(k, s, 1, 3, false);
}

uint64_t hash_sip13_fold(struct hash_key k, struct str s)
{
	return sip(k, s, 1, 3, true);
}

uint64_t hash_sip24(struct hash_key k, struct str s)
{
	return sip(k, s, 2, 4, false);
}
