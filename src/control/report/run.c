/* The reporter: its lease, the outbox as it knows it, and what it does next. */
#include "control/report/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/report/reporter.h"
#include "control/report/suppress.h"

static void tick(void *arg);

static bool answered(const struct store_answer *a)
{
	return !a->local && (a->status == STORE_OK || a->status == STORE_NONE);
}

/* ---- the outbox ---- */

static void forget(struct reporter *r, size_t i)
{
	r->npending--;
	memmove(&r->pending[i], &r->pending[i + 1], (r->npending - i) * sizeof *r->pending);
}

/* An id that was written twice is there twice: the second one finds what came of the first. */
static void add(struct reporter *r, const struct store_entry *e)
{
	struct pending *p;

	if (!e->value.n || e->value.n >= REPORT_ID_MAX)
		return;
	if (r->npending == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->pending = realloc(r->pending, r->cap * sizeof *r->pending);
		if (!r->pending)
			bug("no memory for %zu reports", r->cap);
	}
	p = &r->pending[r->npending++];
	*p = (struct pending){ .entry = e->id, .force = r->force };
	memcpy(p->id, e->value.p, e->value.n);
}

static void looked(void *arg, const struct store_answer *a, size_t n)
{
	struct reporter *r = arg;

	r->call = NULL;
	r->busy = false;
	r->look_ms = clock_mono_ms() + REPORTER_LOOK_MS;
	r->sum.store &= answered(&a[0]);
	if (!r->secret) { /* of a lease that was lost meanwhile: it is read anew */
		reporter_work(r);
		return;
	}
	if (n && answered(&a[0]) && a[0].nentry) {
		for (size_t i = 0; i < a[0].nentry; i++)
			add(r, &a[0].entry[i]);
		r->seen = a[0].entry[a[0].nentry - 1].id;
		r->look_ms = 0; /* there may be more */
	} else {
		r->looked = r->listed;
		r->force = false;
	}
	reporter_work(r);
}

static void look(struct reporter *r)
{
	struct store_op op = { .kind = STORE_READ, .key = OUTBOX_LOG, .id = r->seen };

	r->busy = true;
	r->call = store_send(r->args.store, &op, 1, STORE_SLOW, looked, r);
}

/* Where the log is read from by the next one. Nobody waits for it. */
static void keep_head(struct reporter *r)
{
	uint64_t head = r->seen;
	char text[24];
	struct store_op op = { .kind = STORE_PUT, .key = OUTBOX_HEAD };

	if (r->npending)
		head = r->pending[0].entry - 1;
	if (head == r->head)
		return;
	r->head = head;
	snprintf(text, sizeof text, "%llu", (unsigned long long)head);
	op.value = str_c(text);
	store_send(r->args.store, &op, 1, 0, NULL, NULL);
}

static void begun(void *arg, const struct store_answer *a, size_t n)
{
	struct reporter *r = arg;
	struct str secret = a[0].value;

	r->call = NULL;
	r->busy = false;
	if (n != 2 || !answered(&a[0]) || !answered(&a[1])) {
		r->sum.store = false;
		return;
	}
	if (a[0].status == STORE_OK && secret.n == SUPPRESS_SECRET)
		memcpy(r->secret_octets, secret.p, SUPPRESS_SECRET);
	r->secret = true;
	r->seen = 0;
	(void)str_u64(a[1].value, UINT64_MAX, &r->seen);
	r->head = r->seen;
	reporter_work(r);
}

/* The secret that all share, made by whoever is first; and where the log begins. */
static void begin(struct reporter *r)
{
	struct hash_key k[2] = { hash_key_random(), hash_key_random() };
	struct store_op op[2] = { { .kind = STORE_NEW, .key = SEND_SECRET_KEY },
				  { .kind = STORE_GET, .key = OUTBOX_HEAD } };

	_Static_assert(sizeof k == SUPPRESS_SECRET, "two keys are a secret");
	memcpy(r->secret_octets, k, SUPPRESS_SECRET);
	op[0].value = str_of((const char *)r->secret_octets, SUPPRESS_SECRET);
	r->busy = true;
	r->call = store_send(r->args.store, op, 2, STORE_SLOW, begun, r);
}

