/* What was taken over, as a configuration of ours that the option tables take. */
#include "cmd/peer.h"

#include <stdio.h>

#include "base/buf.h"

const char *peer_status_word(enum peer_status s)
{
	static const char *const word[] = { "open", "taken", "already", "not taken" };

	return word[s];
}

size_t peer_lost(const struct peer_import *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->parts.n; i++)
		for (size_t k = 0; k < m->parts.p[i]->conf.lines.n; k++)
			n += m->parts.p[i]->conf.lines.p[k].matters;
	return n;
}

/* ---- text ---- */

struct writer {
	struct buf b;
	int line; /* that is being written */
};

static void end_line(struct writer *w)
{
	buf_addc(&w->b, '\n');
	w->line++;
}

/* In a comment: what could end it, or is no text, as "?". */
static void comment(struct writer *w, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(&w->b, s.p[i] < 32 || s.p[i] > 126 ? '?' : s.p[i]);
}

static void write_origin(struct writer *w, const struct peer_setting *s)
{
	buf_add(&w->b, STR("\t# "));
	for (size_t i = 0; i < s->from.n; i++) {
		if (i)
			buf_add(&w->b, STR(", "));
		comment(w, str_c(s->from.p[i]->file));
		buf_addf(&w->b, ":%d ", s->from.p[i]->line);
		comment(w, s->from.p[i]->name);
	}
	if (!s->from.n) {
		buf_addf(&w->b, "as %s does", s->part->peer->title);
		if (s->why)
			buf_addf(&w->b, ": %s", s->why);
	}
	end_line(w);
}

static bool same_section(const struct peer_setting *a, const struct peer_setting *b)
{
	return str_eq(a->section, b->section) && str_eq(a->title, b->title);
}

/* "report.dmarc" is a section in a section. */
static void open_section(struct writer *w, struct peer_import *m, const struct peer_setting *s)
{
	struct str rest = s->section;

	while (rest.n) {
		struct str word = str_cut(&rest, '.');
		buf_add(&w->b, word);
		if (!rest.n && s->title.n) {
			buf_addc(&w->b, ' ');
			buf_add(&w->b, peer_quoted(m->arena, s->title));
		}
		buf_add(&w->b, rest.n ? STR(" { ") : STR(" {"));
	}
	end_line(w);
}

static void close_section(struct writer *w, const struct peer_setting *s)
{
	for (size_t i = 0; i < s->section.n; i++)
		if (s->section.p[i] == '.')
			buf_add(&w->b, STR("} "));
	buf_addc(&w->b, '}');
	end_line(w);
}

static bool is_first(const struct peer_import *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!m->settings.p[k].dropped && same_section(&m->settings.p[k], &m->settings.p[i]))
			return false;
	return true;
}

static void write_section(struct writer *w, struct peer_import *m, size_t first)
{
	const struct peer_setting *head = &m->settings.p[first];
	int begin;

	end_line(w);
	begin = w->line;
	open_section(w, m, head);
	for (size_t i = first; i < m->settings.n; i++) {
		struct peer_setting *s = &m->settings.p[i];
		if (s->dropped || !same_section(s, head))
			continue;
		write_origin(w, s);
		s->head = begin;
		s->line = w->line;
		buf_addf(&w->b, "\t%.*s = ", STR_ARG(s->name));
		buf_add(&w->b, s->text);
		end_line(w);
	}
	close_section(w, head);
}

static void write_text(struct peer_import *m)
{
	struct writer w = { .b = { .arena = m->arena }, .line = 1 };

	buf_add(&w.b, STR("# Made by merlon import from:"));
	for (size_t i = 0; i < m->parts.n; i++) {
		buf_addc(&w.b, ' ');
		comment(&w, str_c(m->parts.p[i]->path));
	}
	end_line(&w);
	for (size_t i = 0; i < m->settings.n; i++)
		if (!m->settings.p[i].dropped && is_first(m, i))
			write_section(&w, m, i);
	m->text = buf_str(&w.b);
}

/* ---- what the tables do not take ---- */

struct faults {
	struct peer_import *m;
	size_t dropped;
};

/* "NAME:LINE: option: found ..." */
static void drop(void *arg, const char *fault)
{
	struct faults *f = arg;
	struct str text = str_c(fault), number;
	uint64_t line = 0;

	(void)str_cut(&text, ':');
	number = str_cut(&text, ':');
	(void)str_u64(number, INT32_MAX, &line);
	for (size_t i = 0; i < f->m->settings.n; i++) {
		struct peer_setting *s = &f->m->settings.p[i];
		if (s->dropped || ((uint64_t)s->line != line && (uint64_t)s->head != line))
			continue;
		s->dropped = true;
		f->dropped++;
		for (size_t k = 0; k < s->from.n; k++)
			peer_not(s->from.p[k], true,
				 str_find(text, STR("expected the name of")) != SIZE_MAX
					 ? "Merlon does not do this"
					 : arena_dup(f->m->arena, str_trim(text)).p);
	}
}

void peer_write(struct peer_import *m, const struct conf_opt *const *tables)
{
	struct faults f = { .m = m };

	do {
		struct arena *a = arena_new(0);
		f.dropped = 0;
		write_text(m);
		(void)conf_load_text(a, "merlon", m->text, tables, drop, &f);
		arena_free(a);
	} while (f.dropped);
}
