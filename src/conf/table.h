/* The option tables of all rooms as one, by section. */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "base/map.h"
#include "base/vec.h"
#include "conf/value.h"

/* An instance of a section: the only one, or one with a title. */
struct instance {
	struct str title;
	struct place place;
	struct value *values; /* by slot */
};

struct section {
	struct str path;	/* "", "milter", "milter.tls", "listen.*" */
	struct str name;	/* "", "milter", "tls", "listen" */
	struct section *parent; /* NULL: the root, path "" */
	bool titled;
	VEC(struct row *) rows;
	VEC(struct section *) sections;
	VEC(struct instance) instances; /* one if not titled */
};

struct row {
	const struct conf_opt *opt;
	struct str name; /* "milter.engine" */
	struct str leaf; /* "engine" */
	struct section *section;
	size_t slot; /* among the section's rows */
	struct value def;
};

struct table {
	struct arena *arena;
	struct map *rows;     /* by name */
	struct map *sections; /* by path */
	struct section *root;
};

/* A mistake in the tables is a bug: a name twice, a default that is not allowed. */
struct table *table_new(struct arena *a, const struct conf_opt *const *tables);

struct row *table_row(const struct section *s, struct str leaf);
struct section *table_section(const struct section *s, struct str name);
struct instance *table_instance(struct table *t, struct section *s, struct str title,
				struct place at);

#define SUGGEST_MAX 128u

/* ", did you mean X?" for a name that is not in section s, or "", in out; returns out. */
const char *table_suggest(const struct table *t, const struct section *s, struct str name,
			  bool section, char out[SUGGEST_MAX]);

/* Rows sorted by name. */
struct row **table_sorted(struct arena *a, const struct table *t);

#endif
