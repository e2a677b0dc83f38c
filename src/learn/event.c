/* What is to be learnt, as octets, and back. */
#include "learn/event.h"

#include "learn/octets.h"

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
		octets_put(b, n->words);
		for (size_t i = 0; i < NEAR_BANDS; i++)
			octets_put64(b, n->band[i]);
	}
	if (n->has_shape)
		octets_put64(b, n->shape);
	octets_put(b, n->nfiles);
	for (size_t i = 0; i < n->nfiles; i++)
		buf_add(b, str_of((const char *)n->file[i], sizeof n->file[i]));
}

struct str event_format(struct arena *a, const struct learn_event *e)
{
	struct buf b = { .arena = a };
	unsigned has = (e->near.has_text ? HAS_TEXT : 0) | (e->near.has_shape ? HAS_SHAPE : 0) |
		       (e->pyzor[0] ? HAS_PYZOR : 0);

	octets_put(&b, EVENT_VERSION);
	octets_put(&b, e->to);
	octets_put(&b, e->source);
	octets_put_str(&b, e->user);
	octets_put64(&b, (uint64_t)e->when_ms);
	octets_put_str(&b, features_format(a, &e->f));
	octets_put(&b, has);
	put_near(&b, &e->near);
	if (has & HAS_PYZOR)
		buf_add(&b, str_of(e->pyzor, PYZOR_DIGEST));
	return buf_str(&b);
}

static void get_near(struct octets *o, unsigned has, struct near *n)
{
	n->has_text = has & HAS_TEXT;
	n->has_shape = has & HAS_SHAPE;
	n->words = n->has_text ? (size_t)octets_get(o, UINT32_MAX) : 0;
	for (size_t i = 0; i < NEAR_BANDS; i++)
		n->band[i] = n->has_text ? octets_get64(o) : 0;
	n->shape = n->has_shape ? octets_get64(o) : 0;
	n->nfiles = (size_t)octets_get(o, NEAR_FILES);
	for (size_t i = 0; i < n->nfiles; i++) {
		struct str s = octets_get_n(o, sizeof n->file[i]);
		if (s.n)
			memcpy(n->file[i], s.p, s.n);
	}
}

static void get_pyzor(struct octets *o, char out[PYZOR_DIGEST + 1])
{
	struct str s = octets_get_n(o, PYZOR_DIGEST);

	for (size_t i = 0; i < s.n; i++) {
		if (ch_hex(s.p[i]) < 0 || ch_lower(s.p[i]) != s.p[i])
			o->bad = true;
		out[i] = s.p[i];
	}
}

bool event_parse(struct arena *a, struct str s, struct learn_event *out)
{
	struct octets o = { .s = s };
	struct str features;
	unsigned has;

	*out = (struct learn_event){ 0 };
	if (octets_get(&o, UINT32_MAX) != EVENT_VERSION)
		return false;
	out->to = (enum learn_class)octets_get(&o, LEARN_SPAM);
	out->source = (enum learn_source)octets_get(&o, LEARN_SOURCES - 1);
	out->user = arena_dup(a, octets_get_str(&o, USER_MAX));
	out->when_ms = (int64_t)octets_get64(&o);
	features = octets_get_str(&o, FEATURES_OCTETS);
	has = (unsigned)octets_get(&o, HAS_ALL);
	get_near(&o, has, &out->near);
	if (has & HAS_PYZOR)
		get_pyzor(&o, out->pyzor);
	return octets_done(&o) && features_parse(a, features, &out->f);
}
