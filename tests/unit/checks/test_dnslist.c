/* DNS lists: codes, names, digests; and whole messages before lists that answer, refuse, lie and
 * are silent. */
#include "unit/scan/world.h"

#include "checks/dnslist/zone.h"

#define STANZAS_MAX 12
#define USES_MAX 24

/* ---- knowledge ---- */

static void test_codes(void **state)
{
	static const struct {
		const char *codes;
		uint8_t b[4];
		bool fits;
	} row[] = {
		{ "127.0.0.2", { 127, 0, 0, 2 }, true },
		{ "127.0.0.2", { 127, 0, 0, 3 }, false },
		{ "127.0.0.4-7", { 127, 0, 0, 4 }, true },
		{ "127.0.0.4-7", { 127, 0, 0, 7 }, true },
		{ "127.0.0.4-7", { 127, 0, 0, 8 }, false },
		{ "127.0.0.4-7", { 127, 0, 1, 5 }, false },
		{ "127.0.*.3", { 127, 0, 10, 3 }, true },
		{ "127.0.*.3", { 127, 0, 10, 2 }, false },
		{ "127.0.0.0/30", { 127, 0, 0, 3 }, true },
		{ "127.0.0.0/30", { 127, 0, 0, 4 }, false },
		{ "&8", { 127, 0, 0, 8 }, true },
		{ "&8", { 127, 0, 0, 88 }, true }, /* 64 + 16 + 8 */
		{ "&8", { 127, 0, 0, 80 }, false },
		{ "&8", { 10, 0, 0, 8 }, false },
		{ "&256", { 127, 0, 1, 0 }, true },
		{ "127.0.0.2, 127.0.0.9", { 127, 0, 0, 9 }, true },
		{ "txt:x", { 127, 0, 0, 2 }, false },
	};
	static const char *const wrong[] = { "",	   "127.0.0", "127.0.0.256", "127.0.0.7-4",
					     "&",	   "&0",      "txt:",	     "127.0.0.0/33",
					     "127.0.0.2.", "::1/128", "127.0.0.2,x", "127..0.2",
					     "*.*-3.0.0" };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct dns_rr rr = { .data = str_of((const char *)row[i].b, 4) };
		assert_true(dnslist_codes_ok(str_c(row[i].codes)));
		if (dnslist_codes_fit(str_c(row[i].codes), DNS_A, &rr) != row[i].fits)
			fail_msg("row %zu: %s", i, row[i].codes);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (dnslist_codes_ok(str_c(wrong[i])))
			fail_msg("taken: %s", wrong[i]);
	struct dns_rr text = { .data = STR("https://www.spamcop.net/bl") };
	assert_true(dnslist_codes_fit(STR("txt:SpamCop"), DNS_TXT, &text));
	assert_false(dnslist_codes_fit(STR("txt:SpamCop"), DNS_A, &text));
	assert_false(dnslist_codes_fit(STR("127.0.0.2"), DNS_TXT, &text));
}

static void test_zone_words(void **state)
{
	static const struct {
		const char *key, *value;
		bool ok;
	} row[] = {
		{ "zone", "zen.spamhaus.org", true },
		{ "zone", "Zen.Example.", true },
		{ "zone", "org", false },
		{ "zone", "a b", false },
		{ "zone", "", false },
		{ "scopes", "client,url", true },
		{ "scopes", "clients", false },
		{ "scopes", "", false },
		{ "scopes", "dkim_pass", false },
		{ "v6", "64", true },
		{ "v6", "128", false },
		{ "use", "no", true },
		{ "use", "maybe", false },
		{ "type", "TXT", true },
		{ "type", "MX", false },
		{ "refused", "127.0.0.1,127.0.0.255", true },
		{ "refused", "no", false },
		{ "priority", "1001", false },
		{ "hash", "sha1", true },
		{ "hash", "sha512", false },
		{ "coding", "base64", false },
		{ "digits", "64", false },
		{ "listed", "_dnsbl_.test", true },
		{ "listed", "a b", false },
		{ "listed", "", false },
		{ "what", "x", false },
	};
	struct arena *a = arena_new(0);
	struct dnslist_zone z;
	const char *expected;

	(void)state;
	dnslist_zone_init(a, &z, STR("x"));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (dnslist_zone_set(a, &z, str_c(row[i].key), str_c(row[i].value), &expected) !=
		    row[i].ok)
			fail_msg("%s=%s", row[i].key, row[i].value);
	arena_free(a);
}

