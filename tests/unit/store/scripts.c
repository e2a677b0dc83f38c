/* The scripts: each a sequence of operations on one store that begins empty. */
#include "unit/store/scripts.h"

#include <math.h>

#define KEY(z) .key = { z, sizeof(z) - 1 }
#define VAL(z) .value = { z, sizeof(z) - 1 }
#define MEM(z) .member = { z, sizeof(z) - 1 }
#define OP(k, ...) .op = { .kind = STORE_##k, __VA_ARGS__ }
#define WANT(st, ...) .want = { .status = STORE_##st, __VA_ARGS__ }

static const struct step get_put[] = {
	{ OP(GET, KEY("t:a")), WANT(NONE, .value = "") },
	{ OP(PUT, KEY("t:a"), VAL("one")), WANT(OK) },
	{ OP(GET, KEY("t:a")), WANT(OK, .value = "one") },
	{ OP(PUT, KEY("t:a"), VAL("two")), WANT(OK) },
	{ OP(GET, KEY("t:a")), WANT(OK, .value = "two") },
	{ OP(GET, KEY("t:A")), WANT(NONE) },
	{ OP(PUT, KEY("t:empty")), WANT(OK) },
	{ OP(GET, KEY("t:empty")), WANT(OK, .value = "") },
	{ OP(DEL, KEY("t:a")), WANT(OK) },
	{ OP(DEL, KEY("t:a")), WANT(NONE) },
	{ OP(GET, KEY("t:a")), WANT(NONE) },
	{ OP(GET, KEY("")), WANT(FAILED) },
};

static const struct step expiry[] = {
	{ OP(PUT, KEY("t:short"), VAL("s"), .ttl_ms = 150), WANT(OK) },
	{ OP(PUT, KEY("t:long"), VAL("l"), .ttl_ms = 60000), WANT(OK) },
	{ OP(PUT, KEY("t:ever"), VAL("e")), WANT(OK) },
	{ OP(GET, KEY("t:short")), WANT(OK, .value = "s") },
	{ .wait_ms = 200, OP(GET, KEY("t:short")), WANT(NONE) },
	{ OP(DEL, KEY("t:short")), WANT(NONE) },
	{ OP(NEW, KEY("t:short"), VAL("again")), WANT(NONE) },
	{ OP(GET, KEY("t:short")), WANT(OK, .value = "again") },
	{ OP(GET, KEY("t:long")), WANT(OK, .value = "l") },
	{ OP(GET, KEY("t:ever")), WANT(OK, .value = "e") },
	/* a new PUT has its own time to live, or none */
	{ OP(PUT, KEY("t:x"), VAL("1"), .ttl_ms = 150), WANT(OK) },
	{ OP(PUT, KEY("t:x"), VAL("2")), WANT(OK) },
	{ .wait_ms = 200, OP(GET, KEY("t:x")), WANT(OK, .value = "2") },
};

static const struct step put_new[] = {
	{ OP(NEW, KEY("t:n"), VAL("first"), .ttl_ms = 60000), WANT(NONE) },
	{ OP(NEW, KEY("t:n"), VAL("second")), WANT(OK, .value = "first") },
	{ OP(GET, KEY("t:n")), WANT(OK, .value = "first") },
	{ OP(DEL, KEY("t:n")), WANT(OK) },
	{ OP(NEW, KEY("t:n"), VAL("third")), WANT(NONE) },
	{ OP(GET, KEY("t:n")), WANT(OK, .value = "third") },
};

