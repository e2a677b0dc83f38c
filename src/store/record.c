/* The octets of a record, and what an operation makes of it. */
#include "store/record.h"

#include <math.h>

#include "base/octets.h"

static bool all_finite(const double *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return false;
	return true;
}

bool record_parse(struct str s, struct record *r)
{
	struct octets o = { .left = s };

	*r = (struct record){ .kind = (char)octets_get_u(&o, 1) };
	switch (r->kind) {
	case 'A':
		r->n = (unsigned)octets_get_u(&o, 1);
		r->created_ms = (int64_t)octets_get_u(&o, 8);
		r->updated_ms = (int64_t)octets_get_u(&o, 8);
		if (r->n > STORE_SUMS)
			return false;
		for (unsigned i = 0; i < r->n; i++)
			r->sum[i] = octets_get_f64(&o);
		break;
	case 'T':
		r->updated_ms = (int64_t)octets_get_u(&o, 8);
		r->sum[0] = octets_get_f64(&o);
		break;
	case 'L':
		r->fencing = (int64_t)octets_get_u(&o, 8);
		r->value = octets_get_run(&o, o.left.n);
		break;
	case 'V':
		r->value = octets_get_run(&o, o.left.n);
		break;
	default:
		return false;
	}
	return octets_done(&o) && r->value.n <= STORE_VALUE_MAX && all_finite(r->sum, STORE_SUMS);
}

struct str record_format(struct arena *a, const struct record *r)
{
	struct buf b = { .arena = a };

	buf_room(&b, RECORD_HEAD_MAX + r->value.n);
	octets_u(&b, (unsigned char)r->kind, 1);
	if (r->kind == 'A') {
		octets_u(&b, r->n, 1);
		octets_u(&b, (uint64_t)r->created_ms, 8);
	}
	if (r->kind == 'A' || r->kind == 'T')
		octets_u(&b, (uint64_t)r->updated_ms, 8);
	if (r->kind == 'L')
		octets_u(&b, (uint64_t)r->fencing, 8);
	for (unsigned i = 0; i < (r->kind == 'A' ? r->n : r->kind == 'T'); i++)
		octets_f64(&b, r->sum[i]);
	buf_add(&b, r->value);
	return buf_str(&b);
}

/* Milliseconds from then to now; a clock that was set back makes none. */
static double since(int64_t then, int64_t now)
{
	return now > then ? (double)now - (double)then : 0;
}

static bool apply_get(const struct record *r, struct store_answer *a)
{
	a->status = r->kind == 'V' ? STORE_OK : r->kind ? STORE_FAILED : STORE_NONE;
	a->value = r->kind == 'V' ? r->value : STR_NULL;
	return false;
}

static bool apply_put(struct record *r, const struct store_op *op, struct store_answer *a)
{
	if (op->kind == STORE_NEW) {
		apply_get(r, a);
		if (a->status != STORE_NONE)
			return false;
	}
	if (op->value.n > STORE_VALUE_MAX) {
		a->status = STORE_FULL;
		return false;
	}
	a->status = op->kind == STORE_NEW ? STORE_NONE : STORE_OK;
	*r = (struct record){ .kind = 'V', .value = op->value };
	return true;
}

static bool over_window(const struct record *r, const struct store_op *op, int64_t now)
{
	return (op->flags & STORE_F_WINDOW) && op->ttl_ms &&
	       since(r->created_ms, now) >= (double)op->ttl_ms;
}

void record_fade(double sum[STORE_SUMS], const struct record *r,
		 const uint64_t half_life_ms[STORE_SUMS], int64_t now_ms)
{
	for (unsigned i = 0; i < STORE_SUMS; i++) {
		sum[i] = r->sum[i];
		if (half_life_ms[i])
			sum[i] *= exp2(-since(r->updated_ms, now_ms) / (double)half_life_ms[i]);
	}
}

static bool apply_add(struct record *r, const struct store_op *op, int64_t now,
		      struct store_answer *a)
{
	struct record sum = *r;
	bool look = true;

	if (r->kind && r->kind != 'A')
		return false;
	if (!r->kind || over_window(r, op, now))
		sum = (struct record){ .kind = 'A' };
	record_fade(sum.sum, &sum, op->half_life_ms, now);
	for (unsigned i = 0; i < STORE_SUMS; i++) {
		if (op->delta[i] == 0)
			continue;
		look = false;
		sum.sum[i] += op->delta[i];
		sum.n = sum.n > i ? sum.n : i + 1;
	}
	if (!all_finite(sum.sum, STORE_SUMS))
		return false;
	if (!look) {
		sum.updated_ms = now;
		sum.created_ms = sum.created_ms ? sum.created_ms : now;
		*r = sum;
	}
	a->status = STORE_OK;
	memcpy(a->sum, sum.sum, sizeof a->sum);
	a->created_ms = sum.created_ms;
	a->updated_ms = sum.updated_ms;
	return !look;
}

