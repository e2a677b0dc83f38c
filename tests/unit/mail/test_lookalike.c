/* Names that imitate others: tables, spoofs made by every technique, and honest names. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "mail/domain.h"
#include "mail/lookalike/lookalike.h"

#define SUITE MERLON_SRCDIR "/tests/unit/mail/lookalike/"
#define LIST MERLON_SRCDIR "/tests/conformance/psl/public_suffix_list.dat"
#define BRANDS MERLON_SRCDIR "/rules/lists/brands"
#define CONFUSABLES MERLON_SRCDIR "/tests/conformance/unicode/confusables.txt"

static struct lookalike *load(struct arena *a, bool brands)
{
	struct err e = { "" };
	struct lookalike *l = lookalike_new(a, psl_load(a, LIST, &e));

	if (brands)
		lookalike_protect_file(l, BRANDS, &e);
	lookalike_protect_file(l, SUITE "protect", &e);
	assert_string_equal(e.text, "");
	lookalike_build(l);
	return l;
}

static struct str slurp(struct arena *a, const char *path)
{
	struct str text;
	struct err e;

	assert_int_equal(file_read(a, path, 4u << 20, &text, &e), 0);
	return text;
}

/* ---- single names ---- */

struct row {
	const char *name;
	enum lookalike_verdict verdict;
	unsigned reasons; /* these and no others; 0 of what is suspicious: not compared */
	const char *imitates;
};

#define OK LOOKALIKE_OK
#define SUSP LOOKALIKE_SUSPICIOUS
#define BAD LOOKALIKE_BAD

