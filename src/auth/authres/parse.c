/* Authentication-Results fields, read by the grammar of RFC 8601 2.2 and no other. */
#include "auth/authres/authres.h"
#include "base/vec.h"

struct reader {
	struct arena *arena;
	struct str left;
};

static bool at(const struct reader *r, char c)
{
	return r->left.n && r->left.p[0] == c;
}

static bool take(struct reader *r, char c)
{
	if (!at(r, c))
		return false;
	r->left = str_skip(r->left, 1);
	return true;
}

/* No NUL, no other control character, and CR and LF only as CRLF before WSP (RFC 5322 2.2.3). */
static bool is_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\r' && i + 2 < s.n && s.p[i + 1] == '\n' && ch_wsp(s.p[i + 2]))
			i += 2;
		else if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* A comment from its "(" to its end; false: it has none, or is nested too deep. */
static bool skip_comment(struct reader *r)
{
	size_t depth = 0, i = 0;

	for (; i < r->left.n; i++) {
		char c = r->left.p[i];

		if (c == '\\')
			i++;
		else if (c == '(' && ++depth > AUTHRES_MAX_NESTING)
			return false;
		else if (c == ')' && --depth == 0)
			break;
	}
	if (i >= r->left.n)
		return false;
	r->left = str_skip(r->left, i + 1);
	return true;
}

/* [CFWS]. False: a comment without an end. *any (may be NULL) says whether there was some. */
static bool cfws(struct reader *r, bool *any)
{
	size_t before = r->left.n;

	while (r->left.n) {
		if (ch_fws(r->left.p[0]))
			r->left = str_skip(r->left, 1);
		else if (!at(r, '('))
			break;
		else if (!skip_comment(r))
			return false;
	}
	if (any)
		*any = r->left.n != before;
	return true;
}

/* RFC 2045 5.1, and octets over 127 for RFC 6532. */
static bool is_token_char(char c)
{
	return (c & 0x80) ||
	       (c > ' ' && c < 0x7f && str_chr(STR("()<>@,;:\\\"/[]?="), c) == SIZE_MAX);
}

/* RFC 5322 3.2.3 atext, and the dot. */
static bool is_local_char(char c)
{
	return (c & 0x80) || ch_alnum(c) || str_chr(STR("!#$%&'*+-/=?^_`{|}~."), c) != SIZE_MAX;
}

static bool is_keyword_char(char c)
{
	return ch_alnum(c) || c == '-' || c == '_';
}

static bool is_domain_char(char c)
{
	return (c & 0x80) || is_keyword_char(c) || c == '.';
}

static struct str run(struct reader *r, bool (*is)(char))
{
	size_t n = 0;
	struct str s;

	while (n < r->left.n && is(r->left.p[n]))
		n++;
	s = str_sub(r->left, 0, n);
	r->left = str_skip(r->left, n);
	return s;
}

static bool is_digit(char c)
{
	return ch_digit(c);
}

/* RFC 5321 4.1.2 Keyword, in lower case; absent: there is none. */
static struct str keyword(struct reader *r)
{
	struct str s = run(r, is_keyword_char);

	return s.n ? arena_lower(r->arena, s) : STR_NULL;
}

/* A quoted-string, *raw with its quotes; absent: it does not end. Folds in it are unfolded. */
static struct str quoted(struct reader *r, struct str *raw)
{
	struct buf b = { .arena = r->arena };
	size_t i = 1;

	for (; i < r->left.n && r->left.p[i] != '"'; i++) {
		if (r->left.p[i] == '\\' && ++i == r->left.n)
			return STR_NULL;
		if (r->left.p[i] != '\r' && r->left.p[i] != '\n')
			buf_addc(&b, r->left.p[i]);
	}
	if (i >= r->left.n)
		return STR_NULL;
	*raw = str_sub(r->left, 0, i + 1);
	r->left = str_skip(r->left, i + 1);
	return buf_str(&b);
}

/* value = token / quoted-string; absent: neither. */
static struct str value(struct reader *r)
{
	struct str raw, s;

	if (at(r, '"'))
		return quoted(r, &raw);
	s = run(r, is_token_char);
	return s.n ? s : STR_NULL;
}

/* "@" domain-name after a local part (which may be empty) that began at start. */
static struct str address(struct reader *r, const char *start)
{
	struct str domain;

