/* Content-Type and the names of parts as SpamAssassin reads them: by looking for words, not by the
 * grammar. */
#include "mail/view/parts.h"

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

static bool word(char c)
{
	return ch_alnum(c) || c == '_';
}

/* The next place at or after from where name stands as a word's beginning and is followed by
 * "tail" (or nothing), white space and "="; returns what follows "=" and white space. */
static struct str after_name(struct str s, struct str name, size_t *from)
{
	for (size_t i = *from; i + name.n < s.n; i++) {
		size_t at = i + name.n;

		if ((i && word(s.p[i - 1])) || !str_istarts(str_skip(s, i), name))
			continue;
		while (at < s.n && space(s.p[at]))
			at++;
		if (at == s.n || s.p[at] != '=')
			continue;
		at++;
		while (at < s.n && space(s.p[at]))
			at++;
		*from = at;
		return str_of(s.p + at, s.n - at);
	}
	*from = s.n;
	return STR_NULL;
}

/* To the next ";" or the end, quotes at both ends left out. */
static struct str value(struct str s)
{
	size_t end = str_chr(s, ';');

	if (end != SIZE_MAX)
		s.n = end;
	if (s.n && (s.p[0] == '"' || s.p[0] == '\''))
		s = str_skip(s, 1);
	if (s.n && (s.p[s.n - 1] == '"' || s.p[s.n - 1] == '\''))
		s.n--;
	return s;
}

static struct str find_value(struct str ct, struct str name)
{
	size_t from = 0;
	struct str s = after_name(ct, name, &from);

	return s.p ? value(s) : STR_NULL;
}

static struct str boundary(struct str ct)
{
	size_t from = 0, n;
	struct str s;

	while ((s = after_name(ct, STR("boundary"), &from)).p) {
		if (s.n && s.p[0] == '"') {
			s = str_skip(s, 1);
			n = str_chr(s, '"');
			if (n == SIZE_MAX)
				n = s.n;
			if (n)
				return str_sub(s, 0, n);
			continue;
		}
		for (n = 0; n < s.n && !space(s.p[n]) && s.p[n] != '"' && s.p[n] != ';';)
			n++;
		if (n && (n == s.n || s.p[n] != '"'))
			return str_sub(s, 0, n);
	}
	return STR_NULL;
}

/* Pieces name*0, name*1, ... in order; absent: none. */
static struct str continued(struct arena *a, struct str ct)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < VIEW_MAX_PIECES; i++) {
		struct str name = arena_printf(a, "name*%zu", i);
		struct str piece = find_value(ct, name);

		if (!piece.p)
			piece = find_value(ct, arena_printf(a, "filename*%zu", i));
		if (!piece.p)
			break;
		buf_add(&b, piece);
	}
	return b.n ? buf_str(&b) : STR_NULL;
}

static struct str name_of(struct arena *a, struct str ct)
{
	size_t plain = 0, file = 0;
	struct str x = after_name(ct, STR("name"), &plain);
	struct str y = after_name(ct, STR("filename"), &file);
	struct str name = STR_NULL;

	if (x.p && (!y.p || plain < file))
		name = value(x);
	else if (y.p)
		name = value(y);
	return name.n ? name : continued(a, ct);
}

static bool no_type_octet(char c)
{
	unsigned char u = (unsigned char)c;

	return u <= 32 || u >= 127 || (u < 127 && strchr("\"(),:;<=>?@[\\]", c) != NULL);
}

/* "type/subtype", lower-cased; *missing: nothing there. */
static struct str type_of(struct arena *a, struct str ct, bool *missing)
{
	size_t n = 0, end;
	struct str type;
	char *p;

	while (n < ct.n && space(ct.p[n]))
		n++;
	ct = str_skip(ct, n);
	end = str_chr(ct, ';');
	if (end != SIZE_MAX)
		ct.n = end;
	n = str_chr(ct, '/');
	if (n != SIZE_MAX && n > 0) {
		for (n++; n < ct.n && ct.p[n] != '/' && !space(ct.p[n]);)
			n++;
		ct.n = n;
	}
	type = arena_lower(a, ct);
	*missing = type.n == 0 || str_eq(type, STR("0"));
	if (*missing || (str_starts(type, STR("text")) && (type.n == 4 || !word(type.p[4])) &&
			 !str_eq(type, STR("text/x-vcard")) &&
			 !str_eq(type, STR("text/calendar")) && !str_eq(type, STR("text/html"))))
		return STR("text/plain");
	p = arena_alloc(a, type.n);
	n = 0;
	for (size_t i = 0; i < type.n; i++)
		if (!no_type_octet(type.p[i]))
			p[n++] = type.p[i];
	return str_of(p, n);
}

struct view_ctype view_ctype(struct arena *a, struct str ct)
{
	struct view_ctype t = { 0 };
	bool missing;

	t.missing = ct.n == 0 || str_eq(ct, STR("0"));
	if (t.missing)
		ct = STR("text/plain; charset=us-ascii");
	t.boundary = boundary(ct);
	t.charset = find_value(ct, STR("charset"));
	t.name = name_of(a, ct);
	t.type = type_of(a, ct, &missing);
	t.missing |= missing;
	return t;
}

struct str view_disposition_name(struct str cd)
{
	for (size_t i = 0; i + 4 < cd.n; i++) {
		size_t at = i + 4, n = 0;

		if (!str_istarts(str_skip(cd, i), STR("name=")))
			continue;
		at++;
		while (at < cd.n && space(cd.p[at]))
			at++;
		if (at < cd.n && cd.p[at] == '"')
			at++;
		while (at + n < cd.n && cd.p[at + n] != '"' && cd.p[at + n] != ';')
			n++;
		if (n)
			return str_sub(cd, at, n);
	}
	return STR_NULL;
}
