/* What rules are told of feeds: who is listed, as what, by which; what is allowed; what is missing.
 */
#include "unit/checks/memory_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/dnslist/dnslist.h"
#include "checks/outside/outside.h"
#include "feed/feeds.h"
#include "scan/board.h"

static const struct check *const checks[] = { &check_hops, &check_dnslist, &check_feeds, NULL };

/* trusted_networks 198.51.100.128/25 */
static const struct view_net ours = { .net = { { .family = 4, .b = { 198, 51, 100, 128 } }, 25 } };
static const struct view_env view = { .trusted = { &ours, 1 } };

#define SECTION(name, more) "feed \"" name "\" { source = \"file:/none\" " more " }\n"
#define CONF                                                                                       \
	"cache { ttl = 0 }\n" SECTION("links", "class = phish")                                    \
		SECTION("hosts", "class = malware") SECTION("spam", "class = spam")                \
			SECTION("ours", "class = allow") SECTION("own", "")                        \
				SECTION("old", "class = spam") SECTION("none", "class = spam")

/* Of "bad\r\n". */
#define BAD_SHA256 "649b9d0897fd9e4b6c4797b64d2e38d21568a8f9fe2d45e06fc7c3d6d8e97dbb"

struct site {
	struct memory_world m;
	char dir[64];
	struct feed_specs specs;
	struct feeds *feeds;
};

static void write_file(const char *path, struct str octets)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(octets.p, 1, octets.n, f), octets.n);
	assert_int_equal(fclose(f), 0);
}

static void put(struct site *s, const char *name, const char *text)
{
	const struct feed_format f = { FEED_LIST, FEED_AUTO, 0, 0 };
	const char *path = feeds_path(s->m.w.a, s->dir, str_c(name), "set"),
		   *aside = arena_printf(s->m.w.a, "%s.new", path).p;
	struct feed_counts c;
	struct err e;
	size_t n;
	void *p = feed_compile(str_c(text), &f, &n, &c, &e);

	assert_non_null(p);
	write_file(aside, str_of(p, n));
	assert_int_equal(rename(aside, path), 0);
	free(p);
}

static void open_site(struct site *s)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct err e;

	memory_open(&s->m, checks, CONF);
	s->m.judge.view = &view;
	snprintf(s->dir, sizeof s->dir, "/tmp/merlon-test-feeds-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(mkdir(feeds_dir(s->m.w.a, s->dir), 0700), 0);
	put(s, "links", "https://bad.test/login\nphisher@bad.test\n192.0.2.66\n");
	put(s, "hosts", "malware.test\n203.0.113.0/24\n" BAD_SHA256 "\n");
	put(s, "spam",
	    "10.0.0.0/8\n192.168.0.0/16\n198.51.100.129\n198.51.100.7\nspam.test\nhttps://"
	    "fine.test/listed\n");
	put(s, "ours", "fine.test\n");
	put(s, "own", "https://own.test/x\n10.9.0.0/16\n");
	put(s, "old", "old.test\n");
	utimensat(AT_FDCWD, feeds_path(s->m.w.a, s->dir, STR("old"), "set"), old, 0);
	assert_int_equal(feed_specs_read(s->m.w.a, s->m.w.setup->conf, &s->specs, &e), 0);
	s->feeds = s->m.w.env.feeds = feeds_new(&s->specs, s->dir);
	s->m.w.env.board = board_new();
}

static void close_site(struct site *s)
{
	for (size_t i = 0; i < s->specs.n; i++)
		unlink(feeds_path(s->m.w.a, s->dir, s->specs.spec[i].name, "set"));
	rmdir(feeds_dir(s->m.w.a, s->dir));
	rmdir(s->dir);
	feeds_free(s->feeds);
	board_free(s->m.w.env.board);
	memory_close(&s->m);
}

#define PLAIN "From: a@b.test\n"
#define FILE_PART                                                                                  \
	PLAIN "MIME-Version: 1.0\nContent-Type: application/octet-stream; name=x.bin\n"            \
	      "Content-Disposition: attachment; filename=x.bin\nContent-Transfer-Encoding: "       \
	      "base64\n"
#define WEB                                                                                        \
	"see https://bad.test/login/?u=1 and http://www.malware.test/ https://fine.test/listed\n"

