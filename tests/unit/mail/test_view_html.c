/* What SpamAssassin's HTML parser notes of a part: what 4.0.1 said of each (tests/parity). */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "mail/view/view_priv.h"
#include "unit/mail/view_sample.h"

static const struct row {
	const char *name, *html;
	const char *facts, *titles;
	const char *links; /* "types:uri:texts" in the order of octets */
} table[] = {
	{ "plain", "<html><body>a b</body></html>",
	  "html=1 length=29 html_length=3 non_space_len=2 ratio=0.896552 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "", "" },
	{ "closing too many", "<b>x</b></b></i>",
	  "html=1 length=16 html_length=1 non_space_len=1 ratio=0.9375 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0.5 bad_tag_ratio=0 non_element_ratio=0",
	  "", "" },
	{ "no elements", "<foo>x</foo><bar>",
	  "html=1 length=17 html_length=1 non_space_len=1 ratio=0.941176 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0",
	  "", "" },
	{ "office", "<o:p>x</o:p><st1:City>y",
	  "html=1 length=23 html_length=2 non_space_len=2 ratio=0.913043 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "obfuscation_ratio=0.333333 backhair_count=1",
	  "", "" },
	{ "doctype", "<!DOCTYPE html><p>x",
	  "html=1 length=19 html_length=3 non_space_len=1 ratio=0.842105 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "", "" },
	{ "obfuscated", "vi<b>ag</b>ra fre<i></i>e x<u>-y",
	  "html=1 length=32 html_length=15 non_space_len=13 ratio=0.53125 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "obfuscation_ratio=0.6 backhair_count=2",
	  "", "" },
	{ "images",
	  "<img width=10 height=\"20\"><img width=50% height=10%><img width=x height=0><img "
	  "width=1>",
	  "html=1 length=87 html_length=0 non_space_len=0 ratio=1 image_area=64200 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "", "" },
	{ "sizes",
	  "<font size=7>a<font size=-2>b<font size=\"+1\">c</font><basefont size=5><font size=+1>d",
	  "html=1 length=85 html_length=4 non_space_len=4 ratio=0.952941 image_area=0 min_size=1 "
	  "max_size=7 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "obfuscation_ratio=0.5 backhair_count=1",
	  "", "" },
	{ "low contrast", "<font color=white>x",
	  "html=1 length=19 html_length=1 non_space_len=1 ratio=0.947368 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 font_low_contrast=1",
	  "", "" },
	{ "bad colour", "<font color=whit>x",
	  "html=1 length=18 html_length=1 non_space_len=1 ratio=0.944444 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "font_invalid_color=1",
	  "", "" },
	{ "bad face", "<font face=\"A1B2!\">x",
	  "html=1 length=20 html_length=1 non_space_len=1 ratio=0.95 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 font_face_bad=1",
	  "", "" },
	{ "good face", "<font face=\"'Times New Roman', serif;\">x",
	  "html=1 length=40 html_length=1 non_space_len=1 ratio=0.975 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "", "" },
	{ "form", "<form action=\"MAILTO:a@b.example\">",
	  "html=1 length=34 html_length=0 non_space_len=0 ratio=1 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "form_action_mailto=1",
	  "", "form:MAILTO:a@b.example:" },
	{ "embed", "<object></object>",
	  "html=1 length=17 html_length=0 non_space_len=0 ratio=1 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 embeds=1",
	  "", "" },
	{ "titles", "<title>a &amp; b</title><title></title><title>c",
	  "html=1 length=47 html_length=18 non_space_len=4 ratio=0.617021 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "a & b||c", "" },
	{ "links",
	  "<a href=\"http://a.example/x\">one <img src=\"/i.gif\"> two</a><a "
	  "href=\"../y\">three</a>",
	  "html=1 length=83 html_length=13 non_space_len=11 ratio=0.843373 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "obfuscation_ratio=0.2 backhair_count=1",
	  "", ":../y:three a:/y: a:http://a.example/x:one <img>\n two img:/i.gif:" },
	{ "base",
	  "<base href=\"http://b.example/d/i.html\"><a href=\"../e/./f?q#z\">x</a><img "
	  "src=\"g\"><iframe src=\"//c.example/\"></iframe>",
	  "html=1 length=116 html_length=1 non_space_len=1 ratio=0.991379 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "",
	  ":../e/./f?q#z:x a:http://b.example/e/f?q#z: base:http://b.example/d/i.html: "
	  "iframe:http://c.example/: img:http://b.example/d/g:" },
	{ "other holders",
	  "<area href=http://a.example/1><link href=http://a.example/2><form "
	  "action=http://a.example/3><td background=http://a.example/4><meta http-equiv=refresh "
	  "content=\"0; URL = http://a.example/5 ;x\"><a data-saferedirecturl=http://a.example/6>",
	  "html=1 length=235 html_length=1 non_space_len=0 ratio=0.995745 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0",
	  "",
	  ":: a:http://a.example/6: area:http://a.example/1: form:http://a.example/3: "
	  "link:http://a.example/2: meta:http://a.example/5: td:http://a.example/4:" },
	{ "odd hrefs",
	  "<a href=\"  mailto:x@a.example \">a</a><a href=\"\">b</a><a>c</a><a "
	  "b/href=\"http://a.example/\">d</a><a href=\"WWW.a.example/x\">e</a><a "
	  "href=\"//www.a.example\">f</a>",
	  "html=1 length=158 html_length=6 non_space_len=6 ratio=0.962025 image_area=0 min_size=3 "
	  "max_size=3 closed_extra_ratio=0 bad_tag_ratio=0 non_element_ratio=0 "
	  "obfuscation_ratio=0.416667 backhair_count=1",
	  "",
	  "://www.a.example:f ::b/c a:WWW.a.example/x:e a:http://a.example/:d "
	  "a:http://www.a.example: a:mailto:x@a.example:a" },
	{ "ignored", "a<![IGNORE[ b", "html=1 html_length=1 non_space_len=1 ratio=0.923077", "",
	  "" },
};

static void same(const char *row, struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		print_error("%s: %.*s\n", row, STR_ARG(got));
	assert_true(str_eq(got, str_c(want)));
}

static struct str facts_of(struct arena *a, const struct sahtml *h)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; view_html_facts[i]; i++) {
		double value;

		if (view_html_fact(h, str_c(view_html_facts[i]), &value))
			buf_addf(&b, "%s%s=%.6g", b.n ? " " : "", view_html_facts[i], value);
	}
	return buf_str(&b);
}

static struct str joined(struct arena *a, const struct str *p, size_t n, const char *between)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add(&b, str_c(between));
		buf_add(&b, p[i]);
	}
	return buf_str(&b);
}

static int by_text(const void *x, const void *y)
{
	const struct str *a = x, *b = y;
	int order = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

	return order ? order : (a->n > b->n) - (a->n < b->n);
}

static struct str links_of(struct arena *a, const struct sahtml *h)
{
	size_t n;
	const struct view_html_uri *u = sahtml_uris(h, &n);
	struct str *all = ARENA_ARRAY(a, struct str, n + 1);

	for (size_t i = 0; i < n; i++) {
		struct buf b = { .arena = a };

		for (unsigned bit = 1; bit < 1u << VIEW_HTML_TYPES; bit <<= 1)
			if (u[i].types & bit)
				buf_addf(&b, "%s%s", b.n ? "," : "", view_html_type_name(bit));
		buf_addc(&b, ':');
		buf_add(&b, u[i].uri);
		buf_addc(&b, ':');
		buf_add(&b, joined(a, u[i].anchors.p, u[i].anchors.n, "/"));
		all[i] = buf_str(&b);
	}
	qsort(all, n, sizeof *all, by_text);
	return joined(a, all, n, " ");
}

static struct view *html_view(struct arena *a, struct str html)
{
	return view_sample_of(a, STR("Content-Type: text/html\n"), html);
}

static void facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct row *r = &table[i];
		struct arena *a = arena_new(0);
		struct view *v = html_view(a, str_c(r->html));
		const struct sahtml *h = view_html_part(v, 0);
		const struct str *titles;
		size_t n;

		assert_int_equal(view_html_parts(v), 1);
		same(r->name, facts_of(a, h), r->facts);
		titles = view_html_texts(h, STR("title"), &n);
		same(r->name, joined(a, titles, n, "|"), r->titles);
		same(r->name, links_of(a, h), r->links);
		arena_free(a);
	}
}

