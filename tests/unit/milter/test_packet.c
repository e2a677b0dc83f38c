/* Tests of the packet reader and writer, of negotiation, and of how verdicts are made fit to send.
 */
#include "lib/test.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "base/buf.h"
#include "milter/apply.h"
#include "milter/bind.h"
#include "milter/negotiate.h"
#include "milter/reply.h"

/* A stream of many packets, as text: "C[...]". Pieces of bodies are put together. */
static struct str read_all(struct arena *a, struct str stream, size_t cut, bool *bad)
{
	struct packet_reader r = { 0 };
	struct buf b = { .arena = a };
	struct str parts[2] = { str_sub(stream, 0, cut), str_skip(stream, cut) };
	struct packet p;
	bool inside = false;

	*bad = false;
	for (size_t i = 0; i < 2 && !*bad; i++) {
		for (;;) {
			enum packet_step step = packet_read(&r, &parts[i], &p);

			*bad = step == PACKET_BAD;
			if (step != PACKET_READY)
				break;
			if (!inside)
				buf_addf(&b, "%c[", p.cmd);
			buf_add(&b, p.data);
			inside = !p.last;
			if (p.last)
				buf_addc(&b, ']');
		}
	}
	packet_reader_fini(&r);
	return buf_str(&b);
}

static struct str stream_of_all(struct arena *a)
{
	static const char cmds[] = "OCDHMRTLLNBBEAKUQ";
	struct packet_out o = { 0 };
	struct str s;

	for (size_t i = 0; cmds[i]; i++) {
		size_t p = packet_begin(&o, cmds[i]);

		for (size_t k = 0; k < i; k++)
			packet_addz(&o, STR("x"));
		packet_end(&o, p);
	}
	s = arena_dup(a, str_of(o.p, o.n));
	packet_out_fini(&o);
	return s;
}

static void test_split(void **state)
{
	struct arena *a = arena_new(0);
	struct str stream = stream_of_all(a), whole;
	bool bad;
	(void)state;

	whole = read_all(a, stream, 0, &bad);
	assert_false(bad);
	assert_true(str_starts(whole, STR("O[]C[x")));
	for (size_t cut = 0; cut <= stream.n; cut++) {
		struct str got = read_all(a, stream, cut, &bad);

		assert_false(bad);
		assert_true(str_eq(got, whole));
	}
	arena_free(a);
}

static void test_bad(void **state)
{
	static const struct {
		const char *octets;
		size_t n;
		enum packet_step step;
	} t[] = {
		{ "\0\0\0\0", 4, PACKET_BAD },		  /* no command */
		{ "\xff\xff\xff\xff", 4, PACKET_BAD },	  /* 4 GiB */
		{ "\0\x11\0\0", 4, PACKET_MORE },	  /* PACKET_MAX */
		{ "\0\x11\0\1", 4, PACKET_BAD },	  /* one over */
		{ "\0\0\0\1x", 5, PACKET_BAD },		  /* no such command */
		{ "\0\0\0\1\0", 5, PACKET_BAD },	  /* NUL is none */
		{ "GET / HTTP/1.1\r\n", 16, PACKET_BAD }, /* somebody else */
		{ "\0\0\0\1Q", 5, PACKET_READY },
		{ "\0\0\0\5M<>", 7, PACKET_MORE },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct packet_reader r = { 0 };
		struct str in = str_of(t[i].octets, t[i].n);
		struct packet p;

		assert_int_equal(packet_read(&r, &in, &p), t[i].step);
		packet_reader_fini(&r);
	}
}

/* What is kept of a packet is what has come, not what was promised. */
static void test_promise(void **state)
{
	struct packet_reader r = { 0 };
	struct str in = str_of("\0\x10\0\0Mabc", 8);
	struct packet p;
	(void)state;

	assert_int_equal(packet_read(&r, &in, &p), PACKET_MORE);
	assert_true(r.cap < 64);
	packet_reader_fini(&r);
}

