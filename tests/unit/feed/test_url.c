/* The one form of URLs in which feeds and mail are compared. */
#include "lib/test.h"

#include "feed/feed.h"

static const struct {
	struct str in;
	const char *key; /* NULL: none */
	const char *host;
	size_t authority, path;
} rows[] = {
	{ STR("http://example.com"), "example.com", "example.com", 11, 11 },
	{ STR("https://EXAMPLE.com/"), "example.com", "example.com", 11, 11 },
	{ STR("example.com/a/"), "example.com/a", "example.com", 11, 13 },
	{ STR("  hxxps://example.com//a///b/ \r\n"), "example.com/a/b", "example.com", 11, 15 },
	{ STR("http://example.com:80/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("https://example.com:443/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com:0080/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com:/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com:8080/a"), "example.com:8080/a", "example.com", 16, 18 },
	{ STR("http://user:pw@example.com/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://bank.example@example.com/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com/a#f?x"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com/a?"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com/a?x=1&y"), "example.com/a?x=1&y", "example.com", 11, 13 },
	{ STR("http://example.com/a/?x=/../b/"), "example.com/a?x=/../b/", "example.com", 11, 13 },
	{ STR("http://example.com?x"), "example.com?x", "example.com", 11, 11 },
	{ STR("http://example.com/%7Euser/%41%2f%2F"), "example.com/~user/A%2F%2F", "example.com",
	  11, 25 },
	{ STR("http://example.com/a b\"<>"), "example.com/a%20b%22%3C%3E", "example.com", 11, 26 },
	{ STR("http://example.com/\xc3\xa4?\xc3\xa4"), "example.com/%C3%A4?%C3%A4", "example.com",
	  11, 18 },
	{ STR("http://example.com/100%"), "example.com/100%25", "example.com", 11, 18 },
	{ STR("http://example.com/%2541"), "example.com/%2541", "example.com", 11, 17 },
	{ STR("http://example.com/a\0b"), "example.com/a%00b", "example.com", 11, 17 },
	{ STR("http://example.com/a/./b/../c/%2e%2E/d"), "example.com/a/d", "example.com", 11, 15 },
	{ STR("http://example.com/../../a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://example.com/.../a"), "example.com/.../a", "example.com", 11, 17 },
	{ STR("http://example.com\\a\\b"), "example.com/a/b", "example.com", 11, 15 },
	{ STR("http://exam\tple.com/a\nb"), "example.com/ab", "example.com", 11, 14 },
	{ STR("http://ex%61mple.com/"), "example.com", "example.com", 11, 11 },
	{ STR("http://example.com./a"), "example.com/a", "example.com", 11, 13 },
	{ STR("http://b\xc3\xbc"
	      "cher.example/"),
	  "xn--bcher-kva.example", "xn--bcher-kva.example", 21, 21 },
	{ STR("http://0x7f.1/a"), "127.0.0.1/a", "127.0.0.1", 9, 11 },
	{ STR("http://192.0.2.1:81/a"), "192.0.2.1:81/a", "192.0.2.1", 12, 14 },
	{ STR("http://[2001:DB8::1]/a"), "2001:db8::1/a", "2001:db8::1", 11, 13 },
	{ STR("http://[2001:DB8::1]:81/a"), "2001:db8::1:81/a", "2001:db8::1", 14, 16 },
	{ STR("ftp://example.com/a"), "example.com/a", "example.com", 11, 13 },
	{ STR("example.com/?u=http://example.net/"), "example.com?u=http://example.net/",
	  "example.com", 11, 11 },
	{ STR("mailto:a@example.com"), "example.com", "example.com", 11, 11 },
	{ STR("javascript://example.com/"), NULL, NULL, 0, 0 },
	{ STR("://example.com/"), NULL, NULL, 0, 0 },
	{ STR("http://"), NULL, NULL, 0, 0 },
	{ STR("http:///a"), NULL, NULL, 0, 0 },
	{ STR("http://example.com:port/"), NULL, NULL, 0, 0 },
	{ STR("http://example.com:65536/"), NULL, NULL, 0, 0 },
	{ STR("http://exa mple.com/"), NULL, NULL, 0, 0 },
	{ STR("http://[2001:db8::1/"), NULL, NULL, 0, 0 },
	{ STR("<html>"), NULL, NULL, 0, 0 },
	{ STR(""), NULL, NULL, 0, 0 },
	{ STR("#"), NULL, NULL, 0, 0 },
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);
		struct feed_url u, again;
		bool good = feed_url_read(a, rows[i].in, &u);

		if (good != (rows[i].key != NULL) ||
		    (good &&
		     (!str_eq(u.key, str_c(rows[i].key)) || !str_eq(u.host, str_c(rows[i].host)) ||
		      u.authority != rows[i].authority || u.path != rows[i].path)))
			fail_msg("%.*s: %.*s, %zu, %zu", STR_ARG(rows[i].in), STR_ARG(u.key),
				 u.authority, u.path);
		if (good && str_chr(u.host, ':') == SIZE_MAX) {
			assert_true(feed_url_read(a, u.key, &again));
			assert_true(str_eq(u.key, again.key));
		}
		arena_free(a);
	}
}

static void too_long(void **state)
{
	struct arena *a = arena_new(0);
	char text[FEED_MAX_URL + 1];
	struct feed_url u;

	(void)state;
	memset(text, ' ', sizeof text);
	memcpy(text, "example.com/", 12);
	text[FEED_MAX_URL - 1] = 'x';
	assert_true(feed_url_read(a, str_of(text, FEED_MAX_URL), &u));
	assert_int_equal(u.key.n, 12 + 3 * (FEED_MAX_URL - 13) + 1);
	assert_false(feed_url_read(a, str_of(text, FEED_MAX_URL + 1), &u));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
