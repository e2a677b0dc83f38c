/* Whose mail is signed with which keys: facts in, decision out; configurations that are refused. */
#include "unit/checks/sign/keys_world.h"

#include <sys/stat.h>
#include <unistd.h>

#include "checks/checks.h"
#include "checks/sign/outgoing.h"
#include "sign/keyring.h"

static const struct check *const checks[] = {
	&check_iprev,	&check_spf,	 &check_dkim, &check_arc,  &check_dmarc,
	&check_authres, &check_outgoing, &check_sign, &check_seal, NULL
};

/* ---- the configurations ---- */

enum { NATIVE, ADDRESS, LOGIN, SENDERS, FOREIGN, TABLES, ALL_TABLES, FILES, NETS, OFF, CONFS };

#define ONE                                                                                        \
	"sign_domain \"one.test\" { keys = {\"e1=@DIR@/e.key\", \"r1=@DIR@/r.key\"} }\n"           \
	"sign_domain \"solo.test\" { keys = {\"@DIR@/e2.key\"} selector = \"S\" "                  \
	"subdomains = off identity = \"@solo.test\" }\n"                                           \
	"sign_domain \"sub.one.test\" { keys = {\"x=@DIR@/r2.key\"} }\n"

static const char *const conf[CONFS] = {
	[NATIVE] = "sign { use = on listeners = {\"lists\"} }\n" ONE,
	[ADDRESS] = "sign { use = on author = address }\n" ONE,
	[LOGIN] = "sign { use = on login_domain = \"one.test\" }\n" ONE,
	[SENDERS] =
		"sign { use = on senders = \"@DIR@/senders\" login_domain = \"one.test\" }\n" ONE,
	[FOREIGN] = "sign { use = on foreign = sign }\n" ONE,
	[TABLES] = "sign { use = on key_table = \"refile:@DIR@/KeyTable\" "
		   "signing_table = \"refile:@DIR@/SigningTable\" "
		   "internal_hosts = \"@DIR@/InternalHosts\" "
		   "trusted_hosts = \"@DIR@/TrustedHosts\" }\n" ONE,
	[ALL_TABLES] = "sign { use = on key_table = \"@DIR@/KeyTable\" multiple_signatures = on "
		       "signing_table = \"refile:@DIR@/SigningTable\" }\n",
	[FILES] = "sign { use = on key_table = \"file:@DIR@/KeyTable\" "
		  "signing_table = \"file:@DIR@/plain\" }\n",
	[NETS] = "sign { use = on networks = {\"192.0.2.0/24\", \"2001:db8::/32\"} }\n" ONE,
	[OFF] = ONE,
};

static void write_files(struct keys_world *k)
{
	keys_file(k, "KeyTable",
		  "# name domain:selector:key\n"
		  "k1 one.test:t1:@DIR@/r.key\n"
		  "k2 two.test:t2:e.key\n"
		  "k3 two.test:t3:./r2.key\n"
		  "any %:any:@DIR@/by/%/k\n"
		  "shared %:shared:@DIR@/r.key\n"
		  "k5 many.test:t5:e.key\n"
		  "k6 short:t6:e.key\n");
	keys_file(k, "SigningTable",
		  "ceo@one.test  k1:ceo@one.test\n"
		  "*@one.test    k1\n"
		  "*@one.test    k2:@one.test\n"
		  "*@two.test    k2,k3\n"
		  "*@*.two.test  k2:%\n"
		  "*@by.test     any\n"
		  "*@nokey.test  any\n"
		  "*@short       k6\n"
		  "*@share.test  shared:@%\n"
		  "*@many.test   k5, k1,k2 ,k3,shared,k1\n");
	keys_file(k, "plain", "ann@one.test k1\ntwo.test k2\n.two.test k3\n");
	keys_file(k, "InternalHosts", "192.0.2.0/24\n!192.0.2.66\n.lan.test\n");
	keys_file(k, "TrustedHosts", "198.51.100.1\n");
	keys_file(k, "senders",
		  "# user what\n"
		  "bob      solo.test, Help@Sub.One.Test\n"
		  "carl@two.test *\n"
		  "bob      solo2.test\n");
	assert_int_equal(mkdir(keys_text(k, "@DIR@/by"), 0700), 0);
	assert_int_equal(mkdir(keys_text(k, "@DIR@/by/by.test"), 0700), 0);
	assert_int_equal(link(keys_text(k, "@DIR@/r.key"), keys_text(k, "@DIR@/by/by.test/k")), 0);
}

