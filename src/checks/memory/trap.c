/*
 * Spam traps: mail to addresses that nobody reads is learnt, counted by its digests, and does not
 * reach a mailbox.
 */
#include "checks/memory/digest.h"
#include "checks/memory/gate.h"
#include "checks/memory/trap_list.h"

#define NET_LESSONS 20.0      /* messages a day that one network teaches by traps */
#define NET_MS (86400 * 1000) /* a day */

enum trap_action { TRAP_ACCEPT, TRAP_REJECT, TRAP_TAG };

struct trap_config {
	struct trap_list *list;
	enum trap_action action;
	size_t max_real;
	bool guard_local, guard_bounces, guard_known;
};

struct trap_found {
	struct trap_facts facts; /* first */
	enum trap_kind kind;
	const char *guard; /* what keeps it from counting; NULL: it counts */
	bool *trap;	   /* by recipient */
	size_t traps, real;
	double today; /* that the client's network has taught */
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct trap_config *k = ARENA_NEW(a, struct trap_config);

	k->action = (enum trap_action)conf_enum(c, "trap.action");
	k->max_real = (size_t)conf_int(c, "trap.max_real");
	k->guard_local = conf_bool(c, "trap.guard_local");
	k->guard_bounces = conf_bool(c, "trap.guard_bounces");
	k->guard_known = conf_bool(c, "trap.guard_known");
	*config = k;
	return trap_list_read(a, c, &k->list, e);
}

/* ---- finding ---- */

static void find(struct scan *s, const struct trap_config *k, struct trap_found *f)
{
	for (size_t i = 0; i < s->rcpts.n; i++) {
		struct str address = gate_rcpt(s, i);
		enum trap_kind kind = trap_list_find(k->list, address, s->now);

		f->trap[i] = kind != TRAP_NONE;
		f->traps += f->trap[i];
		if (kind == TRAP_NONE || f->facts.hit)
			continue;
		f->facts = (struct trap_facts){ .hit = true, .address = address };
		f->kind = kind;
	}
	f->real = s->nrcpts - f->traps;
}

static bool known(const struct scan *s)
{
	const struct sender_facts *sender = scan_result(s, &check_sender);

	return sender && sender->known && memory_author(s).n;
}

static const char *guard_of(const struct scan *s, const struct trap_config *k,
			    const struct trap_found *f)
{
	if (k->guard_local && gate_ours(s))
		return "local";
	if (k->guard_bounces && memory_is_bounce(s))
		return "bounce";
	if (f->real > k->max_real)
		return "recipients";
	return k->guard_known && known(s) ? "known" : NULL;
}

static struct store_op lessons(struct scan *s)
{
	struct str net = memory_net(s);

	return (struct store_op){ .kind = STORE_ADD,
				  .flags = STORE_F_WINDOW,
				  .key = memory_key(s, "trap", &net, 1),
				  .ttl_ms = NET_MS };
}

static bool ask_lessons(struct scan *s, double *today)
{
	struct store_op op = lessons(s);
	const struct store_answer *a = scan_store(s, &op);

	*today = a && a->status == STORE_OK ? a->sum[0] : 0;
	return a != NULL;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct trap_config *k = config;
	struct trap_found *f = state;

	if (scan_passive(s) || trap_list_empty(k->list))
		return CHECK_DONE;
	*f = (struct trap_found){ .trap = ARENA_ARRAY(s->arena, bool, s->rcpts.n) };
	find(s, k, f);
	if (f->facts.hit)
		f->guard = guard_of(s, k, f);
	f->facts.guarded = f->guard != NULL;
	if (f->facts.hit && !f->guard && !ask_lessons(s, &f->today))
		return CHECK_WAIT;
	scan_publish(s, &check_trap, f);
	return CHECK_DONE;
}

static const struct trap_found *counted(const struct scan *s)
{
	const struct trap_found *f = scan_result(s, &check_trap);

	return f && f->facts.hit && !f->facts.guarded ? f : NULL;
}

/* ---- what follows ---- */

static void settle(struct scan *s, const void *config)
{
	const struct trap_config *k = config;
	const struct trap_found *f = counted(s);

	if (!f || k->action == TRAP_TAG)
		return;
	if (f->real == 0) {
		scan_require(s, k->action == TRAP_ACCEPT ? ACT_DISCARD : ACT_REJECT, NULL,
			     STR("trap"));
		return;
	}
	for (size_t i = 0; i < s->rcpts.n; i++)
		if (f->trap[i])
			scan_drop_rcpt(s, s->rcpts.p[i]);
}

/* One more copy of it that came to a trap: who sees the next one, here or elsewhere, knows. */
static void count_copy(struct scan *s, const struct near *near)
{
	struct str key[NEAR_KEYS_MAX];
	size_t n = near_keys(s->arena, near, key);

	for (size_t i = 0; i < n; i++) {
		struct store_op op = digest_near_op(key[i]);

		op.delta[NEAR_TRAP] = 1;
		scan_store_note(s, &op);
	}
}

/* Whoever knows a trap and sends it what he likes teaches no more than others. */
static void after(struct scan *s, const void *config)
{
	const struct digest_facts *digest = scan_result(s, &check_digest);
	const struct trap_found *f = counted(s);
	struct store_op op;

	(void)config;
	if (!f)
		return;
	if (digest)
		count_copy(s, &digest->near);
	if (f->today > NET_LESSONS - 0.5)
		return;
	op = lessons(s);
	op.delta[0] = 1;
	scan_store_note(s, &op);
	memory_teach(s, LEARN_SPAM, LEARN_TRAP);
}

/* ---- what it tells ---- */

static bool trap_hit(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct trap_found *f = counted(s);

	(void)arg;
	(void)n;
	if (!f)
		return false;
	*evidence = arena_printf(s->arena, "%s %.*s", trap_kind_word(f->kind),
				 STR_ARG(f->facts.address));
	return true;
}

static const struct predicate predicates[] = {
	{ "trap_hit", "", trap_hit,
	  "a recipient is a spam trap (trap.*), and nothing keeps that from counting" },
	{ 0 },
};

static uint64_t mark(const struct scan *s)
{
	return counted(s) != NULL;
}

static const char *word(const struct scan *s)
{
	const struct trap_found *f = scan_result(s, &check_trap);

	if (!f || !f->facts.hit)
		return NULL;
	return f->guard ? f->guard : "hit";
}

static const char *const needs[] = { "dmarc", "sender", NULL };

const struct check check_trap = {
	.abi = CHECK_ABI,
	.name = "trap",
	.help = "spam traps among the recipients",
	.stage = SCAN_HEADERS,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = trap_options,
	.state_size = sizeof(struct trap_found),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.mark = mark,
	.settle = settle,
	.after = after,
	.word = word,
};
