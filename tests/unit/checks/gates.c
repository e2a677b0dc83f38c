/* The world of the gates: fakes in front, a store behind. */
#include "unit/checks/gates.h"

#include "io/loop.h"
#include "store/record.h"

static const struct gates *gates_of(const struct scan *s)
{
	return s->env->arg;
}

#define FAKE(which)                                                                                \
	static enum check_step run_##which(struct scan *s, void *state, const void *config)        \
	{                                                                                          \
		(void)state;                                                                       \
		(void)config;                                                                      \
		scan_publish(s, &check_##which, gates_of(s)->which);                               \
		return CHECK_DONE;                                                                 \
	}                                                                                          \
	const struct check check_##which = {                                                       \
		.abi = CHECK_ABI, .name = #which, .stage = SCAN_HEADERS, .run = run_##which        \
	};

FAKE(spf)
FAKE(dmarc)
FAKE(sender)
FAKE(digest)
FAKE(statistics)

static void judge_run(const struct judge *j, struct scan *s)
{
	(void)j;
	scan_symbol(s, STR("TEST"), gates_of(s)->score, STR_NULL, STR("test"));
}

static const struct judge judge = { judge_run };

static void learn(void *arg, const struct learn_event *event)
{
	struct gates *g = arg;

	g->learnt++;
	g->last = *event;
}

static int64_t now_ms(void *arg)
{
	return ((const struct gates *)arg)->w.env.now * 1000;
}

void gates_open(struct gates *g, const struct check *tested, const char *conf)
{
	const struct check *const checks[] = { &check_spf,    &check_dmarc,	 &check_sender,
					       &check_digest, &check_statistics, tested,
					       NULL };
	struct arena *a = arena_new(0);

	*g = (struct gates){ 0 };
	/* Equal messages are judged anew: the score is the test's. */
	world_open(&g->w, checks, arena_printf(a, "cache { ttl = 0 } %s", conf).p, "");
	arena_free(a);
	g->w.setup->judge = &judge;
	g->w.env.store = store_memory(g->w.loop);
	g->w.env.learn = learn;
	g->w.env.learn_arg = g;
	store_clock(g->w.env.store, now_ms, g);
}

void gates_lose_store(struct gates *g)
{
	store_free(g->w.env.store);
	g->w.env.store = store_remote(g->w.loop, "/nonexistent/store.sock",
				      &(struct store_limits){ .deadline_ms = 50 });
}

void gates_close(struct gates *g)
{
	store_free(g->w.env.store);
	world_close(&g->w);
}

static const char *or_else(const char *given, const char *ordinary)
{
	return given ? given : ordinary;
}

struct scan *gates_message(struct gates *g, const struct post *p)
{
	struct scan_client c = { .profile = str_c(or_else(p->profile, "inbound")),
				 .auth_user = str_c(p->user) };
	struct scan *s;

	assert_true(ip_parse(str_c(or_else(p->ip, "192.0.2.1")), &c.ip));
	s = scan_new(&g->w.env, &c, 0);
	scan_helo(s, str_c(or_else(p->helo, "client.test")));
	scan_mail(s, str_c(or_else(p->from, "<a@sender.test>")));
	scan_rcpt(s, str_c(or_else(p->rcpt[0], "<b@here.test>")));
	for (size_t i = 1; i < 8 && p->rcpt[i]; i++)
		scan_rcpt(s, str_c(p->rcpt[i]));
	world_headers(s, or_else(p->headers, "From: A <a@sender.test>\nSubject: hello\n"));
	scan_eoh(s);
	scan_body(s, str_c(or_else(p->body, "text\r\n")));
	g->w.done = 0;
	scan_eom(s, world_done, &g->w);
	if (!g->w.done)
		world_wait(&g->w);
	for (int i = 0; i < 3; i++)
		loop_turn(g->w.loop, 0);
	return s;
}

enum action gates_action(struct gates *g, const struct post *p)
{
	struct scan *s = gates_message(g, p);
	enum action a = s->verdict.action;

	scan_free(s);
	return a;
}

void gates_later(struct gates *g, int64_t seconds)
{
	g->w.env.now += seconds;
}

bool gates_says(struct scan *s, const struct check *c, const char *predicate, const char *text,
		double number)
{
	struct predicate_arg arg[2] = { { .text = str_c(text) }, { .number = number } };
	struct str evidence = STR_NULL;

	for (const struct predicate *p = c->predicates; p->name; p++)
		if (strcmp(p->name, predicate) == 0)
			return p->test(s, arg, strlen(p->args), &evidence);
	fail_msg("no predicate %s", predicate);
	return false;
}

struct store_answer gates_ask(struct gates *g, const struct store_op *op)
{
	return *store_wait(g->w.env.store, g->w.a, op, 1, 0);
}

size_t gates_records(struct gates *g, const char *prefix)
{
	struct store_op op = { .kind = STORE_WALK, .value = STR("") };
	size_t n = 0;

	do {
		struct store_answer a = gates_ask(g, &op);
		for (size_t i = 0; i < a.nentry; i++) {
			struct raw_record r;
			assert_true(raw_parse(a.entry[i].value, &r));
			n += str_starts(r.key, str_c(prefix));
		}
		op.value = a.value;
	} while (op.value.n);
	return n;
}