/* Digests of "abc": RFC 1321 A.5, FIPS 180-4; and of an address as EBL has it. */
static void test_digests(void **state)
{
	static const struct {
		enum dnslist_digest d;
		enum dnslist_coding c;
		unsigned digits;
		const char *text, *label;
	} row[] = {
		{ DNSLIST_RAW, DNSLIST_HEX, 0, "abc", "abc" },
		{ DNSLIST_MD5, DNSLIST_HEX, 0, "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ DNSLIST_SHA1, DNSLIST_HEX, 0, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DNSLIST_SHA1, DNSLIST_HEX, 0, "test@gmail.com",
		  "ea97b75619f5cb2b9df9d184c4541aafe3b87484" },
		{ DNSLIST_SHA256, DNSLIST_HEX, 0, "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a" },
		{ DNSLIST_SHA256, DNSLIST_HEX, 16, "abc", "ba7816bf8f01cfea" },
		{ DNSLIST_MD5, DNSLIST_BASE32, 0, "abc", "saavbgb42jh3bvuwh56sryl7oi" },
		{ DNSLIST_SHA1, DNSLIST_BASE32, 0, "abc", "vgmt4nsha2awvor6evyxqugcnsonbwe5" },
		{ DNSLIST_SHA256, DNSLIST_BASE32, 0, "abc",
		  "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacwwq" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_str(dnslist_hash(a, row[i].d, row[i].c, row[i].digits, str_c(row[i].text)),
			   row[i].label);
	arena_free(a);
}

static void test_mailboxes(void **state)
{
	static const struct {
		const char *local, *domain, *out;
	} row[] = {
		{ "User", "Example.COM", "user@example.com" },
		{ "a.b+tag", "Gmail.com", "ab@gmail.com" },
		{ "a.b", "googlemail.com", "ab@gmail.com" },
		{ "a.b+c+d", "example.com", "a.b@example.com" },
		{ "+", "example.com", "+@example.com" },
		{ "a b", "example.com", "" },
		{ "a@b", "example.com", "" },
		{ "", "example.com", "" },
		{ "a", "[192.0.2.1]", "" },
		{ "a", "", "" },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_str(dnslist_mailbox(a, str_c(row[i].local), str_c(row[i].domain)),
			   row[i].out);
	arena_free(a);
}

static void test_address_names(void **state)
{
	static const struct {
		const char *ip;
		unsigned bits;
		const char *name;
	} row[] = {
		{ "192.0.2.99", 0, "99.2.0.192" },
		{ "2001:db8:1:2:3:4:5:6789", 0,
		  "9.8.7.6.5.0.0.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2" },
		{ "2001:db8:1:2:3:4:5:6789", 64, "2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2" },
	};
	struct arena *a = arena_new(0);
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_true(ip_parse(str_c(row[i].ip), &ip));
		assert_str(dnslist_ip_name(a, &ip, row[i].bits), row[i].name);
	}
	arena_free(a);
}

static void test_keys_hidden(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	assert_str(dnslist_shown(a, STR("abcdefghij0123456789abcdef.zen.dq.spamhaus.net")),
		   "***.zen.dq.spamhaus.net");
	assert_str(dnslist_shown(a, STR("zen.spamhaus.org")), "zen.spamhaus.org");
	arena_free(a);
}

/* ---- messages ---- */

struct lists_world {
	struct world w;
	struct judge judge;
	struct stanza stanza[STANZAS_MAX];
	struct rule_use use[USES_MAX];
	struct predicate_arg arg[USES_MAX][3];
	struct view_env view;
	struct content_env content;
	struct view_net net;
};

static void judge_run(const struct judge *j, struct scan *s)
{
	(void)j;
	(void)s;
}

static void add_stanzas(struct lists_world *l, const char *text)
{
	struct str rest = str_c(text);

	while (rest.n) {
		l->stanza[l->judge.nstanzas++] =
			(struct stanza){ STR("dnslist"), str_cut(&rest, '\n'), "x.cf", 1 };
		assert_true(l->judge.nstanzas < STANZAS_MAX);
	}
}

/* Each line of uses: the arguments of dnslist(), blanks between. */
static void add_uses(struct lists_world *l, const char *uses)
{
	const struct check *owner;
	const struct predicate *p = scan_setup_predicate(l->w.setup, STR("dnslist"), &owner);
	struct str rest = str_c(uses);

	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		struct rule_use *u = &l->use[l->judge.nuses];
		struct predicate_arg *arg = l->arg[l->judge.nuses++];
		assert_true(l->judge.nuses < USES_MAX);
		*u = (struct rule_use){
			.predicate = p, .arg = arg, .rule = STR("R"), .file = "x.cf"
		};
		while (line.n && u->n < 3)
			arg[u->n++].text = str_cut(&line, ' ');
	}
}

static int lists_try(struct lists_world *l, const char *conf, const char *zone, const char *stanzas,
		     const char *uses, struct err *e)
{
	static const struct check *const checks[] = { &check_dnslist, &check_dnslist_ask, NULL };

	*l = (struct lists_world){ 0 };
	world_open(&l->w, checks, conf, zone);
	l->w.env.board = board_new();
	l->judge = (struct judge){ .run = judge_run,
				   .lists = lists_new(l->w.a),
				   .view = &l->view,
				   .content = &l->content,
				   .stanza = l->stanza,
				   .use = l->use };
	add_stanzas(l, stanzas);
	add_uses(l, uses);
	return scan_setup_judge(l->w.setup, &l->judge, e);
}

static void lists_open(struct lists_world *l, const char *conf, const char *zone,
		       const char *stanzas, const char *uses)
{
	struct err e;

	if (lists_try(l, conf, zone, stanzas, uses, &e) < 0)
		fail_msg("%s", e.text);
}

static void lists_close(struct lists_world *l)
{
	board_free(l->w.env.board);
	world_close(&l->w);
}

struct letter {
	const char *ip, *user, *helo, *from, *headers, *body;
};

static struct scan *begin(struct lists_world *l, const struct letter *m)
{
	struct scan_client c = { .profile = STR("inbound"), .host = STR("") };

	if (m->ip)
		assert_true(ip_parse(str_c(m->ip), &c.ip));
	if (m->user)
		c.auth_user = str_c(m->user);
	return scan_new(&l->w.env, &c, 0);
}

static struct scan *mail(struct lists_world *l, const struct letter *m)
{
	struct scan *s = begin(l, m);

	scan_helo(s, str_c(m->helo ? m->helo : "x"));
	scan_mail(s, str_c(m->from ? m->from : "<>"));
	scan_rcpt(s, STR("<b@here.test>"));
	world_headers(s, m->headers ? m->headers : "Subject: x\n");
	scan_eoh(s);
	scan_body(s, str_c(m->body ? m->body : "x\r\n"));
	l->w.done = 0;
	scan_eom(s, world_done, &l->w);
	if (!l->w.done)
		world_wait(&l->w);
	return s;
}

/* name: predicate, blank, arguments with blanks between. What it shows; "-": it does not hold. */
static const char *ask(struct lists_world *l, struct scan *s, const char *text)
{
	struct str rest = str_c(text), name = str_cut(&rest, ' '), evidence = STR_NULL;
	const struct check *owner;
	const struct predicate *p = scan_setup_predicate(l->w.setup, name, &owner);
	struct predicate_arg arg[3] = { 0 };
	size_t n = 0;

	assert_non_null(p);
	while (rest.n && n < 3)
		arg[n++].text = str_cut(&rest, ' ');
	return p->test(s, arg, n, &evidence) ? arena_cstr(l->w.a, evidence) : "-";
}

static unsigned asked_of(struct lists_world *l, const char *suffix)
{
	unsigned n = 0;

	for (size_t i = 0; i < zone_questions(l->w.zone); i++) {
		struct str q = zone_question(l->w.zone, i), name = str_cut(&q, ' ');
		n += str_iends(name, str_c(suffix));
	}
	return n;
}

static uint64_t count(struct lists_world *l, const char *cell, enum board_count what)
{
	return board_count(board_cell(l->w.env.board, str_c(cell)), what);
}

static const char ip_stanza[] = "ip zone=ip.test scopes=client,received,urlip v6=nibble";
static const char dom_stanza[] =
	"dom zone=dom.test scopes=helo,rdns,mailfrom,from,replyto,dkim,url,urlhost listed=none "
	"unlisted=none";

static void test_scopes(void **state)
{
	static const struct {
		const char *name, *zone; /* in which list */
		struct letter m;
		const char *ask, *shown;
	} row[] = {
		{ "client",
		  "7.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7" },
		  "dnslist ip client",
		  "20.0.2.7 (127.0.0.2)" },
		{ "client, code",
		  "7.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7" },
		  "dnslist ip client 127.0.0.3",
		  "-" },
		{ "client, IPv6",
		  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip.test A "
		  "127.0.0.2",
		  { .ip = "2001:db8::1" },
		  "dnslist ip client",
		  "2001:db8::1 (127.0.0.2)" },
		{ "client, private",
		  "7.2.0.10.ip.test A 127.0.0.2",
		  { .ip = "10.0.2.7" },
		  "dnslist ip client",
		  "-" },
		{ "client, ours",
		  "7.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .user = "bob" },
		  "dnslist ip client",
		  "-" },
		{ "hop",
		  "8.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7",
		    .headers = "Received: from a.test (a.test [20.0.2.8]) by b.test; x\n" },
		  "dnslist ip received",
		  "20.0.2.8 (127.0.0.2)" },
		{ "hop, not the client",
		  "8.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7",
		    .headers = "Received: from a.test (a.test [20.0.2.8]) by b.test; x\n" },
		  "dnslist ip client",
		  "-" },
		{ "first hop behind a private client",
		  "8.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "10.0.0.1",
		    .headers = "Received: from a.test (a.test [20.0.2.8]) by b.test; x\n" },
		  "dnslist ip client",
		  "20.0.2.8 (127.0.0.2)" },
		{ "link to an address",
		  "9.2.0.20.ip.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .body = "http://20.0.2.9/x\r\n" },
		  "dnslist ip urlip",
		  "20.0.2.9 (127.0.0.2)" },
		{ "helo",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .helo = "Bad.Example" },
		  "dnslist dom helo",
		  "bad.example (127.0.1.2)" },
		{ "helo literal",
		  "x.dom.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .helo = "[20.0.2.7]" },
		  "dnslist dom helo",
		  "-" },
		{ "rdns",
		  "7.2.0.20.in-addr.arpa PTR bad.example\nbad.example A 20.0.2.7\n"
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7" },
		  "dnslist dom rdns",
		  "bad.example (127.0.1.2)" },
		{ "rdns, not confirmed",
		  "7.2.0.20.in-addr.arpa PTR bad.example\nbad.example A 20.0.2.8\n"
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7" },
		  "dnslist dom rdns",
		  "-" },
		{ "mail from",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .from = "<a@bad.example>" },
		  "dnslist dom mailfrom",
		  "bad.example (127.0.1.2)" },
		{ "from",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "From: A <a@bad.example>\n" },
		  "dnslist dom from",
		  "bad.example (127.0.1.2)" },
		{ "reply-to",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "Reply-To: <a@bad.example>\n" },
		  "dnslist dom replyto",
		  "bad.example (127.0.1.2)" },
		{ "dkim",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "DKIM-Signature: v=1; d=Bad.Example; s=x\n" },
		  "dnslist dom dkim",
		  "bad.example (127.0.1.2)" },
		{ "dkim, does not pass",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .headers = "DKIM-Signature: v=1; d=bad.example; s=x\n" },
		  "dnslist dom dkim_pass",
		  "-" },
		{ "link",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .body = "http://bad.example/x\r\n" },
		  "dnslist dom url",
		  "bad.example (127.0.1.2)" },
		{ "link of our own user",
		  "bad.example.dom.test A 127.0.1.2",
		  { .ip = "20.0.2.7", .user = "bob", .body = "http://bad.example/x\r\n" },
		  "dnslist dom url",
		  "bad.example (127.0.1.2)" },
		{ "several codes",
		  "bad.example.dom.test A 127.0.0.80",
		  { .ip = "20.0.2.7", .body = "http://bad.example/x\r\n" },
		  "dnslist dom url &16",
		  "bad.example (127.0.0.80)" },
		{ "address",
		  "ea97b75619f5cb2b9df9d184c4541aafe3b87484.hash.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .headers = "From: <T.est+x@GoogleMail.com>\n" },
		  "dnslist hash fromaddr",
		  "test@gmail.com (127.0.0.2)" },
		{ "address of the body",
		  "ea97b75619f5cb2b9df9d184c4541aafe3b87484.hash.test A 127.0.0.2",
		  { .ip = "20.0.2.7", .body = "write to te.st@gmail.com.\r\n" },
		  "dnslist hash bodyaddr",
		  "test@gmail.com (127.0.0.2)" },
		{ "link by digest", /* md5 of short.example/abc */
		  "14f58be7623f50b3fb4d5894234e97a0.link.test A 127.0.0.8",
		  { .ip = "20.0.2.7", .body = "http://short.example/abc?d=e\r\n" },
		  "dnslist link urlhash 127.0.0.8",
		  "short.example/abc (127.0.0.8)" },
	};
	static const char uses[] = "ip client,received,urlip\n"
				   "dom helo,rdns,mailfrom,from,replyto,dkim,dkim_pass,url\n"
				   "hash fromaddr,bodyaddr\nlink urlhash";
	char stanzas[1024];

	(void)state;
	snprintf(stanzas, sizeof stanzas, "%s\n%s\n%s\n%s", ip_stanza, dom_stanza,
		 "hash zone=hash.test scopes=fromaddr,bodyaddr hash=sha1",
		 "link zone=link.test scopes=urlhash hash=md5");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lists_world l;
		struct scan *s;
		const char *shown;
		lists_open(&l, "", row[i].zone, stanzas, uses);
		s = mail(&l, &row[i].m);
		shown = ask(&l, s, row[i].ask);
		if (strcmp(shown, row[i].shown) != 0)
			fail_msg("%s: %s", row[i].name, shown);
		scan_free(s);
		lists_close(&l);
	}
}

