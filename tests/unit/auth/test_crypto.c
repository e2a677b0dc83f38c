/* Keys, hashes and base64. */
#include "lib/test.h"

#include <stdlib.h>

#include "auth/crypto.h"
#include "lib/sign.h"
#include "unit/auth/crypto_case.h"

static void test_base64(void **state)
{
	static const struct {
		struct str text;
		const char *octets; /* NULL: refused */
	} cases[] = {
		{ STR(""), "" },
		{ STR("Zg=="), "f" },
		{ STR("Zm8="), "fo" },
		{ STR("Zm9v"), "foo" },
		{ STR("Zm9vYg=="), "foob" },
		{ STR(" Z\tm\r\n 9v "), "foo" },
		{ STR("Zg= ="), "f" },
		{ STR("Zg"), NULL },
		{ STR("Zg="), NULL },
		{ STR("Z"), NULL },
		{ STR("Z==="), NULL },
		{ STR("===="), NULL },
		{ STR("Zh=="), NULL }, /* bits left over */
		{ STR("Zm9="), NULL },
		{ STR("Zg==Zg=="), NULL },
		{ STR("Zg==="), NULL },
		{ STR("Zm9v="), NULL },
		{ STR("Zm-v"), NULL },
		{ STR("Zm_v"), NULL },
		{ STR("Zm\0v"), NULL },
		{ STR("Zm\xc3\xa4v"), NULL },
		{ STR("Zm9v;"), NULL },
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str out;
		bool good = base64_decode(s->a, cases[i].text, &out);

		if (good != (cases[i].octets != NULL))
			fail_msg("case %zu", i);
		if (good)
			assert_str(out, cases[i].octets);
	}
	for (size_t n = 0; n < 70; n++) {
		char octets[70];
		struct str back;

		for (size_t i = 0; i < n; i++)
			octets[i] = (char)(i * 37 + n);
		assert_true(base64_decode(s->a, base64_encode(s->a, str_of(octets, n)), &back));
		assert_true(str_eq(back, str_of(octets, n)));
	}
}

static void test_hash(void **state)
{
	/* FIPS 180-4 example digests of "abc". */
	static const char sha256[] = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
	static const char sha1[] = "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
	struct state *s = *state;

	for (int round = 0; round < 3; round++) {
		struct arena *a = arena_new(0);
		struct hash *h = hash_new(s->c, a, HASH_SHA256), *g = hash_new(s->c, a, HASH_SHA1);
		struct hash *twin;

		hash_feed(h, STR("a"));
		twin = hash_fork(h);
		hash_feed(h, STR_NULL);
		hash_feed(h, STR("bc"));
		hash_feed(g, STR("abc"));
		hash_feed(twin, STR("bc"));
		assert_str(base64_encode(a, hash_end(h)), sha256);
		assert_str(base64_encode(a, hash_end(twin)), sha256);
		assert_str(base64_encode(a, hash_end(g)), sha1);
		arena_free(a); /* contexts go back to be used again */
	}
}

/* RFC 8301 3.2: 1024 bits at least; our own ceiling of 4096; e within [3, 2^32). */
static void test_key_limits(void **state)
{
	static const struct {
		unsigned bits, e;
		enum pubkey_fault fault;
	} cases[] = {
		{ 512, 65537, PUBKEY_SHORT }, { 1016, 65537, PUBKEY_SHORT },
		{ 1023, 3, PUBKEY_SHORT },    { 1024, 3, PUBKEY_OK },
		{ 2048, 65537, PUBKEY_OK },   { 1024, 4294967295u, PUBKEY_OK },
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct signer *key = signer_new(s->a, KEY_RSA, cases[i].bits, cases[i].e);
		const struct pubkey *pub;
		unsigned bits;

		assert_int_equal(pubkey_get(s->c, KEY_RSA, signer_public(s->a, key), &pub, &bits),
				 cases[i].fault);
		assert_int_equal(bits, cases[i].bits);
	}
}

/* An RSAPublicKey (RFC 8017 A.1.1) of that many octets of 0xff in n, and e as given. */
static struct str made_key(struct arena *a, size_t n_octets, struct str e)
{
	unsigned char *p = arena_alloc(a, n_octets + 32);
	size_t len = n_octets + 1 + 4 + 2 + e.n, at = 0;

