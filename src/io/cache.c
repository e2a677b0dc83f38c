/* The answer cache: chained hash table with a keyed hash, and a list from last used to first. */
#include "io/cache.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/hash.h"

struct entry {
	LIST_ENTRY(entry) chain;
	TAILQ_ENTRY(entry) age;
	uint64_t hash;
	struct cache_body *body;
	size_t nkey;
	char key[];
};

LIST_HEAD(bucket, entry);

struct cache {
	struct hash_key hash_key;
	struct bucket *buckets;
	size_t nbuckets;	      /* a power of two */
	TAILQ_HEAD(ages, entry) used; /* the last used first */
	size_t n, max;
	size_t octets, max_octets;
};

struct cache_body *cache_body_new(const struct dns_answer *a, uint64_t expires)
{
	size_t size = sizeof(struct cache_body) + a->n * sizeof(struct dns_rr);
	struct cache_body *b;
	char *data;

	for (size_t i = 0; i < a->n; i++)
		size += a->rr[i].data.n;
	b = malloc(size);
	if (!b)
		bug("no memory for an answer");
	*b = (struct cache_body){ .refs = 1,
				  .size = size,
				  .status = a->status,
				  .secure = a->secure,
				  .expires = expires,
				  .n = a->n };
	data = (char *)&b->rr[a->n];
	for (size_t i = 0; i < a->n; i++) {
		struct str s = a->rr[i].data;

		if (s.n > 0)
			memcpy(data, s.p, s.n);
		b->rr[i] = (struct dns_rr){ str_of(data, s.n), a->rr[i].pref };
		data += s.n;
	}
	return b;
}

struct cache_body *cache_body_ref(struct cache_body *b)
{
	b->refs++;
	return b;
}

void cache_body_unref(struct cache_body *b)
{
	if (b && --b->refs == 0)
		free(b);
}

struct cache *cache_new(size_t entries)
{
	struct cache *c = calloc(1, sizeof *c);

	if (!c)
		bug("no memory for the DNS cache");
	c->hash_key = hash_key_random();
	c->max = entries;
	c->max_octets = entries * CACHE_OCTETS_PER_ENTRY;
	for (c->nbuckets = 1; c->nbuckets < entries;)
		c->nbuckets *= 2;
	c->buckets = calloc(c->nbuckets, sizeof *c->buckets);
	if (!c->buckets)
		bug("no memory for the DNS cache");
	TAILQ_INIT(&c->used);
	return c;
}

static size_t octets(const struct entry *e)
{
	return sizeof *e + e->nkey + e->body->size;
}

static void drop(struct cache *c, struct entry *e)
{
	c->n--;
	c->octets -= octets(e);
	LIST_REMOVE(e, chain);
	TAILQ_REMOVE(&c->used, e, age);
	cache_body_unref(e->body);
	free(e);
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	for (struct entry *e; (e = TAILQ_FIRST(&c->used));)
		drop(c, e);
	free(c->buckets);
	free(c);
}

static struct bucket *bucket(const struct cache *c, uint64_t hash)
{
	return &c->buckets[hash & (c->nbuckets - 1)];
}

static struct entry *find(const struct cache *c, struct str key, uint64_t hash)
{
	struct entry *e;

	LIST_FOREACH(e, bucket(c, hash), chain)
	if (e->hash == hash && str_eq(str_of(e->key, e->nkey), key))
		return e;
	return NULL;
}

struct cache_body *cache_get(struct cache *c, struct str key, uint64_t now)
{
	struct entry *e = c->n > 0 ? find(c, key, hash_sip13(c->hash_key, key)) : NULL;

	if (!e)
		return NULL;
	if (e->body->expires <= now) {
		drop(c, e);
		return NULL;
	}
	TAILQ_REMOVE(&c->used, e, age);
	TAILQ_INSERT_HEAD(&c->used, e, age);
	return cache_body_ref(e->body);
}

static void make_room(struct cache *c)
{
	while (c->n > c->max || (c->octets > c->max_octets && c->n > 0))
		drop(c, TAILQ_LAST(&c->used, ages));
}

void cache_put(struct cache *c, struct str key, struct cache_body *b, uint64_t now)
{
	uint64_t hash = hash_sip13(c->hash_key, key);
	struct entry *e = find(c, key, hash);

	if (e)
		drop(c, e);
	if (b->expires <= now)
		return;
	e = malloc(sizeof *e + key.n);
	if (!e)
		bug("no memory for the DNS cache");
	e->hash = hash;
	e->body = cache_body_ref(b);
	e->nkey = key.n;
	memcpy(e->key, key.p, key.n);
	LIST_INSERT_HEAD(bucket(c, hash), e, chain);
	TAILQ_INSERT_HEAD(&c->used, e, age);
	c->n++;
	c->octets += octets(e);
	make_room(c);
}

size_t cache_len(const struct cache *c)
{
	return c->n;
}