static const struct step add[] = {
	{ OP(ADD, KEY("t:c")), WANT(OK, .sum = { 0 }) },
	{ OP(GET, KEY("t:c")), WANT(NONE) }, /* a look writes nothing */
	{ OP(ADD, KEY("t:c"), .delta = { 1, 0, 2.5 }), WANT(OK, .sum = { 1, 0, 2.5 }) },
	{ OP(ADD, KEY("t:c"), .delta = { 1 }), WANT(OK, .sum = { 2, 0, 2.5 }) },
	{ OP(ADD, KEY("t:c"), .delta = { 0, 0, 0, -4 }), WANT(OK, .sum = { 2, 0, 2.5, -4 }) },
	{ OP(ADD, KEY("t:c")), WANT(OK, .sum = { 2, 0, 2.5, -4 }) },
	{ OP(ADD, KEY("t:c"), .delta = { -2, 0, -2.5, 4 }), WANT(OK, .sum = { 0 }) },
	{ OP(DEL, KEY("t:c")), WANT(OK) },
	{ OP(ADD, KEY("t:c")), WANT(OK, .sum = { 0 }) },
	/* one that rises beyond all numbers stays as it was */
	{ OP(ADD, KEY("t:i"), .delta = { 1e308 }), WANT(OK, .sum = { 1e308 }) },
	{ OP(ADD, KEY("t:i"), .delta = { 1e308 }), WANT(FAILED) },
	{ OP(ADD, KEY("t:i")), WANT(OK, .sum = { 1e308 }) },
	{ OP(ADD, KEY("t:i"), .delta = { 0, NAN }), WANT(FAILED) },
};

static const struct step half_lives[] = {
	{ OP(ADD, KEY("t:h"), .delta = { 8, 8, 8 }, .half_life_ms = { 100, 200 }),
	  WANT(OK, .sum = { 8, 8, 8 }) },
	{ .wait_ms = 200,
	  OP(ADD, KEY("t:h"), .half_life_ms = { 100, 200 }),
	  WANT(OK, .sum = { 2, 4, 8 }, .decays = true) },
	{ OP(ADD, KEY("t:h"), .delta = { 1, 0, 1 }, .half_life_ms = { 100, 200 }),
	  WANT(OK, .sum = { 3, 4, 9 }, .decays = true) },
	{ .wait_ms = 100,
	  OP(ADD, KEY("t:h"), .half_life_ms = { 100, 100 }),
	  WANT(OK, .sum = { 1.5, 2, 9 }, .decays = true) },
};

static const struct step add_expiry[] = {
	/* from this touch */
	{ OP(ADD, KEY("t:t"), .delta = { 1 }, .ttl_ms = 400), WANT(OK, .sum = { 1 }) },
	{ .wait_ms = 250,
	  OP(ADD, KEY("t:t"), .delta = { 1 }, .ttl_ms = 400),
	  WANT(OK, .sum = { 2 }) },
	{ .wait_ms = 250,
	  OP(ADD, KEY("t:t"), .delta = { 1 }, .ttl_ms = 400),
	  WANT(OK, .sum = { 3 }) },
	{ .wait_ms = 450,
	  OP(ADD, KEY("t:t"), .delta = { 1 }, .ttl_ms = 400),
	  WANT(OK, .sum = { 1 }) },
	/* from the first one */
	{ OP(ADD, KEY("t:w"), .flags = STORE_F_WINDOW, .delta = { 1 }, .ttl_ms = 400),
	  WANT(OK, .sum = { 1 }) },
	{ .wait_ms = 250,
	  OP(ADD, KEY("t:w"), .flags = STORE_F_WINDOW, .delta = { 1 }, .ttl_ms = 400),
	  WANT(OK, .sum = { 2 }) },
	{ .wait_ms = 250,
	  OP(ADD, KEY("t:w"), .flags = STORE_F_WINDOW, .delta = { 1 }, .ttl_ms = 400),
	  WANT(OK, .sum = { 1 }) },
	{ OP(ADD, KEY("t:w"), .flags = STORE_F_WINDOW, .ttl_ms = 400), WANT(OK, .sum = { 1 }) },
	{ .wait_ms = 450,
	  OP(ADD, KEY("t:w"), .flags = STORE_F_WINDOW, .ttl_ms = 400),
	  WANT(OK, .sum = { 0 }) },
};

