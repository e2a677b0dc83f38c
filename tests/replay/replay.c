/*
 * Runs replay tests (*.replay): real checks and rules over a test zone. A line is a directive:
 *
 *	conf TEXT               of the configuration          zone TEXT    of the zone
 *(tests/lib/zone.h) deadline MS             instead of scan.deadline      poison       every
 *message crashed us twice key TYPE NAME           a new key (ed25519, rsa BITS) with its record at
 *SELECTOR._domainkey.DOMAIN connect ADDRESS HOST [PROFILE]    helo NAME    mail PATH    rcpt PATH
 *auth USER    settle header NAME: VALUE      "\n" is a fold                body TEXT    one line
 *	sign NAME TAGS          DKIM-Signature with that key over what stands above
 *	arc NAME I CV H RESULTS an ARC set by that key (SIGN_SELECTOR._domainkey.SIGN_DOMAIN)
 *	over NAME: VALUE        a field put on top after it was signed     tail TEXT    a line added
 *then repeat N DIRECTIVE eom                     the end; then: expect WHAT TEXT
 *(tests/replay/expect.c)
 *
 * For what leaves (tests/replay/outgoing.c):
 *
 *	rules FILE              of rules/, instead of 30_auth.cf
 *	private TYPE NAME       a key file, NAME of it in the directory @KEYS@ of conf, and its
 *record nosigner                the signer has lost its keys forward ADDRESS HOST [PROFILE
 *[LISTENER]]  connect, with the message as it left before
 *
 * settle waits until no question is under way, as a client does between its SMTP commands.
 */
#include "replay/replay.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "checks/checks.h"

#define NOW 1700000000
#define DIR_NAME MERLON_SRCDIR "/tests/replay"