/* ---- the decisions ---- */

#define SUB "submission"
#define INB "inbound"

static const struct {
	int conf;
	const char *profile, *ip, *host, *user, *from, *expected;
} rows[] = {
	/* who: clients */
	{ NATIVE, SUB, "198.51.100.1", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, INB, "198.51.100.1", "", "", "a@one.test", "client known" },
	{ NATIVE, INB, "198.51.100.1", "", "", "a@far.test", "client" },
	{ NATIVE, INB, "127.0.0.1", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, INB, "127.9.9.9", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, INB, "::1", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, INB, "::ffff:127.0.0.1", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, INB, "128.0.0.1", "localhost", "", "a@one.test", "client known" },
	{ NATIVE, INB, "", "", "", "a@one.test", "client known" },
	{ NATIVE, INB, "198.51.100.1", "", "u@one.test", "a@one.test",
	  "signed e1.one.test r1.one.test" },
	{ NATIVE, "reinjection", "127.0.0.1", "", "", "a@one.test", "client known" },
	{ NATIVE, "reinjection", "127.0.0.1", "", "u@one.test", "a@one.test", "client known" },
	{ NATIVE, "reinjection lists", "127.0.0.1", "", "", "a@one.test",
	  "signed e1.one.test r1.one.test" },
	{ NATIVE, "inbound lists", "198.51.100.1", "", "", "a@one.test",
	  "signed e1.one.test r1.one.test" },
	{ NATIVE, "inbound other", "198.51.100.1", "", "", "a@one.test", "client known" },
	{ NETS, INB, "127.0.0.1", "", "", "a@one.test", "client known" },
	{ NETS, INB, "192.0.2.200", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NETS, INB, "192.0.3.1", "", "", "a@one.test", "client known" },
	{ NETS, INB, "2001:db8:7::1", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	{ OFF, SUB, "127.0.0.1", "", "", "a@one.test", "off" },
	{ OFF, INB, "198.51.100.1", "", "u@one.test", "a@one.test", "off" },
	/* what: domains */
	{ NATIVE, SUB, "127.0.0.1", "", "", "A@ONE.TEST", "signed e1.one.test r1.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@deep.one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@sub.one.test", "signed x.sub.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@b.sub.one.test", "signed x.sub.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@solo.test", "signed s.solo.test(@solo.test)" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@x.solo.test", "no_key" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@notone.test", "no_key" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@test", "no_key" },
	/* the author */
	{ NATIVE, SUB, "127.0.0.1", "", "", "", "author" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "nobody", "author" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@one.test, b@far.test", "author" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@one.test, b@one.test",
	  "signed e1.one.test r1.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@one.test\nFrom: a@one.test", "author" },
	{ NATIVE, SUB, "127.0.0.1", "", "", "a@[192.0.2.1]", "author" },
	{ NATIVE, INB, "198.51.100.1", "", "", "a@one.test\nFrom: a@one.test", "client" },
	/* users: by domain */
	{ NATIVE, SUB, "127.0.0.1", "", "u@far.test", "a@one.test", "foreign" },
	{ NATIVE, SUB, "127.0.0.1", "", "u@One.Test", "a@one.test",
	  "signed e1.one.test r1.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "u@one.test", "a@sub.one.test", "foreign" },
	{ NATIVE, SUB, "127.0.0.1", "", "u@sub.one.test", "a@one.test", "foreign" },
	{ NATIVE, SUB, "127.0.0.1", "", "u@one.test", "a@far.test", "no_key" },
	{ NATIVE, SUB, "127.0.0.1", "", "u", "a@one.test", "signed e1.one.test r1.one.test" },
	{ NATIVE, SUB, "127.0.0.1", "", "u@", "a@one.test", "foreign" },
	{ NATIVE, SUB, "127.0.0.1", "", "u@far.test@one.test", "a@one.test",
	  "signed e1.one.test r1.one.test" },
	/* users: by address */
	{ ADDRESS, SUB, "127.0.0.1", "", "u@one.test", "u@one.test",
	  "signed e1.one.test r1.one.test" },
	{ ADDRESS, SUB, "127.0.0.1", "", "U@one.test", "u@ONE.test",
	  "signed e1.one.test r1.one.test" },
	{ ADDRESS, SUB, "127.0.0.1", "", "u@one.test", "a@one.test", "foreign" },
	{ ADDRESS, SUB, "127.0.0.1", "", "u", "u@one.test", "signed e1.one.test r1.one.test" },
	{ ADDRESS, SUB, "127.0.0.1", "", "u", "a@one.test", "foreign" },
	{ ADDRESS, SUB, "127.0.0.1", "", "u@one.test", "u@one.test, a@one.test", "foreign" },
	{ ADDRESS, SUB, "127.0.0.1", "", "", "a@one.test", "signed e1.one.test r1.one.test" },
	/* users without a domain that have one */
	{ LOGIN, SUB, "127.0.0.1", "", "u", "a@one.test", "signed e1.one.test r1.one.test" },
	{ LOGIN, SUB, "127.0.0.1", "", "u", "a@solo.test", "foreign" },
	{ LOGIN, SUB, "127.0.0.1", "", "u@solo.test", "a@solo.test",
	  "signed s.solo.test(@solo.test)" },
	/* the list of senders */
	{ SENDERS, SUB, "127.0.0.1", "", "bob", "bob@one.test", "signed e1.one.test r1.one.test" },
	{ SENDERS, SUB, "127.0.0.1", "", "BOB", "x@solo.test", "signed s.solo.test(@solo.test)" },
	{ SENDERS, SUB, "127.0.0.1", "", "bob", "help@sub.one.test", "signed x.sub.one.test" },
	{ SENDERS, SUB, "127.0.0.1", "", "bob", "x@sub.one.test", "foreign" },
	{ SENDERS, SUB, "127.0.0.1", "", "ann", "x@solo.test", "foreign" },
	{ SENDERS, SUB, "127.0.0.1", "", "carl@two.test", "x@solo.test",
	  "signed s.solo.test(@solo.test)" },
	{ SENDERS, SUB, "127.0.0.1", "", "carl@two.test", "x@one.test",
	  "signed e1.one.test r1.one.test" },
	{ SENDERS, SUB, "127.0.0.1", "", "carl", "x@solo.test", "foreign" },
	/* all the same */
	{ FOREIGN, SUB, "127.0.0.1", "", "u@far.test", "a@one.test",
	  "signed e1.one.test r1.one.test" },
	{ FOREIGN, SUB, "127.0.0.1", "", "u@far.test", "a@far.test", "no_key" },
	/* OpenDKIM's tables */
	{ TABLES, SUB, "127.0.0.1", "", "", "ceo@one.test", "signed t1.one.test(ceo@one.test)" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@one.test", "signed t1.one.test" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@two.test", "signed t2.two.test t3.two.test" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@b.two.test", "signed t2.two.test" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@by.test", "signed any.by.test" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@nokey.test", "no_key" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@short", "no_key" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@share.test",
	  "signed shared.share.test(@share.test)" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@many.test",
	  "signed t5.many.test t1.one.test t2.two.test t3.two.test" },
	{ TABLES, SUB, "127.0.0.1", "", "", "a@solo.test", "signed s.solo.test(@solo.test)" },
	{ TABLES, INB, "127.0.0.1", "", "", "a@one.test", "client known" },
	{ TABLES, INB, "192.0.2.1", "", "", "a@one.test", "signed t1.one.test" },
	{ TABLES, INB, "192.0.2.66", "", "", "a@one.test", "client known" },
	{ TABLES, INB, "203.0.113.1", "pc.lan.test", "", "a@one.test", "signed t1.one.test" },
	{ TABLES, INB, "198.51.100.1", "", "", "a@one.test", "client known trusted" },
	{ TABLES, INB, "198.51.100.2", "", "u@one.test", "a@one.test", "signed t1.one.test" },
	{ TABLES, INB, "198.51.100.2", "", "u@two.test", "a@one.test", "foreign" },
	{ ALL_TABLES, SUB, "127.0.0.1", "", "", "ceo@one.test",
	  "signed t1.one.test(ceo@one.test) t2.two.test" },
	{ ALL_TABLES, SUB, "127.0.0.1", "", "", "a@solo.test", "no_key" },
	{ FILES, SUB, "127.0.0.1", "", "", "ann@one.test", "signed t1.one.test" },
	{ FILES, SUB, "127.0.0.1", "", "", "bob@one.test", "no_key" },
	{ FILES, SUB, "127.0.0.1", "", "", "bob@two.test", "signed t2.two.test" },
	{ FILES, SUB, "127.0.0.1", "", "", "bob@b.two.test", "signed t3.two.test" },
};

static const char *choice_text(struct arena *a, const struct signing_choice *c)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "%s", signing_why_word(c->why));
	for (size_t i = 0; i < c->n; i++) {
		buf_addf(&b, " %.*s.%.*s", STR_ARG(c->sig[i].use->selector),
			 STR_ARG(c->sig[i].use->domain));
		if (c->sig[i].identity.n)
			buf_addf(&b, "(%.*s)", STR_ARG(c->sig[i].identity));
	}
	if (c->why == SIGNING_CLIENT)
		buf_addf(&b, "%s%s", c->known_domain ? " known" : "", c->trusted ? " trusted" : "");
	return arena_cstr(a, buf_str(&b));
}

static const char *decide(struct arena *a, const struct signing_config *k, size_t i)
{
	struct str profile = str_c(rows[i].profile);
	struct scan_client c = { .host = str_c(rows[i].host), .auth_user = str_c(rows[i].user) };
	struct signing_choice out;
	struct hdr_list h;
	struct from from;

	c.profile = str_cut(&profile, ' ');
	c.listener = profile;
	if (*rows[i].ip)
		assert_true(ip_parse(str_c(rows[i].ip), &c.ip));
	hdr_init(&h, a);
	if (*rows[i].from) {
		struct str rest = str_c(rows[i].from);
		hdr_add(&h, STR("From"), str_cut(&rest, '\n'));
		if (rest.n)
			hdr_add(&h, STR("From"), str_skip(rest, 6));
	}
	from_read(a, &h, &from);
	signing_decide(a, k, &(struct signing_facts){ &c, &from }, &out);
	return choice_text(a, &out);
}

static const struct signing_config *config_of(const struct scan_setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->check[i] == &check_sign)
			return s->config[i];
	return NULL;
}

