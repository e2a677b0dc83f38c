/*
 * Named lists. Whole values are found by hash. Patterns whose end is literal from a "@" or "." on
 * ("*@example.com", "*.example.com") are found by that end; only the others are tried one by one.
 */
#include "scan/lists.h"

#include "base/map.h"

struct entry {
	struct str key, value;
	struct entry *next; /* of the same key, or the same end */
	bool negated, pattern, removed;
};

struct list {
	struct map *whole; /* key -> first entry */
	struct map *ends;  /* literal end of a pattern -> first entry */
	struct entry *loose, **last_loose;
	VEC(struct entry *) all;
	size_t live;
};

struct lists {
	struct arena *arena;
	struct map *by_name;
};

struct lists *lists_new(struct arena *a)
{
	struct lists *l = ARENA_NEW(a, struct lists);

	l->arena = a;
	l->by_name = map_new(a, false);
	return l;
}

static struct list *find_list(const struct lists *l, struct str name)
{
	return l ? map_get(l->by_name, name) : NULL;
}

static struct list *make_list(struct lists *l, struct str name)
{
	struct list *list = find_list(l, name);

	if (list)
		return list;
	list = ARENA_NEW(l->arena, struct list);
	list->whole = map_new(l->arena, true);
	list->ends = map_new(l->arena, true);
	list->last_loose = &list->loose;
	map_put(l->by_name, arena_dup(l->arena, name), list);
	return list;
}

/* ---- patterns ---- */

static bool is_wild(char c)
{
	return c == '*' || c == '?';
}

/* What stands behind the last wild card from a "@" or "." on; empty: it does not begin so. */
static struct str literal_end(struct str key)
{
	size_t from = key.n;

	while (from && !is_wild(key.p[from - 1]))
		from--;
	return from < key.n && (key.p[from] == '@' || key.p[from] == '.') ? str_skip(key, from)
									  : STR_NULL;
}

/* ---- filling ---- */

static void hang(struct map *m, struct str key, struct entry *e)
{
	struct entry *first = map_get(m, key);

	while (first && first->next)
		first = first->next;
	if (first)
		first->next = e;
	else
		map_put(m, key, e);
}

/* The entry of that key, and with that value unless value is NULL. */
static struct entry *find_entry(const struct list *list, struct str key, bool negated,
				const struct str *value)
{
	struct entry *const chain[] = { map_get(list->whole, key),
					map_get(list->ends, literal_end(key)), list->loose };

	for (size_t i = 0; i < sizeof chain / sizeof *chain; i++)
		for (struct entry *e = chain[i]; e; e = e->next)
			if (!e->removed && e->negated == negated && str_ieq(e->key, key) &&
			    (!value || str_eq(e->value, *value)))
				return e;
	return NULL;
}

static bool wild(struct str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (is_wild(key.p[i]))
			return true;
	return false;
}

static void place(struct list *list, struct entry *e)
{
	struct str end = literal_end(e->key);

	if (!e->pattern) {
		hang(list->whole, e->key, e);
	} else if (end.n) {
		hang(list->ends, end, e);
	} else {
		*list->last_loose = e;
		list->last_loose = &e->next;
	}
	list->live++;
}

void lists_add(struct lists *l, struct str name, struct str key, struct str value)
{
	struct list *list = make_list(l, name);
	bool negated = str_starts(key, STR("!"));
	struct entry *e;

	if (key.n == negated)
		return;
	if (find_entry(list, str_skip(key, negated), negated, &value))
		return;
	e = ARENA_NEW(l->arena, struct entry);
	e->key = str_skip(arena_lower(l->arena, key), negated);
	e->value = value.p ? arena_dup(l->arena, value) : STR_NULL;
	e->negated = negated;
	e->pattern = wild(key);
	place(list, e);
	VEC_PUSH(l->arena, list->all) = e;
}

void lists_remove(struct lists *l, struct str name, struct str key)
{
	struct list *list = find_list(l, name);
	bool negated = str_starts(key, STR("!"));
	struct entry *e;

	if (!list)
		return;
	while ((e = find_entry(list, str_skip(key, negated), negated, NULL)) != NULL) {
		e->removed = true;
		list->live--;
	}
}

