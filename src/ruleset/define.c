/* Definitions of rules: patterns over views, conditions on URIs, expressions. */
#include "base/buf.h"
#include "ruleset/loader.h"

static struct rule_line at(const struct rule *r)
{
	return (struct rule_line){ .file = r->file, .line = r->line };
}

void loader_define(struct loader *l, struct rule *r, const struct rule_line *line,
		   enum rule_kind kind, struct str text)
{
	r->kind = kind;
	r->file = line->file;
	r->line = line->line;
	r->word = line->word;
	r->text = text;
	r->unsupported = r->field = r->unset = r->written = STR_NULL;
	r->exists = r->negated = false;
	r->predicate = NULL;
	r->content = false;
	r->cond = NULL;
	VEC_PUSH(l->set->arena, r->defined) = (struct rule_definition){
		{ line->file, line->line, line->layer }, line->word, text
	};
}

void loader_unsupported(struct loader *l, struct rule *r, const char *fmt, ...)
{
	struct rule_line where = at(r);
	va_list ap;

	va_start(ap, fmt);
	r->unsupported = arena_vprintf(l->set->arena, fmt, ap);
	va_end(ap);
	line_note(&l->reader, &where, "%.*s %.*s: not loaded: %.*s", STR_ARG(r->word),
		  STR_ARG(r->name), STR_ARG(r->unsupported));
}

/* Cuts the name of a rule off the line; NULL after a fault. */
static struct rule *named(struct loader *l, const struct rule_line *line, struct str *rest)
{
	struct str name;
	struct rule *r;

	*rest = line->rest;
	name = line_word(rest);
	r = loader_rule(l, line, name);
	if (r && !rest->n) {
		line_fault(&l->reader, line, "%.*s %.*s: expected %s", STR_ARG(line->word),
			   STR_ARG(name),
			   str_eq(line->word, STR("meta")) ? "an expression"
							   : "an expression "
							     "in slashes");
		return NULL;
	}
	return r;
}

void take_pattern(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest;
	struct rule *r = named(l, line, &rest);

	if (!r)
		return;
	if (str_starts(rest, STR("eval:"))) {
		loader_eval(l, line, r, str_skip(rest, 5));
		return;
	}
	loader_define(l, r, line, d->kind, rest);
	r->written = rest;
}

/* ---- header and mimeheader ---- */

static bool field_char(char c)
{
	return c > ' ' && c < 127 && c != '=' && c != '!';
}

/* "Subject:raw" and then "=~ /.../" or "!~ /.../". */
static bool read_field(struct rule *r, struct str *rest)
{
	size_t n = 0;

	while (n < rest->n && field_char(rest->p[n]))
		n++;
	r->field = str_sub(*rest, 0, n);
	*rest = str_trim(str_skip(*rest, n));
	if (!n || rest->n < 3 || rest->p[1] != '~')
		return false;
	r->negated = rest->p[0] == '!';
	if (rest->p[0] != '=' && !r->negated)
		return false;
	*rest = str_trim(str_skip(*rest, 2));
	if (r->field.p[n - 1] == ':')
		r->field.n--;
	return rest->n > 0 && r->field.n > 0;
}

/* Cuts "[if-unset: x]" off the end. */
static void read_unset(struct rule *r, struct str *rest)
{
	struct str mark = STR("[if-unset:");
	size_t from;

	if (!rest->n || rest->p[rest->n - 1] != ']')
		return;
	for (from = rest->n; from > 0; from--)
		if (str_starts(str_skip(*rest, from), mark))
			break;
	if (!from || !ch_wsp(rest->p[from - 1]))
		return;
	r->unset = str_trim(str_sub(*rest, from + mark.n, rest->n - from - mark.n - 1));
	*rest = str_trim(str_sub(*rest, 0, from));
}

/* What may follow a field's name. */
static bool good_modifiers(struct str field)
{
	static const char *const known[] = { "raw", "addr",  "name",  "host", "domain",
					     "ip",  "revip", "first", "last", "case" };
	struct str rest = field;

	str_cut(&rest, ':');
	while (rest.p) {
		struct str one = str_cut(&rest, ':');
		bool ok = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			ok |= str_ieq(one, str_c(known[i]));
		if (!ok)
			return false;
	}
	return true;
}

static void take_exists(struct loader *l, const struct rule_line *line, struct rule *r,
			struct str rest)
{
	struct str field = str_trim(str_skip(rest, 7));

	if (field.n && field.p[field.n - 1] == ':')
		field.n--;
	loader_define(l, r, line, RULE_HEADER, rest);
	r->field = field;
	r->exists = true;
	if (!field.n || str_chr(field, ' ') != SIZE_MAX)
		line_fault(&l->reader, line, "header %.*s: expected exists:FIELD",
			   STR_ARG(r->name));
}

