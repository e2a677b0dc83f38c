/*
 * The octets of a batch: version (u8), number of facts (u32), each with its length (u16); then for
 * each row identity, seconds since the beginning of the window (u32) and number of its facts (u32).
 */
#include "control/report/batch.h"

#define BATCH_VERSION 1u
#define HEAD_SIZE 5u
#define ROW_SIZE (ROW_ID_SIZE + 8u)

void batch_begin(struct batch *b, struct arena *a, int64_t start)
{
	*b = (struct batch){ .arena = a,
			     .start = start,
			     .seen = map_new(a, false),
			     .facts = { .arena = a },
			     .rows = { .arena = a } };
}

bool batch_add(struct batch *b, const unsigned char id[ROW_ID_SIZE], int64_t judged,
	       struct str facts)
{
	uint32_t *at = map_get(b->seen, facts);
	size_t more = ROW_SIZE + (at ? 0 : 2 + facts.n);

	if (HEAD_SIZE + b->facts.n + b->rows.n + more > BATCH_MAX)
		return false;
	if (!at) {
		at = ARENA_NEW(b->arena, uint32_t);
		*at = b->nfacts++;
		map_put(b->seen, facts, at);
		octets_u(&b->facts, facts.n, 2);
		buf_add(&b->facts, facts);
	}
	buf_add(&b->rows, str_of((const char *)id, ROW_ID_SIZE));
	octets_u(&b->rows, (uint64_t)(judged - b->start), 4);
	octets_u(&b->rows, *at, 4);
	b->nrows++;
	return true;
}

struct str batch_end(struct batch *b)
{
	struct buf out = { .arena = b->arena };

	buf_room(&out, HEAD_SIZE + b->facts.n + b->rows.n);
	octets_u(&out, BATCH_VERSION, 1);
	octets_u(&out, b->nfacts, 4);
	buf_add(&out, buf_str(&b->facts));
	buf_add(&out, buf_str(&b->rows));
	return buf_str(&out);
}

bool batch_open(struct batch_reader *r, struct arena *a, int64_t start, struct str s)
{
	struct octets o = { .left = s };
	uint64_t version = octets_get_u(&o, 1), n = octets_get_u(&o, 4);
	struct str *facts;

	/* no more facts than can be there */
	if (o.bad || version != BATCH_VERSION || n > o.left.n / 2)
		return false;
	facts = ARENA_ARRAY(a, struct str, n);
	for (uint64_t i = 0; i < n && !o.bad; i++)
		facts[i] = octets_get_run(&o, octets_get_u(&o, 2));
	*r = (struct batch_reader){ start, facts, (uint32_t)n, o };
	return !o.bad && o.left.n % ROW_SIZE == 0;
}

bool batch_next(struct batch_reader *r, struct batch_row *out)
{
	struct str id;
	uint64_t after, at;

	if (!r->rows.left.n || r->rows.bad)
		return false;
	id = octets_get_run(&r->rows, ROW_ID_SIZE);
	after = octets_get_u(&r->rows, 4);
	at = octets_get_u(&r->rows, 4);
	if (r->rows.bad || at >= r->nfacts) {
		r->rows.bad = true;
		return false;
	}
	*out = (struct batch_row){ (const unsigned char *)id.p, r->start + (int64_t)after,
				   r->facts[at] };
	return true;
}

bool batch_whole(const struct batch_reader *r)
{
	return octets_done(&r->rows);
}
