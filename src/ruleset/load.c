/* Directives to rules. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ruleset/lines.h"
#include "ruleset/rule.h"

const struct conf_opt ruleset_options[] = {
	{ .name = "rules.dir",
	  .type = CONF_STR,
	  .def = "",
	  .help = "directory of rule files (*.cf, in order of name); empty: the rules that came "
		  "with "
		  "the program" },
	{ .name = "rules.files",
	  .type = CONF_LIST,
	  .help = "rule files or directories of the site, read after rules.dir" },
	{ 0 },
};

#define SCORE_MAX 1000000.0 /* of a rule, either way */
#define PRIORITY_MAX 1000000u
#define NAME_MAX_LEN 128u /* octets of a rule's name */

struct loader {
	struct ruleset *set;
	struct line_reader reader;
};

bool rule_is_sub(const struct rule *r)
{
	return str_starts(r->name, STR("__"));
}

/* "rules/30_auth.cf" -> "auth". */
static struct str default_group(const char *file)
{
	struct str s = str_c(file);
	size_t at = str_rchr(s, '/');

	if (at != SIZE_MAX)
		s = str_skip(s, at + 1);
	while (s.n && (ch_digit(s.p[0]) || s.p[0] == '_'))
		s = str_skip(s, 1);
	at = str_rchr(s, '.');
	return at == SIZE_MAX ? s : str_sub(s, 0, at);
}

static bool good_name(struct str name)
{
	if (!name.n || name.n > NAME_MAX_LEN || ch_digit(name.p[0]))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ch_alnum(name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

/* The rule of that name, made if it is new; NULL after a fault. */
static struct rule *rule_named(struct loader *l, const struct rule_line *line, struct str name)
{
	struct ruleset *set = l->set;
	struct rule *r = map_get(set->by_name, name);

	if (r)
		return r;
	if (!good_name(name)) {
		line_fault(&l->reader, line, "%.*s: expected a rule name of letters, digits and _",
			   STR_ARG(line->word));
		return NULL;
	}
	if (set->rules.n == RULESET_MAX_RULES) {
		line_fault(&l->reader, line, "more than %u rules", RULESET_MAX_RULES);
		return NULL;
	}
	r = ARENA_NEW(set->arena, struct rule);
	r->name = name;
	r->file = line->file;
	r->line = line->line;
	r->group = default_group(line->file);
	VEC_PUSH(set->arena, set->rules) = r;
	map_put(set->by_name, name, r);
	return r;
}

/* Cuts the first word off *rest. */
static struct str word(struct str *rest)
{
	size_t n = 0;
	struct str w;

	while (n < rest->n && !ch_wsp(rest->p[n]))
		n++;
	w = str_sub(*rest, 0, n);
	*rest = str_trim(str_skip(*rest, n));
	return w;
}

static void define(struct rule *r, const struct rule_line *line, enum rule_kind kind,
		   struct str text)
{
	r->kind = kind;
	r->file = line->file;
	r->line = line->line;
	r->text = text;
	r->group = r->group.n ? r->group : default_group(line->file);
}

/* ---- header NAME eval:f(args) ---- */

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
		*in = s.n ? str_skip(s, 1) : STR_NULL;
		return true;
	}
	*out = str_trim(str_cut(&s, ','));
	*in = s;
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
	size_t least;

	r->arg = ARENA_ARRAY(l->set->arena, struct predicate_arg, RULESET_MAX_ARGS);
	r->nargs = 0;
	in = str_trim(in);
	while (in.n) {
		struct str text;
		char type = arg_type(pattern, r->nargs, &least);
		if (!type || r->nargs == RULESET_MAX_ARGS) {
			line_fault(&l->reader, line, "eval:%s: too many arguments",
				   r->predicate->name);
			return false;
		}
		if (!read_arg(&in, &text) || !set_arg(&r->arg[r->nargs++], text, type)) {
			line_fault(&l->reader, line, "eval:%s: argument %zu: expected %s",
				   r->predicate->name, r->nargs,
				   type == 'n' ? "a number" : "text in quotes");
			return false;
		}
	}
	arg_type(pattern, SIZE_MAX, &least);
	if (r->nargs < least)
		line_fault(&l->reader, line, "eval:%s: found %zu arguments, expected %zu",
			   r->predicate->name, r->nargs, least);
	return r->nargs >= least;
}

