/* What goes over a lane: exactly one form each way, and nothing else is answered. */
#include "lib/test.h"

#include "sign/keys.h"
#include "sign/wire.h"

static struct str octets(const unsigned char *p, size_t n)
{
	return str_of((const char *)p, n);
}

static struct sign_request request(void)
{
	struct sign_request r = { .number = 0x0102030405060708 };

	for (unsigned i = 0; i < 32; i++) {
		r.id[i] = (unsigned char)i;
		r.digest[i] = (unsigned char)(200 + i);
	}
	return r;
}

static void test_request(void **state)
{
	unsigned char out[SIGN_REQUEST_SIZE],
		head[16] = { 'M', 'S', 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct sign_request r = request(), back;
	(void)state;

	sign_request_write(&r, out);
	assert_memory_equal(out, head, sizeof head);
	assert_true(sign_request_read(octets(out, sizeof out), &back));
	assert_true(back.number == r.number);
	assert_memory_equal(back.id, r.id, sizeof r.id);
	assert_memory_equal(back.digest, r.digest, sizeof r.digest);
}

/* Each octet of the head decides, and every length but one is wrong. */
static void test_request_strict(void **state)
{
	unsigned char out[SIGN_REQUEST_SIZE + 1] = { 0 };
	struct sign_request r = request(), back;
	(void)state;

	sign_request_write(&r, out);
	for (size_t n = 0; n <= sizeof out; n++)
		assert_int_equal(sign_request_read(octets(out, n), &back), n == SIGN_REQUEST_SIZE);
	for (size_t i = 0; i < 8; i++) {
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			out[i] ^= (unsigned char)bit;
			assert_false(sign_request_read(octets(out, SIGN_REQUEST_SIZE), &back));
			out[i] ^= (unsigned char)bit;
		}
	}
}

/* A packet of one reply. */
static bool whole(struct str packet, uint64_t *number, struct sign_reply *r)
{
	return sign_reply_take(&packet, number, r) && !packet.n;
}

static void test_reply(void **state)
{
	static const struct {
		enum sign_status status;
		size_t n;
	} cases[] = { { SIGN_OK, 64 },	{ SIGN_OK, 1 },	    { SIGN_OK, SIGN_MAX },
		      { SIGN_OK, 256 }, { SIGN_NO_KEY, 0 }, { SIGN_FAILED, 0 } };
	char signature[SIGN_MAX];
	(void)state;

	memset(signature, 'x', sizeof signature);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sign_reply r = { cases[i].status, str_of(signature, cases[i].n) }, back;
		unsigned char out[SIGN_REPLY_MAX];
		uint64_t number;
		size_t n = sign_reply_write(77, &r, out);

		assert_int_equal(n, 16 + cases[i].n);
		assert_true(whole(octets(out, n), &number, &back));
		assert_true(number == 77);
		assert_int_equal(back.status, cases[i].status);
		assert_true(str_eq(back.signature, r.signature));
	}
}