static void test_decisions(void **state)
{
	struct arena *a = arena_new(0);
	const struct signing_config *k[CONFS];
	struct keys_world w;
	struct err e = { "" };

	(void)state;
	keys_open(&w);
	write_files(&w);
	for (size_t i = 0; i < CONFS; i++) {
		struct scan_setup *s = world_setup(a, checks, keys_text(&w, conf[i]), &e);
		if (!s || keys_settle(&w, s, &e) < 0)
			fail_msg("configuration %zu: %s", i, e.text);
		k[i] = config_of(s);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = decide(a, k[rows[i].conf], i);
		if (strcmp(got, rows[i].expected))
			fail_msg("row %zu, %s %s %s as %s: got \"%s\", expected \"%s\"", i,
				 rows[i].profile, rows[i].ip, rows[i].user, rows[i].from, got,
				 rows[i].expected);
	}
	keys_close(&w);
	arena_free(a);
}

/* ---- the keyring ---- */

static void ring_put(struct keys_world *w, const char *selector, enum key_type type,
		     enum key_state state)
{
	struct keyring_key k = {
		.domain = STR("one.test"), .selector = str_c(selector), .state = state, .made = 1
	};
	struct err e;
	const char *path = arena_printf(w->a, "%s/dkim/one.test/%s.key", w->dir, selector).p;
	int fd = keyring_lock(w->dir, 1000, &e);