static void take_header(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest, name = word(&rest), call;
	const struct check *owner;
	struct rule *r = rule_named(l, line, name);

	if (!r)
		return;
	if (!str_starts(rest, STR("eval:"))) {
		line_fault(&l->reader, line,
			   "header %.*s: expected eval:function(arguments); patterns over headers "
			   "are not read by this version",
			   STR_ARG(name));
		return;
	}
	rest = str_skip(rest, 5);
	call = str_trim(str_cut(&rest, '('));
	if (!rest.p || !rest.n || rest.p[rest.n - 1] != ')') {
		line_fault(&l->reader, line, "header %.*s: expected eval:function(arguments)",
			   STR_ARG(name));
		return;
	}
	r->predicate = scan_setup_predicate(l->reader.setup, call, &owner);
	if (!r->predicate) {
		line_fault(&l->reader, line, "header %.*s: no function %.*s", STR_ARG(name),
			   STR_ARG(call));
		return;
	}
	if (read_args(l, line, r, str_sub(rest, 0, rest.n - 1)))
		define(r, line, RULE_EVAL, str_skip(line->rest, name.n));
}

/* ---- the other directives ---- */

static void take_meta(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest, name = word(&rest);
	struct rule *r = rule_named(l, line, name);

	if (r && !rest.n)
		line_fault(&l->reader, line, "meta %.*s: expected an expression", STR_ARG(name));
	else if (r)
		define(r, line, RULE_META, rest);
}

static bool read_score(struct str text, double *score)
{
	return str_f64(text, score) && *score >= -SCORE_MAX && *score <= SCORE_MAX;
}

/* One value, or four of which the last is ours (all tests on). */
static void take_score(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest;
	struct rule *r = rule_named(l, line, word(&rest));
	double score[4];
	size_t n = 0;

	if (!r)
		return;
	while (rest.n && n < 4 && read_score(word(&rest), &score[n]))
		n++;
	if (rest.n || (n != 1 && n != 4)) {
		line_fault(&l->reader, line, "score %.*s: found \"%.*s\", expected 1 or 4 numbers",
			   STR_ARG(r->name), STR_ARG(line->rest));
		return;
	}
	r->score = score[n - 1];
	r->scored = true;
}

static void take_text(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest;
	struct rule *r = rule_named(l, line, word(&rest));

	if (!r)
		return;
	if (!rest.n)
		line_fault(&l->reader, line, "%.*s %.*s: expected text", STR_ARG(line->word),
			   STR_ARG(r->name));
	else if (str_eq(line->word, STR("describe")))
		r->describe = rest;
	else if (str_eq(line->word, STR("group")))
		r->group = rest;
	else
		r->tflags = rest;
}

static void take_priority(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest;
	struct rule *r = rule_named(l, line, word(&rest));
	bool minus = str_starts(rest, STR("-"));
	uint64_t v;

	if (!r)
		return;
	if (!str_u64(str_skip(rest, minus), PRIORITY_MAX, &v))
		line_fault(&l->reader, line,
			   "priority %.*s: found \"%.*s\", expected a whole number",
			   STR_ARG(r->name), STR_ARG(rest));
	else
		r->priority = minus ? -(int64_t)v : (int64_t)v;
}

static void take_test(struct loader *l, const struct rule_line *line)
{
	struct str rest = line->rest;
	struct rule *r = rule_named(l, line, word(&rest));
	struct str verdict = word(&rest);

	if (!r)
		return;
	if (!str_eq(verdict, STR("ok")) && !str_eq(verdict, STR("fail"))) {
		line_fault(&l->reader, line, "test %.*s: found \"%.*s\", expected ok or fail",
			   STR_ARG(r->name), STR_ARG(verdict));
		return;
	}
	VEC_PUSH(l->set->arena, l->set->tests) =
		(struct rule_test){ r, str_eq(verdict, STR("ok")), rest, line->file, line->line };
}

static const struct {
	const char *word;
	void (*take)(struct loader *, const struct rule_line *);
} directives[] = {
	{ "header", take_header }, { "meta", take_meta },	  { "score", take_score },
	{ "describe", take_text }, { "tflags", take_text },	  { "group", take_text },
	{ "test", take_test },	   { "priority", take_priority },
};