void replay_fault(struct replay *r, const char *fmt, ...)
{
	va_list ap;

	r->failures++;
	printf("%s:%d: ", r->file, r->line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void fault(void *arg, const char *text)
{
	replay_fault(arg, "%s", text);
}

/* ---- what stands before the messages ---- */

static void take_conf(struct replay *r, struct str rest)
{
	buf_add(&r->conf, replay_keys_text(r, rest));
	buf_addc(&r->conf, '\n');
}

static void take_zone(struct replay *r, struct str rest)
{
	struct err e;

	if (zone_read(r->zone, rest, r->file, &e) < 0)
		replay_fault(r, "%s", e.text);
}

static void take_deadline(struct replay *r, struct str rest)
{
	if (!str_u64(rest, 10000, &r->deadline_ms))
		replay_fault(r, "expected milliseconds");
}

static void take_poison(struct replay *r, struct str rest)
{
	(void)rest;
	r->poison = true;
}

static void take_key(struct replay *r, struct str rest)
{
	struct str type = str_cut(&rest, ' ');
	uint64_t bits = 0;
	struct replay_key k;

	if (str_eq(type, STR("rsa")) && !str_u64(str_cut(&rest, ' '), 8192, &bits))
		replay_fault(r, "expected rsa BITS NAME");
	k.name = arena_dup(r->a, rest);
	k.signer = signer_new(r->a, bits ? KEY_RSA : KEY_ED25519, (unsigned)bits, 65537);
	zone_add(r->zone, k.name, DNS_TXT, signer_record(r->a, k.signer));
	VEC_PUSH(r->a, r->keys) = k;
}

static const struct signer *key_named(struct replay *r, struct str name)
{
	for (size_t i = 0; i < r->keys.n; i++)
		if (str_eq(r->keys.p[i].name, name))
			return r->keys.p[i].signer;
	replay_fault(r, "there is no key %.*s", STR_ARG(name));
	return NULL;
}

/* ---- the engine ---- */

static bool poisoned(void *arg, uint64_t digest)
{
	(void)digest;
	return ((const struct replay *)arg)->poison;
}

static const struct conf_opt *const *tables(struct arena *a)
{
	const struct conf_opt **t = ARENA_ARRAY(a, const struct conf_opt *, SCAN_MAX_CHECKS + 3);
	size_t n = 0;

	t[n++] = scan_options;
	t[n++] = ruleset_options;
	for (size_t i = 0; checks_all[i]; i++)
		if (checks_all[i]->options)
			t[n++] = checks_all[i]->options;
	return t;
}

/* Once, before the first message. */
static bool start(struct replay *r)
{
	const struct conf *c;
	struct ruleset *rules;
	struct err e;

	if (r->setup)
		return true;
	take_conf(r, arena_printf(r->a, "rules { dir = \"" MERLON_SRCDIR "/rules/%.*s\" }",
				  STR_ARG(r->rules.n ? r->rules : STR("30_auth.cf"))));
	c = conf_load_text(r->a, r->file, buf_str(&r->conf), tables(r->a), fault, r);
	if (!c)
		return false;
	if (scan_setup_new(r->a, c, checks_all, &r->setup, &e) < 0) {
		replay_fault(r, "%s", e.text);
		return false;
	}
	rules = ruleset_load(r->a, c, r->setup, &(struct ruleset_how){ .fault = fault, .arg = r });
	if (!rules)
		return false;
	r->setup->judge = ruleset_judge(rules);
	if (r->deadline_ms)
		r->setup->deadline_ms = r->deadline_ms;
	r->env.setup = r->setup;
	return replay_keys_settle(r);
}

/* ---- events ---- */

static void take_connect(struct replay *r, struct str rest)
{
	struct str address = str_cut(&rest, ' '), host = str_cut(&rest, ' ');
	struct scan_client c = { .host = host, .queue_id = STR("Q1") };

	c.profile = str_cut(&rest, ' ');
	c.listener = rest;

	if (!start(r))
		return;
	if (!ip_parse(address, &c.ip))
		replay_fault(r, "no address: %.*s", STR_ARG(address));
	scan_free(r->scan);
	r->mail = (struct replay_mail){ .body.arena = r->a, .tail.arena = r->a };
	r->mail.rounds_before = round_resolver_rounds(r->env.resolver);
	hdr_init(&r->mail.headers, r->a);
	r->done = false;
	r->scan = scan_new(&r->env, &c, 0);
}

static void take_helo(struct replay *r, struct str rest)
{
	scan_helo(r->scan, rest);
}

static void take_mail(struct replay *r, struct str rest)
{
	scan_mail(r->scan, rest);
}

static void take_rcpt(struct replay *r, struct str rest)
{
	scan_rcpt(r->scan, rest);
}

static void take_auth(struct replay *r, struct str rest)
{
	scan_set_auth(r->scan, rest);
}

static void take_settle(struct replay *r, struct str rest)
{
	uint64_t until = clock_mono_ms() + 5000;

	(void)rest;
	while (resolver_stats(r->env.resolver)->inflight && clock_mono_ms() < until)
		loop_turn(r->loop, 10);
}

/* "\n" in the text is a fold: CRLF. */
static struct str unescape(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++) {
		bool fold = s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == 'n';

		if (fold)
			buf_add(&b, STR("\r\n"));
		else
			buf_addc(&b, s.p[i]);
		i += fold;
	}
	return buf_str(&b);
}

static void take_header(struct replay *r, struct str rest)
{
	struct str name = str_cut(&rest, ':');

	hdr_add(&r->mail.headers, name, unescape(r->a, rest));
}

static void take_over(struct replay *r, struct str rest)
{
	VEC_PUSH(r->a, r->mail.added) = rest;
}

static void take_body(struct replay *r, struct str rest)
{
	buf_add(&r->mail.body, rest);
	buf_add(&r->mail.body, STR("\r\n"));
}

static void take_tail(struct replay *r, struct str rest)
{
	buf_add(&r->mail.tail, rest);
	buf_add(&r->mail.tail, STR("\r\n"));
}

static void take_sign(struct replay *r, struct str rest)
{
	const struct signer *k = key_named(r, str_cut(&rest, ' '));

	if (k)
		VEC_PUSH(r->a, r->mail.signatures) =
			sign_value(r->a, r->env.crypto, k, SIG_DKIM, arena_cstr(r->a, rest),
				   &r->mail.headers, buf_str(&r->mail.body));
}

static void take_arc(struct replay *r, struct str rest)
{
	const struct signer *k = key_named(r, str_cut(&rest, ' '));
	struct str number = str_cut(&rest, ' '), cv = str_cut(&rest, ' ');
	struct str h = str_cut(&rest, ' ');
	uint64_t i;

	if (!k || !str_u64(number, 50, &i) || !rest.n) {
		replay_fault(r, "expected arc NAME I CV H RESULTS");
		return;
	}
	sign_arc_of(r->a, r->env.crypto, k, (unsigned)i, arena_cstr(r->a, cv), arena_cstr(r->a, h),
		    arena_cstr(r->a, rest), &r->mail.headers, buf_str(&r->mail.body));
}

/* What left before comes in by another connection. */
static void take_forward(struct replay *r, struct str rest)
{
	struct hdr_list left;
	struct buf body = r->mail.body;

	buf_add(&body, buf_str(&r->mail.tail));
	hdr_init(&left, r->a);
	replay_left(r, &left);
	take_connect(r, rest);
	r->mail.headers = left;
	r->mail.body = body;
}

static void judged(void *arg, struct scan *s)
{
	struct replay *r = arg;

	(void)s;
	r->done = true;
}

static void take_eom(struct replay *r, struct str rest)
{
	struct replay_mail *m = &r->mail;
	uint64_t until = clock_mono_ms() + 5000;

	(void)rest;
	m->rounds_data = round_resolver_rounds(r->env.resolver);
	for (size_t i = m->added.n; i-- > 0;) {
		struct str value = m->added.p[i], name = str_cut(&value, ':');
		scan_header(r->scan, name, unescape(r->a, value));
	}
	for (size_t i = m->signatures.n; i-- > 0;)
		scan_header(r->scan, STR("DKIM-Signature"), m->signatures.p[i]);
	for (size_t i = 0; i < m->headers.v.n; i++)
		scan_header(r->scan, m->headers.v.p[i].name, m->headers.v.p[i].value);
	scan_eoh(r->scan);
	scan_body(r->scan, buf_str(&m->body));
	scan_body(r->scan, buf_str(&m->tail));
	scan_eom(r->scan, judged, r);
	while (!r->done && clock_mono_ms() < until)
		loop_turn(r->loop, 10);
	if (!r->done)
		replay_fault(r, "no verdict");
}

/* ---- files ---- */

static void take_line(struct replay *r, struct str line);

/* repeat N DIRECTIVE */
static void take_repeat(struct replay *r, struct str rest)
{
	struct str number = str_cut(&rest, ' ');
	uint64_t n;

	if (!str_u64(number, 10000, &n) || str_starts(rest, STR("repeat"))) {
		replay_fault(r, "expected repeat N DIRECTIVE");
		return;
	}
	while (n--)
		take_line(r, rest);
}

static const struct {
	const char *word;
	bool needs_scan;
	void (*take)(struct replay *, struct str);
} directives[] = {
	{ "conf", false, take_conf },
	{ "zone", false, take_zone },
	{ "deadline", false, take_deadline },
	{ "poison", false, take_poison },
	{ "key", false, take_key },
	{ "connect", false, take_connect },
	{ "helo", true, take_helo },
	{ "mail", true, take_mail },
	{ "rcpt", true, take_rcpt },
	{ "auth", true, take_auth },
	{ "settle", true, take_settle },
	{ "header", true, take_header },
	{ "over", true, take_over },
	{ "body", true, take_body },
	{ "tail", true, take_tail },
	{ "sign", true, take_sign },
	{ "arc", true, take_arc },
	{ "eom", true, take_eom },
	{ "expect", true, replay_expect },
	{ "rules", false, replay_rules },
	{ "private", false, replay_private },
	{ "nosigner", false, replay_nosigner },
	{ "forward", true, take_forward },
	{ "repeat", false, take_repeat },
};

static void take_line(struct replay *r, struct str line)
{
	struct str word;

	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (!line.n || line.p[0] == '#')
		return;
	word = str_cut(&line, ' ');
	for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
		if (!str_eq(word, str_c(directives[i].word)))
			continue;
		if (directives[i].needs_scan && !r->scan)
			replay_fault(r, "%s before connect", directives[i].word);
		else
			directives[i].take(r, line.p ? line : STR(""));
		return;
	}
	replay_fault(r, "unknown directive %.*s", STR_ARG(word));
}

