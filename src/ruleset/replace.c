/*
 * replace_tag and its kin: "<NAME>" in the patterns of replace_rules becomes an expression, and
 * "<inter NAME>", "<pre NAME>", "<post NAME>" say what stands between, before and after those tags.
 */
#include "base/buf.h"
#include "ruleset/loader.h"

#define PASSES_MAX 6u			 /* tags within tags */
#define RESULT_MAX (4 * PATTERN_MAX_LEN) /* octets; more does not compile anyway */

struct replace_tags {
	struct map *map[TAG_KINDS];
	struct str start, end;
};

struct boxed {
	struct str text;
};

struct replace_tags *replace_new(struct arena *a)
{
	struct replace_tags *t = ARENA_NEW(a, struct replace_tags);

	for (int i = 0; i < TAG_KINDS; i++)
		t->map[i] = map_new(a, false);
	t->start = STR("<");
	t->end = STR(">");
	return t;
}

void take_tag(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest, name = line_word(&rest);
	struct boxed *b = ARENA_NEW(l->set->arena, struct boxed);

	if (!rest.n) {
		line_fault(&l->reader, line, "%.*s %.*s: expected an expression",
			   STR_ARG(line->word), STR_ARG(name));
		return;
	}
	b->text = rest;
	map_put(l->tags->map[d->how], name, b);
}

void take_tag_ends(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	if (!line->rest.n)
		line_fault(&l->reader, line, "%.*s: expected text", STR_ARG(line->word));
	else if (d->how == 0)
		l->tags->start = line->rest;
	else
		l->tags->end = line->rest;
}

void take_replace_rules(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;

	(void)d;
	while (rest.n) {
		struct rule *r = loader_rule(l, line, line_word(&rest));
		if (r)
			r->replace = true;
	}
}

static struct str lookup(const struct replace_tags *t, enum tag_kind kind, struct str name)
{
	const struct boxed *b = name.n ? map_get(t->map[kind], name) : NULL;

	return b ? b->text : STR_NULL;
}

static size_t find_from(struct str s, size_t from, struct str needle)
{
	size_t at = str_find(str_skip(s, from), needle);

	return at == SIZE_MAX ? SIZE_MAX : at + from;
}

/* Cuts the first "<inter NAME>" out of *text; absent: there is none. */
static struct str cut_modifier(struct arena *a, const struct replace_tags *t, struct str *text,
			       const char *word)
{
	struct str open = arena_printf(a, "%.*s%s ", STR_ARG(t->start), word), name;
	size_t from = str_find(*text, open), to;

	if (from == SIZE_MAX)
		return STR_NULL;
	to = find_from(*text, from + open.n + 1, t->end);
	if (to == SIZE_MAX)
		return STR_NULL;
	name = str_sub(*text, from + open.n, to - from - open.n);
	*text = arena_printf(a, "%.*s%.*s", STR_ARG(str_sub(*text, 0, from)),
			     STR_ARG(str_skip(*text, to + t->end.n)));
	return name;
}

/* Octets of the "<...>" that begins at from; 0: none does. */
static size_t token_len(struct str s, size_t from)
{
	size_t n = from + 1;

	if (s.p[from] != '<')
		return 0;
	while (n < s.n && s.p[n] != '<' && s.p[n] != '>')
		n++;
	return n < s.n && s.p[n] == '>' && n > from + 1 ? n + 1 - from : 0;
}

struct pass {
	const struct replace_tags *t;
	struct buf out;
	struct str pre, inter, post;
	bool again;
};

static void add_token(struct pass *p, struct str token)
{
	size_t edge = p->t->start.n + p->t->end.n;
	bool tag = token.n > edge && str_starts(token, p->t->start);
	struct str name = tag ? str_sub(token, p->t->start.n, token.n - edge) : STR_NULL;
	struct str with = lookup(p->t, TAG_TAG, name);

	buf_add(&p->out, tag ? p->pre : STR_NULL);
	buf_add(&p->out, with.n ? with : token);
	buf_add(&p->out, tag ? p->post : STR_NULL);
	for (size_t i = 0; i < with.n; i++)
		p->again |= token_len(with, i) > 0;
}

/* What stands between two tags, and before the first one if the pattern begins with it. */
static void one_pass(struct pass *p, struct str text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.n && p->out.n < RESULT_MAX;) {
		size_t n = token_len(text, i);
		if (!n) {
			i++;
			continue;
		}
		buf_add(&p->out, i > from ? str_sub(text, from, i - from) : p->inter);
		add_token(p, str_sub(text, i, n));
		i += n;
		from = i;
	}
	buf_add(&p->out, str_skip(text, from));
}

static struct pass first_pass(struct arena *a, const struct replace_tags *t, struct str *text)
{
	struct pass p = { .t = t, .out = { .arena = a } };

	p.pre = lookup(t, TAG_PRE, cut_modifier(a, t, text, "pre"));
	p.post = lookup(t, TAG_POST, cut_modifier(a, t, text, "post"));
	p.inter = lookup(t, TAG_INTER, cut_modifier(a, t, text, "inter"));
	return p;
}

struct str replace_apply(struct arena *a, const struct replace_tags *t, struct str text,
			 bool modifiers)
{
	/* Modifiers stand in front of the text, so that it does not begin with a tag. */
	struct str front = modifiers ? STR("(?i)") : STR("");
	bool again = true;

	text = arena_printf(a, "%.*s%.*s", STR_ARG(front), STR_ARG(text));
	for (unsigned i = 0; again && i < PASSES_MAX && text.n < RESULT_MAX; i++) {
		struct pass p = first_pass(a, t, &text);
		one_pass(&p, text);
		text = buf_str(&p.out);
		again = p.again;
	}
	return str_skip(text, front.n);
}
