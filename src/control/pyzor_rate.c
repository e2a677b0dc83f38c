/* Leaky buckets of the clients of the Pyzor server. */
#include <math.h>

#include "base/hash.h"
#include "control/pyzor.h"

#define BURST_SECONDS 10.0
#define WAYS 4u

struct bucket {
	uint64_t who; /* 0: free */
	uint64_t at_ms;
	double level;
};

struct pyzor_rate {
	struct hash_key key;
	double per_second;
	struct bucket bucket[PYZOR_RATE_BUCKETS];
};

struct pyzor_rate *pyzor_rate_new(struct arena *a, double per_second)
{
	struct pyzor_rate *r = ARENA_NEW(a, struct pyzor_rate);

	r->key = hash_key_random();
	r->per_second = per_second;
	return r;
}

static double level(const struct pyzor_rate *r, const struct bucket *b, uint64_t now_ms)
{
	double gone = (double)(now_ms - b->at_ms) / 1000 * r->per_second;

	return fmax(0, b->level - gone);
}

/* The client's bucket, or of its few places the one that is nearest to empty. */
static struct bucket *find(struct pyzor_rate *r, uint64_t who, uint64_t now_ms)
{
	struct bucket *set = &r->bucket[who % (PYZOR_RATE_BUCKETS / WAYS) * WAYS], *best = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].who == who)
			return &set[i];
		if (level(r, &set[i], now_ms) < level(r, best, now_ms))
			best = &set[i];
	}
	*best = (struct bucket){ .who = who, .at_ms = now_ms };
	return best;
}

bool pyzor_rate_take(struct pyzor_rate *r, struct str addr, double cost, uint64_t now_ms)
{
	uint64_t who = hash_sip13(r->key, addr) | 1;
	struct bucket *b = find(r, who, now_ms);

	b->level = level(r, b, now_ms);
	b->at_ms = now_ms;
	if (b->level + cost > r->per_second * BURST_SECONDS)
		return false;
	b->level += cost;
	return true;
}
