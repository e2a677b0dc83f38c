/* The octets of a body that are kept: its beginning, and its end when it is longer. */
#include "mail/mime/mime_priv.h"

#define FIRST 16384u

void mime_keep_init(struct mime_keep *k, struct arena *a, size_t max)
{
	*k = (struct mime_keep){ .arena = a, .max = max };
}

/* Room for n octets in all. Growing fourfold, all copies together are a third of the last. */
static void room(struct mime_keep *k, size_t n)
{
	size_t most = k->max + MIME_MAX_TAIL, cap = k->cap ? k->cap : FIRST;
	char *p;

	if (n <= k->cap)
		return;
	while (cap < n)
		cap *= 4;
	cap = cap < most ? cap : most;
	p = arena_alloc(k->arena, cap);
	if (k->n)
		memcpy(p, k->p, k->n);
	k->p = p;
	k->cap = cap;
}

/* Into the ring; only the last MIME_MAX_TAIL octets stay. */
static void tail_add(struct mime_keep *k, struct str s)
{
	if (!k->tail)
		k->tail = arena_alloc(k->arena, MIME_MAX_TAIL);
	if (s.n > MIME_MAX_TAIL)
		s = str_skip(s, s.n - MIME_MAX_TAIL);
	while (s.n) {
		struct str piece = str_sub(s, 0, MIME_MAX_TAIL - k->tail_at);

		memcpy(k->tail + k->tail_at, piece.p, piece.n);
		k->tail_at = (k->tail_at + piece.n) % MIME_MAX_TAIL;
		k->tail_n += piece.n;
		s = str_skip(s, piece.n);
	}
	if (k->tail_n > MIME_MAX_TAIL)
		k->tail_n = MIME_MAX_TAIL;
}

void mime_keep_add(struct mime_keep *k, struct str s)
{
	struct str head = str_sub(s, 0, k->max - k->n);

	k->octets += s.n;
	if (head.n) {
		room(k, k->n + head.n);
		memcpy(k->p + k->n, head.p, head.n);
		k->n += head.n;
	}
	if (s.n > head.n)
		tail_add(k, str_skip(s, head.n));
}

bool mime_keep_end(struct mime_keep *k)
{
	bool cut = k->octets > (uint64_t)k->n + k->tail_n;
	size_t first = (k->tail_at + MIME_MAX_TAIL - k->tail_n) % MIME_MAX_TAIL;
	size_t till_end = MIME_MAX_TAIL - first;

	if (!k->tail_n)
		return false;
	room(k, k->n + k->tail_n);
	till_end = till_end < k->tail_n ? till_end : k->tail_n;
	memcpy(k->p + k->n, k->tail + first, till_end);
	memcpy(k->p + k->n + till_end, k->tail, k->tail_n - till_end);
	k->n += k->tail_n;
	k->tail_n = 0;
	return cut;
}
