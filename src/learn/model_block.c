/* The model in pieces of octets, as they are kept. */
#include "learn/varint.h"
#include "learn/svm.h"

#define BLOCK_VERSION 1u
#define WEIGHT_MAX 1e6f /* of view S: what is beyond is damage */

enum { KIND_S = 1, KIND_C, KIND_T, KIND_USER };

/* Where a block lies. */
struct place {
	unsigned kind;
	float *w; /* NULL: it has cells */
	uint64_t *cells;
};

static struct place place_of(struct model *m, size_t i)
{
	if (i < MODEL_S_BLOCKS)
		return (struct place){ .kind = KIND_S, .w = m->s + i * MODEL_BLOCK };
	i -= MODEL_S_BLOCKS;
	if (i < MODEL_T_BLOCKS)
		return (struct place){ .kind = KIND_T, .w = m->t + i * MODEL_BLOCK };
	i -= MODEL_T_BLOCKS;
	if (i < MODEL_C_BLOCKS)
		return (struct place){ .kind = KIND_C, .cells = m->c + i * MODEL_BLOCK };
	i -= MODEL_C_BLOCKS;
	return (struct place){ .kind = KIND_USER,
			       .cells = m->u[i / MODEL_USER_BLOCKS] +
					i % MODEL_USER_BLOCKS * MODEL_BLOCK };
}

/* A place without a user is not looked at: reading it would take memory. */
static bool nobody(const struct model *m, size_t i)
{
	return i >= MODEL_GLOBAL_BLOCKS &&
	       m->n.user[(i - MODEL_GLOBAL_BLOCKS) / MODEL_USER_BLOCKS].id == 0;
}

size_t model_blocks(const struct model *m)
{
	(void)m;
	return MODEL_ALL_BLOCKS;
}

static uint32_t float_bits(const float *p)
{
	float v = model_float(p);
	uint32_t bits;

	memcpy(&bits, &v, sizeof bits);
	return v == 0 ? 0 : bits;
}

static void put_value(struct buf *b, const struct place *p, size_t i)
{
	if (p->w) {
		varint_put32(b, float_bits(&p->w[i]));
	} else {
		varint_put(b, cell_ham(p->cells[i]));
		varint_put(b, cell_spam(p->cells[i]));
	}
}

static bool is_zero(const struct place *p, size_t i)
{
	return p->w ? float_bits(&p->w[i]) == 0 : p->cells[i] == 0;
}

static size_t put_values(struct buf *b, const struct place *p)
{
	size_t next = 0, n = 0;

	for (size_t i = 0; i < MODEL_BLOCK; i++) {
		if (is_zero(p, i))
			continue;
		varint_put(b, i - next);
		put_value(b, p, i);
		next = i + 1;
		n++;
	}
	return n;
}

struct str model_block(struct arena *a, struct model *m, size_t i, bool changed_only, bool clear)
{
	struct buf b = { .arena = a };
	struct place p;
	size_t n;

	if (i >= MODEL_ALL_BLOCKS || (changed_only && !m->changed[i]))
		return STR_NULL;
	m->changed[i] = m->changed[i] && !clear;
	p = place_of(m, i);
	varint_put(&b, BLOCK_VERSION);
	varint_put(&b, p.kind);
	n = nobody(m, i) ? 0 : put_values(&b, &p);
	return n || changed_only ? buf_str(&b) : STR_NULL;
}

/* ---- and back ---- */

union values {
	float w[MODEL_BLOCK];
	uint64_t cells[MODEL_BLOCK];
};

static float get_float(struct varint *o)
{
	uint32_t bits = varint_get32(o);
	float v;

	memcpy(&v, &bits, sizeof v);
	if (!(v >= -WEIGHT_MAX && v <= WEIGHT_MAX) || v == 0) {
		o->bad = true;
		return 0;
	}
	return v;
}

static uint64_t get_cell(struct varint *o)
{
	uint32_t ham = (uint32_t)varint_get(o, UINT32_MAX);
	uint64_t cell = cell_of(ham, (uint32_t)varint_get(o, UINT32_MAX));

	o->bad = o->bad || cell == 0;
	return cell;
}

/* values are zero before. */
static bool get_values(struct varint *o, bool weights, union values *v)
{
	size_t next = 0;

	while (o->s.n && !o->bad) {
		next += (size_t)varint_get(o, MODEL_BLOCK - 1);
		if (next >= MODEL_BLOCK)
			return false;
		if (weights)
			v->w[next] = get_float(o);
		else
			v->cells[next] = get_cell(o);
		next++;
	}
	return !o->bad;
}

static void set_values(const struct place *p, const union values *v)
{
	for (size_t i = 0; i < MODEL_BLOCK; i++) {
		if (p->w)
			model_set_float(&p->w[i], v->w[i]);
		else
			MODEL_SET(&p->cells[i], v->cells[i]);
	}
}

bool model_set_block(struct model *m, size_t i, struct str s)
{
	struct varint o = { .s = s };
	struct arena *a;
	union values *v;
	struct place p;
	bool ok;

	if (i >= MODEL_ALL_BLOCKS || varint_get(&o, UINT32_MAX) != BLOCK_VERSION)
		return false;
	p = place_of(m, i);
	if (varint_get(&o, KIND_USER) != p.kind)
		return false;
	a = arena_new(sizeof *v + 1024);
	v = ARENA_NEW(a, union values);
	ok = get_values(&o, p.w != NULL, v);
	if (ok)
		set_values(&p, v);
	arena_free(a);
	return ok;
}
