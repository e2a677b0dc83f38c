/* Patterns of rules: tags replaced, compiled, and put into one set for each view. */
#include "base/buf.h"
#include "ruleset/judge.h"
#include "ruleset/loader.h"

bool rule_has_pattern(const struct rule *r)
{
	return r->kind >= RULE_HEADER && !r->exists;
}

static struct rule_line place(const struct rule *r)
{
	return (struct rule_line){ .file = r->file, .line = r->line };
}

static void refuse(struct ruleset *set, struct rule *r, struct line_reader *reader, const char *why)
{
	struct rule_line at = place(r);

	r->unsupported = arena_dup(set->arena, str_c(why));
	line_note(reader, &at, "%.*s %.*s: not loaded: %s", STR_ARG(r->word), STR_ARG(r->name),
		  why);
}

/* ---- capture tests ---- */

static bool tag_char(char c)
{
	return (c >= 'A' && c <= 'Z') || ch_digit(c) || c == '_';
}

/* Octets of "%{NAME}" at from; 0: there is none. */
size_t rule_tag_len(struct str s, size_t from)
{
	size_t n = from + 2;

	if (s.p[from] != '%' || from + 3 >= s.n || s.p[from + 1] != '{' || !ch_alpha(s.p[n]) ||
	    (from && s.p[from - 1] == '\\'))
		return 0;
	while (n < s.n && tag_char(s.p[n]))
		n++;
	return n < s.n && s.p[n] == '}' ? n + 1 - from : 0;
}

static bool has_tags(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (rule_tag_len(s, i))
			return true;
	return false;
}

/* "(?<NAME>", "(?P<NAME>", "(?'NAME'", where NAME begins with a capital. */
static bool has_captures(struct str s)
{
	for (size_t i = 0; i + 3 < s.n; i++) {
		size_t n = i + 2;
		if (s.p[i] != '(' || s.p[i + 1] != '?')
			continue;
		n += s.p[n] == 'P';
		if (n + 1 < s.n && (s.p[n] == '<' || s.p[n] == '\'') && s.p[n + 1] >= 'A' &&
		    s.p[n + 1] <= 'Z')
			return true;
	}
	return false;
}

/* ---- compiling ---- */

/* "/", or "m" or "qr" and what is no letter. */
static bool delimited(struct str s)
{
	size_t n = str_starts(s, STR("qr")) ? 2 : str_starts(s, STR("m")) ? 1 : 0;

	if (n == 0)
		return str_starts(s, STR("/"));
	return s.n > n && !ch_alnum(s.p[n]) && s.p[n] != '_' && s.p[n] != '\\';
}

static bool split(struct ruleset *set, struct rule *r, struct line_reader *reader,
		  struct str written, struct str *text, unsigned *flags)
{
	struct rule_line at = place(r);
	struct err e = { "expected an expression in slashes, or behind m" };

	if (delimited(written) && pattern_split(set->arena, written, text, flags, &e) == 0)
		return true;
	line_fault(reader, &at, "%.*s %.*s: %s", STR_ARG(r->word), STR_ARG(r->name), e.text);
	return false;
}

static bool compile(struct ruleset *set, struct rule *r, struct line_reader *reader,
		    struct str text, unsigned flags, struct pattern **out)
{
	struct rule_line at = place(r);
	struct str warn;
	struct err e;

	if (pattern_compile(set->arena, text, flags, out, &warn, &e) < 0) {
		refuse(set, r, reader, e.text);
		return false;
	}
	if (warn.n)
		line_note(reader, &at, "%.*s %.*s: %.*s", STR_ARG(r->word), STR_ARG(r->name),
			  STR_ARG(warn));
	return true;
}

static void compile_conds(struct ruleset *set, struct rule *r, struct line_reader *reader)
{
	for (int k = 0; k < URI_KEYS; k++) {
		struct uri_cond *c = &r->cond[k];
		struct str text;
		unsigned flags;
		if (!c->written.p)
			continue;
		if (!split(set, r, reader, c->written, &text, &flags) ||
		    !compile(set, r, reader, text, flags, &c->pattern))
			return;
	}
}