/* The client is asked about at connect, HELO at HELO, MAIL FROM at MAIL; and each thing once. */
static void test_early(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7" };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", dom_stanza, "dom helo,mailfrom,from,url");
	s = begin(&l, &m);
	assert_int_equal(asked_of(&l, "dom.test"), 0);
	scan_helo(s, STR("one.example"));
	assert_int_equal(asked_of(&l, "dom.test"), 1);
	scan_mail(s, STR("<a@two.example>"));
	assert_int_equal(asked_of(&l, "dom.test"), 2);
	world_headers(s, "From: <a@one.example>\n");
	scan_eoh(s);
	assert_int_equal(asked_of(&l, "dom.test"), 2);
	scan_body(s, STR("http://two.example/ http://one.example/\r\n"));
	scan_eom(s, world_done, &l.w);
	if (!l.w.done)
		world_wait(&l.w);
	assert_int_equal(asked_of(&l, "dom.test"), 2);
	assert_int_equal(count(&l, "dnslist:dom", BOARD_ASKED), 2);
	assert_int_equal(count(&l, "dnslist:dom", BOARD_GOOD), 2);
	scan_free(s);
	lists_close(&l);
}

/* Only what a rule wants is asked for. */
static void test_wanted(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7",
					 .helo = "one.example",
					 .from = "<a@two.example>",
					 .body = "http://three.example/\r\n" };
	struct lists_world l;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", dom_stanza, "dom mailfrom");
	scan_free(mail(&l, &m));
	assert_int_equal(asked_of(&l, ".dom.test"), 1);
	assert_int_equal(asked_of(&l, "two.example.dom.test"), 1);
	lists_close(&l);
	lists_open(&l, "dnslist { use = off }", "x A 192.0.2.1", dom_stanza, "dom mailfrom");
	scan_free(mail(&l, &m));
	assert_int_equal(asked_of(&l, "test"), 0);
	lists_close(&l);
}

