/* Rounds: what can be done without asking, then questions about keys, some at a time. */
#include "control/keyring/life.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "control/keyring/record.h"
#include "control/keyring/steps.h"
#include "io/loop.h"

struct check {
	struct life *life;
	struct authority *authority;
	struct keyring_key key;
};

struct life {
	struct life_args args;
	struct arena *arena; /* of its life: told */
	struct map *told;    /* when an event was last told of a key */
	struct arena *round; /* of the round: keys */
	VEC(struct check) check;
	size_t next, running; /* checks that are begun; that are not done */
	size_t from;	      /* where in the ring the next round begins */
	uint64_t until_ms;    /* the round asks no hand after that */
	unsigned rounds;
	struct loop_timer *timer;
};

/* ---- events ---- */

static void tell(enum log_level level, const char *event, const struct keyring_key *k,
		 struct str more, const char *name)
{
	LOG(level, event, F_STR("domain", k->domain), F_STR("selector", k->selector),
	    F_CSTR("type", k->key.type == KEY_RSA ? "rsa" : "ed25519"), F_STR(name, more));
}

/* Whether it is time to tell that of the key (again). */
static bool due(struct life *l, const char *event, const struct keyring_key *k, int64_t now)
{
	struct str key = arena_printf(l->round, "%s %.*s %.*s", event, STR_ARG(k->domain),
				      STR_ARG(k->selector));
	int64_t *when = map_get(l->told, key);

	if (when && *when && now < *when + LIFE_TELL_S)
		return false;
	if (!when) {
		when = ARENA_NEW(l->arena, int64_t);
		map_put(l->told, arena_dup(l->arena, key), when);
	}
	*when = now;
	return true;
}

static void all_is_well(struct life *l, const char *event, const struct keyring_key *k)
{
	int64_t *when = map_get(l->told, arena_printf(l->round, "%s %.*s %.*s", event,
						      STR_ARG(k->domain), STR_ARG(k->selector)));

	if (when)
		*when = 0;
}

static void failed(struct life *l, const struct keyring_key *k, const struct err *e)
{
	if (due(l, "key_failed", k, clock_wall()))
		tell(LOG_LVL_ERROR, "key_failed", k, str_c(e->text), "reason");
}

/* ---- what needs no question ---- */

static void wipe(struct life *l, struct keyring_key *k, int64_t now)
{
	const struct life_hands *h = &l->args.hands;
	struct err e;

	if (h->wipe(h->arg, l->round, k->domain, k->selector, &e) < 0 ||
	    steps_retired(l->args.state, k, now, &e) < 0)
		failed(l, k, &e);
	else
		tell(LOG_LVL_INFO, "key_retired", k,
		     authority_name(l->round, k->domain, k->selector), "delete");
}

static bool has_successor(const struct keyring *r, const struct keyring_key *k)
{
	for (size_t i = 0; i < r->v.n; i++) {
		const struct keyring_key *x = &r->v.p[i];

		if (x->state == KEY_PENDING && x->key.type == k->key.type &&
		    str_eq(x->domain, k->domain))
			return true;
	}
	return false;
}

static bool in_time(const struct life *l)
{
	return clock_mono_ms() < l->until_ms;
}

/* A file that a crash left without a state is in the way of one selector, not of all. */
static int make(struct life *l, const struct keyring *r, const struct keyring_key *k, int64_t now,
		struct keyring_key *new, struct err *e)
{
	const struct life_hands *h = &l->args.hands;

	for (unsigned n = 0; n < STEPS_TRIES && (n == 0 || in_time(l)); n++) {
		*new = (struct keyring_key){ .domain = k->domain };
		new->selector = steps_selector(l->round, r, k->domain, k->key.type, now, n);
		if (h->make(h->arg, l->round, new->domain, new->selector, k->key.type, k->key.bits,
			    &new->key, e) == 0)
			return steps_pending(l->args.state, new, now, e);
	}
	return -1;
}

static void rotate(struct life *l, const struct keyring *r, const struct keyring_key *k,
		   int64_t now)
{
	struct keyring_key new;
	struct err e;

	if (make(l, r, k, now, &new, &e) < 0) {
		failed(l, k, &e);
		return;
	}
	LOG(LOG_LVL_INFO, "key_pending", F_STR("domain", new.domain),
	    F_STR("selector", new.selector),
	    F_CSTR("type", k->key.type == KEY_RSA ? "rsa" : "ed25519"),
	    F_STR("name", authority_name(l->round, new.domain, new.selector)),
	    F_STR("record", sign_key_record(l->round, &new.key)));
}

static void forget(struct life *l, const struct keyring_key *k)
{
	struct err e;

	if (keyring_forget(l->args.state, k, &e) < 0)
		failed(l, k, &e);
}

static void look_after(struct life *l, const struct keyring *r, struct keyring_key *k, int64_t now)
{
	const struct life_args *x = &l->args;

	if (k->state == KEY_RETIRING && now >= k->retiring + x->keep_s)
		wipe(l, k, now);
	else if (k->state == KEY_RETIRED && now >= k->retired + LIFE_FORGET_S)
		forget(l, k);
	else if (k->state == KEY_ACTIVE && x->rotate_s && now >= k->active + x->rotate_s &&
		 !has_successor(r, k))
		rotate(l, r, k, now);
}

/* ---- what servers show ---- */

static void again(void *arg);
static void check_some(struct life *l);