static void take(void *arg, const struct rule_line *line)
{
	struct loader *l = arg;

	for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
		if (str_eq(line->word, str_c(directives[i].word))) {
			directives[i].take(l, line);
			return;
		}
	line_fault(&l->reader, line, "unknown directive \"%.*s\"", STR_ARG(line->word));
}

/* ---- the whole ---- */

static bool meta_resolve(void *arg, struct str name, struct str call_arg, bool is_call, size_t *ref)
{
	struct loader *l = arg;
	struct rule *r = is_call ? NULL : map_get(l->set->by_name, name);

	(void)call_arg;
	if (!r || r->kind == RULE_NONE)
		return false;
	*ref = (size_t)(uintptr_t)r;
	return true;
}

static void compile_metas(struct loader *l)
{
	for (size_t i = 0; i < l->set->rules.n; i++) {
		struct rule *r = l->set->rules.p[i];
		struct rule_line at = { .file = r->file, .line = r->line };
		struct err e;
		if (r->kind == RULE_NONE)
			line_fault(&l->reader, &at,
				   "%.*s is scored, described or tested, but not defined",
				   STR_ARG(r->name));
		if (r->kind != RULE_META)
			continue;
		r->expr = expr_compile(l->set->arena, r->text, meta_resolve, l, &e);
		if (!r->expr)
			line_fault(&l->reader, &at, "meta %.*s: %s", STR_ARG(r->name), e.text);
	}
}

/* SpamAssassin's defaults: 1 point, 0.01 for a rule on trial, nothing for a subrule. */
static void default_scores(struct ruleset *set)
{
	for (size_t i = 0; i < set->rules.n; i++) {
		struct rule *r = set->rules.p[i];
		if (rule_is_sub(r))
			r->score = 0;
		else if (!r->scored)
			r->score = str_starts(r->name, STR("T_")) ? 0.01 : 1;
	}
}

/* "rules" in the program's directory or beside it (a build tree), "share/merlon/rules" beside its
 * directory (an installed tree, wherever it was moved to), or where they were to be installed. A
 * path that we may not look at is the answer if there is no better one: its fault is to be told. */
static const char *shipped_rules(struct arena *a)
{
	static const struct {
		int up;
		const char *path;
	} places[] = { { 1, "rules" }, { 2, "rules" }, { 2, "share/merlon/rules" } };
	char exe[4096];
	ssize_t got = readlink("/proc/self/exe", exe, sizeof exe);
	const char *denied = NULL;
	struct str dir[3] = { str_of(exe, got > 0 ? (size_t)got : 0) };
	struct stat st;

	for (int up = 1; up < 3; up++) {
		size_t slash = str_rchr(dir[up - 1], '/');
		dir[up] = str_sub(dir[up - 1], 0, slash == SIZE_MAX ? 0 : slash);
	}
	for (size_t i = 0; dir[0].n && i < sizeof places / sizeof *places; i++) {
		const char *path =
			arena_printf(a, "%.*s/%s", STR_ARG(dir[places[i].up]), places[i].path).p;
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return path;
		if (errno == EACCES && !denied)
			denied = path;
	}
	return denied ? denied : MERLON_DATADIR "/rules";
}

struct ruleset *ruleset_load(struct arena *a, const struct conf *c, const struct scan_setup *setup,
			     ruleset_fault_fn *fault, void *arg)
{
	struct ruleset *set = ARENA_NEW(a, struct ruleset);
	struct loader l = { .set = set,
			    .reader = { .arena = a,
					.setup = setup,
					.fault = fault,
					.fault_arg = arg,
					.take = take } };
	const struct str *file;
	size_t n = conf_list(c, "rules.files", &file);

	set->judge.run = ruleset_run;
	set->arena = a;
	set->by_name = map_new(a, false);
	l.reader.arg = &l;
	lines_read(&l.reader,
		   conf_str(c, "rules.dir").n ? conf_str(c, "rules.dir").p : shipped_rules(a));
	for (size_t i = 0; i < n; i++)
		lines_read(&l.reader, file[i].p);
	compile_metas(&l);
	if (l.reader.faults)
		return NULL;
	default_scores(set);
	ruleset_order(set, &l.reader);
	if (!l.reader.faults)
		ruleset_test(set, &l.reader);
	return l.reader.faults ? NULL : set;
}

const struct judge *ruleset_judge(const struct ruleset *r)
{
	return &r->judge;
}

size_t ruleset_count(const struct ruleset *r)
{
	return r->rules.n;
}
