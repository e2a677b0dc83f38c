/* The option tables of all rooms as one, by section. */
#include "conf/table.h"

#include <stdlib.h>

#include "base/err.h"

#define EDIT_MAX 48u

static struct section *section_new(struct table *t, struct section *parent, struct str name,
				   bool titled, struct str path)
{
	struct section *s = ARENA_NEW(t->arena, struct section);

	s->path = path;
	s->name = name;
	s->parent = parent;
	s->titled = titled;
	if (parent)
		VEC_PUSH(t->arena, parent->sections) = s;
	map_put(t->sections, path, s);
	return s;
}

/* The section of a name such as "a.b.option" or "a.*.option"; *name becomes "option". */
static struct section *section_of(struct table *t, const char *full, struct str *name)
{
	struct section *s = t->root;
	struct str rest = str_c(full), head;
	size_t dot;

	while ((dot = str_chr(rest, '.')) != SIZE_MAX) {
		bool titled = str_starts(str_skip(rest, dot), STR(".*."));
		size_t end = dot + (titled ? 2 : 0);
		struct str path = str_sub(str_c(full), 0, (size_t)(rest.p - full) + end);
		struct section *sub = map_get(t->sections, path);
		head = str_sub(rest, 0, dot);
		if (s->titled || (titled && s != t->root) || !head.n ||
		    (s->parent && s->parent->parent) || str_eq(head, STR("root")))
			bug("option %s: section", full);
		s = sub ? sub : section_new(t, s, head, titled, path);
		rest = str_skip(rest, end + 1);
	}
	*name = rest;
	return s;
}

static void add(struct table *t, const struct conf_opt *o)
{
	struct row *r = ARENA_NEW(t->arena, struct row);
	char why[WHY_MAX];

	r->opt = o;
	r->name = str_c(o->name);
	r->section = section_of(t, o->name, &r->leaf);
	r->slot = r->section->rows.n;
	VEC_PUSH(t->arena, r->section->rows) = r;
	if (!r->leaf.n || map_put(t->rows, r->name, r) || str_eq(r->leaf, STR("include")))
		bug("option %s: twice, or no name", o->name);
	if (o->type == CONF_ENUM && !o->allow)
		bug("option %s: an enum without words", o->name);
	if (o->def && !value_default(t->arena, o, &r->def, why))
		bug("option %s: default: expected %s", o->name, why);
}

struct table *table_new(struct arena *a, const struct conf_opt *const *tables)
{
	struct table *t = ARENA_NEW(a, struct table);

	t->arena = a;
	t->rows = map_new(a, false);
	t->sections = map_new(a, false);
	t->root = section_new(t, NULL, STR(""), false, STR(""));
	for (; *tables; tables++)
		for (const struct conf_opt *o = *tables; o->name; o++)
			add(t, o);
	for (size_t i = 0; i < map_len(t->sections); i++) {
		struct section *s = map_at(t->sections, i);
		if (table_row(t->root, s->name))
			bug("option %.*s: also a section", STR_ARG(s->name));
		if (!s->titled)
			table_instance(t, s, STR_NULL, (struct place){ NULL, 0 });
	}
	return t;
}

struct row *table_row(const struct section *s, struct str leaf)
{
	for (size_t i = 0; i < s->rows.n; i++)
		if (str_eq(s->rows.p[i]->leaf, leaf))
			return s->rows.p[i];
	return NULL;
}

struct section *table_section(const struct section *s, struct str name)
{
	for (size_t i = 0; i < s->sections.n; i++)
		if (str_eq(s->sections.p[i]->name, name))
			return s->sections.p[i];
	return NULL;
}

struct instance *table_instance(struct table *t, struct section *s, struct str title,
				struct place at)
{
	struct instance *in;

	VEC_PUSH(t->arena, s->instances) = (struct instance){ title, at, NULL };
	in = &s->instances.p[s->instances.n - 1];
	in->values = ARENA_ARRAY(t->arena, struct value, s->rows.n);
	for (size_t i = 0; i < s->rows.n; i++)
		in->values[i] = s->rows.p[i]->def;
	return in;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance of two names, case folded; SIZE_MAX: one is too long to bother. */
static size_t distance(struct str a, struct str b)
{
	size_t row[EDIT_MAX + 1], diagonal, up;

	if (a.n > EDIT_MAX || b.n > EDIT_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			up = row[j];
			row[j] = min3(up + 1, row[j - 1] + 1,
				      diagonal + (ch_lower(a.p[i - 1]) != ch_lower(b.p[j - 1])));
			diagonal = up;
		}
	}
	return row[b.n];
}

/* The best so far. The same word in another section counts as one edit. */
struct best {
	struct str name;
	size_t cost;
};

static void consider(struct best *b, struct str found, struct str known, struct str full,
		     bool elsewhere)
{
	size_t cost = distance(found, known), limit = found.n < 6 ? 1 : found.n < 12 ? 2 : 3;

	if (cost > limit || cost >= found.n || cost >= known.n)
		return;
	cost = 2 * cost + elsewhere;
	if (!b->name.p || cost < b->cost)
		*b = (struct best){ full, cost };
}

const char *table_suggest(const struct table *t, const struct section *s, struct str name,
			  bool section, char out[SUGGEST_MAX])
{
	struct best best = { STR_NULL, 0 };

	for (size_t i = 0; i < map_len(t->rows) && !section; i++) {
		const struct row *r = map_at(t->rows, i);
		consider(&best, name, r->leaf, r->name, r->section != s);
	}
	for (size_t i = 1; i < map_len(t->sections); i++) {
		const struct section *k = map_at(t->sections, i);
		consider(&best, name, k->name, k->path, k->parent != s || !section);
	}
	out[0] = '\0';
	if (best.name.p)
		snprintf(out, SUGGEST_MAX, ", did you mean %.*s?", STR_ARG(best.name));
	return out;
}

static int by_name(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	return strcmp((*x)->opt->name, (*y)->opt->name);
}

struct row **table_sorted(struct arena *a, const struct table *t)
{
	size_t n = map_len(t->rows);
	struct row **rows = ARENA_ARRAY(a, struct row *, n);

	for (size_t i = 0; i < n; i++)
		rows[i] = map_at(t->rows, i);
	qsort(rows, n, sizeof *rows, by_name);
	return rows;
}