static const struct row rows[] = {
	{ "paypal.com", OK, 0, NULL },
	{ "PayPal.COM", OK, 0, NULL },
	{ "www.paypal.com", OK, 0, NULL },
	{ "a.b.c.paypal.com.", OK, 0, NULL },
	{ "localhost", OK, 0, NULL },
	{ "192.0.2.1", OK, 0, NULL },
	{ "2001:db8::1", OK, 0, NULL },
	{ "_dmarc.host.example", OK, 0, NULL },
	{ "paypa1.com", SUSP, LOOKALIKE_ASCII, "paypal.com" },
	{ "paypai.com", SUSP, LOOKALIKE_ASCII, "paypal.com" },
	{ "PAYPAI.com", SUSP, LOOKALIKE_ASCII, "paypal.com" },
	{ "g00gle.com", SUSP, LOOKALIKE_ASCII, "google.com" },
	{ "arnazon.com", SUSP, LOOKALIKE_ASCII, "amazon.com" },
	{ "twitter.com.evil.example", SUSP, LOOKALIKE_SUBDOMAIN, "twitter.com" },
	{ "tvvitter.com", SUSP, LOOKALIKE_ASCII, "twitter.com" },
	{ "clropbox.com", SUSP, LOOKALIKE_ASCII, "dropbox.com" },
	{ "ciropbox.com", OK, 0, NULL },
	{ "xn--80ak6aa92e.com", SUSP, LOOKALIKE_CONFUSABLE | LOOKALIKE_WHOLE_SCRIPT, "apple.com" },
	{ "аррӏе.com", SUSP, LOOKALIKE_CONFUSABLE | LOOKALIKE_WHOLE_SCRIPT, "apple.com" },
	{ "pаypal.com", SUSP, LOOKALIKE_CONFUSABLE | LOOKALIKE_MIXED_SCRIPT, "paypal.com" },
	{ "pàypal.com", SUSP, LOOKALIKE_CONFUSABLE, "paypal.com" },
	{ "𝐩aypal.com", SUSP, LOOKALIKE_CONFUSABLE | LOOKALIKE_RESTRICTED, "paypal.com" },
	{ "ｐaypal.com", SUSP, LOOKALIKE_CONFUSABLE | LOOKALIKE_RESTRICTED, "paypal.com" },
	{ "pay\u200bpal.com", SUSP, LOOKALIKE_INVISIBLE, "paypal.com" },
	{ "pay\u00adpal.com", SUSP, LOOKALIKE_INVISIBLE, "paypal.com" },
	{ "payypal.com", SUSP, LOOKALIKE_EDIT, "paypal.com" },
	{ "paypl.com", SUSP, LOOKALIKE_EDIT, "paypal.com" },
	{ "paypsl.com", SUSP, LOOKALIKE_EDIT, "paypal.com" },
	{ "papyal.com", SUSP, LOOKALIKE_EDIT, "paypal.com" },
	{ "payppaal.com", OK, 0, NULL },
	{ "paypal.net", SUSP, LOOKALIKE_TLD, "paypal.com" },
	{ "paypal.com.co", SUSP, LOOKALIKE_TLD, "paypal.com" },
	{ "ebay.top", SUSP, LOOKALIKE_TLD, "ebay.com" },
	{ "ups.de", OK, 0, NULL },
	{ "paypal.evil.example", SUSP, LOOKALIKE_SUBDOMAIN, "paypal.com" },
	{ "www.paypal.com.evil.co.uk", SUSP, LOOKALIKE_SUBDOMAIN, "paypal.com" },
	{ "ups.com.evil.example", SUSP, LOOKALIKE_SUBDOMAIN, "ups.com" },
	{ "paypa1.evil.example", SUSP, LOOKALIKE_SUBDOMAIN | LOOKALIKE_ASCII, "paypal.com" },
	{ "paypal-com.evil.example", SUSP, LOOKALIKE_SUBDOMAIN | LOOKALIKE_COMBO, "paypal.com" },
	{ "paypal-login.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "login-paypal.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "paypallogin.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "secureloginpaypal.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "paypal2024.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "paypa1-login.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "paypal-x7k.com", SUSP, LOOKALIKE_COMBO, "paypal.com" },
	{ "dhl-tracking.com", SUSP, LOOKALIKE_COMBO, "dhl.com" },
	{ "apple-pie.com", OK, 0, NULL },
	{ "apple-support.com", SUSP, LOOKALIKE_COMBO, "apple.com" },
	{ "applebees.com", OK, 0, NULL },
	{ "googol.com", OK, 0, NULL },
	{ "mail.apple.icloud.com", OK, 0, NULL },
	{ "dоubt.com", SUSP, LOOKALIKE_MIXED_SCRIPT, NULL },
	{ "fօօd.com", SUSP, LOOKALIKE_MIXED_SCRIPT, NULL },
	{ "αбв.com", SUSP, LOOKALIKE_MIXED_SCRIPT, NULL },
	{ "it-школа.рф", OK, 0, NULL },
	{ "a\u0301\u0302\u0303\u0304b.com", SUSP, 0, NULL },
	{ "১२.com", SUSP, 0, NULL },
	{ "می‌خواهم.com", OK, 0, NULL },
	{ "", BAD, LOOKALIKE_INVALID, NULL },
	{ ".", BAD, LOOKALIKE_INVALID, NULL },
	{ "a..b", BAD, LOOKALIKE_INVALID, NULL },
	{ "a b.com", BAD, LOOKALIKE_INVALID, NULL },
	{ "xn--zzzzzzzz.com", BAD, LOOKALIKE_INVALID, NULL },
	{ "a\u202eb.com", BAD, LOOKALIKE_INVALID | LOOKALIKE_BIDI, NULL },
	{ "a\u200cb.com", BAD, LOOKALIKE_INVALID, NULL },
	{ "\xff\xfe.com", BAD, 0, NULL },
	{ "http://paypal.com/", BAD, 0, NULL },
};

static void check_row(const struct lookalike *l, struct arena *a, const struct row *r)
{
	struct lookalike_result got = lookalike_host(l, a, str_c(r->name));

	if (got.verdict != r->verdict || (r->reasons && got.reasons != r->reasons))
		fail_msg("\"%s\": verdict %d, reasons %x (expected %d, %x)", r->name, got.verdict,
			 got.reasons, r->verdict, r->reasons);
	if ((r->imitates || r->reasons) && !str_eq(got.imitates, str_c(r->imitates)))
		fail_msg("\"%s\": imitates \"%.*s\"", r->name, STR_ARG(got.imitates));
	if (!got.ascii.p != (r->verdict == BAD))
		fail_msg("\"%s\": ascii \"%.*s\"", r->name, STR_ARG(got.ascii));
}

static void test_rows(void **state)
{
	struct arena *a = arena_new(0);
	const struct lookalike *l = load(a, false);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(l, a, &rows[i]);
	arena_free(a);
}

/* ---- spoofs of every protected name ---- */

enum technique { CONFUSABLE, WHOLE, MARK, ASCII, COMBO, SUBDOMAIN, TLD, EDIT, HIDDEN, TECHNIQUES };

static const char *const technique_name[] = { "one confusable", "all confusable", "marks", "ascii",
					      "combo",		"subdomain",	  "tld",   "edit",
					      "hidden" };

struct twins {
	VEC(struct str) of[128]; /* what TR 39 takes for a letter of ASCII */
};

