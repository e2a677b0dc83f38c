/* SpamAssassin's html_* functions: what its HTML parser found, part by part. */
#include <math.h>

#include "checks/checks.h"
#include "checks/sa/regex.h"
#include "checks/sa/sa.h"

/* ---- a number and "> 5", "!= 0" ---- */

struct comparison {
	char op[3];
	double with;
};

static bool comparison_read(struct str s, struct comparison *c)
{
	size_t n = 0;

	s = str_trim(s);
	while (n < s.n && n < 2 &&
	       (s.p[n] == '<' || s.p[n] == '>' || s.p[n] == '=' || s.p[n] == '!')) {
		c->op[n] = s.p[n];
		n++;
	}
	c->op[n] = '\0';
	return n > 0 && str_f64(str_trim(str_skip(s, n)), &c->with);
}

static bool compare(const struct comparison *c, double v)
{
	static const struct {
		const char *op;
		bool less, equal, more;
	} ops[] = {
		{ "<", true, false, false },  { "<=", true, true, false },
		{ ">", false, false, true },  { ">=", false, true, true },
		{ "==", false, true, false }, { "!=", true, false, true },
	};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (strcmp(c->op, ops[i].op) == 0)
			return v < c->with ? ops[i].less : v > c->with ? ops[i].more : ops[i].equal;
	return false;
}

static const struct sahtml *part(struct scan *s, size_t i)
{
	return s->view && i < view_html_parts(s->view) ? view_html_part(s->view, i) : NULL;
}

/* ---- the functions ---- */

static bool tag_balance(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct sahtml *h;
	struct comparison c;
	size_t open;

	(void)n;
	(void)evidence;
	if (!comparison_read(arg[1].text, &c))
		return false;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_inside(h, arg[0].text, &open) && compare(&c, (double)open))
			return true;
	return false;
}

static bool within(double v, const struct predicate_arg *low, const struct predicate_arg *high)
{
	return v > low->number && v <= high->number;
}

static bool image_only(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct sahtml *h;
	double length;
	size_t open;

	(void)n;
	(void)evidence;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_inside(h, STR("img"), &open) &&
		    view_html_fact(h, STR("length"), &length) && within(length, &arg[0], &arg[1]))
			return true;
	return false;
}

static bool image_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct sahtml *h;
	double text, area;

	(void)n;
	(void)evidence;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_fact(h, STR("non_space_len"), &text) &&
		    view_html_fact(h, STR("image_area"), &area) && area > 0 &&
		    within(text / area, &arg[0], &arg[1]))
			return true;
	return false;
}

static bool tag_exists(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct sahtml *h;
	size_t open;

	(void)n;
	(void)evidence;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_inside(h, arg[0].text, &open))
			return true;
	return false;
}

static bool html_test(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct sahtml *h;
	double v;

	(void)n;
	(void)evidence;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_fact(h, arg[0].text, &v) && v != 0)
			return true;
	return false;
}

static bool html_eval(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct sahtml *h;
	struct comparison c;
	double v;

	(void)n;
	(void)evidence;
	if (!comparison_read(arg[1].text, &c))
		return false;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_fact(h, arg[0].text, &v) && compare(&c, v))
			return true;
	return false;
}

static bool html_range(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct sahtml *h;
	double v, high = INFINITY;

	(void)evidence;
	if (n > 2 && !str_eq(arg[2].text, STR("inf")) && !str_f64(arg[2].text, &high))
		return false;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_fact(h, arg[0].text, &v) && v > arg[1].number && v <= high)
			return true;
	return false;
}

/* Some text of that kind matches (want), or does not. */
static bool some_text(struct scan *s, const struct predicate_arg *arg, bool want,
		      struct str *evidence)
{
	struct sa_regex *r = NULL;
	const struct sahtml *h;

	for (size_t i = 0; (h = part(s, i)); i++) {
		size_t n;
		const struct str *text = view_html_texts(h, arg[0].text, &n);
		if (n && !r && !(r = sa_regex_new(s->arena, arg[1].text)))
			return false;
		for (size_t k = 0; k < n; k++)
			if (sa_regex_in(r, text[k]) == want) {
				*evidence = text[k];
				return true;
			}
	}
	return false;
}

static bool text_match(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	(void)n;
	return some_text(s, arg, true, evidence);
}

static bool text_not_match(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	(void)n;
	return some_text(s, arg, false, evidence);
}

static bool title_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	struct str subject = s->view ? view_header(s->view, STR("Subject")) : STR("");
	const struct sahtml *h;

	(void)n;
	(void)evidence;
	for (size_t i = 0; subject.n && (h = part(s, i)); i++) {
		size_t titles;
		const struct str *title = view_html_texts(h, STR("title"), &titles);
		for (size_t k = 0; k < titles; k++)
			if ((double)title[k].n / (double)subject.n > arg[0].number)
				return true;
	}
	return false;
}

/* A part that names as many charsets of other languages as of ours. */
static bool charset_far(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct sahtml *h;

	(void)arg;
	(void)n;
	for (size_t i = 0; !sa_locales_all(s) && (h = part(s, i)); i++) {
		size_t all, bad = 0;
		const struct str *c = view_html_texts(h, STR("charset"), &all);
		for (size_t k = 0; k < all; k++)
			if (!sa_charset_ok(s, c[k])) {
				bad++;
				*evidence = c[k];
			}
		if (bad && bad >= all - bad)
			return true;
	}
	return false;
}

static bool iframe(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct sahtml *h;

	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_has_uri_of(h, STR("iframe")))
			return true;
	return false;
}

static bool truncated(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct sahtml *h;
	double v;

	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; (h = part(s, i)); i++)
		if (view_html_fact(h, STR("uri_truncated"), &v) && v != 0)
			return true;
	return false;
}

static const struct predicate predicates[] = {
	{ "html_tag_balance", "ss", tag_balance, "tags of a kind left open, compared (\"> 0\")" },
	{ "html_image_only", "nn", image_only,
	  "an image, and HTML of more octets than the first and at most the second" },
	{ "html_image_ratio", "nn", image_ratio, "text for each square pixel of images" },
	{ "html_tag_exists", "s", tag_exists, "the tag stands in the HTML" },
	{ "html_test", "s", html_test, "SpamAssassin's parser found that" },
	{ "html_eval", "ss", html_eval, "what the parser counted, compared (\"> 5\")" },
	{ "html_range", "sn|s", html_range,
	  "what the parser counted is over the first and at most the second" },
	{ "html_text_match", "ss", text_match, "a title, comment, script or anchor matches" },
	{ "html_text_not_match", "ss", text_not_match,
	  "a title, comment, script or anchor does not" },
	{ "html_title_subject_ratio", "n", title_ratio,
	  "the title is so much longer than the subject" },
	{ "html_charset_faraway", "", charset_far, "a charset of no language in ok_locales" },
	{ "check_iframe_src", "", iframe, "an inner page has a source" },
	{ "check_uri_truncated", "", truncated, "a URI was too long" },
	{ 0 },
};

const struct check check_sa_html = {
	.abi = CHECK_ABI,
	.name = "sa_html",
	.help = "SpamAssassin's functions of HTML",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.run = sa_run,
	.predicates = predicates,
};