	if (fd < 0)
		fail_msg("%s", e.text);
	k.active = state == KEY_PENDING ? 0 : 2;
	k.retiring = state == KEY_RETIRING ? 3 : 0;
	k.path = path;
	(void)mkdir(keys_text(w, "@DIR@/dkim"), 0700);
	(void)mkdir(keys_text(w, "@DIR@/dkim/one.test"), 0700);
	(void)unlink(path);
	if (sign_key_make(w->a, type, type == KEY_RSA ? 1024 : 0, path, (uid_t)-1, &k.key, &e) <
		    0 ||
	    keyring_put(w->dir, &k, &e) < 0)
		fail_msg("%s", e.text);
	keyring_unlock(fd);
}

static void test_keyring(void **state)
{
	struct arena *a = arena_new(0);
	struct keys_world w;
	struct scan_setup *s;
	struct err e;

	(void)state;
	keys_open(&w);
	s = world_setup(a, checks, "sign { use = on }", &e);
	assert_non_null(s);
	assert_int_equal(keys_settle(&w, s, &e), 0);
	assert_false(signing_changed(s));
	assert_string_equal(decide(a, config_of(s), 0), "no_key");
	ring_put(&w, "a", KEY_ED25519, KEY_ACTIVE);
	ring_put(&w, "p", KEY_RSA, KEY_PENDING);
	ring_put(&w, "r", KEY_RSA, KEY_RETIRING);
	assert_true(signing_changed(s));
	assert_string_equal(decide(a, config_of(s), 0), "no_key");
	assert_int_equal(keys_settle(&w, s, &e), 0);
	assert_false(signing_changed(s));
	assert_string_equal(decide(a, config_of(s), 0), "signed a.one.test");
	assert_true(keys_asked(&w, s, "a"));
	assert_true(keys_asked(&w, s, "p")); /* the signers are to have it before it is active */
	assert_false(keys_asked(&w, s, "r"));
	ring_put(&w, "p", KEY_RSA, KEY_ACTIVE);
	assert_true(signing_changed(s));
	assert_int_equal(keys_settle(&w, s, &e), 0);
	assert_string_equal(decide(a, config_of(s), 0), "signed a.one.test p.one.test");
	keys_close(&w);
	arena_free(a);
}

