/* Address lists: the grammar with its obsolete forms, and every trick known to be played with it.
 */
#include "lib/test.h"

#include <time.h>

#include "base/buf.h"
#include "mail/addr.h"

#define F(n) ADDR_F_##n
#define SYN ADDR_F_SYNTAX
#define SPLIT (ADDR_F_OBSOLETE | ADDR_F_SPLIT)

struct row {
	struct str in;
	const char *boxes; /* "display|local|domain" of each, "; " between */
	unsigned flags;
	size_t groups;
	size_t at; /* with SYN */
};

static const struct row grammar[] = {
	{ STR("a@b.example"), "|a|b.example" },
	{ STR(" a@b.example \r\n "), "|a|b.example" },
	{ STR("<a@b>"), "|a|b" },
	{ STR("Joe <a@b>"), "Joe|a|b" },
	{ STR("Joe  Q\r\n Public<a@b>"), "Joe Q Public|a|b" },
	{ STR("\"Joe, Q. \\\"Public\\\"\" <a@b>"), "Joe, Q. \"Public\"|a|b" },
	{ STR("\"Joe\"\"Public\" <a@b>"), "Joe Public|a|b" },
	{ STR("\"Joe\r\n Public\" <a@b>"), "Joe Public|a|b" },
	{ STR("\"\" <a@b>"), "|a|b" },
	{ STR("a.b.c@d.e"), "|a.b.c|d.e" },
	{ STR("!#$%&'*+-/=?^_`{|}~@x"), "|!#$%&'*+-/=?^_`{|}~|x", F(ENCODED_WORD_ADDR) },
	{ STR("a@b, c@d ,e@f"), "|a|b; |c|d; |e|f" },
	{ STR("\"a\"@b"), "|a|b", F(QUOTED_LOCAL) },
	{ STR("\"a b\"@b"), "|a b|b", F(QUOTED_LOCAL) },
	{ STR("\"\"@b"), "||b", F(QUOTED_LOCAL) },
	{ STR("a@[192.0.2.1]"), "|a|[192.0.2.1]", F(LITERAL) },
	{ STR("a@[ IPv6:2001:db8::1 ]"), "|a|[IPv6:2001:db8::1]", F(LITERAL) },
	{ STR("a@[x\\]\\\\]"), "|a|[x]\\]", F(LITERAL) },
	/* comments (3.2.2) */
	{ STR("a@b (Joe)"), "|a|b", F(COMMENT) },
	{ STR("(x@good.example) a@b"), "|a|b", F(COMMENT) },
	{ STR("Joe (the (nested\\)) one) <a@b> (z)"), "Joe|a|b", F(COMMENT) },
	{ STR("(\r\n fold)a@b"), "|a|b", F(COMMENT) },
	{ STR("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
	  "Pete|pete|silly.test", F(COMMENT) | SPLIT },
	{ STR("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
	      "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of "
	      "the group)"),
	  "Chris Jones|c|public.example; |joe|example.org; John|jdoe|one.test",
	  F(COMMENT) | F(GROUP) | SPLIT, 1 },
	/* groups (3.4) */
	{ STR("undisclosed-recipients:;"), "", F(GROUP), 1 },
	{ STR("Undisclosed recipients: (x);"), "", F(GROUP) | F(COMMENT), 1 },
	{ STR("g:a@b;"), "|a|b", F(GROUP), 1 },
	{ STR("g.h:a@b;"), "|a|b", F(GROUP) | F(OBSOLETE), 1 },
	{ STR("g:a@b,c@d;, h:;, e@f"), "|a|b; |c|d; |e|f", F(GROUP), 2 },
	{ STR("\"g@h\":a@b;"), "|a|b", F(GROUP), 1 },
	{ STR("g:h:a@b;;"), "", SYN | F(GROUP), 1, 3 },
	{ STR("g:a@b"), "|a|b", SYN | F(GROUP), 1, 5 },
	{ STR("g:a@b;c@d"), "|a|b", SYN | F(GROUP), 1, 6 },
	{ STR("g:a@b; c"), "|a|b", SYN | F(GROUP), 1, 7 },
	{ STR(":a@b;"), "", SYN, 0, 0 },
	{ STR("a@b;"), "|a|b", SYN, 0, 3 },
	{ STR("g:;;"), "", SYN | F(GROUP), 1, 3 },
	{ STR("a@b:c@d;"), "|a|b", SYN, 0, 3 },
	/* obsolete forms (4.4) */
	{ STR("John Q. Public <a@b>"), "John Q. Public|a|b", F(OBSOLETE) },
	{ STR("J.Q.Public <a@b>"), "J.Q.Public|a|b", F(OBSOLETE) },
	{ STR(". <a@b>"), "", SYN | F(OBSOLETE), 0, 2 },
	{ STR("a @ b"), "|a|b", SPLIT },
	{ STR("a . b@c . d"), "|a.b|c.d", SPLIT },
	{ STR("a@b\r\n .c"), "|a|b.c", SPLIT },
	{ STR("\"a\".b@c"), "|a.b|c", F(QUOTED_LOCAL) },
	{ STR("a.\"b\"@c"), "|a.b|c", F(QUOTED_LOCAL) },
	{ STR("<@a,@b:c@d>"), "|c|d", F(ROUTE) | F(OBSOLETE) },
	{ STR("Joe <,, @a , @b :c@d>"), "Joe|c|d", F(ROUTE) | F(OBSOLETE) },
	{ STR(",a@b,,c@d,"), "|a|b; |c|d", F(OBSOLETE) },
	{ STR("g:,a@b,;"), "|a|b", F(OBSOLETE) | F(GROUP), 1 },
	/* nothing there */
	{ STR(""), "" },
	{ STR(" \r\n "), "" },
	{ STR("(only a comment)"), "", F(COMMENT) },
	{ STR(","), "", F(OBSOLETE) },
	/* no domain */
	{ STR("root"), "|root|", F(NO_DOMAIN) },
	{ STR("root (Cron Daemon)"), "|root|", F(NO_DOMAIN) | F(COMMENT) },
	{ STR("Cron <root>"), "Cron|root|", F(NO_DOMAIN) },
	/* octets over 127 (RFC 6532) */
	{ STR("J\xc3\xb6rg <j\xc3\xb6rg@b\xc3\xbc"
	      "cher.example>"),
	  "J\xc3\xb6rg|j\xc3\xb6rg|b\xc3\xbc"
	  "cher.example",
	  F(8BIT) },
	{ STR("J\xf6rg <a@b>"), "J\xf6rg|a|b", F(8BIT) | F(INVALID_UTF8) },
	{ STR("\xed\xa0\x80 <a@b>"), "\xed\xa0\x80|a|b", F(8BIT) | F(INVALID_UTF8) },
	{ STR("\"\xc0\xbc\" <a@b>"), "\xc0\xbc|a|b", F(8BIT) | F(INVALID_UTF8) },
	{ STR("a@b\xff"), "|a|b\xff", F(8BIT) | F(INVALID_UTF8) },
	/* encoded words are not decoded here */
	{ STR("=?utf-8?q?a=40good?= <a@b>"), "=?utf-8?q?a=40good?=|a|b" },
};

static const struct row tricks[] = {
	/* two @ */
	{ STR("a@good@evil"), "|a|good", SYN, 0, 6 },
	{ STR("<a@good@evil>"), "|a|good", SYN, 0, 7 },
	{ STR("a@@b"), "", SYN, 0, 2 },
	/* A9: several authors, one of them hidden */
	{ STR("a@good, b@evil"), "|a|good; |b|evil" },
	{ STR("\"a@good,\" <b@evil>"), "a@good,|b|evil" },
	/* A10: the address inside an encoded word */
	{ STR("=?utf-8?q?a=40good?="), "|=?utf-8?q?a=40good?=|",
	  F(NO_DOMAIN) | F(ENCODED_WORD_ADDR) },
	{ STR("=?utf-8?b?YUBnb29k?=@evil"), "|=?utf-8?b?YUBnb29k?=|evil", F(ENCODED_WORD_ADDR) },
	{ STR("<a@=?utf-8?q?good?=>"), "|a|=?utf-8?q?good?=", F(ENCODED_WORD_ADDR) },
	{ STR("=?utf-8?b?PGFAZ29vZD4=?=, <b@evil>"), "|=?utf-8?b?PGFAZ29vZD4=?=|; |b|evil",
	  F(NO_DOMAIN) | F(ENCODED_WORD_ADDR) },
	{ STR("=?utf-8?b?PGFAZ29vZD4=?=<b@evil>"), "=?utf-8?b?PGFAZ29vZD4=?=|b|evil" },
	/* A11: a source route */
	{ STR("<@good:b@evil>"), "|b|evil", F(ROUTE) | F(OBSOLETE) },
	{ STR("<@good,@any:b@evil>"), "|b|evil", F(ROUTE) | F(OBSOLETE) },
	{ STR("<@good b@evil>"), "", SYN | F(ROUTE) | F(OBSOLETE), 0, 7 },
	{ STR("@good:b@evil"), "", SYN, 0, 0 },
	{ STR("<a@good:b@evil>"), "|a|good", SYN, 0, 7 },
	{ STR("<@:b@evil>"), "", SYN | F(ROUTE) | F(OBSOLETE), 0, 2 },
	/* A12: quoted pairs */
	{ STR("<a@good>\\,<b@evil>"), "|a|good", SYN, 0, 8 },
	{ STR("a\\@good@evil"), "", SYN, 0, 1 },
	{ STR("\"a\\@good\"@evil"), "|a@good|evil", F(QUOTED_LOCAL) | F(SPLIT) },
	{ STR("\"<a@good>\\\"\" <b@evil>"), "<a@good>\"|b|evil" },
	{ STR("\"a@good\\\" <b@evil>"), "", SYN, 0, 0 },
	{ STR("\"a\\"), "", SYN, 0, 3 },
	/* A13: which one counts */
	{ STR("<a@good>b@evil"), "|a|good", SYN, 0, 8 },
	{ STR("a@good<b@evil>"), "|a|good", SYN, 0, 6 },
	{ STR("a@good <b@evil>"), "|a|good", SYN, 0, 7 },
	{ STR("<a@good><b@evil>"), "|a|good", SYN, 0, 8 },
	{ STR("<a@good> <b@evil>"), "|a|good", SYN, 0, 9 },
	{ STR("<a@good> junk"), "|a|good", SYN, 0, 9 },
	{ STR("<a@good> \"junk\""), "|a|good", SYN, 0, 9 },
	{ STR("Joe <a@good"), "Joe|a|good", SYN, 0, 11 },
	{ STR("Joe <<a@good>>"), "", SYN, 0, 5 },
	{ STR("Joe <<a@good>, b@evil>"), "", SYN, 0, 5 },
	{ STR("<a@good<b@evil>>"), "|a|good", SYN, 0, 7 },
	{ STR("<>"), "", SYN, 0, 1 },
	{ STR("Joe <> a@good"), "", SYN, 0, 5 },
	{ STR("a@good>"), "|a|good", SYN, 0, 6 },
	{ STR(">a@good"), "", SYN, 0, 0 },
	{ STR("Joe a@good"), "", SYN, 0, 5 },
	{ STR("Joe Q"), "", SYN, 0, 5 },
	{ STR("a@b c@d"), "|a|b", SYN, 0, 4 },
	{ STR("a b@c"), "", SYN, 0, 3 },
	{ STR("a@good;b@evil"), "|a|good", SYN, 0, 6 },
	{ STR("\"a@good\"@evil"), "|a@good|evil", F(QUOTED_LOCAL) | F(SPLIT) },
	{ STR("\"a@good> \"@evil"), "|a@good> |evil", F(QUOTED_LOCAL) | F(SPLIT) },
	{ STR("\"a@good\" <b@evil>"), "a@good|b|evil" },
	{ STR("\"<a@good>\" <b@evil>"), "<a@good>|b|evil" },
	{ STR("\"a@good"), "", SYN, 0, 0 },
	/* comments inside the address */
	{ STR("a@evil(.good).example"), "|a|evil.example", F(COMMENT) | SPLIT },
	{ STR("a@good(.evil.example"), "", SYN, 0, 6 },
	{ STR("a@good.example(.evil.example)"), "|a|good.example", F(COMMENT) },
	{ STR("<a@good.example(.evil.example)>"), "|a|good.example", F(COMMENT) | F(SPLIT) },
	{ STR("<(a@good)b@evil>"), "|b|evil", F(COMMENT) | F(SPLIT) },
	{ STR("a(@good)@evil"), "|a|evil", F(COMMENT) | SPLIT },
	{ STR("a@(good.)evil"), "|a|evil", F(COMMENT) | SPLIT },
	{ STR("(<a@good>) b@evil"), "|b|evil", F(COMMENT) },
	{ STR("a@good)"), "|a|good", SYN, 0, 6 },
	{ STR("(a@good"), "", SYN, 0, 0 },
	{ STR("(a\\"), "", SYN, 0, 3 },
	/* folds in every place, and line ends that are no folds */
	{ STR("\r\n a\r\n @\r\n b\r\n ,\r\n c@d\r\n "), "|a|b; |c|d", SPLIT },
	{ STR("Joe\r\n <\r\n a@b\r\n >"), "Joe|a|b" },
	{ STR("a@good\r\nb@evil"), "|a|good", SYN | F(CONTROL), 0, 6 },
	{ STR("a@good\rb@evil"), "|a|good", SYN | F(CONTROL), 0, 6 },
	{ STR("(a\rb) c@d"), "", SYN | F(CONTROL), 0, 2 },
	{ STR("\"a\r\nb\" <c@d>"), "", SYN | F(CONTROL), 0, 2 },
	/* NUL and other controls; legal in quotes and comments (4.1), and said so */
	{ STR("a@good\0@evil"), "|a|good", SYN | F(CONTROL), 0, 6 },
	{ STR("a@good\0"), "|a|good", SYN | F(CONTROL), 0, 6 },
	{ STR("\0a@good"), "", SYN | F(CONTROL), 0, 0 },
	{ STR("<a@good\0>"), "|a|good", SYN | F(CONTROL), 0, 7 },
	{ STR("\"a\0b\" <c@d>"), "a\0b|c|d", F(CONTROL) },
	{ STR("c@d (\x01)"), "|c|d", F(CONTROL) | F(COMMENT) },
	{ STR("\"a\x7f\"@b"), "|a\x7f|b", F(CONTROL) | F(QUOTED_LOCAL) },
	{ STR("a@b\x08"), "|a|b", SYN | F(CONTROL), 0, 3 },
	/* dots */
	{ STR(".a@b"), "", SYN, 0, 2 },
	{ STR("a.@b"), "", SYN, 0, 2 },
	{ STR("a..b@c"), "", SYN, 0, 4 },
	{ STR("a@.b"), "", SYN, 0, 2 },
	{ STR("a@b."), "", SYN, 0, 4 },
	{ STR("a@b..c"), "", SYN, 0, 4 },
	{ STR("@b"), "", SYN, 0, 0 },
	{ STR("a@"), "", SYN, 0, 2 },
	{ STR("<a@>"), "", SYN, 0, 3 },
	{ STR("\"a\"\"b\"@c"), "", SYN, 0, 6 },
	{ STR("a\"b\"@c"), "", SYN, 0, 4 },
	{ STR("a@\"b\""), "", SYN, 0, 2 },
	/* literals */
	{ STR("a@[1"), "", SYN | F(LITERAL), 0, 2 },
	{ STR("a@[[1]]"), "", SYN | F(LITERAL), 0, 3 },
	{ STR("a@[1]b"), "|a|[1]", SYN | F(LITERAL), 0, 5 },
	{ STR("a@b[1]"), "|a|b", SYN, 0, 3 },
	{ STR("a@[1].good"), "|a|[1]", SYN | F(LITERAL), 0, 5 },
	/* what comes after a fault is not looked at */
	{ STR("a@b, c@, e@f"), "|a|b", SYN, 0, 7 },
	/* what looks like "@" */
	{ STR("a\xef\xbc\xa0"
	      "good@evil"),
	  "|a\xef\xbc\xa0"
	  "good|evil",
	  F(8BIT) | F(SPLIT) },
	{ STR("a\xef\xb9\xab"
	      "good@evil"),
	  "|a\xef\xb9\xab"
	  "good|evil",
	  F(8BIT) | F(SPLIT) },
	{ STR("a\xef\xbc\xa0"
	      "good"),
	  "|a\xef\xbc\xa0"
	  "good|",
	  F(8BIT) | F(SPLIT) | F(NO_DOMAIN) },
	/* not white space, though it looks so: part of the name it stands in */
	{ STR("a@good\xc2\xa0"), "|a|good\xc2\xa0", F(8BIT) },
	{ STR("a@good\xef\xbc\x8c b@evil"), "|a|good\xef\xbc\x8c", SYN | F(8BIT), 0, 10 },
};

static struct str show(struct arena *a, const struct addr_list *l)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < l->v.n; i++) {
		const struct mailbox *m = &l->v.p[i];
		buf_add(&b, i ? STR("; ") : STR(""));
		buf_add(&b, m->display);
		buf_addc(&b, '|');
		buf_add(&b, m->local);
		buf_addc(&b, '|');
		buf_add(&b, m->domain);
	}
	return buf_str(&b);
}

