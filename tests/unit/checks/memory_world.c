/* A world with a store and a clock, for checks that remember. */
#include "unit/checks/memory_world.h"

#define TABLES_MAX 24
#define CHECKS_MAX 24
#define SETTLE_TURNS 6 /* of the loop after a message, for what nobody waits for */

static const char zone[] =
	"sender.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.sender.test TXT \"v=DMARC1; p=reject\"\n"
	"other.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.other.test TXT \"v=DMARC1; p=reject\"\n"
	"free.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.free.test TXT \"v=DMARC1; p=reject\"\n"
	"plain.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"wide.test TXT \"v=spf1 +all\"\n"
	"bare.test A 192.0.2.77\n"
	"none.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.none.test TXT \"v=DMARC1; p=none; rua=mailto:d@none.test\"\n"
	"quar.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.quar.test TXT \"v=DMARC1; p=quarantine; rua=mailto:d@quar.test\"\n"
	"rej.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.rej.test TXT \"v=DMARC1; p=reject; sp=none; np=quarantine; "
	"adkim=s; aspf=s; fo=1:D : s; rua=mailto:d@rej.test,mailto:e@none.test\"\n"
	"_dmarc.t.test TXT \"v=DMARC1; p=reject; t=y; rua=mailto:d@t.test\"\n"
	"_dmarc.tq.test TXT \"v=DMARC1; p=quarantine; t=y; rua=mailto:d@tq.test\"\n"
	"ruf.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.ruf.test TXT \"v=DMARC1; p=reject; ruf=mailto:r@ruf.test\"\n"
	"some.reg.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.reg.test TXT \"v=DMARC1; p=reject; psd=y; ruf=mailto:r@reg.test\"\n"
	"any.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.any.test TXT \"v=DMARC1; p=none; fo=1; ruf=mailto:r@any.test\"\n"
	"sig.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.sig.test TXT \"v=DMARC1; p=none; fo=d; ruf=mailto:r@sig.test\"\n"
	"spf.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"_dmarc.spf.test TXT \"v=DMARC1; p=none; fo=s; ruf=mailto:r@spf.test\"\n";

static void fault(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static int64_t now_of(void *arg)
{
	const struct memory_world *m = arg;

	return m->now_ms;
}

/* "group/NAME=score". */
static void add_symbol(struct scan *s, struct str word)
{
	struct str group = str_cut(&word, '/'), name = str_cut(&word, '=');
	double score = 0;

	assert_true(str_f64(word, &score));
	scan_symbol(s, arena_dup(s->arena, name), score, STR("by order"),
		    arena_dup(s->arena, group));
}

static void judge_run(const struct judge *j, struct scan *s)
{
	const struct memory_world *m =
		(const void *)((const char *)j - offsetof(struct memory_world, judge));
	struct str rest = str_c(m->symbols ? m->symbols : "");

	while (rest.n)
		add_symbol(s, str_cut(&rest, ' '));
}

static const struct conf *configure(struct memory_world *m, const struct check *const *all,
				    const char *text)
{
	const struct conf_opt *table[TABLES_MAX] = { scan_options };
	const struct conf *c;
	size_t n = 1;

	for (; *all; all++)
		if ((*all)->options)
			table[n++] = (*all)->options;
	c = conf_load_text(m->w.a, "test.conf", str_c(text), table, fault, NULL);
	assert_non_null(c);
	return c;
}

void memory_open(struct memory_world *m, const struct check *const *checks, const char *conf)
{
	static const struct check *const none[] = { NULL };
	const struct check *all[CHECKS_MAX] = { &check_iprev, &check_spf,   &check_dkim,
						&check_arc,   &check_dmarc, &check_authres };
	size_t n = 6;
	struct err e;

	*m = (struct memory_world){ .now_ms = INT64_C(1700000000000) };
	world_open(&m->w, none, "", zone);
	for (; *checks; checks++)
		all[n++] = *checks;
	if (scan_setup_new(m->w.a, configure(m, all, conf), all, &m->w.setup, &e) < 0)
		fail_msg("%s", e.text);
	m->lists = lists_new(m->w.a);
	lists_add(m->lists, STR("freemail"), STR("free.test"), STR_NULL);
	m->judge = (struct judge){ .run = judge_run, .lists = m->lists };
	if (scan_setup_judge(m->w.setup, &m->judge, &e) < 0)
		fail_msg("%s", e.text);
	m->w.env.setup = m->w.setup;
	m->store = store_memory(m->w.loop);
	store_clock(m->store, now_of, m);
	m->w.env.store = m->store;
	memory_later(m, 0);
}

void memory_close(struct memory_world *m)
{
	store_free(m->store);
	world_close(&m->w);
}

void memory_later(struct memory_world *m, int64_t ms)
{
	m->now_ms += ms;
	m->w.env.now = m->now_ms / 1000;
}

static void send_body(struct scan *s, const char *body)
{
	struct str rest = str_c(body ? body : "text\n");

	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		scan_body(s, line);
		scan_body(s, STR("\r\n"));
	}
}

struct scan *memory_mail(struct memory_world *m, const struct memory_mail *mail)
{
	struct scan_client c = { .profile = STR("inbound"), .host = STR("client.test") };
	struct str to = str_c(mail->to);
	struct scan *s;

	assert_true(ip_parse(str_c(mail->ip ? mail->ip : "192.0.2.1"), &c.ip));
	if (mail->user) {
		c.auth_user = str_c(mail->user);
		c.profile = STR("submission");
	}
	s = scan_new(&m->w.env, &c, 0);
	scan_helo(s, STR("client.test"));
	scan_mail(s, arena_printf(m->w.a, "<%s>", mail->from));
	while (to.n)
		scan_rcpt(s, str_cut(&to, ' '));
	world_headers(s, mail->headers);
	scan_eoh(s);
	send_body(s, mail->body);
	m->w.done = 0;
	scan_eom(s, world_done, &m->w);
	if (!m->w.done)
		world_wait(&m->w);
	for (int i = 0; i < SETTLE_TURNS; i++)
		loop_turn(m->w.loop, 1);
	return s;
}

static bool ask(struct memory_world *m, struct scan *s, const char *predicate, const char *args,
		struct str *evidence)
{
	const struct check *owner;
	const struct predicate *p = scan_setup_predicate(m->w.setup, str_c(predicate), &owner);
	struct predicate_arg arg[8] = { 0 };
	struct str rest = str_c(args);
	size_t n = 0;

	if (!p)
		fail_msg("there is no predicate %s", predicate);
	for (const char *type = p->args; rest.n && n < 8; n++) {
		type += *type == '|';
		arg[n].text = str_cut(&rest, ' ');
		if (*type == 'n')
			assert_true(str_f64(arg[n].text, &arg[n].number));
		type += type[1] != '*'; /* of which there may be more */
	}
	return p->test(s, arg, n, evidence);
}

bool memory_holds(struct memory_world *m, struct scan *s, const char *predicate, const char *args)
{
	struct str evidence = STR_NULL;

	return ask(m, s, predicate, args, &evidence);
}

struct str memory_evidence_of(struct memory_world *m, struct scan *s, const char *predicate,
			      const char *args)
{
	struct str evidence = STR_NULL;

	assert_true(ask(m, s, predicate, args, &evidence));
	return evidence;
}

struct store_answer memory_store(struct memory_world *m, const struct store_op *op)
{
	return *store_wait(m->store, m->w.a, op, 1, 0);
}
