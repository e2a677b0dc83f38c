/* Reads tag=value lists (RFC 6376 3.2). */
#include "auth/taglist.h"

/* Length of the white space at s[i]: WSP, or CRLF before WSP; 0: there is none. */
static size_t blank_at(struct str s, size_t i)
{
	if (i < s.n && ch_wsp(s.p[i]))
		return 1;
	if (i + 2 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n' && ch_wsp(s.p[i + 2]))
		return 3;
	return 0;
}

/* Cut at both ends by whole pieces of white space. */
static struct str trim(struct str s)
{
	size_t n;

	while ((n = blank_at(s, 0)))
		s = str_skip(s, n);
	while (s.n && ch_wsp(s.p[s.n - 1])) {
		s.n--;
		if (s.n >= 2 && s.p[s.n - 1] == '\n' && s.p[s.n - 2] == '\r')
			s.n -= 2;
	}
	return s;
}

static bool name_ok(struct str s)
{
	if (!s.n || !ch_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && s.p[i] != '_')
			return false;
	return true;
}

static bool value_ok(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = blank_at(s, i);

		if (!n && ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f))
			return false;
		i += n ? n : 1;
	}
	return true;
}

/* Reads one tag; NULL, or what is wrong with it. */
static const char *read_tag(struct str text, struct taglist *out)
{
	struct str raw = text, name = trim(str_cut(&raw, '='));

	if (!raw.p)
		return "tag without =";
	if (!name_ok(name))
		return "bad tag name";
	if (out->n == TAGLIST_MAX)
		return "too many tags";
	for (size_t i = 0; i < out->n; i++)
		if (str_eq(out->tag[i].name, name))
			return "duplicate tag";
	if (!value_ok(trim(raw)))
		return "control character in a tag";
	out->tag[out->n++] = (struct tag){ .name = name, .value = trim(raw), .raw = raw };
	return NULL;
}

bool taglist_read(struct str text, struct taglist *out, const char **fault)
{
	struct str rest = text;
	const char *bad = NULL;

	out->n = 0;
	do {
		struct str one = str_cut(&rest, ';');

		/* Only what follows the last ";" may be empty. */
		if (!rest.p && out->n && !trim(one).n)
			break;
		bad = read_tag(one, out);
	} while (!bad && rest.p);
	if (fault)
		*fault = bad;
	return !bad;
}

const struct tag *taglist_find(const struct taglist *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->tag[i].name, str_c(name)))
			return &list->tag[i];
	return NULL;
}

struct str taglist_get(const struct taglist *list, const char *name)
{
	const struct tag *t = taglist_find(list, name);

	return t ? t->value : STR_NULL;
}

bool taglist_has_word(struct str value, struct str word)
{
	while (value.p)
		if (str_eq(trim(str_cut(&value, ':')), word))
			return true;
	return false;
}
