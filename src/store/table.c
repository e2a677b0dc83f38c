/* Operations of the store over a table of rows, members and entries. */
#include "store/table.h"

#include "base/octets.h"

/* A row as it stands for an operation: over its time counts as none, but has something to clear. */
struct found {
	struct table_row row;
	char kind; /* first octet; 0: none */
	char left; /* 'S' or 'E': has members or entries beside it */
};

static int64_t ends_at(const struct store_op *op, int64_t from)
{
	uint64_t ttl = op->ttl_ms < TABLE_TTL_MAX_MS ? op->ttl_ms : TABLE_TTL_MAX_MS;

	return ttl ? from + (int64_t)ttl : 0;
}

static bool over(int64_t ends, int64_t now)
{
	return ends && ends <= now;
}

/* False: it cannot be known. */
static bool find(const struct table *t, struct arena *arena, struct str key, int64_t now,
		 struct found *f)
{
	enum store_status st;

	*f = (struct found){ 0 };
	st = t->get(t->self, arena, key, &f->row);
	if (st == STORE_NONE)
		return true;
	if (st != STORE_OK || !f->row.value.n)
		return false;
	f->kind = f->row.value.p[0];
	f->left = f->kind == 'S' || f->kind == 'E' ? f->kind : '\0';
	if (over(f->row.ends, now))
		f->kind = '\0';
	return true;
}

static bool clear(const struct table *t, struct str key, struct found *f)
{
	if (f->left && t->clear(t->self, key, f->left) != STORE_OK)
		return false;
	f->left = '\0';
	return true;
}

static enum store_status run_del(const struct table *t, struct arena *arena,
				 const struct store_op *op, int64_t now)
{
	struct found f;
	enum store_status st;

	if (!find(t, arena, op->key, now, &f) || !clear(t, op->key, &f))
		return STORE_FAILED;
	st = t->del(t->self, op->key);
	return f.kind || (st != STORE_OK && st != STORE_NONE) ? st : STORE_NONE;
}

static int64_t record_ends(const struct store_op *op, const struct record *r, int64_t now)
{
	bool window = op->kind == STORE_ADD && (op->flags & STORE_F_WINDOW);

	return ends_at(op, window ? r->created_ms : now);
}

/* Whoever has the lease got it before the clock was set back: it ends no later than one that is
 * given now. */
static void shorten(const struct table *t, const struct store_op *op, int64_t now,
		    const struct found *f)
{
	int64_t ends = ends_at(op, now);

	if (op->kind == STORE_LEASE && !(op->flags & STORE_F_RELEASE) && f->kind == 'L' && ends &&
	    f->row.ends > ends)
		(void)t->put(t->self, op->key, &(struct table_row){ f->row.value, ends });
}

static void run_record(const struct table *t, struct arena *arena, const struct store_op *op,
		       int64_t now, struct store_answer *a)
{
	struct record r = { 0 };
	struct found f;
	enum store_status st;

	if (!find(t, arena, op->key, now, &f))
		return;
	/* A head is no record, but PUT does not mind what was there. */
	if (op->kind == STORE_PUT)
		f.kind = '\0';
	if (f.kind && !record_parse(f.row.value, &r))
		return;
	if (!record_apply(&r, op, now, a)) {
		shorten(t, op, now, &f);
		return;
	}
	st = !clear(t, op->key, &f) ? STORE_FAILED
	     : r.kind		    ? t->put(t->self, op->key,
					     &(struct table_row){ record_format(arena, &r),
								  record_ends(op, &r, now) })
				    : t->del(t->self, op->key);
	if (st != STORE_OK)
		*a = (struct store_answer){ .status = st == STORE_FULL ? st : STORE_FAILED };
}

/* ---- sets ---- */

static struct str head_format(struct arena *arena, char kind, uint64_t last, uint64_t n)
{
	struct buf b = { .arena = arena };

	octets_u(&b, (unsigned char)kind, 1);
	if (kind == 'E')
		octets_u(&b, last, 8);
	octets_u(&b, n, 8);
	return buf_str(&b);
}

static bool head_parse(struct str s, uint64_t *last, uint64_t *n)
{
	struct octets o = { .left = s };
	char kind = (char)octets_get_u(&o, 1);

	*last = kind == 'E' ? octets_get_u(&o, 8) : 0;
	*n = octets_get_u(&o, 8);
	return octets_done(&o);
}

