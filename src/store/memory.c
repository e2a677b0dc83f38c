/* A table in memory: a hash table of items, one list by use, one by age, and each set's members. */
#include "store/memory.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "base/octets.h"

TAILQ_HEAD(items, item);

/* A row, or a member or entry of the row of the same key, which is its head. */
struct item {
	struct item *chain;
	TAILQ_ENTRY(item) used; /* rows, longest ago first */
	TAILQ_ENTRY(item) made; /* all, in the order they were made */
	TAILQ_ENTRY(item) sibling;
	struct items below; /* members by their end, entries by id */
	struct item *head;  /* NULL: a row */
	uint64_t hash, serial, id;
	int64_t ends; /* 0: never */
	char *value;
	size_t nvalue, nkey, nname;
	char shape; /* 'R' a row, 'S' a member, 'E' an entry */
	char key[]; /* and the member's name */
};

struct memory {
	struct item **slot;
	size_t nslots, n, octets, max_entries, max_octets;
	struct items used, made;
	struct hash_key hash_key;
	uint64_t serial;
	struct table table;
};

static uint64_t hash_of(const struct memory *m, struct str key, struct str name, uint64_t id)
{
	uint64_t h = hash_sip13(m->hash_key, key);

	return name.n ? h ^ (hash_sip13(m->hash_key, name) * 0x9e3779b97f4a7c15u)
		      : h ^ (id * 0x9e3779b97f4a7c15u);
}

static bool is(const struct item *i, char shape, struct str key, struct str name, uint64_t id)
{
	return i->shape == shape && i->id == id && str_eq(str_of(i->key, i->nkey), key) &&
	       str_eq(str_of(i->key + i->nkey, i->nname), name);
}

static struct item *look(const struct memory *m, char shape, struct str key, struct str name,
			 uint64_t id)
{
	struct item *i = m->slot[hash_of(m, key, name, id) & (m->nslots - 1)];

	while (i && !is(i, shape, key, name, id))
		i = i->chain;
	return i;
}

static size_t cost(const struct item *i)
{
	return sizeof *i + i->nkey + i->nname + i->nvalue;
}

static void remove_one(struct memory *m, struct item *i)
{
	struct item **at = &m->slot[i->hash & (m->nslots - 1)];

	while (*at != i)
		at = &(*at)->chain;
	*at = i->chain;
	TAILQ_REMOVE(&m->made, i, made);
	if (i->head)
		TAILQ_REMOVE(&i->head->below, i, sibling);
	else
		TAILQ_REMOVE(&m->used, i, used);
	m->n--;
	m->octets -= cost(i);
	free(i->value);
	free(i);
}

static void remove_below(struct memory *m, struct item *row)
{
	for (struct item *i; (i = TAILQ_FIRST(&row->below));)
		remove_one(m, i);
}

/* What was touched longest ago makes room; the row that is being written, its first members. */
static void make_room(struct memory *m)
{
	while (m->n > m->max_entries || m->octets > m->max_octets) {
		struct item *row = TAILQ_FIRST(&m->used);

		if (!row)
			return;
		remove_below(m, row);
		remove_one(m, row);
	}
}

static void grow(struct memory *m)
{
	size_t n = m->nslots * 2;
	struct item **slot = calloc(n, sizeof *slot), *i;

	if (!slot)
		bug("no memory for a store");
	TAILQ_FOREACH(i, &m->made, made)
	{
		i->chain = slot[i->hash & (n - 1)];
		slot[i->hash & (n - 1)] = i;
	}
	free(m->slot);
	m->slot = slot;
	m->nslots = n;
}

static struct item *add(struct memory *m, char shape, struct str key, struct str name, uint64_t id)
{
	struct item *i = calloc(1, sizeof *i + key.n + name.n);