static void read_lines(struct replay *r, FILE *f)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&text, &cap, f)) >= 0) {
		r->line++;
		take_line(r, arena_dup(r->a, str_of(text, (size_t)n)));
	}
	free(text);
}

static bool run_file(const char *path, const char *name)
{
	struct arena *a = arena_new(0);
	struct replay r = {
		.file = name, .a = a, .conf.arena = a, .zone = zone_new(), .loop = loop_new()
	};
	FILE *f = fopen(path, "r");

	r.env = (struct scan_env){ .loop = r.loop,
				   .crypto = crypto_new(),
				   .history = history_new(),
				   .poisoned = poisoned,
				   .arg = &r,
				   .now = NOW,
				   .resolver = round_resolver_new(r.loop, r.zone, 60000) };
	if (f)
		read_lines(&r, f);
	else
		replay_fault(&r, "cannot be read");
	if (r.expected == 0)
		replay_fault(&r, "nothing is expected");
	if (f)
		fclose(f);
	scan_free(r.scan);
	replay_keys_free(&r);
	resolver_free(r.env.resolver);
	history_free(r.env.history);
	loop_free(r.loop);
	zone_free(r.zone);
	arena_free(a);
	crypto_free(r.env.crypto); /* what was signed is cleaned up with the arena */
	return r.failures == 0;
}

static int is_replay(const struct dirent *d)
{
	return str_iends(str_c(d->d_name), STR(".replay"));
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : DIR_NAME;
	struct dirent **entry;
	int n = scandir(dir, &entry, is_replay, alphasort), passed = 0;
	char path[4096];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
		passed += run_file(path, entry[i]->d_name);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	printf("%d passed, %d failed\n", passed, n > 0 ? n - passed : 1);
	return n > 0 && passed == n ? 0 : 1;
}