static void compile_rule(struct ruleset *set, struct rule *r, const struct replace_tags *tags,
			 struct line_reader *reader)
{
	if (!split(set, r, reader, r->written, &r->pattern_text, &r->flags))
		return;
	if (r->replace && r->kind != RULE_MIMEHEADER)
		r->pattern_text = replace_apply(set->arena, tags, r->pattern_text, r->flags != 0);
	r->dynamic = has_tags(r->pattern_text);
	r->captures = has_captures(r->pattern_text);
	if (!r->dynamic)
		compile(set, r, reader, r->pattern_text, r->flags, &r->pattern);
}

void ruleset_patterns(struct ruleset *set, const struct replace_tags *tags,
		      struct line_reader *reader)
{
	for (size_t i = 0; i < set->rules.n; i++) {
		struct rule *r = set->rules.p[i];
		if (!rule_has_pattern(r) || r->unsupported.p)
			continue;
		if (r->kind == RULE_URI_DETAIL)
			compile_conds(set, r, reader);
		else
			compile_rule(set, r, tags, reader);
	}
}

/* ---- sets ---- */

static uint32_t most_hits(const struct rule *r)
{
	if (r->negated)
		return 1;
	if (r->kind == RULE_MIMEHEADER && r->maxhits)
		return r->maxhits;
	if (!r->multiple)
		return 1;
	return r->maxhits ? r->maxhits : RULESET_MAX_HITS;
}

/* The view of a rule, made if it is new; key names it. */
static struct rule_view *view_of(struct ruleset *set, struct map *by_key, const struct rule *r)
{
	struct str key = arena_printf(set->arena, "%d %d %.*s\t%s%.*s", r->kind,
				      r->kind == RULE_BODY && r->nosubject, STR_ARG(r->field),
				      r->unset.p ? "=" : "", STR_ARG(r->unset));
	struct rule_view *v = map_get(by_key, key);

	if (v)
		return v;
	v = &set->view[set->nviews++];
	*v = (struct rule_view){ .kind = r->kind,
				 .field = r->field,
				 .unset = r->unset,
				 .nosubject = r->kind == RULE_BODY && r->nosubject,
				 .set = pattern_set_new(set->arena) };
	/* Paragraphs: literals and rows leave so little that scanning for it costs more, a tenth of
	 * a millisecond for a message under the stock rules; other views it makes no slower. */
	if (v->kind == RULE_BODY)
		pattern_set_no_hyperscan(v->set);
	map_put(by_key, key, v);
	return v;
}

static void place_rule(struct ruleset *set, struct map *by_key, struct pattern_scratch *s,
		       struct rule *r)
{
	struct pattern_budget budget = { .limit_us = 1000000 };
	struct rule_view *v = view_of(set, by_key, r);
	struct pattern_match m;

	r->view = v;
	r->view_id = pattern_set_add(v->set, r->pattern, most_hits(r));
	VEC_PUSH(set->arena, v->rules) = r;
	if (pattern_test(r->pattern, s, &budget, STR(""), 0, &m))
		VEC_PUSH(set->arena, v->empty) = r;
}

void ruleset_views(struct ruleset *set, struct str cache_dir)
{
	struct arena *a = arena_new(0);
	struct pattern_scratch *scratch = pattern_scratch_new(a);
	struct map *by_key = map_new(a, false);

	set->view = ARENA_ARRAY(set->arena, struct rule_view, set->rules.n);
	set->dynamic = ARENA_ARRAY(set->arena, struct rule *, set->rules.n);
	for (size_t i = 0; i < set->norder; i++) {
		struct rule *r = set->order[i];
		if (!r->live || r->kind < RULE_HEADER)
			continue;
		set->any_pattern = true;
		if (r->dynamic || r->kind == RULE_URI_DETAIL)
			set->dynamic[set->ndynamic++] = r;
		else if (r->pattern)
			place_rule(set, by_key, scratch, r);
	}
	ruleset_filter(set, cache_dir, false, NULL, NULL);
	arena_free(a);
}
