/* Rule files as a stream of directives. */
#include "ruleset/lines.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"

/* One file being read. Included files stand above the one that includes them. */
struct frame {
	const char *file;
	int line;
	struct str text;
	bool on[RULESET_MAX_IF]; /* conditions: of each level, whether its lines count */
	bool seen_else[RULESET_MAX_IF];
	size_t ifs;
	bool skip; /* the rest of it */
};

struct stack {
	struct line_reader *r;
	struct frame *frame[RULESET_MAX_INCLUDE];
	size_t n, opened;
};

__attribute__((format(printf, 3, 0))) static struct str say(struct line_reader *r,
							    const struct rule_line *l,
							    const char *fmt, va_list ap)
{
	struct str text = arena_vprintf(r->arena, fmt, ap);
	struct err e;

	err_at(&e, l->file, l->line, "%.*s", STR_ARG(text));
	return arena_dup(r->arena, str_c(e.text));
}

void line_fault(struct line_reader *r, const struct rule_line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	r->faults++;
	r->how->fault(r->how->arg, say(r, l, fmt, ap).p);
	va_end(ap);
}

void line_note(struct line_reader *r, const struct rule_line *l, const char *fmt, ...)
{
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = say(r, l, fmt, ap);
	va_end(ap);
	VEC_PUSH(r->arena, r->set->notes) = text;
	if (r->how->note)
		r->how->note(r->how->arg, text.p);
}

struct str line_word(struct str *rest)
{
	size_t n = 0;
	struct str w;

	while (n < rest->n && !ch_wsp(rest->p[n]))
		n++;
	w = str_sub(*rest, 0, n);
	*rest = str_trim(str_skip(*rest, n));
	return w;
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
		ruleset_generation(s->r->set, f->text);
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
	f->on[f->ifs] = outer && lines_condition(s->r, l);
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

/* Cuts a comment off: it begins at a "#" without a backslash; "\#" is a "#". */
static struct str uncomment(struct arena *a, struct str line)
{
	struct buf out = { .arena = a };

	if (str_chr(line, '#') == SIZE_MAX)
		return str_trim(line);
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] != '\\'))
			break;
		if (line.p[i] == '#')
			out.n--;
		buf_addc(&out, line.p[i]);
	}
	return str_trim(buf_str(&out));
}

static struct str directive(struct arena *a, struct str word)
{
	char *p;

	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] != '-' && ch_lower(word.p[i]) == word.p[i])
			continue;
		p = arena_cstr(a, arena_lower(a, word));
		for (; i < word.n; i++)
			p[i] = p[i] == '-' ? '_' : p[i];
		return str_of(p, word.n);
	}
	return word;
}

/* Files that are made for one version are read only by that one. */
static void require_version(struct stack *s, struct frame *f, const struct rule_line *l)
{
	double v;

	if (str_eq(l->rest, STR("@@VERSION@@")) ||
	    (str_f64(l->rest, &v) && v >= LANGUAGE_VERSION - 1e-7 && v <= LANGUAGE_VERSION + 1e-7))
		return;
	line_note(s->r, l,
		  "require_version %.*s: we answer to %.6f: the rest of the file is left out",
		  STR_ARG(l->rest), LANGUAGE_VERSION);
	f->skip = true;
	f->ifs = 0;
}

static void take_line(struct stack *s, struct frame *f, struct str text)
{
	struct rule_line l = { .file = f->file, .line = f->line, .layer = s->r->layer };
	size_t n = 0;

	while (n < text.n && !ch_wsp(text.p[n]) && text.p[n] != '(')
		n++;
	l.word = directive(s->r->arena, str_sub(text, 0, n));
	l.rest = str_trim(str_skip(text, n));
	if (str_eq(l.word, STR("lang")) || conditional(s, f, &l) || !live(f))
		return;
	if (str_eq(l.word, STR("include")))
		include(s, &l);
	else if (str_eq(l.word, STR("require_version")))
		require_version(s, f, &l);
	else
		s->r->take(s->r->arg, &l);
}

static void read_frames(struct stack *s)
{
	while (s->n) {
		struct frame *f = s->frame[s->n - 1];
		struct str text;
		if (!f->text.p || !f->text.n || f->skip) {
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
