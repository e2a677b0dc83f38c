/* Text within text: in codes that a model reads and a person does not, or that nobody sees. */
#include "llm/finder.h"

#include "base/utf8.h"
#include "mail/mime/mime.h"
#include "mail/url/host.h"

#define RUN_MIN 24u /* octets of base64 or hexadecimal digits that are worth it */
#define RUN_MAX 65536u
#define OUT_MAX 262144u
#define BITS_MIN 32u /* zero-width characters in a row that may spell something */
#define BITS_MAX 8192u
#define TAGS_MIN 4u
#define BLANKS_MAX 2000u
#define LINES_MAX 60u
#define WORDS_MAX 300u

/* Mostly text: nine of ten octets are printable or UTF-8. */
static bool is_text(struct str s)
{
	size_t good = 0;

	for (size_t i = 0; i < s.n; i++)
		good += (s.p[i] >= 32 && s.p[i] < 127) || s.p[i] == '\n' ||
			(unsigned char)s.p[i] >= 0xC2;
	return s.n >= 12 && good * 10 >= s.n * 9;
}

static void keep(struct buf *out, struct str s)
{
	if (!is_text(s) || out->n + s.n > OUT_MAX)
		return;
	buf_add(out, s);
	buf_addc(out, '\n');
}

/* ---- base64 and hexadecimal digits ---- */

static struct str unhex(struct arena *a, struct str run)
{
	struct buf b = { .arena = a };
	int high = -1;

	for (size_t i = 0; i < run.n; i++) {
		int v = ch_hex(run.p[i]);

		if (v < 0)
			continue;
		if (high < 0) {
			high = v;
			continue;
		}
		buf_addc(&b, (char)(high << 4 | v));
		high = -1;
	}
	return buf_str(&b);
}

/* Octets at s.p[at] that are digits of base64, single line ends between them. */
static size_t base64_run(struct str s, size_t at)
{
	size_t i = at;

	while (i < s.n && i - at < RUN_MAX &&
	       (ch_base64(s.p[i]) >= 0 || s.p[i] == '=' || s.p[i] == '-' || s.p[i] == '_' ||
		(s.p[i] == '\n' && i + 1 < s.n && ch_base64(s.p[i + 1]) >= 0)))
		i++;
	return i - at;
}

/* Pairs of hexadecimal digits, single blanks, colons, "\x" or "0x" between them. */
static size_t hex_run(struct str s, size_t at)
{
	size_t i = at, digits = 0;

	while (i < s.n && i - at < RUN_MAX) {
		if (ch_hex(s.p[i]) >= 0)
			digits++;
		else if ((!digits && s.p[at] != '\\') ||
			 (s.p[i] != ' ' && s.p[i] != ':' && s.p[i] != '\\' && s.p[i] != 'x' &&
			  s.p[i] != ','))
			break;
		i++;
	}
	return digits >= RUN_MIN ? i - at : 0;
}

static struct str url_alphabet(struct arena *a, struct str run)
{
	char *p = arena_cstr(a, run);

	for (size_t i = 0; i < run.n; i++)
		p[i] = p[i] == '-' ? '+' : p[i] == '_' ? '/' : p[i];
	return str_of(p, run.n);
}

static void percent(struct arena *a, struct str text, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i + 2 < text.n; i++)
		n += text.p[i] == '%' && ch_hex(text.p[i + 1]) >= 0 && ch_hex(text.p[i + 2]) >= 0;
	if (n >= 3)
		keep(out, url_percent_decode(a, str_sub(text, 0, RUN_MAX)));
}

struct str decode_runs(struct arena *a, struct str text)
{
	struct buf out = { .arena = a };
	unsigned flags = 0;

	for (size_t at = 0, hex = 0; at < text.n;) {
		bool start = at == 0 || ch_base64(text.p[at - 1]) < 0;
		size_t n = start && ch_base64(text.p[at]) >= 0 ? base64_run(text, at) : 0;

		if (start && at >= hex && (ch_hex(text.p[at]) >= 0 || text.p[at] == '\\')) {
			size_t run = hex_run(text, at);

			if (run)
				keep(&out, unhex(a, str_sub(text, at, run)));
			hex = at + (run ? run : 1);
		}
		if (n >= RUN_MIN)
			keep(&out, mime_base64(a, url_alphabet(a, str_sub(text, at, n)), &flags));
		at += n ? n : 1;
	}
	percent(a, text, &out);
	return out.n ? buf_str(&out) : STR_NULL;
}