static void texts_and_tags(void **state)
{
	struct arena *a = arena_new(0);
	struct view *v = html_view(a, STR("<!-- c --><script>s</script><a href=x>t</a><p><p></p>"
					  "<iframe src=y></iframe>"));
	const struct sahtml *h = view_html_part(v, 0);
	size_t n;

	(void)state;
	same("comment", view_html_texts(h, STR("comment"), &n)[0], "<!-- c -->");
	same("script", view_html_texts(h, STR("script"), &n)[0], "s");
	same("anchor", view_html_texts(h, STR("anchor"), &n)[0], "t");
	assert_null(view_html_texts(h, STR("nothing"), &n));
	assert_int_equal(n, 0);
	assert_true(view_html_inside(h, STR("p"), &n));
	assert_int_equal(n, 1);
	assert_true(view_html_inside(h, STR("a"), &n));
	assert_int_equal(n, 0);
	assert_false(view_html_inside(h, STR("table"), &n));
	assert_true(view_html_has_uri_of(h, STR("iframe")));
	assert_false(view_html_has_uri_of(h, STR("img")));
	assert_null(view_html_part(v, 1));
	arena_free(a);
}

/* What one piece over and over may cost: memory in proportion, and an end. */
static const struct flood {
	const char *head, *unit, *tail;
} floods[] = {
	{ "", "<p>", "" },
	{ "", "<div>", "" },
	{ "", "</div>", "" },
	{ "", "<font color=red>", "" },
	{ "", "<a b=\"", "" },
	{ "", "<!--", "" },
	{ "", "<!-- -", "" },
	{ "", "<title>", "" },
	{ "", "<title>x</title>", "" },
	{ "", "<textarea>", "" },
	{ "", "<script>", "" },
	{ "", "<style>a</style", "" },
	{ "", "<", "" },
	{ "", "&", "" },
	{ "", "&aaaaaaaa", "" },
	{ "", "<![INCLUDE[", "" },
	{ "", "<![CDATA[", "" },
	{ "", "]", "" },
	{ "", "<!doctype \"", "" },
	{ "", "<!doctype --", "" },
	{ "<p ", "a=b ", ">" },
	{ "<p style=\"", "color:red;", "\">x" },
	{ "<p style=\"background:", "(", "\">x" },
	{ "<a href=\"", "../", "\">x" },
	{ "<font face=\"", "a ", "\">" },
	{ "<meta http-equiv=refresh content=\"", "url=", "\">" },
	{ "", "<a href=x>y", "" },
	{ "", "<a><img>", "" },
	{ "", "x<b>", "" },
	{ "", " ", "" },
	{ "", "\n", "" },
};

