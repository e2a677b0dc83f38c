/* SpamAssassin's functions of the body: words that only one half says, capitals, blank lines. */
#include <unicode/uchar.h>

#include "base/map.h"
#include "base/utf8.h"
#include "checks/checks.h"
#include "checks/sa/sa.h"
#include "mail/view/view_priv.h"

/* ---- an alternative whose halves say different things ---- */

#define WORDS_MAX 20000u /* of a half that are compared */

struct word {
	size_t html, text; /* times */
};

struct halves {
	struct map *words;
	size_t nwords, html, text; /* distinct ones of each half */
	bool image;
};

static bool is_word_char(uint32_t c)
{
	const uint32_t marks =
		U_GC_M_MASK | U_GC_L_MASK | U_GC_ND_MASK | U_GC_NL_MASK | U_GC_PC_MASK;

	return (U_GET_GC_MASK((UChar32)c) & marks) != 0;
}

/* A letter, digit or underscore stands in it; wide: of any alphabet. */
static bool is_word(struct str s, bool wide)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t c = (unsigned char)s.p[i];
		size_t n = c < 0x80 ? 1 : utf8_read(str_skip(s, i), &c);
		if (c == '_' || (c < 0x80 ? ch_alnum((char)c) : n && wide && is_word_char(c)))
			return true;
		i += n ? n : 1;
	}
	return false;
}

static void add_word(struct scan *s, struct halves *h, struct str word, bool html)
{
	struct word *w = map_get(h->words, word);

	if (!w) {
		if (h->nwords++ >= WORDS_MAX)
			return;
		w = ARENA_NEW(s->arena, struct word);
		map_put(h->words, word, w);
	}
	if (html)
		h->html += w->html++ == 0;
	else
		h->text += w->text++ == 0;
}

static bool blank(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

/* Octets of the white space at i; 0: none. */
static size_t blank_at(struct str s, size_t i, bool wide)
{
	uint32_t c = (unsigned char)s.p[i];
	size_t n;

	if (c < 0x80 || !wide)
		return blank(s.p[i]);
	n = utf8_read(str_skip(s, i), &c);
	return n && u_isUWhiteSpace((UChar32)c) ? n : 0;
}

static void add_words(struct scan *s, struct halves *h, const struct view_part *p)
{
	struct str text = p->rendered;
	size_t i = 0, n;

	while (i < text.n) {
		size_t from;
		while (i < text.n && (n = blank_at(text, i, p->wide)) > 0)
			i += n;
		from = i;
		while (i < text.n && !blank_at(text, i, p->wide))
			i++;
		if (is_word(str_sub(text, from, i - from), p->wide))
			add_word(s, h, str_sub(text, from, i - from), p->html);
	}
}

static bool is_alternative(const struct view_part *p)
{
	return str_eq(p->type, STR("multipart/alternative"));
}

static void read_half(struct scan *s, struct halves *h, const struct view_part *p)
{
	size_t open;

	if (!p->leaf || !p->is_text || !str_starts(p->type, STR("text")))
		return;
	add_words(s, h, p);
	if (p->html && !h->html && view_html_inside(p->html, STR("img"), &open)) {
		h->html = 1; /* an image stands for a word */
		h->image = true;
	}
}

/* Parts stand depth first: those below an alternative are the deeper ones behind it. */
static void read_halves(struct scan *s, const struct view_part *p, size_t n, size_t alternative,
			struct halves *h)
{
	h->words = map_new(s->arena, false);
	for (size_t i = alternative + 1; i < n && p[i].depth > p[alternative].depth; i++)
		read_half(s, h, &p[i]);
}

/* Share of the HTML's words that the plain text does not say as often, in percent. */
static double only_html(const struct halves *h)
{
	size_t left = h->image;

	for (size_t i = 0; i < map_len(h->words); i++) {
		const struct word *w = map_at(h->words, i);
		left += w->html > 0 && (w->text == 0 || w->html > w->text);
	}
	return (double)left / (double)h->html * 100;
}

struct difference {
	double most;
	size_t html, text;
};

/* text/html and text/calendar, as invitations are. */
static bool is_invitation(const struct view_part *p, size_t n)
{
	return n == 3 && is_alternative(&p[0]) && str_eq(p[1].type, STR("text/html")) &&
	       str_eq(p[2].type, STR("text/calendar"));
}

static struct difference difference(struct scan *s)
{
	struct difference d = { 0 };
	const struct view_part *p;
	size_t n = 0;

	if (!s->view)
		return d;
	view_render(s->view);
	p = view_parts(s->view, &n);
	for (size_t i = 0; !is_invitation(p, n) && i < n; i++) {
		struct halves h = { 0 };
		if (!is_alternative(&p[i]))
			continue;
		read_halves(s, p, n, i, &h);
		if (!h.html)
			continue;
		d.html = h.html;
		d.text = h.text;
		if (only_html(&h) > d.most)
			d.most = only_html(&h);
	}
	return d;
}

static bool alternative_difference(struct scan *s, const struct predicate_arg *arg, size_t n,
				   struct str *evidence)
{
	double most = difference(s).most, high = 1e9;

	(void)n;
	if (!str_eq(arg[1].text, STR("undef")) && !str_f64(arg[1].text, &high))
		return false;
	if (!s->view || (arg[0].number != 0 && most <= arg[0].number) || most > high)
		return false;
	*evidence = arena_printf(s->arena, "%.0f %% of the HTML's words", most);
	return true;
}

static bool difference_count(struct scan *s, const struct predicate_arg *arg, size_t n,
			     struct str *evidence)
{
	struct difference d = difference(s);

	(void)n;
	(void)evidence;
	return (double)d.html > arg[1].number && (double)d.text / (double)d.html > arg[0].number;
}

/* ---- capitals ---- */

/* Charsets in which other alphabets look like capitals. */
static bool charset_deceives(struct str c)
{
	static const char *const parts[] = { "koi", "jp",    "jis",	     "euc",
					     "gb",  "big5",  "isoir",	     "cp1251",
					     "tis", "pt154", "windows-1251", "georgianps" };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (c.n && str_ifind(c, str_c(parts[i])))
			return true;
	return false;
}

static bool two_words(struct str s)
{
	size_t i = 0;

	while (i < s.n && blank(s.p[i]))
		i++;
	while (i < s.n && !blank(s.p[i]))
		i++;
	while (i < s.n && blank(s.p[i]))
		i++;
	return i < s.n;
}

static size_t base64_run(struct str s)
{
	size_t i = 0;

	while (i < s.n && (ch_alnum(s.p[i]) || strchr("+/=", s.p[i])) && s.p[i])
		i++;
	return i;
}

/* Two lines of base64 at its beginning. */
static bool encoded(struct str s)
{
	for (int k = 0; k < 2; k++) {
		size_t n = base64_run(s);
		if (n < 60 || n > 76 || n >= s.n || s.p[n] != ' ')
			return false;
		s = str_skip(s, n + 1);
	}
	return true;
}

#define UPPERCASE_LEAST 200u /* octets of text that is judged */

static double uppercase(struct scan *s)
{
	const struct view_lines *body = view_body(s->view);
	size_t len = 0, lower = 0, upper = 0;

	for (size_t i = 0; i < s->content->mime->parts.n; i++)
		if (charset_deceives(s->content->mime->parts.p[i].charset))
			return 0;
	for (size_t i = 0; i < body->n; i++) {
		struct str line = body->p[i].text;
		if (!two_words(line) || encoded(line))
			continue;
		len += line.n;
		for (size_t k = 0; k < line.n; k++) {
			lower += (line.p[k] >= 'a' && line.p[k] <= 'z') || ch_digit(line.p[k]);
			upper += line.p[k] >= 'A' && line.p[k] <= 'Z';
		}
	}
	if (len < UPPERCASE_LEAST || upper + lower == 0)
		return 0;
	return (double)upper / (double)(upper + lower) * 100;
}

static bool for_uppercase(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	double share = s->content ? uppercase(s) : 0;

	(void)n;
	if (share <= arg[0].number || share > arg[1].number)
		return false;
	*evidence = arena_printf(s->arena, "%.0f %%", share);
	return true;
}

/* ---- lines and lengths ---- */

static bool blank_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct view_lines *raw = s->view ? view_rawbody(s->view) : NULL;
	double least = n > 2 && arg[2].number >= 1 ? arg[2].number : 1, ratio = -1;
	size_t lines = 0, blanks = 0;

	(void)evidence;
	for (size_t i = 0; raw && i < raw->n; i++) {
		struct str chunk = raw->p[i].text;
		while (chunk.n) {
			size_t end = str_chr(chunk, '\n');
			struct str line = str_sub(chunk, 0, end);
			lines++;
			blanks += str_trim(line).n == 0;
			chunk = str_skip(chunk, end == SIZE_MAX ? chunk.n : end + 1);
		}
	}
	if (lines && (double)lines >= least)
		ratio = 100 * (double)blanks / (double)lines;
	return (arg[0].number == 0 && ratio <= arg[1].number) ||
	       (ratio > arg[0].number && ratio <= arg[1].number);
}