static const struct {
	struct memory_mail mail;
	const char *predicate, *args;
	const char *evidence; /* NULL: it does not hold */
} rows[] = {
	{ { .headers = PLAIN, .body = WEB },
	  "feed_url",
	  "class:phish",
	  "links: https://bad.test/login/?u=1" },
	{ { .headers = PLAIN, .body = WEB }, "feed_url", "class:malware", NULL },
	{ { .headers = PLAIN, .body = WEB },
	  "feed_url",
	  "class:malware links",
	  "links: https://bad.test/login/?u=1" },
	{ { .headers = PLAIN, .body = WEB },
	  "feed_url",
	  "LINKS",
	  "links: https://bad.test/login/?u=1" },
	{ { .headers = PLAIN, .body = WEB }, "feed_url", "nosuch class:nosuch", NULL },
	{ { .headers = PLAIN, .body = WEB },
	  "feed_host",
	  "class:malware",
	  "hosts: www.malware.test" },
	{ { .headers = PLAIN, .body = WEB }, "feed_url", "class:spam", NULL }, /* allowed */
	{ { .headers = PLAIN, .body = "http://own.test/x\n" },
	  "feed_url",
	  "own",
	  "own: http://own.test/x" },
	{ { .headers = PLAIN, .body = "http://own.test/x\n" },
	  "feed_url",
	  "class:phish class:malware class:spam class:allow",
	  NULL },
	{ { .headers = PLAIN, .body = "http://192.0.2.66/x\n" },
	  "feed_host",
	  "class:phish",
	  "links: 192.0.2.66" },
	{ { .headers = PLAIN, .body = "http://old.test/x\n" },
	  "feed_host",
	  "class:spam",
	  "old: old.test" }, /* stale is better than none */
	{ { .headers = PLAIN, .ip = "198.51.100.7" },
	  "feed_client",
	  "class:spam",
	  "spam: 198.51.100.7" },
	{ { .headers = PLAIN, .ip = "198.51.100.8" }, "feed_client", "class:spam", NULL },
	{ { .headers = PLAIN, .ip = "198.51.100.7", .user = "joe" },
	  "feed_client",
	  "class:spam",
	  NULL },
	{ { .headers = "Received: from x (x [203.0.113.9]) by y\n" PLAIN },
	  "feed_hops",
	  "class:malware",
	  "hosts: 203.0.113.9" },
	{ { .headers = "Received: from x (x [203.0.113.9]) by y\n" PLAIN, .ip = "203.0.113.9" },
	  "feed_hops",
	  "class:malware",
	  NULL }, /* the client is asked for by itself */
	/* everybody's addresses and our own */
	{ { .headers = PLAIN, .ip = "10.9.8.7" }, "feed_client", "class:spam", NULL },
	{ { .headers = PLAIN, .ip = "10.9.8.7" },
	  "feed_client",
	  "class:spam own",
	  "own: 10.9.8.7" },
	{ { .headers = PLAIN, .ip = "198.51.100.129" }, "feed_client", "class:spam", NULL },
	{ { .headers = "Received: from x (x [192.168.1.4]) by y\n" PLAIN },
	  "feed_hops",
	  "class:spam",
	  NULL },
	{ { .headers = "Received: from x (x [198.51.100.129]) by y\n" PLAIN },
	  "feed_hops",
	  "class:spam",
	  NULL },
	{ { .headers = "Received: from x (x [198.51.100.7]) by y\n" PLAIN },
	  "feed_hops",
	  "class:spam",
	  "spam: 198.51.100.7" },
	{ { .headers = PLAIN, .body = "http://192.168.1.1/x\n" }, "feed_host", "class:spam", NULL },
	{ { .headers = "From: X <Phisher@BAD.test>\n" },
	  "feed_address",
	  "class:phish",
	  "links: Phisher@bad.test" },
	{ { .headers = PLAIN "Reply-To: phisher@bad.test\n" },
	  "feed_address",
	  "class:phish",
	  "links: phisher@bad.test" },
	{ { .headers = PLAIN, .from = "phisher@bad.test" },
	  "feed_address",
	  "class:phish",
	  "links: phisher@bad.test" },
	{ { .headers = "From: other@bad.test\n" }, "feed_address", "class:phish", NULL },
	{ { .headers = "From: other@x.spam.test\n" },
	  "feed_domain",
	  "class:spam",
	  "spam: x.spam.test" },
	{ { .headers = FILE_PART, .body = "\nYmFkDQo=\n" },
	  "feed_file",
	  "class:malware",
	  "hosts: " BAD_SHA256 " x.bin" },
	{ { .headers = FILE_PART, .body = "\nZ29vZA==\n" }, "feed_file", "class:malware", NULL },
	{ { .headers = PLAIN }, "feed_missing", "", "old (stale), none" },
	{ { .headers = PLAIN }, "feed_missing", "class:phish", NULL },
	{ { .headers = PLAIN }, "feed_missing", "none", "none" },
};