/* Keys that were asked for and did not come: what there was before signs on. */
static void test_unsettled(void **state)
{
	struct arena *a = arena_new(0);
	const char *text = "signed e1.one.test r1.one.test a.one.test";
	struct sign_file *f;
	struct keys_world w;
	struct scan_setup *s;
	struct err e;
	size_t n;

	(void)state;
	keys_open(&w);
	s = world_setup(a, checks, keys_text(&w, conf[NATIVE]), &e);
	assert_non_null(s);
	ring_put(&w, "a", KEY_ED25519, KEY_ACTIVE);
	assert_int_equal(keys_settle(&w, s, &e), 0);
	assert_string_equal(decide(a, config_of(s), 0), text);
	ring_put(&w, "p", KEY_RSA, KEY_ACTIVE);
	f = signing_files(s, w.dir, &n);
	assert_non_null(f);
	assert_string_equal(decide(a, config_of(s), 0), text);
	/* The last of the named ones cannot be had. */
	for (size_t i = 0; i < n; i++)
		sign_keys_load(w.keys, w.a, &f[i], (uid_t)-1);
	for (size_t i = 0; i < n; i++)
		if (str_iends(str_c(f[i].path), STR("/r2.key")))
			f[i].ok = false;
	assert_int_equal(signing_settled(s, &e), -1);
	assert_string_equal(decide(a, config_of(s), 0), text);
	assert_int_equal(keys_settle(&w, s, &e), 0);
	assert_string_equal(decide(a, config_of(s), 0),
			    "signed e1.one.test r1.one.test a.one.test p.one.test");
	/* The ring cannot be read for a while. */
	assert_int_equal(rename(keys_text(&w, "@DIR@/keyring"), keys_text(&w, "@DIR@/away")), 0);
	keys_file(&w, "keyring", "");
	assert_true(signing_changed(s));
	assert_int_equal(keys_settle(&w, s, &e), -1);
	assert_string_equal(decide(a, config_of(s), 0),
			    "signed e1.one.test r1.one.test a.one.test p.one.test");
	assert_int_equal(rename(keys_text(&w, "@DIR@/keyring"), keys_text(&w, "@DIR@/file")), 0);
	assert_int_equal(rename(keys_text(&w, "@DIR@/away"), keys_text(&w, "@DIR@/keyring")), 0);
	assert_int_equal(keys_settle(&w, s, &e), 0);
	assert_false(signing_changed(s));
	keys_close(&w);
	arena_free(a);
}

/* ---- what came through hosts of ours ---- */

#define OUTSIDE "Received: from x.test (x.test [203.0.113.9]) by mx.test with ESMTP id 1\n"
#define SAID "Authentication-Results: mx.test; dmarc="
#define BELOW "Received: from z.test (z.test [203.0.113.10]) by gw.test with ESMTPA id 2\n"

