/* What the most expensive HTML costs: within a budget, and twice of it at most twice as much. */
#include "lib/test.h"

#include <time.h>

#include "base/buf.h"
#include "mail/html/html.h"

#ifdef __SANITIZE_ADDRESS__
#define SLOW 8.0
#else
#define SLOW 1.0
#endif
#define WORST_MS (300.0 * SLOW)
/* Below this a measurement says nothing about growth. */
#define QUICK_MS (10.0 * SLOW)

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct str repeat(struct arena *a, const char *piece, size_t n)
{
	struct buf b = { .arena = a };
	struct str s = str_c(piece);

	buf_room(&b, n + s.n);
	while (b.n + s.n <= n)
		buf_add(&b, s);
	return buf_str(&b);
}

struct attack {
	const char *name, *before, *piece, *after;
	size_t octets; /* of all pieces */
};

#define MB 1000000u

static const struct attack attacks[] = {
	{ "tags", "", "<b></b>", "", 700000 },
	{ "open tags", "", "<div>", "", 500000 },
	{ "open formatting", "", "<p><font color=red>", "", 2 * MB },
	{ "stray end tags", "<b><i><u>", "</span>", "", 700000 },
	{ "deep and stray", "<i><i><i><i><i><i><i><i>", "<div></x>", "", 900000 },
	{ "comment", "<!--", "x", "", 10 * MB },
	{ "comment dashes", "<!--", "-- >", "", 10 * MB },
	{ "comments", "", "<!---->a", "", 2 * MB },
	{ "comment openings", "", "<!--", "", 2 * MB },
	{ "declarations", "", "<!", "", 2 * MB },
	{ "conditional", "", "<!--[if a]><a href=b>c<![endif]-->", "", 2 * MB },
	{ "raw text openings", "", "<title>", "", 2 * MB },
	{ "raw text endings", "<title>", "</titl>", "", 2 * MB },
	{ "script states", "<script>", "<!--<script></script>", "", 2 * MB },
	{ "script dashes", "<script><!--", "-", "", 2 * MB },
	{ "CDATA", "<svg>", "<![CDATA[]]", "", 2 * MB },
	{ "foreign", "", "<svg><desc>", "", 2 * MB },
	{ "less than", "", "<", "", 2 * MB },
	{ "quotes", "", "<a b=\"", "", 2 * MB },
	{ "quotes of two kinds", "", "<a b='c\">", "", 2 * MB },
	{ "attributes", "<a", " a=b", ">", 2 * MB },
	{ "attributes of tags", "", "<a a b c d e f g h i j k l m n o p q r s t>", "", 2 * MB },
	{ "events", "", "<p onclick=atob(1)>", "", 2 * MB },
	{ "long attribute", "<a href=\"", "&amp;\n", "\">", 2 * MB },
	{ "entities", "", "&nGt;", "", 2 * MB },
	{ "no entities", "", "&CounterClockwiseContourIntegra;", "", 2 * MB },
	{ "numbers", "&#", "1", ";", 2 * MB },
	{ "broken UTF-8", "", "\xf4\xff", "", 2 * MB },
	{ "invisible", "a", "\xe2\x80\x8b", "b", 2 * MB },
	{ "lines", "", "<br>a", "", 2 * MB },
	{ "hidden and not", "", "<b hidden>a</b>b", "", 2 * MB },
	{ "links", "", "<a href=x>", "", 2 * MB },
	{ "images", "", "<img src=x alt=y>", "", 2 * MB },
	{ "data", "<img src=\"data:image/png;base64,", "A", "\">", 2 * MB },
	{ "style attribute", "<p style=\"", "a:b;", "\">", 2 * MB },
	{ "style colons", "<p style=\"", ":", "\">", 2 * MB },
	{ "style brackets", "<p style=\"a:", "(", "\">", 2 * MB },
	{ "style quotes", "<p style=\"a:", "'", "\">", 2 * MB },
	{ "style comments", "<p style=\"a:", "/*", "\">", 2 * MB },
	{ "style escapes", "<p style=\"a:", "\\", "\">", 2 * MB },
	{ "style urls", "<p style=\"background:", "url(", "\">", 2 * MB },
	{ "style bangs", "<p style=\"color:", "!", "\">", 2 * MB },
	{ "style transforms", "<p style=\"transform:", "scale(1,", "\">", 2 * MB },
	{ "styles", "", "<p style='color:red;font-size:1px'>", "", 2 * MB },
	{ "style blocks", "", "<style>.a{color:red}</style><p class=a>", "", 2 * MB },
	{ "sheet depth", "<style>", "{", "</style>", 2 * MB },
	{ "sheet media", "<style>", "@media all{", "</style>", 2 * MB },
	{ "sheet selectors", "<style>a", ",a", "{color:red}</style>", 200000 },
	{ "sheet compounds", "<style>a", " a", "{color:red}</style>", 200000 },
	{ "sheet imports", "<style>", "@import 'x';", "</style>", 200000 },
	{ "selectors and tags", "@", "<b class=a>", "", 2 * MB },
	{ "ancestors and tags", "#", "<b class=a>", "", 2 * MB },
	{ "any and tags", "*", "<b class=a>", "", 2 * MB },
};

