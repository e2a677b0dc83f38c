/* The cache of parsed keys: a chained table whose entries are also a list in order of use. */
#include "auth/keycache.h"

#include <stdlib.h>

#include "base/err.h"

struct keycache *keycache_new(void)
{
	struct keycache *k = calloc(1, sizeof *k);

	if (!k)
		bug("out of memory");
	k->key = hash_key_random();
	return k;
}

static void drop_key(struct pubkey *e)
{
	EVP_PKEY_CTX_free(e->verify);
	EVP_PKEY_free(e->pkey);
	free(e->octets);
	*e = (struct pubkey){ 0 };
}

void keycache_free(struct keycache *k)
{
	for (uint32_t i = 0; k && i < k->used; i++)
		drop_key(&k->entry[i]);
	free(k);
}

static uint32_t *bucket_of(struct keycache *k, enum key_type type, struct str octets)
{
	return &k->bucket[(hash_sip13(k->key, octets) + type) % KEYCACHE_BUCKETS];
}

static void unlink_use(struct keycache *k, struct pubkey *e)
{
	if (e->newer)
		k->entry[e->newer - 1].older = e->older;
	else
		k->newest = e->older;
	if (e->older)
		k->entry[e->older - 1].newer = e->newer;
	else
		k->oldest = e->newer;
}

static void link_newest(struct keycache *k, struct pubkey *e)
{
	uint32_t no = (uint32_t)(e - k->entry) + 1;

	e->newer = 0;
	e->older = k->newest;
	if (k->newest)
		k->entry[k->newest - 1].newer = no;
	else
		k->oldest = no;
	k->newest = no;
}

struct pubkey *keycache_find(struct keycache *k, enum key_type type, struct str octets)
{
	for (uint32_t no = *bucket_of(k, type, octets); no; no = k->entry[no - 1].chain) {
		struct pubkey *e = &k->entry[no - 1];

		if (e->type != type || !str_eq(str_of(e->octets, e->n), octets))
			continue;
		unlink_use(k, e);
		link_newest(k, e);
		return e;
	}
	return NULL;
}

/* Takes the least recently used entry out of its bucket and empties it. */
static struct pubkey *evict(struct keycache *k)
{
	uint32_t no = k->oldest;
	struct pubkey *e = &k->entry[no - 1];
	uint32_t *at = bucket_of(k, e->type, str_of(e->octets, e->n));

	while (*at != no)
		at = &k->entry[*at - 1].chain;
	*at = e->chain;
	unlink_use(k, e);
	drop_key(e);
	return e;
}

struct pubkey *keycache_add(struct keycache *k, enum key_type type, struct str octets)
{
	struct pubkey *e = k->used < KEY_CACHE_SIZE ? &k->entry[k->used++] : evict(k);
	uint32_t *bucket = bucket_of(k, type, octets);

	e->octets = malloc(octets.n ? octets.n : 1);
	if (!e->octets)
		bug("out of memory");
	memcpy(e->octets, octets.p, octets.n);
	e->n = octets.n;
	e->type = type;
	e->chain = *bucket;
	*bucket = (uint32_t)(e - k->entry) + 1;
	link_newest(k, e);
	return e;
}
