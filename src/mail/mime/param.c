/*
 * Field values with parameters (RFC 2045 5.1, RFC 2183), read as leniently as mail programs do, and
 * the parameters that RFC 2231 cuts in pieces.
 */
#include "base/buf.h"
#include "mail/mime/mime_priv.h"
#include "mail/text/charset.h"

#define MAX_COMMENT 16u /* nested */
#define MAX_RAW (MIME_MAX_PARAMS + MIME_MAX_SEGMENTS)

/* A parameter as it stands. */
struct raw {
	struct str name; /* lower case, without RFC 2231's suffix */
	struct str value;
	int segment;   /* -1: not one of several */
	bool extended; /* percent-encoded */
	bool done;
};

struct raws {
	struct raw v[MAX_RAW];
	size_t n;
};

static void skip_comment(struct str *s)
{
	unsigned depth = 0;
	size_t i = 0;

	for (; i < s->n; i++) {
		if (s->p[i] == '\\')
			i++;
		else if (s->p[i] == '(' && ++depth > MAX_COMMENT)
			break;
		else if (s->p[i] == ')' && --depth == 0)
			break;
	}
	*s = str_skip(*s, i + 1);
}

/* White space and comments. */
static void skip_cfws(struct str *s)
{
	while (s->n) {
		if (ch_fws(s->p[0]))
			*s = str_skip(*s, 1);
		else if (s->p[0] == '(')
			skip_comment(s);
		else
			break;
	}
}