void take_header(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest, text;
	struct rule *r = named(l, line, &rest);

	if (!r)
		return;
	if (str_starts(rest, STR("rbleval:")) || str_starts(rest, STR("eval:"))) {
		loader_eval(l, line, r, str_skip(rest, str_chr(rest, ':') + 1));
		return;
	}
	if (d->kind == RULE_HEADER && str_starts(rest, STR("exists:"))) {
		take_exists(l, line, r, rest);
		return;
	}
	text = rest;
	loader_define(l, r, line, d->kind, text);
	if (!read_field(r, &rest)) {
		r->kind = RULE_NONE;
		line_fault(&l->reader, line,
			   "%.*s %.*s: expected FIELD =~ /pattern/, FIELD !~ /pattern/, "
			   "exists:FIELD or eval:function(arguments)",
			   STR_ARG(line->word), STR_ARG(r->name));
		return;
	}
	read_unset(r, &rest);
	r->written = rest;
	if (!good_modifiers(r->field))
		loader_unsupported(l, r, "no such part of a field: \"%.*s\"", STR_ARG(r->field));
}

/* ---- uri_detail ---- */

static const char *const uri_keys[URI_KEYS] = {
	"raw", "type", "cleaned", "text", "domain", "host"
};

static int uri_key(struct str name)
{
	for (int i = 0; i < URI_KEYS; i++)
		if (str_eq(name, str_c(uri_keys[i])))
			return i;
	return -1;
}

/* Octets of the pattern that s begins with, delimiters and modifiers included; 0: none. It ends
 * where white space or the end follows. */
static size_t pattern_len(struct str s)
{
	size_t n = str_starts(s, STR("m")) ? 2 : 1;
	char end;

	if (s.n < n + 1 || (n == 1 && s.p[0] != '/'))
		return 0;
	end = s.p[n - 1];
	for (; n < s.n; n++) {
		size_t m = n + 1;
		if (s.p[n] != end)
			continue;
		while (m < s.n && ch_alpha(s.p[m]))
			m++;
		if (m == s.n || ch_wsp(s.p[m]))
			return m;
	}
	return 0;
}

/* One "key =~ /re/", cut off *rest. */
static bool read_cond(struct rule *r, struct str *rest)
{
	size_t n = 0;
	int key;
	bool negated;

	while (n < rest->n && ch_alpha(rest->p[n]))
		n++;
	key = uri_key(str_sub(*rest, 0, n));
	*rest = str_trim(str_skip(*rest, n));
	negated = str_starts(*rest, STR("!~"));
	if (key < 0 || (!negated && !str_starts(*rest, STR("=~"))))
		return false;
	*rest = str_trim(str_skip(*rest, 2));
	n = pattern_len(*rest);
	if (!n)
		return false;
	r->cond[key] = (struct uri_cond){ .written = str_sub(*rest, 0, n), .negated = negated };
	*rest = str_trim(str_skip(*rest, n));
	return true;
}

void take_uri_detail(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest;
	struct rule *r = named(l, line, &rest);

	if (!r)
		return;
	loader_define(l, r, line, d->kind, rest);
	r->cond = ARENA_ARRAY(l->set->arena, struct uri_cond, URI_KEYS);
	while (rest.n) {
		if (read_cond(r, &rest))
			continue;
		r->kind = RULE_NONE;
		line_fault(&l->reader, line,
			   "uri_detail %.*s: expected raw, type, cleaned, text, domain or host, =~ "
			   "or !~, and a pattern, at \"%.*s\"",
			   STR_ARG(r->name), STR_ARG(str_sub(rest, 0, 40)));
		return;
	}
}

/* ---- the rest ---- */

void take_meta(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest;
	struct rule *r = named(l, line, &rest);

	if (r)
		loader_define(l, r, line, d->kind, rest);
}

/* askdns NAME TEMPLATE [TYPES [SUBTEST]]: the function of that name with these arguments. */
void take_askdns(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest;
	struct rule *r = named(l, line, &rest);
	struct predicate_arg *arg = ARENA_ARRAY(l->set->arena, struct predicate_arg, 3);
	const struct check *owner;

	if (!r)
		return;
	loader_define(l, r, line, d->kind, rest);
	r->predicate = scan_setup_predicate(l->reader.setup, STR("askdns"), &owner);
	if (!r->predicate) {
		loader_unsupported(l, r, "no function askdns");
		return;
	}
	r->arg = arg;
	for (r->nargs = 0; rest.n && r->nargs < 3; r->nargs++)
		arg[r->nargs].text = r->nargs < 2 ? line_word(&rest) : rest;
}