static void check(const struct row *t)
{
	struct arena *a = arena_new(0);
	struct addr_list l;
	struct str got, raw;
	unsigned of_boxes = 0;

	addr_parse(a, t->in, &l);
	got = show(a, &l);
	/* an expected NUL ends the C string */
	got.n = str_chr(got, '\0') == SIZE_MAX ? got.n : strlen(t->boxes);
	if (!str_eq(got, str_c(t->boxes)) || l.flags != t->flags || l.groups != t->groups ||
	    l.at != t->at)
		fail_msg("\"%.*s\": got \"%.*s\" flags %#x groups %zu at %zu, expected \"%s\" %#x "
			 "%zu %zu",
			 STR_ARG(t->in), STR_ARG(got), l.flags, l.groups, l.at, t->boxes, t->flags,
			 t->groups, t->at);
	for (size_t i = 0; i < l.v.n; i++) {
		raw = l.v.p[i].raw;
		of_boxes |= l.v.p[i].flags;
		assert_true(raw.p >= t->in.p && raw.p + raw.n <= t->in.p + t->in.n);
	}
	assert_int_equal(of_boxes & ~l.flags, 0);
	arena_free(a);
}

static void test_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof grammar / sizeof *grammar; i++)
		check(&grammar[i]);
}

static void test_tricks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++)
		check(&tricks[i]);
}

