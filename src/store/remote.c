/* The store of another process of this machine, over its unix socket. */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "io/address.h"
#include "io/loop.h"
#include "store/backend.h"
#include "store/frames.h"
#include "store/queue.h"
#include "store/wire.h"

#define REMOTE_WAIT_MS 100u	       /* before the first new attempt; doubled each time, +-50 % */
#define REMOTE_WAIT_MAX_MS 1000u       /* it is on this machine: no more than that */
#define REMOTE_WAITING_MAX (32u << 20) /* octets that the server does not take */

/* A batch that is sent; in its arena. */
struct sent {
	LIST_ENTRY(sent) link;
	struct store_batch *batch;
	uint32_t id;
};

struct remote {
	struct store *store;
	struct loop *loop;
	char *path;
	struct frames *frames; /* NULL: not connected */
	struct loop_timer *retry;
	unsigned failures; /* in a row */
	uint64_t random;
	uint32_t next_id;
	LIST_HEAD(, sent) sent;
	struct queue hopeless; /* batches that cannot be sent, to be ended from the loop */
	bool was_up;
};

static void connect_to(struct remote *r);

static void retry(void *arg)
{
	struct remote *r = arg;

	r->retry = NULL;
	connect_to(r);
}

/* Back-off with jitter, so that all workers do not come at once. */
static void retry_later(struct remote *r)
{
	uint64_t ms = (uint64_t)REMOTE_WAIT_MS << (r->failures < 4 ? r->failures : 4);

	r->failures++;
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	ms = ms / 2 + (r->random >> 33) % ms;
	ms = ms < REMOTE_WAIT_MAX_MS ? ms : REMOTE_WAIT_MAX_MS;
	r->retry = loop_after(r->loop, ms, retry, r);
}

/* What was sent and has no answer: nobody knows whether it was done. */
static void fail_all(struct remote *r, const char *why)
{
	struct sent *s;

	while ((s = LIST_FIRST(&r->sent))) {
		LIST_REMOVE(s, link);
		s->batch->backend = NULL;
		store_batch_end(r->store, s->batch, NULL, true, why);
	}
}

static void down(struct remote *r, const char *why)
{
	frames_free(r->frames);
	r->frames = NULL;
	store_report(r->store, false, why);
	retry_later(r);
	fail_all(r, why);
}

static void lost(void *arg, const char *why)
{
	down(arg, why);
}

static struct sent *find(struct remote *r, uint32_t id)
{
	struct sent *s;

	LIST_FOREACH(s, &r->sent, link)
	if (s->id == id)
		return s;
	return NULL;
}

/* An answer to a batch that is given up is for nobody. */
static bool got(void *arg, struct str payload)
{
	struct remote *r = arg;
	struct arena *arena = arena_new(4096);
	struct store_answer *a;
	struct sent *s;
	uint32_t id;
	size_t n;
	bool good = answers_parse(arena, payload, &id, &a, &n);

	s = good ? find(r, id) : NULL;
	good = good && (!s || n == s->batch->n);
	if (good)
		r->failures = 0;
	if (good && s) {
		LIST_REMOVE(s, link);
		s->batch->backend = NULL;
		store_batch_end(r->store, s->batch, a, false, NULL);
	}
	arena_free(arena);
	return good;
}

static void connect_to(struct remote *r)
{
	struct address at;
	int fd = -1;

	errno = ENAMETOOLONG;
	if (address_unix(str_c(r->path), &at))
		fd = address_dial(&at);
	if (fd < 0) {
		store_report(r->store, false, strerror(errno));
		retry_later(r);
		return;
	}
	r->frames = frames_new(r->loop, fd, got, lost, r);
	store_counters(r->store)->reconnects += r->was_up;
	r->was_up = true;
	store_report(r->store, true, "");
}

/* ---- batches ---- */

static void end_hopeless(void *arg)
{
	struct remote *r = arg;

	for (struct queue_item *i = queue_take(&r->hopeless), *next; i; i = next) {
		next = i->next;
		store_batch_end(r->store, i->batch, NULL, true, "not connected");
	}
}

static bool send_batch(struct remote *r, struct store_batch *b, uint32_t id)
{
	struct buf out = { .arena = b->arena };
	unsigned flags = b->flags & STORE_DURABLE;

	if (!r->frames || frames_waiting(r->frames) > REMOTE_WAITING_MAX ||
	    !batch_format(&out, id, flags, b->op, b->n))
		return false;
	frames_send(r->frames, buf_str(&out));
	store_counters(r->store)->round_trips++;
	return true;
}

static void begin(void *self, struct store_batch *b)
{
	struct remote *r = self;
	struct sent *s;

	if (!send_batch(r, b, ++r->next_id)) {
		queue_add(&r->hopeless, b);
		return;
	}
	s = ARENA_NEW(b->arena, struct sent);
	*s = (struct sent){ .batch = b, .id = r->next_id };
	b->backend = s;
	LIST_INSERT_HEAD(&r->sent, s, link);
}

static void drop(void *self, struct store_batch *b)
{
	struct remote *r = self;
	struct sent *s;

	LIST_FOREACH(s, &r->sent, link)
	if (s->batch == b) {
		LIST_REMOVE(s, link);
		return;
	}
	queue_drop(&r->hopeless, b);
}

static void free_it(void *self)
{
	struct remote *r = self;

	frames_free(r->frames);
	loop_cancel(r->retry);
	queue_fini(&r->hopeless);
	free(r->path);
	free(r);
}

static const struct store_backend methods = { "remote", begin, drop, free_it };

struct store *store_remote(struct loop *l, const char *path, const struct store_limits *lim)
{
	struct remote *r = calloc(1, sizeof *r);

	if (!r || !(r->path = strdup(path)))
		bug("no memory for a store");
	r->loop = l;
	r->random = hash_key_random().k0;
	LIST_INIT(&r->sent);
	queue_init(&r->hopeless, l, end_hopeless, r);
	r->store = store_over(l, &methods, r, lim, true);
	connect_to(r);
	return r->store;
}
