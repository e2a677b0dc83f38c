/* Rows deduplicated by identity and summed by facts. */
#include "control/report/sums.h"

#include <stdlib.h>

#include "control/report/batch.h"

#define IDS_FIRST 1024u /* slots */

struct line {
	struct str facts;
	uint64_t count;
};

struct sums {
	struct window_part part;
	struct sums_limits lim;
	struct hash_key key;
	struct arena *arena; /* of lines, and in the end of the result */
	struct arena *entry; /* of one entry */
	struct map *lines;
	size_t text;
	/* identities of this round: an open table */
	unsigned char (*id)[ROW_ID_SIZE];
	bool *used;
	size_t slots, ids;
	unsigned rounds, round;
	bool over; /* this round has more of them than can be held */
	uint64_t messages, repeated, clipped, damaged;
};

static size_t limit(size_t given, size_t ours)
{
	return given ? given : ours;
}

static void ids_begin(struct sums *s, size_t slots)
{
	free(s->id);
	free(s->used);
	s->id = calloc(slots, sizeof *s->id);
	s->used = calloc(slots, sizeof *s->used);
	if (!s->id || !s->used)
		bug("no memory");
	s->slots = slots;
	s->ids = 0;
}

static void begin(struct sums *s, unsigned rounds)
{
	arena_reset(s->arena);
	s->lines = map_new(s->arena, false);
	s->text = 0;
	s->rounds = rounds;
	s->round = 0;
	s->over = false;
	s->messages = s->repeated = s->clipped = s->damaged = 0;
	ids_begin(s, IDS_FIRST);
}

struct sums *sums_new(const struct window_part *p, const struct sums_limits *lim)
{
	struct sums *s = calloc(1, sizeof *s);

	if (!s)
		bug("no memory");
	s->part = *p;
	s->lim = (struct sums_limits){ .ids = limit(lim->ids, WINDOW_MAX_IDS),
				       .rows = limit(lim->rows, WINDOW_MAX_ROWS),
				       .text = limit(lim->text, WINDOW_MAX_TEXT),
				       .rounds = lim->rounds ? lim->rounds : WINDOW_MAX_ROUNDS };
	s->key = hash_key_random();
	s->arena = arena_new(0);
	s->entry = arena_new(0);
	begin(s, 1);
	return s;
}

void sums_free(struct sums *s)
{
	if (!s)
		return;
	arena_free(s->arena);
	arena_free(s->entry);
	free(s->id);
	free(s->used);
	free(s);
}

/* ---- identities ---- */

static size_t slot_of(const struct sums *s, const unsigned char *id)
{
	size_t at =
		(size_t)hash_sip13(s->key, str_of((const char *)id, ROW_ID_SIZE)) & (s->slots - 1);

	while (s->used[at] && memcmp(s->id[at], id, ROW_ID_SIZE) != 0)
		at = (at + 1) & (s->slots - 1);
	return at;
}

static void ids_grow(struct sums *s)
{
	unsigned char(*id)[ROW_ID_SIZE] = s->id;
	bool *used = s->used;
	size_t slots = s->slots, ids = s->ids;

	s->id = NULL;
	s->used = NULL;
	ids_begin(s, slots * 2);
	for (size_t i = 0; i < slots; i++)
		if (used[i]) {
			size_t at = slot_of(s, id[i]);

			memcpy(s->id[at], id[i], ROW_ID_SIZE);
			s->used[at] = true;
		}
	s->ids = ids;
	free(id);
	free(used);
}

enum id_is { ID_NEW, ID_KNOWN, ID_NO_ROOM };

static enum id_is id_add(struct sums *s, const unsigned char *id)
{
	size_t at = slot_of(s, id);

	if (s->used[at])
		return ID_KNOWN;
	if (s->ids >= s->lim.ids)
		return ID_NO_ROOM;
	if ((s->ids + 1) * 2 > s->slots) {
		ids_grow(s);
		at = slot_of(s, id);
	}
	memcpy(s->id[at], id, ROW_ID_SIZE);
	s->used[at] = true;
	s->ids++;
	return ID_NEW;
}

/* Identities are hashes: any octets of them share them out evenly. */
static bool of_round(const struct sums *s, const unsigned char *id)
{
	return id[0] % s->rounds == s->round;
}

/* ---- lines ---- */

static void count(struct sums *s, struct str facts)
{
	struct line *l = map_get(s->lines, facts);

	if (!l) {
		if (map_len(s->lines) >= s->lim.rows || s->text + facts.n > s->lim.text) {
			s->clipped++;
			return;
		}
		l = ARENA_NEW(s->arena, struct line);
		l->facts = arena_dup(s->arena, facts);
		s->text += facts.n;
		map_put(s->lines, l->facts, l);
	}
	l->count++;
	s->messages++;
}