/* Flags and octets belong to the mailbox they stand in. */
static void test_per_mailbox(void **state)
{
	struct arena *a = arena_new(0);
	struct addr_list l;

	(void)state;
	addr_parse(a, STR("Joe. X <a@b> (c) , \"q\"@[1],\xc3\xbc <x>"), &l);
	assert_int_equal(l.v.n, 3);
	assert_int_equal(l.v.p[0].flags, F(OBSOLETE) | F(COMMENT));
	assert_str(l.v.p[0].raw, "Joe. X <a@b> (c)");
	assert_int_equal(l.v.p[1].flags, F(QUOTED_LOCAL) | F(LITERAL));
	assert_str(l.v.p[1].raw, "\"q\"@[1]");
	assert_int_equal(l.v.p[2].flags, F(8BIT) | F(NO_DOMAIN));
	assert_str(l.v.p[2].raw, "\xc3\xbc <x>");
	arena_free(a);
}

/* A NUL survives in what is quoted. */
static void test_nul(void **state)
{
	struct arena *a = arena_new(0);
	struct addr_list l;

	(void)state;
	addr_parse(a, STR("\"a\0b\" <\"\\\0\"@d>"), &l);
	assert_true(str_eq(l.v.p[0].display, STR("a\0b")));
	assert_true(str_eq(l.v.p[0].local, STR("\0")));
	arena_free(a);
}

