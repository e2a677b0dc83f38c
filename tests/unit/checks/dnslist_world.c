/* A world with DNS lists, and messages that come into it. */
#include "unit/checks/dnslist_world.h"

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

int lists_try(struct lists_world *l, const char *conf, const char *zone, const char *stanzas,
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

void lists_open(struct lists_world *l, const char *conf, const char *zone, const char *stanzas,
		const char *uses)
{
	struct err e;

	if (lists_try(l, conf, zone, stanzas, uses, &e) < 0)
		fail_msg("%s", e.text);
}

void lists_close(struct lists_world *l)
{
	board_free(l->w.env.board);
	world_close(&l->w);
}

struct scan *lists_begin(struct lists_world *l, const struct letter *m)
{
	struct scan_client c = { .profile = STR("inbound"), .host = STR("") };

	if (m->ip)
		assert_true(ip_parse(str_c(m->ip), &c.ip));
	if (m->user)
		c.auth_user = str_c(m->user);
	return scan_new(&l->w.env, &c, 0);
}

struct scan *lists_mail(struct lists_world *l, const struct letter *m)
{
	struct scan *s = lists_begin(l, m);

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

const char *lists_say(struct lists_world *l, struct scan *s, const char *text)
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

unsigned lists_asked(struct lists_world *l, const char *suffix)
{
	unsigned n = 0;

	for (size_t i = 0; i < zone_questions(l->w.zone); i++) {
		struct str q = zone_question(l->w.zone, i), name = str_cut(&q, ' ');
		n += str_iends(name, str_c(suffix));
	}
	return n;
}

uint64_t lists_counted(struct lists_world *l, const char *cell, enum board_count what)
{
	return board_count(board_cell(l->w.env.board, str_c(cell)), what);
}