/* "@", "#" and "*" stand for sheets with as many rules as there may be. */
static struct str begin_with(struct arena *a, const char *before)
{
	static const struct {
		char sign;
		const char *rule;
	} sheets[] = {
		{ '@', ".a{color:red;font-size:9px;left:1px}" },
		{ '#', "i .x b .a{top:1px}" },
		{ '*', "*{top:1px}" },
	};
	struct buf b = { .arena = a };

	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++)
		if (before[0] == sheets[i].sign) {
			buf_add(&b, STR("<style>"));
			buf_add(&b, repeat(a, sheets[i].rule, 4096 * strlen(sheets[i].rule)));
			buf_add(&b, STR("</style>"));
			return buf_str(&b);
		}
	return str_c(before);
}

/* CPU time of reading the attack with times as many pieces, the best of some. */
static double cost(const struct attack *at, size_t times, size_t repeats)
{
	struct arena *a = arena_new(1 << 18);
	struct buf b = { .arena = a };
	double best = 1e9;

	buf_add(&b, begin_with(a, at->before));
	buf_add(&b, repeat(a, at->piece, at->octets * times));
	buf_add(&b, str_c(at->after));
	for (size_t i = 0; i < repeats; i++) {
		struct arena *one = arena_new(1 << 18);
		double begun = cpu_ms(), ms;

		html_read(one, buf_str(&b));
		ms = cpu_ms() - begun;
		best = ms < best ? ms : best;
		arena_free(one);
	}
	arena_free(a);
	return best;
}

static void test_budget(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		double ms = cost(&attacks[i], 1, 1);

		if (ms > WORST_MS)
			ms = cost(&attacks[i], 1, 3);
		print_message("%s: %.1f ms\n", attacks[i].name, ms);
		if (ms > WORST_MS)
			fail_msg("%s took %.0f ms of CPU", attacks[i].name, ms);
	}
}

/* A quarter of each and a half of it: under the limits, where every octet counts. */
static void test_growth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct attack at = attacks[i];
		double small, large;

		at.octets /= 4;
		small = cost(&at, 1, 3);
		large = cost(&at, 2, 3);
		if (large > QUICK_MS && large > 3 * small) {
			small = cost(&at, 1, 9);
			large = cost(&at, 2, 9);
		}
		if (large > QUICK_MS && large > 3 * small)
			fail_msg("%s: %.1f ms, twice of it %.1f ms", at.name, small, large);
	}
}

/* The tokenizer by itself has no limit of octets. */
static void test_tokens(void **state)
{
	static struct html_token t;

	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct arena *a = arena_new(1 << 18);
		struct html_lexer l = { .in = repeat(a, attacks[i].piece, 10 * MB) };
		double begun = cpu_ms(), ms;

		while (html_next(&l, &t))
			;
		ms = cpu_ms() - begun;
		if (ms > WORST_MS)
			fail_msg("%s: tokens took %.0f ms", attacks[i].name, ms);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
