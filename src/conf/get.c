/* The typed getters. */
#include "base/err.h"
#include "conf/private.h"

#define NAME_MAX_LEN 160u

static const struct value *get(const struct conf *c, const char *name, size_t i,
			       enum conf_type type, bool any)
{
	const struct row *r = map_get(c->table->rows, str_c(name));

	if (!r)
		bug("conf: no option %s", name);
	if (!any && r->opt->type != type)
		bug("conf: option %s is a %s", name, value_type(r->opt->type));
	if (i >= r->section->instances.n)
		bug("conf: option %s: no section %zu", name, i);
	return &r->section->instances.p[i].values[r->slot];
}

/* The option of a section without title. */
static const struct value *one(const struct conf *c, const char *name, enum conf_type type,
			       bool any)
{
	if (strstr(name, ".*."))
		bug("conf: option %s is one of many", name);
	return get(c, name, 0, type, any);
}

static const struct value *of(const struct conf *c, const char *section, size_t i, const char *opt,
			      enum conf_type type, bool any)
{
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof name, "%s.*.%s", section, opt);
	return get(c, name, i, type, any);
}

static const char *at(const struct conf *c, const struct place *p)
{
	return arena_printf(c->table->arena, "%s:%u", p->file, p->line).p;
}

static const char *where(const struct conf *c, const struct value *v)
{
	if (!v->set)
		return "default";
	return at(c, &v->place);
}

static size_t items_of(const struct value *v, const struct str **items)
{
	*items = v->items;
	return v->n;
}

/* name: the getter; field: what of the value; each once by name and once by section. */
#define GETTER(result, name, type, field)                                                          \
	result conf_##name(const struct conf *c, const char *opt)                                  \
	{                                                                                          \
		return (result)one(c, opt, type, false)->field;                                    \
	}                                                                                          \
	result conf_sec_##name(const struct conf *c, const char *section, size_t i,                \
			       const char *opt)                                                    \
	{                                                                                          \
		return (result)of(c, section, i, opt, type, false)->field;                         \
	}

GETTER(bool, bool, CONF_BOOL, b)
GETTER(int64_t, int, CONF_INT, i)
GETTER(uint64_t, size, CONF_SIZE, i)
GETTER(uint64_t, time_ms, CONF_TIME, i)
GETTER(double, float, CONF_FLOAT, f)
GETTER(size_t, enum, CONF_ENUM, i)

struct str conf_str(const struct conf *c, const char *name)
{
	return one(c, name, CONF_STR, false)->s;
}

struct str conf_sec_str(const struct conf *c, const char *section, size_t i, const char *opt)
{
	return of(c, section, i, opt, CONF_STR, false)->s;
}

size_t conf_list(const struct conf *c, const char *name, const struct str **items)
{
	return items_of(one(c, name, CONF_LIST, false), items);
}

size_t conf_sec_list(const struct conf *c, const char *section, size_t i, const char *opt,
		     const struct str **items)
{
	return items_of(of(c, section, i, opt, CONF_LIST, false), items);
}

bool conf_known(const struct conf *c, const char *name)
{
	return map_get(c->table->rows, str_c(name)) != NULL;
}

bool conf_is_set(const struct conf *c, const char *name)
{
	return one(c, name, CONF_BOOL, true)->set;
}

bool conf_sec_is_set(const struct conf *c, const char *section, size_t i, const char *opt)
{
	return of(c, section, i, opt, CONF_BOOL, true)->set;
}

const char *conf_where(const struct conf *c, const char *name)
{
	return where(c, one(c, name, CONF_BOOL, true));
}

static const struct section *many(const struct conf *c, const char *name)
{
	char path[NAME_MAX_LEN];
	const struct section *s;

	snprintf(path, sizeof path, "%s.*", name);
	s = map_get(c->table->sections, str_c(path));
	if (!s)
		bug("conf: no sections %s", name);
	return s;
}

const char *conf_sec_where(const struct conf *c, const char *section, size_t i, const char *opt)
{
	const struct value *v = of(c, section, i, opt, CONF_BOOL, true);

	return at(c, v->set ? &v->place : &many(c, section)->instances.p[i].place);
}

size_t conf_sections(const struct conf *c, const char *section)
{
	return many(c, section)->instances.n;
}

struct str conf_section_title(const struct conf *c, const char *section, size_t i)
{
	const struct section *s = many(c, section);

	if (i >= s->instances.n)
		bug("conf: no section %s %zu", section, i);
	return s->instances.p[i].title;
}