	if (!i)
		bug("no memory for a record");
	*i = (struct item){ .shape = shape, .nkey = key.n, .nname = name.n, .id = id };
	TAILQ_INIT(&i->below);
	memcpy(i->key, key.p, key.n);
	if (name.n)
		memcpy(i->key + key.n, name.p, name.n);
	i->hash = hash_of(m, key, name, id);
	i->serial = ++m->serial;
	if (m->n >= m->nslots)
		grow(m);
	i->chain = m->slot[i->hash & (m->nslots - 1)];
	m->slot[i->hash & (m->nslots - 1)] = i;
	TAILQ_INSERT_TAIL(&m->made, i, made);
	m->n++;
	m->octets += cost(i);
	return i;
}

static void set_value(struct memory *m, struct item *i, struct str value)
{
	char *p = malloc(value.n ? value.n : 1);

	if (!p)
		bug("no memory for a record");
	if (value.n)
		memcpy(p, value.p, value.n);
	free(i->value);
	m->octets += value.n;
	m->octets -= i->nvalue;
	i->value = p;
	i->nvalue = value.n;
}

/* ---- rows ---- */

static struct item *row_of(struct memory *m, struct str key, bool make)
{
	struct item *i = look(m, 'R', key, STR_NULL, 0);

	if (!i && !make)
		return NULL;
	if (i)
		TAILQ_REMOVE(&m->used, i, used);
	else
		i = add(m, 'R', key, STR_NULL, 0);
	TAILQ_INSERT_TAIL(&m->used, i, used);
	return i;
}

static enum store_status row_get(void *self, struct arena *a, struct str key, struct table_row *r)
{
	struct item *i = row_of(self, key, false);

	if (!i)
		return STORE_NONE;
	*r = (struct table_row){ arena_dup(a, str_of(i->value, i->nvalue)), i->ends };
	return STORE_OK;
}

static enum store_status row_put(void *self, struct str key, const struct table_row *r)
{
	struct memory *m = self;
	struct item *i = row_of(m, key, true);

	set_value(m, i, r->value);
	i->ends = r->ends;
	make_room(m);
	return STORE_OK;
}

static enum store_status row_del(void *self, struct str key)
{
	struct item *i = row_of(self, key, false);

	if (!i)
		return STORE_NONE;
	remove_below(self, i);
	remove_one(self, i);
	return STORE_OK;
}

static enum store_status row_clear(void *self, struct str key, char shape)
{
	struct item *i = row_of(self, key, false);
	(void)shape;

	if (i)
		remove_below(self, i);
	return STORE_OK;
}

/* ---- members and entries ---- */

/* Never comes last. Times to live of one set are mostly equal, so that the place is at the end. */
static bool after(const struct item *a, const struct item *b)
{
	if (a->shape == 'E')
		return a->id > b->id;
	return (uint64_t)(a->ends - 1) >= (uint64_t)(b->ends - 1);
}

static void place(struct items *list, struct item *i)
{
	struct item *at = TAILQ_LAST(list, items);

	while (at && !after(i, at))
		at = TAILQ_PREV(at, items, sibling);
	if (at)
		TAILQ_INSERT_AFTER(list, at, i, sibling);
	else
		TAILQ_INSERT_HEAD(list, i, sibling);
}

static enum store_status below_put(struct memory *m, char shape, struct str key, struct str name,
				   uint64_t id, struct str value, int64_t ends)
{
	struct item *row = row_of(m, key, true), *i = look(m, shape, key, name, id);
	enum store_status st = i ? STORE_OK : STORE_NONE;

	if (i)
		TAILQ_REMOVE(&row->below, i, sibling);
	else
		i = add(m, shape, key, name, id);
	i->head = row;
	i->ends = ends;
	set_value(m, i, value);
	place(&row->below, i);
	return st;
}

static enum store_status shift(void *self, struct str key)
{
	struct item *row = row_of(self, key, false);
	struct item *i = row ? TAILQ_FIRST(&row->below) : NULL;

	if (!i)
		return STORE_NONE;
	remove_one(self, i);
	return STORE_OK;
}

static enum store_status member_get(void *self, struct str key, struct str member, int64_t *ends)
{
	struct item *i = look(self, 'S', key, member, 0);

	*ends = i ? i->ends : 0;
	return i ? STORE_OK : STORE_NONE;
}

static enum store_status member_put(void *self, struct str key, struct str member, int64_t ends)
{
	return below_put(self, 'S', key, member, 0, STR_NULL, ends);
}