static void activate(struct life *l, const struct keyring_key *k)
{
	struct keyring r;
	struct keyring_key *now_there;
	struct err e;
	int lock = keyring_lock(l->args.state, 0, &e);

	if (lock < 0) /* the next round */
		return;
	if (keyring_read(l->round, l->args.state, l->args.keys, &r, &e) < 0) {
		failed(l, k, &e);
	} else if ((now_there = keyring_find(&r, k->domain, k->selector)) &&
		   now_there->state == KEY_PENDING &&
		   memcmp(now_there->key.id, k->key.id, SIGN_ID) == 0) {
		if (steps_activate(l->args.state, &r, now_there, clock_wall(), false, &e) < 0)
			failed(l, k, &e);
		else
			tell(LOG_LVL_INFO, "key_active", k, STR_NULL, "");
		for (size_t i = 0; i < r.v.n; i++)
			if (steps_replaced(&r.v.p[i], now_there))
				tell(LOG_LVL_INFO, "key_retiring", &r.v.p[i], k->selector,
				     "successor");
	}
	keyring_unlock(lock);
}

static void told(void *arg, const struct authority_report *report)
{
	struct check *c = arg;
	struct life *l = c->life;
	struct keyring_key *k = &c->key;
	const char *event = k->state == KEY_PENDING ? "key_held" : "key_missing";

	c->authority = NULL;
	if (k->state == KEY_PENDING && report->seen)
		activate(l, k);
	else if (k->state == KEY_PENDING ? due(l, event, k, clock_wall())
					 : report->absent && due(l, event, k, clock_wall()))
		tell(k->state == KEY_PENDING ? LOG_LVL_INFO : LOG_LVL_WARN, event, k,
		     authority_summary(l->round, report), "reason");
	if (report->seen)
		all_is_well(l, event, k);
	l->running--;
	check_some(l);
}

static void check_some(struct life *l)
{
	while (l->next < l->check.n && l->running < LIFE_CHECKS_MAX) {
		struct check *c = &l->check.p[l->next++];

		l->running++;
		c->authority = authority_ask(&l->args.dns, c->key.domain, c->key.selector,
					     &c->key.key, told, c);
	}
	if (!l->running && !l->timer)
		l->timer = loop_after(l->args.dns.loop, l->args.every_ms, again, l);
}

static void want_checks(struct life *l, const struct keyring *r)
{
	bool active = l->rounds++ % LIFE_ACTIVE_EVERY == 0;

	for (size_t i = 0; i < r->v.n; i++) {
		const struct keyring_key *k = &r->v.p[i];

		if (k->state == KEY_PENDING ||
		    (active && (k->state == KEY_ACTIVE || k->state == KEY_RETIRING)))
			VEC_PUSH(l->round, l->check) = (struct check){ .life = l, .key = *k };
	}
}

/* ---- rounds ---- */

static void ring_fault(struct life *l, const struct err *e)
{
	const struct keyring_key none = { .domain = STR(""), .selector = STR("") };

	if (due(l, "keyring_fault", &none, clock_wall()))
		LOG(LOG_LVL_ERROR, "keyring_fault", F_CSTR("reason", e->text));
}

/* Many keys may be due at once, and the keeper may not answer: the next round goes on where this
 * one ends. */
static void look_after_all(struct life *l, const struct keyring *r, int64_t now)
{
	l->until_ms = clock_mono_ms() + l->args.work_ms;
	for (size_t i = 0; i < r->v.n && (i == 0 || in_time(l)); i++) {
		l->from = l->from < r->v.n ? l->from : 0;
		look_after(l, r, &r->v.p[l->from++], now);
	}
}

/* Another process that changes keys is at it: what is left to do is done the next time. */
static void under_lock(struct life *l, struct keyring *r, int64_t now)
{
	struct err e;
	int lock = keyring_lock(l->args.state, 0, &e);

	if (lock < 0) {
		if (errno != EWOULDBLOCK)
			ring_fault(l, &e);
		return;
	}
	if (keyring_read(l->round, l->args.state, l->args.keys, r, &e) < 0) {
		ring_fault(l, &e);
		r->v.n = 0; /* it may be a part: what is missing must not be made again */
	} else if (steps_finish(l->args.state, r, &e) < 0) {
		ring_fault(l, &e);
	}
	look_after_all(l, r, now);
	keyring_unlock(lock);
}

static void again(void *arg)
{
	struct life *l = arg;
	struct keyring r = { 0 };

	l->timer = NULL;
	arena_reset(l->round);
	memset(&l->check, 0, sizeof l->check);
	l->next = l->running = 0;
	under_lock(l, &r, clock_wall());
	want_checks(l, &r);
	check_some(l);
}

struct life *life_new(const struct life_args *args)
{
	struct arena *a = arena_new(0);
	struct life *l = ARENA_NEW(a, struct life);

	l->args = *args;
	l->arena = a;
	l->round = arena_new(0);
	l->told = map_new(a, false);
	l->timer = loop_after(args->dns.loop,
			      args->every_ms < LIFE_FIRST_MS ? args->every_ms : LIFE_FIRST_MS,
			      again, l);
	return l;
}

void life_free(struct life *l)
{
	if (!l)
		return;
	loop_cancel(l->timer);
	for (size_t i = 0; i < l->next; i++)
		authority_cancel(l->check.p[i].authority);
	arena_free(l->round);
	arena_free(l->arena);
}