static const char *links(struct arena *a, size_t n, const char *last)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "http://pad%zu.example/x\r\n", i);
	buf_addf(&b, "%s", last);
	buf_addc(&b, '\0');
	return b.p;
}

static void test_limits(void **state)
{
	struct lists_world l;
	struct letter m = { .ip = "20.0.2.7" };
	struct scan *s;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", dom_stanza, "dom url");
	m.body = links(l.w.a, 100, "");
	s = mail(&l, &m);
	assert_int_equal(asked_of(&l, ".dom.test"), DNSLIST_MAX_DOMAINS);
	assert_string_equal(ask(&l, s, "dnslist_limited"), "links");
	scan_free(s);
	lists_close(&l);
	lists_open(&l, "dnslist { max_queries = 7 }", "x A 192.0.2.1", dom_stanza, "dom url");
	m.body = links(l.w.a, 12, "");
	s = mail(&l, &m);
	assert_int_equal(asked_of(&l, ".dom.test"), 7);
	assert_string_equal(ask(&l, s, "dnslist_limited"), "dom");
	assert_int_equal(count(&l, "dnslist:dom", BOARD_SKIPPED), 5);
	scan_free(s);
	lists_close(&l);
	/* Five lists and twenty domains: what all may ask together. */
	lists_open(&l, "", "x A 192.0.2.1",
		   "a zone=a.all.test scopes=url\nb zone=b.all.test scopes=url\n"
		   "c zone=c.all.test scopes=url\nd zone=d.all.test scopes=url\n"
		   "e zone=e.all.test scopes=url priority=1",
		   "a url\nb url\nc url\nd url\ne url");
	m.body = links(l.w.a, 30, "");
	scan_free(mail(&l, &m));
	assert_int_equal(asked_of(&l, ".all.test"), DNSLIST_MAX_QUERIES);
	assert_int_equal(asked_of(&l, "e.all.test"), DNSLIST_MAX_DOMAINS);
	lists_close(&l);
}

