/* The views of a message that rules in SpamAssassin's language match, line by line. */
#include "base/buf.h"
#include "cmd/parse.h"

typedef VEC(struct str) str_vec;

/* ---- what each view is made of ---- */

static void add_lines(const struct parsed *p, const struct view_lines *lines, str_vec *out)
{
	for (size_t i = 0; i < lines->n; i++)
		VEC_PUSH(p->arena, *out) = lines->p[i].text;
}

static void body(const struct parsed *p, str_vec *out)
{
	add_lines(p, view_body(p->view), out);
}

static void rawbody(const struct parsed *p, str_vec *out)
{
	add_lines(p, view_rawbody(p->view), out);
}

static void uri(const struct parsed *p, str_vec *out)
{
	add_lines(p, view_uri(p->view), out);
}

static void full(const struct parsed *p, str_vec *out)
{
	add_lines(p, view_full(p->view), out);
}

static void relays(const struct parsed *p, str_vec *out)
{
	static const char *const which[] = { "Trusted", "Untrusted", "Internal", "External" };

	for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
		struct str name = arena_printf(p->arena, "X-Spam-Relays-%s", which[i]);
		struct str text = view_header(p->view, name);
		VEC_PUSH(p->arena, *out) =
			arena_printf(p->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(text));
	}
}

static void html(const struct parsed *p, str_vec *out)
{
	double value;

	for (size_t i = 0; i < view_html_parts(p->view); i++)
		for (const char *const *name = view_html_facts; *name; name++)
			if (view_html_fact(view_html_part(p->view, i), str_c(*name), &value))
				VEC_PUSH(p->arena, *out) =
					arena_printf(p->arena, "%zu %s %g", i, *name, value);
}

static void header(const struct parsed *p, struct str name, str_vec *out)
{
	struct str text = view_header(p->view, name);

	if (text.p)
		VEC_PUSH(p->arena, *out) = text;
}

static void mimeheader(const struct parsed *p, struct str name, str_vec *out)
{
	add_lines(p, view_mimeheader(p->view, name), out);
}

static const struct {
	const char *name;
	void (*make)(const struct parsed *p, str_vec *out);
	void (*make_named)(const struct parsed *p, struct str name, str_vec *out);
} views[] = {
	{ "body", body, NULL },	    { "rawbody", rawbody, NULL },	{ "uri", uri, NULL },
	{ "full", full, NULL },	    { "relays", relays, NULL },		{ "html", html, NULL },
	{ "header", NULL, header }, { "mimeheader", NULL, mimeheader },
};

#define VIEWS (sizeof views / sizeof *views)

/* Row of a view and, behind a colon, its name; VIEWS: there is none. */
static size_t find(struct str text, struct str *name)
{
	size_t i = 0;
	struct str kind;

	*name = text;
	kind = str_cut(name, ':');
	while (i < VIEWS && !str_eq(kind, str_c(views[i].name)))
		i++;
	return i < VIEWS && (views[i].make_named ? name->n > 0 : !name->p) ? i : VIEWS;
}

bool parse_view_known(struct str name)
{
	struct str rest;

	return find(name, &rest) < VIEWS;
}

/* ---- out ---- */

static void print_line(struct str s, FILE *out)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '\n':
			fputs("\\n", out);
			break;
		case '\r':
			fputs("\\r", out);
			break;
		case '\\':
			fputs("\\\\", out);
			break;
		default:
			putc(s.p[i], out);
		}
	putc('\n', out);
}

void parse_view(const struct parsed *p, struct str name, bool json, FILE *out)
{
	struct str rest;
	size_t i = find(name, &rest);
	str_vec lines = { 0 };
	json_t *list;

	if (views[i].make)
		views[i].make(p, &lines);
	else
		views[i].make_named(p, rest, &lines);
	if (!json) {
		for (size_t k = 0; k < lines.n; k++)
			print_line(lines.p[k], out);
		return;
	}
	list = json_array();
	for (size_t k = 0; k < lines.n; k++)
		json_array_append_new(list, report_str(lines.p[k]));
	json_dumpf(list, out, JSON_COMPACT);
	putc('\n', out);
	json_decref(list);
}
