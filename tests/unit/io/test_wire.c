/* Tests of the reader of DNS answers, with packets made by hand: right, odd, and hostile ones. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "io/resolver.h"
#include "io/wire.h"

#define OWNER "\300\14" /* a pointer to the question's name */
#define IN "\0\1"
#define SOA_NUMBERS "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"

static void put16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)(v >> 8 & 0xff));
	buf_addc(b, (char)(v & 0xff));
}

/* A packet as text: octets of its flags, then its sections. */
struct packet {
	struct buf b;
	unsigned count[2];
};

static struct packet begin(struct arena *a, unsigned flags, struct str name, unsigned type)
{
	struct packet p = { .b = { .arena = a } };

	put16(&p.b, 0x1234);
	put16(&p.b, flags);
	put16(&p.b, 1);
	for (int i = 0; i < 3; i++)
		put16(&p.b, 0);
	buf_add(&p.b, name);
	put16(&p.b, type);
	buf_add(&p.b, str_of(IN, 2));
	return p;
}

static void set16(struct packet *p, size_t at, unsigned v)
{
	p->b.p[at] = (char)(v >> 8 & 0xff);
	p->b.p[at + 1] = (char)(v & 0xff);
}

/* section 0: answer, 1: authority. */
static void add_class(struct packet *p, int section, struct str owner, unsigned type,
		      unsigned class, uint32_t ttl, struct str data)
{
	buf_add(&p->b, owner);
	put16(&p->b, type);
	put16(&p->b, class);
	put16(&p->b, ttl >> 16);
	put16(&p->b, ttl & 0xffff);
	put16(&p->b, (unsigned)data.n);
	buf_add(&p->b, data);
	set16(p, 6 + 2 * (size_t)section, ++p->count[section]);
}

static void add(struct packet *p, int section, struct str owner, unsigned type, uint32_t ttl,
		struct str data)
{
	add_class(p, section, owner, type, 1, ttl, data);
}

static struct dns_answer read_as(struct arena *a, const struct packet *p, const char *name,
				 int type)
{
	struct str s = buf_str(&p->b);
	char *copy = malloc(s.n); /* so that ASan sees a step beyond the end */
	struct dns_answer out;

	assert_non_null(copy);
	memcpy(copy, s.p, s.n);
	wire_read(a, str_of(copy, s.n), name, type, &out);
	free(copy);
	return out;
}

#define A_EXAMPLE STR("\1a\7example\0")

