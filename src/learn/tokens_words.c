/* Words of a text in any script, as tokens. */
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/utf8.h"
#include "learn/tokens.h"

enum kind {
	GAP,   /* between words */
	WORD,  /* of a word */
	INNER, /* of a word when it stands inside one */
	FIELD, /* as INNER, in header fields only */
	MORE   /* over 127: to be decoded */
};

static enum kind kind_of(unsigned char c)
{
	if (c >= 0x80)
		return MORE;
	if (ch_alnum((char)c) || c == '$')
		return WORD;
	if (c == '\'' || c == '-' || c == '_' || c == '.')
		return INNER;
	return c == '+' || c == '=' || c == '/' ? FIELD : GAP;
}

/* Of a script that has no blanks between words. */
static bool is_han(uint32_t c)
{
	return (c >= 0x2e80 && c <= 0x2fdf) || (c >= 0x3040 && c <= 0xa4cf) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff) ||
	       (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
	       (c >= 0x1780 && c <= 0x17ff);
}

static bool is_letter(uint32_t c)
{
	return (U_MASK(u_charType((UChar32)c)) &
		(U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK | U_GC_SC_MASK | U_GC_SO_MASK)) != 0;
}

/* The character at from: its octets, and what it is. */
static size_t look(const struct word_reader *r, size_t from, enum kind *kind, bool *han)
{
	uint32_t code;
	size_t n;

	*han = false;
	*kind = kind_of((unsigned char)r->in.p[from]);
	if (*kind == FIELD)
		*kind = r->field ? INNER : GAP;
	if (*kind != MORE)
		return 1;
	n = utf8_read(str_skip(r->in, from), &code);
	*han = n && is_han(code);
	*kind = n && is_letter(code) ? WORD : GAP;
	return n ? n : 1;
}

/* Two characters side by side where blanks do not part words, the second of which may be missing.
 */
static struct str han_word(struct word_reader *r, size_t n)
{
	size_t from = r->at, end = r->at + n;
	enum kind kind;
	bool han = false;

	if (end < r->in.n) {
		size_t next = look(r, end, &kind, &han);
		end += han && kind == WORD ? next : 0;
	}
	r->at += n;
	return str_of(r->in.p + from, end - from);
}

static struct str plain_word(struct word_reader *r)
{
	size_t from = r->at, end = r->at;
	enum kind kind;
	bool han;

	while (r->at < r->in.n) {
		size_t n = look(r, r->at, &kind, &han);
		if (kind == GAP || han)
			break;
		r->at += n;
		end = kind == WORD ? r->at : end;
	}
	return str_of(r->in.p + from, end - from);
}

/* NFKC with case folded; as it is where that cannot be. */
static struct str fold(struct word_reader *r, struct str s)
{
	UChar in[TOKEN_MAX * 2], out[TOKEN_MAX * 2];
	int32_t n = 0, m;
	UErrorCode err = U_ZERO_ERROR;
	const UNormalizer2 *how = unorm2_getNFKCCasefoldInstance(&err);

	u_strFromUTF8(in, TOKEN_MAX * 2, &n, s.p, (int32_t)s.n, &err);
	m = unorm2_normalize(how, in, n, out, TOKEN_MAX * 2, &err);
	u_strToUTF8(r->out, (int32_t)sizeof r->out, &n, out, m, &err);
	return U_SUCCESS(err) ? str_of(r->out, (size_t)n) : s;
}

/* In lower case; a number is known by how many digits it has. */
static struct str finish(struct word_reader *r, struct str s)
{
	size_t digits = 0;
	unsigned char high = 0;

	for (size_t i = 0; i < s.n; i++) {
		r->out[i] = ch_lower(s.p[i]);
		digits += ch_digit(s.p[i]);
		high |= (unsigned char)s.p[i];
	}
	if (high >= 0x80)
		return fold(r, s);
	if (digits == s.n)
		memset(r->out, '#', s.n);
	return str_of(r->out, s.n);
}

bool word_next(struct word_reader *r, struct str *word)
{
	while (r->at < r->in.n) {
		enum kind kind;
		bool han, after = r->after_han;
		size_t n = look(r, r->at, &kind, &han);
		struct str s;
		r->after_han = false;
		if (kind != WORD) {
			r->at += n;
			continue;
		}
		s = han ? han_word(r, n) : plain_word(r);
		r->after_han = han;
		if (s.n > TOKEN_MAX || (han && after && s.n == n))
			continue;
		*word = finish(r, s);
		if (word->n)
			return true;
	}
	return false;
}

void tokens_words(struct token_set *t, struct str prefix, struct str text)
{
	struct word_reader r = { .in = str_sub(text, 0, TOKENS_TEXT) };
	struct str word;

	while (t->n < t->max && word_next(&r, &word))
		tokens_add(t, prefix, word, STR(""));
}
