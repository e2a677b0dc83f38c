/* Batches and answers as octets. */
#include "store/wire.h"

#include "base/octets.h"
#include "store/record.h"

#define RAW_MAX (STORE_VALUE_MAX + 4096u) /* a value with its key, as a raw record */

/* Which fields of an operation or an answer follow: what is zero is left out. */
enum op_field {
	OP_VALUE = 1,
	OP_MEMBER = 2,
	OP_TTL = 4,
	OP_DELTA = 8,
	OP_HALF = 16,
	OP_TAKE = 32,
	OP_LIMIT = 64,
	OP_ID = 128,
};
enum answer_field {
	ANSWER_LOCAL = 1,
	ANSWER_ADMITTED = 2,
	ANSWER_VALUE = 4,
	ANSWER_SUM = 8,
	ANSWER_TIMES = 16,
	ANSWER_ID = 32,
	ANSWER_ENTRY = 64,
	ANSWER_FIELDS = 127,
};

/* The length goes in front once it is known. */
static size_t frame_begin(struct buf *b, char type, uint32_t id)
{
	size_t at = b->n;

	octets_u(b, 0, FRAME_HEAD);
	octets_u(b, (unsigned char)type, 1);
	octets_u(b, id, 4);
	return at;
}

static void frame_end(struct buf *b, size_t at)
{
	size_t n = b->n - at - FRAME_HEAD;

	for (unsigned i = 0; i < FRAME_HEAD; i++)
		b->p[at + i] = (char)(n >> (8 * (FRAME_HEAD - 1 - i)) & 255);
}

static bool any_f64(const double v[STORE_SUMS])
{
	static const double zero[STORE_SUMS];

	return memcmp(v, zero, sizeof zero) != 0;
}

static bool any_u64(const uint64_t v[STORE_SUMS])
{
	static const uint64_t zero[STORE_SUMS];

	return memcmp(v, zero, sizeof zero) != 0;
}

/* Which of the numbers are there, then they. */
static void put_f64s(struct buf *b, const double v[STORE_SUMS])
{
	unsigned mask = 0;

	for (unsigned i = 0; i < STORE_SUMS; i++)
		mask |= v[i] != 0 ? 1u << i : 0;
	octets_u(b, mask, 1);
	for (unsigned i = 0; i < STORE_SUMS; i++)
		if (mask & 1u << i)
			octets_f64(b, v[i]);
}

static void get_f64s(struct octets *o, double v[STORE_SUMS])
{
	unsigned mask = (unsigned)octets_get_u(o, 1);

	if (mask >> STORE_SUMS)
		o->bad = true;
	for (unsigned i = 0; i < STORE_SUMS; i++)
		v[i] = mask & 1u << i ? octets_get_f64(o) : 0;
}

static void put_u64s(struct buf *b, const uint64_t v[STORE_SUMS])
{
	for (unsigned i = 0; i < STORE_SUMS; i++)
		octets_u(b, v[i], 8);
}

static void get_u64s(struct octets *o, uint64_t v[STORE_SUMS])
{
	for (unsigned i = 0; i < STORE_SUMS; i++)
		v[i] = octets_get_u(o, 8);
}

/* ---- operations ---- */

static unsigned op_fields(const struct store_op *op)
{
	return (op->value.n ? OP_VALUE : 0u) | (op->member.n ? OP_MEMBER : 0u) |
	       (op->ttl_ms ? OP_TTL : 0u) | (any_f64(op->delta) ? OP_DELTA : 0u) |
	       (any_u64(op->half_life_ms) ? OP_HALF : 0u) |
	       (op->kind == STORE_TAKE ? OP_TAKE : 0u) | (op->limit ? OP_LIMIT : 0u) |
	       (op->id ? OP_ID : 0u);
}

