/* Words of a text, normalised and hashed. */
#include "learn/digest/near_words.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "base/buf.h"
#include "base/utf8.h"

#define LONG_WORD 24u	/* characters: nobody says them */
#define FOLDED_MAX 18	/* UTF-16 units that one character folds to */
#define CHUNK_MAX 1024u /* octets between blanks that are looked at for "@" and "://" */

enum word_has { HAS_LETTER = 1, HAS_DIGIT = 2 };

struct reader {
	struct near_words *out;
	struct hash_key key;
	const UNormalizer2 *fold;
	struct buf word;
	size_t chars;
	unsigned has; /* enum word_has */
};

/* Letters that are drawn as Latin ones. */
static const struct twin {
	uint16_t from;
	char to;
} twins[] = {
	{ 0x3B1, 'a' }, { 0x3B5, 'e' }, { 0x3B9, 'i' }, { 0x3BA, 'k' }, { 0x3BD, 'v' },
	{ 0x3BF, 'o' }, { 0x3C1, 'p' }, { 0x3C4, 't' }, { 0x3C5, 'u' }, { 0x3C7, 'x' },
	{ 0x430, 'a' }, { 0x435, 'e' }, { 0x43A, 'k' }, { 0x43C, 'm' }, { 0x43E, 'o' },
	{ 0x440, 'p' }, { 0x441, 'c' }, { 0x442, 't' }, { 0x443, 'y' }, { 0x445, 'x' },
	{ 0x455, 's' }, { 0x456, 'i' }, { 0x458, 'j' }, { 0x501, 'd' }, { 0x51B, 'q' },
	{ 0x51D, 'w' },
};

static bool reader_full(const struct reader *r)
{
	return r->out->n >= NEAR_WORDS_MAX;
}

static void add_hash(struct reader *r, struct str word)
{
	if (!reader_full(r))
		r->out->hash[r->out->n++] = hash_sip13(r->key, word);
}

static void end_word(struct reader *r)
{
	if (r->chars == 0)
		return;
	if (r->has == HAS_DIGIT)
		add_hash(r, STR("0"));
	else if ((r->has & HAS_DIGIT) || r->chars > LONG_WORD)
		add_hash(r, STR("#"));
	else
		add_hash(r, buf_str(&r->word));
	r->word.n = r->chars = 0;
	r->has = 0;
}

static void add_letter(struct reader *r, uint32_t c)
{
	r->chars++;
	r->has |= HAS_LETTER;
	if (r->chars > LONG_WORD)
		return;
	if (c < 0x80) {
		buf_addc(&r->word, (char)c);
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		buf_addc(&r->word, (char)(c >> 8 * i));
}

/* Characters of scripts that put no blanks between words. */
static bool stands_alone(uint32_t c)
{
	return (c >= 0x0E00 && c < 0x0F00) || (c >= 0x2E80 && c < 0xA000) ||
	       (c >= 0xF900 && c < 0xFB00) || (c >= 0x20000 && c < 0x40000);
}

static char twin_of(uint32_t c)
{
	size_t from = 0, to = sizeof twins / sizeof *twins;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (twins[mid].from == c)
			return twins[mid].to;
		if (twins[mid].from < c)
			from = mid + 1;
		else
			to = mid;
	}
	return 0;
}

/* One character that is folded already. */
static void add_folded(struct reader *r, uint32_t c)
{
	char twin;

	if (c < 0x80) {
		if (ch_alpha((char)c))
			add_letter(r, (unsigned char)ch_lower((char)c));
		else if (ch_digit((char)c)) {
			r->chars++;
			r->has |= HAS_DIGIT;
		} else if (c != '\'')
			end_word(r);
		return;
	}
	if (u_charType((UChar32)c) == U_NON_SPACING_MARK)
		return;
	twin = twin_of(c);
	if (twin) {
		add_letter(r, (unsigned char)twin);
	} else if (!u_isalnum((UChar32)c)) {
		end_word(r);
	} else if (stands_alone(c)) {
		end_word(r);
		add_letter(r, c);
		end_word(r);
	} else {
		add_letter(r, c);
	}
}

static void add_wide(struct reader *r, uint32_t c)
{
	UChar u[FOLDED_MAX];
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = -1;

	if (r->fold && !stands_alone(c))
		n = unorm2_getDecomposition(r->fold, (UChar32)c, u, FOLDED_MAX, &e);
	if (n < 0 || U_FAILURE(e)) {
		add_folded(r, c);
		return;
	}
	for (int32_t i = 0; i < n; i++) {
		uint32_t one = u[i];

		if (one >= 0xD800 && one < 0xDC00 && i + 1 < n)
			one = 0x10000 + ((one & 0x3FF) << 10 | (u[++i] & 0x3FFu));
		add_folded(r, one);
	}
}

/* What has no blank in it: an address, a URL, or words. */
static void add_chunk(struct reader *r, struct str chunk)
{
	struct str head = str_sub(chunk, 0, CHUNK_MAX);

	if (str_find(head, STR("://")) != SIZE_MAX || str_istarts(head, STR("www."))) {
		add_hash(r, STR("://"));
		return;
	}
	if (str_chr(head, '@') != SIZE_MAX) {
		add_hash(r, STR("@"));
		return;
	}
	for (size_t i = 0; i < chunk.n && !reader_full(r);) {
		uint32_t c = (unsigned char)chunk.p[i];
		size_t n = 1;

		if (c < 0x80) {
			add_folded(r, c);
		} else {
			n = utf8_read(str_skip(chunk, i), &c);
			if (n)
				add_wide(r, c);
			else
				n = 1;
		}
		i += n;
	}
	end_word(r);
}

void near_words_read(struct arena *a, struct hash_key key, struct str utf8, struct near_words *out)
{
	struct reader r = { .out = out, .key = key, .word = { .arena = a } };
	UErrorCode e = U_ZERO_ERROR;

	r.fold = unorm2_getNFKCCasefoldInstance(&e);
	if (U_FAILURE(e))
		r.fold = NULL;
	out->n = 0;
	for (size_t i = 0; i < utf8.n && !reader_full(&r);) {
		size_t from = i;

		while (i < utf8.n && (unsigned char)utf8.p[i] > ' ')
			i++;
		if (i > from)
			add_chunk(&r, str_sub(utf8, from, i - from));
		else
			i++;
	}
}
