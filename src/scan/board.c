/* The board: a table of named cells in shared memory, counters and a breaker each. */
#include "scan/board.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"

#define WHY_MAX 32u

enum { FREE, WRITING, READY };

/* Two processes that write at once may mix a word of `why`; nothing else can be torn. */
struct board_cell {
	_Atomic unsigned state;
	char name[BOARD_NAME];
	char why[WHY_MAX];
	_Atomic uint64_t off_until_ms; /* on clock_mono_ms; 0: it is on */
	_Atomic uint64_t trial_ms;     /* when somebody was told to try; 0: nobody */
	_Atomic uint64_t failures;     /* in a row */
	_Atomic uint64_t once_ms;
	_Atomic uint64_t n[BOARD_COUNTS];
};

/* The last cell is of all for whom there is no room. */
struct board {
	struct board_cell cell[BOARD_CELLS];
};

static const char *const count_names[BOARD_COUNTS] = {
	[BOARD_ASKED] = "asked",	 [BOARD_GOOD] = "good",
	[BOARD_FAILED] = "failed",	 [BOARD_OFF] = "off",
	[BOARD_REFUSED] = "refused",	 [BOARD_HITS] = "hits",
	[BOARD_CACHED] = "cached",	 [BOARD_SKIPPED] = "skipped",
	[BOARD_TOKENS_IN] = "tokens_in", [BOARD_TOKENS_OUT] = "tokens_out",
	[BOARD_MICROS] = "micros",	 [BOARD_MS] = "ms",
};

struct board *board_new(void)
{
	struct board *b =
		mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		bug("no memory for the board");
	snprintf(b->cell[BOARD_CELLS - 1].name, BOARD_NAME, "other");
	atomic_store(&b->cell[BOARD_CELLS - 1].state, READY);
	return b;
}

void board_free(struct board *b)
{
	if (b)
		munmap(b, sizeof *b);
}

static bool named(const struct board_cell *c, struct str name)
{
	return str_eq(str_c(c->name), name);
}

/* A cell that another process is writing is waited for: a few stores, unless it was killed in
 * between; then it is passed over. */
static unsigned settled(const struct board_cell *c)
{
	unsigned state = atomic_load_explicit(&c->state, memory_order_acquire);

	for (int i = 0; state == WRITING && i < 1000; i++)
		state = atomic_load_explicit(&c->state, memory_order_acquire);
	return state;
}

static bool claim(struct board_cell *c, struct str name)
{
	unsigned was = FREE;

	if (!atomic_compare_exchange_strong(&c->state, &was, WRITING))
		return false;
	snprintf(c->name, sizeof c->name, "%.*s", STR_ARG(name));
	atomic_store_explicit(&c->state, READY, memory_order_release);
	return true;
}

struct board_cell *board_cell(struct board *b, struct str name)
{
	const struct hash_key key = { 0x626f617264u, 1 };
	size_t at;

	if (!b)
		return NULL;
	name = str_sub(name, 0, BOARD_NAME - 1);
	at = (size_t)(hash_sip24(key, name) % (BOARD_CELLS - 1));
	for (size_t i = 0; i < BOARD_CELLS - 1; i++, at = (at + 1) % (BOARD_CELLS - 1)) {
		struct board_cell *c = &b->cell[at];
		unsigned state = settled(c);
		if (state == FREE && claim(c, name))
			return c;
		if (settled(c) == READY && named(c, name))
			return c;
	}
	return &b->cell[BOARD_CELLS - 1];
}

/* ---- counting ---- */

void board_add(struct board_cell *c, enum board_count what, uint64_t n)
{
	if (c)
		atomic_fetch_add_explicit(&c->n[what], n, memory_order_relaxed);
}

uint64_t board_count(const struct board_cell *c, enum board_count what)
{
	return c ? atomic_load_explicit(&c->n[what], memory_order_relaxed) : 0;
}

const char *board_name(const struct board_cell *c)
{
	return c ? c->name : "";
}

/* ---- on and off ---- */

static void say_why(struct board_cell *c, const char *why)
{
	snprintf(c->why, sizeof c->why, "%s", why);
}

const char *board_why(const struct board_cell *c)
{
	return c ? c->why : "";
}

bool board_is_off(const struct board_cell *c)
{
	return c && atomic_load(&c->off_until_ms) > clock_mono_ms();
}

/* Whether it is the caller who tries what was off; one who never reports is forgotten in time. */
static bool may_try(struct board_cell *c, uint64_t now)
{
	uint64_t trial = atomic_load(&c->trial_ms);

	return (!trial || now >= trial + BOARD_OPEN_MS) &&
	       atomic_compare_exchange_strong(&c->trial_ms, &trial, now);
}

