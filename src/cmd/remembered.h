/* What checks remember, for the commands that show and change it: records of the store by the parts
 * of their keys (checks/memory/memory.h). */
#ifndef CMD_REMEMBERED_H
#define CMD_REMEMBERED_H

#include <jansson.h>

#include "cmd/app.h"
#include "io/loop.h"
#include "store/record.h"

#define REMEMBERED_PARTS 8u /* of a key */

struct remembered {
	struct arena *arena;
	struct app *app;
	struct loop *loop;
	struct store *store;
	struct crypto *crypto;
	char why[200]; /* the store cannot be asked; "" while it can */
};

/* Notes why, from now on, for who opens r->store himself. */
void remembered_watch(struct remembered *r);

/*
 * Opens the store of a configuration (NULL: defaults): by the daemon that keeps it, if one runs,
 * else its file in the state directory (NULL: as configured); readonly: nothing will be changed.
 * False: said why. remembered_close is due in any case.
 */
bool remembered_open(struct remembered *r, const char *conf, const char *state, bool readonly);
void remembered_close(struct remembered *r);

/* The store alone, on a loop of the caller's. NULL: said why. */
struct store *remembered_store(struct arena *a, struct loop *l, const struct conf *c,
			       const char *state, bool readonly);

/* One record: the parts of its key behind "ns:". Valid during the call. */
struct remembered_record {
	struct str key;
	struct str part[REMEMBERED_PARTS];
	size_t nparts;
	struct record record;
	int64_t ends_ms; /* 0: never */
};
typedef void remembered_fn(void *arg, const struct remembered_record *m);

/* Every record of ns whose parts include all of part[] (any letter case). False: said why. */
bool remembered_each(struct remembered *r, const char *ns, const struct str *part, size_t n,
		     remembered_fn *fn, void *arg);

/* The key that checks make of these parts. */
struct str remembered_key(struct remembered *r, const char *ns, const struct str *part, size_t n);

/* One operation; false: said why. */
bool remembered_do(struct remembered *r, const struct store_op *op, struct store_answer *answer);

/* "2024-05-31T12:00:00Z", in the arena. */
struct str remembered_time(struct arena *a, int64_t ms);

#endif
