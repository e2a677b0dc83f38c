/* What the most expensive messages cost the MIME reader: CPU within what one message may have,
 * twice the input for at most twice the time, memory in bounds. */
#include "lib/test.h"

#include <time.h>

#include "base/buf.h"
#include "mail/mime/mime.h"

/* LIMITS: 1,000 ms for the worst message, all checks together; instrumented builds are some five
 * times slower. The memory of LIMITS is four times what is kept, and 8 MiB. */
#define WORST_MS 1000.0
#ifdef __SANITIZE_ADDRESS__
#define SLOW 5.0
#define FULL (MIME_MAX_KEPT / 16)
#else
#define SLOW 1.0
#define FULL (MIME_MAX_KEPT / 2)
#endif
#define NOISE_MS 20.0
#define MAX_MEMORY (192u * 1024u * 1024u)

typedef void builder(struct buf *b, size_t n);

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void repeat(struct buf *b, const char *piece, size_t n)
{
	size_t end = b->n + n;

	while (b->n + strlen(piece) <= end)
		buf_add(b, str_c(piece));
}

/* ---- bodies of n octets, under multipart/mixed; boundary=b ---- */

static void deep_multiparts(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\nContent-Type: multipart/mixed; boundary=x0\n\n"));
	for (unsigned i = 0; b->n < n; i++)
		buf_addf(b, "--x%u\nContent-Type: multipart/mixed; boundary=x%u\n\n", i, i + 1);
}

static void deep_messages(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n"));
	repeat(b, "Content-Type: message/rfc822\n\n", n);
}

static void deep_digests(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n"));
	repeat(b, "Content-Type: multipart/digest; boundary=b\n\n--b\n\n", n);
}

static void delimiters(struct buf *b, size_t n)
{
	repeat(b, "--b\n", n);
}

static void closes(struct buf *b, size_t n)
{
	repeat(b, "--b--\n--b\n", n);
}

static void loose_delimiters(struct buf *b, size_t n)
{
	repeat(b, "--b;\n\nx\n", n);
}

/* Each boundary is a beginning of the next, and every line a beginning of all. */
static void prefixes(struct buf *b, size_t n)
{
	struct str as;

	repeat(b, "a", 300);
	as = arena_dup(b->arena, buf_str(b));
	b->n = 0;
	buf_add(b, STR("--b\nContent-Type: multipart/mixed; boundary=a\n\n"));
	for (int i = 1; i < 31; i++)
		buf_addf(b, "--%.*s\nContent-Type: multipart/mixed; boundary=%.*s\n\n", i * 8 - 7,
			 as.p, i * 8 + 1, as.p);
	while (b->n < n)
		buf_addf(b, "--%.*s!\n", 255, as.p);
}

static void dashes(struct buf *b, size_t n)
{
	repeat(b, "--\n", n);
}

static void one_line(struct buf *b, size_t n)
{
	repeat(b, "x", n);
}

static void one_line_of_dashes(struct buf *b, size_t n)
{
	repeat(b, "-", n);
}

static void carriage_returns(struct buf *b, size_t n)
{
	repeat(b, "--\r", n);
}

static void field_lines(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n"));
	repeat(b, "a:b\n", n);
}

static void fields_in_parts(struct buf *b, size_t n)
{
	while (b->n < n) {
		buf_add(b, STR("--b\n"));
		repeat(b, "a:b\n", 10000);
		buf_add(b, STR("\nx\n"));
	}
}

static void orphans_in_parts(struct buf *b, size_t n)
{
	while (b->n < n) {
		buf_add(b, STR("--b\n"));
		repeat(b, " \n", 10000);
		buf_add(b, STR("\nx\n"));
	}
}

static void field_folds(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\nContent-Type:"));
	repeat(b, " a\n", n);
}

static void field_colons(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n"));
	repeat(b, "::::", n);
}