	p[at++] = 0x30;
	p[at++] = 0x82;
	p[at++] = (unsigned char)(len >> 8);
	p[at++] = (unsigned char)len;
	p[at++] = 0x02;
	p[at++] = 0x82;
	p[at++] = (unsigned char)((n_octets + 1) >> 8);
	p[at++] = (unsigned char)(n_octets + 1);
	p[at++] = 0;
	memset(p + at, 0xff, n_octets);
	at += n_octets;
	p[at++] = 0x02;
	p[at++] = (unsigned char)e.n;
	memcpy(p + at, e.p, e.n);
	return str_of((const char *)p, at + e.n);
}

static void test_odd_numbers(void **state)
{
	static const struct {
		size_t n_octets;
		struct str e;
		enum pubkey_fault fault;
	} cases[] = {
		{ 512, STR("\x03"), PUBKEY_OK },
		{ 513, STR("\x03"), PUBKEY_LONG },
		{ 2048, STR("\x03"), PUBKEY_LONG },
		{ 256, STR("\x01"), PUBKEY_EXPONENT },
		{ 256, STR("\x02"), PUBKEY_EXPONENT },
		{ 256, STR("\x04"), PUBKEY_EXPONENT },
		{ 256, STR("\x00\xff\xff\xff\xff"), PUBKEY_OK },
		{ 256, STR("\x01\x00\x00\x00\x01"), PUBKEY_EXPONENT },
		{ 256, STR("\x00"), PUBKEY_SYNTAX },
		{ 256, STR("\x81"), PUBKEY_SYNTAX }, /* negative */
		{ 256, STR(""), PUBKEY_SYNTAX },
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct pubkey *pub;
		unsigned bits;
		enum pubkey_fault f = pubkey_get(
			s->c, KEY_RSA, made_key(s->a, cases[i].n_octets, cases[i].e), &pub, &bits);

		if (f != cases[i].fault)
			fail_msg("case %zu: fault %d", i, f);
		if (f == PUBKEY_OK)
			assert_false(pubkey_verify(s->c, pub, HASH_SHA256,
						   STR("0123456789abcdef0123456789abcdef"),
						   STR("x")));
	}
	/* An even modulus is none. */
	{
		struct str der = made_key(s->a, 256, STR("\x03"));
		const struct pubkey *pub;
		char *copy = arena_cstr(s->a, der);
		unsigned bits;

		copy[der.n - 4] = (char)0xfe;
		assert_int_equal(pubkey_get(s->c, KEY_RSA, str_of(copy, der.n), &pub, &bits),
				 PUBKEY_SYNTAX);
	}
}

/* RFC 8463 4: exactly 32 octets. */
static void test_ed25519_key(void **state)
{
	struct state *s = *state;
	struct str octets = signer_public(s->a, signer_new(s->a, KEY_ED25519, 0, 0));
	const struct pubkey *pub;
	unsigned bits;

	assert_int_equal(pubkey_get(s->c, KEY_ED25519, octets, &pub, &bits), PUBKEY_OK);
	for (size_t n = 0; n < 40; n++) {
		char longer[40] = { 0 };

		if (n != 32)
			assert_int_equal(
				pubkey_get(s->c, KEY_ED25519, str_of(longer, n), &pub, &bits),
				PUBKEY_SYNTAX);
	}
	assert_int_equal(pubkey_get(s->c, KEY_RSA, octets, &pub, &bits), PUBKEY_SYNTAX);
}

/* More keys than the cache holds: each is right when it comes again, old or new. */
static void test_cache(void **state)
{
	struct state *s = *state;
	char octets[32] = { 0 };

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < KEY_CACHE_SIZE + 100; i++) {
			const struct pubkey *pub, *again;
			unsigned bits;

			memcpy(octets, &i, sizeof i);
			assert_int_equal(
				pubkey_get(s->c, KEY_ED25519, str_of(octets, 32), &pub, &bits),
				PUBKEY_OK);
			assert_int_equal(
				pubkey_get(s->c, KEY_ED25519, str_of(octets, 32), &again, &bits),
				PUBKEY_OK);
			assert_ptr_equal(pub, again);
			assert_int_equal(bits, 256);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_base64, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odd_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ed25519_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
