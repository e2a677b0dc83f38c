/* Lists of protected names, and the reasons in words. */
#include "base/file.h"
#include "mail/domain.h"
#include "mail/lookalike/priv.h"

#define LIST_MAX_FILE (4u * 1024u * 1024u) /* octets */
#define LIST_MAX_DOMAINS 256u		   /* of one brand */

/* The next word of s, and what is behind it. */
static struct str word(struct str *s)
{
	size_t n = 0;
	struct str w;

	*s = str_trim(*s);
	while (n < s->n && !ch_fws(s->p[n]) && s->p[n] != ',')
		n++;
	w = str_sub(*s, 0, n);
	*s = str_skip(*s, n < s->n && s->p[n] == ',' ? n + 1 : n);
	return w;
}

static void add_words(struct lookalike *l, struct map *m, struct str words)
{
	struct str w;

	while ((w = word(&words)).n)
		map_put(m, look_lower(l->arena, arena_dup(l->arena, w)), l);
}

/* -1 and *why: what is wrong. */
static int read_line(struct lookalike *l, struct str line, struct err *why)
{
	struct str list[LIST_MAX_DOMAINS], rest = line, brand = STR_NULL, w;
	struct arena *tmp = arena_new(0);
	size_t n = 0;
	int code = 0;

	if (str_chr(line, ':') != SIZE_MAX)
		brand = str_trim(str_cut(&rest, ':'));
	while (code == 0 && (w = word(&rest)).n) {
		if (n == LIST_MAX_DOMAINS)
			code = err_set(why, "more than %u domains", LIST_MAX_DOMAINS);
		else if (!domain_read(tmp, w, 0).p)
			code = err_set(why, "\"%.*s\" is no domain", (int)(w.n < 64 ? w.n : 64),
				       w.p);
		else
			list[n++] = w;
	}
	if (code == 0 && !n && !brand.n)
		code = err_set(why, "neither a brand nor a domain");
	if (code == 0)
		lookalike_protect(l, brand, list, n);
	arena_free(tmp);
	return code;
}

int lookalike_protect_file(struct lookalike *l, const char *path, struct err *e)
{
	struct arena *tmp = arena_new(0);
	struct str text = STR_NULL, line;
	struct err why;
	int number = 0, code = 0;

	if (file_read(tmp, path, LIST_MAX_FILE, &text, &why) < 0)
		code = err_at(e, path, 0, "%s", why.text);
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	while (code == 0 && text.p) {
		struct str rest = str_cut(&text, '\n');
		number++;
		line = str_trim(str_cut(&rest, '#'));
		if (line.n && line.p[0] == '!')
			add_words(l, l->honest, str_skip(line, 1));
		else if (line.n && line.p[0] == '?')
			add_words(l, l->common, str_skip(line, 1));
		else if (line.n && read_line(l, line, &why) < 0)
			code = err_at(e, path, number, "%s", why.text);
	}
	l->common = map_new(l->arena, false);
	arena_free(tmp);
	return code;
}

const char *lookalike_reason_name(unsigned reason)
{
	static const struct {
		unsigned reason;
		const char *name;
	} names[] = {
		{ LOOKALIKE_CONFUSABLE, "confusable" },
		{ LOOKALIKE_MIXED_SCRIPT, "mixed-script" },
		{ LOOKALIKE_WHOLE_SCRIPT, "whole-script" },
		{ LOOKALIKE_ASCII, "ascii" },
		{ LOOKALIKE_EDIT, "edit" },
		{ LOOKALIKE_TLD, "tld" },
		{ LOOKALIKE_SUBDOMAIN, "subdomain" },
		{ LOOKALIKE_COMBO, "combo" },
		{ LOOKALIKE_INVISIBLE, "invisible" },
		{ LOOKALIKE_BIDI, "bidi" },
		{ LOOKALIKE_RESTRICTED, "restricted" },
		{ LOOKALIKE_DIGITS, "digits" },
		{ LOOKALIKE_INVALID, "invalid" },
		{ LOOKALIKE_MARKS, "marks" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].reason == reason)
			return names[i].name;
	return "?";
}