static enum store_status member_count(void *self, struct str key, int64_t now, uint64_t *n)
{
	struct item *row = row_of(self, key, false), *i;

	*n = 0;
	if (row)
		TAILQ_FOREACH(i, &row->below, sibling)
	*n += !i->ends || i->ends > now;
	return STORE_OK;
}

static enum store_status member_expire(void *self, struct str key, int64_t now, uint64_t *n)
{
	struct item *row = row_of(self, key, false), *i;

	for (*n = 0; row && (i = TAILQ_FIRST(&row->below)) && i->ends && i->ends <= now; ++*n)
		remove_one(self, i);
	return STORE_OK;
}

static enum store_status entry_put(void *self, struct str key, uint64_t id, struct str value)
{
	return below_put(self, 'E', key, STR_NULL, id, value, 0);
}

static enum store_status entry_read(void *self, struct str key, uint64_t after_id,
				    struct table_page *page)
{
	struct item *row = row_of(self, key, false), *i;

	if (row)
		TAILQ_FOREACH(i, &row->below, sibling)
	if (i->id > after_id && !table_page_add(page, i->id, str_of(i->value, i->nvalue)))
		break;
	return STORE_OK;
}

/* ---- all of it ---- */

static struct str raw_of(struct arena *a, const struct item *i)
{
	struct raw_record r = { .shape = i->shape,
				.key = str_of(i->key, i->nkey),
				.member = str_of(i->key + i->nkey, i->nname),
				.value = str_of(i->value, i->nvalue),
				.id = i->id,
				.ends_ms = i->ends };

	return raw_format(a, &r);
}

/* The heads of sets and logs are made anew by what was in them. */
static bool is_head(const struct item *i)
{
	return i->shape == 'R' && i->nvalue && (i->value[0] == 'S' || i->value[0] == 'E');
}

/* A cursor is the serial number of the last item given. */
static enum store_status walk(void *self, struct str cursor, int64_t now, struct table_page *page,
			      struct str *next)
{
	struct memory *m = self;
	struct octets o = { .left = cursor };
	uint64_t last = cursor.n ? octets_get_u(&o, 8) : 0;
	struct buf b = { .arena = page->arena };
	struct item *i;

	if (cursor.n && !octets_done(&o))
		return STORE_FAILED;
	TAILQ_FOREACH(i, &m->made, made)
	{
		if (i->serial <= last || is_head(i) || (i->ends && i->ends <= now))
			continue;
		if (!table_page_add(page, 0, raw_of(page->arena, i)))
			break;
		last = i->serial;
	}
	if (i)
		octets_u(&b, last, 8);
	*next = buf_str(&b);
	return STORE_OK;
}

static const struct table methods = {
	.get = row_get,
	.put = row_put,
	.del = row_del,
	.member_get = member_get,
	.member_put = member_put,
	.member_count = member_count,
	.member_expire = member_expire,
	.member_shift = shift,
	.entry_put = entry_put,
	.entry_shift = shift,
	.entry_read = entry_read,
	.clear = row_clear,
	.walk = walk,
};

struct memory *memory_new(size_t entries)
{
	struct memory *m = calloc(1, sizeof *m);

	if (!m)
		bug("no memory for a store");
	m->nslots = 64;
	m->slot = calloc(m->nslots, sizeof *m->slot);
	if (!m->slot)
		bug("no memory for a store");
	m->max_entries = entries;
	m->max_octets = arena_mul(entries, MEMORY_OCTETS_PER_ENTRY);
	m->hash_key = hash_key_random();
	TAILQ_INIT(&m->used);
	TAILQ_INIT(&m->made);
	m->table = methods;
	m->table.self = m;
	return m;
}

void memory_clear(struct memory *m)
{
	for (struct item *row; (row = TAILQ_FIRST(&m->used));) {
		remove_below(m, row);
		remove_one(m, row);
	}
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	memory_clear(m);
	free(m->slot);
	free(m);
}

const struct table *memory_table(const struct memory *m)
{
	return &m->table;
}

size_t memory_len(const struct memory *m)
{
	return m->n;
}