/* The head of a set or log for writing: what is over is gone. *n 0: there is none. */
static bool head_open(const struct table *t, struct arena *arena, struct str key, char kind,
		      int64_t now, struct found *f, uint64_t *last, uint64_t *n)
{
	*last = *n = 0;
	if (!find(t, arena, key, now, f))
		return false;
	if (!f->kind) {
		f->row.ends = -1;
		return clear(t, key, f);
	}
	return f->kind == kind && head_parse(f->row.value, last, n);
}

/* A set ends with its last member. */
static int64_t later(int64_t set_ends, int64_t ends)
{
	if (set_ends < 0)
		return ends;
	return !set_ends || !ends ? 0 : set_ends > ends ? set_ends : ends;
}

static enum store_status member_add(const struct table *t, struct arena *arena, struct str key,
				    struct str member, int64_t ends, uint64_t limit, int64_t now,
				    struct store_answer *a)
{
	uint64_t last, n, gone = 0;
	struct found f;
	enum store_status st;

	if (!head_open(t, arena, key, 'S', now, &f, &last, &n) ||
	    (n && t->member_expire(t->self, key, now, &gone) != STORE_OK))
		return STORE_FAILED;
	n -= gone < n ? gone : n;
	st = t->member_put(t->self, key, member, ends);
	if (st != STORE_OK && st != STORE_NONE)
		return st;
	a->admitted = st == STORE_NONE;
	for (n += a->admitted; n > limit; n--)
		if (t->member_shift(t->self, key) != STORE_OK)
			return STORE_FAILED;
	a->sum[0] = (double)n;
	return t->put(
		t->self, key,
		&(struct table_row){ head_format(arena, 'S', 0, n), later(f.row.ends, ends) });
}

static enum store_status member_look(const struct table *t, struct arena *arena,
				     const struct store_op *op, int64_t now, struct store_answer *a)
{
	struct found f;
	uint64_t n = 0;
	int64_t ends = 0;
	enum store_status st;

	if (!find(t, arena, op->key, now, &f) || (f.kind && f.kind != 'S'))
		return STORE_FAILED;
	if (!f.kind)
		return STORE_OK;
	st = t->member_get(t->self, op->key, op->member, &ends);
	if ((st != STORE_OK && st != STORE_NONE) ||
	    t->member_count(t->self, op->key, now, &n) != STORE_OK)
		return STORE_FAILED;
	a->admitted = st == STORE_OK && !over(ends, now);
	a->sum[0] = (double)n;
	return STORE_OK;
}

static void run_join(const struct table *t, struct arena *arena, const struct store_op *op,
		     int64_t now, struct store_answer *a)
{
	uint64_t limit = op->limit ? op->limit : TABLE_MEMBERS;
	enum store_status st;

	if (op->member.n > STORE_KEY_MAX)
		return;
	limit = limit < TABLE_MEMBERS_MAX ? limit : TABLE_MEMBERS_MAX;
	st = op->flags & STORE_F_LOOK
		     ? member_look(t, arena, op, now, a)
		     : member_add(t, arena, op->key, op->member, ends_at(op, now), limit, now, a);
	if (st == STORE_OK)
		a->status = st;
	else
		*a = (struct store_answer){ .status = st == STORE_FULL ? st : STORE_FAILED };
}

/* ---- logs ---- */

static enum store_status entry_add(const struct table *t, struct arena *arena, struct str key,
				   uint64_t id, struct str value, uint64_t limit, int64_t now,
				   struct store_answer *a)
{
	uint64_t last, n;
	struct found f;
	enum store_status st;

	if (!head_open(t, arena, key, 'E', now, &f, &last, &n))
		return STORE_FAILED;
	a->id = id ? id : last + 1;
	if (a->id > INT64_MAX)
		return STORE_FULL;
	st = t->entry_put(t->self, key, a->id, value);
	if (st != STORE_OK && st != STORE_NONE)
		return st;
	for (n += st == STORE_NONE; n > limit; n--)
		if (t->entry_shift(t->self, key) != STORE_OK)
			return STORE_FAILED;
	return t->put(
		t->self, key,
		&(struct table_row){ head_format(arena, 'E', a->id > last ? a->id : last, n), 0 });
}

static void run_append(const struct table *t, struct arena *arena, const struct store_op *op,
		       int64_t now, struct store_answer *a)
{
	uint64_t limit = op->limit ? op->limit : TABLE_ENTRIES;
	enum store_status st = STORE_FULL;

	limit = limit < TABLE_ENTRIES_MAX ? limit : TABLE_ENTRIES_MAX;
	if (op->value.n <= STORE_VALUE_MAX)
		st = entry_add(t, arena, op->key, 0, op->value, limit, now, a);
	if (st == STORE_OK)
		a->status = st;
	else
		*a = (struct store_answer){ .status = st == STORE_FULL ? st : STORE_FAILED };
}