/* ---- sending ---- */

static struct pending *find(struct reporter *r, uint64_t entry)
{
	size_t low = 0, high = r->npending;

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (r->pending[at].entry < entry)
			low = at + 1;
		else
			high = at;
	}
	return low < r->npending && r->pending[low].entry == entry ? &r->pending[low] : NULL;
}

static void sent(void *arg, struct str id, const struct send_outcome *o)
{
	struct reporter *r = arg;
	struct pending *p = find(r, r->sending);

	(void)id;
	r->send = NULL;
	r->busy = false;
	r->sum.sent += o->sent;
	r->sum.relay &= !o->no_relay;
	r->sum.store &= !o->no_store;
	if (o->no_relay)
		r->relay_ms = clock_mono_ms() + REPORTER_RELAY_MS;
	if (p && o->over) {
		forget(r, (size_t)(p - r->pending));
	} else if (p) {
		p->due = o->no_store ? clock_wall() + 60 : o->due;
		p->force = false;
	}
	keep_head(r);
	reporter_work(r);
}

/* Whoever waits longest: what is put off again and again keeps nobody waiting. */
struct pending *pending_due(struct pending *p, size_t n, int64_t now)
{
	struct pending *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (p[i].force)
			return &p[i];
		if (p[i].due <= now && (!first || p[i].due < first->due))
			first = &p[i];
	}
	return first;
}

static struct pending *due(struct reporter *r)
{
	if (r->relay_ms > clock_mono_ms())
		return NULL;
	return pending_due(r->pending, r->npending, clock_wall());
}

static void send_one(struct reporter *r, struct pending *p)
{
	reporter_keys(r);
	r->busy = true;
	r->sending = p->entry;
	r->world.errand = (struct errand_world){ .loop = r->args.loop,
						 .store = r->args.store,
						 .resolver = r->args.resolver,
						 .signer = r->args.signer,
						 .smtp = r->smtp };
	r->world.crypto = r->crypto;
	r->world.settings = r->args.settings;
	r->world.secret = str_of((const char *)r->secret_octets, SUPPRESS_SECRET);
	r->send = send_new(&r->world, str_c(p->id), clock_wall(), p->force, sent, r);
}

uint64_t reporter_sent(const struct reporter *r)
{
	return r->sum.sent;
}

/* ---- what next ---- */

static void tell(struct reporter *r)
{
	reporter_told_fn *told = r->args.told;

	if (!told)
		return;
	r->args.told = NULL;
	r->sum.lease = r->held;
	r->sum.waiting = r->npending;
	r->busy = true; /* nothing more */
	told(r->args.arg, &r->sum);
}

/* Where only failures are reported, what was gathered before stays where it is. A tool was asked.
 */
static bool windows_wanted(const struct reporter *r)
{
	return r->args.settings->aggregate || r->args.told;
}

void reporter_work(struct reporter *r)
{
	uint64_t now = clock_mono_ms();
	struct pending *p;

	if (r->busy || !r->held)
		return;
	if (!r->sum.store && r->args.told)
		tell(r);
	else if (!r->secret)
		begin(r);
	else if (r->windows_ms <= now && windows_wanted(r))
		reporter_windows(r);
	else if (r->look_ms <= now)
		look(r);
	else if ((p = due(r)) != NULL)
		send_one(r, p);
	else if (r->listed && r->looked)
		tell(r);
}

/* ---- the lease ---- */

void reporter_lost(struct reporter *r)
{
	if (r->held)
		LOG(LOG_LVL_INFO, "reporter_lost");
	r->held = false;
	r->secret = false; /* and all that is read after it, since another one changes it */
	r->seen = r->head = 0;
	r->npending = 0;
	r->look_ms = 0;
	if (r->send) {
		send_free(r->send);
		r->send = NULL;
		r->busy = false;
	}
}

static void take_lease(struct reporter *r, const struct store_answer *a)
{
	uint64_t fence = a->sum[0] > 0 ? (uint64_t)a->sum[0] : 0;

	if (!a->admitted || !fence) {
		reporter_lost(r);
		return;
	}
	if (!r->held || r->fence != fence) {
		reporter_lost(r);
		LOG(LOG_LVL_INFO, "reporter", F_INT("fence", fence));
	}
	r->held = true;
	r->fence = fence;
	r->until_ms = r->renew_ms + REPORTER_LEASE_MS;
}

