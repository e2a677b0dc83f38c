/* One value: text to a checked number, word, string or list. */
#include "conf/value.h"

#include "base/err.h"
#include "base/vec.h"
#include "conf/lex.h"

/* A number of any of the types. */
struct num {
	int64_t i;
	double f;
};

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit units_size[] = { { "", 1 },	    { "k", 1 << 10 }, { "K", 1 << 10 },
					  { "m", 1 << 20 }, { "M", 1 << 20 }, { "g", 1 << 30 },
					  { "G", 1 << 30 }, { NULL, 0 } };
static const struct unit units_time[] = { { "ms", 1 },	  { "s", 1000 },    { "", 1000 },
					  { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
					  { NULL, 0 } };
static const struct unit units_none[] = { { "", 1 }, { NULL, 0 } };

/* Digits and one of the units; what does not fit in 63 bits is none. */
static bool whole(struct str s, const struct unit *units, bool sign, int64_t *out)
{
	bool minus = sign && s.n && s.p[0] == '-';
	size_t digits = 0;
	uint64_t v;

	s = str_skip(s, minus);
	while (digits < s.n && ch_digit(s.p[digits]))
		digits++;
	if (!str_u64(str_sub(s, 0, digits), INT64_MAX, &v))
		return false;
	for (; units->name; units++)
		if (str_eq(str_skip(s, digits), str_c(units->name)))
			break;
	if (!units->name || __builtin_mul_overflow((int64_t)v, units->factor, out))
		return false;
	*out = minus ? -*out : *out;
	return true;
}

static bool number(enum conf_type t, struct str s, struct num *out)
{
	*out = (struct num){ 0, 0 };
	switch (t) {
	case CONF_INT:
		return whole(s, units_none, true, &out->i);
	case CONF_SIZE:
		return whole(s, units_size, false, &out->i);
	case CONF_TIME:
		return whole(s, units_time, false, &out->i);
	default:
		return str_f64(s, &out->f);
	}
}

/* Within "least..most", either of which may be left out. */
static bool in_range(const struct conf_opt *o, const struct num *n)
{
	struct str range = str_c(o->allow), low, high;
	size_t dots = str_find(range, STR(".."));
	struct num least, most;

	if (!o->allow)
		return true;
	low = str_sub(range, 0, dots);
	high = str_skip(range, dots == SIZE_MAX ? range.n : dots + 2);
	if (dots == SIZE_MAX || (low.n && !number(o->type, low, &least)) ||
	    (high.n && !number(o->type, high, &most)))
		bug("option %s: range %s", o->name, o->allow);
	if (low.n && (n->i < least.i || n->f < least.f))
		return false;
	return !high.n || (n->i <= most.i && n->f <= most.f);
}

static bool among(const char *words, struct str s, size_t *index)
{
	struct str rest = str_c(words);

	for (size_t i = 0; rest.p; i++) {
		if (!str_eq(str_cut(&rest, '|'), s))
			continue;
		*index = i;
		return true;
	}
	return false;
}

static bool boolean(struct str s, bool *b)
{
	static const struct {
		struct str word;
		bool b;
	} t[] = { { STR("true"), true },   { STR("yes"), true }, { STR("on"), true },
		  { STR("false"), false }, { STR("no"), false }, { STR("off"), false } };

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		if (!str_ieq(t[i].word, s))
			continue;
		*b = t[i].b;
		return true;
	}
	return false;
}

static const char *const type_words[] = {
	[CONF_BOOL] = "true or false",
	[CONF_INT] = "a whole number",
	[CONF_SIZE] = "a size in octets such as 512, 64k, 10M or 1G",
	[CONF_TIME] = "a time such as 500ms, 30s, 5m, 1h or 1d",
	[CONF_FLOAT] = "a number",
	[CONF_STR] = "text",
	[CONF_ENUM] = "one of",
	[CONF_LIST] = "a list such as {\"a\", \"b\"}",
};

const char *value_type(enum conf_type t)
{
	static const char *const name[] = {
		[CONF_BOOL] = "bool", [CONF_INT] = "int",     [CONF_SIZE] = "size",
		[CONF_TIME] = "time", [CONF_FLOAT] = "float", [CONF_STR] = "string",
		[CONF_ENUM] = "word", [CONF_LIST] = "list",
	};

	return name[t];
}

/* What is allowed, in words. */
static bool expected(const struct conf_opt *o, char why[WHY_MAX])
{
	bool words = o->type == CONF_ENUM || o->type == CONF_LIST;

	if (!o->allow)
		snprintf(why, WHY_MAX, "%s", type_words[o->type]);
	else
		snprintf(why, WHY_MAX, "%s %s%s", words ? "one of" : type_words[o->type],
			 words ? "" : "in ", o->allow);
	return false;
}

bool value_item(const struct conf_opt *o, struct str item, char why[WHY_MAX])
{
	size_t index;

	if (o->type == CONF_LIST && o->allow && !among(o->allow, item, &index))
		return expected(o, why);
	return !o->check || o->check(item, why, WHY_MAX);
}

bool value_parse(const struct conf_opt *o, struct str s, struct value *v, char why[WHY_MAX])
{
	struct num n;
	size_t index;

	why[0] = '\0';
	v->s = s;
	switch (o->type) {
	case CONF_BOOL:
		return boolean(s, &v->b) || expected(o, why);
	case CONF_ENUM:
		if (!among(o->allow, s, &index))
			return expected(o, why);
		v->i = (int64_t)index;
		return true;
	case CONF_STR:
	case CONF_LIST:
		return value_item(o, s, why);
	default:
		if (!number(o->type, s, &n) || !in_range(o, &n))
			return expected(o, why);
		v->i = n.i;
		v->f = n.f;
		return true;
	}
}

/* {a, b} with or without quotes; no item of a default has a comma in it. */
static bool default_list(struct arena *a, const struct conf_opt *o, struct value *v,
			 char why[WHY_MAX])
{
	struct str rest = str_trim(str_c(o->def));
	VEC(struct str) items = { 0 };

	if (rest.n < 2 || rest.p[0] != '{' || rest.p[rest.n - 1] != '}')
		return expected(o, why);
	rest = str_trim(str_sub(rest, 1, rest.n - 2));
	while (rest.n) {
		struct str item = lex_bare(str_trim(str_cut(&rest, ',')));
		if (!item.n)
			return expected(o, why);
		if (!value_item(o, item, why))
			return false;
		VEC_PUSH(a, items) = arena_dup(a, item);
	}
	v->items = items.p;
	v->n = items.n;
	return true;
}

bool value_default(struct arena *a, const struct conf_opt *o, struct value *v, char why[WHY_MAX])
{
	*v = (struct value){ .s = STR_NULL };
	if (o->type == CONF_LIST)
		return default_list(a, o, v, why);
	return value_parse(o, str_c(o->def), v, why);
}
