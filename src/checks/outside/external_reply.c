/* What a check of the site answers. */
#include <jansson.h>
#include <math.h>

#include "checks/outside/external.h"

static bool fail(const char **why, const char *text)
{
	*why = text;
	return false;
}

static bool name_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !ch_digit(s.p[i]) && s.p[i] != '_')
			return false;
	return s.n && s.n <= EXTERNAL_NAME_MAX;
}

static struct str text_of(const json_t *j)
{
	return str_of(json_string_value(j), json_string_length(j));
}

/* Absent is the number that stands there already. */
static bool read_number(const json_t *j, double *n)
{
	if (!j)
		return true;
	*n = json_number_value(j);
	return json_is_number(j) && isfinite(*n);
}

static bool known(const struct external_reply *r, struct str name)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->symbol[i].name, name))
			return true;
	return false;
}

static bool read_symbol(struct arena *a, const json_t *j, struct external_reply *r,
			const char **why)
{
	const json_t *name = json_object_get(j, "name"), *value = json_object_get(j, "value"),
		     *evidence = json_object_get(j, "evidence");
	struct external_symbol *y = &r->symbol[r->n];
	size_t members = 1u + (value != NULL) + (evidence != NULL);

	if (!json_is_object(j) || !json_is_string(name) || json_object_size(j) != members)
		return fail(why, "a symbol has name, and may have value and evidence");
	if (!name_ok(text_of(name)))
		return fail(why, "a symbol's name is of A-Z, 0-9 and _, and short");
	if (known(r, text_of(name)))
		return fail(why, "a symbol stands there twice");
	*y = (struct external_symbol){ .name = arena_dup(a, text_of(name)), .value = 1 };
	if (!read_number(value, &y->value))
		return fail(why, "a symbol's value is no number");
	y->evidence = evidence ? arena_dup(a, text_of(evidence)) : STR("");
	if (evidence && (!json_is_string(evidence) || y->evidence.n > EXTERNAL_EVIDENCE_MAX ||
			 (y->evidence.n && !str_printable(y->evidence))))
		return fail(why, "a symbol's evidence is printable ASCII, and short");
	r->n++;
	return true;
}

static bool read_all(struct arena *a, const json_t *root, struct external_reply *r,
		     const char **why)
{
	const json_t *symbols = json_object_get(root, "symbols"),
		     *score = json_object_get(root, "score");

	if (!json_is_object(root) || !json_is_array(symbols) ||
	    json_object_size(root) != 1u + (score != NULL))
		return fail(why, "it is an object with symbols, and may have score");
	if (json_array_size(symbols) > EXTERNAL_SYMBOLS_MAX)
		return fail(why, "too many symbols");
	for (size_t i = 0; i < json_array_size(symbols); i++)
		if (!read_symbol(a, json_array_get(symbols, i), r, why))
			return false;
	return read_number(score, &r->score) || fail(why, "score is no number");
}

bool external_reply_read(struct arena *a, struct str line, struct external_reply *r,
			 const char **why)
{
	json_t *root;
	bool ok;

	*r = (struct external_reply){ 0 };
	if (!line.n || line.n > EXTERNAL_REPLY_MAX || line.p[0] != '{' ||
	    str_chr(line, '\n') != line.n - 1)
		return fail(why, "it is not one line with one object");
	root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		return fail(why, "it is not JSON");
	ok = read_all(a, root, r, why);
	json_decref(root);
	return ok;
}

int external_whole(struct str so_far)
{
	struct external_reply r;
	struct arena *a;
	const char *why;
	bool ok;

	if (!so_far.n)
		return 0;
	if (so_far.p[0] != '{')
		return -1;
	if (str_chr(so_far, '\n') == SIZE_MAX)
		return so_far.n < EXTERNAL_REPLY_MAX ? 0 : -1;
	a = arena_new(0);
	ok = external_reply_read(a, so_far, &r, &why);
	arena_free(a);
	return ok ? 1 : -1;
}