void lists_clear(struct lists *l, struct str name)
{
	struct list *list = find_list(l, name);

	if (!list)
		return;
	for (size_t i = 0; i < list->all.n; i++)
		list->all.p[i]->removed = true;
	list->all.n = list->live = 0;
}

/* ---- asking ---- */

bool lists_known(const struct lists *l, struct str name)
{
	return find_list(l, name) != NULL;
}

size_t lists_count(const struct lists *l, struct str name)
{
	const struct list *list = find_list(l, name);

	return list ? list->live : 0;
}

struct str lists_key_at(const struct lists *l, struct str name, size_t i, struct str *value)
{
	const struct list *list = find_list(l, name);

	*value = STR_NULL;
	for (size_t k = 0; list && k < list->all.n; k++) {
		const struct entry *e = list->all.p[k];
		if (e->removed || (list->live < list->all.n ? i-- > 0 : k != i))
			continue;
		*value = e->value;
		return e->negated ? str_of(e->key.p - 1, e->key.n + 1) : e->key;
	}
	return STR_NULL;
}

/* A walk over the entries that fit a value: those with the value itself, those with one of its
 * ends, the loose ones. */
struct walk {
	const struct list *list;
	struct str value;
	size_t at; /* where the next end begins; value.n: ends are done */
	const struct entry *e;
	bool loose;
};

static struct walk walk_new(const struct list *list, struct str value)
{
	return (struct walk){ .list = list,
			      .value = value,
			      .e = list ? map_get(list->whole, value) : NULL };
}

/* The chain that comes next; false: there is none. */
static bool next_chain(struct walk *w)
{
	if (map_len(w->list->ends) == 0)
		w->at = w->value.n;
	while (w->at < w->value.n && !w->e) {
		char c = w->value.p[w->at++];
		if (c == '@' || c == '.')
			w->e = map_get(w->list->ends, str_skip(w->value, w->at - 1));
	}
	if (w->e)
		return true;
	if (w->loose)
		return false;
	w->loose = true;
	w->e = w->list->loose;
	return w->e != NULL;
}

static const struct entry *walk_next(struct walk *w)
{
	while (w->list && (w->e || next_chain(w))) {
		const struct entry *e = w->e;
		w->e = e->next;
		if (!e->removed && (!e->pattern || str_iglob(e->key, w->value)))
			return e;
	}
	return NULL;
}

static const struct entry *decide(const struct list *list, struct str value)
{
	struct walk w = walk_new(list, value);
	const struct entry *e, *found = NULL;

	while ((e = walk_next(&w)) != NULL) {
		if (e->negated)
			return e;
		if (!found)
			found = e;
	}
	return found;
}

static void tell(const struct entry *e, struct str *key, struct str *value)
{
	if (key)
		*key = e->key;
	if (value)
		*value = e->value;
}

bool lists_has(const struct lists *l, struct str name, struct str value, struct str *key,
	       struct str *val)
{
	const struct entry *e = decide(find_list(l, name), value);

	if (!e || e->negated)
		return false;
	tell(e, key, val);
	return true;
}

bool lists_has_domain(const struct lists *l, struct str name, struct str domain, struct str *key)
{
	const struct list *list = find_list(l, name);
	const struct entry *e = decide(list, domain);

	/* The nearest entry decides. Patterns have spoken for the whole name already. */
	for (struct str up = domain; list && !e;) {
		size_t dot = str_chr(up, '.');
		if (dot == SIZE_MAX)
			return false;
		up = str_skip(up, dot + 1);
		e = map_get(list->whole, up);
		while (e && e->removed)
			e = e->next;
	}
	if (!e || e->negated)
		return false;
	tell(e, key, NULL);
	return true;
}

bool lists_next(const struct lists *l, struct str name, struct str value, size_t *i,
		struct str *key, struct str *val)
{
	struct walk w = walk_new(find_list(l, name), value);
	const struct entry *e = walk_next(&w);

	for (size_t k = 0; e; e = walk_next(&w)) {
		if (e->negated || k++ < *i)
			continue;
		(*i)++;
		tell(e, key, val);
		return true;
	}
	return false;
}