static void types_in_parts(struct buf *b, size_t n)
{
	while (b->n < n) {
		buf_add(b, STR("--b\n"));
		for (int i = 0; i < 500; i++)
			buf_addf(b, "Content-Type: text/%d\n", i);
		buf_add(b, STR("\nx\n"));
	}
}

static void params_in_parts(struct buf *b, size_t n)
{
	while (b->n < n) {
		buf_add(b, STR("--b\nContent-Type: a/b"));
		for (int i = 0; i < 500; i++)
			buf_addf(b, "; n%d*%d*=utf-8''%%41", i / 2, i % 2);
		buf_add(b, STR("\n\nx\n"));
	}
}

static void words_in_parts(struct buf *b, size_t n)
{
	while (b->n < n) {
		buf_add(b, STR("--b\nContent-Disposition: attachment; filename=\""));
		for (int i = 0; i < 600; i++)
			buf_addf(b, "=?iso-2022-jp?q?x%d?= ", i);
		buf_add(b, STR("\"\n\nx\n"));
	}
}

static void cut_fields(struct buf *b, size_t n)
{
	repeat(b, "--b\nno field\ncontent-type: text/html\nno field\n\nx\n", n);
}

static void boundaries_twice(struct buf *b, size_t n)
{
	repeat(b,
	       "--b\nContent-Type: multipart/x; boundary=c; boundary=d; boundary=e\n"
	       "Content-Type: multipart/y; boundary=f\nContent-Transfer-Encoding: base64\n\n"
	       "--c\n\n--d\n\n--e\n\n--f\n\nx\n",
	       n);
}

static void uu_begins(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n\n"));
	repeat(b, "begin 644 a\n#0V%T\n", n);
}

static void uu_files(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n\n"));
	repeat(b, "begin 644 a\n#0V%T\nend\n", n);
}

static void uu_almost(struct buf *b, size_t n)
{
	buf_add(b, STR("--b\n\n"));
	repeat(b, "begin 644 a\n\nbegin ", n);
}

static void as_base64(struct buf *b, const char *piece, size_t n)
{
	buf_add(b, STR("--b\nContent-Transfer-Encoding: base64\n\n"));
	repeat(b, piece, n);
}

static void base64_padding(struct buf *b, size_t n)
{
	as_base64(b, "A=", n);
}

static void base64_noise(struct buf *b, size_t n)
{
	as_base64(b, "A!", n);
}

static void as_qp(struct buf *b, const char *piece, size_t n)
{
	buf_add(b, STR("--b\nContent-Type: text/plain; charset=windows-1252\n"
		       "Content-Transfer-Encoding: quoted-printable\n\n"));
	repeat(b, piece, n);
}

static void qp_signs(struct buf *b, size_t n)
{
	as_qp(b, "=", n);
}

static void qp_blanks(struct buf *b, size_t n)
{
	as_qp(b, " ", n);
}

static void qp_octets(struct buf *b, size_t n)
{
	as_qp(b, "\x80", n);
}

static const struct {
	const char *name;
	builder *build;
} bodies[] = {
	{ "deep multiparts", deep_multiparts },
	{ "deep messages", deep_messages },
	{ "deep digests", deep_digests },
	{ "delimiters", delimiters },
	{ "close delimiters", closes },
	{ "loose delimiters", loose_delimiters },
	{ "boundary prefixes", prefixes },
	{ "dashes", dashes },
	{ "one line", one_line },
	{ "one line of dashes", one_line_of_dashes },
	{ "carriage returns", carriage_returns },
	{ "fields", field_lines },
	{ "fields in parts", fields_in_parts },
	{ "orphans in parts", orphans_in_parts },
	{ "folds", field_folds },
	{ "colons", field_colons },
	{ "types in parts", types_in_parts },
	{ "parameters in parts", params_in_parts },
	{ "words in parts", words_in_parts },
	{ "cut fields", cut_fields },
	{ "boundaries twice", boundaries_twice },
	{ "uuencoded without end", uu_begins },
	{ "uuencoded files", uu_files },
	{ "almost uuencoded", uu_almost },
	{ "base64 padding", base64_padding },
	{ "base64 noise", base64_noise },
	{ "quoted-printable signs", qp_signs },
	{ "quoted-printable blanks", qp_blanks },
	{ "quoted-printable octets", qp_octets },
};