/* Which of too many links are asked about is not for the sender to say; hidden ones do not push out
 * those that can be clicked. */
static void test_fair(void **state)
{
	struct letter m = { .ip = "20.0.2.7" };
	unsigned found = 0;
	struct lists_world l;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		lists_open(&l, "", "bad.example.dom.test A 127.0.1.2", dom_stanza, "dom url");
		l.w.env.digest_key = (struct hash_key){ i, i };
		m.body = links(l.w.a, 39, "http://bad.example/\r\n");
		struct scan *s = mail(&l, &m);
		found += ask(&l, s, "dnslist dom url")[0] != '-';
		scan_free(s);
		lists_close(&l);
	}
	/* 20 of 40: half of the time, whatever place it has. */
	assert_in_range(found, 8, 32);

	struct buf b = { .arena = NULL };
	lists_open(&l, "", "bad.example.dom.test A 127.0.1.2", dom_stanza, "dom url");
	b.arena = l.w.a;
	buf_addf(&b, "<div style=\"display:none\">");
	for (unsigned i = 0; i < 200; i++)
		buf_addf(&b, "<a href=\"http://pad%u.example/\">x</a>\r\n", i);
	buf_addf(&b, "</div><a href=\"http://bad.example/\">y</a>\r\n%c", '\0');
	m.body = b.p;
	m.headers = "Content-Type: text/html\n";
	struct scan *s = mail(&l, &m);
	assert_string_equal(ask(&l, s, "dnslist dom url"), "bad.example (127.0.1.2)");
	assert_int_equal(asked_of(&l, ".dom.test"), DNSLIST_MAX_DOMAINS);
	scan_free(s);
	lists_close(&l);
}