static void add_row(struct sums *s, enum sums_kind kind, const struct batch_row *r)
{
	enum id_is is;

	if (!of_round(s, r->id))
		return;
	if (kind == SUMS_BEFORE && r->judged + WINDOW_RETRY_S < s->part.start)
		return;
	is = id_add(s, r->id);
	if (is == ID_NO_ROOM && s->rounds * 2 <= s->lim.rounds)
		s->over = true;
	else if (is == ID_NO_ROOM)
		s->clipped += kind == SUMS_COUNT;
	else if (is == ID_KNOWN)
		s->repeated += kind == SUMS_COUNT;
	else if (kind == SUMS_COUNT)
		count(s, r->facts);
}

void sums_entry(struct sums *s, enum sums_kind kind, struct str value)
{
	int64_t start = s->part.start - (kind == SUMS_BEFORE ? (int64_t)s->part.length : 0);
	struct batch_reader r;
	struct batch_row row;
	bool whole = false;

	arena_reset(s->entry);
	if (!s->over && batch_open(&r, s->entry, start, value)) {
		while (!s->over && batch_next(&r, &row))
			add_row(s, kind, &row);
		whole = batch_whole(&r);
	}
	if (!s->over && !whole && s->round == 0 && kind == SUMS_COUNT)
		s->damaged++;
}

bool sums_again(struct sums *s)
{
	if (s->over) {
		begin(s, s->rounds * 2);
		return true;
	}
	if (++s->round == s->rounds)
		return false;
	ids_begin(s, IDS_FIRST);
	return true;
}

/* ---- the result ---- */

static int compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

/* By policy domain, then by octets, which begin with the policy. */
static int by_facts(const void *x, const void *y)
{
	const struct line *a = *(const struct line *const *)x, *b = *(const struct line *const *)y;
	int c = compare(row_facts_domain(a->facts), row_facts_domain(b->facts));

	return c ? c : compare(a->facts, b->facts);
}

static const struct line **sorted(struct sums *s, size_t *n)
{
	const struct line **l;

	*n = map_len(s->lines);
	l = ARENA_ARRAY(s->arena, const struct line *, *n);
	for (size_t i = 0; i < *n; i++)
		l[i] = map_at(s->lines, i);
	if (*n)
		qsort(l, *n, sizeof *l, by_facts);
	return l;
}

static void begin_report(const struct sums *s, struct window_report *w, const struct row *r)
{
	*w = (struct window_report){ .policy_domain = r->policy_domain, .rua = r->rua };
	w->report = (struct report){ .begin = s->part.start,
				     .end = s->part.start + s->part.length - 1,
				     .domain = r->policy_domain,
				     .p = r->p,
				     .sp = r->sp,
				     .np = r->np,
				     .adkim = r->adkim,
				     .aspf = r->aspf,
				     .fo = r->fo,
				     .testing = r->testing,
				     .discovery = r->discovery };
}

/* The lines of one policy; how many they are. */
static size_t make_report(struct sums *s, const struct line *const *l, size_t n,
			  struct window_report *w)
{
	struct str policy = row_facts_policy(l[0]->facts);
	struct row first = { 0 };
	size_t end = 1;

	while (end < n && str_eq(row_facts_policy(l[end]->facts), policy))
		end++;
	row_facts_parse(s->arena, l[0]->facts, &first);
	begin_report(s, w, &first);
	w->report.row = ARENA_ARRAY(s->arena, struct report_row, end);
	for (size_t i = 0; i < end; i++) {
		struct row r = { 0 };

		if (!row_facts_parse(s->arena, l[i]->facts, &r)) {
			s->damaged++;
			s->messages -= l[i]->count;
			continue;
		}
		r.row.count = l[i]->count;
		w->messages += l[i]->count;
		w->report.row[w->report.nrows++] = r.row;
	}
	return end;
}

struct window_sums *sums_result(struct sums *s)
{
	struct window_sums *out = ARENA_NEW(s->arena, struct window_sums);
	VEC(struct window_report) v = { 0 };
	const struct line **l;
	size_t n, at = 0;

	l = sorted(s, &n);
	while (at < n) {
		struct window_report w;

		at += make_report(s, l + at, n - at, &w);
		if (v.n && str_eq(v.p[v.n - 1].policy_domain, w.policy_domain))
			w.variant = v.p[v.n - 1].variant + 1;
		if (w.report.nrows)
			VEC_PUSH(s->arena, v) = w;
	}
	*out = (struct window_sums){ .part = s->part,
				     .report = v.p,
				     .n = v.n,
				     .messages = s->messages,
				     .repeated = s->repeated,
				     .clipped = s->clipped,
				     .damaged = s->damaged,
				     .arena = s->arena };
	s->arena = arena_new(0);
	return out;
}