bool board_ask(struct board_cell *c)
{
	uint64_t now = clock_mono_ms(), until = c ? atomic_load(&c->off_until_ms) : 0;

	if (until && (until > now || !may_try(c, now))) {
		board_add(c, BOARD_OFF, 1);
		return false;
	}
	board_add(c, BOARD_ASKED, 1);
	return true;
}

void board_good(struct board_cell *c)
{
	if (!c)
		return;
	board_add(c, BOARD_GOOD, 1);
	atomic_store(&c->failures, 0);
	if (!atomic_load(&c->off_until_ms) || board_is_off(c))
		return;
	atomic_store(&c->off_until_ms, 0);
	atomic_store(&c->trial_ms, 0);
}

bool board_failed(struct board_cell *c, const char *why)
{
	uint64_t row;
	bool trial;

	if (!c)
		return false;
	board_add(c, BOARD_FAILED, 1);
	row = atomic_fetch_add(&c->failures, 1) + 1;
	trial = atomic_load(&c->trial_ms) != 0;
	if (row < BOARD_OPENS_AFTER && !trial)
		return false;
	return board_off(c, BOARD_OPEN_MS, why) && !trial;
}

bool board_off(struct board_cell *c, uint64_t ms, const char *why)
{
	uint64_t now = clock_mono_ms(), was;

	if (!c)
		return false;
	was = atomic_load(&c->off_until_ms);
	say_why(c, why);
	while (was < now + ms)
		if (atomic_compare_exchange_weak(&c->off_until_ms, &was, now + ms))
			break;
	atomic_store(&c->trial_ms, 0);
	atomic_store(&c->failures, 0);
	return was <= now;
}

bool board_once(struct board_cell *c, uint64_t ms)
{
	uint64_t now = clock_mono_ms(), was = c ? atomic_load(&c->once_ms) : 0;

	if (!c || (was && now < was + ms))
		return false;
	return atomic_compare_exchange_strong(&c->once_ms, &was, now);
}

/* ---- for people ---- */

static const char *state_word(const struct board_cell *c, uint64_t now)
{
	uint64_t until = atomic_load(&c->off_until_ms);

	return !until ? "on" : until > now ? "off" : "trying";
}

static json_t *report_cell(const struct board_cell *c, uint64_t now)
{
	uint64_t until = atomic_load(&c->off_until_ms);
	const char *state = state_word(c, now);
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(c->name));
	json_object_set_new(o, "state", json_string(state));
	json_object_set_new(o, "why", until ? json_string(c->why) : json_null());
	json_object_set_new(o, "off_ms", json_integer(until > now ? (json_int_t)(until - now) : 0));
	for (size_t i = 0; i < BOARD_COUNTS; i++)
		json_object_set_new(o, count_names[i],
				    json_integer((json_int_t)board_count(c, (enum board_count)i)));
	return o;
}

static bool untouched(const struct board_cell *c)
{
	for (size_t i = 0; i < BOARD_COUNTS; i++)
		if (board_count(c, (enum board_count)i))
			return false;
	return true;
}

const struct board_cell *board_next(const struct board *b, const struct board_cell *c)
{
	for (size_t i = c ? (size_t)(c - b->cell) + 1 : 0; b && i < BOARD_CELLS; i++) {
		bool other = i == BOARD_CELLS - 1;
		if (settled(&b->cell[i]) == READY && !(other && untouched(&b->cell[i])))
			return &b->cell[i];
	}
	return NULL;
}

json_t *board_report(const struct board *b)
{
	uint64_t now = clock_mono_ms();
	json_t *all = json_array();

	for (const struct board_cell *c = NULL; (c = board_next(b, c));)
		json_array_append_new(all, report_cell(c, now));
	return all;
}

void board_log(const struct board *b)
{
	uint64_t now = clock_mono_ms();

	for (const struct board_cell *c = NULL; (c = board_next(b, c));) {
		if (untouched(c))
			continue;
		LOG(LOG_LVL_INFO, "outside", F_CSTR("name", c->name),
		    F_CSTR("state", state_word(c, now)),
		    F_INT("asked", board_count(c, BOARD_ASKED)),
		    F_INT("good", board_count(c, BOARD_GOOD)),
		    F_INT("failed", board_count(c, BOARD_FAILED)),
		    F_INT("off", board_count(c, BOARD_OFF)),
		    F_INT("refused", board_count(c, BOARD_REFUSED)),
		    F_INT("hits", board_count(c, BOARD_HITS)),
		    F_INT("cached", board_count(c, BOARD_CACHED)),
		    F_INT("skipped", board_count(c, BOARD_SKIPPED)));
	}
}