static void test_connect(void **state)
{
	static const struct {
		const char *data;
		size_t n;
		bool ok;
		const char *host, *ip;
	} t[] = {
#define ROW(s) s, sizeof(s) - 1
		{ ROW("h.example\0004\0\x19"
		      "192.0.2.1\0"),
		  true, "h.example", "192.0.2.1" },
		{ ROW("h\0006\0\x19IPv6:2001:db8::1\0"), true, "h", "2001:db8::1" },
		{ ROW("h\0006\0\x19"
		      "2001:db8::1\0"),
		  true, "h", "2001:db8::1" },
		{ ROW("h\0006\0\x19IPv6:::ffff:192.0.2.9\0"), true, "h", "192.0.2.9" },
		{ ROW("h\0004\0\x19"
		      "192.0.2.1"),
		  true, "h", "192.0.2.1" }, /* no NUL at the end */
		{ ROW("h\0004\0\x19nonsense\0"), true, "h", "" },
		{ ROW("localhost\0L\0\0/run/x\0"), true, "localhost", "" },
		{ ROW("unknown\0U"), true, "unknown", "" },
		{ ROW("h\0X\0\0abc\0"), false, "", "" },
		{ ROW("h\0004\0"), false, "", "" },
		{ ROW("h\0"), false, "", "" },
		{ ROW("h"), false, "", "" },
		{ ROW(""), false, "", "" },
	};
	char text[IP_TEXT_MAX];
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct str host = STR_NULL;
		struct ip ip;

		assert_int_equal(packet_connect(str_of(t[i].data, t[i].n), &host, &ip), t[i].ok);
		if (!t[i].ok)
			continue;
		assert_str(host, t[i].host);
		assert_string_equal(ip_format(&ip, text), t[i].ip);
	}
}

static void test_header_data(void **state)
{
	struct str name, value;
	(void)state;

	assert_true(packet_header(str_of("A\0 b\0", 5), &name, &value));
	assert_str(name, "A");
	assert_str(value, " b");
	assert_true(packet_header(str_of("A\0 b\0c\0", 7), &name, &value));
	assert_int_equal(value.n, 4); /* a NUL in the value is seen */
	assert_true(packet_header(str_of("A\0", 2), &name, &value));
	assert_int_equal(value.n, 0);
	assert_non_null(value.p);
	assert_true(packet_header(STR("A"), &name, &value));
	assert_false(packet_header(STR(""), &name, &value));
	assert_false(packet_header(str_of("\0x\0", 3), &name, &value));
}

/* ---- negotiation ---- */

#define NR_ALL 0xfa080u /* every SMFIP_NR_* but those of CONNECT and MAIL */

