/* One suite for every kind of store: what is asked of one is asked of all. */
#ifndef TESTS_UNIT_STORE_SUITE_H
#define TESTS_UNIT_STORE_SUITE_H

#include "io/loop.h"
#include "store/store.h"

struct suite;

/* How a kind of store is had. Each test gets a new one, empty. */
struct suite_kind {
	const char *name;
	/* Fills s->store (and, if it is of use, s->own); s->loop is there. */
	void (*open)(struct suite *s);
	void (*close)(struct suite *s); /* the store too */
	/* The data are kept by suite_now(s), which open hands to store_clock: time then passes at
	 * once. Else by the wall clock, and the tests sleep. */
	bool clock;
};

struct suite {
	const struct suite_kind *kind;
	struct loop *loop;
	struct arena *arena;
	struct store *store;
	void *own;
	int64_t now;
};

int64_t suite_now(void *suite);

/* Runs all tests against each kind; what main returns. */
int suite_run(const struct suite_kind *kind, size_t n);

#endif