static void op_format(struct buf *b, const struct store_op *op)
{
	unsigned fields = op_fields(op);

	octets_u(b, op->kind, 1);
	octets_u(b, op->flags & 255, 1);
	octets_u(b, fields, 1);
	octets_str(b, str_sub(op->key, 0, STORE_KEY_MAX + 1));
	if (fields & OP_VALUE)
		octets_str(b, str_sub(op->value, 0, RAW_MAX));
	if (fields & OP_MEMBER)
		octets_str(b, str_sub(op->member, 0, STORE_KEY_MAX + 1));
	if (fields & OP_TTL)
		octets_u(b, op->ttl_ms, 8);
	if (fields & OP_DELTA)
		put_f64s(b, op->delta);
	if (fields & OP_HALF)
		put_u64s(b, op->half_life_ms);
	if (fields & OP_TAKE) {
		octets_f64(b, op->cost);
		octets_f64(b, op->burst);
		octets_f64(b, op->rate);
	}
	if (fields & OP_LIMIT)
		octets_u(b, op->limit, 8);
	if (fields & OP_ID)
		octets_u(b, op->id, 8);
}

static void op_parse(struct octets *o, struct store_op *op)
{
	unsigned kind = (unsigned)octets_get_u(o, 1), fields;

	*op = (struct store_op){ .kind = (enum store_kind)kind };
	o->bad = o->bad || kind >= STORE_KINDS;
	op->flags = (unsigned)octets_get_u(o, 1);
	fields = (unsigned)octets_get_u(o, 1);
	op->key = octets_get_text(o, STORE_KEY_MAX + 1);
	if (fields & OP_VALUE)
		op->value = octets_get_text(o, RAW_MAX);
	if (fields & OP_MEMBER)
		op->member = octets_get_text(o, STORE_KEY_MAX + 1);
	if (fields & OP_TTL)
		op->ttl_ms = octets_get_u(o, 8);
	if (fields & OP_DELTA)
		get_f64s(o, op->delta);
	if (fields & OP_HALF)
		get_u64s(o, op->half_life_ms);
	if (fields & OP_TAKE) {
		op->cost = octets_get_f64(o);
		op->burst = octets_get_f64(o);
		op->rate = octets_get_f64(o);
	}
	if (fields & OP_LIMIT)
		op->limit = octets_get_u(o, 8);
	if (fields & OP_ID)
		op->id = octets_get_u(o, 8);
}

bool batch_format(struct buf *b, uint32_t id, unsigned flags, const struct store_op *op, size_t n)
{
	size_t at = frame_begin(b, 'B', id);

	octets_u(b, flags & 255, 1);
	octets_u(b, n, 2);
	for (size_t i = 0; i < n; i++) {
		op_format(b, &op[i]);
		if (b->n - at - FRAME_HEAD > FRAME_MAX)
			return false;
	}
	frame_end(b, at);
	return true;
}

bool batch_parse(struct arena *a, struct str payload, struct batch *out)
{
	struct octets o = { .left = payload };

	*out = (struct batch){ 0 };
	if (octets_get_u(&o, 1) != 'B')
		return false;
	out->id = (uint32_t)octets_get_u(&o, 4);
	out->flags = (unsigned)octets_get_u(&o, 1);
	out->n = (size_t)octets_get_u(&o, 2);
	if (o.bad || out->n > STORE_BATCH_MAX)
		return false;
	out->op = ARENA_ARRAY(a, struct store_op, out->n);
	for (size_t i = 0; i < out->n && !o.bad; i++)
		op_parse(&o, &out->op[i]);
	return octets_done(&o);
}

/* ---- answers ---- */

static unsigned answer_fields(const struct store_answer *a)
{
	return (a->local ? ANSWER_LOCAL : 0u) | (a->admitted ? ANSWER_ADMITTED : 0u) |
	       (a->value.n ? ANSWER_VALUE : 0u) | (any_f64(a->sum) ? ANSWER_SUM : 0u) |
	       (a->created_ms || a->updated_ms ? ANSWER_TIMES : 0u) | (a->id ? ANSWER_ID : 0u) |
	       (a->nentry ? ANSWER_ENTRY : 0u);
}