static const struct step take[] = {
	{ OP(TAKE, KEY("t:b"), .cost = 3, .burst = 10), WANT(OK, .admitted = true, .sum = { 3 }) },
	{ OP(TAKE, KEY("t:b"), .cost = 7, .burst = 10), WANT(OK, .admitted = true, .sum = { 10 }) },
	{ OP(TAKE, KEY("t:b"), .cost = 1, .burst = 10), WANT(OK, .sum = { 10 }) },
	{ OP(TAKE, KEY("t:b"), .cost = 0, .burst = 10), WANT(OK, .admitted = true, .sum = { 10 }) },
	{ OP(TAKE, KEY("t:b"), .cost = 1, .burst = 20, .flags = STORE_F_LOOK),
	  WANT(OK, .admitted = true, .sum = { 10 }) },
	{ OP(TAKE, KEY("t:b"), .cost = 1, .burst = 10, .flags = STORE_F_LOOK),
	  WANT(OK, .sum = { 10 }) },
	{ OP(TAKE, KEY("t:none"), .burst = 1, .flags = STORE_F_LOOK),
	  WANT(OK, .admitted = true, .sum = { 0 }) },
	{ OP(GET, KEY("t:none")), WANT(NONE) },
	/* it leaks: 10 a second */
	{ OP(TAKE, KEY("t:l"), .cost = 10, .burst = 10, .rate = 10, .ttl_ms = 60000),
	  WANT(OK, .admitted = true, .sum = { 10 }) },
	{ .wait_ms = 300,
	  OP(TAKE, KEY("t:l"), .burst = 10, .rate = 10, .flags = STORE_F_LOOK),
	  WANT(OK, .admitted = true, .sum = { 7 }, .decays = true) },
	{ OP(TAKE, KEY("t:l"), .cost = 9, .burst = 10, .rate = 10),
	  WANT(OK, .sum = { 7 }, .decays = true) },
	{ OP(TAKE, KEY("t:l"), .cost = 2, .burst = 10, .rate = 10),
	  WANT(OK, .admitted = true, .sum = { 9 }, .decays = true) },
	{ OP(TAKE, KEY("t:nan"), .cost = NAN, .burst = 10), WANT(FAILED) },
};

static const struct step join[] = {
	{ OP(JOIN, KEY("t:s"), MEM("a"), .flags = STORE_F_LOOK), WANT(OK, .sum = { 0 }) },
	{ OP(JOIN, KEY("t:s"), MEM("a")), WANT(OK, .admitted = true, .sum = { 1 }) },
	{ OP(JOIN, KEY("t:s"), MEM("a")), WANT(OK, .sum = { 1 }) },
	{ OP(JOIN, KEY("t:s"), MEM("b\0c")), WANT(OK, .admitted = true, .sum = { 2 }) },
	{ OP(JOIN, KEY("t:s"), MEM("b\0d")), WANT(OK, .admitted = true, .sum = { 3 }) },
	{ OP(JOIN, KEY("t:s"), MEM("")), WANT(OK, .admitted = true, .sum = { 4 }) },
	{ OP(JOIN, KEY("t:s"), MEM("b\0c"), .flags = STORE_F_LOOK),
	  WANT(OK, .admitted = true, .sum = { 4 }) },
	{ OP(JOIN, KEY("t:s"), MEM("x"), .flags = STORE_F_LOOK), WANT(OK, .sum = { 4 }) },
	{ OP(DEL, KEY("t:s")), WANT(OK) },
	{ OP(DEL, KEY("t:s")), WANT(NONE) },
	{ OP(JOIN, KEY("t:s"), MEM("a"), .flags = STORE_F_LOOK), WANT(OK, .sum = { 0 }) },
	{ OP(JOIN, KEY("t:s"), MEM("b")), WANT(OK, .admitted = true, .sum = { 1 }) },
};