/* Words that are not a signer's, lengths that do not fit. */
static void test_reply_strict(void **state)
{
	static const struct {
		unsigned status;
		unsigned char length[4];
		size_t n; /* octets of the packet */
		bool good;
	} cases[] = {
		{ SIGN_OK, { 0, 0, 0, 64 }, 80, true },
		{ SIGN_OK, { 0, 0, 0, 64 }, 79, false },
		{ SIGN_OK, { 0, 0, 0, 64 }, 81, false },
		{ SIGN_OK, { 0, 0, 0, 64 }, SIGN_REPLY_MAX, false },
		{ SIGN_OK, { 0, 0, 2, 0 }, SIGN_REPLY_MAX, true },
		{ SIGN_OK, { 0, 0, 2, 1 }, SIGN_REPLY_MAX + 1, false },
		{ SIGN_OK, { 255, 255, 255, 255 }, 15, false },
		{ SIGN_OK, { 0, 0, 0, 0 }, 16, false },
		{ SIGN_NO_KEY, { 0, 0, 0, 0 }, 16, true },
		{ SIGN_NO_KEY, { 0, 0, 0, 1 }, 17, false },
		{ SIGN_NO_KEY, { 0, 0, 0, 0 }, 17, false },
		{ SIGN_FAILED, { 0, 0, 0, 0 }, 16, true },
		{ SIGN_FAILED, { 0, 0, 0, 0 }, 15, false },
		{ SIGN_FAILED, { 0, 0, 0, 0 }, 0, false },
		{ SIGN_TIMEOUT, { 0, 0, 0, 0 }, 16, false },
		{ SIGN_GONE, { 0, 0, 0, 0 }, 16, false },
		{ 255, { 0, 0, 0, 0 }, 16, false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned char p[SIGN_REPLY_MAX + 1] = { 'M', 'S', 1 };
		struct sign_reply back;
		uint64_t number;

		p[3] = (unsigned char)cases[i].status;
		memcpy(p + 4, cases[i].length, 4);
		if (whole(octets(p, cases[i].n), &number, &back) != cases[i].good)
			fail_msg("case %zu", i);
		p[0] = 'm';
		assert_false(whole(octets(p, cases[i].n), &number, &back));
	}
}

/* Several in a packet are taken one after the other, until one is none. */
static void test_replies(void **state)
{
	char text[] = "a signature of some length";
	unsigned char out[3 * SIGN_REPLY_MAX];
	struct sign_reply r = { SIGN_OK, str_c(text) }, back;
	struct str packet;
	uint64_t number;
	size_t n = 0;
	(void)state;

	n += sign_reply_write(1, &r, out + n);
	n += sign_reply_write(2, &(struct sign_reply){ SIGN_NO_KEY, STR_NULL }, out + n);
	n += sign_reply_write(3, &r, out + n);
	for (size_t cut = 0; cut < 3; cut++) {
		packet = octets(out, n - cut);
		assert_true(sign_reply_take(&packet, &number, &back));
		assert_true(number == 1 && str_eq(back.signature, r.signature));
		assert_true(sign_reply_take(&packet, &number, &back));
		assert_true(number == 2 && back.status == SIGN_NO_KEY);
		assert_int_equal(sign_reply_take(&packet, &number, &back), cut == 0);
		assert_true(cut || number == 3);
	}
}

/* A signature that is none is told as a failure, never sent. */
static void test_reply_never_ill_formed(void **state)
{
	static const size_t lengths[] = { 0, SIGN_MAX + 1 };
	char signature[SIGN_MAX + 1] = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct sign_reply r = { SIGN_OK, str_of(signature, lengths[i]) }, back;
		unsigned char out[SIGN_REPLY_MAX];
		uint64_t number;
		size_t n = sign_reply_write(1, &r, out);

		assert_true(whole(octets(out, n), &number, &back));
		assert_int_equal(back.status, SIGN_FAILED);
	}
}

static void test_handle(void **state)
{
	struct sign_keys *k = sign_keys_new();
	struct arena *a = arena_new(0);
	struct sign_request r = request();
	unsigned char in[SIGN_REQUEST_SIZE], out[SIGN_REPLY_MAX];
	struct sign_reply reply;
	struct sign_key key;
	struct str fault;
	uint64_t number;
	size_t n;
	(void)state;

	assert_true(sign_keys_add(k, a, STR("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="), &key,
				  &fault));
	sign_request_write(&r, in);
	n = sign_handle(k, octets(in, sizeof in), out);
	assert_true(whole(octets(out, n), &number, &reply));
	assert_int_equal(reply.status, SIGN_NO_KEY);
	memcpy(r.id, key.id, SIGN_ID);
	sign_request_write(&r, in);
	n = sign_handle(k, octets(in, sizeof in), out);
	assert_true(whole(octets(out, n), &number, &reply));
	assert_int_equal(reply.status, SIGN_OK);
	assert_int_equal(reply.signature.n, 64);
	assert_true(number == r.number);
	assert_int_equal(sign_handle(k, octets(in, sizeof in - 1), out), 0);
	assert_int_equal(sign_handle(k, STR_NULL, out), 0);
	sign_keys_free(k);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_request_strict),
		cmocka_unit_test(test_reply),	cmocka_unit_test(test_reply_strict),
		cmocka_unit_test(test_replies), cmocka_unit_test(test_reply_never_ill_formed),
		cmocka_unit_test(test_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
