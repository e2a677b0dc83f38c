/* SPF macros (RFC 7208 7): reading them and putting in their values. */
#include "auth/spf/macro.h"

#include "base/buf.h"

#define MAX_DIGITS 1000u /* more parts than any value has */
#define KEEP_OVER 8192u	 /* a longer expansion loses all but its last KEEP_LAST octets: a */
#define KEEP_LAST 2048u	 /* name is made of the last SPF_MAX_NAME only */

/* One piece of a macro-string. */
struct part {
	struct str literal;	   /* absent: it is a macro */
	char letter;		   /* lower case */
	bool url, reverse, escape; /* escape: the literal stands for %%, %_ or %- */
	unsigned digits;	   /* right-hand parts to use; 0: all */
	struct str delims;
};

static bool is_delim(char c)
{
	return c != '\0' && str_chr(STR(".-+,/_="), c) != SIZE_MAX;
}

static bool is_letter(char c)
{
	return c != '\0' && str_chr(STR("slodiphcrtv"), c) != SIZE_MAX;
}

/* transformers *delimiter, of a macro whose letter has been read. */
static bool read_transformers(struct str s, struct part *p)
{
	size_t i = 0;

	for (; i < s.n && ch_digit(s.p[i]); i++) {
		p->digits = p->digits * 10 + (unsigned)(s.p[i] - '0');
		if (p->digits > MAX_DIGITS)
			p->digits = MAX_DIGITS;
	}
	if (i > 0 && p->digits == 0)
		return false; /* 7.1: MUST be nonzero */
	if (i < s.n && ch_lower(s.p[i]) == 'r') {
		p->reverse = true;
		i++;
	}
	p->delims = str_skip(s, i);
	for (; i < s.n; i++)
		if (!is_delim(s.p[i]))
			return false;
	return true;
}

static bool read_percent(struct str *s, struct part *p)
{
	static const struct {
		char c;
		struct str text;
	} escapes[] = { { '%', { "%", 1 } }, { '_', { " ", 1 } }, { '-', { "%20", 3 } } };
	size_t end;
	char c = s->n > 1 ? s->p[1] : '\0';

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (c == escapes[i].c) {
			p->literal = escapes[i].text;
			p->escape = true;
			*s = str_skip(*s, 2);
			return true;
		}
	end = str_chr(*s, '}');
	if (c != '{' || end == SIZE_MAX || end < 3)
		return false;
	p->letter = ch_lower(s->p[2]);
	p->url = p->letter != s->p[2];
	if (!is_letter(p->letter) || !read_transformers(str_sub(*s, 3, end - 3), p))
		return false;
	*s = str_skip(*s, end + 1);
	return true;
}

static bool is_literal(char c, enum spf_macro_use use)
{
	return (c > ' ' && c <= '~' && c != '%') || (c == ' ' && use == SPF_MACRO_TEXT);
}

/* Cuts the next piece off a string that is not empty. False: there is none that is well formed. */
static bool read_part(struct str *s, enum spf_macro_use use, struct part *p)
{
	size_t n = 0;

	*p = (struct part){ 0 };
	if (s->p[0] == '%')
		return read_percent(s, p);
	while (n < s->n && is_literal(s->p[n], use))
		n++;
	p->literal = str_sub(*s, 0, n);
	*s = str_skip(*s, n);
	return n > 0;
}

/* toplabel of RFC 7208 7.1 */
static bool is_toplabel(struct str s)
{
	bool other = false;

	if (s.n == 0 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ch_alnum(s.p[i]) && s.p[i] != '-')
			return false;
		other |= !ch_digit(s.p[i]);
	}
	return other;
}

/* domain-end: the last piece is a macro, or text with "." toplabel [ "." ] at its end. */
static bool ends_as_domain(const struct part *last)
{
	struct str s = last->literal;
	size_t dot;

	if (!s.p || last->escape)
		return true;
	if (s.p[s.n - 1] == '.')
		s.n--;
	dot = str_rchr(s, '.');
	return dot != SIZE_MAX && is_toplabel(str_skip(s, dot + 1));
}

static bool letter_allowed(char c, enum spf_macro_use use)
{
	return use != SPF_MACRO_DOMAIN || (c != 'c' && c != 'r' && c != 't');
}

bool spf_macro_check(struct str s, enum spf_macro_use use)
{
	struct part p = { 0 };
	unsigned macros = 0;

	if (s.n == 0)
		return use != SPF_MACRO_DOMAIN;
	while (s.n > 0) {
		if (!read_part(&s, use, &p))
			return false;
		if (!p.literal.p && (!letter_allowed(p.letter, use) || ++macros > SPF_MAX_MACROS))
			return false;
	}
	return use != SPF_MACRO_DOMAIN || ends_as_domain(&p);
}

bool spf_macro_has(struct str s, char letter)
{
	struct part p;

	while (s.n > 0 && read_part(&s, SPF_MACRO_TEXT, &p))
		if (!p.literal.p && p.letter == letter)
			return true;
	return false;
}

/* %{i} of an IPv6 address: its nibbles with dots between them; upper case, as the public suites
 * have it (DNS does not care). */
static struct str nibbles(struct arena *a, const struct ip *ip)
{
	char *out = arena_alloc(a, 64);

	for (size_t i = 0; i < 32; i++) {
		unsigned v = i % 2 == 0 ? ip->b[i / 2] >> 4 : ip->b[i / 2] & 15;

		out[2 * i] = "0123456789ABCDEF"[v];
		out[2 * i + 1] = '.';
	}
	return str_of(out, 63);
}

static struct str address(struct arena *a, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return arena_dup(a, str_c(ip_format(ip, text)));
}

