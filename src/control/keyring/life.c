/* Rounds: what can be done without asking, then questions about keys, some at a time. */
#include "control/keyring/life.h"

#include <errno.h>

#include "auth/crypto.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "control/keyring/record.h"
#include "control/keyring/steps.h"
#include "io/loop.h"

struct check {
	struct life *life;
	struct authority *authority;
	struct sign_call *proof;
	struct keyring_key key;
};

struct life {
	struct life_args args;
	struct arena *arena; /* of its life: told */
	struct map *told;    /* when an event was last told of a key */
	struct arena *round; /* of the round: keys */
	VEC(struct check) check;
	VEC(const struct keyring_key *) ready; /* to become active; */
	size_t activated;		       /* so many of them have, or will not in this round */
	struct loop_timer *gather;	       /* when they do */
	struct crypto *crypto;
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

static void ring_fault(struct life *l, const struct err *e)
{
	const struct keyring_key none = { .domain = STR(""), .selector = STR("") };

	if (due(l, "keyring_fault", &none, clock_wall()))
		LOG(LOG_LVL_ERROR, "keyring_fault", F_CSTR("reason", e->text));
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

static void activate(struct life *l, struct keyring *r, const struct keyring_key *k)
{
	struct keyring_key *now_there = keyring_find(r, k->domain, k->selector);
	struct err e;

	if (!now_there || now_there->state != KEY_PENDING ||
	    memcmp(now_there->key.id, k->key.id, SIGN_ID) != 0)
		return;
	if (steps_activate(l->args.state, r, now_there, clock_wall(), false, &e) < 0)
		failed(l, k, &e);
	else
		tell(LOG_LVL_INFO, "key_active", k, STR_NULL, "");
	for (size_t i = 0; i < r->v.n; i++)
		if (steps_replaced(&r->v.p[i], now_there))
			tell(LOG_LVL_INFO, "key_retiring", &r->v.p[i], k->selector, "successor");
}

/* The parts of a ring by their domains: a key's steps look at no other. */
static struct map *by_domain(struct arena *a, const struct keyring *r)
{
	struct map *m = map_new(a, false);

	for (size_t i = 0; i < r->v.n; i++) {
		struct keyring *part = map_get(m, r->v.p[i].domain);

		if (!part) {
			part = ARENA_NEW(a, struct keyring);
			part->arena = a;
			part->v.p = &r->v.p[i];
			map_put(m, r->v.p[i].domain, part);
		}
		part->v.n = part->v.cap = part->v.n + 1;
	}
	return m;
}

/* As many of them as there is time for; a ring that somebody else is changing is for the next
 * round. */
static void activate_some(struct life *l)
{
	struct keyring r;
	struct map *parts;
	struct err e;
	int lock = keyring_lock(l->args.state, 0, &e);
	bool good = lock >= 0 && keyring_read(l->round, l->args.state, l->args.keys, &r, &e) == 0;

	if (lock >= 0 && !good)
		ring_fault(l, &e);
	if (!good)
		l->activated = l->ready.n;
	parts = good ? by_domain(l->round, &r) : NULL;
	l->until_ms = clock_mono_ms() + l->args.work_ms;
	for (bool first = true; l->activated < l->ready.n && (first || in_time(l)); first = false) {
		const struct keyring_key *k = l->ready.p[l->activated++];
		struct keyring *part = map_get(parts, k->domain);

		if (part)
			activate(l, part, k);
		keyring_note(l->args.state, k, STR_NULL);
	}
	keyring_unlock(lock);
}

static void gathered(void *arg);

static void gather(struct life *l)
{
	uint64_t ms = l->args.every_ms < LIFE_GATHER_MS ? l->args.every_ms : LIFE_GATHER_MS;

	if (!l->gather)
		l->gather = loop_after(l->args.dns.loop, ms, gathered, l);
}

static void gathered(void *arg)
{
	struct life *l = arg;

	l->gather = NULL;
	activate_some(l);
	if (l->activated < l->ready.n)
		gather(l);
	check_some(l);
}

static void ready(struct life *l, const struct keyring_key *k)
{
	VEC_PUSH(l->round, l->ready) = k;
	gather(l);
}

static void checked(struct life *l)
{
	l->running--;
	check_some(l);
}

/* ---- what signers show ---- */

/* What is signed to prove that a key is held: the hash of nothing that anybody knows. */
#define PROOF "merlon: this key is held here..."

/* NULL: the reply is a signature by that key. */
static const char *not_held(struct life *l, const struct sign_key *k, const struct sign_reply *r)
{
	const struct pubkey *public;
	unsigned bits;

	if (r->status == SIGN_NO_KEY)
		return "the signers do not have its private half";
	if (r->status != SIGN_OK)
		return arena_printf(l->round, "the signers do not sign with it: %s",
				    sign_status_word(r->status))
			.p;
	if (pubkey_get(l->crypto, k->type, k->public, &public, &bits) != PUBKEY_OK ||
	    !pubkey_verify(l->crypto, public, HASH_SHA256, STR(PROOF), r->signature))
		return "what the signers sign with it does not verify";
	return NULL;
}

static void proved(void *arg, const struct sign_reply *reply)
{
	struct check *c = arg;
	struct life *l = c->life;
	const char *why = not_held(l, &c->key.key, reply);

	c->proof = NULL;
	if (!why) {
		all_is_well(l, "key_unproved", &c->key);
		ready(l, &c->key);
	} else {
		keyring_note(l->args.state, &c->key, str_c(why));
		if (due(l, "key_unproved", &c->key, clock_wall()))
			tell(LOG_LVL_WARN, "key_unproved", &c->key, str_c(why), "reason");
	}
	checked(l);
}

static void seen_everywhere(struct check *c)
{
	struct life *l = c->life;

	if (l->args.signer) {
		c->proof = sign_ask(l->args.signer, c->key.key.id, STR(PROOF), LIFE_PROOF_MS,
				    proved, c);
		return;
	}
	ready(l, &c->key);
	checked(l);
}

static void told(void *arg, const struct authority_report *report)
{
	struct check *c = arg;
	struct life *l = c->life;
	struct keyring_key *k = &c->key;
	const char *event = k->state == KEY_PENDING ? "key_held" : "key_missing";

	c->authority = NULL;
	if (report->seen)
		all_is_well(l, event, k);
	if (k->state == KEY_PENDING && report->seen) {
		seen_everywhere(c);
		return;
	}
	if (k->state == KEY_PENDING)
		keyring_note(l->args.state, k, STR_NULL);
	if (k->state == KEY_PENDING ? due(l, event, k, clock_wall())
				    : report->absent && due(l, event, k, clock_wall()))
		tell(k->state == KEY_PENDING ? LOG_LVL_INFO : LOG_LVL_WARN, event, k,
		     authority_summary(l->round, report), "reason");
	checked(l);
}

static void check_some(struct life *l)
{
	while (l->next < l->check.n && l->running < LIFE_CHECKS_MAX) {
		struct check *c = &l->check.p[l->next++];

		l->running++;
		c->authority = authority_ask(&l->args.dns, c->key.domain, c->key.selector,
					     &c->key.key, told, c);
	}
	if (!l->running && !l->gather && !l->timer)
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
	memset(&l->ready, 0, sizeof l->ready);
	l->next = l->running = l->activated = 0;
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
	l->crypto = crypto_new();
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
	loop_cancel(l->gather);
	for (size_t i = 0; i < l->next; i++) {
		authority_cancel(l->check.p[i].authority);
		sign_cancel(l->check.p[i].proof);
	}
	crypto_free(l->crypto);
	arena_free(l->round);
	arena_free(l->arena);
}
