/* eval:function(arguments): the predicate and what it is given. */
#include "ruleset/loader.h"

/* Functions that ask services which nothing here speaks to, by the beginning of their names. */
static const struct {
	const char *name, *why;
} refused[] = {
	{ "check_razor2", "the Razor service is not asked by this program" },
	{ "check_dcc", "the DCC service is not asked by this program" },
	{ "check_uri_local_bl", "its data bases are not read by this program" },
};

static const char *why_refused(struct str name)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (str_starts(name, str_c(refused[i].name)))
			return refused[i].why;
	return NULL;
}

/* One argument: 'text', "text", or bare up to a comma. Cuts it and its comma off *in. */
static bool read_arg(struct str *in, struct str *out)
{
	struct str s = str_trim(*in);
	char q = s.n ? s.p[0] : '\0';
	size_t end;

	if (q == '\'' || q == '"') {
		end = str_chr(str_skip(s, 1), q);
		if (end == SIZE_MAX)
			return false;
		*out = str_sub(s, 1, end);
		s = str_trim(str_skip(s, end + 2));
		if (s.n && s.p[0] != ',')
			return false;
		*in = s.n ? str_trim(str_skip(s, 1)) : STR_NULL;
		return true;
	}
	*out = str_trim(str_cut(&s, ','));
	*in = str_trim(s);
	return out->n > 0;
}

/* The type of argument i by the predicate's pattern ("s|n*"); '\0': one too many. *least: needed.
 */
static char arg_type(const char *pattern, size_t i, size_t *least)
{
	char type = '\0', last = '\0';
	size_t at = 0;
	bool optional = false;

	*least = 0;
	for (const char *p = pattern; *p; p++) {
		if (*p == '|') {
			optional = true;
		} else if (*p == '*') {
			type = type ? type : last;
		} else {
			*least += !optional;
			last = *p;
			if (at++ == i)
				type = *p;
		}
	}
	return type;
}

static bool set_arg(struct predicate_arg *a, struct str text, char type)
{
	a->text = text;
	return type == 'n' ? str_f64(text, &a->number) : type == 's';
}

static bool read_args(struct loader *l, const struct rule_line *line, struct rule *r, struct str in)
{
	const char *pattern = r->predicate->args;
	VEC(struct predicate_arg) args = { 0 };
	size_t least;

	in = str_trim(in);
	while (in.n) {
		struct str text;
		struct predicate_arg arg = { 0 };
		char type = arg_type(pattern, args.n, &least);
		if (!type || args.n == RULESET_MAX_ARGS) {
			line_fault(&l->reader, line, "eval:%s: too many arguments",
				   r->predicate->name);
			return false;
		}
		if (!read_arg(&in, &text) || !set_arg(&arg, text, type)) {
			line_fault(&l->reader, line, "eval:%s: argument %zu: expected %s",
				   r->predicate->name, args.n + 1,
				   type == 'n' ? "a number" : "text in quotes");
			return false;
		}
		VEC_PUSH(l->set->arena, args) = arg;
	}
	r->arg = args.p;
	r->nargs = args.n;
	arg_type(pattern, SIZE_MAX, &least);
	if (r->nargs < least)
		line_fault(&l->reader, line, "eval:%s: found %zu arguments, expected %zu",
			   r->predicate->name, r->nargs, least);
	return r->nargs >= least;
}

void loader_eval(struct loader *l, const struct rule_line *line, struct rule *r, struct str text)
{
	const struct check *owner;
	struct str rest = text, call = str_trim(str_cut(&rest, '('));

	loader_define(l, r, line, RULE_EVAL, str_skip(line->rest, r->name.n));
	r->text = str_trim(r->text);
	if (!rest.p || !rest.n || rest.p[rest.n - 1] != ')' || !call.n) {
		line_fault(&l->reader, line, "%.*s %.*s: expected eval:function(arguments)",
			   STR_ARG(line->word), STR_ARG(r->name));
		return;
	}
	r->predicate = scan_setup_predicate(l->reader.setup, call, &owner);
	if (r->predicate) {
		r->content = owner->flags & CHECK_CONTENT;
		read_args(l, line, r, str_sub(rest, 0, rest.n - 1));
	} else if (why_refused(call)) {
		loader_unsupported(l, r, "%s", why_refused(call));
	} else {
		loader_unsupported(l, r, "no function %.*s", STR_ARG(call));
	}
}
