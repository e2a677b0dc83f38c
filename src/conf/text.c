/*
 * The text of a configuration: files and what they include, joined.
 *
 * libconfuse could do this itself, but it counts a line too many after each C comment, crashes on
 * an empty one, stops at octet 0, and says nothing of include loops, so it gets one text of tokens
 * and newlines only.
 */
#include "conf/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "conf/lex.h"

/* A file that is being read. */
struct frame {
	const char *file;
	dev_t dev;
	ino_t ino;
	struct lex lex;
	struct tok prev;   /* the token before */
	unsigned out_line; /* the file's line that the whole text is at */
};

struct loader {
	struct arena *arena;
	struct faults *faults;
	struct text *text;
	struct buf out;
	unsigned line; /* of the whole text */
	struct frame stack[CONF_INCLUDE_MAX + 1];
	size_t depth;
	size_t files, bytes;
};

static void segment(struct loader *l, struct place at)
{
	VEC_PUSH(l->arena, l->text->segments) = (struct text_segment){ l->line, at };
}

struct place text_place(const struct text *t, unsigned line)
{
	size_t i = t->segments.n - 1;
	const struct text_segment *s;

	while (i > 0 && t->segments.p[i].first > line)
		i--;
	s = &t->segments.p[i];
	return (struct place){ s->at.file, s->at.line + (line - s->first) };
}

static bool in_stack(const struct loader *l, const struct stat *st)
{
	for (size_t i = 0; i < l->depth; i++)
		if (l->stack[i].dev == st->st_dev && l->stack[i].ino == st->st_ino)
			return true;
	return false;
}

/* NULs cannot be told from the end of a string, so they are reported and become blanks. */
static struct str without_nul(struct loader *l, const char *file, struct str s)
{
	unsigned line = 1;
	char *p;

	if (str_chr(s, '\0') == SIZE_MAX)
		return s;
	p = arena_cstr(l->arena, s);
	for (size_t i = 0; i < s.n; i++) {
		line += p[i] == '\n';
		if (p[i] != '\0')
			continue;
		fault_at(l->faults, (struct place){ file, line },
			 "found a NUL octet, expected text");
		p[i] = ' ';
	}
	return str_of(p, s.n);
}

static void push(struct loader *l, const char *file, struct str s, const struct stat *st)
{
	struct frame *f = &l->stack[l->depth++];

	l->bytes += s.n;
	s = without_nul(l, file, s);
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_skip(s, 3);
	*f = (struct frame){ .file = file, .lex = { s, 0, 1 }, .out_line = 1 };
	if (st) {
		f->dev = st->st_dev;
		f->ino = st->st_ino;
	}
	segment(l, (struct place){ file, 1 });
}

static void open_file(struct loader *l, const char *path, struct place from)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	struct err e;
	struct str s;

	if (fd < 0 || fstat(fd, &st) != 0)
		fault_at(l->faults, from, "cannot open %s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		fault_at(l->faults, from, "%s is not a regular file", path);
	else if (in_stack(l, &st))
		fault_at(l->faults, from, "%s includes itself", path);
	else if ((uint64_t)st.st_size > CONF_BYTES_MAX - l->bytes)
		fault_at(l->faults, from, "cannot read %s: all files together are over 1 MiB",
			 path);
	else if (file_read_fd(l->arena, fd, CONF_BYTES_MAX - l->bytes, &s, &e) < 0)
		fault_at(l->faults, from, "cannot read %s: %s", path, e.text);
	else
		push(l, path, s, &st);
	if (fd >= 0)
		close(fd);
}

/* Behind the parentheses and what is in them, if that is what comes. */
static void skip_arguments(struct lex *l)
{
	struct lex look = *l;
	struct tok t = lex_next(&look);

	if (!lex_is(&t, '('))
		return;
	do
		t = lex_next(&look);
	while (t.kind == LEX_WORD || lex_is(&t, ','));
	if (lex_is(&t, ')'))
		*l = look;
}

/* Behind the word include: opens what it names. */
static void include(struct loader *l, struct frame *f, unsigned line)
{
	struct place here = { f->file, line };
	struct lex look = f->lex;
	struct tok open = lex_next(&look), path = lex_next(&look), close = lex_next(&look);
	struct str name = lex_bare(path.raw);

	if (!lex_is(&open, '(') || path.kind != LEX_WORD || !lex_is(&close, ')') || !name.n ||
	    str_chr(name, '\\') != SIZE_MAX || str_find(name, STR("${")) != SIZE_MAX) {
		fault_at(l->faults, here,
			 "include: expected include(\"path\"), without escapes or variables");
		skip_arguments(&f->lex);
		return;
	}
	f->lex = look;
	f->prev = close;
	if (l->depth > CONF_INCLUDE_MAX)
		fault_at(l->faults, here, "include: expected at most %u files inside each other",
			 CONF_INCLUDE_MAX);
	else if (l->files++ >= CONF_FILES_MAX)
		fault_at(l->faults, here, "include: expected at most %u files", CONF_FILES_MAX);
	else
		open_file(l, file_beside(l->arena, f->file, name), here);
}

static void emit(struct loader *l, struct frame *f, const struct tok *t)
{
	for (; f->out_line < t->line; f->out_line++, l->line++)
		buf_addc(&l->out, '\n');
	buf_addc(&l->out, ' ');
	buf_add(&l->out, t->raw);
	l->line += f->lex.line - t->line;
	f->out_line = f->lex.line;
}

static void newline(struct loader *l)
{
	buf_addc(&l->out, '\n');
	l->line++;
}

/* Whether a name may come after this token. */
static bool ends_statement(const struct tok *prev)
{
	return prev->kind != LEX_SIGN || !memchr("=+,(", prev->sign, 4);
}

static void one_token(struct loader *l)
{
	struct frame *f = &l->stack[l->depth - 1];
	struct tok t = lex_next(&f->lex);

	switch (t.kind) {
	case LEX_END:
		l->depth--;
		newline(l);
		if (l->depth) {
			f = &l->stack[l->depth - 1];
			segment(l, (struct place){ f->file, f->lex.line });
			f->out_line = f->lex.line;
		}
		return;
	case LEX_BAD:
		fault_at(l->faults, (struct place){ f->file, t.line }, "found %s", t.why);
		return;
	case LEX_WORD:
		if (str_eq(t.raw, STR("include")) && ends_statement(&f->prev)) {
			newline(l);
			segment(l, (struct place){ f->file, f->lex.line });
			f->out_line = f->lex.line;
			include(l, f, t.line);
			return;
		}
		break;
	case LEX_SIGN:
		break;
	}
	emit(l, f, &t);
	f->prev = t;
}

void text_load(struct arena *a, const char *path, struct str given, struct faults *f,
	       struct text *out)
{
	struct loader *l = ARENA_NEW(a, struct loader);

	*out = (struct text){ 0 };
	l->arena = a;
	l->faults = f;
	l->text = out;
	l->out.arena = a;
	l->line = 1;
	if (!given.p)
		open_file(l, path, (struct place){ path, 0 });
	else if (given.n > CONF_BYTES_MAX)
		fault_at(f, (struct place){ path, 0 }, "found more than 1 MiB of text");
	else
		push(l, path, given, NULL);
	while (l->depth)
		one_token(l);
	if (!out->segments.n)
		segment(l, (struct place){ path, 1 });
	out->n = l->out.n;
	buf_addf(&l->out, "%*s", (int)TEXT_SLACK, "");
	buf_addc(&l->out, '\0');
	out->p = l->out.p;
}