static const struct {
	const char *profile, *headers, *expected;
} came[] = {
	/* comes back from a filter */
	{ "reinjection", "", "signed" },
	{ "reinjection", "Received: from pc (pc [10.1.2.3]) by mx.test with ESMTP id 1\n",
	  "signed" },
	{ "reinjection", "Received: from pc (pc [203.0.113.9]) by mx.test with ESMTPSA id 1\n",
	  "signed" },
	{ "reinjection", OUTSIDE, "dmarc" },
	{ "reinjection", SAID "none header.from=one.test\n" OUTSIDE, "dmarc" },
	{ "reinjection", SAID "temperror header.from=one.test\n" OUTSIDE, "dmarc" },
	{ "reinjection", SAID "fail header.from=one.test\n" OUTSIDE, "dmarc" },
	{ "reinjection", SAID "fail header.from=one.test\n", "dmarc" },
	{ "reinjection", SAID "pass header.from=one.test\n" OUTSIDE, "signed" },
	{ "reinjection", "Authentication-Results: other.test; dmarc=pass\n" OUTSIDE, "dmarc" },
	{ "reinjection", "X-Spam-Flag: YES\n", "spam" },
	{ "reinjection", "X-Spam-Flag: no\nx-spam-flag:yes\n", "spam" },
	{ "reinjection", "X-Spam-Flag: NO\n", "signed" },
	{ "inbound", "X-Spam-Flag: YES\n", "signed" },
	/* from a host of ours */
	{ "inbound", BELOW, "signed" },
	{ "inbound", OUTSIDE BELOW, "dmarc" },
	{ "inbound",
	  "Received: from pop.test [203.0.113.9] by localhost with POP3 (fetchmail-6.4.37) for "
	  "<a@localhost> (single-drop)\n" BELOW,
	  "dmarc" },
	{ "inbound", "Received: from imap.test by localhost with IMAP (fetchmail)\n" BELOW,
	  "dmarc" },
	{ "inbound", "Received: from www-data by gw.test with local (Exim 4.96) id 1\n", "signed" },
	{ "inbound", "Received: by gw.test (Postfix, from userid 33) id 1\n", "signed" },
	{ "inbound",
	  "Received: from h (pc.lan.test [203.0.113.9]) by gw.test with ESMTP id 1\n" BELOW,
	  "signed" },
	{ "inbound",
	  "Received: from h (pc.lan.test [203.0.113.9] (may be forged)) by gw.test with ESMTP id "
	  "1\n" BELOW,
	  "dmarc" },
};

/* What becomes of a message of ours with those fields and more fields "X". */
static void came_one(struct world *w, const char *profile, const char *headers, size_t more,
		     const char *expected)
{
	struct scan *s = world_scan(w, profile);
	const char *got;
	size_t n = 0;

	s->client.listener = STR("lists");
	scan_mail(s, STR("<a@one.test>"));
	scan_rcpt(s, STR("<b@far.test>"));
	world_headers(s, headers);
	world_headers(s, "From: a@one.test\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n");
	for (size_t i = 0; i < more; i++)
		scan_header(s, STR("X"), STR(" y"));
	scan_eoh(s);
	scan_body(s, STR("text\r\n"));
	w->done = 0;
	scan_eom(s, world_done, w);
	if (!w->done)
		world_wait(w);
	got = check_sign.word(s);
	if (!got || strcmp(got, expected))
		fail_msg("%s, %s: got \"%s\"", profile, headers, got ? got : "-");
	assert_int_equal(s->verdict.action, ACT_ACCEPT);
	for (size_t i = 0; i < s->verdict.edits.n; i++)
		n += str_eq(s->verdict.edits.p[i].name, STR("DKIM-Signature"));
	assert_int_equal(n, strcmp(expected, "signed") == 0 ? 2 : 0);
	scan_free(s);
}

static void test_came(void **state)
{
	struct keys_world k;
	struct world w;
	struct err e;

	(void)state;
	keys_open(&k);
	write_files(&k);
	world_open(&w, checks,
		   keys_text(&k, "auth { authserv_id = \"mx.test\" }\n"
				 "sign { use = on listeners = {\"lists\"} on_failure = tempfail "
				 "internal_hosts = \"@DIR@/InternalHosts\" }\n" ONE),
		   "");
	assert_int_equal(keys_settle(&k, w.setup, &e), 0);
	w.env.signer = sign_client_local(w.loop, k.keys);
	for (size_t i = 0; i < sizeof came / sizeof *came; i++)
		came_one(&w, came[i].profile, came[i].headers, 0, came[i].expected);
	/* The signer is not to blame, and would say the same the next time. */
	came_one(&w, "submission", "", 2 * HDR_MAX_FIELDS + HDR_MAX_GONE, "form");
	sign_client_free(w.env.signer);
	world_close(&w);
	keys_close(&k);
}

/* ---- the author of a list's mail ---- */

/* Whether mail of a stranger, who names an address of ours in List-Post and in the envelope, leaves
 * in its name. */