static bool apply_take(struct record *r, const struct store_op *op, int64_t now,
		       struct store_answer *a)
{
	double level = r->sum[0] - op->rate * since(r->updated_ms, now) / 1000;

	if ((r->kind && r->kind != 'T') || !isfinite(level) || !isfinite(op->cost))
		return false;
	level = level > 0 && r->kind ? level : 0;
	a->status = STORE_OK;
	a->admitted = level + op->cost <= op->burst;
	a->sum[0] = level;
	if (!a->admitted || (op->flags & STORE_F_LOOK))
		return false;
	a->sum[0] = level + op->cost;
	*r = (struct record){ .kind = 'T', .updated_ms = now, .n = 1, .sum = { a->sum[0] } };
	return true;
}

/* A fencing number is a time, so that it rises over leases that were forgotten, too. */
static bool apply_lease(struct record *r, const struct store_op *op, int64_t now,
			struct store_answer *a)
{
	bool mine = r->kind == 'L' && str_eq(r->value, op->value);

	if ((r->kind && r->kind != 'L') || op->value.n > STORE_KEY_MAX)
		return false;
	a->status = STORE_OK;
	if (op->flags & STORE_F_RELEASE) {
		a->status = r->kind ? STORE_OK : STORE_NONE;
		a->admitted = mine;
	} else {
		a->admitted = mine || !r->kind;
		if (!r->kind)
			*r = (struct record){ .kind = 'L', .fencing = now, .value = op->value };
	}
	a->value = r->value;
	a->sum[0] = (double)r->fencing;
	if (mine && (op->flags & STORE_F_RELEASE))
		*r = (struct record){ 0 };
	return a->admitted;
}

bool record_apply(struct record *r, const struct store_op *op, int64_t now_ms,
		  struct store_answer *a)
{
	*a = (struct store_answer){ .status = STORE_FAILED };
	switch (op->kind) {
	case STORE_GET:
		return apply_get(r, a);
	case STORE_PUT:
	case STORE_NEW:
		return apply_put(r, op, a);
	case STORE_ADD:
		return apply_add(r, op, now_ms, a);
	case STORE_TAKE:
		return apply_take(r, op, now_ms, a);
	case STORE_LEASE:
		return apply_lease(r, op, now_ms, a);
	default:
		return false;
	}
}

/* shape:u8 ends:i64 key:u16+octets, then S: member:u16+octets, E: id:u64, R and E: the value. */
bool raw_parse(struct str s, struct raw_record *r)
{
	struct octets o = { .left = s };
	struct record rec;

	*r = (struct raw_record){ .shape = (char)octets_get_u(&o, 1) };
	r->ends_ms = (int64_t)octets_get_u(&o, 8);
	r->key = octets_get_run(&o, octets_get_u(&o, 2));
	if (r->shape == 'S')
		r->member = octets_get_run(&o, octets_get_u(&o, 2));
	if (r->shape == 'E')
		r->id = octets_get_u(&o, 8);
	if (r->shape == 'R' || r->shape == 'E')
		r->value = octets_get_run(&o, o.left.n);
	if (!octets_done(&o) || r->ends_ms < 0 || !r->key.n || r->key.n > STORE_KEY_MAX)
		return false;
	if (r->shape == 'R')
		return record_parse(r->value, &rec);
	if (r->shape == 'S')
		return r->member.n <= STORE_KEY_MAX;
	return r->shape == 'E' && !r->ends_ms && r->id && r->id <= INT64_MAX &&
	       r->value.n <= STORE_VALUE_MAX;
}

struct str raw_format(struct arena *a, const struct raw_record *r)
{
	struct buf b = { .arena = a };

	buf_room(&b, 32 + r->key.n + r->member.n + r->value.n);
	octets_u(&b, (unsigned char)r->shape, 1);
	octets_u(&b, (uint64_t)r->ends_ms, 8);
	octets_u(&b, r->key.n, 2);
	buf_add(&b, r->key);
	if (r->shape == 'S') {
		octets_u(&b, r->member.n, 2);
		buf_add(&b, r->member);
	}
	if (r->shape == 'E')
		octets_u(&b, r->id, 8);
	if (r->shape != 'S')
		buf_add(&b, r->value);
	return buf_str(&b);
}