struct tally {
	const struct lookalike *l;
	struct arena *a;
	struct twins *twins;
	size_t made[TECHNIQUES], found[TECHNIQUES], named[TECHNIQUES];
	bool show;
};

static struct str utf8_of(struct arena *a, uint32_t c)
{
	if (c < 0x80)
		return arena_printf(a, "%c", (int)c);
	if (c < 0x800)
		return arena_printf(a, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
	if (c < 0x10000)
		return arena_printf(a, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)),
				    (int)(0x80 | (c & 63)));
	return arena_printf(a, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)),
			    (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
}

static uint32_t hex(struct str s)
{
	uint32_t v = 0;

	s = str_trim(s);
	for (size_t i = 0; i < s.n; i++) {
		if (ch_hex(s.p[i]) < 0)
			return 0;
		v = v << 4 | (uint32_t)ch_hex(s.p[i]);
	}
	return v;
}

static struct twins *read_twins(struct arena *a)
{
	struct twins *t = ARENA_NEW(a, struct twins);
	struct str text = slurp(a, CONFUSABLES);

	while (text.p) {
		struct str line = str_cut(&text, '\n'), from = str_cut(&line, ';');
		uint32_t c = hex(from), to = hex(str_cut(&line, ';'));
		if (c >= 0x80 && to < 0x80 && ch_alpha((char)to))
			VEC_PUSH(a, t->of[(unsigned char)ch_lower((char)to)]) = utf8_of(a, c);
	}
	return t;
}

static void try(struct tally *t, enum technique k, struct str domain, struct str spoof)
{
	struct lookalike_result r = lookalike_host(t->l, t->a, spoof);

	if (str_eq(spoof, domain))
		return;
	t->made[k]++;
	t->found[k] += r.verdict != LOOKALIKE_OK;
	t->named[k] += r.imitates.n > 0;
	if (t->show && (r.verdict == LOOKALIKE_OK || !r.imitates.n))
		printf("    %s (%s): %.*s %x\n", r.verdict ? "unnamed" : "missed",
		       technique_name[k], STR_ARG(spoof), r.reasons);
}

/* The name with what stands at [i, i+n) replaced. */
static struct str put(struct arena *a, struct str s, size_t i, size_t n, struct str with)
{
	return arena_printf(a, "%.*s%.*s%.*s", (int)i, s.p, STR_ARG(with), (int)(s.n - i - n),
			    s.p + i + n);
}

static size_t label_of(struct str domain)
{
	return str_chr(domain, '.');
}

static void confusables(struct tally *t, struct str d, size_t seed)
{
	struct str all = STR("");

	for (size_t i = 0; i < label_of(d); i++) {
		unsigned char c = (unsigned char)d.p[i];
		size_t n = t->twins->of[c].n;
		for (size_t k = 0; k < 3 && n; k++)
			try(t, CONFUSABLE, d,
			    put(t->a, d, i, 1,
				t->twins->of[c].p[(seed * 7 + i * 13 + k * 29) % n]));
	}
	for (size_t k = 0; k < 4; k++) {
		all = STR("");
		for (size_t i = 0; i < label_of(d); i++) {
			unsigned char c = (unsigned char)d.p[i];
			size_t n = t->twins->of[c].n;
			all = arena_printf(t->a, "%.*s%.*s", STR_ARG(all),
					   STR_ARG(n ? t->twins->of[c].p[(seed + k * 5 + i) % n]
						     : str_sub(d, i, 1)));
		}
		try(t, WHOLE, d, put(t->a, d, 0, label_of(d), all));
	}
}

static void marks(struct tally *t, struct str d)
{
	static const char *const pair[][2] = {
		{ "a", "à" }, { "a", "ä" }, { "e", "é" }, { "e", "ë" }, { "o", "ö" },
		{ "o", "ø" }, { "u", "ü" }, { "i", "í" }, { "c", "ç" }, { "n", "ñ" },
		{ "s", "ş" }, { "l", "ł" }, { "i", "ı" }, { "d", "đ" }, { "y", "ý" },
	};

	for (size_t k = 0; k < sizeof pair / sizeof *pair; k++)
		for (size_t i = 0; i < label_of(d); i++)
			if (d.p[i] == pair[k][0][0])
				try(t, MARK, d, put(t->a, d, i, 1, str_c(pair[k][1])));
}