static bool munged(struct world *w, const char *profile, const char *ip, const char *listener)
{
	struct scan *s = world_scan(w, profile);
	bool on = false;

	assert_true(ip_parse(str_c(ip), &s->client.ip));
	s->client.listener = str_c(listener);
	scan_mail(s, STR("<x@one.test>"));
	scan_rcpt(s, STR("<b@far.test>"));
	world_headers(s, "From: e@strict.test\nList-Post: <mailto:ceo@one.test>\n");
	scan_eoh(s);
	w->done = 0;
	scan_eom(s, world_done, w);
	if (!w->done)
		world_wait(w);
	for (size_t i = 0; i < s->verdict.edits.n; i++)
		on |= str_eq(s->verdict.edits.p[i].name, STR("From"));
	scan_free(s);
	return on;
}

static void test_munged(void **state)
{
	struct keys_world k;
	struct world w;
	struct err e;

	(void)state;
	keys_open(&k);
	world_open(&w, checks,
		   keys_text(&k, "sign { use = on listeners = {\"lists\"} }\n"
				 "dmarc { reject = accept }\n"
				 "seal { use = on domain = \"one.test\" munge_from = on "
				 "recipients = {\"far.test\"} }\n" ONE),
		   "_dmarc.strict.test TXT \"v=DMARC1; p=reject\"\n");
	assert_int_equal(keys_settle(&k, w.setup, &e), 0);
	w.env.signer = sign_client_local(w.loop, k.keys);
	assert_false(munged(&w, "inbound", "203.0.113.9", ""));
	assert_false(munged(&w, "inbound", "203.0.113.9", "other"));
	assert_true(munged(&w, "inbound", "203.0.113.9", "lists"));
	assert_true(munged(&w, "inbound", "127.0.0.1", ""));
	assert_true(munged(&w, "reinjection", "203.0.113.9", ""));
	sign_client_free(w.env.signer);
	world_close(&w);
	keys_close(&k);
}

/* ---- what is refused ---- */