/* ---- lists that do not serve ---- */

static void test_refused(void **state)
{
	static const char *const answers[] = { "127.255.255.254", "127.0.0.1" };
	static const struct letter m = { .ip = "20.0.2.7",
					 .helo = "a.example",
					 .from = "<a@b.example>" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lists_world l;
		char zone[256];
		struct scan *s;
		snprintf(zone, sizeof zone,
			 "a.example.dom.test A %s\nb.example.dom.test A 127.0.1.2", answers[i]);
		lists_open(&l, "", zone, "dom zone=dom.test scopes=helo,mailfrom refused=127.0.0.1",
			   "dom helo,mailfrom");
		s = mail(&l, &m);
		assert_string_equal(ask(&l, s, "dnslist dom helo"), "-");
		assert_string_not_equal(ask(&l, s, "dnslist_refused dom helo"), "-");
		assert_string_equal(ask(&l, s, "dnslist_refused dom helo 127.0.0.9"), "-");
		assert_string_equal(ask(&l, s, "dnslist_off"), "dom");
		assert_string_equal(ask(&l, s, "dnslist_unanswered"), "-");
		assert_int_equal(count(&l, "dnslist:dom", BOARD_REFUSED), 1);
		scan_free(s);
		s = mail(&l, &(struct letter){ .ip = "20.0.2.7", .helo = "c.example" });
		assert_int_equal(asked_of(&l, "c.example.dom.test"), 0);
		assert_string_equal(ask(&l, s, "dnslist_off"), "dom");
		scan_free(s);
		lists_close(&l);
	}
}

