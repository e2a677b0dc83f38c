/* Rule files as a stream of directives. */
#include "ruleset/lines.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "ruleset/expr.h"

/* The version of the rule language's reference that we answer to in `if (version >= ...)`. */
#define LANGUAGE_VERSION 4.000002

/* One file being read. Included files stand above the one that includes them. */
struct frame {
	const char *file;
	int line;
	struct str text;
	bool on[RULESET_MAX_IF]; /* conditions: of each level, whether its lines count */
	bool seen_else[RULESET_MAX_IF];
	size_t ifs;
};

struct stack {
	struct line_reader *r;
	struct frame *frame[RULESET_MAX_INCLUDE];
	size_t n, opened;
};

void line_fault(struct line_reader *r, const struct rule_line *l, const char *fmt, ...)
{
	struct err e;
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	err_at(&e, l->file, l->line, "%.*s", STR_ARG(text));
	r->faults++;
	r->fault(r->fault_arg, e.text);
}

/* ---- files ---- */

static void open_frame(struct stack *s, const char *path, const struct rule_line *from)
{
	struct frame *f = ARENA_NEW(s->r->arena, struct frame);
	struct err e;

	f->file = arena_cstr(s->r->arena, str_c(path));
	if (s->n == RULESET_MAX_INCLUDE) {
		line_fault(s->r, from, "include: nested deeper than %u files", RULESET_MAX_INCLUDE);
	} else if (++s->opened > RULESET_MAX_FILES) {
		if (s->opened == RULESET_MAX_FILES + 1)
			line_fault(s->r, from ? from : &(struct rule_line){ .file = path },
				   "more than %u files", RULESET_MAX_FILES);
	} else if (file_read(s->r->arena, path, RULESET_MAX_FILE, &f->text, &e) < 0) {
		if (from)
			line_fault(s->r, from, "include: %s: %s", path, e.text);
		else
			line_fault(s->r, &(struct rule_line){ .file = path }, "%s", e.text);
	} else {
		s->frame[s->n++] = f;
	}
}

static void include(struct stack *s, const struct rule_line *l)
{
	if (l->rest.n)
		open_frame(s, file_beside(s->r->arena, l->file, l->rest), l);
	else
		line_fault(s->r, l, "include: expected a path");
}

/* ---- conditions ---- */

enum { COND_FALSE, COND_TRUE, COND_VERSION };

static bool has_check(const struct scan_setup *setup, struct str name)
{
	for (size_t i = 0; i < setup->n; i++)
		if (str_ieq(name, str_c(setup->check[i]->name)))
			return true;
	return false;
}

static bool cond_resolve(void *arg, struct str name, struct str call_arg, bool is_call, size_t *ref)
{
	const struct line_reader *r = arg;
	const struct check *owner;

	if (!is_call && str_eq(name, STR("version")))
		*ref = COND_VERSION;
	else if (is_call && str_eq(name, STR("plugin")))
		*ref = has_check(r->setup, call_arg) ? COND_TRUE : COND_FALSE;
	else if (is_call && str_eq(name, STR("can")))
		*ref = scan_setup_predicate(r->setup, call_arg, &owner) ? COND_TRUE : COND_FALSE;
	else
		return false;
	return true;
}

static double cond_value(void *arg, size_t ref)
{
	(void)arg;
	return ref == COND_VERSION ? LANGUAGE_VERSION : ref == COND_TRUE;
}

static bool condition(struct line_reader *r, const struct rule_line *l)
{
	struct err e;
	struct expr *x;

	if (str_eq(l->word, STR("ifplugin")))
		return has_check(r->setup, l->rest);
	x = expr_compile(r->arena, l->rest, cond_resolve, r, &e);
	if (!x) {
		line_fault(r, l, "if: %s", e.text);
		return false;
	}
	return expr_eval(x, cond_value, NULL) != 0;
}

