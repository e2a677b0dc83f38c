/* Near copies: what is the same after normalising, how similarity fades, what has no digest. */
#include "lib/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "learn/digest/near.h"
#include "learn/digest/near_words.h"
#include "mail/msg.h"

static const struct hash_key key = { 24, 41 };

/* ---- words ---- */

static const struct {
	const char *what, *x, *y;
	bool same;
} word_rows[] = {
	{ "case", "Hello WORLD", "hello world", true },
	{ "digits", "order 12345 of 2024", "order 7 of 1999", true },
	{ "letters and digits", "code x7fk2 here", "code 99qq here", true },
	{ "punctuation", "well, this is - it!", "well this is it", true },
	{ "URLs", "see http://a.example/1 now", "see https://b.example/x?y now", true },
	{ "addresses", "write to joe@a.example", "write to <ann@b.example>", true },
	{ "accents", "caf\xC3\xA9 society", "cafe society", true },
	{ "combining accents", "cafe\xCC\x81 society", "caf\xC3\xA9 society", true },
	{ "full width", "\xEF\xBC\xB6\xEF\xBC\xA9\xEF\xBC\xB0 offer", "vip offer", true },
	{ "mathematical letters", "\xF0\x9D\x90\x95\xF0\x9D\x90\xA2\xF0\x9D\x90\xA9 offer",
	  "vip offer", true },
	{ "Cyrillic twins", "p\xD0\xB0yp\xD0\xB0l now", "paypal now", true },
	{ "Greek twins",
	  "v\xCE\xBF\xCF\x84"
	  "e now",
	  "vote now", true },
	{ "zero width", "pay\xE2\x80\x8Bpal now", "paypal now", true },
	{ "soft hyphens", "pay\xC2\xADpal now", "paypal now", true },
	{ "broken UTF-8", "pay\xFFpal now", "paypal now", true },
	{ "other words", "hello world", "hello there", false },
	{ "order", "hello world", "world hello", false },
	{ "Chinese by characters", "\xE4\xBD\xA0\xE5\xA5\xBD", "\xE4\xBD\xA0 \xE5\xA5\xBD", true },
};

static void words_are_normalised(void **state)
{
	static struct near_words x, y;

	(void)state;
	for (size_t i = 0; i < sizeof word_rows / sizeof *word_rows; i++) {
		struct arena *a = arena_new(0);

		near_words_read(a, key, str_c(word_rows[i].x), &x);
		near_words_read(a, key, str_c(word_rows[i].y), &y);
		if ((x.n == y.n && memcmp(x.hash, y.hash, x.n * sizeof *x.hash) == 0) !=
		    word_rows[i].same)
			fail_msg("%s: %zu and %zu words", word_rows[i].what, x.n, y.n);
		arena_free(a);
	}
}

static void words_have_a_limit(void **state)
{
	static struct near_words w;
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	(void)state;
	for (unsigned i = 0; i < 3 * NEAR_WORDS_MAX; i++)
		buf_add(&b, STR("word "));
	near_words_read(a, key, buf_str(&b), &w);
	assert_int_equal(w.n, NEAR_WORDS_MAX);
	arena_free(a);
}

/* ---- messages ---- */

struct load {
	struct arena *arena;
	struct hdr_list headers;
	struct content *content;
};

static const struct content_env env;

static void body(void *arg, struct str octets)
{
	struct load *l = arg;

	if (!l->content)
		l->content = content_new(l->arena, &env, &l->headers);
	content_push(l->content, octets);
}

static void digest(struct str message, struct near *out)
{
	struct load l = { .arena = arena_new(0) };
	struct msg_reader *r;

	hdr_init(&l.headers, l.arena);
	r = msg_new(l.arena, &l.headers, body, &l);
	msg_feed(r, message);
	msg_end(r);
	if (!l.content)
		l.content = content_new(l.arena, &env, &l.headers);
	content_end(l.content);
	near_read(l.arena, key, l.content, out);
	arena_free(l.arena);
}

/* n words of a vocabulary of 3000, of which one in every `change` (0: none) is another one. */
static struct str text(struct arena *a, unsigned seed, unsigned n, unsigned percent)
{
	struct buf b = { .arena = a };
	uint64_t dice = seed * UINT64_C(7919) + 1, other = seed + percent * UINT64_C(31) + 77;

