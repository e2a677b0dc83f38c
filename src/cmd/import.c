/*
 * Counts as messages. A word that was in n of N messages is put into n of N made-up ones, side by
 * side from where the word before it ended, so that all messages get about as many words.
 */
#include "cmd/import.h"

#include <stdlib.h>

#include "learn/model.h"

void import_init(struct import *m, struct arena *a, struct str source)
{
	static const struct hash_key key[2] = { { 0x6d65726c6f6e2069u, 0x6d706f7274203130u },
						{ 0x6d65726c6f6e2069u, 0x6d706f7274203230u } };

	*m = (struct import){ .arena = a };
	m->place = ARENA_ARRAY(a, uint32_t, MODEL_C);
	for (int i = 0; i < 2; i++)
		m->id[i] = hash_sip24(key[i], source);
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

void import_add(struct import *m, uint32_t bucket, uint32_t ham, uint32_t spam)
{
	struct import_word *w;

	if (!m->place[bucket]) {
		VEC_PUSH(m->arena, m->words) = (struct import_word){ .bucket = bucket };
		m->place[bucket] = (uint32_t)m->words.n;
	}
	w = &m->words.p[m->place[bucket] - 1];
	w->count[LEARN_HAM] = sum(w->count[LEARN_HAM], ham);
	w->count[LEARN_SPAM] = sum(w->count[LEARN_SPAM], spam);
}

/* ---- messages ---- */

struct made {
	uint32_t n;	  /* messages */
	uint32_t *end;	  /* of the words of each, in word */
	uint32_t *bucket; /* rising within a message */
};

/* In how many of n messages a word is that was in so many of all. */
static uint32_t scaled(uint32_t count, uint32_t all, uint32_t n)
{
	uint64_t x = all > n ? (uint64_t)count * n / all : count;

	return x > n ? n : (uint32_t)x;
}

static int by_bucket(const void *x, const void *y)
{
	const struct import_word *a = x, *b = y;

	return a->bucket < b->bucket ? -1 : a->bucket > b->bucket;
}

/* First how many words each message gets (fill false), then which. */
static uint64_t deal(const struct import *m, enum learn_class to, struct made *out, bool fill)
{
	uint64_t all = 0;
	uint32_t at = 0;

	for (size_t i = 0; i < m->words.n; i++) {
		uint32_t n = scaled(m->words.p[i].count[to], m->messages[to], out->n);
		all += n;
		if (all > IMPORT_PLACES_MAX)
			break;
		for (; n > 0; n--) {
			if (fill)
				out->bucket[out->end[at]] = m->words.p[i].bucket;
			out->end[at]++;
			at = at + 1 == out->n ? 0 : at + 1;
		}
	}
	return all;
}

static int make(struct import *m, enum learn_class to, struct made *out, struct err *e)
{
	uint32_t before = 0;
	uint64_t all;

	out->n = m->messages[to] < IMPORT_MESSAGES_MAX ? m->messages[to] : IMPORT_MESSAGES_MAX;
	if (!out->n)
		return 0;
	out->end = ARENA_ARRAY(m->arena, uint32_t, out->n);
	all = deal(m, to, out, false);
	if (all > IMPORT_PLACES_MAX)
		return err_set(e, "more than %u words in all messages", IMPORT_PLACES_MAX);
	out->bucket = ARENA_ARRAY(m->arena, uint32_t, all);
	for (uint32_t i = 0; i < out->n; i++) {
		uint32_t n = out->end[i];
		out->end[i] = before;
		before += n;
	}
	deal(m, to, out, true);
	return 0;
}

static void digest(const struct import *m, enum learn_class to, uint32_t i, uint8_t out[16])
{
	const uint32_t what[2] = { (uint32_t)to, i };
	struct str s = str_of((const char *)what, sizeof what);
	uint64_t half[2] = { hash_sip24((struct hash_key){ m->id[0], m->id[1] }, s),
			     hash_sip24((struct hash_key){ m->id[1], m->id[0] }, s) };

	memcpy(out, half, 16);
}

static int give(struct import *m, enum learn_class to, const struct made *made, import_fn *fn,
		void *arg, struct err *e)
{
	struct token *token = ARENA_ARRAY(m->arena, struct token, FEATURES_TOKENS_MAX);
	uint32_t from = 0;

	for (uint32_t i = 0; i < made->n; i++) {
		struct learn_event ev = { .to = to, .source = LEARN_IMPORT, .user = STR("") };
		size_t n = made->end[i] - from;
		if (n > FEATURES_TOKENS_MAX)
			n = FEATURES_TOKENS_MAX;
		for (size_t k = 0; k < n; k++)
			token[k] = (struct token){ .bucket = made->bucket[from + k] };
		ev.f.token = token;
		ev.f.ntoken = n;
		digest(m, to, i, ev.f.digest);
		if (fn(arg, &ev, e) < 0)
			return -1;
		from = made->end[i];
	}
	return 0;
}

int import_each(struct import *m, import_fn *fn, void *arg, struct err *e)
{
	struct made made[LEARN_SPAM + 1] = { 0 };

	if (m->words.n)
		qsort(m->words.p, m->words.n, sizeof *m->words.p, by_bucket);
	for (enum learn_class to = LEARN_HAM; to <= LEARN_SPAM; to++)
		if (make(m, to, &made[to], e) < 0)
			return -1;
	for (enum learn_class to = LEARN_HAM; to <= LEARN_SPAM; to++)
		if (give(m, to, &made[to], fn, arg, e) < 0)
			return -1;
	return 0;
}
