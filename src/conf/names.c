/* The names and signs of a configuration text against the option table. */
#include "conf/names.h"

#include "conf/lex.h"

#define TITLE_MAX 64u
#define DEPTH_MAX 4u

struct scope {
	struct section *section;
	size_t instance;
	unsigned line;
};

struct walk {
	struct table *table;
	struct text *text;
	struct faults *faults;
	struct settings *out;
	struct lex lex;
	struct scope scopes[DEPTH_MAX];
	size_t depth; /* scopes[depth] is the innermost */
};

static struct place place(const struct walk *w, unsigned line)
{
	return text_place(w->text, line);
}

static void blank(struct walk *w, struct str from)
{
	size_t start = (size_t)(from.p - w->text->p);

	for (size_t i = start; i < w->lex.at && i < w->text->n; i++)
		if (w->text->p[i] != '\n')
			w->text->p[i] = ' ';
}

static struct tok peek(const struct walk *w)
{
	struct lex l = w->lex;

	return lex_next(&l);
}

static const char *show(char out[FAULT_SHOW], const struct tok *t)
{
	if (t->kind != LEX_END)
		return fault_show(out, lex_bare(t->raw));
	snprintf(out, FAULT_SHOW, "the end of the file");
	return out;
}

/* Behind the sign that closes the one just read. */
static void skip_block(struct walk *w, char open, char close)
{
	size_t depth = 1;

	while (depth) {
		struct tok t = lex_next(&w->lex);
		if (t.kind == LEX_END)
			return;
		if (lex_is(&t, open))
			depth++;
		else if (lex_is(&t, close))
			depth--;
	}
}

/* Behind a statement whose name was just read, whatever it is. */
static void skip_statement(struct walk *w)
{
	struct tok t = peek(w), sign = t;

	if (lex_is(&sign, '=') || lex_is(&sign, '+')) {
		lex_next(&w->lex);
		t = peek(w);
	}
	if (t.kind == LEX_WORD) {
		lex_next(&w->lex);
		if (lex_is(&sign, '=') || lex_is(&sign, '+'))
			return;
		t = peek(w);
	}
	if (lex_is(&t, '{') || lex_is(&t, '(')) {
		lex_next(&w->lex);
		skip_block(w, t.sign, t.sign == '{' ? '}' : ')');
	}
}

static void unknown(struct walk *w, const struct tok *name, bool section)
{
	const struct section *s = w->scopes[w->depth].section;
	char shown[FAULT_SHOW], hint[SUGGEST_MAX];
	struct str bare = lex_bare(name->raw);

	if (w->faults->n < CONF_FAULTS_MAX)
		fault_at(w->faults, place(w, name->line), "%s%.*s%sfound %s, expected %s%s",
			 s->path.n ? "section " : "", STR_ARG(s->path), s->path.n ? ": " : "",
			 fault_show(shown, bare),
			 section ? "the name of a section" : "the name of an option",
			 table_suggest(w->table, s, bare, section, hint));
	else
		w->faults->n++;
	skip_statement(w);
	blank(w, name->raw);
}

static struct value *value_of(const struct row *r, size_t instance)
{
	return &r->section->instances.p[instance].values[r->slot];
}

/* The items of a list up to its closing brace: true, or the token that was not expected. */
static bool list_items(struct walk *w, struct tok *bad)
{
	struct tok t = lex_next(&w->lex);

	while (!lex_is(&t, '}')) {
		*bad = t;
		if (t.kind != LEX_WORD)
			return false;
		t = lex_next(&w->lex);
		if (lex_is(&t, ','))
			t = lex_next(&w->lex);
		else if (!lex_is(&t, '}')) {
			*bad = t;
			return false;
		}
	}
	return true;
}

/* What stands behind the = of row; NULL or, with *bad, what was expected. */
static const char *option_value(struct walk *w, const struct row *r, struct tok *bad)
{
	struct tok t = peek(w);
	bool list = r->opt->type == CONF_LIST;

	*bad = t;
	if (t.kind == LEX_WORD) {
		lex_next(&w->lex);
		return NULL;
	}
	if (!lex_is(&t, '{'))
		return "a value";
	if (list) {
		struct lex start;
		lex_next(&w->lex);
		start = w->lex;
		if (list_items(w, bad))
			return NULL;
		w->lex = start;
		skip_block(w, '{', '}');
		return "words with commas between them and a } at the end";
	}
	lex_next(&w->lex);
	skip_block(w, '{', '}');
	return "one value and not a list";
}