static void ascii(struct tally *t, struct str d)
{
	static const char *const pair[][2] = {
		{ "o", "0" },  { "l", "1" },  { "i", "1" },  { "i", "l" }, { "l", "i" },
		{ "m", "rn" }, { "w", "vv" }, { "d", "cl" }, { "e", "3" }, { "s", "5" },
		{ "a", "4" },  { "g", "9" },  { "b", "8" },  { "t", "7" }, { "g", "q" },
		{ "rn", "m" }, { "l", "I" },  { "z", "2" },
	};

	if (label_of(d) < 4)
		return;
	for (size_t k = 0; k < sizeof pair / sizeof *pair; k++) {
		struct str from = str_c(pair[k][0]);
		for (size_t i = 0; i + from.n <= label_of(d); i++)
			if (str_eq(str_sub(d, i, from.n), from))
				try(t, ASCII, d, put(t->a, d, i, from.n, str_c(pair[k][1])));
	}
}

static void combos(struct tally *t, struct str d, size_t seed)
{
	static const char *const word[] = {
		"login", "secure", "account", "verify",	  "support",  "update",	 "billing",
		"pay",	 "mail",   "web",     "my",	  "online",   "service", "help",
		"id",	 "auth",   "portal",  "security", "customer", "alert",
	};
	int n = (int)label_of(d);

	for (size_t k = 0; k < 6; k++) {
		const char *w = word[(seed * 5 + k * 7) % (sizeof word / sizeof *word)];
		if (n < 4 && k % 3 == 1)
			continue;
		switch (k % 3) {
		case 0:
			try(t, COMBO, d, arena_printf(t->a, "%.*s-%s.com", n, d.p, w));
			try(t, COMBO, d, arena_printf(t->a, "%s-%.*s.org", w, n, d.p));
			break;
		case 1:
			try(t, COMBO, d, arena_printf(t->a, "%.*s%s.net", n, d.p, w));
			if (n >= 5)
				try(t, COMBO, d, arena_printf(t->a, "%s%.*s.com", w, n, d.p));
			break;
		default:
			try(t, COMBO, d, arena_printf(t->a, "%.*s-%s-now.info", n, d.p, w));
		}
	}
}

static void subdomains(struct tally *t, struct str d)
{
	int n = (int)label_of(d);

	try(t, SUBDOMAIN, d, arena_printf(t->a, "%.*s.evil.example", STR_ARG(d)));
	try(t, SUBDOMAIN, d, arena_printf(t->a, "www.%.*s.login.evil.co.uk", STR_ARG(d)));
	try(t, SUBDOMAIN, d, arena_printf(t->a, "%.*s.secure-id.info", STR_ARG(d)));
	if (n >= 5) {
		try(t, SUBDOMAIN, d, arena_printf(t->a, "%.*s.evil.example", n, d.p));
		try(t, SUBDOMAIN, d, arena_printf(t->a, "%.*s-com.evil.example", n, d.p));
		try(t, SUBDOMAIN, d, arena_printf(t->a, "login-%.*s.evil.example", n, d.p));
	}
}

static void suffixes(struct tally *t, struct str d)
{
	static const char *const suffix[] = { "xyz",	"top",	  "net",  "info", "co",
					      "com.co", "online", "shop", "cn" };

	if (label_of(d) < 5)
		return;
	for (size_t k = 0; k < sizeof suffix / sizeof *suffix; k++)
		try(t, TLD, d, arena_printf(t->a, "%.*s.%s", (int)label_of(d), d.p, suffix[k]));
}

static void edits(struct tally *t, struct str d)
{
	if (label_of(d) < 5)
		return;
	for (size_t i = 0; i < label_of(d); i++) {
		char near = d.p[i] == 'k' ? 'j' : 'k';
		struct str other = arena_printf(t->a, "%c", near);
		if (d.p[i] == '-')
			continue;
		try(t, EDIT, d, put(t->a, d, i, 1, STR("")));
		try(t, EDIT, d, put(t->a, d, i, 1, other));
		try(t, EDIT, d, put(t->a, d, i, 0, other));
		try(t, EDIT, d, put(t->a, d, i, 0, str_sub(d, i, 1)));
		if (i + 1 < label_of(d) && d.p[i] != d.p[i + 1] && d.p[i + 1] != '-')
			try(t, EDIT, d,
			    put(t->a, d, i, 2, arena_printf(t->a, "%c%c", d.p[i + 1], d.p[i])));
	}
}

static void hidden(struct tally *t, struct str d)
{
	static const char *const what[] = { "\u200b", "\u00ad", "\u2060",
					    "\u200d", "\u202e", "\u0336" };

	for (size_t k = 0; k < sizeof what / sizeof *what; k++)
		try(t, HIDDEN, d, put(t->a, d, label_of(d) / 2, 0, str_c(what[k])));
}

