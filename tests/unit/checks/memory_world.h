/* A world with a store and a clock: messages go through real checks of authentication and whatever
 * checks a test brings, and what they remember is there for the next one. */
#ifndef TESTS_UNIT_CHECKS_MEMORY_WORLD_H
#define TESTS_UNIT_CHECKS_MEMORY_WORLD_H

#include "unit/scan/world.h"

#include "checks/memory/memory.h"

struct memory_world {
	struct world w;
	struct store *store;
	int64_t now_ms;	     /* of the store and of the messages */
	const char *symbols; /* the judge adds these: "group/NAME=score ..." */
	struct judge judge;
	struct lists *lists; /* list freemail: free.test */
};

/*
 * The zone of all tests: sender.test and other.test have DMARC with p=reject and SPF for 192.0.2.1,
 * free.test too, which is on the list freemail; plain.test has only SPF; bare.test has nothing.
 * checks: of memory, NULL at the end; those of authentication stand before them. conf: text with
 * options of the engine and of these checks.
 */
void memory_open(struct memory_world *m, const struct check *const *checks, const char *conf);
void memory_close(struct memory_world *m);
void memory_later(struct memory_world *m, int64_t ms);

struct memory_mail {
	const char *user;    /* authenticated; NULL: from outside */
	const char *ip;	     /* NULL: 192.0.2.1 */
	const char *from;    /* MAIL FROM, without brackets; "": the null sender */
	const char *to;	     /* recipients, separated by blanks */
	const char *headers; /* LF line ends */
	const char *body;    /* LF line ends; NULL: "text\n" */
};

/* Through everything, notes written; to be freed. */
struct scan *memory_mail(struct memory_world *m, const struct memory_mail *mail);
/* A predicate of these checks. args: numbers where the predicate takes them, separated by blanks.
 */
bool memory_holds(struct memory_world *m, struct scan *s, const char *predicate, const char *args);
struct str memory_evidence_of(struct memory_world *m, struct scan *s, const char *predicate,
			      const char *args);
/* One operation at the store; octets live as long as the world. */
struct store_answer memory_store(struct memory_world *m, const struct store_op *op);

#endif
