/* Databases of addresses: what makers write, what rules are told, files that change or break. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/checks/memory_world.h"

#include "base/file.h"
#include "checks/outside/geo.h"
#include "scan/setup.h"

#define DIR MERLON_SRCDIR "/tests/unit/checks/outside/geo/"
#define LOOKS 1000 /* of LIMITS 5.23 */

static const struct check *const checks[] = { &check_geo, NULL };

static struct str said(struct arena *a, const struct geo_db *db, const char *ip)
{
	struct geo_place p = { 0 };
	struct ip address;

	assert_true(ip_parse(str_c(ip), &address));
	geo_db_look(db, a, &address, &p);
	return arena_printf(a, "%.*s/%u/%.*s/%.*s", STR_ARG(p.country), p.asn, STR_ARG(p.org),
			    STR_ARG(p.city));
}

static void test_forms(void **state)
{
	static const struct {
		const char *file, *ip, *want; /* country/asn/org/city */
	} row[] = {
		{ "country", "192.0.2.1", "DE/0//" },
		{ "country", "192.0.2.129", "FR/0//" },	 /* not where it is registered */
		{ "country", "198.51.100.1", "NO/0//" }, /* nothing else is known */
		{ "country", "2001:db8:1::9", "BR/0//" },
		{ "country", "2001:db8:2::9", "/0//" },
		{ "country", "::ffff:192.0.2.1", "DE/0//" },
		{ "country", "10.0.0.1", "/0//" },
		{ "asn", "192.0.2.1", "/64496/Example \xc3\x9cnion/" },
		{ "asn", "2001:db8:1::", "/4200000001//" },
		{ "asn", "203.0.113.1",
		  "/64511/bad??name? xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/" },
		{ "city", "192.0.2.1", "DE/0//Berlin" },
		{ "ipinfo", "192.0.2.1", "AT/64500/Donau Netz/Wien" },
		{ "ipinfo", "198.51.100.1", "NO/0//" },
		{ "ipinfo", "203.0.113.1", "/0//" },
		{ "odd", "192.0.2.1", "/0//" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct geo_db db = { .path = arena_printf(a, DIR "%s.mmdb", row[i].file).p };
		struct err e;
		if (geo_db_load(&db, &e) < 0)
			fail_msg("%s: %s", row[i].file, e.text);
		if (!str_eq(said(a, &db, row[i].ip), str_c(row[i].want)))
			fail_msg("%s %s: %.*s", row[i].file, row[i].ip,
				 STR_ARG(said(a, &db, row[i].ip)));
		geo_db_close(&db);
		assert_str(said(a, &db, row[i].ip), "/0//"); /* closed: nothing is known */
	}
	arena_free(a);
}

/* ---- files that change ---- */

struct files {
	struct arena *a;
	char dir[64];
	const char *path;
	struct geo_db db;
	unsigned n; /* files written so far */
};

static void files_open(struct files *f)
{
	*f = (struct files){ .a = arena_new(0), .dir = "/tmp/merlon-geo-XXXXXX" };
	assert_non_null(mkdtemp(f->dir));
	f->path = arena_printf(f->a, "%s/geo.mmdb", f->dir).p;
	f->db.path = f->path;
}

static void files_close(struct files *f)
{
	geo_db_close(&f->db);
	unlink(f->path);
	rmdir(f->dir);
	arena_free(f->a);
}

static struct str content_of(struct files *f, const char *name)
{
	struct str s;
	struct err e;

	if (file_read(f->a, arena_printf(f->a, DIR "%s.mmdb", name).p, 1u << 20, &s, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	return s;
}

/* Each with a time of its own, whatever the clock of the file system does. */
static void touch(struct files *f, const char *path)
{
	struct timespec t[2] = { { .tv_sec = 1700000000 + (time_t)++f->n },
				 { .tv_sec = 1700000000 + (time_t)f->n } };

	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void write_to(struct files *f, const char *path, struct str s)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(s.p, 1, s.n, out), s.n);
	assert_int_equal(fclose(out), 0);
	touch(f, path);
}

/* As an updater does: a file beside it takes its place. */
static void replace(struct files *f, struct str s)
{
	const char *beside = arena_printf(f->a, "%s/new", f->dir).p;

	write_to(f, beside, s);
	assert_int_equal(rename(beside, f->path), 0);
}

/* What two looks find: 1, -1 or 0 of the second; the first one only sees that it has changed. */
static int look_twice(struct files *f, struct err *e)
{
	assert_int_equal(geo_db_renew(&f->db, e), 0);
	return geo_db_renew(&f->db, e);
}

static void test_renewed(void **state)
{
	struct files f;
	struct err e;

	(void)state;
	files_open(&f);
	write_to(&f, f.path, content_of(&f, "country"));
	assert_int_equal(geo_db_load(&f.db, &e), 0);
	assert_int_equal(look_twice(&f, &e), 0);
	replace(&f, content_of(&f, "country-new"));
	assert_str(said(f.a, &f.db, "192.0.2.1"), "DE/0//");
	assert_int_equal(look_twice(&f, &e), 1);
	assert_str(said(f.a, &f.db, "192.0.2.1"), "SE/0//");
	assert_int_equal(look_twice(&f, &e), 0);
	/* in place */
	write_to(&f, f.path, content_of(&f, "country"));
	assert_int_equal(look_twice(&f, &e), 1);
	assert_str(said(f.a, &f.db, "192.0.2.1"), "DE/0//");
	files_close(&f);
}

/* What is no database, however it came to be, changes nothing, and is said once. */
static void test_broken(void **state)
{
	struct files f;
	struct str good;
	struct err e;

	(void)state;
	files_open(&f);
	good = content_of(&f, "country");
	write_to(&f, f.path, good);
	assert_int_equal(geo_db_load(&f.db, &e), 0);
	for (int i = 0; i < 4; i++) {
		struct str bad[] = { STR(""), STR("no database"), str_sub(good, 0, good.n / 2),
				     str_skip(good, good.n / 2) };
		if (i % 2)
			write_to(&f, f.path, bad[i]);
		else
			replace(&f, bad[i]);
		assert_int_equal(look_twice(&f, &e), -1);
		assert_true(e.text[0]);
		assert_int_equal(look_twice(&f, &e), 0);
		assert_str(said(f.a, &f.db, "192.0.2.1"), "DE/0//");
	}
	assert_int_equal(unlink(f.path), 0);
	assert_int_equal(look_twice(&f, &e), -1);
	assert_int_equal(look_twice(&f, &e), 0);
	assert_str(said(f.a, &f.db, "192.0.2.1"), "DE/0//");
	write_to(&f, f.path, content_of(&f, "country-new"));
	assert_int_equal(look_twice(&f, &e), 1);
	assert_str(said(f.a, &f.db, "192.0.2.1"), "SE/0//");
	files_close(&f);
}

/* While it is being written it is not read: no log line for each piece. */
static void test_still_changing(void **state)
{
	struct files f;
	struct str fresh;
	struct err e;

	(void)state;
	files_open(&f);
	write_to(&f, f.path, content_of(&f, "country"));
	assert_int_equal(geo_db_load(&f.db, &e), 0);
	fresh = content_of(&f, "country-new");
	for (size_t n = 0; n < fresh.n; n += 100) {
		write_to(&f, f.path, str_sub(fresh, 0, n));
		assert_int_equal(geo_db_renew(&f.db, &e), 0);
	}
	write_to(&f, f.path, fresh);
	assert_int_equal(look_twice(&f, &e), 1);
	files_close(&f);
}

/* LIMITS 5.23: the file loses its octets between look-ups, which go on as if nothing had been. */
static void test_truncated(void **state)
{
	struct files f;
	struct err e;

	(void)state;
	files_open(&f);
	write_to(&f, f.path, content_of(&f, "country"));
	assert_int_equal(geo_db_load(&f.db, &e), 0);
	for (off_t i = 0; i < LOOKS; i++) {
		char ip[16];
		snprintf(ip, sizeof ip, "192.0.2.%u", (unsigned)i % 100);
		if (i % 100 == 0)
			assert_int_equal(truncate(f.path, 1000 - i), 0);
		assert_str(said(f.a, &f.db, ip), "DE/0//");
	}
	files_close(&f);
}

/* ---- configuration ---- */

static void test_setup(void **state)
{
	static const struct {
		const char *option, *fault; /* NULL: none */
	} row[] = {
		{ "", NULL },
		{ "country = \"" DIR "country.mmdb\"", NULL },
		{ "country = \"" DIR "not-there.mmdb\"", NULL }, /* it may come */
		{ "asn = \"" DIR "make.pl\"", "test.conf:1: " DIR "make.pl: no such database" },
		{ "city = \"" DIR "\"", "test.conf:1: " DIR ": it is no file" },
		{ "city = /dev/null", "test.conf:1: /dev/null: it is no file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct conf_opt *const table[] = { check_geo.options, NULL };
		struct arena *a = arena_new(0);
		struct str text = arena_printf(a, "geo { %s }", row[i].option);
		const struct conf *c = conf_load_text(a, "test.conf", text, table, NULL, NULL);
		const void *config;
		struct err e = { "" };
		int rc = check_geo.setup(a, c, &config, &e);
		if ((rc < 0) != (row[i].fault != NULL) ||
		    (row[i].fault && strncmp(e.text, row[i].fault, strlen(row[i].fault)) != 0))
			fail_msg("row %zu: %d %s", i, rc, e.text);
		arena_free(a);
	}
}

/* The file of a configuration that was not there, and comes. */
static void test_renew_setup(void **state)
{
	struct memory_world m;
	struct files f;

	(void)state;
	files_open(&f);
	memory_open(&m, checks, arena_printf(f.a, "geo { country = \"%s\" }", f.path).p);
	assert_false(geo_renew(m.w.setup));
	write_to(&f, f.path, content_of(&f, "country"));
	assert_false(geo_renew(m.w.setup));
	assert_true(geo_renew(m.w.setup));
	assert_false(geo_renew(m.w.setup));
	memory_close(&m);
	files_close(&f);
}

/* ---- predicates ---- */

#define HOP(ip) "Received: from a.test (b.test [" ip "]) by c.test with ESMTP id 1; x\n"
#define CONF                                                                                       \
	"cache { ttl = 0 } geo { country = \"" DIR "country.mmdb\" asn = \"" DIR "asn.mmdb\" "     \
	"city = \"" DIR "city.mmdb\" }"

static void test_predicates(void **state)
{
	static const struct {
		const char *ip, *headers, *body, *predicate, *args, *evidence; /* NULL: no hit */
	} row[] = {
		{ NULL, "From: a@x.test\n", NULL, "geo_country", "client",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ "192.0.2.200", "From: a@x.test\n", NULL, "geo_country", "client FR",
		  "192.0.2.200 FR (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, "From: a@x.test\n", NULL, "geo_country", "client AT,CN,DE",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, "From: a@x.test\n", NULL, "geo_country", "client AT cn", NULL },
		{ NULL, "From: a@x.test\n", NULL, "geo_country", "client @near",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, "From: a@x.test\n", NULL, "geo_country", "client @nolist", NULL },
		{ "10.0.0.1", "From: a@x.test\n", NULL, "geo_country", "client", NULL },
		{ NULL, "From: a@x.test\n", NULL, "geo_asn", "client as64496",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, "From: a@x.test\n", NULL, "geo_asn", "client 64496",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, "From: a@x.test\n", NULL, "geo_asn", "client 4496,AS6449", NULL },
		/* hops: not the client, not private ones */
		{ NULL, HOP("2001:db8:1::7") "From: a@x.test\n", NULL, "geo_country", "hops",
		  "2001:db8:1::7 BR AS4200000001" },
		{ NULL, HOP("192.0.2.1") HOP("10.1.2.3") "From: a@x.test\n", NULL, "geo_country",
		  "hops", NULL },
		{ NULL, HOP("198.51.100.4") HOP("2001:db8:1::7") "From: a@x.test\n", NULL,
		  "geo_country", "origin BR", "2001:db8:1::7 BR AS4200000001" },
		{ NULL, HOP("198.51.100.4") HOP("2001:db8:1::7") "From: a@x.test\n", NULL,
		  "geo_country", "origin NO", NULL },
		{ NULL, "From: a@x.test\n", NULL, "geo_country", "origin DE",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, HOP("198.51.100.4") HOP("2001:db8:1::7") "From: a@x.test\n", NULL,
		  "geo_countries", "3", "DE NO BR" },
		{ NULL, HOP("198.51.100.4") HOP("2001:db8:1::7") "From: a@x.test\n", NULL,
		  "geo_countries", "1 2", NULL },
		{ "10.0.0.1", "From: a@x.test\n", NULL, "geo_countries", "0", NULL },
		/* links: addresses, and names that somebody has asked for (bare.test by SPF) */
		{ NULL, "From: a@x.test\n", "http://203.0.113.9/x\n", "geo_country", "links CN",
		  "203.0.113.9 CN AS64511 bad??name? "
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
		{ NULL, "From: a@x.test\n", "http://never.test/x\n", "geo_country", "links", NULL },
		{ NULL, "From: a@x.test\n", "http://ptr.test/x\n", "geo_country", "links",
		  "192.0.2.77 DE (Berlin) AS64496 Example \xc3\x9cnion" },
		{ NULL, "From: a@x.test\n", "http://10.0.0.1/x\n", "geo_country", "links", NULL },
		/* where the author's domain is registered */
		{ NULL, "From: a@x.fr\n", NULL, "geo_differs", "client author",
		  "192.0.2.1 DE (Berlin) AS64496 Example \xc3\x9cnion, x.fr FR" },
		{ NULL, "From: a@x.de\n", NULL, "geo_differs", "client author", NULL },
		{ NULL, "From: a@x.io\n", NULL, "geo_differs", "client author", NULL },
		{ NULL, "From: a@x.co.uk\n", NULL, "geo_country", "author GB", "x.co.uk GB" },
		{ "10.0.0.1", "From: a@x.fr\n", NULL, "geo_differs", "client author", NULL },
		{ NULL, HOP("203.0.113.4") "From: a@x.de\n", NULL, "geo_differs",
		  "client,author origin",
		  "x.de DE, 203.0.113.4 CN AS64511 bad??name? "
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
	};
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	lists_add(m.lists, STR("near"), STR("de"), STR_NULL);
	lists_add(m.lists, STR("near"), STR("at"), STR_NULL);
	zone_text(m.w.zone, "1.2.0.192.in-addr.arpa PTR ptr.test\nptr.test A 192.0.2.77\n"
			    "ptr.test A 10.0.0.1\n");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail mail = { .ip = row[i].ip,
					    .from = "a@sender.test",
					    .to = "b@here.test",
					    .headers = row[i].headers,
					    .body = row[i].body };
		struct scan *s = memory_mail(&m, &mail);
		bool holds = memory_holds(&m, s, row[i].predicate, row[i].args);
		if (holds != (row[i].evidence != NULL))
			fail_msg("row %zu: %s", i, holds ? "holds" : "does not hold");
		if (holds)
			assert_str(memory_evidence_of(&m, s, row[i].predicate, row[i].args),
				   row[i].evidence);
		scan_free(s);
	}
	memory_close(&m);
}

/* Many hops and many links: what is over the limits is not looked up. */
static void test_limits(void **state)
{
	struct memory_mail mail = { .from = "a@sender.test", .to = "b@here.test" };
	const struct geo_state *g;
	struct memory_world m;
	struct buf head, body;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	head = body = (struct buf){ .arena = m.w.a };
	for (unsigned i = 0; i < 90; i++) {
		buf_addf(&head, "Received: from a (b [203.0.113.%u]) by c with SMTP id 1; x\n", i);
		buf_addf(&body, "http://198.51.100.%u/\n", i);
	}
	buf_add(&head, STR("From: a@x.de\n"));
	buf_addc(&head, '\0');
	buf_addc(&body, '\0');
	mail.headers = head.p;
	mail.body = body.p;
	s = memory_mail(&m, &mail);
	g = geo_spots(s);
	assert_non_null(g);
	assert_int_equal(g->n, 3 + GEO_HOPS + GEO_LINKS);
	scan_free(s);
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	    cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_broken),	    cmocka_unit_test(test_still_changing),
		cmocka_unit_test(test_truncated),   cmocka_unit_test(test_setup),
		cmocka_unit_test(test_renew_setup), cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
