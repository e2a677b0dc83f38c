/* What Pyzor leaves of a line: no long words, no addresses, no URLs, no white space. */
#include "base/utf8.h"
#include "learn/digest/pyzor_priv.h"

#define LONG_WORD 10u /* characters: taken for an identifier */
#define SHORT_LINE 8u /* characters: fewer do not count */

static size_t char_octets(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static size_t count_chars(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xC0) != 0x80;
	return n;
}

static bool is_address(struct str word)
{
	for (size_t i = 1; i + 1 < word.n; i++)
		if (word.p[i] == '@')
			return true;
	return false;
}

/* Octets of the letter that ends before at: ASCII's, and the four others that fold to such. */
static size_t letter_before(struct str s, size_t at)
{
	struct str two = at >= 2 ? str_sub(s, at - 2, 2) : STR_NULL;
	struct str three = at >= 3 ? str_sub(s, at - 3, 3) : STR_NULL;

	if (at >= 1 && ch_alpha(s.p[at - 1]))
		return 1;
	if (str_eq(two, STR("\xC4\xB0")) || str_eq(two, STR("\xC4\xB1")) ||
	    str_eq(two, STR("\xC5\xBF")))
		return 2;
	return str_eq(three, STR("\xE2\x84\xAA")) ? 3 : 0;
}

/* Where "scheme:x" begins in a word; its length if nowhere. */
static size_t url_at(struct str word)
{
	for (size_t i = 1; i + 1 < word.n; i++) {
		size_t from = i, n;

		if (word.p[i] != ':')
			continue;
		while ((n = letter_before(word, from)) > 0)
			from -= n;
		if (from < i)
			return from;
	}
	return word.n;
}

/* Characters of the word that stay. */
static size_t add_word(struct buf *out, struct str word)
{
	if (word.n >= LONG_WORD && count_chars(word) >= LONG_WORD)
		return 0;
	if (word.n > 2) {
		if (is_address(word))
			return 0;
		word.n = url_at(word);
	}
	buf_add(out, word);
	return count_chars(word);
}

/* Of a line's end at p: its octets; 0: there is none. */
static size_t eol_at(const char *p, const char *end)
{
	unsigned char c = (unsigned char)*p;

	if (c < 0x80)
		return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e);
	if (end - p >= 2 && c == 0xC2 && (unsigned char)p[1] == 0x85)
		return 2;
	return end - p >= 3 && c == 0xE2 && (unsigned char)p[1] == 0x80 &&
			       ((unsigned char)p[2] == 0xA8 || (unsigned char)p[2] == 0xA9)
		       ? 3
		       : 0;
}

static void end_line(struct pyzor_lines *l, size_t from, size_t chars)
{
	if (chars < SHORT_LINE)
		l->text.n = from;
	else
		VEC_PUSH(l->arena, l->v) = (struct pyzor_line){ from, l->text.n - from };
}

/* Pyzor's own authors leave NULs out; Debian's release has them among the characters of a word. */
static struct str without_nul(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	if (s.n == 0 || !memchr(s.p, 0, s.n))
		return s;
	buf_room(&b, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i])
			b.p[b.n++] = s.p[i];
	return buf_str(&b);
}

void pyzor_lines_add(struct pyzor_lines *l, struct str text)
{
	struct str utf8 = without_nul(l->arena, text);
	const char *p = utf8.p, *end = utf8.p + utf8.n;
	size_t from = l->text.n, chars = 0;

	while (p < end) {
		const char *word = p;
		size_t space;

		while (p < end && (*p > ' ' || !pyzor_space_at(p, end)))
			p += char_octets((unsigned char)*p);
		if (p > end)
			p = end;
		if (p > word)
			chars += add_word(&l->text, str_of(word, (size_t)(p - word)));
		if (p < end && eol_at(p, end)) {
			end_line(l, from, chars);
			from = l->text.n;
			chars = 0;
		}
		space = pyzor_space_at(p, end);
		p += space;
	}
	end_line(l, from, chars);
}
