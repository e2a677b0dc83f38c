/* Counts of questions by zone: a small chained hash table that holds only zones in use. */
#include "io/zoneload.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/err.h"
#include "io/wire.h"

#define BUCKETS 512u
#define LABELS_MAX 128u
#define ZONE_LABELS 2u
#define ZONE_LABELS_V4 4u  /* of a reverse name: the /16 */
#define ZONE_LABELS_V6 10u /* the /32 */

struct zoneload {
	LIST_ENTRY(zoneload) link;
	size_t n;
	size_t nname;
	char name[WIRE_NAME_MAX];
};

LIST_HEAD(bucket, zoneload);

struct zoneloads {
	struct hash_key hash_key;
	struct bucket buckets[BUCKETS];
};

struct zoneloads *zoneloads_new(void)
{
	struct zoneloads *all = calloc(1, sizeof *all);

	if (!all)
		bug("no memory for zones");
	all->hash_key = hash_key_random();
	return all;
}

void zoneloads_free(struct zoneloads *all)
{
	free(all);
}

/* The last labels of a name. */
static struct str zone_of(struct str wire)
{
	size_t label[LABELS_MAX], n = 0, want = ZONE_LABELS;
	struct str last;

	for (size_t i = 0; i < wire.n && wire.p[i] != 0; i += 1u + (unsigned char)wire.p[i])
		label[n++] = i;
	last = n >= 2 ? str_skip(wire, label[n - 2]) : wire;
	if (str_eq(last, STR("\7in-addr\4arpa\0")))
		want = ZONE_LABELS_V4;
	else if (str_eq(last, STR("\3ip6\4arpa\0")))
		want = ZONE_LABELS_V6;
	return n > want ? str_skip(wire, label[n - want]) : wire;
}

static struct zoneload *find(const struct bucket *b, struct str zone)
{
	struct zoneload *z;

	LIST_FOREACH(z, b, link)
	if (str_eq(str_of(z->name, z->nname), zone))
		return z;
	return NULL;
}

struct zoneload *zoneload_enter(struct zoneloads *all, struct str wire, size_t max)
{
	struct str zone = zone_of(wire);
	struct bucket *b = &all->buckets[hash_sip13(all->hash_key, zone) % BUCKETS];
	struct zoneload *z = find(b, zone);

	if (z && z->n >= max)
		return NULL;
	if (!z) {
		z = calloc(1, sizeof *z);
		if (!z)
			bug("no memory for a zone");
		z->nname = zone.n;
		memcpy(z->name, zone.p, zone.n);
		LIST_INSERT_HEAD(b, z, link);
	}
	z->n++;
	return z;
}

void zoneload_leave(struct zoneload *z)
{
	if (--z->n > 0)
		return;
	LIST_REMOVE(z, link);
	free(z);
}