static void all_techniques(struct tally *t)
{
	struct str text = slurp(t->a, SUITE "protect"), line;
	size_t seed = 0;

	while (text.p) {
		line = str_cut(&text, '\n');
		if (!line.n || line.p[0] == '#')
			continue;
		if (str_chr(line, ':') != SIZE_MAX)
			str_cut(&line, ':');
		line = str_trim(line);
		line = str_cut(&line, ' ');
		seed++;
		confusables(t, line, seed);
		marks(t, line);
		ascii(t, line);
		combos(t, line, seed);
		subdomains(t, line);
		suffixes(t, line);
		edits(t, line);
		hidden(t, line);
	}
}

static void spoofs(bool brands)
{
	struct arena *a = arena_new(0);
	struct tally t = { .l = load(a, brands), .a = a, .twins = read_twins(a) };
	size_t made = 0, found = 0;

	t.show = getenv("MERLON_SHOW") != NULL;
	all_techniques(&t);
	for (size_t k = 0; k < TECHNIQUES; k++) {
		print_message("%-15s %5zu made %5zu found %5zu named\n", technique_name[k],
			      t.made[k], t.found[k], t.named[k]);
		made += t.made[k];
		found += t.found[k];
		assert_true(t.found[k] * 100 >= t.made[k] * 95);
	}
	print_message("%zu spoofs, %zu found\n", made, found);
	assert_true(made >= 2000);
	assert_true(found * 1000 >= made * 970);
	arena_free(a);
}

static void test_spoofs(void **state)
{
	(void)state;
	spoofs(false);
	spoofs(true);
}

/* ---- honest names ---- */

static void honest(bool brands)
{
	struct arena *a = arena_new(0);
	const struct lookalike *l = load(a, brands);
	struct str text = slurp(a, SUITE "honest");
	size_t names = 0, flagged = 0, languages = 0;

	while (text.p) {
		struct str line = str_cut(&text, '\n');
		if (!line.n || line.p[0] == '#')
			continue;
		languages++;
		str_cut(&line, ':');
		line = str_trim(line);
		while (line.p) {
			struct str name = str_cut(&line, ' ');
			struct lookalike_result r = lookalike_host(l, a, name);
			names++;
			if (r.verdict == LOOKALIKE_OK)
				continue;
			flagged++;
			print_message("flagged: %.*s (%x, %.*s)\n", STR_ARG(name), r.reasons,
				      STR_ARG(r.imitates));
		}
	}
	print_message("%zu honest names in %zu languages, %zu flagged\n", names, languages,
		      flagged);
	assert_true(names >= 500 && languages >= 25);
	assert_true(flagged * 100 <= names);
	arena_free(a);
}

static void test_honest(void **state)
{
	(void)state;
	honest(false);
	honest(true);
}

/* ---- time ---- */

static double cost(const struct lookalike *l, const char *form, size_t n)
{
	struct arena *a = arena_new(0);
	struct str name = str_c(form);
	clock_t from = clock();

	for (size_t i = 0; i < n; i++)
		lookalike_host(l, a, arena_printf(a, "h%zu.%.*s", i, STR_ARG(name)));
	arena_free(a);
	return (double)(clock() - from) / CLOCKS_PER_SEC;
}

/* 500 hosts of a usual message in a few milliseconds, and none that is dear. */
static void test_cost(void **state)
{
	static const char *const dear[] = {
		"paypalpaypalpaypalpaypalpaypalpaypalpaypalpaypalpaypalpaypal.com",
		"paypal-loginloginloginloginloginloginloginloginloginloginlogix.com",
		"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.com",
		"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f.com",
		"раураlраураlраураlраураlраураlраура.com",
		"xn--80ak6aa92e.xn--80ak6aa92e.xn--80ak6aa92e.xn--80ak6aa92e.com",
	};
	struct arena *a = arena_new(0);
	const struct lookalike *l = load(a, true);

	(void)state;
	print_message("500 hosts: %.2f ms\n", 1e3 * cost(l, "www.newsletter-example.com", 500));
	assert_true(cost(l, "www.newsletter-example.com", 500) < 0.1);
	for (size_t i = 0; i < sizeof dear / sizeof *dear; i++) {
		double one = cost(l, dear[i], 200);
		print_message("200 of %.20s: %.2f ms\n", dear[i], 1e3 * one);
		assert_true(one < 1.0);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_spoofs),
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