static void test_negotiate(void **state)
{
	static const struct {
		uint32_t version, actions, steps; /* offered */
		uint32_t got_version, got_actions, got_steps;
	} t[] = {
		{ 6, 0x1ff, 0x1fffff, 6, 0x13f, NR_ALL | 0x100300 },
		{ 2, 0x3f, 0x7f, 2, 0x3f, 0 },
		{ 2, 0x3f, 0xff, 2, 0x3f, 0 },
		{ 2, 0x1ff, 0x1fffff, 2, 0x3f, 0 }, /* bits that version 2 does not know */
		{ 3, 0x1ff, 0x1fffff, 3, 0x3f, 0x100 },
		{ 4, 0x1ff, 0x1fffff, 4, 0x3f, 0x300 },
		{ 5, 0x1ff, 0x1fffff, 5, 0x3f, 0x300 },
		{ 7, 0xffffffff, 0xffffffff, 6, 0x13f, NR_ALL | 0x20100300 },
		{ 0xffffffff, 0x1ff, 0x1fffff, 6, 0x13f, NR_ALL | 0x100300 },
		{ 6, 0x1ff, 0x10000000, 6, 0x13f, 0x10000000 }, /* chunks of 256 KiB */
		{ 6, 0x1ff, 0x30000000, 6, 0x13f, 0x20000000 }, /* or of 1 MiB */
		{ 6, 0x01, 0x80, 6, 0x01, 0x80 },
		{ 6, 0, 0, 6, 0, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct negotiated n;

		negotiate_choose(t[i].version, t[i].actions, t[i].steps, &n);
		assert_int_equal(n.version, t[i].got_version);
		assert_int_equal(n.actions, t[i].got_actions);
		assert_int_equal(n.steps, t[i].got_steps);
	}
}

/* Whatever is offered, nothing else is taken. */
static void test_negotiate_subset(void **state)
{
	(void)state;

	for (uint32_t version = 2; version <= 8; version++)
		for (unsigned a = 0; a < 32; a++)
			for (unsigned s = 0; s < 32; s++) {
				struct negotiated n;

				negotiate_choose(version, 1u << a, 1u << s, &n);
				assert_int_equal(n.actions & ~(1u << a), 0);
				assert_int_equal(n.steps & ~(1u << s), 0);
			}
}

static void test_negotiate_data(void **state)
{
	struct negotiated n;
	struct packet_out o = { 0 };
	(void)state;

	assert_false(negotiate_read(STR(""), &n));
	assert_false(negotiate_read(str_of("\0\0\0\6\0\0\1\xff\0\x1f\xff", 11), &n));
	assert_false(negotiate_read(str_of("\0\0\0\1\0\0\1\xff\0\x1f\xff\xff", 12), &n));
	assert_true(negotiate_read(str_of("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff", 12), &n));
	/* macro lists behind the numbers */
	assert_true(
		negotiate_read(str_of("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff\0\0\0\0j _\0", 20), &n));
	negotiate_write(&n, &o);
	assert_true(o.n > 17); /* wants macros */
	o.n = 0;
	n.actions &= ~(uint32_t)SMFIF_SETSYMLIST;
	negotiate_write(&n, &o);
	assert_int_equal(o.n, 17); /* may not say so */
	packet_out_fini(&o);
}

/* ---- verdicts ---- */

static void test_header_value(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		bool leadspc;
		const char *out;
	} t[] = {
		{ ROW("a"), false, "a" },
		{ ROW("a"), true, " a" },
		{ ROW(" a"), true, " a" },
		{ ROW("\ta"), true, "\ta" },
		{ ROW(""), true, " " },
		{ ROW("a\r\n b"), false, "a\n b" },
		{ ROW("a\r\n\tb\r\n"), false, "a\n\tb" },
		{ ROW("a\n\tb"), false, "a\n\tb" },
		{ ROW("a\r\nBcc: x"), false, "a\n Bcc: x" },
		{ ROW("a\nBcc: x"), false, "a\n Bcc: x" },
		{ ROW("a\rBcc: x"), false, "a\n Bcc: x" },
		{ ROW("a\r\n\r\nbody"), false, "a\n \n body" },
		{ ROW("a\0b"), false, "a?b" },
		{ ROW("\r\n"), false, "" },
	};
	struct arena *a = arena_new(0);
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_str(apply_header_value(a, str_of(t[i].in, t[i].n), t[i].leadspc), t[i].out);
	arena_free(a);
}

static void test_reply(void **state)
{
	static const struct {
		enum action action;
		unsigned code;
		const char *enhanced, *text;
		const char *out;
	} t[] = {
		{ ACT_REJECT, 550, "5.7.1", "No", "550 5.7.1 No" },
		{ ACT_REJECT, 554, "5.7.26", "No", "554 5.7.26 No" },
		{ ACT_REJECT, 0, "", "", "550 5.7.1 Message refused" },
		{ ACT_REJECT, 451, "4.7.1", "No", "550 5.7.1 No" }, /* classes agree */
		{ ACT_REJECT, 550, "4.7.1", "No", "550 5.7.1 No" },
		{ ACT_REJECT, 5500, "5.7.1", "No", "550 5.7.1 No" },
		{ ACT_REJECT, 550, "5.7.1.1", "No", "550 5.7.1 No" },
		{ ACT_REJECT, 550, "5.7.", "No", "550 5.7.1 No" },
		{ ACT_REJECT, 550, "5.7.1234", "No", "550 5.7.1 No" },
		{ ACT_TEMPFAIL, 250, "2.0.0", "ok", "451 4.7.1 ok" },
		{ ACT_GREYLIST, 451, "4.7.1", "Later", "451 4.7.1 Later" },
		{ ACT_TEMPFAIL, 0, "", "", "451 4.7.1 Try again later" },
		{ ACT_REJECT, 550, "5.7.1", "100% sure %s", "550 5.7.1 100%% sure %%s" },
		{ ACT_REJECT, 550, "5.7.1", "a\r\n250 ok", "550 5.7.1 a??250 ok" },
		{ ACT_REJECT, 550, "5.7.1", "caf\xc3\xa9", "550 5.7.1 caf??" },
	};
	char got[600];
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct verdict v = { .action = t[i].action,
				     .reply = { t[i].code, str_c(t[i].enhanced),
						str_c(t[i].text) } };
		struct apply_reply r;

		apply_reply(&v, &r);
		snprintf(got, sizeof got, "%s %s %s", r.code, r.enhanced, r.text);
		assert_string_equal(got, t[i].out);
	}
}