/* A name that somebody else has now answers whatever is asked. */
static void test_wild(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7", .helo = "a.example" };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "*.dom.test A 93.184.216.34", dom_stanza, "dom helo");
	s = mail(&l, &m);
	assert_string_equal(ask(&l, s, "dnslist dom helo"), "-");
	assert_string_equal(ask(&l, s, "dnslist_off"), "dom");
	scan_free(s);
	assert_true(board_is_off(board_cell(l.w.env.board, STR("dnslist:dom"))));
	lists_close(&l);
}

static bool silent_of(struct lists_world *l, const char *helo)
{
	struct scan *s = mail(l, &(struct letter){ .ip = "20.0.2.7", .helo = helo });
	bool silent = strcmp(ask(l, s, "dnslist_unanswered"), "dom") == 0;

	assert_string_equal(ask(l, s, "dnslist dom helo"), "-");
	scan_free(s);
	return silent;
}

static void test_silent(void **state)
{
	struct lists_world l;
	char helo[32];

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", dom_stanza, "dom helo");
	for (unsigned i = 0; i < 8; i++) {
		char name[64];
		snprintf(helo, sizeof helo, "h%u.example", i);
		snprintf(name, sizeof name, "%s.dom.test", helo);
		zone_fault(l.w.zone, str_c(name), ZONE_ANY, ZONE_SERVFAIL);
		assert_true(silent_of(&l, helo));
	}
	assert_int_equal(asked_of(&l, "dom.test"), BOARD_OPENS_AFTER);
	assert_int_equal(count(&l, "dnslist:dom", BOARD_FAILED), BOARD_OPENS_AFTER);
	assert_int_equal(count(&l, "dnslist:dom", BOARD_OFF), 3);
	lists_close(&l);
}

static void test_slow(void **state)
{
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "dnslist { timeout = 100ms }",
		   "a.example.dom.test DELAY 30000\na.example.dom.test A 127.0.1.2", dom_stanza,
		   "dom helo");
	s = mail(&l, &(struct letter){ .ip = "20.0.2.7", .helo = "a.example" });
	assert_string_equal(ask(&l, s, "dnslist dom helo"), "-");
	assert_string_equal(ask(&l, s, "dnslist_unanswered"), "dom");
	scan_free(s);
	lists_close(&l);
}

static void run_selftest(struct lists_world *l, const char *zone, const char *stanza)
{
	lists_open(l, "", zone, stanza, "ip client");
	dnslist_selftest(l->w.a, &l->w.env);
	dnslist_selftest(l->w.a, &l->w.env); /* the second worker has nothing to do */
	for (unsigned i = 0; i < 10; i++)
		loop_turn(l->w.loop, 1);
	assert_int_equal(asked_of(l, "ip.test"), 2);
	assert_int_equal(count(l, "dnslist:ip", BOARD_ASKED), 2);
}

