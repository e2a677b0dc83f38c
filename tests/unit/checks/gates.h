/* A world for checks that stand at the gates: what others find is what a test says, the store is
 * this process's memory, and its clock stands until a test moves it. */
#ifndef TESTS_UNIT_CHECKS_GATES_H
#define TESTS_UNIT_CHECKS_GATES_H

#include "unit/scan/world.h"

#include "checks/memory/greylist.h"
#include "checks/memory/rate.h"
#include "checks/memory/trap_list.h"

struct gates {
	struct world w; /* first: env.arg points here */
	/* What the checks before have found; NULL: nothing. */
	struct spf_facts *spf;
	struct dmarc_facts *dmarc;
	struct sender_facts *sender;
	struct digest_facts *digest;
	struct statistics_facts *statistics;
	double score;	 /* by the judge */
	unsigned learnt; /* events */
	struct learn_event last;
};

/* One message; what is NULL is as in an ordinary one. */
struct post {
	const char *profile, *ip, *user, *from, *headers, *body, *helo;
	const char *rcpt[8];
};

void gates_open(struct gates *g, const struct check *tested, const char *conf);
/* The store is gone from now on: nobody listens where it was. */
void gates_lose_store(struct gates *g);
void gates_close(struct gates *g);
struct scan *gates_message(struct gates *g, const struct post *p);
/* The same, and only what became of it. */
enum action gates_action(struct gates *g, const struct post *p);
void gates_later(struct gates *g, int64_t seconds);
/* The predicate's word on a finished scan. */
bool gates_says(struct scan *s, const struct check *c, const char *predicate, const char *text,
		double number);
struct store_answer gates_ask(struct gates *g, const struct store_op *op);
/* How many records of that key's beginning there are. */
size_t gates_records(struct gates *g, const char *prefix);

#endif
