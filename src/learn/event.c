/* What is to be learnt, as octets, and back. */
#include "learn/event.h"

#include "learn/varint.h"

#define EVENT_VERSION 1u
#define USER_MAX 512u
#define FEATURES_OCTETS (1u << 20)

enum { HAS_TEXT = 1, HAS_SHAPE = 2, HAS_PYZOR = 4, HAS_ALL = 7 };

static const char *const words[LEARN_SOURCES] = { "person", "trap", "auto", "import" };

const char *learn_source_word(enum learn_source s)
{
	return s < LEARN_SOURCES ? words[s] : "?";
}

static void put_near(struct buf *b, const struct near *n)
{
	if (n->has_text) {
		varint_put(b, n->words);
		for (size_t i = 0; i < NEAR_BANDS; i++)
			varint_put64(b, n->band[i]);
	}
	if (n->has_shape)
		varint_put64(b, n->shape);
	varint_put(b, n->nfiles);
	for (size_t i = 0; i < n->nfiles; i++)
		buf_add(b, str_of((const char *)n->file[i], sizeof n->file[i]));
}

struct str event_format(struct arena *a, const struct learn_event *e)
{
	struct buf b = { .arena = a };
	unsigned has = (e->near.has_text ? HAS_TEXT : 0) | (e->near.has_shape ? HAS_SHAPE : 0) |
		       (e->pyzor[0] ? HAS_PYZOR : 0);

	varint_put(&b, EVENT_VERSION);
	varint_put(&b, e->to);
	varint_put(&b, e->source);
	varint_put_str(&b, e->user);
	varint_put64(&b, (uint64_t)e->when_ms);
	varint_put_str(&b, features_format(a, &e->f));
	varint_put(&b, has);
	put_near(&b, &e->near);
	if (has & HAS_PYZOR)
		buf_add(&b, str_of(e->pyzor, PYZOR_DIGEST));
	return buf_str(&b);
}

static void get_near(struct varint *o, unsigned has, struct near *n)
{
	n->has_text = has & HAS_TEXT;
	n->has_shape = has & HAS_SHAPE;
	n->words = n->has_text ? (size_t)varint_get(o, UINT32_MAX) : 0;
	for (size_t i = 0; i < NEAR_BANDS; i++)
		n->band[i] = n->has_text ? varint_get64(o) : 0;
	n->shape = n->has_shape ? varint_get64(o) : 0;
	n->nfiles = (size_t)varint_get(o, NEAR_FILES);
	for (size_t i = 0; i < n->nfiles; i++) {
		struct str s = varint_get_n(o, sizeof n->file[i]);
		if (s.n)
			memcpy(n->file[i], s.p, s.n);
	}
}

static void get_pyzor(struct varint *o, char out[PYZOR_DIGEST + 1])
{
	struct str s = varint_get_n(o, PYZOR_DIGEST);

	for (size_t i = 0; i < s.n; i++) {
		if (ch_hex(s.p[i]) < 0 || ch_lower(s.p[i]) != s.p[i])
			o->bad = true;
		out[i] = s.p[i];
	}
}

bool event_parse(struct arena *a, struct str s, struct learn_event *out)
{
	struct varint o = { .s = s };
	struct str features;
	unsigned has;

	*out = (struct learn_event){ 0 };
	if (varint_get(&o, UINT32_MAX) != EVENT_VERSION)
		return false;
	out->to = (enum learn_class)varint_get(&o, LEARN_SPAM);
	out->source = (enum learn_source)varint_get(&o, LEARN_SOURCES - 1);
	out->user = arena_dup(a, varint_get_str(&o, USER_MAX));
	out->when_ms = (int64_t)varint_get64(&o);
	features = varint_get_str(&o, FEATURES_OCTETS);
	has = (unsigned)varint_get(&o, HAS_ALL);
	get_near(&o, has, &out->near);
	if (has & HAS_PYZOR)
		get_pyzor(&o, out->pyzor);
	return varint_done(&o) && features_parse(a, features, &out->f);
}