/* ---- what nobody sees ---- */

static bool is_zero_width(uint32_t c)
{
	return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF || c == 0x180E ||
	       (c >= 0x2061 && c <= 0x2064);
}

static int selector(uint32_t c)
{
	if (c >= 0xFE00 && c <= 0xFE0F)
		return (int)(c - 0xFE00);
	if (c >= 0xE0100 && c <= 0xE01EF)
		return (int)(c - 0xE0100) + 16;
	return -1;
}

/* A run of zero-width characters: two kinds of them are the bits of octets. */
struct bits {
	uint32_t kind[2];
	uint8_t bit[BITS_MAX];
	size_t n;
};

static void spell(struct bits *b, struct buf *out)
{
	for (unsigned flip = 0; b->n >= BITS_MIN && flip < 2; flip++) {
		char octets[BITS_MAX / 8];
		size_t n = b->n / 8, letters = 0;

		for (size_t i = 0; i < n; i++) {
			unsigned v = 0;

			for (size_t k = 0; k < 8; k++)
				v = v << 1 | (b->bit[8 * i + k] ^ flip);
			octets[i] = (char)v;
			letters += ch_alpha((char)v) || v == ' ';
		}
		if (letters * 10 >= n * 8 && letters < n + 1 && n >= 4)
			buf_add(out, str_of(octets, n));
	}
	*b = (struct bits){ .n = 0 };
}

static void add_bit(struct bits *b, uint32_t c)
{
	if (!b->kind[0])
		b->kind[0] = c;
	else if (c != b->kind[0] && !b->kind[1])
		b->kind[1] = c;
	if (b->n < BITS_MAX && (c == b->kind[0] || c == b->kind[1]))
		b->bit[b->n++] = c != b->kind[0];
}

static void add_octet(struct buf *out, int v)
{
	buf_addc(out, (char)v);
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

struct str decode_invisible(struct arena *a, struct str text, bool *tags)
{
	struct buf tag = { .arena = a }, chosen = { .arena = a }, zero = { .arena = a };
	struct bits *bits;
	bool flag = false;

	*tags = false;
	if (is_ascii(text)) /* all of it is seen */
		return STR_NULL;
	bits = ARENA_NEW(a, struct bits);
	for (size_t i = 0, n; i < text.n; i += n) {
		uint32_t c = (unsigned char)text.p[i];

		n = 1;
		if (c >= 0x80 && !(n = utf8_read(str_skip(text, i), &c)))
			n = 1;
		if (c >= 0xE0020 && c <= 0xE007E && !flag)
			add_octet(&tag, (int)(c - 0xE0000));
		if (c < 0xE0000)
			flag = c == 0x1F3F4; /* the flags of England, Scotland and Wales */
		if (selector(c) >= 0)
			add_octet(&chosen, selector(c));
		if (is_zero_width(c))
			add_bit(bits, c);
		else if (bits->n)
			spell(bits, &zero);
	}
	spell(bits, &zero);
	*tags = tag.n >= TAGS_MIN || zero.n || (chosen.n >= 8 && is_text(buf_str(&chosen)));
	if (!*tags)
		return STR_NULL;
	return arena_printf(a, "%.*s\n%.*s\n%.*s", STR_ARG(buf_str(&tag)),
			    STR_ARG(buf_str(&chosen)), STR_ARG(buf_str(&zero)));
}

/* ---- padding ---- */

bool is_padded(struct str text)
{
	size_t blanks = 0, lines = 0, words = 0;
	struct str line = STR(""), word = STR(""), rest = text;
	bool pad = false;

	while (rest.n && ch_fws(rest.p[rest.n - 1])) /* at the very end it pushes nothing */
		rest.n--;
	while (rest.n) {
		struct str l = str_cut(&rest, '\n'), t = str_trim(l);

		blanks = t.n ? 0 : blanks + l.n + 1;
		lines = t.n && str_eq(t, line) ? lines + 1 : 0;
		line = t.n ? t : line;
		while (t.n) {
			struct str w = str_cut(&t, ' ');

			if (!w.n)
				continue;
			words = str_eq(w, word) ? words + 1 : 0;
			word = w;
			pad = pad || words > WORDS_MAX;
		}
		pad = pad || blanks > BLANKS_MAX || lines > LINES_MAX;
		if (pad && rest.n)
			return true;
	}
	return false;
}