static void nested(struct buf *b, unsigned depth)
{
	b->n = 0;
	for (unsigned i = 0; i < depth; i++)
		buf_addc(b, '(');
	for (unsigned i = 0; i < depth; i++)
		buf_addc(b, ')');
	buf_add(b, STR("a@b"));
}

static void test_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct addr_list l;

	(void)state;
	nested(&b, ADDR_MAX_COMMENT_DEPTH);
	addr_parse(a, buf_str(&b), &l);
	assert_int_equal(l.flags, F(COMMENT));
	nested(&b, ADDR_MAX_COMMENT_DEPTH + 1);
	addr_parse(a, buf_str(&b), &l);
	assert_true(l.flags & F(LIMIT) && l.flags & SYN);
	assert_int_equal(l.v.n, 0);
	nested(&b, 20000);
	addr_parse(a, buf_str(&b), &l);
	assert_true(l.flags & F(LIMIT));
	b.n = 0;
	for (unsigned i = 0; i < ADDR_MAX_MAILBOXES; i++)
		buf_add(&b, STR(",a@b"));
	addr_parse(a, str_skip(buf_str(&b), 1), &l);
	assert_int_equal(l.v.n, ADDR_MAX_MAILBOXES);
	assert_int_equal(l.flags, 0);
	buf_add(&b, STR(",a@b"));
	addr_parse(a, str_skip(buf_str(&b), 1), &l);
	assert_int_equal(l.v.n, ADDR_MAX_MAILBOXES);
	assert_int_equal(l.flags, F(LIMIT));
	arena_free(a);
}