static void predicates(void **state)
{
	struct site s;

	(void)state;
	open_site(&s);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct memory_mail mail = rows[i].mail;
		struct scan *scan;
		mail.from = mail.from ? mail.from : "a@b.test";
		mail.to = "joe@here.test";
		scan = memory_mail(&s.m, &mail);
		if (memory_holds(&s.m, scan, rows[i].predicate, rows[i].args) !=
		    (rows[i].evidence != NULL))
			fail_msg("row %zu: %s(%s)", i, rows[i].predicate, rows[i].args);
		if (rows[i].evidence)
			assert_str(memory_evidence_of(&s.m, scan, rows[i].predicate, rows[i].args),
				   rows[i].evidence);
		scan_free(scan);
	}
	close_site(&s);
}

/* Without sets of any kind, a message is judged, and says so. */
static void without(void **state)
{
	struct memory_mail mail = {
		.from = "a@b.test", .to = "j@here.test", .headers = PLAIN, .body = WEB
	};
	struct site s;
	struct scan *scan;

	(void)state;
	open_site(&s);
	s.m.w.env.feeds = NULL;
	scan = memory_mail(&s.m, &mail);
	assert_false(memory_holds(&s.m, scan, "feed_url", "class:phish"));
	assert_true(memory_holds(&s.m, scan, "feed_missing", "links"));
	assert_int_equal(scan->priv->degraded.n, s.specs.n);
	scan_free(scan);
	close_site(&s);
}

static void mark(void **state)
{
	struct site s;
	uint64_t before;

	(void)state;
	open_site(&s);
	before = feeds_mark(s.feeds);
	assert_int_equal(feeds_mark(s.feeds), before);
	put(&s, "own", "a.test\nb.test\nc.test\n");
	feeds_free(s.feeds);
	s.feeds = feeds_new(&s.specs, s.dir);
	assert_int_not_equal(feeds_mark(s.feeds), before);
	assert_int_equal(feeds_mark(NULL), 0);
	close_site(&s);
}

static const struct {
	const char *conf, *fault; /* what it says, with file and line */
} refused[] = {
	{ "feed \"x\" { }", "test.conf:1: feed \"x\": found no source" },
	{ "\nfeed \"x\" { class = spam }", "test.conf:2: feed \"x\": found no source" },
	{ "\nfeed \"a/b\" { source = \"file:/x\" }", "test.conf:2: feed \"a/b\": a name is" },
	{ "feed \"../x\" { source = \"file:/x\" }", "a name is" },
	{ "feed \"x\" { source = \"http://a.test/\" }", "found http://" },
	{ "feed \"x\" { source = \"https://a.test/\" refresh = 8d }",
	  "found a max_age under refresh" },
	{ "feed \"x\" { source = \"file:/x\" }\nfeed \"X\" { source = \"file:/x\" }", "found two" },
};

static void fault(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static void specs(void **state)
{
	static const struct conf_opt *const tables[] = { feed_options, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct arena *a = arena_new(0);
		const struct conf *c =
			conf_load_text(a, "test.conf", str_c(refused[i].conf), tables, fault, NULL);
		struct feed_specs out;
		struct err e;
		assert_non_null(c);
		assert_int_equal(feed_specs_read(a, c, &out, &e), -1);
		if (str_find(str_c(e.text), str_c(refused[i].fault)) == SIZE_MAX)
			fail_msg("row %zu: %s", i, e.text);
		arena_free(a);
	}
}

static void too_many(void **state)
{
	static const struct conf_opt *const tables[] = { feed_options, NULL };
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	const struct conf *c;
	struct feed_specs out;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < FEEDS_MAX; i++)
		buf_addf(&b, "feed \"f%u\" { source = \"file:/x\" }\n", i);
	c = conf_load_text(a, "test.conf", buf_str(&b), tables, fault, NULL);
	assert_int_equal(feed_specs_read(a, c, &out, &e), 0);
	buf_add(&b, STR("feed \"more\" { source = \"file:/x\" }\n"));
	c = conf_load_text(a, "test.conf", buf_str(&b), tables, fault, NULL);
	assert_int_equal(feed_specs_read(a, c, &out, &e), -1);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(predicates), cmocka_unit_test(without),  cmocka_unit_test(mark),
		cmocka_unit_test(specs),      cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