static void poked(struct reporter *r, struct str how)
{
	struct store_op op = { .kind = STORE_DEL, .key = REPORTER_NOW };

	store_send(r->args.store, &op, 1, 0, NULL, NULL);
	r->force = true;
	r->open = str_eq(how, REPORTER_OPEN);
	r->windows_ms = r->look_ms = r->relay_ms = 0;
	for (size_t i = 0; i < r->npending; i++)
		r->pending[i].force = true;
}

static void leased(void *arg, const struct store_answer *a, size_t n)
{
	struct reporter *r = arg;

	r->lease_call = NULL;
	r->asked = true;
	if (n != 2 || !answered(&a[0])) {
		/* Not known: it is ours until it ends. */
		r->sum.store = false;
	} else {
		take_lease(r, &a[0]);
		if (r->held && a[1].status == STORE_OK && !a[1].local)
			poked(r, a[1].value);
	}
	if (!r->held)
		tell(r);
	else
		reporter_work(r);
}

static void renew(struct reporter *r)
{
	struct store_op op[2] = { { .kind = STORE_LEASE,
				    .key = REPORTER_LEASE,
				    .value = str_c(r->me),
				    .ttl_ms = REPORTER_LEASE_MS },
				  { .kind = STORE_GET, .key = REPORTER_NOW } };

	r->renew_ms = clock_mono_ms();
	r->lease_call = store_send(r->args.store, op, 2, STORE_SLOW, leased, r);
}

static void tick(void *arg)
{
	struct reporter *r = arg;
	uint64_t now = clock_mono_ms();

	r->timer = loop_after(r->args.loop, REPORTER_TICK_MS, tick, r);
	if (r->held && now >= r->until_ms)
		reporter_lost(r);
	if (!r->lease_call && (!r->asked || now >= r->renew_ms + REPORTER_RENEW_MS))
		renew(r);
	reporter_work(r);
}

/* ---- the face ---- */

struct reporter *reporter_new(const struct reporter_args *args)
{
	struct arena *a = arena_new(0);
	struct reporter *r = ARENA_NEW(a, struct reporter);
	char host[40] = "";

	*r = (struct reporter){ .args = *args, .arena = a, .crypto = crypto_new() };
	(void)gethostname(host, sizeof host - 1);
	snprintf(r->me, sizeof r->me, "%s:%lld:%llx", host, (long long)getpid(),
		 (unsigned long long)hash_key_random().k0);
	r->smtp = smtp_new(args->loop, args->resolver, &args->settings->relay);
	r->windows = windows_new(args->loop, args->store);
	r->force = args->told != NULL;
	r->sum = (struct reporter_sum){ .store = true, .relay = true };
	r->timer = loop_after(args->loop, 0, tick, r);
	return r;
}

static struct store_op release(const struct reporter *r)
{
	return (struct store_op){ .kind = STORE_LEASE,
				  .flags = STORE_F_RELEASE,
				  .key = REPORTER_LEASE,
				  .value = str_c(r->me) };
}

void reporter_give_back(struct reporter *r)
{
	struct store_op op = release(r);

	store_cancel(r->lease_call);
	r->lease_call = NULL;
	store_send(r->args.store, &op, 1, STORE_SLOW, NULL, NULL);
	r->asked = false;
	reporter_lost(r);
}

static void give_back(struct reporter *r)
{
	struct store_op op = release(r);
	struct arena *a = arena_new(0);

	if (r->held)
		store_wait(r->args.store, a, &op, 1, 0);
	arena_free(a);
}

void reporter_free(struct reporter *r)
{
	if (!r)
		return;
	loop_cancel(r->timer);
	store_cancel(r->lease_call);
	store_cancel(r->call);
	send_free(r->send);
	r->busy = true;
	windows_free(r->windows);
	reporter_windows_stop(r);
	give_back(r);
	smtp_free(r->smtp);
	arena_free(r->keys_arena);
	free(r->pending);
	crypto_free(r->crypto);
	arena_free(r->arena);
}
