/*
 * What this machine knows of who says what of messages, told to a shared store that is new or was
 * emptied: machines that come later ask there for messages from before their time.
 */
#include "control/joint.h"
#include "store/record.h"

#define RETELL_PAGE 200u /* records of a look, and of a batch */

struct retell {
	struct joint *j;
	struct arena *arena; /* of the page; NULL: nothing is under way */
	struct str cursor;
	struct store_op op[RETELL_PAGE];
	size_t n;
	struct store_call *call;
	struct loop_timer *timer;
};

static void walk(struct retell *r, struct str cursor);
static void tell(void *arg);

static void told(void *arg, const struct store_answer *a, size_t n)
{
	struct retell *r = arg;
	bool good = true;

	r->call = NULL;
	for (size_t i = 0; i < n; i++)
		good = good && !a[i].local &&
		       (a[i].status == STORE_OK || a[i].status == STORE_NONE);
	if (good)
		walk(r, r->cursor);
	else
		r->timer = loop_after(r->j->t->loop, JOINT_DOWN_MS, tell, r);
}

static void tell(void *arg)
{
	struct retell *r = arg;

	r->timer = NULL;
	if (r->n)
		r->call = store_send(r->j->t->shared, r->op, r->n, 0, told, r);
	else
		walk(r, r->cursor);
}

/* What is there already is newer. */
static void add(struct retell *r, struct str raw)
{
	struct shared_votes v = { 0 };
	struct raw_record rec;
	struct record value;

	if (!raw_parse(raw, &rec) || rec.shape != 'R' || !str_starts(rec.key, STR("m:l:")) ||
	    !record_parse(rec.value, &value) || value.kind != 'V' ||
	    !votes_parse(value.value, &v.before))
		return;
	v.after = v.before;
	r->op[r->n++] = (struct store_op){ .kind = STORE_NEW,
					   .key = arena_dup(r->arena, rec.key),
					   .value = shared_votes_format(r->arena, &v),
					   .ttl_ms = LEARNT_TTL_MS };
}

static void walked(void *arg, const struct store_answer *a, size_t n)
{
	struct retell *r = arg;
	struct arena *old = r->arena;

	(void)n;
	r->call = NULL;
	r->arena = arena_new(0);
	r->n = 0;
	for (size_t i = 0; a->status == STORE_OK && i < a->nentry && i < RETELL_PAGE; i++)
		add(r, a->entry[i].value);
	r->cursor = a->status == STORE_OK ? arena_dup(r->arena, a->value) : STR("");
	arena_free(old);
	tell(r);
}

/* An empty cursor after a page: that was the last. */
static void walk(struct retell *r, struct str cursor)
{
	struct store_op op = { .kind = STORE_WALK, .value = cursor, .limit = RETELL_PAGE };

	if (r->arena && !cursor.n) {
		arena_free(r->arena);
		r->arena = NULL;
		return;
	}
	r->call = store_send(r->j->t->local, &op, 1, STORE_SLOW, walked, r);
}

void retell_free(struct joint *j)
{
	struct retell *r = j->retell;

	if (!r)
		return;
	store_cancel(r->call);
	loop_cancel(r->timer);
	arena_free(r->arena);
	r->call = NULL;
	r->timer = NULL;
	r->arena = NULL;
}

void retell_start(struct joint *j)
{
	if (!j->retell)
		j->retell = ARENA_NEW(j->t->arena, struct retell);
	retell_free(j);
	j->retell->j = j;
	walk(j->retell, STR(""));
}
