/* From the text of a feed to the octets of a set. */
#include <stdlib.h>

#include "feed/entry.h"

static int by_print(const void *x, const void *y)
{
	const struct set_print *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

/* Without those that are there twice. */
static void sort(struct entries *x)
{
	size_t n = 0;

	if (x->n)
		qsort(x->p, x->n, sizeof *x->p, by_print);
	for (size_t i = 0; i < x->n; i++)
		if (n == 0 || by_print(&x->p[n - 1], &x->p[i]) != 0)
			x->p[n++] = x->p[i];
	x->counts->duplicates = x->n - n;
	x->counts->entries = x->n = n;
}

static void *write_set(struct entries *x, size_t *n)
{
	struct set_head *h;
	uint64_t *a;
	uint32_t *b;

	*n = set_size(x->n);
	h = malloc(*n);
	if (!h)
		bug("no memory for a set");
	*h = x->head;
	memcpy(h->magic, SET_MAGIC, sizeof h->magic);
	h->order = SET_ORDER;
	h->n = x->n;
	a = (uint64_t *)(h + 1);
	b = (uint32_t *)(a + x->n);
	for (size_t i = 0; i < x->n; i++) {
		a[i] = x->p[i].a;
		b[i] = x->p[i].b;
	}
	h->seal = set_seal(h, *n);
	return h;
}

static int refuse(const struct feed_counts *c, struct str text, struct err *e)
{
	if (str_starts(text, STR("\x1f\x8b")) || str_starts(text, STR("PK\x03\x04")) ||
	    str_starts(text, STR("\x28\xb5\x2f\xfd")) || str_starts(text, STR("BZh")))
		return err_set(e, "a compressed file, which is not read");
	if (!c->entries)
		return err_set(e, "no entry in %zu lines", c->lines);
	if (c->bad + c->too_long > c->entries + c->duplicates)
		return err_set(e, "%zu bad lines and %zu entries", c->bad + c->too_long,
			       c->entries);
	return 0;
}

void *feed_compile(struct str text, const struct feed_format *f, size_t *n,
		   struct feed_counts *counts, struct err *e)
{
	static void (*const reader[])(struct entries *, struct str, const struct feed_format *) = {
		[FEED_LIST] = read_list,
		[FEED_CSV] = read_csv,
		[FEED_HOSTS] = read_hosts,
		[FEED_RPZ] = read_rpz,
	};
	struct entries x = { .counts = counts };
	void *set = NULL;

	*counts = (struct feed_counts){ 0 };
	if (text.n > FEED_MAX_OCTETS) {
		err_set(e, "more than %u octets", FEED_MAX_OCTETS);
		return NULL;
	}
	x.scratch = arena_new(64 * 1024);
	x.head.key = hash_key_random();
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	reader[f->form](&x, text, f);
	arena_free(x.scratch);
	sort(&x);
	if (refuse(counts, text, e) == 0)
		set = write_set(&x, n);
	free(x.p);
	return set;
}
