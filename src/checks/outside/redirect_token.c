/* Whether a URL tells for whom it was made: who asks for such a one tells that it was read. */
#include <openssl/evp.h>

#include "base/buf.h"
#include "checks/outside/redirect.h"
#include "mail/url/host.h"

#define DECODE_PASSES 3	  /* percent escapes inside percent escapes */
#define CHANCE_MIN 16u	  /* letters and digits of a word that may be chance */
#define CHANCE_CHANGES 4u /* between letters and digits in it */
#define CASE_CHANGES 6u	  /* between small letters and capitals in it */
#define LOCAL_MIN 4u	  /* octets of a local part that is looked for by itself */
#define CODED_MIN 8u	  /* characters of hexadecimal or base64 that are decoded */
#define DIGESTS 3u

struct secret {
	struct str local, address, verp; /* lower case: a@b, a=b */
	struct str digest[DIGESTS], hex[DIGESTS];
};

struct redirect_secrets {
	size_t n;
	struct secret p[REDIRECT_RCPTS];
};

static void digest(struct arena *a, struct secret *s, size_t i, const char *name)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	struct buf hex = { .arena = a };
	size_t n = 0;

	if (EVP_Q_digest(NULL, name, NULL, s->address.p, s->address.n, out, &n) != 1)
		return; /* a system without it */
	s->digest[i] = arena_dup(a, str_of((const char *)out, n));
	buf_hex(&hex, out, n);
	s->hex[i] = buf_str(&hex);
}

static struct str bare(struct str rcpt)
{
	rcpt = str_trim(rcpt);
	if (rcpt.n && rcpt.p[0] == '<')
		rcpt = str_skip(rcpt, 1);
	return rcpt.n && rcpt.p[rcpt.n - 1] == '>' ? str_sub(rcpt, 0, rcpt.n - 1) : rcpt;
}

struct redirect_secrets *redirect_secrets(struct arena *a, const struct str *rcpt, size_t n)
{
	static const char *const name[DIGESTS] = { "MD5", "SHA1", "SHA256" };
	struct redirect_secrets *all = ARENA_NEW(a, struct redirect_secrets);

	for (size_t i = 0; i < n && all->n < REDIRECT_RCPTS; i++) {
		struct secret *s = &all->p[all->n];
		size_t at;

		s->address = arena_lower(a, bare(rcpt[i]));
		at = str_rchr(s->address, '@');
		if (!at || at >= s->address.n)
			continue;
		s->local = str_sub(s->address, 0, at);
		s->verp = arena_printf(a, "%.*s=%.*s", STR_ARG(s->local),
				       STR_ARG(str_skip(s->address, at + 1)));
		for (size_t k = 0; k < DIGESTS; k++)
			digest(a, s, k, name[k]);
		all->n++;
	}
	return all;
}

/* ---- what is found in a text ---- */

static bool holds(struct str text, struct str what)
{
	return what.n && str_find(text, what) != SIZE_MAX;
}

/* Not as a piece of a longer word. */
static bool stands_alone(struct str text, struct str what)
{
	size_t at, end;

	for (size_t from = 0; what.n >= LOCAL_MIN; from = at + 1) {
		at = str_find(str_skip(text, from), what);
		if (at == SIZE_MAX)
			return false;
		at += from;
		end = at + what.n;
		if ((!at || !ch_alnum(text.p[at - 1])) && (end == text.n || !ch_alnum(text.p[end])))
			return true;
	}
	return false;
}

static bool tells(const struct redirect_secrets *all, struct str lower, struct str raw)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct secret *s = &all->p[i];

		if (holds(lower, s->address) || holds(lower, s->verp) ||
		    stands_alone(lower, s->local))
			return true;
		for (size_t k = 0; k < DIGESTS; k++)
			if (holds(lower, s->hex[k]) || holds(raw, s->digest[k]))
				return true;
	}
	return false;
}

/* Somebody's address, whoever's: x@y. */
static bool an_address(struct str s)
{
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] == '@' && ch_alnum(s.p[i - 1]) && ch_alnum(s.p[i + 1]))
			return true;
	return false;
}

/* ---- codings ---- */

static int value(char c, bool hex)
{
	if (hex)
		return ch_hex(c);
	return c == '-' ? 62 : c == '_' ? 63 : ch_base64(c);
}

/* Digits from at on, of 4 or 6 bits each; the octets they make. */
static struct str decode(struct arena *a, struct str run, bool hex)
{
	unsigned bits = 0, have = 0, width = hex ? 4 : 6;
	char *out = arena_alloc(a, run.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < run.n; i++) {
		bits = (bits << width | (unsigned)value(run.p[i], hex)) & 0xffff;
		have += width;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (char)(bits >> have & 0xff);
	}
	return str_of(out, n);
}

/* Every run of digits of the coding, begun at each place at which an octet may begin. */
static bool tells_coded(struct arena *a, const struct redirect_secrets *all, struct str text,
			bool hex)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && value(text.p[i], hex) >= 0)
			continue;
		for (size_t skip = 0; skip < (hex ? 2u : 4u) && i - from >= CODED_MIN + skip;
		     skip++) {
			struct str octets =
				decode(a, str_sub(text, from + skip, i - from - skip), hex);
			struct str lower = arena_lower(a, octets);

			if (tells(all, lower, octets))
				return true;
		}
		from = i + 1;
	}
	return false;
}

/* ---- what looks like chance ---- */

enum kind { NONE, DIGIT, SMALL, CAPITAL };

static enum kind kind_of(char c)
{
	return ch_digit(c) ? DIGIT : c >= 'a' && c <= 'z' ? SMALL : ch_alpha(c) ? CAPITAL : NONE;
}

struct word {
	size_t n, digits, changes, cases;
	bool hex;
	enum kind last;
};

static void add(struct word *w, char c)
{
	enum kind k = kind_of(c);

	if (k == NONE) /* - and _ */
		return;
	w->hex = (w->n ? w->hex : true) && ch_hex(c) >= 0;
	w->n++;
	w->digits += k == DIGIT;
	if (w->last != NONE && w->last != k) {
		w->changes += w->last == DIGIT || k == DIGIT;
		w->cases += w->last != DIGIT && k != DIGIT;
	}
	w->last = k;
}

static bool chance(const struct word *w)
{
	return w->n >= CHANCE_MIN && (w->changes >= CHANCE_CHANGES || w->cases >= CASE_CHANGES ||
				      w->hex || w->digits == w->n);
}

static bool has_chance(struct str text)
{
	struct word w = { 0 };

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && (ch_alnum(text.p[i]) || text.p[i] == '-' || text.p[i] == '_')) {
			add(&w, text.p[i]);
			continue;
		}
		if (chance(&w))
			return true;
		w = (struct word){ 0 };
	}
	return false;
}

bool redirect_personal(struct arena *a, const struct redirect_secrets *s, struct str url)
{
	size_t colon = str_find(url, STR("://"));
	struct str text = str_skip(url, colon == SIZE_MAX ? 0 : colon + 3);

	for (int i = 0; i < DECODE_PASSES; i++) {
		struct str lower = arena_lower(a, text), next;

		if (an_address(text) || tells(s, lower, text) || has_chance(text) ||
		    tells_coded(a, s, text, true) || tells_coded(a, s, text, false))
			return true;
		next = url_percent_decode(a, text);
		if (str_eq(next, text))
			break;
		text = next;
	}
	return false;
}