static const struct step join_ends[] = {
	{ OP(JOIN, KEY("t:s"), MEM("a"), .ttl_ms = 300), WANT(OK, .admitted = true, .sum = { 1 }) },
	{ OP(JOIN, KEY("t:s"), MEM("b"), .ttl_ms = 60000),
	  WANT(OK, .admitted = true, .sum = { 2 }) },
	{ .wait_ms = 200,
	  OP(JOIN, KEY("t:s"), MEM("c"), .ttl_ms = 300),
	  WANT(OK, .admitted = true, .sum = { 3 }) },
	{ .wait_ms = 200,
	  OP(JOIN, KEY("t:s"), MEM("a"), .flags = STORE_F_LOOK),
	  WANT(OK, .sum = { 2 }) },
	{ OP(JOIN, KEY("t:s"), MEM("a"), .ttl_ms = 300), WANT(OK, .admitted = true, .sum = { 3 }) },
	/* the one that ends first leaves */
	{ OP(JOIN, KEY("t:s"), MEM("d"), .ttl_ms = 30000, .limit = 3),
	  WANT(OK, .admitted = true, .sum = { 3 }) },
	{ OP(JOIN, KEY("t:s"), MEM("c"), .flags = STORE_F_LOOK), WANT(OK, .sum = { 3 }) },
	{ OP(JOIN, KEY("t:s"), MEM("b"), .flags = STORE_F_LOOK),
	  WANT(OK, .admitted = true, .sum = { 3 }) },
	/* one that never ends leaves last */
	{ OP(JOIN, KEY("t:s"), MEM("ever"), .limit = 3), WANT(OK, .admitted = true, .sum = { 3 }) },
	{ OP(JOIN, KEY("t:s"), MEM("a"), .flags = STORE_F_LOOK), WANT(OK, .sum = { 3 }) },
	{ OP(JOIN, KEY("t:s"), MEM("e"), .ttl_ms = 90000, .limit = 2),
	  WANT(OK, .admitted = true, .sum = { 2 }) },
	{ OP(JOIN, KEY("t:s"), MEM("ever"), .flags = STORE_F_LOOK),
	  WANT(OK, .admitted = true, .sum = { 2 }) },
	/* the set ends with its last member */
	{ OP(JOIN, KEY("t:u"), MEM("a"), .ttl_ms = 150), WANT(OK, .admitted = true, .sum = { 1 }) },
	{ .wait_ms = 200, OP(DEL, KEY("t:u")), WANT(NONE) },
	{ OP(JOIN, KEY("t:u"), MEM("b"), .ttl_ms = 150), WANT(OK, .admitted = true, .sum = { 1 }) },
	{ .wait_ms = 200, OP(PUT, KEY("t:u"), VAL("v")), WANT(OK) },
	{ OP(GET, KEY("t:u")), WANT(OK, .value = "v") },
};

static const struct step kinds[] = {
	{ OP(PUT, KEY("t:v"), VAL("v")), WANT(OK) },
	{ OP(ADD, KEY("t:v"), .delta = { 1 }), WANT(FAILED) },
	{ OP(TAKE, KEY("t:v"), .cost = 1, .burst = 2), WANT(FAILED) },
	{ OP(JOIN, KEY("t:v"), MEM("m")), WANT(FAILED) },
	{ OP(JOIN, KEY("t:v"), MEM("m"), .flags = STORE_F_LOOK), WANT(FAILED) },
	{ OP(LEASE, KEY("t:v"), VAL("me"), .ttl_ms = 1000), WANT(FAILED) },
	{ OP(APPEND, KEY("t:v"), VAL("e")), WANT(FAILED) },
	{ OP(READ, KEY("t:v")), WANT(FAILED) },
	{ OP(GET, KEY("t:v")), WANT(OK, .value = "v") },
	{ OP(ADD, KEY("t:a"), .delta = { 1 }), WANT(OK, .sum = { 1 }) },
	{ OP(GET, KEY("t:a")), WANT(FAILED) },
	{ OP(NEW, KEY("t:a"), VAL("v")), WANT(FAILED) },
	{ OP(JOIN, KEY("t:s"), MEM("m")), WANT(OK, .admitted = true, .sum = { 1 }) },
	{ OP(GET, KEY("t:s")), WANT(FAILED) },
	{ OP(ADD, KEY("t:s"), .delta = { 1 }), WANT(FAILED) },
	{ OP(APPEND, KEY("t:s"), VAL("e")), WANT(FAILED) },
	{ OP(APPEND, KEY("t:l"), VAL("e")), WANT(OK) },
	{ OP(JOIN, KEY("t:l"), MEM("m")), WANT(FAILED) },
	{ OP(GET, KEY("t:l")), WANT(FAILED) },
	/* PUT and DEL do not mind */
	{ OP(PUT, KEY("t:s"), VAL("v")), WANT(OK) },
	{ OP(GET, KEY("t:s")), WANT(OK, .value = "v") },
	{ OP(DEL, KEY("t:s")), WANT(OK) },
	{ OP(JOIN, KEY("t:s"), MEM("n")), WANT(OK, .admitted = true, .sum = { 1 }) },
	{ OP(PUT, KEY("t:a"), VAL("v")), WANT(OK) },
	{ OP(GET, KEY("t:a")), WANT(OK, .value = "v") },
	{ OP(DEL, KEY("t:l")), WANT(OK) },
	{ OP(READ, KEY("t:l")), WANT(NONE) },
};