	if (!take(r, '@'))
		return STR_NULL;
	domain = run(r, is_domain_char);
	if (!domain.n || domain.p[0] == '.' || domain.p[domain.n - 1] == '.' ||
	    str_find(domain, STR("..")) != SIZE_MAX)
		return STR_NULL;
	return str_of(start, (size_t)(domain.p + domain.n - start));
}

/* pvalue = [CFWS] ( value / [ [ local-part ] "@" ] domain-name ) [CFWS] */
static struct str pvalue(struct reader *r)
{
	struct reader was;
	const char *start;
	struct str v, raw;

	if (!cfws(r, NULL))
		return STR_NULL;
	was = *r;
	start = r->left.p;
	if (at(r, '"')) {
		v = quoted(r, &raw);
		return v.p && at(r, '@') ? address(r, start) : v;
	}
	run(r, is_local_char);
	if (at(r, '@'))
		return address(r, start);
	*r = was;
	return value(r);
}

/* [CFWS] "=" [CFWS] */
static bool equals(struct reader *r)
{
	return cfws(r, NULL) && take(r, '=') && cfws(r, NULL);
}

/* propspec = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue; ptype has been read. */
static bool property(struct reader *r, struct str ptype, struct authres_prop *p)
{
	p->ptype = ptype;
	if (!cfws(r, NULL) || !take(r, '.') || !cfws(r, NULL))
		return false;
	p->prop = keyword(r);
	if (!p->prop.p || !cfws(r, NULL) || !take(r, '='))
		return false;
	p->value = pvalue(r);
	return p->value.p != NULL;
}

/* method-version = 1*DIGIT */
static bool method_version(struct reader *r)
{
	if (!cfws(r, NULL))
		return false;
	if (!take(r, '/'))
		return true;
	return cfws(r, NULL) && run(r, is_digit).n && cfws(r, NULL);
}

/* What follows "method=result": a reason, if any, then the properties. */
static bool details(struct reader *r, struct authres_method *m)
{
	VEC(struct authres_prop) v = { 0 };
	bool spaced, loose = false;

	while (cfws(r, &spaced) && r->left.n && !at(r, ';')) {
		struct str word;
		if (!spaced && !loose)
			return false;
		word = keyword(r);
		if (!word.p)
			return false;
		if (!v.n && !m->reason.p && str_eq(word, STR("reason")) && equals(r)) {
			m->reason = value(r);
			if (!m->reason.p)
				return false;
			continue;
		}
		if (v.n == AUTHRES_MAX_PROPS || !property(r, word, &VEC_PUSH(r->arena, v)))
			return false;
		loose = r->left.p[-1] == '"'; /* pvalue's CFWS is optional, and here not needed */
	}
	m->prop = v.p;
	m->nprop = v.n;
	return !at(r, '(');
}

/* resinfo without its ";" */
static bool result(struct reader *r, struct authres_method *m)
{
	*m = (struct authres_method){ 0 };
	if (!cfws(r, NULL))
		return false;
	m->method = keyword(r);
	if (!m->method.p || !method_version(r) || !equals(r))
		return false;
	m->result = keyword(r);
	return m->result.p && details(r, m);
}

/* no-result = [CFWS] ";" [CFWS] "none", and then the end. */
static bool is_none(struct reader r)
{
	return take(&r, ';') && cfws(&r, NULL) && str_eq(keyword(&r), STR("none")) &&
	       cfws(&r, NULL) && !r.left.n;
}

/* [CFWS] authserv-id [ CFWS authres-version ] */
static bool head(struct reader *r, struct authres *out)
{
	struct str id, version;
	bool spaced;

	if (!cfws(r, NULL))
		return false;
	id = value(r);
	if (!id.p || !cfws(r, &spaced))
		return false;
	out->authserv_id = id;
	version = run(r, is_digit);
	return (!version.n || (spaced && str_eq(version, STR("1")))) && cfws(r, NULL);
}

bool authres_parse(struct arena *a, struct str v, struct authres *out)
{
	struct reader r = { .arena = a, .left = v };
	VEC(struct authres_method) list = { 0 };

	*out = (struct authres){ 0 };
	if (!is_clean(v) || !head(&r, out) || !at(&r, ';'))
		return false;
	if (is_none(r))
		return true;
	while (r.left.n) {
		if (!take(&r, ';') || list.n == AUTHRES_MAX_RESULTS ||
		    !result(&r, &VEC_PUSH(a, list)))
			return false;
	}
	out->method = list.p;
	out->n = list.n;
	return true;
}