/* All that is asked of a message, pushed in pieces; the CPU time. */
static double read_ms(struct str body, size_t step, size_t *memory)
{
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct mime *m;
	double begun;

	hdr_init(&h, a);
	hdr_add(&h, STR("MIME-Version"), STR(" 1.0"));
	hdr_add(&h, STR("Content-Type"), STR(" multipart/mixed; boundary=b"));
	begun = cpu_ms();
	m = mime_new(a, &h, 0);
	for (size_t i = 0; i < body.n; i += step)
		mime_push(m, str_sub(body, i, step));
	mime_end(m);
	for (size_t i = 0; i < m->parts.n; i++) {
		assert_true(m->parts.p[i].depth <= MIME_MAX_DEPTH);
		mime_text(m, i);
	}
	begun = cpu_ms() - begun;
	assert_true(m->parts.n <= MIME_MAX_PARTS);
	*memory = arena_used(a);
	if (*memory > MAX_MEMORY)
		fail_msg("%zu MiB of memory", *memory >> 20);
	arena_free(a);
	return begun;
}

/* The best of three, since others use the machine too. */
static double best_ms(builder *build, size_t n, size_t *memory)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	double best = 1e9;

	build(&b, n);
	for (int i = 0; i < 3; i++) {
		double ms = read_ms(buf_str(&b), 65536, memory);

		best = ms < best ? ms : best;
	}
	arena_free(a);
	return best;
}

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		size_t memory;
		double half = best_ms(bodies[i].build, FULL, &memory), full;

		full = best_ms(bodies[i].build, 2 * FULL, &memory);
		print_message("%s: %.1f ms, twice as much %.1f ms, %zu MiB\n", bodies[i].name, half,
			      full, memory >> 20);
		if (full > WORST_MS * SLOW)
			fail_msg("%s took %.0f ms of CPU", bodies[i].name, full);
		if (full > 3 * half + NOISE_MS * SLOW)
			fail_msg("%s: twice the input, %.1f times the time", bodies[i].name,
				 full / half);
	}
}

/* Octet by octet: what was seen is not looked at again. */
static void test_small_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct arena *a = arena_new(0);
		struct buf b = { .arena = a };
		size_t memory;
		double ms;

		bodies[i].build(&b, 1u << 18);
		ms = read_ms(buf_str(&b), 1, &memory);
		if (ms > WORST_MS * SLOW / 4)
			fail_msg("%s octet by octet took %.0f ms", bodies[i].name, ms);
		arena_free(a);
	}
}

/* Field values as long as they may be, sixteen of them. */
static void test_values(void **state)
{
	static const char *const pieces[] = {
		"=?", "=?a?q?", "=?a?q?x?= ", "=?utf-8?b?w?=", "=?x?q?\xe9?=", "?=",
		"(",  "()",	"a=b;",	      "a=b ",	       "a*1*=''%41;",  "a*=",
		"\"", "\\",	"; ",	      "a/b;\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct arena *a = arena_new(0);
		struct buf b = { .arena = a };
		double begun;

		repeat(&b, pieces[i], HDR_MAX_FIELD);
		begun = cpu_ms();
		for (int k = 0; k < 16; k++) {
			struct mime_part p = { 0 };

			mime_words(a, buf_str(&b));
			mime_content_type(a, arena_printf(a, "a/b; %.*s", STR_ARG(buf_str(&b))),
					  &p);
		}
		begun = cpu_ms() - begun;
		if (begun > WORST_MS * SLOW / 4)
			fail_msg("%s took %.0f ms", pieces[i], begun);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_small_pieces),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