static void answer_format(struct buf *b, const struct store_answer *a)
{
	unsigned fields = answer_fields(a);

	octets_u(b, a->status, 1);
	octets_u(b, fields, 1);
	if (fields & ANSWER_VALUE)
		octets_str(b, a->value);
	if (fields & ANSWER_SUM)
		put_f64s(b, a->sum);
	if (fields & ANSWER_TIMES) {
		octets_u(b, (uint64_t)a->created_ms, 8);
		octets_u(b, (uint64_t)a->updated_ms, 8);
	}
	if (fields & ANSWER_ID)
		octets_u(b, a->id, 8);
	if (fields & ANSWER_ENTRY)
		octets_u(b, a->nentry, 2);
	for (size_t i = 0; i < a->nentry; i++) {
		octets_u(b, a->entry[i].id, 8);
		octets_str(b, a->entry[i].value);
	}
}

static size_t answer_size(const struct store_answer *a)
{
	size_t n = 64 + 8 * STORE_SUMS + a->value.n;

	for (size_t i = 0; i < a->nentry; i++)
		n += 12 + a->entry[i].value.n;
	return n;
}

void answers_format(struct buf *b, uint32_t id, const struct store_answer *a, size_t n)
{
	static const struct store_answer failed = { .status = STORE_FAILED };
	size_t at = frame_begin(b, 'A', id), room = FRAME_MAX - 16 - n * 2;

	octets_u(b, n, 2);
	for (size_t i = 0; i < n; i++) {
		bool fits = answer_size(&a[i]) <= room;

		room -= fits ? answer_size(&a[i]) : 0;
		answer_format(b, fits ? &a[i] : &failed);
	}
	frame_end(b, at);
}

/* Each entry has at least its head: so what is asked for is there before memory is. */
static void entries_parse(struct arena *arena, struct octets *o, struct store_answer *a)
{
	size_t n = (size_t)octets_get_u(o, 2);
	struct store_entry *e;

	if (n > STORE_PAGE_MAX || n * 12 > o->left.n) {
		o->bad = true;
		return;
	}
	e = ARENA_ARRAY(arena, struct store_entry, n);
	for (size_t i = 0; i < n; i++) {
		e[i].id = octets_get_u(o, 8);
		e[i].value = octets_get_text(o, RAW_MAX);
	}
	a->entry = e;
	a->nentry = n;
}

static void answer_parse(struct arena *arena, struct octets *o, struct store_answer *a)
{
	unsigned status = (unsigned)octets_get_u(o, 1), fields = (unsigned)octets_get_u(o, 1);

	*a = (struct store_answer){ .status = (enum store_status)status };
	o->bad = o->bad || status > STORE_FULL || fields > ANSWER_FIELDS;
	a->local = fields & ANSWER_LOCAL;
	a->admitted = fields & ANSWER_ADMITTED;
	if (fields & ANSWER_VALUE)
		a->value = octets_get_text(o, RAW_MAX);
	if (fields & ANSWER_SUM)
		get_f64s(o, a->sum);
	if (fields & ANSWER_TIMES) {
		a->created_ms = (int64_t)octets_get_u(o, 8);
		a->updated_ms = (int64_t)octets_get_u(o, 8);
	}
	if (fields & ANSWER_ID)
		a->id = octets_get_u(o, 8);
	if (fields & ANSWER_ENTRY)
		entries_parse(arena, o, a);
}

bool answers_parse(struct arena *arena, struct str payload, uint32_t *id, struct store_answer **a,
		   size_t *n)
{
	struct octets o = { .left = payload };

	if (octets_get_u(&o, 1) != 'A')
		return false;
	*id = (uint32_t)octets_get_u(&o, 4);
	*n = (size_t)octets_get_u(&o, 2);
	if (o.bad || *n > STORE_BATCH_MAX)
		return false;
	*a = ARENA_ARRAY(arena, struct store_answer, *n);
	for (size_t i = 0; i < *n && !o.bad; i++)
		answer_parse(arena, &o, &(*a)[i]);
	return octets_done(&o);
}