static const struct {
	const char *conf, *table, *signing, *fault; /* in setup, or when keys are there */
} refused[] = {
	{ "sign_domain \"one.test\" { keys = {\"@DIR@/e.key\"} }", NULL, NULL,
	  "test.conf:2: keys: found \"@DIR@/e.key\", expected SELECTOR=FILE, with a selector of "
	  "letters, digits, \"-\", \"_\" and \".\"" },
	{ "sign_domain \"one.test\" { keys = {\"a=/x\", \"b=/x\", \"c=/x\", \"d=/x\", \"e=/x\"} }",
	  NULL, NULL, "test.conf:2: keys: more than 4 keys" },
	{ "sign_domain \"one.test\" { keys = {\"s=\"} }", NULL, NULL,
	  "test.conf:2: keys: found \"s=\", expected SELECTOR=FILE, with a file" },
	{ "sign_domain \"no..domain\" { keys = {\"s=/x\"} }", NULL, NULL,
	  "test.conf:2: sign_domain: found \"no..domain\", expected a domain as title" },
	{ "sign_domain \"one.test\" { keys = {\"s=/x\", \"S=/y\"} }", NULL, NULL,
	  "test.conf:2: keys: two keys of selector s" },
	{ "sign_domain \"localdomain\" { keys = {\"s=@DIR@/e.key\"} }", NULL, NULL,
	  "test.conf:2: keys: s._domainkey.localdomain: no signature can name that (a domain of "
	  "two "
	  "labels, names that DNS can hold)" },
	{ "sign_domain \"one.test\" { keys = {\"a-=@DIR@/e.key\"} }", NULL, NULL,
	  "test.conf:2: keys: a-._domainkey.one.test: no signature can name that (a domain of two "
	  "labels, names that DNS can hold)" },
	{ "sign_domain \"one.test\" { keys = {\"s=/x\"} identity = \"a@two.test\" }", NULL, NULL,
	  "test.conf:2: identity: found \"a@two.test\", expected an address or \"@domain\" at or "
	  "below one.test" },
	{ "sign_domain \"one.test\" { keys = {\"s=@DIR@/none.key\"} }", NULL, NULL,
	  "test.conf:2: @DIR@/none.key: cannot be opened: No such file or directory" },
	{ "sign { senders = \"@DIR@/none\" }", NULL, NULL,
	  "test.conf:2: sign.senders: @DIR@/none: No such file or directory" },
	{ "sign { login_domain = \"a b\" }", NULL, NULL,
	  "test.conf:2: sign.login_domain: found \"a b\", expected a domain" },
	{ "sign { networks = {\"127.0.0.1/33\"} }", NULL, NULL,
	  "test.conf:2: sign.networks: found \"127.0.0.1/33\", expected an address or a network" },
	{ "sign { key_table = \"@DIR@/KT\" }", "k one.test:s:@DIR@/e.key\n", NULL,
	  "test.conf:2: sign.key_table and sign.signing_table go together" },
	{ "sign { key_table = \"@DIR@/KT\" signing_table = \"@DIR@/ST\" }",
	  "k one.test:s:@DIR@/e.key\n", "# one\none.test other\n",
	  "@DIR@/ST:2: there is no key \"other\" in @DIR@/KT" },
	{ "sign { key_table = \"@DIR@/KT\" signing_table = \"@DIR@/ST\" }",
	  "k one.test:s:@DIR@/e.key\n", "one.test k,other\n",
	  "@DIR@/ST:1: there is no key \"other\" in @DIR@/KT" },
	{ "sign { key_table = \"@DIR@/KT\" signing_table = \"@DIR@/ST\" }",
	  "k one.test:s:@DIR@/e.key\n", "one.test\n", "@DIR@/ST:1: no key is named" },
	{ "sign { key_table = \"@DIR@/KT\" signing_table = \"@DIR@/ST\" }", "\nk one.test\n",
	  "one.test k\n", "@DIR@/KT:2: no selector (expected domain:selector:key)" },
	{ "sign { key_table = \"@DIR@/KT\" signing_table = \"@DIR@/ST\" }",
	  "k one.test:s:@DIR@/none\n", "one.test k\n",
	  "@DIR@/KT:1: @DIR@/none: cannot be opened: No such file or directory" },
	{ "sign { key_table = \"@DIR@/KT\" signing_table = \"@DIR@/ST\" }",
	  "k one.test:s:-----BEGIN PRIVATE KEY-----\n", "one.test k\n",
	  "@DIR@/KT:1: a private key stands in the table itself, where more than the signer can "
	  "read it: write it to a file and name that" },
	{ "sign { key_table = \"dsn:mysql://x\" }", NULL, NULL,
	  "test.conf:2: sign.key_table: data sets of the kind dsn: are not read; write the table "
	  "into a text file and name it as file: or refile:" },
	{ "seal { use = on }", NULL, NULL,
	  "test.conf:2: seal.domain: found \"\", expected a domain" },
	{ "seal { use = on domain = \"one.test\" key = \"@DIR@/r.key\" }", NULL, NULL,
	  "test.conf:2: seal.selector: found \"\", expected a selector of letters, digits, \"-\", "
	  "\"_\" and \".\"" },
	{ "seal { use = on domain = \"one.test\" selector = s key = \"@DIR@/e.key\" }", NULL, NULL,
	  "test.conf:2: seal.key: @DIR@/e.key: seals want an RSA key (RFC 8617 4.1.1)" },
	{ "seal { use = on domain = \"localdomain\" }", NULL, NULL,
	  "test.conf:2: seal.domain: found \"localdomain\", expected a domain of two labels at "
	  "least" },
	{ "seal { use = on domain = \"one.test\" recipients = {\"a b\"} }", NULL, NULL,
	  "test.conf:2: seal.recipients: found \"a b\", expected an address, a domain or a path" },
	{ "seal { use = on domain = \"one.test\" munge_address = \"list\" }", NULL, NULL,
	  "test.conf:2: seal.munge_address: found \"list\", expected an address" },
};

static void test_refused(void **state)
{
	struct keys_world w;

	(void)state;
	keys_open(&w);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct arena *a = arena_new(0);
		const char *text = keys_text(
			&w, arena_printf(a, "sign { use = on }\n%s\n", refused[i].conf).p);
		struct scan_setup *s;
		struct err e = { "nothing" };

		keys_file(&w, "KT", refused[i].table ? refused[i].table : "");
		keys_file(&w, "ST", refused[i].signing ? refused[i].signing : "");
		s = world_setup(a, checks, text, &e);
		if (s && keys_settle(&w, s, &e) == 0)
			fail_msg("%s: not refused", refused[i].conf);
		if (strcmp(e.text, keys_text(&w, refused[i].fault)))
			fail_msg("%s: got \"%s\"", refused[i].conf, e.text);
		arena_free(a);
	}
	keys_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions), cmocka_unit_test(test_keyring),
		cmocka_unit_test(test_unsettled), cmocka_unit_test(test_came),
		cmocka_unit_test(test_munged),	  cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
