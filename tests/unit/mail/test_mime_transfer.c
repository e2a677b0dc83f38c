/* Transfer decoders: what mail programs decode, what is found on the way, and how fast. */
#include "lib/test.h"

#include "base/buf.h"
#include "mail/mime/mime.h"

typedef struct str decoder(struct arena *a, struct str in, unsigned *flags);

struct row {
	struct str in;
	const char *out;
	unsigned flags;
};

#define B MIME_F_BAD_BASE64
#define Q MIME_F_BAD_QP
#define U MIME_F_BAD_ENCODING

static const struct row base64_rows[] = {
	{ STR(""), "", 0 },
	{ STR("Zg=="), "f", 0 },
	{ STR("Zm8="), "fo", 0 },
	{ STR("Zm9v"), "foo", 0 },
	{ STR("Zm9vYmFy"), "foobar", 0 },
	/* RFC 2045 6.8: line ends and blanks are nothing */
	{ STR("Zm\r\n9v Y\tmF\ny"), "foobar", 0 },
	{ STR("Zm9v\r\n\r\nYg==\r\n\r\n"), "foob", 0 },
	/* RFC 2045 6.8: all else is ignored, and may be warned of */
	{ STR("Zm9v!Ym.Fy"), "foobar", B },
	{ STR("Z-m_9v"), "foo", B },
	{ STR("Zm9v\xff\x80"), "foo", B },
	{ STR("Zm\0"
	      "9v"),
	  "foo", B },
	/* data behind padding */
	{ STR("Zm8=Zm9v"), "fofoo", B },
	{ STR("Zg==\r\nZg==\r\n"), "ff", B },
	{ STR("Zg===="), "f", 0 },
	{ STR("Zm9v=Zm9v"), "foofoo", B },
	/* no padding, or too little in front of it */
	{ STR("Zm8"), "fo", B },
	{ STR("Zg"), "f", B },
	{ STR("Z"), "", B },
	{ STR("Z==="), "", B },
	{ STR("===="), "", 0 },
};

static const struct row qp_rows[] = {
	{ STR(""), "", 0 },
	{ STR("a=3Db"), "a=b", 0 },
	{ STR("=C3=A9=c3=a9"), "\xc3\xa9\xc3\xa9", 0 },
	/* RFC 2045 6.7 (5): soft line breaks */
	{ STR("a=\r\nb=\nc="), "abc", 0 },
	{ STR("a=\r\n\r\nb\r\n"), "a\r\nb\r\n", 0 },
	/* RFC 2045 6.7 (3): blanks at a line's end MUST go */
	{ STR("a \t\r\nb= \nc "), "a\r\nbc", Q },
	{ STR("a=20\r\n=09\n"), "a \r\n\t\n", 0 },
	/* what is no escape stays */
	{ STR("=4"), "=4", Q },
	{ STR("=4x=x4=="), "=4x=x4=", Q },
	{ STR("a==41"), "a=A", Q },
	{ STR("=\rb"), "=\rb", Q },
	{ STR("\r\n\n \n"), "\r\n\n\n", Q },
	{ STR("\r"), "\r", 0 },
};

static const struct row uu_rows[] = {
	{ STR("begin 644 a\n#0V%T\n`\nend\n"), "Cat", 0 },
	{ STR("begin 644 a\r\n#0V%T\r\n`\r\nend\r\n"), "Cat", 0 },
	{ STR("text\nbegin 644 a\n#0V%T\n \nend\nmore"), "Cat", 0 },
	{ STR("#0V%T\n"), "Cat", 0 },
	/* a checksum character behind, blanks lost */
	{ STR("begin 644 a\n#0V%TX\nend"), "Cat", 0 },
	{ STR("begin 644 a\n#0V$\nend"), "Ca", 0 },
	{ STR("begin 644 a\n!,\n"), "0", 0 },
	/* lines that are none */
	{ STR("begin 644 a\n#0V%T\nno data here\n#0V%T\nend\n"), "CatCat", U },
	{ STR("begin 644 a\n#0V%\xff\nend\n"), NULL, U },
	{ STR("begin 644 a\nM\nend\n"), "", U },
	{ STR(""), "", 0 },
};

static void run(decoder *decode, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new(0);
		unsigned flags = 0;
		struct str out = decode(a, rows[i].in, &flags);

		if (rows[i].out)
			assert_str(str_sub(out, 0, strnlen(out.n ? out.p : "", out.n)),
				   rows[i].out);
		assert_int_equal(flags, rows[i].flags);
		arena_free(a);
	}
}

#define RUN(decode, rows) run(decode, rows, sizeof rows / sizeof *(rows))

static void test_base64(void **state)
{
	(void)state;
	RUN(mime_base64, base64_rows);
}

static void test_qp(void **state)
{
	(void)state;
	RUN(mime_qp, qp_rows);
}

static void test_uu(void **state)
{
	(void)state;
	RUN(mime_uu, uu_rows);
}

/* Every octet value in every place of a group, with lines of every length. */
static void test_base64_octets(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)state;
	for (size_t width = 1; width < 80; width++) {
		struct arena *a = arena_new(0);
		struct buf in = { .arena = a }, want = { .arena = a };
		unsigned flags = 0;

		for (uint32_t v = 0; v < 1u << 18; v += 13) {
			uint32_t word = v * 64 + v % 61;

			for (unsigned k = 0; k < 4; k++) {
				buf_addc(&in, digits[word >> (18 - 6 * k) & 63]);
				if (in.n % (width + 2) == width)
					buf_add(&in, STR("\r\n"));
			}
			for (unsigned k = 0; k < 3; k++)
				buf_addc(&want, (char)(word >> (16 - 8 * k)));
		}
		assert_true(str_eq(mime_base64(a, buf_str(&in), &flags), buf_str(&want)));
		assert_int_equal(flags, 0);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_qp),
		cmocka_unit_test(test_uu),
		cmocka_unit_test(test_base64_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
