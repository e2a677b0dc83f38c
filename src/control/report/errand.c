/* Work that is run again whenever an answer has come. */
#include "control/report/errand.h"

#include <sys/queue.h>

#include "base/buf.h"
#include "base/clock.h"
#include "io/loop.h"
#include "io/resolver.h"

enum kind { ASK_STORE, ASK_DNS, ASK_SIGN, ASK_SMTP };

struct ask {
	SLIST_ENTRY(ask) link;
	struct errand *errand;
	enum kind kind;
	struct str key;
	bool done;

	struct store_call *store;
	const struct store_answer *stored;
	size_t nstored;
	struct loop_timer *late; /* when the store has not answered */
	struct resolver_query *query;
	const struct dns_answer *dns;
	struct sign_call *sign;
	struct sign_reply signed_;
	struct smtp_call *smtp;
	struct smtp_answer sent;
};

struct errand {
	struct dns face; /* first */
	struct errand_world world;
	struct arena *arena;
	errand_fn *fn;
	errand_done_fn *done;
	void *arg;
	struct loop_timer *timer;
	SLIST_HEAD(, ask) asks;
};

static void run(void *arg)
{
	struct errand *e = arg;

	e->timer = NULL;
	if (!e->fn(e, e->arg))
		return;
	e->done(e->arg);
	errand_free(e);
}

static void again(struct errand *e)
{
	if (!e->timer)
		e->timer = loop_after(e->world.loop, 0, run, e);
}

static const struct dns_answer *dns_face(struct dns *d, const char *name, int type);

struct errand *errand_new(const struct errand_world *w, errand_fn *fn, errand_done_fn *done,
			  void *arg)
{
	struct arena *a = arena_new(0);
	struct errand *e = ARENA_NEW(a, struct errand);

	*e = (struct errand){
		.world = *w, .arena = a, .fn = fn, .done = done, .arg = arg, .face.ask = dns_face
	};
	SLIST_INIT(&e->asks);
	again(e);
	return e;
}

void errand_for(struct errand *e, void *arg)
{
	e->arg = arg;
}

void errand_free(struct errand *e)
{
	struct ask *k;

	if (!e)
		return;
	loop_cancel(e->timer);
	SLIST_FOREACH(k, &e->asks, link)
	{
		store_cancel(k->store);
		loop_cancel(k->late);
		if (k->query)
			resolver_cancel(k->query);
		resolver_put(k->dns);
		sign_cancel(k->sign);
		smtp_cancel(k->smtp);
	}
	arena_free(e->arena);
}

struct arena *errand_arena(struct errand *e)
{
	return e->arena;
}

/* The question of that key; new: it was not asked yet. */
static struct ask *ask_of(struct errand *e, enum kind kind, struct str key, bool *new)
{
	struct ask *k;

	*new = false;
	SLIST_FOREACH(k, &e->asks, link)
	if (k->kind == kind && str_eq(k->key, key))
		return k;
	*new = true;
	k = ARENA_NEW(e->arena, struct ask);
	k->errand = e;
	k->kind = kind;
	k->key = arena_dup(e->arena, key);
	SLIST_INSERT_HEAD(&e->asks, k, link);
	return k;
}

static void answered(struct ask *k)
{
	k->done = true;
	again(k->errand);
}

/* ---- the store ---- */

static void store_came(void *arg, const struct store_answer *answer, size_t n)
{
	struct ask *k = arg;
	struct arena *a = k->errand->arena;
	struct store_answer *copy = ARENA_ARRAY(a, struct store_answer, n + 1);

	for (size_t i = 0; i < n; i++) {
		struct store_entry *entry =
			ARENA_ARRAY(a, struct store_entry, answer[i].nentry + 1);

		copy[i] = answer[i];
		copy[i].value = arena_dup(a, answer[i].value);
		for (size_t m = 0; m < answer[i].nentry; m++)
			entry[m] = (struct store_entry){ answer[i].entry[m].id,
							 arena_dup(a, answer[i].entry[m].value) };
		copy[i].entry = entry;
	}
	loop_cancel(k->late);
	k->late = NULL;
	k->store = NULL;
	k->stored = copy;
	answered(k);
}

/* A connection of which nothing is heard lasts until TCP gives it up, and reports with it. */
static void store_late(void *arg)
{
	struct ask *k = arg;
	struct store_answer *none =
		ARENA_ARRAY(k->errand->arena, struct store_answer, k->nstored + 1);

	for (size_t i = 0; i < k->nstored; i++)
		none[i] = (struct store_answer){ .status = STORE_FAILED };
	k->late = NULL;
	store_cancel(k->store);
	k->store = NULL;
	k->stored = none;
	answered(k);
}

const struct store_answer *errand_store(struct errand *e, struct str key, const struct store_op *op,
					size_t n)
{
	bool new;
	struct ask *k = ask_of(e, ASK_STORE, key, &new);

	if (new) {
		k->nstored = n;
		k->late = loop_after(e->world.loop,
				     e->world.store_ms ? e->world.store_ms : ERRAND_STORE_MS,
				     store_late, k);
		k->store = store_send(e->world.store, op, n, STORE_SLOW, store_came, k);
	}
	return k->done ? k->stored : NULL;
}

/* ---- the DNS ---- */

static void dns_came(void *arg, const struct dns_answer *answer)
{
	struct ask *k = arg;

	k->query = NULL;
	k->dns = answer;
	answered(k);
}

static const struct dns_answer *dns_face(struct dns *d, const char *name, int type)
{
	struct errand *e = (struct errand *)(void *)d;
	bool new;
	struct ask *k = ask_of(e, ASK_DNS, arena_printf(e->arena, "%d %s", type, name), &new);

	if (!new || k->done)
		return k->dns;
	k->dns = resolver_ask(e->world.resolver, name, type, clock_mono_ms() + ERRAND_DNS_MS,
			      dns_came, k, &k->query);
	k->done = k->dns != NULL;
	return k->dns;
}

struct dns *errand_dns(struct errand *e)
{
	return &e->face;
}

/* ---- the signer ---- */

static void sign_came(void *arg, const struct sign_reply *r)
{
	struct ask *k = arg;

	k->sign = NULL;
	k->signed_ = *r;
	k->signed_.signature = arena_dup(k->errand->arena, r->signature);
	answered(k);
}

const struct sign_reply *errand_sign(struct errand *e, const unsigned char id[SIGN_ID],
				     struct str digest)
{
	struct buf b = { .arena = e->arena };
	struct ask *k;
	bool new;

	buf_add(&b, str_of((const char *)id, SIGN_ID));
	buf_add(&b, digest);
	k = ask_of(e, ASK_SIGN, buf_str(&b), &new);
	if (new && !e->world.signer) {
		k->signed_.status = SIGN_GONE;
		k->done = true;
	} else if (new) {
		k->sign = sign_ask(e->world.signer, id, digest, ERRAND_SIGN_MS, sign_came, k);
	}
	return k->done ? &k->signed_ : NULL;
}

/* ---- the relay ---- */

static void smtp_came(void *arg, const struct smtp_answer *r)
{
	struct ask *k = arg;

	k->smtp = NULL;
	k->sent = *r;
	k->sent.why = arena_dup(k->errand->arena, r->why);
	answered(k);
}

const struct smtp_answer *errand_smtp(struct errand *e, struct str key,
				      const struct smtp_message *m)
{
	bool new;
	struct ask *k = ask_of(e, ASK_SMTP, key, &new);

	if (new)
		k->smtp = smtp_send(e->world.smtp, m, smtp_came, k);
	return k->done ? &k->sent : NULL;
}