static void test_reply_limit(void **state)
{
	char text[2000];
	struct verdict v = { .action = ACT_REJECT, .reply = { 550, STR("5.7.1"), STR_NULL } };
	struct apply_reply r;
	(void)state;

	memset(text, '%', sizeof text);
	for (size_t n = APPLY_MAX_REPLY / 2 - 1; n < APPLY_MAX_REPLY / 2 + 2; n++) {
		text[0] = 'x'; /* so that the limit falls inside a pair */
		v.reply.text = str_of(text, n);
		apply_reply(&v, &r);
		assert_true(strlen(r.text) <= APPLY_MAX_REPLY);
		assert_int_equal(strlen(r.text) % 2, 1);
	}
}

/* An edit whose name or address is one octet too long is counted and not sent. */
static void test_edit_limits(void **state)
{
	static const struct {
		enum edit_op op;
		unsigned max;
	} t[] = { { EDIT_INSERT, APPLY_MAX_NAME },
		  { EDIT_DELETE, APPLY_MAX_NAME },
		  { EDIT_ADD_RCPT, APPLY_MAX_RCPT },
		  { EDIT_DEL_RCPT, APPLY_MAX_RCPT } };
	struct arena *a = arena_new(0);
	struct packet_out out = { 0 };
	struct apply_target target = { .ops = &reply_ops, .arg = &out, .actions = ~0u };
	char text[APPLY_MAX_RCPT + 1];
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (unsigned n = t[i].max; n <= t[i].max + 1; n++) {
			struct edit e = { .op = t[i].op, .index = 1 };
			struct verdict v = { .edits = { &e, 1, 1 } };
			memset(text, 'x', sizeof text);
			if (t[i].max == APPLY_MAX_RCPT) {
				text[0] = '<';
				text[n - 1] = '>';
			}
			e.name = e.value = str_of(text, n);
			assert_int_equal(apply_verdict(a, &v, &target), n > t[i].max);
		}
	packet_out_fini(&out);
	arena_free(a);
}

/* ---- sockets ---- */

static void test_bind_parse(void **state)
{
	static const struct {
		const char *text;
		int family; /* 0: refused */
	} t[] = {
		{ "inet:8891@127.0.0.1", AF_INET },
		{ "inet:8891@localhost", AF_INET },
		{ "inet:8891", AF_INET },
		{ "inet:8891@::1", AF_INET6 },
		{ "inet:8891@[::1]", AF_INET6 },
		{ "inet6:8891@::1", AF_INET6 },
		{ "inet6:8891@localhost", AF_INET6 },
		{ "inet6:8891", AF_INET6 },
		{ "unix:/run/x.sock", AF_UNIX },
		{ "local:/run/x.sock", AF_UNIX },
		{ "/run/x.sock", AF_UNIX },
		{ "inet6:8891@127.0.0.1", 0 },
		{ "inet:65536@127.0.0.1", 0 },
		{ "inet:@127.0.0.1", 0 },
		{ "inet:-1@127.0.0.1", 0 },
		{ "inet:8891@", 0 },
		{ "inet:8891@example.com", 0 },
		{ "inet:smtp@127.0.0.1", 0 },
		{ "127.0.0.1:8891", 0 },
		{ "unix:run/x.sock", 0 },
		{ "unix:", 0 },
		{ "", 0 },
		{ "/0123456789012345678901234567890123456789012345678901234567890123456789012345678"
		  "9012345678901234567890123456789",
		  0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct address a;
		struct err e = { "" };

		if (bind_parse(str_c(t[i].text), &a, &e) < 0) {
			assert_int_equal(t[i].family, 0);
			assert_true(e.text[0] != '\0');
		} else {
			assert_int_equal(a.sa.any.sa_family, t[i].family);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_promise),
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_header_data),
		cmocka_unit_test(test_negotiate),
		cmocka_unit_test(test_negotiate_subset),
		cmocka_unit_test(test_negotiate_data),
		cmocka_unit_test(test_header_value),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_reply_limit),
		cmocka_unit_test(test_edit_limits),
		cmocka_unit_test(test_bind_parse),
	};

	return cmocka_run_group_tests_name("milter/packet", tests, NULL, NULL);
}
