/* The spool read and handed on, round by round. */
#include "control/report/collect.h"

#include "base/log.h"
#include "io/loop.h"

struct collector {
	struct arena *arena; /* of itself */
	struct loop *loop;
	struct loop_timer *timer;
	struct spool_reader *reader;
	struct collect_taker taker[COLLECT_TAKERS_MAX];
	size_t ntakers;
	struct collect_stats stats;
	uint64_t again_ms;
	/* the round under way */
	struct arena *round;
	struct spool_record *record, *mine; /* all; those of the taker at work */
	size_t n, at;			    /* at: taker */
	bool busy, inside, taken, good;	    /* taken: while inside take */
	bool failing;
	bool kept; /* a round that failed: the takers before this one have it safe */
};

static void look(void *arg);

static void later(struct collector *c, uint64_t ms)
{
	loop_cancel(c->timer);
	c->timer = loop_after(c->loop, ms, look, c);
}

static void count_unwanted(struct collector *c)
{
	uint64_t before = c->stats.unwanted;

	for (size_t i = 0; i < c->n; i++) {
		size_t j = 0;

		while (j < c->ntakers && c->taker[j].type != c->record[i].type)
			j++;
		c->stats.unwanted += j == c->ntakers;
	}
	if (c->stats.unwanted != before)
		LOG(LOG_LVL_WARN, "spool_unwanted", F_INT("records", c->stats.unwanted));
}

static void end_round(struct collector *c, bool good)
{
	struct err e;

	c->busy = false;
	c->kept = !good;
	if (good) {
		count_unwanted(c);
		arena_reset(c->round);
	}
	if (good && spool_commit(c->reader, &e) < 0)
		LOG(LOG_LVL_ERROR, "spool_not_marked", F_CSTR("reason", e.text));
	if (good) {
		c->stats.records += c->n;
		c->stats.rounds++;
		c->again_ms = COLLECT_AGAIN_MS;
		if (c->failing)
			LOG(LOG_LVL_INFO, "spool_collected", F_INT("records", c->n));
		c->failing = false;
		later(c, c->n && collector_waiting(c) ? 0 : COLLECT_EVERY_MS);
		return;
	}
	c->stats.failed++;
	c->at--;
	if (!c->failing)
		LOG(LOG_LVL_WARN, "spool_waits", F_INT("octets", collector_waiting(c)));
	c->failing = true;
	later(c, c->again_ms);
	c->again_ms = c->again_ms * 2 < COLLECT_WORST_MS ? c->again_ms * 2 : COLLECT_WORST_MS;
}

static size_t records_of(struct collector *c, enum spool_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->record[i].type == type)
			c->mine[n++] = c->record[i];
	return n;
}

static void go_on(struct collector *c);

static void taken(void *token, bool good)
{
	struct collector *c = token;

	if (!c->busy)
		bug("records taken twice");
	c->taken = true;
	c->good = good;
	if (!c->inside)
		go_on(c);
}

/* One taker after the other; the first that fails ends the round, and begins it the next time. */
static void go_on(struct collector *c)
{
	while (c->taken && c->good && c->at < c->ntakers) {
		const struct collect_taker *t = &c->taker[c->at++];
		size_t n = records_of(c, t->type);

		if (!n)
			continue;
		c->taken = false;
		c->inside = true;
		t->take(t->arg, c->mine, n, taken, c);
		c->inside = false;
	}
	if (c->taken)
		end_round(c, c->good);
}

static void read_round(struct collector *c)
{
	c->record = ARENA_ARRAY(c->round, struct spool_record, COLLECT_RECORDS);
	c->mine = ARENA_ARRAY(c->round, struct spool_record, COLLECT_RECORDS);
	c->n = spool_read(c->reader, c->round, c->record, COLLECT_RECORDS);
	c->at = 0;
}

static void look(void *arg)
{
	struct collector *c = arg;

	c->timer = NULL;
	if (!c->kept)
		read_round(c);
	c->busy = c->taken = c->good = true;
	go_on(c);
}

struct collector *collector_new(const struct collect_args *args, struct err *e)
{
	struct spool_reader *reader = spool_reader_new(args->state, e);
	struct arena *a;
	struct collector *c;

	if (!reader)
		return NULL;
	if (args->ntakers > COLLECT_TAKERS_MAX)
		bug("too many takers of records");
	a = arena_new(0);
	c = ARENA_NEW(a, struct collector);
	c->arena = a;
	c->round = arena_new(0);
	c->loop = args->loop;
	c->reader = reader;
	c->again_ms = COLLECT_AGAIN_MS;
	c->ntakers = args->ntakers;
	for (size_t i = 0; i < args->ntakers; i++)
		c->taker[i] = args->taker[i];
	later(c, 0);
	return c;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	loop_cancel(c->timer);
	spool_reader_free(c->reader);
	arena_free(c->round);
	arena_free(c->arena);
}

const struct collect_stats *collector_stats(const struct collector *c)
{
	return &c->stats;
}

uint64_t collector_waiting(const struct collector *c)
{
	size_t files;

	return spool_waiting(c->reader, &files);
}