/* The largest share of blanks in a line, in percent of its other characters. */
static bool vertical_words(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct view_lines *body = s->view ? view_body(s->view) : NULL;
	double most = -1, high = arg[1].number >= 100 ? 101 : arg[1].number;

	(void)n;
	(void)evidence;
	for (size_t i = 0; body && i < body->n; i++) {
		struct str line = body->p[i].text;
		size_t spaces = 0;
		double share;
		for (size_t k = 0; k < line.n; k++)
			spaces += line.p[k] == ' ';
		if (line.n <= 5)
			continue;
		share = spaces > line.n - spaces || spaces == line.n
				? 100
				: (double)(100 * spaces / (line.n - spaces));
		most = share > most ? share : most;
	}
	return most >= arg[0].number && most < high;
}

/* The body as SpamAssassin reads it has one octet at each line's end. */
static bool short_body(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	struct str body = s->content ? s->content->mime->body : STR("");
	uint64_t octets = s->content ? s->content->mime->octets : 0;
	size_t ends = 0;

	(void)n;
	(void)evidence;
	for (size_t i = 0; i + 1 < body.n; i++)
		ends += body.p[i] == '\r' && body.p[i + 1] == '\n';
	return s->content && (double)(octets - ends) <= arg[0].number;
}

static const struct predicate predicates[] = {
	{ "multipart_alternative_difference", "ns", alternative_difference,
	  "so many percent of the HTML's words are not in the plain text: over, at most" },
	{ "multipart_alternative_difference_count", "nn", difference_count,
	  "words of plain text for each of HTML, where that has more than so many" },
	{ "check_for_uppercase", "nn", for_uppercase,
	  "so many percent of the letters are capitals" },
	{ "check_blank_line_ratio", "nn|n", blank_ratio, "so many percent of the lines are empty" },
	{ "tvd_vertical_words", "nn", vertical_words, "a line has so many percent blanks" },
	{ "check_body_length", "n", short_body, "the body has at most so many octets" },
	{ 0 },
};

const struct check check_sa_body = {
	.abi = CHECK_ABI,
	.name = "sa_body",
	.help = "SpamAssassin's functions of the body",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.run = sa_run,
	.predicates = predicates,
};
