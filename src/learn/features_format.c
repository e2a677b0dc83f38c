/* Features as octets for logs and sockets, and back. */
#include "learn/model.h"
#include "learn/varint.h"

struct str features_format(struct arena *a, const struct features *f)
{
	struct buf b = { .arena = a };
	uint32_t *bucket = arena_alloc(a, arena_mul(f->ntoken, sizeof *bucket));

	for (size_t i = 0; i < f->ntoken; i++)
		bucket[i] = f->token[i].bucket;
	buf_room(&b, 32 + 3 * (f->ngram + f->ntoken));
	varint_put(&b, FEATURES_VERSION);
	buf_add(&b, str_of((const char *)f->digest, sizeof f->digest));
	varint_put(&b, f->ngram);
	varint_put_rising(&b, f->gram, f->ngram);
	varint_put(&b, f->ntoken);
	varint_put_rising(&b, bucket, f->ntoken);
	return buf_str(&b);
}

/* n numbers take n octets at least: more are not there. */
static uint32_t *rising(struct arena *a, struct varint *o, size_t max, uint32_t limit, size_t *n)
{
	uint32_t *v;

	*n = (size_t)varint_get(o, max);
	if (*n > o->s.n) {
		o->bad = true;
		*n = 0;
	}
	v = arena_alloc(a, arena_mul(*n, sizeof *v));
	varint_get_rising(o, v, *n, limit);
	return v;
}

bool features_parse(struct arena *a, struct str s, struct features *out)
{
	struct varint o = { .s = s };
	struct token *token;
	uint32_t *bucket;
	struct str digest;

	*out = (struct features){ 0 };
	if (varint_get(&o, UINT32_MAX) != FEATURES_VERSION)
		return false;
	digest = varint_get_n(&o, sizeof out->digest);
	if (o.bad)
		return false;
	memcpy(out->digest, digest.p, sizeof out->digest);
	out->gram = rising(a, &o, FEATURES_RAW, MODEL_S, &out->ngram);
	bucket = rising(a, &o, FEATURES_TOKENS_MAX, MODEL_C, &out->ntoken);
	token = ARENA_ARRAY(a, struct token, out->ntoken);
	for (size_t i = 0; i < out->ntoken; i++)
		token[i].bucket = bucket[i];
	out->token = token;
	return varint_done(&o);
}