static struct str local_part(const struct spf_macro_env *env)
{
	return env->req->local.n > 0 ? env->req->local : STR("postmaster");
}

static struct str sender(struct arena *a, struct str local, struct str domain)
{
	struct buf b = { .arena = a };

	buf_add(&b, local);
	buf_addc(&b, '@');
	buf_add(&b, domain);
	return buf_str(&b);
}

static struct str value(struct arena *a, const struct spf_macro_env *env, char letter)
{
	struct str l = local_part(env);

	switch (letter) {
	case 's':
		return sender(a, l, env->sender);
	case 'l':
		return l;
	case 'o':
		return env->sender;
	case 'd':
		return env->domain;
	case 'i':
		return env->ip.family == 6 ? nibbles(a, &env->ip) : address(a, &env->ip);
	case 'p':
		return env->validated.n > 0 ? env->validated : STR("unknown");
	case 'v':
		return env->ip.family == 6 ? STR("ip6") : STR("in-addr");
	case 'h':
		return env->req->helo;
	case 'c':
		return address(a, &env->ip);
	case 'r':
		return env->req->receiver.n > 0 ? env->req->receiver : STR("unknown");
	default: /* t */
		return arena_printf(a, "%lld", (long long)env->req->now);
	}
}

/* Everything but the unreserved of RFC 3986 2.3 as %XX. */
static void add_url(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (ch_alnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~') {
			buf_addc(b, (char)c);
			continue;
		}
		buf_addc(b, '%');
		buf_addc(b, hex[c >> 4]);
		buf_addc(b, hex[c & 15]);
	}
}

static void add(struct buf *b, const struct part *p, struct str s)
{
	if (p->url)
		add_url(b, s);
	else
		buf_add(b, s);
}

/* Which octets are delimiters. */
struct delims {
	bool is[256];
};

static struct delims read_delims(struct str s)
{
	struct delims d = { 0 };

	for (size_t i = 0; i < s.n; i++)
		d.is[(unsigned char)s.p[i]] = true;
	return d;
}

static bool splits(const struct delims *d, char c)
{
	return d->is[(unsigned char)c];
}

static size_t parts_in(struct str s, const struct delims *d)
{
	size_t n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += splits(d, s.p[i]);
	return n;
}

/* Octets up to the next delimiter. */
static size_t part_length(struct str s, const struct delims *d)
{
	size_t n = 0;

	while (n < s.n && !splits(d, s.p[n]))
		n++;
	return n;
}

/* The part that ends before *end, which moves to the delimiter before it. */
static struct str part_before(struct str s, const struct delims *d, size_t *end)
{
	size_t stop = *end, i = stop;

	while (i > 0 && !splits(d, s.p[i - 1]))
		i--;
	*end = i > 0 ? i - 1 : 0;
	return str_sub(s, i, stop - i);
}

/* The last keep of n parts of s, joined by dots. */
static void add_parts(struct buf *b, const struct part *p, struct str s, const struct delims *d,
		      size_t n, size_t keep)
{
	for (size_t i = 0; i < n; i++) {
		size_t length = part_length(s, d);

		if (i >= n - keep) {
			add(b, p, str_sub(s, 0, length));
			if (i + 1 < n)
				buf_addc(b, '.');
		}
		s = str_skip(s, length + 1);
	}
}

/* The same of the reversed parts: those at the front of s, last of them first. */
static void add_reversed(struct buf *b, const struct part *p, struct str s, const struct delims *d,
			 size_t n, size_t keep)
{
	size_t end = s.n;

	for (size_t i = 0; i < n; i++) {
		struct str one = part_before(s, d, &end);

		if (i < n - keep)
			continue;
		add(b, p, one);
		if (i + 1 < n)
			buf_addc(b, '.');
	}
}

static void add_macro(struct buf *b, const struct spf_macro_env *env, const struct part *p)
{
	struct str s = value(b->arena, env, p->letter);
	struct delims d = read_delims(p->delims.n > 0 ? p->delims : STR("."));
	size_t n = parts_in(s, &d), keep = n;

	if (p->digits > 0 && p->digits < n)
		keep = p->digits;
	if (p->reverse)
		add_reversed(b, p, s, &d, n, keep);
	else
		add_parts(b, p, s, &d, n, keep);
}

/* One piece after the other into b; false when there is none left. */
static bool expand_part(struct buf *b, const struct spf_macro_env *env, struct str *s)
{
	struct part p;

	if (s->n == 0 || !read_part(s, SPF_MACRO_TEXT, &p))
		return false;
	if (p.literal.p)
		buf_add(b, p.literal);
	else
		add_macro(b, env, &p);
	return true;
}

struct str spf_macro_domain(struct arena *a, const struct spf_macro_env *env, struct str s)
{
	struct buf b = { .arena = a };
	struct str name;

	while (expand_part(&b, env, &s))
		if (b.n > KEEP_OVER) {
			memmove(b.p, b.p + b.n - KEEP_LAST, KEEP_LAST);
			b.n = KEEP_LAST;
		}
	name = buf_str(&b);
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	while (name.n > SPF_MAX_NAME) {
		size_t dot = str_chr(name, '.');

		name = dot == SIZE_MAX ? str_skip(name, name.n) : str_skip(name, dot + 1);
	}
	return name;
}

struct str spf_macro_text(struct arena *a, const struct spf_macro_env *env, struct str s)
{
	struct buf b = { .arena = a };

	while (b.n < SPF_MAX_EXPLANATION && expand_part(&b, env, &s))
		;
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < ' ' || b.p[i] > '~')
			b.p[i] = '?';
	return str_sub(buf_str(&b), 0, SPF_MAX_EXPLANATION);
}