static bool token_char(char c)
{
	return (unsigned char)c > 32 && c != 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

static struct str token(struct str *s)
{
	struct str t;
	size_t n = 0;

	while (n < s->n && token_char(s->p[n]))
		n++;
	t = str_sub(*s, 0, n);
	*s = str_skip(*s, n);
	return t;
}

/* A quoted string whose opening quote is gone. Its escapes are undone. */
static struct str quoted(struct arena *a, struct str *s, unsigned *flags)
{
	struct buf b = { .arena = a };
	size_t i = 0;

	while (i < s->n && s->p[i] != '"' && s->p[i] != '\\')
		i++;
	if (i < s->n && s->p[i] == '"') {
		struct str v = str_sub(*s, 0, i);

		*s = str_skip(*s, i + 1);
		return v;
	}
	for (i = 0; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		buf_addc(&b, s->p[i]);
	}
	if (i >= s->n)
		*flags |= MIME_F_BAD_PARAM;
	*s = str_skip(*s, i + 1);
	return buf_str(&b);
}

/* s goes on as "name=", so that a semicolon is missing in front of it. */
static bool next_begins(struct str s)
{
	struct str t = token(&s);

	skip_cfws(&s);
	return t.n && s.n && s.p[0] == '=';
}

/* A value without quotes: up to the semicolon, or to white space that "name=" follows. */
static struct str unquoted(struct str *s)
{
	size_t end = str_chr(*s, ';'), n = 0;
	struct str rest, all = str_sub(*s, 0, end);

	while (n < all.n && !ch_fws(all.p[n]) && all.p[n] != '(')
		n++;
	rest = str_skip(all, n);
	skip_cfws(&rest);
	if (rest.n && !next_begins(rest))
		n = all.n;
	if (rest.n == 0)
		*s = str_skip(*s, all.n);
	else
		*s = str_skip(*s, n);
	return str_trim(str_sub(all, 0, n));
}

/* The last word in front of the "=". */
static struct str last_word(struct str s)
{
	size_t n;

	s = str_trim(s);
	n = s.n;
	while (n && token_char(s.p[n - 1]))
		n--;
	return str_skip(s, n);
}

/* name*3* into its pieces. */
static void split_suffix(struct raw *r, unsigned *flags)
{
	struct str rest = r->name, base = str_cut(&rest, '*'), number;
	uint64_t v;

	r->segment = -1;
	if (!rest.p)
		return;
	r->name = base;
	if (rest.n == 0) {
		r->extended = true;
		return;
	}
	r->extended = rest.p[rest.n - 1] == '*';
	number = str_sub(rest, 0, rest.n - r->extended);
	if (str_u64(number, MIME_MAX_SEGMENTS - 1, &v))
		r->segment = (int)v;
	else
		*flags |= MIME_F_BAD_PARAM;
}

static void raw_read(struct arena *a, struct str s, struct raws *list, unsigned *flags)
{
	while (list->n < MAX_RAW) {
		struct raw *r = &list->v[list->n];
		size_t eq = 0;

		skip_cfws(&s);
		while (eq < s.n && s.p[eq] != '=' && s.p[eq] != ';')
			eq++;
		if (eq == s.n)
			return;
		*r = (struct raw){ .name = arena_lower(a, last_word(str_sub(s, 0, eq))) };
		if (s.p[eq] == ';') {
			s = str_skip(s, eq + 1);
			continue;
		}
		s = str_skip(s, eq + 1);
		skip_cfws(&s);
		if (s.n && s.p[0] == '"') {
			s = str_skip(s, 1);
			r->value = quoted(a, &s, flags);
		} else {
			r->value = unquoted(&s);
		}
		split_suffix(r, flags);
		list->n += r->name.n > 0;
	}
	*flags |= MIME_F_BAD_PARAM;
}

/* ---- RFC 2231 ---- */

static void add_percent(struct buf *b, struct str s, unsigned *flags)
{
	for (size_t i = 0; i < s.n; i++) {
		bool escape = s.p[i] == '%' && i + 2 < s.n && ch_hex(s.p[i + 1]) >= 0 &&
			      ch_hex(s.p[i + 2]) >= 0;

		if (escape) {
			buf_addc(b, (char)(ch_hex(s.p[i + 1]) * 16 + ch_hex(s.p[i + 2])));
			i += 2;
			continue;
		}
		*flags |= s.p[i] == '%' ? MIME_F_BAD_PARAM : 0u;
		buf_addc(b, s.p[i]);
	}
}

/* Cuts charset'language' off. Where it is missing all is value. */
static struct str cut_charset(struct str *s, unsigned *flags)
{
	struct str rest = *s, charset = str_cut(&rest, '\'');

	if (rest.p)
		str_cut(&rest, '\'');
	if (!rest.p) {
		*flags |= MIME_F_BAD_PARAM;
		return STR_NULL;
	}
	*s = rest;
	return charset;
}

/* All pieces of the parameter that list->v[first] is the first found of. */
static struct str join(struct arena *a, struct raws *list, size_t first, unsigned *flags)
{
	struct raw *seg[MIME_MAX_SEGMENTS] = { NULL };
	struct str charset = STR_NULL;
	struct buf b = { .arena = a };
	bool gap = false;

	for (size_t i = first; i < list->n; i++) {
		struct raw *r = &list->v[i];
		size_t at = r->segment < 0 ? 0 : (size_t)r->segment;

		if (r->done || (r->segment < 0 && !r->extended) ||
		    !str_eq(r->name, list->v[first].name))
			continue;
		r->done = true;
		if (seg[at])
			*flags |= MIME_F_DUP_PARAM;
		else
			seg[at] = r;
	}
	for (size_t i = 0; i < MIME_MAX_SEGMENTS; i++) {
		struct str v = seg[i] ? seg[i]->value : STR_NULL;

		gap = gap || !seg[i];
		if (!seg[i])
			continue;
		if (gap)
			*flags |= MIME_F_BAD_PARAM;
		if (i == 0 && seg[i]->extended)
			charset = cut_charset(&v, flags);
		if (seg[i]->extended)
			add_percent(&b, v, flags);
		else
			buf_add(&b, v);
	}
	return charset_to_utf8(a, charset, buf_str(&b), NULL);
}

/* ---- all together ---- */

struct str mime_value(struct arena *a, struct str value, unsigned *flags)
{
	struct str words;

	if (str_find(value, STR("=?")) == SIZE_MAX && str_ascii(value))
		return value;
	words = mime_words(a, value);
	if (str_ascii(value) && !str_eq(words, value))
		*flags |= MIME_F_BAD_PARAM;
	return words;
}

/* Keeps a value, unless it is known. second_form: of name= beside name*=, which may differ where
 * the latter has more than ASCII to say. */
static void param_add(struct arena *a, struct mime_part *p, struct str name, struct str value,
		      bool second_form, unsigned *flags)
{
	for (size_t i = 0; i < p->params.n; i++) {
		if (!str_eq(p->params.p[i].name, name))
			continue;
		if (str_eq(p->params.p[i].value, value))
			return;
		if (!second_form || str_ascii(p->params.p[i].value))
			*flags |= MIME_F_DUP_PARAM;
	}
	if (p->params.n >= MIME_MAX_PARAMS)
		*flags |= MIME_F_BAD_PARAM;
	else
		VEC_PUSH(a, p->params) = (struct mime_param){ name, value };
}

void mime_params(struct arena *a, struct str s, struct mime_part *p, unsigned *flags)
{
	struct raws list = { .n = 0 };

	raw_read(a, s, &list, flags);
	for (size_t i = 0; i < list.n; i++)
		if (!list.v[i].done && (list.v[i].segment >= 0 || list.v[i].extended))
			param_add(a, p, list.v[i].name, join(a, &list, i, flags), false, flags);
	for (size_t i = 0; i < list.n; i++) {
		struct raw *r = &list.v[i];

		if (r->segment >= 0 || r->extended)
			continue;
		if (!str_eq(r->name, STR("boundary")))
			r->value = mime_value(a, r->value, flags);
		param_add(a, p, r->name, r->value, true, flags);
	}
}

struct str mime_param(const struct mime_part *p, struct str name)
{
	for (size_t i = 0; i < p->params.n; i++)
		if (str_ieq(p->params.p[i].name, name))
			return p->params.p[i].value;
	return STR_NULL;
}

/* ' \"utf-8\" ' as some write it. */
static struct str bare(struct str s)
{
	while (s.n && strchr(" \t\"'", s.p[0]))
		s = str_skip(s, 1);
	while (s.n && strchr(" \t\"'", s.p[s.n - 1]))
		s.n--;
	return s;
}

bool mime_content_type(struct arena *a, struct str value, struct mime_part *p)
{
	struct str s = hdr_unfold(a, value), charset;
	bool good;

	skip_cfws(&s);
	if (s.n && s.p[0] == '"')
		s = str_skip(s, 1);
	p->type = arena_lower(a, token(&s));
	skip_cfws(&s);
	good = p->type.n && s.n && s.p[0] == '/';
	if (good) {
		s = str_skip(s, 1);
		skip_cfws(&s);
		p->subtype = arena_lower(a, token(&s));
		good = p->subtype.n > 0;
		skip_cfws(&s);
		good = good && (s.n == 0 || s.p[0] == ';');
	}
	mime_params(a, s, p, &p->flags);
	charset = bare(mime_param(p, STR("charset")));
	p->charset = charset.n ? arena_lower(a, charset) : STR_NULL;
	p->boundary = mime_param(p, STR("boundary"));
	while (p->boundary.n && ch_wsp(p->boundary.p[p->boundary.n - 1]))
		p->boundary.n--;
	return good;
}