	buf_add(&b, STR("Content-Type: text/plain\n\n"));
	for (unsigned i = 0; i < n; i++) {
		uint64_t w, d;

		dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
		other = other * UINT64_C(6364136223846793005) + 1442695040888963407;
		w = dice >> 33;
		d = other >> 33;
		if (d % 100 < percent)
			w = d / 100 + 5000;
		w %= 3000;
		buf_addf(&b, "w%c%c%c ", (char)('a' + w % 26), (char)('a' + w / 26 % 26),
			 (char)('a' + w / 676));
	}
	return buf_str(&b);
}

/* How many of 200 pairs share a band, of texts with so many words changed. */
static unsigned matches(unsigned percent, unsigned other)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 200; i++) {
		struct arena *a = arena_new(0);
		struct near x, y;

		digest(text(a, i, 200, 0), &x);
		digest(text(a, i + other, 200, percent), &y);
		n += near_common(&x, &y) > 0;
		arena_free(a);
	}
	return n;
}

static void similarity_fades(void **state)
{
	static const struct {
		unsigned percent, least, most; /* of 200 */
	} curve[] = {
		{ 0, 200, 200 }, { 5, 195, 200 }, { 10, 180, 200 }, { 30, 0, 60 }, { 60, 0, 4 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof curve / sizeof *curve; i++) {
		unsigned n = matches(curve[i].percent, 0);

		printf("%u %% of words changed: %u of 200 share a band\n", curve[i].percent, n);
		assert_in_range(n, curve[i].least, curve[i].most);
	}
	assert_int_equal(matches(0, 1000), 0);
}

static void short_texts_have_no_bands(void **state)
{
	struct arena *a = arena_new(0);
	struct near n;

	(void)state;
	digest(text(a, 1, NEAR_MIN_WORDS - 1, 0), &n);
	assert_false(n.has_text);
	digest(text(a, 1, NEAR_MIN_WORDS, 0), &n);
	assert_true(n.has_text);
	digest(STR(""), &n);
	assert_false(n.has_text || n.has_shape || n.nfiles);
	arena_free(a);
}

/* A page of rows with a text and an address that differ, and a file. */
static struct str page(struct arena *a, unsigned rows, const char *word, char fill)
{
	struct buf b = { .arena = a };

	buf_add(&b, STR("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
			"Content-Type: text/html\n\n<html><body><table>"));
	for (unsigned i = 0; i < rows; i++)
		buf_addf(&b, "<TR><td><a href='http://%s.example/'>%s</a></td></tr>\n", word, word);
	buf_add(&b, STR("</table>\n--b\nContent-Type: application/x-any; name=a.bin\n\n"));
	for (unsigned i = 0; i < 800; i++)
		buf_addc(&b, fill);
	buf_add(&b, STR("\n--b--\n"));
	return buf_str(&b);
}

static void shapes_and_files(void **state)
{
	struct arena *a = arena_new(0);
	struct str x[NEAR_KEYS_MAX], y[NEAR_KEYS_MAX];
	struct near m, n;

	(void)state;
	digest(page(a, 20, "one", 'x'), &m);
	digest(page(a, 20, "two", 'x'), &n);
	assert_true(m.has_shape && n.has_shape && m.nfiles == 1 && n.nfiles == 1);
	assert_true(m.shape == n.shape);
	assert_memory_equal(m.file[0], n.file[0], 32);
	digest(page(a, 21, "two", 'y'), &n);
	assert_true(m.shape != n.shape);
	assert_memory_not_equal(m.file[0], n.file[0], 32);
	digest(page(a, 3, "two", 'y'), &n);
	assert_false(n.has_shape);
	digest(page(a, 20, "one", 'x'), &m);
	assert_int_equal(near_keys(a, &m, x), 2 + (m.has_text ? NEAR_BANDS : 0));
	assert_int_equal(near_keys(a, &n, y), 1 + (n.has_text ? NEAR_BANDS : 0));
	assert_true(str_starts(y[0], STR("near:")) && y[0].n <= 80);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_normalised), cmocka_unit_test(words_have_a_limit),
		cmocka_unit_test(similarity_fades),	cmocka_unit_test(short_texts_have_no_bands),
		cmocka_unit_test(shapes_and_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
