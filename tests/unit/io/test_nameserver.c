/* Questions to one name server: UDP, cut and TCP, lost, no EDNS, nobody there; hostile octets. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "io/nameserver.h"
#include "lib/dnsd.h"

struct got {
	unsigned n;
	enum nameserver_outcome outcome;
	enum dns_status status;
	size_t octets; /* of the first record */
	unsigned rcode;
	struct loop *loop;
};

static void came(void *arg, const struct nameserver_reply *r)
{
	struct got *g = arg;

	g->n++;
	g->outcome = r->outcome;
	g->rcode = r->rcode;
	g->status = r->answer.status;
	g->octets = r->answer.n ? r->answer.rr[0].data.n : 0;
	loop_stop(g->loop);
}

static const struct ip here = { .family = 4, .b = { 127, 0, 0, 1 } };

static void test_network(void **state)
{
	static const struct {
		const char *name;
		enum nameserver_outcome outcome;
		enum dns_status status;
		size_t octets;
	} rows[] = {
		{ "small.example", NAMESERVER_OK, DNS_OK, 5 },
		{ "large.example", NAMESERVER_OK, DNS_OK, 2000 },
		{ "cut.example", NAMESERVER_OK, DNS_OK, 5 },
		{ "none.example", NAMESERVER_OK, DNS_NXDOMAIN, 0 },
		{ "mail.example", NAMESERVER_OK, DNS_NODATA, 0 },
		{ "refused.example", NAMESERVER_LAME, DNS_TEMPFAIL, 0 },
		{ "broken.example", NAMESERVER_LAME, DNS_TEMPFAIL, 0 },
		{ "garbage.example", NAMESERVER_GARBAGE, DNS_TEMPFAIL, 0 },
		{ "lost.example", NAMESERVER_SILENT, 0, 0 },
		{ "stray.example", NAMESERVER_SILENT, 0, 0 },
		{ "no..name", NAMESERVER_GARBAGE, 0, 0 },
	};
	struct zone *z = zone_new();
	struct loop *l = loop_new();
	struct dnsd *d;
	struct err e;
	char large[2000];

	(void)state;
	zone_text(z, "small.example TXT \"small\"\n"
		     "cut.example TXT \"small\"\n"
		     "cut.example FAULT TRUNCATE\n"
		     "mail.example A 192.0.2.1\n"
		     "refused.example FAULT REFUSED\n"
		     "broken.example FAULT SERVFAIL\n"
		     "garbage.example FAULT GARBAGE\n"
		     "lost.example FAULT TIMEOUT\n"
		     "stray.example FAULT WRONGID\n");
	memset(large, 'x', sizeof large);
	zone_add(z, STR("large.example"), DNS_TXT, str_of(large, sizeof large));
	d = dnsd_new(l, &(struct dnsd_config){ .zone = z }, &e);
	assert_non_null(d);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool fails = rows[i].outcome == NAMESERVER_SILENT;
		struct got g = { .loop = l };

		nameserver_ask(l, &here, dnsd_port(d), rows[i].name, DNS_TXT, fails ? 300 : 20000,
			       came, &g);
		assert_int_equal(g.n, 0);
		loop_run(l);
		assert_int_equal(g.n, 1);
		assert_int_equal(g.outcome, rows[i].outcome);
		if (rows[i].outcome == NAMESERVER_OK)
			assert_int_equal(g.status, rows[i].status);
		assert_int_equal(g.octets, rows[i].octets);
	}
	assert_in_range(dnsd_asked(d, "lost.example TXT"), 1, NAMESERVER_TRIES);
	assert_true(dnsd_stats(d).tcp == 2);
	dnsd_free(d);
	loop_free(l);
	zone_free(z);
}

static void test_nobody(void **state)
{
	struct loop *l = loop_new();
	struct got g = { .loop = l };
	struct nameserver_query *q;

	(void)state;
	q = nameserver_ask(l, &here, 1, "a.example", DNS_TXT, 300, came, &g);
	nameserver_cancel(q);
	nameserver_cancel(NULL);
	loop_turn(l, 1);
	assert_int_equal(g.n, 0);
	nameserver_ask(l, &here, 1, "a.example", DNS_TXT, 300, came, &g);
	loop_run(l);
	assert_int_equal(g.outcome, NAMESERVER_SILENT);
	loop_free(l);
}

/* ---- octets ---- */

static struct str packet(struct arena *a, uint8_t flags, uint8_t low, const char *name)
{
	uint8_t q[NAMESERVER_QUESTION_MAX];
	size_t n = nameserver_question(0x1234, name, DNS_TXT, false, q);
	static const uint8_t rr[] = { 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 3, 2, 'o', 'k' };
	uint8_t *p = arena_alloc(a, n + sizeof rr);

	memcpy(p, q, n);
	memcpy(p + n, rr, sizeof rr);
	p[2] = flags;
	p[3] = low;
	p[7] = 1;
	return str_of((const char *)p, n + sizeof rr);
}

static void test_read(void **state)
{
	static const struct {
		uint8_t flags, low;
		bool edns, tcp;
		uint16_t id;
		enum nameserver_step step;
		enum nameserver_outcome outcome;
	} rows[] = {
		{ 0x84, 0, true, false, 0x1234, NAMESERVER_DONE, NAMESERVER_OK },
		{ 0x84, 0, true, false, 0x1235, NAMESERVER_STRAY, 0 },
		{ 0x04, 0, true, false, 0x1234, NAMESERVER_STRAY, 0 },
		{ 0x80, 0, true, false, 0x1234, NAMESERVER_DONE, NAMESERVER_LAME },
		{ 0x84, 1, true, false, 0x1234, NAMESERVER_NO_EDNS, 0 },
		{ 0x84, 4, true, false, 0x1234, NAMESERVER_NO_EDNS, 0 },
		{ 0x84, 1, false, false, 0x1234, NAMESERVER_DONE, NAMESERVER_LAME },
		{ 0x84, 5, true, false, 0x1234, NAMESERVER_DONE, NAMESERVER_LAME },
		{ 0x86, 0, true, false, 0x1234, NAMESERVER_BY_TCP, 0 },
		{ 0x86, 0, false, true, 0x1234, NAMESERVER_DONE, NAMESERVER_GARBAGE },
	};
	struct arena *a = arena_new(0);
	struct nameserver_reply r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(nameserver_read(a,
						 packet(a, rows[i].flags, rows[i].low, "a.example"),
						 rows[i].id, "a.example", DNS_TXT, rows[i].edns,
						 rows[i].tcp, &r),
				 rows[i].step);
		if (rows[i].step == NAMESERVER_DONE)
			assert_int_equal(r.outcome, rows[i].outcome);
	}
	/* an answer to another question is none to this */
	assert_int_equal(nameserver_read(a, packet(a, 0x84, 0, "b.example"), 0x1234, "a.example",
					 DNS_TXT, true, false, &r),
			 NAMESERVER_DONE);
	assert_int_equal(r.outcome, NAMESERVER_GARBAGE);
	for (size_t n = 0; n < 41; n++) {
		struct str s = str_sub(packet(a, 0x84, 0, "a.example"), 0, n);

		if (nameserver_read(a, s, 0x1234, "a.example", DNS_TXT, true, false, &r) ==
		    NAMESERVER_DONE)
			assert_int_equal(r.outcome, NAMESERVER_GARBAGE);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