static size_t cost(const struct flood *f, size_t n)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct view *v;
	size_t before, after;

	buf_add(&b, str_c(f->head));
	for (size_t i = 0; i < n; i++)
		buf_add(&b, str_c(f->unit));
	buf_add(&b, str_c(f->tail));
	v = html_view(a, buf_str(&b));
	before = arena_used(a);
	view_body(v);
	view_rawbody(v);
	view_body_invisible(v);
	after = arena_used(a);
	arena_free(a);
	return after - before;
}

static void floods_cost_in_proportion(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
		size_t once = cost(&floods[i], 20000), twice = cost(&floods[i], 40000);

		if (twice > once * 5 / 2 + 65536)
			print_error("%s: %zu, %zu\n", floods[i].unit, once, twice);
		assert_true(twice <= once * 5 / 2 + 65536); /* arrays grow by doubling */
	}
}

/* A long base and many short links: their product is not worked out. */
static void absolute_links_have_a_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	size_t n, octets = 0;
	const struct view_html_uri *u;
	double value;
	struct view *v;

	(void)state;
	buf_add(&b, STR("<base href=\"http://a.example/"));
	for (size_t i = 0; i < 4000; i++)
		buf_add(&b, STR("b/"));
	buf_add(&b, STR("\">"));
	for (size_t i = 0; i < 5000; i++)
		buf_addf(&b, "<img src=%zu>", i);
	v = html_view(a, buf_str(&b));
	u = sahtml_uris(view_html_part(v, 0), &n);
	for (size_t i = 0; i < n; i++)
		octets += u[i].uri.n;
	assert_in_range(octets, VIEW_MAX_HTML - 20000, VIEW_MAX_HTML);
	assert_true(view_html_fact(view_html_part(v, 0), STR("image_area"), &value));
	arena_free(a);
}

static void tokens_have_a_limit(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	const struct str *title;
	struct view *v;
	size_t n;

	(void)state;
	for (size_t i = 0; i < VIEW_MAX_TOKENS; i++)
		buf_add(&b, STR("<b>"));
	buf_add(&b, STR("<title>t</title>"));
	v = html_view(a, buf_str(&b));
	title = view_html_texts(view_html_part(v, 0), STR("title"), &n);
	assert_int_equal(n, 0);
	assert_null(title);
	assert_true(v->left.over);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts),
		cmocka_unit_test(texts_and_tags),
		cmocka_unit_test(floods_cost_in_proportion),
		cmocka_unit_test(absolute_links_have_a_limit),
		cmocka_unit_test(tokens_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
