/* URIs in text and the forms they have for rules (as SpamAssassin 4.0.1 finds them), and the cost
 * of many. */
#include "lib/test.h"

#include <time.h>

#include "base/buf.h"
#include "mail/content.h"
#include "mail/msg.h"
#include "mail/view/uri_priv.h"

static const struct {
	const char *text;
	const char *uris; /* raw, a blank between; "" none */
} found[] = {
	{ "see http://a.example/x.", "http://a.example/x" },
	{ "(http://a.example/x)", "http://a.example/x" },
	{ "http://a.example/(x)", "http://a.example/(x" },
	{ "www.a.example and www2.b.example", "http://www.a.example http://www2.b.example" },
	{ "a.com/path b.nosuchtld", "http://a.com/path" },
	{ "joe@a.com, x@y", "mailto:joe@a.com" },
	{ "a.com_b", "" },
	{ "a.com.", "http://a.com" },
	{ "a.com:80/x", "http://a.com:80/x" },
	{ "ftp.a.example", "ftp://ftp.a.example" },
	{ "cid:foo@a.com", "" },
	{ "mailto:joe%40a.com", "" },
	{ "http://", "" },
	{ "http://1.2.3.4/", "http://1.2.3.4/" },
	{ "skype:joe@a.com", "mailto:joe@a.com" },
};

static const struct {
	const char *uri;
	const char *forms; /* a blank between, in order */
} cleaned[] = {
	{ "http://a.com", "http://a.com" },
	{ "a.com", "a.com http://a.com" },
	{ "http:a.com\\x", "http:a.com\\x http://a.com/x" },
	{ "http://%61.com/", "http://%61.com/ http://a.com/" },
	{ "http://a.com?x=1", "http://a.com?x=1 http://a.com/?x=1" },
	{ "http://u:p@a.com/", "http://u:p@a.com/" },
	{ "http://a.com:80/", "http://a.com:80/ http://a.com/" },
	{ "http://0x7f.1.2.3/", "http://0x7f.1.2.3/ http://127.1.2.3/" },
	{ "http://0x7f000001/", "http://0x7f000001/ http://127.0.0.1/" },
	{ "http://2130706433/", "http://2130706433/ http://127.0.0.1/" },
	{ "http://foo/", "http://foo/ http://www.foo.com/" },
	{ "http://localhost/", "http://localhost/" },
	{ "http://a.com!!/", "http://a.com!!/ http://a.com/" },
	{ "http://a.com/?u=http://b.com/&x", "http://a.com/?u=http://b.com/&x http://b.com/" },
	{ "http://a.com/&#119;x", "http://a.com/&#119;x http://a.com/wx" },
	{ "&#119;ww.a.com", "&#119;ww.a.com" },
	{ "mailto:a@b.com?subject=x", "mailto:a@b.com?subject=x mailto:a@b.com" },
	{ "#x", "#x" },
};

static struct view_env env_of(struct arena *a)
{
	static const char *const tlds[] = { "com", "example" };
	struct map *m[3] = { map_new(a, false), map_new(a, false), map_new(a, false) };

	for (size_t i = 0; i < sizeof tlds / sizeof *tlds; i++)
		map_put(m[0], str_c(tlds[i]), m);
	return (struct view_env){ .tlds = { m[0], m[1], m[2] } };
}

static void push(void *arg, struct str octets)
{
	content_push(arg, octets);
}

static struct view *view_of(struct arena *a, const struct view_env *env, struct str body)
{
	static const struct content_env none;
	struct hdr_list *h = ARENA_NEW(a, struct hdr_list);
	struct content *c;
	struct msg_reader *r;

	hdr_init(h, a);
	hdr_add(h, STR("Subject"), STR(" x"));
	c = content_new(a, &none, h);
	r = msg_new(a, h, push, c);
	msg_feed(r, STR("\n"));
	msg_feed(r, body);
	msg_end(r);
	content_end(c);
	return view_new(a, env, h, c, NULL, STR_NULL);
}

static void test_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		struct arena *a = arena_new(0);
		struct view_env env = env_of(a);
		struct buf b = { .arena = a };
		size_t n;
		const struct view_uri *u =
			view_uri_details(view_of(a, &env, str_c(found[i].text)), &n);
		for (size_t k = 0; k < n; k++) {
			if (k)
				buf_addc(&b, ' ');
			buf_add(&b, u[k].raw);
		}
		if (!str_eq(buf_str(&b), str_c(found[i].uris)))
			fail_msg("%s: got \"%.*s\", want \"%s\"", found[i].text,
				 STR_ARG(buf_str(&b)), found[i].uris);
		arena_free(a);
	}
}

static void test_cleaned(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cleaned / sizeof *cleaned; i++) {
		struct arena *a = arena_new(0);
		struct view_env env = env_of(a);
		struct view *v = view_of(a, &env, STR("x"));
		struct buf b = { .arena = a };
		uri_forms f = { 0 };
		uri_clean(v, a, str_c(cleaned[i].uri), &f);
		for (size_t k = 0; k < f.n; k++) {
			if (k)
				buf_addc(&b, ' ');
			buf_add(&b, f.p[k]);
		}
		if (!str_eq(buf_str(&b), str_c(cleaned[i].forms)))
			fail_msg("%s: got \"%.*s\", want \"%s\"", cleaned[i].uri,
				 STR_ARG(buf_str(&b)), cleaned[i].forms);
		arena_free(a);
	}
}

/* VIEW_MAX_REDIRECTS: a link in a link in a link ... */
static void test_nested(void **state)
{
	struct arena *a = arena_new(0);
	struct view_env env = env_of(a);
	struct view *v = view_of(a, &env, STR("x"));
	struct buf b = { .arena = a };
	uri_forms f = { 0 };

	(void)state;
	for (size_t i = 0; i < 500; i++)
		buf_add(&b, STR("http://a.com/"));
	uri_clean(v, a, buf_str(&b), &f);
	assert_true(f.n > 2 && f.n <= 8 * (VIEW_MAX_REDIRECTS + 2));
	arena_free(a);
}

static double seconds_of(size_t links)
{
	struct arena *a = arena_new(0);
	struct view_env env = env_of(a);
	struct buf b = { .arena = a };
	clock_t began;
	size_t n;

	for (size_t i = 0; i < links; i++)
		buf_addf(&b, "http://h%zu.a.com/x?%zu b%zu.com\n", i, i, i);
	began = clock();
	view_uri_details(view_of(a, &env, buf_str(&b)), &n);
	assert_true(n > 10);
	arena_free(a);
	return (double)(clock() - began) / CLOCKS_PER_SEC;
}

/* 10,000 links: linear, and well under a second without sanitizers. */
static void test_many(void **state)
{
	double one = seconds_of(2500), four = seconds_of(10000);

	(void)state;
	if (four > 8 * one + 0.2)
		fail_msg("2,500 links: %f s, 10,000: %f s", one, four);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_cleaned),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