static void test_selftest(void **state)
{
	static const struct {
		const char *zone;
		uint64_t good, failed, refused;
		bool off;
	} row[] = {
		{ "2.0.0.127.ip.test A 127.0.0.2", 2, 0, 0, false },
		{ "x A 192.0.2.1", 1, 1, 0, false },
		{ "*.ip.test A 127.0.0.2", 1, 0, 1, true },
		{ "*.ip.test A 127.255.255.254", 0, 0, 2, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lists_world l;
		run_selftest(&l, row[i].zone, ip_stanza);
		assert_int_equal(count(&l, "dnslist:ip", BOARD_GOOD), row[i].good);
		assert_int_equal(count(&l, "dnslist:ip", BOARD_FAILED), row[i].failed);
		assert_int_equal(count(&l, "dnslist:ip", BOARD_REFUSED), row[i].refused);
		assert_int_equal(board_is_off(board_cell(l.w.env.board, STR("dnslist:ip"))),
				 row[i].off);
		lists_close(&l);
	}
}

/* ---- configuration ---- */

static void test_sections(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7", .helo = "a.example" };
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l,
		   "dnszone \"dom\" { zone = \"Key.dom2.test\" scopes = {helo} }\n"
		   "dnszone \"ip\" { use = off }\n"
		   "dnszone \"new\" { zone = \"new.test\" scopes = {helo} }",
		   "a.example.key.dom2.test A 127.0.1.2\na.example.new.test A 127.0.0.2",
		   "dom zone=dom.test scopes=helo use=no\nip zone=ip.test scopes=client",
		   "dom helo\nip client\nnew helo");
	s = mail(&l, &m);
	assert_string_equal(ask(&l, s, "dnslist dom helo"), "a.example (127.0.1.2)");
	assert_string_equal(ask(&l, s, "dnslist new helo"), "a.example (127.0.0.2)");
	assert_int_equal(asked_of(&l, ".ip.test"), 0);
	assert_int_equal(asked_of(&l, ".dom.test"), 0);
	scan_free(s);
	lists_close(&l);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *conf, *stanzas, *uses;
	} row[] = {
		{ "", "dom", "dom helo" },
		{ "", "dom zone=x", "dom helo" },
		{ "", "dom zone=dom.test scope=helo", "dom helo" },
		{ "", "dom zone=dom.test scopes=helo", "dim helo" },
		{ "", "dom zone=dom.test scopes=helo", "dom hello" },
		{ "", "dom zone=dom.test scopes=helo", "dom helo 127.0.0" },
		{ "dnszone \"own\" { scopes = {helo} }", "dom zone=dom.test", "dom helo" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lists_world l;
		struct err e = { "" };
		if (lists_try(&l, row[i].conf, "x A 192.0.2.1", row[i].stanzas, row[i].uses, &e) >=
		    0)
			fail_msg("row %zu is taken", i);
		assert_true(strlen(e.text) > 0);
		lists_close(&l);
	}
}

static void test_trusted(void **state)
{
	struct lists_world l;
	struct scan *s;

	(void)state;
	lists_open(&l, "", "7.2.0.20.ip.test A 127.0.0.2", ip_stanza, "ip client");
	assert_true(cidr_parse(STR("20.0.2.0/24"), &l.net.net));
	l.view.trusted = (struct view_nets){ &l.net, 1 };
	s = mail(&l, &(struct letter){ .ip = "20.0.2.7" });
	assert_int_equal(asked_of(&l, "ip.test"), 0);
	scan_free(s);
	lists_close(&l);
}

static void test_spared(void **state)
{
	static const struct letter m = {
		.ip = "20.0.2.7", .body = "http://www.known.example/ http://b.example/\r\n"
	};
	struct lists_world l;

	(void)state;
	lists_open(&l, "", "x A 192.0.2.1", dom_stanza, "dom url");
	lists_add((struct lists *)(uintptr_t)l.judge.lists, STR("uridnsbl_skip_domain"),
		  STR("known.example"), STR_NULL);
	scan_free(mail(&l, &m));
	assert_int_equal(asked_of(&l, ".dom.test"), 1);
	lists_close(&l);
}

/* What others ask is the same question, and counts with the same list. */
static void test_shared(void **state)
{
	static const struct letter m = { .ip = "20.0.2.7", .helo = "a.example" };
	struct lists_world l;
	struct scan *s;
	struct dnslist_reply r;

	(void)state;
	lists_open(&l, "", "a.example.dom.test A 127.0.1.2", dom_stanza, "dom helo");
	s = mail(&l, &m);
	r = dnslist_ask(s, STR("DOM.test."), STR("a.example"), DNS_A, 0);
	assert_int_equal(r.state, DNSLIST_LISTED);
	assert_int_equal(r.n, 1);
	assert_int_equal(asked_of(&l, "dom.test"), 1);
	r = dnslist_ask(s, STR("dom.test"), str_of("a\0b", 3), DNS_A, 0);
	assert_int_equal(r.state, DNSLIST_CLEAN);
	scan_free(s);
	lists_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),	      cmocka_unit_test(test_zone_words),
		cmocka_unit_test(test_digests),	      cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_address_names), cmocka_unit_test(test_keys_hidden),
		cmocka_unit_test(test_scopes),	      cmocka_unit_test(test_early),
		cmocka_unit_test(test_wanted),	      cmocka_unit_test(test_limits),
		cmocka_unit_test(test_fair),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wild),	      cmocka_unit_test(test_silent),
		cmocka_unit_test(test_slow),	      cmocka_unit_test(test_selftest),
		cmocka_unit_test(test_sections),      cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_trusted),	      cmocka_unit_test(test_spared),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