static bool live(const struct frame *f)
{
	return f->ifs == 0 || f->on[f->ifs - 1];
}

static void open_if(struct stack *s, struct frame *f, const struct rule_line *l)
{
	bool outer = live(f);

	if (f->ifs == RULESET_MAX_IF) {
		line_fault(s->r, l, "if: nested deeper than %u", RULESET_MAX_IF);
		return;
	}
	f->seen_else[f->ifs] = false;
	f->on[f->ifs] = outer && condition(s->r, l);
	f->ifs++;
}

static void turn_else(struct stack *s, struct frame *f, const struct rule_line *l)
{
	size_t i = f->ifs - 1;

	if (f->ifs == 0 || f->seen_else[i]) {
		line_fault(s->r, l, "else without if");
		return;
	}
	f->seen_else[i] = true;
	f->on[i] = !f->on[i] && (i == 0 || f->on[i - 1]);
}

/* True: the line was a condition. */
static bool conditional(struct stack *s, struct frame *f, const struct rule_line *l)
{
	if (str_eq(l->word, STR("if")) || str_eq(l->word, STR("ifplugin"))) {
		open_if(s, f, l);
	} else if (str_eq(l->word, STR("else"))) {
		turn_else(s, f, l);
	} else if (str_eq(l->word, STR("endif"))) {
		if (f->ifs)
			f->ifs--;
		else
			line_fault(s->r, l, "endif without if");
	} else {
		return false;
	}
	return true;
}

/* ---- lines ---- */

/* Cuts a comment off: a "#" at the start or after white space; "\#" is a "#". */
static struct str uncomment(struct arena *a, struct str line)
{
	struct buf out = { .arena = a };

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '#' && (i == 0 || ch_wsp(line.p[i - 1])))
			break;
		if (line.p[i] == '\\' && i + 1 < line.n && line.p[i + 1] == '#')
			i++;
		buf_addc(&out, line.p[i]);
	}
	return str_trim(buf_str(&out));
}

static void take_line(struct stack *s, struct frame *f, struct str text)
{
	struct rule_line l = { .file = f->file, .line = f->line };
	size_t n = 0;

	while (n < text.n && !ch_wsp(text.p[n]) && text.p[n] != '(')
		n++;
	l.word = str_sub(text, 0, n);
	l.rest = str_trim(str_skip(text, n));
	if (conditional(s, f, &l) || !live(f) || str_eq(l.word, STR("lang")))
		return;
	if (str_eq(l.word, STR("include")))
		include(s, &l);
	else
		s->r->take(s->r->arg, &l);
}

static void read_frames(struct stack *s)
{
	while (s->n) {
		struct frame *f = s->frame[s->n - 1];
		struct str text;
		if (!f->text.p || !f->text.n) {
			if (f->ifs)
				line_fault(s->r,
					   &(struct rule_line){ .file = f->file, .line = f->line },
					   "the file ends inside an if");
			s->n--;
			continue;
		}
		text = uncomment(s->r->arena, str_cut(&f->text, '\n'));
		f->line++;
		if (text.n)
			take_line(s, f, text);
	}
}

static int is_rules(const struct dirent *d)
{
	return str_iends(str_c(d->d_name), STR(".cf")) && d->d_name[0] != '.';
}

void lines_read(struct line_reader *r, const char *path)
{
	struct stack s = { .r = r };
	struct dirent **entry;
	int n = scandir(path, &entry, is_rules, alphasort);

	if (n < 0) {
		open_frame(&s, path, NULL);
		read_frames(&s);
		return;
	}
	if (!n)
		line_fault(r, &(struct rule_line){ .file = path },
			   "a directory without a rule file (*.cf)");
	for (int i = 0; i < n; i++) {
		open_frame(&s, arena_printf(r->arena, "%s/%s", path, entry[i]->d_name).p, NULL);
		read_frames(&s);
		free(entry[i]);
	}
	free(entry);
}