/* One record in the answer to "a.example": what its data becomes. */
static void test_data(void **state)
{
	static const struct {
		int type;
		struct str data;
		enum dns_status status;
		size_t n;
		const char *text;
		unsigned pref;
	} t[] = {
		{ DNS_A, STR("\300\0\2\1"), DNS_OK, 1, "\300\0\2\1", 0 },
		{ DNS_A, STR("\300\0\2"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_A, STR("\300\0\2\1\1"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_A, STR(""), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_AAAA, STR("0123456789abcdef"), DNS_OK, 1, "0123456789abcdef", 0 },
		{ DNS_AAAA, STR("0123456789abcde"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_TXT, STR("\3abc"), DNS_OK, 1, "abc", 0 },
		{ DNS_TXT, STR("\3abc\0\2de"), DNS_OK, 1, "abcde", 0 },
		{ DNS_TXT, STR("\0"), DNS_OK, 1, "", 0 },
		{ DNS_TXT, STR(""), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_TXT, STR("\4abc"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_TXT, STR("\3abc\1"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_TXT, STR("\377abc"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_MX, STR("\0\12\4MAIL" OWNER), DNS_OK, 1, "mail.a.example", 10 },
		{ DNS_MX, STR("\0\0\0"), DNS_OK, 1, "", 0 }, /* RFC 7505 */
		{ DNS_MX, STR("\0\12"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_MX, STR("\0"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_MX, STR(""), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_MX, STR("\0\12\4MAIL" OWNER "x"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_MX, STR("\0\12\4MAIL"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\1b\7EXAMPLE\0"), DNS_OK, 1, "b.example", 0 },
		{ DNS_PTR, STR("\0"), DNS_OK, 1, "", 0 },
		{ DNS_PTR, STR(""), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\2b\377\0"), DNS_OK, 1, "b\377", 0 },
		{ DNS_NS, STR("\2ns" OWNER), DNS_OK, 1, "ns.a.example", 0 },
		{ DNS_CNAME, STR("\1b\0"), DNS_OK, 1, "b", 0 },
		{ DNS_SOA, STR("\2ns\0\1r\0" SOA_NUMBERS "\0\0\0\5"), DNS_OK, 1, "ns", 0 },
		/* What the text form cannot hold is passed over: a dot or NUL inside a label. */
		{ DNS_PTR, STR("\3b.c\7example\0"), DNS_NODATA, 0, NULL, 0 },
		{ DNS_PTR, STR("\3b\0c\7example\0"), DNS_NODATA, 0, NULL, 0 },
		{ DNS_MX, STR("\0\12\1.\0"), DNS_NODATA, 0, NULL, 0 },
		/* Pointers: to itself, forward, behind the end, half a one, reserved kinds. */
		{ DNS_PTR, STR("\300\47"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\300\50\0"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\1b\300\47"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\377\377"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\300"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\1b\300"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\100b\0"), DNS_TEMPFAIL, 0, NULL, 0 },
		{ DNS_PTR, STR("\200b\0"), DNS_TEMPFAIL, 0, NULL, 0 },
		/* A type that is not known here: its octets. */
		{ 99, STR("\3abc"), DNS_OK, 1, "\3abc", 0 },
		{ 65280, STR(""), DNS_OK, 1, "", 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct packet p = begin(a, 0x8180, A_EXAMPLE, (unsigned)t[i].type);
		struct dns_answer out;

		add(&p, 0, STR(OWNER), (unsigned)t[i].type, 77, t[i].data);
		out = read_as(a, &p, "A.example.", t[i].type);
		if (out.status != t[i].status || out.n != t[i].n)
			fail_msg("row %zu: status %d, %zu records", i, (int)out.status, out.n);
		assert_false(out.secure);
		if (out.n > 0 && t[i].type == DNS_A)
			assert_memory_equal(out.rr[0].data.p, t[i].text, 4);
		else if (out.n > 0)
			assert_str(out.rr[0].data, t[i].text);
		if (out.n > 0)
			assert_int_equal(out.rr[0].pref, t[i].pref);
		if (out.n > 0)
			assert_int_equal(out.ttl, 77);
		arena_free(a);
	}
}

static void test_header(void **state)
{
	static const struct {
		unsigned flags;
		enum dns_status status;
	} t[] = {
		{ 0x8180, DNS_OK },	  { 0x8000, DNS_OK },	    { 0x85b0, DNS_OK },
		{ 0x0180, DNS_TEMPFAIL }, /* a question */
		{ 0x8380, DNS_TEMPFAIL }, /* TC */
		{ 0x8980, DNS_TEMPFAIL }, /* another opcode */
		{ 0x8181, DNS_TEMPFAIL }, /* FORMERR */
		{ 0x8182, DNS_TEMPFAIL }, { 0x8183, DNS_NXDOMAIN }, { 0x8184, DNS_TEMPFAIL },
		{ 0x8185, DNS_TEMPFAIL }, { 0x818f, DNS_TEMPFAIL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct packet p = begin(a, t[i].flags, A_EXAMPLE, DNS_A);

		add(&p, 0, STR(OWNER), DNS_A, 1, STR("\1\2\3\4"));
		assert_int_equal(read_as(a, &p, "a.example", DNS_A).status, t[i].status);
		arena_free(a);
	}
}

/* Another question's answer is none to this one; nor is one to no question, or to two. */
static void test_question(void **state)
{
	struct arena *a = arena_new(0);
	struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_A);
	(void)state;

	add(&p, 0, STR(OWNER), DNS_A, 1, STR("\1\2\3\4"));
	assert_int_equal(read_as(a, &p, "a.example", DNS_A).status, DNS_OK);
	assert_int_equal(read_as(a, &p, "b.example", DNS_A).status, DNS_TEMPFAIL);
	assert_int_equal(read_as(a, &p, "a.example.com", DNS_A).status, DNS_TEMPFAIL);
	assert_int_equal(read_as(a, &p, "a.example", DNS_TXT).status, DNS_TEMPFAIL);
	for (unsigned n = 0; n < 4; n++) {
		set16(&p, 4, n);
		assert_int_equal(read_as(a, &p, "a.example", DNS_A).status,
				 n == 1 ? DNS_OK : DNS_TEMPFAIL);
	}
	arena_free(a);
}

/* Other names, classes and types are passed over. */
static void test_foreign(void **state)
{
	struct arena *a = arena_new(0);
	struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_A);
	struct dns_answer out;
	(void)state;

	add(&p, 0, STR("\1b\7example\0"), DNS_A, 1, STR("\1\1\1\1"));
	add(&p, 0, STR("\7example\0"), DNS_A, 1, STR("\1\1\1\2"));
	add(&p, 0, STR("\11a.example\0"), DNS_A, 1, STR("\1\1\1\3"));
	add_class(&p, 0, STR(OWNER), DNS_A, 3, 1, STR("\1\1\1\4"));
	add(&p, 0, STR(OWNER), DNS_TXT, 1, STR("\1x"));
	add(&p, 0, STR(OWNER), 46, 1, STR("rubbish"));
	out = read_as(a, &p, "a.example", DNS_A);
	assert_int_equal(out.status, DNS_NODATA);
	assert_int_equal(out.ttl, 0);
	add(&p, 0, STR("\1A\7eXamPle\0"), DNS_A, 9, STR("\1\2\3\4"));
	add(&p, 0, STR(OWNER), DNS_A, 5, STR("\1\2\3\5"));
	/* Not from the authority section. */
	add(&p, 1, STR(OWNER), DNS_A, 1, STR("\1\1\1\1"));
	out = read_as(a, &p, "a.example", DNS_A);
	assert_int_equal(out.n, 2);
	assert_memory_equal(out.rr[0].data.p, "\1\2\3\4", 4);
	assert_memory_equal(out.rr[1].data.p, "\1\2\3\5", 4);
	assert_int_equal(out.ttl, 5);
	arena_free(a);
}

/* RFC 2181 8: a TTL with its highest bit set is 0. */
static void test_ttl_sign(void **state)
{
	struct arena *a = arena_new(0);
	struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_A);
	(void)state;

	add(&p, 0, STR(OWNER), DNS_A, 0x80000001u, STR("\1\2\3\4"));
	assert_int_equal(read_as(a, &p, "a.example", DNS_A).ttl, 0);
	arena_free(a);
}

/* A chain a -> n1 -> ... -> n<links>, its records forwards or backwards, then the address. */
static struct dns_answer chain(struct arena *a, unsigned links, bool backwards, unsigned flags)
{
	struct packet p = begin(a, flags, A_EXAMPLE, DNS_A);
	char from[] = "\2nA\7example", to[] = "\2nA\7example";

	from[2] = (char)('A' + links);
	if (backwards)
		add(&p, 0, str_of(from, sizeof from), DNS_A, 50, STR("\1\2\3\4"));
	for (unsigned j = 0; j < links; j++) {
		unsigned i = backwards ? links - 1 - j : j;

		from[2] = (char)('A' + i);
		to[2] = (char)('a' + i + 1);
		add(&p, 0, i == 0 ? STR(OWNER) : str_of(from, sizeof from), DNS_CNAME, 100 + i,
		    str_of(to, sizeof to));
	}
	from[2] = (char)('A' + links);
	if (!backwards)
		add(&p, 0, str_of(from, sizeof from), DNS_A, 50, STR("\1\2\3\4"));
	return read_as(a, &p, "a.example", DNS_A);
}

static void test_chains(void **state)
{
	struct arena *a = arena_new(0);
	(void)state;

	for (unsigned links = 1; links <= RESOLVER_MAX_CNAME + 2; links++)
		for (int backwards = 0; backwards < 2; backwards++) {
			struct dns_answer out = chain(a, links, backwards, 0x8180);
			bool good = links <= RESOLVER_MAX_CNAME;

			assert_int_equal(out.status, good ? DNS_OK : DNS_TEMPFAIL);
			assert_int_equal(out.ttl, good ? 50 : 0);
			assert_int_equal(out.n, good);
			/* RFC 6604 3: the RCODE is that of the last name. */
			assert_int_equal(chain(a, links, backwards, 0x8183).status,
					 good ? DNS_NXDOMAIN : DNS_TEMPFAIL);
		}
	arena_free(a);
}

static void test_chain_ends(void **state)
{
	static const struct {
		struct str target;
		enum dns_status status;
	} t[] = {
		{ STR(OWNER), DNS_TEMPFAIL },	   /* to itself */
		{ STR("\1b\0"), DNS_NODATA },	   /* and no more */
		{ STR("\3b.c\0"), DNS_NODATA },	   /* what no text holds */
		{ STR("\1b\0x"), DNS_TEMPFAIL },   /* too long */
		{ STR("\1b"), DNS_TEMPFAIL },	   /* too short */
		{ STR("\1r\0"), DNS_TEMPFAIL },	   /* r -> a.example: round and round */
		{ STR("\1B\7EXAMPLE\0"), DNS_OK }, /* case does not matter */
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct arena *a = arena_new(0);
		struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_A);
		struct dns_answer out;

		add(&p, 0, STR(OWNER), DNS_CNAME, 9, t[i].target);
		add(&p, 0, STR("\1r\0"), DNS_CNAME, 9, STR(OWNER));
		add(&p, 0, STR("\1b\7example\0"), DNS_A, 90, STR("\1\2\3\4"));
		out = read_as(a, &p, "a.example", DNS_A);
		if (out.status != t[i].status)
			fail_msg("row %zu: status %d", i, (int)out.status);
		if (out.status == DNS_OK)
			assert_int_equal(out.ttl, 9);
		arena_free(a);
	}
}

/* RFC 2308 5: the smaller of the SOA's TTL and its MINIMUM. */
static void test_negative(void **state)
{
	static const struct {
		struct str owner, data;
		uint32_t soa_ttl, ttl;
	} t[] = {
		{ STR("\7example\0"), STR("\0\0" SOA_NUMBERS "\0\0\0\24"), 100, 20 },
		{ STR("\7EXAMPLE\0"), STR("\0\0" SOA_NUMBERS "\0\0\1\0"), 100, 100 },
		{ STR(OWNER), STR("\2ns\300\16\0" SOA_NUMBERS "\0\0\0\24"), 100, 20 },
		{ STR("\0"), STR("\0\0" SOA_NUMBERS "\0\0\0\24"), 100, 20 },
		{ STR("\7example\0"), STR("\0\0" SOA_NUMBERS "\0\0\0\24"), 0x80000000u, 0 },
		/* Not above the name; cut; too long; no second name. */
		{ STR("\5other\0"), STR("\0\0" SOA_NUMBERS "\0\0\0\24"), 100, 0 },
		{ STR("\6xample\0"), STR("\0\0" SOA_NUMBERS "\0\0\0\24"), 100, 0 },
		{ STR("\7example\0"), STR("\0\0" SOA_NUMBERS "\0\0\0"), 100, 0 },
		{ STR("\7example\0"), STR("\0\0" SOA_NUMBERS "\0\0\0\24x"), 100, 0 },
		{ STR("\7example\0"), STR("\0"), 100, 0 },
		{ STR("\7example\0"), STR(""), 100, 0 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (unsigned rcode = 0; rcode <= 3; rcode += 3) {
			struct arena *a = arena_new(0);
			struct packet p = begin(a, 0x8180 | rcode, A_EXAMPLE, DNS_A);
			struct dns_answer out;

			add(&p, 1, t[i].owner, DNS_SOA, t[i].soa_ttl, t[i].data);
			out = read_as(a, &p, "a.example", DNS_A);
			assert_int_equal(out.status, rcode ? DNS_NXDOMAIN : DNS_NODATA);
			if (out.ttl != t[i].ttl)
				fail_msg("row %zu: ttl %u", i, out.ttl);
			arena_free(a);
		}
}

static void test_many(void **state)
{
	struct arena *a = arena_new(0);
	struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_A);
	struct dns_answer out;
	(void)state;

	for (unsigned i = 0; i < RESOLVER_MAX_RRS + 50; i++) {
		const char octets[4] = { 10, 0, (char)(i >> 8), (char)(i & 0xff) };

		add(&p, 0, STR(OWNER), DNS_A, 10, str_of(octets, 4));
		out = read_as(a, &p, "a.example", DNS_A);
		assert_int_equal(out.status, i < RESOLVER_MAX_RRS ? DNS_OK : DNS_TEMPFAIL);
		assert_int_equal(out.n, i < RESOLVER_MAX_RRS ? i + 1 : 0);
		if (out.n)
			assert_memory_equal(out.rr[i].data.p, octets, 4);
	}
	arena_free(a);
}

/* Names of 255 octets are names, one more is not; neither is a name made long by pointers. */
static void test_long_names(void **state)
{
	struct arena *a = arena_new(0);
	(void)state;

	for (unsigned last = 59; last <= 63; last++) {
		struct buf name = { .arena = a };
		struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_PTR);
		struct dns_answer out;

		for (unsigned i = 0; i < 4; i++) {
			unsigned n = i < 3 ? 63 : last;

			buf_addc(&name, (char)n);
			for (unsigned j = 0; j < n; j++)
				buf_addc(&name, 'x');
		}
		buf_addc(&name, 0);
		add(&p, 0, STR(OWNER), DNS_PTR, 1, buf_str(&name));
		out = read_as(a, &p, "a.example", DNS_PTR);
		assert_int_equal(out.status, last <= 61 ? DNS_OK : DNS_TEMPFAIL);
		if (last == 61)
			assert_int_equal(out.rr[0].data.n, 253);
	}
	for (unsigned labels = 100; labels < 130; labels++) {
		struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_PTR);
		unsigned at = 12; /* "a.example": 11 octets */

		for (unsigned i = 0; i < labels; i++) {
			char data[4] = { 1, 'x', (char)(0xc0 | at >> 8), (char)(at & 0xff) };

			at = (unsigned)p.b.n + 12;
			add(&p, 0, STR(OWNER), DNS_PTR, 1, str_of(data, 4));
		}
		assert_int_equal(read_as(a, &p, "a.example", DNS_PTR).status,
				 11 + 2 * labels <= 255 ? DNS_OK : DNS_TEMPFAIL);
	}
	arena_free(a);
}

/* A pointer to a pointer, and so on: as many as a name may have labels, and then no more. */
static void test_pointer_chain(void **state)
{
	struct arena *a = arena_new(0);
	(void)state;

	for (unsigned links = 120; links < 135; links++) {
		struct packet p = begin(a, 0x8180, A_EXAMPLE, DNS_PTR);
		unsigned at = 12;

		for (unsigned i = 0; i < links; i++) {
			char data[2] = { (char)(0xc0 | at >> 8), (char)(at & 0xff) };

			at = (unsigned)p.b.n + 12;
			add(&p, 0, STR(OWNER), DNS_PTR, 1, str_of(data, 2));
		}
		assert_int_equal(read_as(a, &p, "a.example", DNS_PTR).status,
				 links <= 127 ? DNS_OK : DNS_TEMPFAIL);
	}
	arena_free(a);
}

static struct packet full_packet(struct arena *a, unsigned type)
{
	struct packet p = begin(a, 0x8180, A_EXAMPLE, type);

	add(&p, 0, STR(OWNER), DNS_CNAME, 60, STR("\1b" OWNER));
	add(&p, 0, STR("\1b" OWNER), DNS_MX, 60, STR("\0\12\1m" OWNER));
	add(&p, 0, STR("\1b" OWNER), DNS_TXT, 60, STR("\3abc\3def"));
	add(&p, 1, STR("\7example\0"), DNS_SOA, 60, STR("\0\0" SOA_NUMBERS "\0\0\0\24"));
	return p;
}

/* Cut at every octet, nothing is an answer; nor when a count says more than there is. */
static void test_cut(void **state)
{
	static const int types[] = { DNS_MX, DNS_TXT, DNS_A };
	(void)state;

	for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
		struct arena *a = arena_new(0);
		struct packet p = full_packet(a, (unsigned)types[t]);
		size_t whole = p.b.n;

		for (p.b.n = 0; p.b.n < whole; p.b.n++)
			assert_int_equal(read_as(a, &p, "a.example", types[t]).status,
					 DNS_TEMPFAIL);
		assert_int_equal(read_as(a, &p, "a.example", types[t]).status,
				 types[t] == DNS_A ? DNS_NODATA : DNS_OK);
		for (size_t at = 6; at <= 8; at += 2) {
			set16(&p, at, p.count[at / 2 - 3] + 1u);
			if (at == 8)
				assert_int_equal(read_as(a, &p, "a.example", types[t]).status,
						 DNS_TEMPFAIL);
			set16(&p, at, 0xffff);
			assert_int_equal(read_as(a, &p, "a.example", types[t]).status,
					 DNS_TEMPFAIL);
			set16(&p, at, p.count[at / 2 - 3]);
		}
		arena_free(a);
	}
}

/* Every octet set to every value: some answer, and no step outside (ASan watches). */
static void test_flip(void **state)
{
	static const int types[] = { DNS_MX, DNS_TXT };
	(void)state;

	for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
		struct arena *a = arena_new(0);
		struct packet p = full_packet(a, (unsigned)types[t]);
		struct arena *scratch = arena_new(0);

		for (size_t at = 0; at < p.b.n; at++) {
			char was = p.b.p[at];

			for (int v = 0; v < 256; v++) {
				struct dns_answer out;

				p.b.p[at] = (char)v;
				out = read_as(scratch, &p, "a.example", types[t]);
				assert_true(out.status == DNS_OK ? out.n > 0 : out.n == 0);
				arena_reset(scratch);
			}
			p.b.p[at] = was;
		}
		arena_free(scratch);
		arena_free(a);
	}
}

static void test_name(void **state)
{
	static const struct {
		const char *name;
		struct str wire;
	} t[] = {
		{ "", STR("\0") },
		{ ".", STR("\0") },
		{ "a", STR("\1a\0") },
		{ "a.", STR("\1a\0") },
		{ "A.b\377", STR("\1A\2b\377\0") },
		{ "..", { NULL, 0 } },
		{ ".a", { NULL, 0 } },
		{ "a..", { NULL, 0 } },
		{ "a..b", { NULL, 0 } },
	};
	uint8_t out[255];
	char label[65];
	(void)state;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		size_t n = wire_name(t[i].name, out);

		if (n != t[i].wire.n || memcmp(out, t[i].wire.p ? t[i].wire.p : "", n) != 0)
			fail_msg("\"%s\" gave %zu octets", t[i].name, n);
	}
	memset(label, 'a', sizeof label);
	label[64] = '\0';
	assert_int_equal(wire_name(label, out), 0);
	label[63] = '\0';
	assert_int_equal(wire_name(label, out), 65);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),	      cmocka_unit_test(test_header),
		cmocka_unit_test(test_question),      cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_ttl_sign),      cmocka_unit_test(test_chains),
		cmocka_unit_test(test_chain_ends),    cmocka_unit_test(test_negative),
		cmocka_unit_test(test_many),	      cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_pointer_chain), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flip),	      cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
