/* Hash maps: entries in order of insertion, and an index of their numbers by open addressing. */
#include "base/map.h"

#include "base/err.h"
#include "base/vec.h"

#define SLOTS_FIRST 16u

struct entry {
	struct str key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct hash_key key;
	bool fold;
	uint32_t *slots; /* entry number + 1; 0: free */
	size_t n_slots;	 /* a power of two, at least twice the entries; 0 before the first put */
	VEC(struct entry) entries;
};

struct map *map_new(struct arena *a, bool fold)
{
	struct map *m = ARENA_NEW(a, struct map);

	m->arena = a;
	m->key = hash_key_random();
	m->fold = fold;
	return m;
}

static uint64_t hash(const struct map *m, struct str key)
{
	return m->fold ? hash_sip13_fold(m->key, key) : hash_sip13(m->key, key);
}

static bool same(const struct map *m, struct str a, struct str b)
{
	return m->fold ? str_ieq(a, b) : str_eq(a, b);
}

/* The slot that holds key, or the free one where it belongs. */
static uint32_t *find(const struct map *m, struct str key, uint64_t h)
{
	size_t i = (size_t)h & (m->n_slots - 1);

	while (m->slots[i]) {
		const struct entry *e = &m->entries.p[m->slots[i] - 1];
		if (e->hash == h && same(m, e->key, key))
			break;
		i = (i + 1) & (m->n_slots - 1);
	}
	return &m->slots[i];
}

static void grow(struct map *m)
{
	size_t n = m->n_slots ? arena_mul(m->n_slots, 2) : SLOTS_FIRST;

	m->slots = ARENA_ARRAY(m->arena, uint32_t, n);
	m->n_slots = n;
	for (size_t e = 0; e < m->entries.n; e++) {
		size_t i = (size_t)m->entries.p[e].hash & (n - 1);
		while (m->slots[i])
			i = (i + 1) & (n - 1);
		m->slots[i] = (uint32_t)e + 1;
	}
}

void *map_get(const struct map *m, struct str key)
{
	uint32_t at;

	if (!m->entries.n)
		return NULL;
	at = *find(m, key, hash(m, key));
	return at ? m->entries.p[at - 1].value : NULL;
}

void *map_put(struct map *m, struct str key, void *value)
{
	uint64_t h = hash(m, key);
	uint32_t *at;
	void *old;

	if (!value)
		bug("map_put: no value");
	if (m->entries.n >= m->n_slots / 2)
		grow(m);
	at = find(m, key, h);
	if (*at) {
		old = m->entries.p[*at - 1].value;
		m->entries.p[*at - 1].value = value;
		return old;
	}
	if (m->entries.n >= UINT32_MAX / 4)
		bug("map_put: too many entries");
	VEC_PUSH(m->arena, m->entries) = (struct entry){ key, value, h };
	*at = (uint32_t)m->entries.n;
	return NULL;
}

size_t map_len(const struct map *m)
{
	return m->entries.n;
}

static const struct entry *entry_at(const struct map *m, size_t i)
{
	if (i >= m->entries.n)
		bug("map: no entry %zu of %zu", i, m->entries.n);
	return &m->entries.p[i];
}

struct str map_key_at(const struct map *m, size_t i)
{
	return entry_at(m, i)->key;
}

void *map_at(const struct map *m, size_t i)
{
	return entry_at(m, i)->value;
}