static struct table_page page_new(struct arena *arena, uint64_t limit)
{
	size_t max = limit && limit < STORE_PAGE_MAX ? (size_t)limit : STORE_PAGE_MAX;

	return (struct table_page){ .arena = arena, .limit = max };
}

bool table_page_add(struct table_page *p, uint64_t id, struct str s)
{
	if (p->n == p->limit || (p->n && p->octets + s.n > TABLE_PAGE_OCTETS))
		return false;
	if ((p->n & (p->n - 1)) == 0)
		p->entry = arena_grow(p->arena, p->entry, p->n * sizeof *p->entry,
				      (p->n ? 2 * p->n : 1) * sizeof *p->entry);
	p->entry[p->n++] = (struct store_entry){ id, arena_dup(p->arena, s) };
	p->octets += s.n;
	return true;
}

static void page_answer(const struct table_page *p, struct store_answer *a)
{
	a->entry = p->entry;
	a->nentry = p->n;
}

static void run_read(const struct table *t, struct arena *arena, const struct store_op *op,
		     int64_t now, struct store_answer *a)
{
	struct table_page page = page_new(arena, op->limit);
	struct found f;

	if (!find(t, arena, op->key, now, &f) || (f.kind && f.kind != 'E'))
		return;
	a->status = f.kind ? t->entry_read(t->self, op->key, op->id, &page) : STORE_NONE;
	if (a->status == STORE_OK)
		page_answer(&page, a);
}

/* ---- all of it ---- */

static void run_walk(const struct table *t, struct arena *arena, const struct store_op *op,
		     int64_t now, struct store_answer *a)
{
	struct table_page page = page_new(arena, op->limit);

	a->status = t->walk(t->self, op->value, now, &page, &a->value);
	if (a->status == STORE_OK)
		page_answer(&page, a);
	else
		*a = (struct store_answer){ .status = STORE_FAILED };
}

static enum store_status restore(const struct table *t, struct arena *arena,
				 const struct raw_record *r, int64_t now)
{
	struct store_answer a;
	struct found f;

	if (over(r->ends_ms, now))
		return STORE_OK;
	if (r->shape == 'S')
		return member_add(t, arena, r->key, r->member, r->ends_ms, TABLE_MEMBERS_MAX, now,
				  &a);
	if (r->shape == 'E')
		return entry_add(t, arena, r->key, r->id, r->value, TABLE_ENTRIES_MAX, now, &a);
	if (!find(t, arena, r->key, now, &f) || !clear(t, r->key, &f))
		return STORE_FAILED;
	return t->put(t->self, r->key, &(struct table_row){ r->value, r->ends_ms });
}

static void run_restore(const struct table *t, struct arena *arena, const struct store_op *op,
			int64_t now, struct store_answer *a)
{
	struct raw_record r;

	if (raw_parse(op->value, &r))
		a->status = restore(t, arena, &r, now);
}

typedef void run_fn(const struct table *t, struct arena *arena, const struct store_op *op,
		    int64_t now, struct store_answer *a);

static run_fn *const run[STORE_KINDS] = {
	[STORE_GET] = run_record, [STORE_PUT] = run_record,	 [STORE_NEW] = run_record,
	[STORE_ADD] = run_record, [STORE_TAKE] = run_record,	 [STORE_LEASE] = run_record,
	[STORE_JOIN] = run_join,  [STORE_APPEND] = run_append,	 [STORE_READ] = run_read,
	[STORE_WALK] = run_walk,  [STORE_RESTORE] = run_restore,
};

void table_run(const struct table *t, struct arena *arena, const struct store_op *op, int64_t now,
	       struct store_answer *a)
{
	bool keyless = op->kind == STORE_WALK || op->kind == STORE_RESTORE;

	*a = (struct store_answer){ .status = STORE_FAILED };
	if (!keyless && (!op->key.n || op->key.n > STORE_KEY_MAX))
		return;
	if (op->kind == STORE_DEL)
		a->status = run_del(t, arena, op, now);
	else if ((unsigned)op->kind < STORE_KINDS)
		run[op->kind](t, arena, op, now, a);
}

bool table_writes(const struct store_op *op)
{
	switch (op->kind) {
	case STORE_GET:
	case STORE_READ:
	case STORE_WALK:
		return false;
	case STORE_ADD:
		for (unsigned i = 0; i < STORE_SUMS; i++)
			if (op->delta[i] != 0)
				return true;
		return false;
	case STORE_TAKE:
	case STORE_JOIN:
		return !(op->flags & STORE_F_LOOK);
	default:
		return true;
	}
}