static void option(struct walk *w, struct row *r, const struct tok *name)
{
	struct scope *s = &w->scopes[w->depth];
	struct value *v = value_of(r, s->instance);
	struct tok sign = peek(w), bad = sign;
	const char *want;
	char shown[FAULT_SHOW];

	if (!lex_is(&sign, '=') && !lex_is(&sign, '+')) {
		want = "a = behind the name of an option";
		skip_statement(w);
	} else {
		lex_next(&w->lex);
		want = option_value(w, r, &bad);
	}
	if (!want && lex_is(&sign, '+') && r->opt->type != CONF_LIST) {
		want = "a = since this is no list";
		bad = sign;
	}
	if (want) {
		fault_at(w->faults, place(w, bad.kind == LEX_END ? name->line : bad.line),
			 "%s: found %s, expected %s", r->opt->name, show(shown, &bad), want);
		blank(w, name->raw);
	} else if (v->set && lex_is(&sign, '=')) {
		fault_at(w->faults, place(w, name->line),
			 "%s: found a second time, expected once (see %s:%u)", r->opt->name,
			 v->place.file, v->place.line);
		blank(w, name->raw);
	} else if (!v->set) {
		v->set = true;
		v->place = place(w, name->line);
		VEC_PUSH(w->table->arena, w->out->v) =
			(struct setting){ r, s->instance, lex_is(&sign, '+') };
	}
}

static bool good_title(struct str s)
{
	if (!s.n || s.n > TITLE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && !memchr("._-:/@", s.p[i], 6))
			return false;
	return true;
}

/* A titled section's instance, or SIZE_MAX after a fault. */
static size_t titled(struct walk *w, struct section *s, const struct tok *t, const struct tok *name)
{
	struct str title = lex_bare(t->raw);
	struct place at = place(w, name->line);
	char shown[FAULT_SHOW];

	if (t->kind != LEX_WORD || !good_title(title)) {
		fault_at(w->faults, at,
			 "section %.*s: found %s, expected a title of up to %u letters, digits and "
			 ". _ - : / @",
			 STR_ARG(s->name), show(shown, t), TITLE_MAX);
		return SIZE_MAX;
	}
	for (size_t i = 0; i < s->instances.n; i++)
		if (str_eq(s->instances.p[i].title, title)) {
			fault_at(w->faults, at,
				 "section %.*s: found %s a second time, expected once (see %s:%u)",
				 STR_ARG(s->name), show(shown, t), s->instances.p[i].place.file,
				 s->instances.p[i].place.line);
			return SIZE_MAX;
		}
	if (s->instances.n >= CONF_SECTIONS_MAX) {
		fault_at(w->faults, at, "section %.*s: found more than %u, expected fewer",
			 STR_ARG(s->name), CONF_SECTIONS_MAX);
		return SIZE_MAX;
	}
	table_instance(w->table, s, arena_dup(w->table->arena, title), at);
	return s->instances.n - 1;
}

static void section(struct walk *w, struct section *s, const struct tok *name)
{
	struct lex before = w->lex;
	size_t instance = 0;
	struct tok t = peek(w);
	char shown[FAULT_SHOW];

	if (s->titled) {
		instance = titled(w, s, &t, name);
		if (t.kind == LEX_WORD)
			lex_next(&w->lex);
		t = peek(w);
	}
	if (instance != SIZE_MAX && lex_is(&t, '{')) {
		lex_next(&w->lex);
		w->scopes[++w->depth] = (struct scope){ s, instance, name->line };
		return;
	}
	if (instance != SIZE_MAX)
		fault_at(w->faults, place(w, t.kind == LEX_END ? name->line : t.line),
			 "section %.*s: found %s, expected {", STR_ARG(s->name), show(shown, &t));
	w->lex = before;
	skip_statement(w);
	blank(w, name->raw);
}

static void statement(struct walk *w, const struct tok *name)
{
	const struct section *s = w->scopes[w->depth].section;
	struct row *r = table_row(s, name->raw);
	struct section *sub = table_section(s, name->raw);
	struct tok next;

	if (r) {
		option(w, r, name);
	} else if (sub) {
		section(w, sub, name);
	} else {
		next = peek(w);
		unknown(w, name, next.kind == LEX_WORD || lex_is(&next, '{'));
	}
}

/* A } that closes nothing, or a sign where a name should be. */
static void stray(struct walk *w, const struct tok *t)
{
	char shown[FAULT_SHOW];

	fault_at(w->faults, place(w, t->line),
		 "found %s, expected the name of an option or section", show(shown, t));
	if (lex_is(t, '{'))
		skip_block(w, '{', '}');
	blank(w, t->raw);
}

static void close_all(struct walk *w)
{
	for (size_t i = 0; w->depth; w->depth--, i++) {
		const struct scope *s = &w->scopes[w->depth];
		fault_at(w->faults, place(w, s->line),
			 "section %.*s: found the end of the file, expected a }",
			 STR_ARG(s->section->name));
		w->text->p[w->text->n + i] = '}';
	}
}

void names_check(struct table *t, struct text *text, struct faults *f, struct settings *out)
{
	struct walk w = { .table = t, .text = text, .faults = f, .out = out };
	struct tok tok;

	_Static_assert(DEPTH_MAX <= TEXT_SLACK, "each open section may need a }");
	w.lex = (struct lex){ str_of(text->p, text->n), 0, 1 };
	w.scopes[0].section = t->root;
	while ((tok = lex_next(&w.lex)).kind != LEX_END) {
		if (tok.kind == LEX_WORD)
			statement(&w, &tok);
		else if (lex_is(&tok, '}') && w.depth)
			w.depth--;
		else
			stray(&w, &tok);
	}
	close_all(&w);
}
