/* A set of tokens: one of each bucket, in the order in which they are stored. */
#include "learn/model.h"
#include "learn/tokens.h"

#define RADIX_BITS 10u
#define SLOTS_FIRST (TOKENS_SLOTS / 16) /* most messages need no more */
#define RADIX (1u << RADIX_BITS)

_Static_assert(MODEL_C_BITS <= 2 * RADIX_BITS && MODEL_S_BITS <= 2 * RADIX_BITS, "two passes");
_Static_assert(TOKENS_SLOTS > 2 * FEATURES_TOKENS_MAX, "the table is never more than half full");

void tokens_init(struct token_set *t, struct arena *a, struct hash_key key)
{
	*t = (struct token_set){ .arena = a, .key = key, .max = FEATURES_TOKENS_MAX };
	t->slots = SLOTS_FIRST;
	t->slot = ARENA_ARRAY(a, uint32_t, t->slots);
	t->v = arena_alloc(a, FEATURES_TOKENS_MAX * sizeof *t->v);
}

/* Where a bucket stands, or a free slot for it. */
static uint32_t *slot_of(const struct token_set *t, uint32_t bucket)
{
	uint32_t i = bucket & (t->slots - 1);

	while (t->slot[i] && t->slot[i] != bucket + 1)
		i = (i + 1) & (t->slots - 1);
	return &t->slot[i];
}

static void grow(struct token_set *t)
{
	t->slots *= 4;
	t->slot = ARENA_ARRAY(t->arena, uint32_t, t->slots);
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->v[i].bucket) = t->v[i].bucket + 1;
}

static bool is_new(struct token_set *t, uint32_t bucket)
{
	uint32_t *slot;

	if (t->slots < TOKENS_SLOTS && t->n * 2 >= t->slots)
		grow(t);
	slot = slot_of(t, bucket);
	if (*slot)
		return false;
	*slot = bucket + 1;
	return true;
}

uint32_t tokens_bucket(struct hash_key key, struct str text)
{
	return (uint32_t)hash_sip13(key, text) & (MODEL_C - 1);
}

void tokens_add(struct token_set *t, struct str prefix, struct str one, struct str two)
{
	char text[3 * 4 * TOKEN_MAX + 1];
	struct str part[3] = { prefix, one, two };
	size_t n = 0;
	uint32_t bucket;

	if (t->n >= t->max)
		return;
	for (size_t i = 0; i < 3; i++) {
		size_t take = part[i].n < 4 * TOKEN_MAX ? part[i].n : 4 * TOKEN_MAX;
		if (i == 2 && take)
			text[n++] = ' ';
		if (take)
			memcpy(text + n, part[i].p, take);
		n += take;
	}
	bucket = tokens_bucket(t->key, str_of(text, n));
	if (is_new(t, bucket))
		t->v[t->n++] = (struct token){ bucket, arena_dup(t->arena, str_of(text, n)) };
}

/* ---- order ---- */

/* One pass of a radix sort of keys with what goes with them. */
static void pass(const uint64_t *in, uint64_t *out, size_t n, unsigned shift)
{
	size_t at[RADIX + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		at[(in[i] >> shift & (RADIX - 1)) + 1]++;
	for (size_t i = 0; i < RADIX; i++)
		at[i + 1] += at[i];
	for (size_t i = 0; i < n; i++)
		out[at[in[i] >> shift & (RADIX - 1)]++] = in[i];
}

void tokens_sort(struct token_set *t)
{
	uint64_t *key = arena_alloc(t->arena, arena_mul(t->n, 2 * sizeof *key));
	uint64_t *other = key + t->n;
	struct token *v = arena_alloc(t->arena, arena_mul(t->n, sizeof *v));

	for (size_t i = 0; i < t->n; i++)
		key[i] = (uint64_t)i << 32 | t->v[i].bucket;
	pass(key, other, t->n, 0);
	pass(other, key, t->n, RADIX_BITS);
	for (size_t i = 0; i < t->n; i++)
		v[i] = t->v[key[i] >> 32];
	t->v = v;
}

void tokens_sort_u32(struct arena *a, uint32_t *v, size_t n)
{
	uint64_t *key = arena_alloc(a, arena_mul(n, 2 * sizeof *key));

	for (size_t i = 0; i < n; i++)
		key[i] = v[i];
	pass(key, key + n, n, 0);
	pass(key + n, key, n, RADIX_BITS);
	for (size_t i = 0; i < n; i++)
		v[i] = (uint32_t)key[i];
}