static const struct step lease[] = {
	{ OP(LEASE, KEY("t:l"), VAL("me"), .flags = STORE_F_RELEASE), WANT(NONE) },
	{ OP(LEASE, KEY("t:l"), VAL("me"), .ttl_ms = 60000),
	  WANT(OK, .admitted = true, .value = "me") },
	{ OP(LEASE, KEY("t:l"), VAL("you"), .ttl_ms = 60000), WANT(OK, .value = "me") },
	{ OP(LEASE, KEY("t:l"), VAL("you"), .flags = STORE_F_RELEASE), WANT(OK, .value = "me") },
	{ OP(LEASE, KEY("t:l"), VAL("me"), .ttl_ms = 150),
	  WANT(OK, .admitted = true, .value = "me") },
	{ .wait_ms = 200,
	  OP(LEASE, KEY("t:l"), VAL("you"), .ttl_ms = 60000),
	  WANT(OK, .admitted = true, .value = "you") },
	{ OP(LEASE, KEY("t:l"), VAL("me"), .ttl_ms = 60000), WANT(OK, .value = "you") },
	{ OP(LEASE, KEY("t:l"), VAL("you"), .flags = STORE_F_RELEASE),
	  WANT(OK, .admitted = true, .value = "you") },
	{ .wait_ms = 5,
	  OP(LEASE, KEY("t:l"), VAL("me"), .ttl_ms = 60000),
	  WANT(OK, .admitted = true, .value = "me") },
};

static const struct step logs[] = {
	{ OP(READ, KEY("t:g")), WANT(NONE) },
	{ OP(APPEND, KEY("t:g"), VAL("one")), WANT(OK) },
	{ OP(APPEND, KEY("t:g"), VAL("two")), WANT(OK) },
	{ OP(APPEND, KEY("t:g"), VAL("three")), WANT(OK) },
	{ OP(READ, KEY("t:g")), WANT(OK, .nentry = 3, .first = "one") },
	{ OP(READ, KEY("t:g"), .limit = 2), WANT(OK, .nentry = 2, .first = "one") },
	{ OP(READ, KEY("t:g"), .id = INT64_MAX), WANT(OK, .nentry = 0) },
	/* only the newest stay */
	{ OP(APPEND, KEY("t:g"), VAL("four"), .limit = 2), WANT(OK) },
	{ OP(READ, KEY("t:g")), WANT(OK, .nentry = 2, .first = "three") },
	{ OP(APPEND, KEY("t:h"), VAL("")), WANT(OK) },
	{ OP(READ, KEY("t:h")), WANT(OK, .nentry = 1, .first = "") },
	{ OP(DEL, KEY("t:g")), WANT(OK) },
	{ OP(READ, KEY("t:g")), WANT(NONE) },
};

const struct script suite_scripts[] = {
#define SCRIPT(s)                                                                                  \
	{                                                                                          \
#s, s, sizeof s / sizeof *s                                                        \
	}
	SCRIPT(get_put),    SCRIPT(expiry),	SCRIPT(put_new), SCRIPT(add),
	SCRIPT(half_lives), SCRIPT(add_expiry), SCRIPT(take),	 SCRIPT(join),
	SCRIPT(join_ends),  SCRIPT(kinds),	SCRIPT(lease),	 SCRIPT(logs),
};

const size_t suite_nscripts = sizeof suite_scripts / sizeof *suite_scripts;
