/* The rendered text of HTML: its pieces, which of them are seen, which words tags cut. */
#include <unicode/uchar.h>

#include "base/utf8.h"
#include "mail/view/sahtml.h"

static struct str last_piece(const struct sahtml *h)
{
	size_t n = h->pieces.n;
	size_t from = n > 1 ? h->pieces.p[n - 2].end : 0;

	return n ? str_of(h->text.p + from, h->pieces.p[n - 1].end - from) : STR_NULL;
}

static void end_piece(struct sahtml *h, struct sahtml_piece piece)
{
	piece.end = h->text.n;
	VEC_PUSH(h->arena, h->pieces) = piece;
}

void sahtml_add_whitespace(struct sahtml *h, struct str space)
{
	struct str before = last_piece(h);

	if (before.n && !h->pieces.p[h->pieces.n - 1].whitespace &&
	    !h->pieces.p[h->pieces.n - 1].invisible && before.p[before.n - 1] == ' ') {
		h->text.n--;
		h->pieces.p[h->pieces.n - 1].end--;
	}
	buf_add(&h->text, space);
	end_piece(h, (struct sahtml_piece){ .whitespace = true });
}

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

/* Octets of white space at i; what UTF-8 of a no-break space looks like in ISO-8859-1 is one. */
static size_t space_at(struct str s, size_t i)
{
	if (space(s.p[i]))
		return 1;
	return s.p[i] == '\xc3' && str_starts(str_skip(s, i), STR("\xc3\x82\xc2\xa0")) ? 4 : 0;
}

void sahtml_add_text(struct sahtml *h, struct str text, bool invisible, bool wide)
{
	bool follows = h->pieces.n && !invisible && h->pieces.p[h->pieces.n - 1].whitespace;
	char *to = buf_room(&h->text, text.n), *start = to;
	size_t i = 0;

	while (i < text.n) {
		size_t n = space_at(text, i);

		if (!n) {
			*to++ = text.p[i++];
			continue;
		}
		i += n;
		while (n == 1 && i < text.n && space(text.p[i]))
			i++;
		if (!follows || to > start)
			*to++ = ' ';
		else
			follows = false; /* one space only */
	}
	h->text.n += (size_t)(to - start);
	end_piece(h, (struct sahtml_piece){ .invisible = invisible, .wide = wide });
}

bool sahtml_is_blank(struct str s)
{
	size_t i = 0, n = 1;

	while (i < s.n && n) {
		n = space_at(s, i);
		i += n;
	}
	return i == s.n && n;
}

/* ---- what makes text invisible ---- */

static double distance(uint32_t x, uint32_t y)
{
	double r = (double)(x >> 16 & 255) - (double)(y >> 16 & 255);
	double g = (double)(x >> 8 & 255) - (double)(y >> 8 & 255);
	double b = (double)(x & 255) - (double)(y & 255);

	r *= 0.2126;
	g *= 0.7152;
	b *= 0.0722;
	return r * r + g * g + b * b; /* squared */
}

bool sahtml_is_invisible(struct sahtml *h)
{
	const struct sahtml_style *s = &h->styles.stack.p[h->styles.stack.n - 1];

	if (s->fg == s->bg || (s->fg < SAHTML_BAD_COLOR && s->bg < SAHTML_BAD_COLOR &&
			       distance(s->fg, s->bg) < 12.0 * 12.0)) {
		h->font_low_contrast = true;
		return true;
	}
	if (s->fg == SAHTML_BAD_COLOR || s->bg == SAHTML_BAD_COLOR) {
		h->font_invalid_color = true;
		return true;
	}
	return s->size <= 1 || s->none || s->hidden;
}

/* ---- words that tags cut ---- */

/* A character that can stand in a word: no white space, no ASCII punctuation. */
static bool letter(const struct sahtml *h, uint32_t c)
{
	if (c < 0x80)
		return c < 0x21 ? !(c == ' ' || (c >= 9 && c <= 13))
				: ch_alnum((char)c) || c == 127;
	return !h->wide || !u_isUWhiteSpace((UChar32)c);
}

/* What Perl's \w takes. */
static bool word(const struct sahtml *h, uint32_t c)
{
	if (c < 0x80)
		return ch_alnum((char)c) || c == '_';
	return h->wide && (u_isalnum((UChar32)c) || u_charType((UChar32)c) == U_NON_SPACING_MARK ||
			   u_charType((UChar32)c) == U_COMBINING_SPACING_MARK ||
			   u_charType((UChar32)c) == U_CONNECTOR_PUNCTUATION);
}

static uint32_t char_before(struct str s, size_t *at)
{
	uint32_t c = 0;

	do
		--*at;
	while (*at && (s.p[*at] & 0xc0) == 0x80);
	return utf8_read(str_skip(s, *at), &c) ? c : 0xfffd;
}

/* Characters of a word at the end of s, 1 to 7, that a boundary begins; 0: none. */
static size_t word_at_end(const struct sahtml *h, struct str s)
{
	size_t at = s.n, n = 0, best = 0;
	bool inner = false; /* the character behind is of a word */

	while (at && n < 8) {
		uint32_t c = char_before(s, &at);

		if (n && word(h, c) != inner)
			best = n;
		if (!letter(h, c) || n == 7)
			return best;
		inner = word(h, c);
		n++;
	}
	return at == 0 && inner ? n : best;
}

/* The same at the beginning, and a boundary ends it: as long as can be. */
static size_t word_at_start(const struct sahtml *h, struct str s)
{
	size_t i = 0, n = 0, best = 0;
	bool inner = false;

	while (i < s.n) {
		uint32_t c = 0;
		size_t used = utf8_read(str_skip(s, i), &c);

		i += used ? used : 1;
		if (n && word(h, c) != inner)
			best = n;
		if (!letter(h, c) || n == 7)
			return best;
		inner = word(h, c);
		n++;
	}
	return inner ? n : best;
}

void sahtml_note_cut_word(struct sahtml *h, struct str text)
{
	struct str before = last_piece(h);
	size_t at = before.n, first, second;
	uint32_t c = 0;

	if (!before.n || !text.n || !utf8_read(text, &c) || !letter(h, c) ||
	    !letter(h, char_before(before, &at)))
		return;
	h->obfuscation++;
	first = word_at_end(h, before);
	second = first ? word_at_start(h, text) : 0;
	if (!second || h->cut_seen[first][second])
		return;
	h->cut_seen[first][second] = true;
	h->cut_kinds++;
}

/* Characters, and those of them that are white space. */
void sahtml_count_characters(struct sahtml *h)
{
	size_t all = 0, white = 0, i = 0;

	while (i < h->text.n) {
		unsigned char u = (unsigned char)h->text.p[i];

		all++;
		if (u < 0x80) {
			white += u == ' ' || (u >= 9 && u <= 11) || u == 13 || (h->wide && u == 12);
			i++;
		} else {
			uint32_t c = 0;
			size_t n = utf8_read(str_skip(buf_str(&h->text), i), &c);

			white += h->wide && u_isUWhiteSpace((UChar32)c);
			i += n ? n : 1;
		}
	}
	h->html_length = (double)all;
	h->non_space_len = (double)(all - white);
}
