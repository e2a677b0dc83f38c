/*
 * The collector, in the control process: reads what workers left in the spool (store/spool.h) and
 * hands each kind of record to whoever takes it. Only when all have it safe is it committed; when
 * one has not, it is given again a while later to that one and those after it, and stays on disk
 * meanwhile. A record may come twice after a crash.
 */
#ifndef CONTROL_REPORT_COLLECT_H
#define CONTROL_REPORT_COLLECT_H

#include "conf/conf.h"
#include "store/spool.h"
#include "store/store.h"

struct loop;

#define COLLECT_RECORDS 4096u  /* read at once */
#define COLLECT_EVERY_MS 5000u /* the spool is looked at so often */
#define COLLECT_AGAIN_MS 2000u /* after a failure; doubled up to COLLECT_WORST_MS */
#define COLLECT_WORST_MS 60000u
#define COLLECT_TAKERS_MAX 8u

/* To be called once, from the loop or from inside take; good: the records are where they survive.
 */
typedef void collect_taken_fn(void *token, bool good);

struct collect_taker {
	enum spool_type type;
	/* n records of this type, valid until taken is called. */
	void (*take)(void *arg, const struct spool_record *r, size_t n, collect_taken_fn *taken,
		     void *token);
	void *arg;
};

struct collect_args {
	struct loop *loop;
	const char *state;
	const struct collect_taker *taker; /* at most COLLECT_TAKERS_MAX; copied */
	size_t ntakers;			   /* records that nobody takes are dropped, and counted */
};

struct collect_stats {
	uint64_t records, rounds, failed, unwanted;
};

struct collector;
/* The first look is soon. NULL and *e: there can be no spool. */
struct collector *collector_new(const struct collect_args *args, struct err *e);
/* What is under way is given again next time; takers are not called any more, and must not call
 * taken after this: free them first or let them cancel. NULL is fine. */
void collector_free(struct collector *c);
const struct collect_stats *collector_stats(const struct collector *c);
/* Octets on disk that wait, as of the last look. */
uint64_t collector_waiting(const struct collector *c);

#endif
