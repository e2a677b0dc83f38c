/* RSA keys from DER, and everything that looks like one but is not. */
#include "lib/test.h"

#include "auth/der.h"
#include "base/arena.h"

#define N8 "\x02\x09\x00\xc1\x02\x03\x04\x05\x06\x07\x09"
#define E3 "\x02\x03\x01\x00\x01"
#define KEY "\x30\x10" N8 E3
#define ALG "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define SPKI "\x30\x24" ALG "\x03\x13\x00" KEY

static const struct {
	const char *what;
	struct str der;
	bool good;
} cases[] = {
	{ "RSAPublicKey", STR(KEY), true },
	{ "SubjectPublicKeyInfo", STR(SPKI), true },
	{ "nothing", STR(""), false },
	{ "octet behind RSAPublicKey", STR(KEY "\x00"), false },
	{ "octet behind SPKI", STR(SPKI "\x00"), false },
	{ "octet behind e", STR("\x30\x11" N8 E3 "\x00"), false },
	{ "third number", STR("\x30\x15" N8 E3 E3), false },
	{ "no e", STR("\x30\x0b" N8), false },
	{ "empty sequence", STR("\x30\x00"), false },
	{ "long form where short fits", STR("\x30\x81\x10" N8 E3), false },
	{ "two octets where one fits", STR("\x30\x82\x00\x10" N8 E3), false },
	{ "indefinite length", STR("\x30\x80" N8 E3 "\x00\x00"), false },
	{ "length over four octets", STR("\x30\x85\x00\x00\x00\x00\x10" N8 E3), false },
	{ "length beyond the end", STR("\x30\x11" N8 E3), false },
	{ "length huge", STR("\x30\x83\xff\xff\xff" N8 E3), false },
	{ "negative n", STR("\x30\x0f\x02\x08\xc1\x02\x03\x04\x05\x06\x07\x09" E3), false },
	{ "n with a zero too many", STR("\x30\x10\x02\x09\x00\x41\x02\x03\x04\x05\x06\x07\x09" E3),
	  false },
	{ "n zero", STR("\x30\x08\x02\x01\x00" E3), false },
	{ "n empty", STR("\x30\x07\x02\x00" E3), false },
	{ "set instead of sequence", STR("\x31\x10" N8 E3), false },
	{ "bits unused", STR("\x30\x24" ALG "\x03\x13\x01" KEY), false },
	{ "bit string empty", STR("\x30\x11" ALG "\x03\x00"), false },
	{ "no parameters",
	  STR("\x30\x22\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x03\x13\x00" KEY),
	  false },
	{ "RSASSA-PSS",
	  STR("\x30\x24\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x05\x00\x03\x13"
	      "\x00" KEY),
	  false },
	{ "SPKI within SPKI", STR("\x30\x38" ALG "\x03\x27\x00" SPKI), false },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct der_rsa key;

		if (der_rsa_read(cases[i].der, &key) != cases[i].good)
			fail_msg("%s", cases[i].what);
		if (!cases[i].good)
			continue;
		assert_true(str_eq(key.n, STR("\xc1\x02\x03\x04\x05\x06\x07\x09")));
		assert_true(str_eq(key.e, STR("\x01\x00\x01")));
	}
}

/* Cut anywhere, and with any octet of its frame changed, it is no key. */
static void test_cut_and_changed(void **state)
{
	static const struct str whole = STR(SPKI);
	struct arena *a = arena_new(0);
	struct der_rsa key;

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_false(der_rsa_read(arena_dup(a, str_sub(whole, 0, n)), &key));
	for (size_t i = 0; i < 20; i++) {
		char *p = arena_cstr(a, whole);

		for (unsigned v = 0; v < 256; v++) {
			p[i] = (char)v;
			if (p[i] != whole.p[i])
				assert_false(der_rsa_read(str_of(p, whole.n), &key));
		}
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut_and_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