/* What costs more than its length shows here: 64 KiB of each may take milliseconds, not seconds. */
static void test_hostile(void **state)
{
	static const char *const units[] = { "(",     "()",	     "\"",   "\\",     "\"a\" ",
					     "a.",    "a .",	     "<",    "<@a,",   "<@a:b@c>,",
					     "a@b,",  "a@\xc3\xbc,", "g:;,", "a@[1],", "=?",
					     "\r\n ", "(a)",	     "\xff", "\r" };
	static char big[65536];
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		struct arena *a = arena_new(0);
		size_t n = strlen(units[i]);
		struct addr_list l;
		for (size_t k = 0; k + n <= sizeof big; k += n)
			memcpy(big + k, units[i], n);
		addr_parse(a, str_of(big, sizeof big), &l);
		assert_true(l.v.n <= ADDR_MAX_MAILBOXES);
		assert_true(arena_used(a) < 16 * sizeof big);
		arena_free(a);
	}
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

static void test_path(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		bool ok;
		const char *local, *domain;
		unsigned flags;
	} t[] = {
		{ STR(""), true, "", "" },
		{ STR("<>"), true, "", "" },
		{ STR("<a@b.example>"), true, "a", "b.example" },
		{ STR("a@b.example"), true, "a", "b.example" },
		{ STR("<postmaster>"), true, "postmaster", "", F(NO_DOMAIN) },
		{ STR("<@x,@y:a@b>"), true, "a", "b", F(ROUTE) },
		{ STR("<\"a b\"@c>"), true, "a b", "c", F(QUOTED_LOCAL) },
		{ STR("<\"a@b\\\"\"@c>"), true, "a@b\"", "c", F(QUOTED_LOCAL) },
		{ STR("<a@good@evil>"), true, "a@good", "evil", F(SYNTAX) },
		{ STR("<a..b.@c>"), true, "a..b.", "c" },
		{ STR("<a@[192.0.2.1]>"), true, "a", "[192.0.2.1]", F(LITERAL) },
		{ STR("<a@[IPv6:::1]>"), true, "a", "[IPv6:::1]", F(LITERAL) },
		{ STR("<\xc3\xbc@\xc3\xbc.example>"), true, "\xc3\xbc", "\xc3\xbc.example",
		  F(8BIT) },
		{ STR("<a+b=c@d>"), true, "a+b=c", "d" },
		{ STR("<a@b"), false },
		{ STR("a@b>"), false },
		{ STR("<"), false },
		{ STR(">"), false },
		{ STR("<<a@b>>"), false },
		{ STR("<a@>"), false },
		{ STR("<@b>"), false },
		{ STR("<@x:>"), true, "", "", F(ROUTE) | F(NO_DOMAIN) },
		{ STR("<x:a@b>"), false },
		{ STR("<@:a@b>"), false },
		{ STR(" a@b"), false },
		{ STR("<a@b> "), false },
		{ STR("<a b@c>"), false },
		{ STR("<a@b c>"), false },
		{ STR("<a@b\0>"), false },
		{ STR("<a\0@b>"), false },
		{ STR("<\"a\0\"@b>"), false },
		{ STR("<\"a\r\n\"@b>"), false },
		{ STR("<\"a\\\n\"@b>"), false },
		{ STR("<a@good(.evil)>"), false },
		{ STR("<(any@good>"), false },
		{ STR("<a@b;c>"), false },
		{ STR("<a@\"b\">"), false },
		{ STR("<\"a@b>"), false },
		{ STR("<\"a\\\"@b>"), false },
		{ STR("<a\\@b@c>"), false },
		{ STR("<a@b,c@d>"), false },
	};
	struct arena *a = arena_new(0);
	struct mailbox m;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		if (addr_path(a, t[i].in, &m) != t[i].ok)
			fail_msg("row %zu: \"%.*s\"", i, STR_ARG(t[i].in));
		assert_true(str_eq(m.raw, t[i].in));
		assert_str(m.local, t[i].ok ? t[i].local : "");
		assert_str(m.domain, t[i].ok ? t[i].domain : "");
		assert_int_equal(m.flags, t[i].flags);
		assert_true(t[i].ok || !m.local.p);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),	    cmocka_unit_test(test_tricks),
		cmocka_unit_test(test_per_mailbox), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_limits),	    cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
