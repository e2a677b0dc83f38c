/* Parts in the order of the message, depth first, with their indexes and paths. */
#include "mail/mime/mime_priv.h"

#define NONE UINT32_MAX

struct order {
	uint32_t *first, *last, *next; /* children, by index before */
	uint32_t *now;		       /* index before to index now */
};

static void links(const struct mime *m, struct order *o)
{
	for (uint32_t i = 0; i < m->parts.n; i++)
		o->first[i] = o->last[i] = o->next[i] = NONE;
	for (uint32_t i = 1; i < m->parts.n; i++) {
		uint32_t parent = m->parts.p[i].parent;

		if (o->first[parent] == NONE)
			o->first[parent] = i;
		else
			o->next[o->last[parent]] = i;
		o->last[parent] = i;
	}
}

/* The part behind i, depth first; NONE: it was the last. */
static uint32_t after(const struct mime *m, const struct order *o, uint32_t i)
{
	if (o->first[i] != NONE)
		return o->first[i];
	while (i != NONE && o->next[i] == NONE)
		i = m->parts.p[i].parent;
	return i == NONE ? NONE : o->next[i];
}

/*
 * "2.1" for the first part in part 2. What exists in a second reading only stands under the part
 * read again, as "2~1". A multipart that is all of an enclosed message is "2.TEXT", as for IMAP.
 */
static struct str path_of(struct mime *m, const struct mime_part *p, uint32_t nth)
{
	const struct mime_part *parent = p->parent == NONE ? NULL : &m->parts.p[p->parent];
	bool root = !parent || parent->message;
	char mark = '.';
	struct str above;

	if (!parent)
		return p->multipart ? STR("") : STR("1");
	above = parent->path;
	if ((p->flags & MIME_F_ALTERNATE) && !(parent->flags & MIME_F_ALTERNATE))
		mark = '~';
	if (mark == '.' && above.n > 5 && str_iends(above, STR(".TEXT")))
		above.n -= 5;
	if (mark == '.' && root && p->multipart)
		return arena_printf(m->arena, "%.*s.TEXT", STR_ARG(above));
	if (mark == '.' && above.n == 0)
		return arena_printf(m->arena, "%u", nth);
	return arena_printf(m->arena, "%.*s%c%u", STR_ARG(above), mark, nth);
}

static void paths(struct mime *m, uint32_t *plain, uint32_t *alternate)
{
	for (size_t i = 0; i < m->parts.n; i++) {
		struct mime_part *p = &m->parts.p[i];
		uint32_t nth = 0;

		if (i) {
			struct mime_part *parent = &m->parts.p[p->parent];
			bool own = !(p->flags & MIME_F_ALTERNATE);

			/* What is inside a second reading is of it. */
			p->flags |= parent->flags & MIME_F_ALTERNATE;
			own = own || (parent->flags & MIME_F_ALTERNATE);
			nth = own ? ++plain[p->parent] : ++alternate[p->parent];
		}
		p->path = path_of(m, p, nth);
	}
}

void mime_order(struct mime *m)
{
	size_t n = m->parts.n;
	struct order o = { ARENA_ARRAY(m->arena, uint32_t, n), ARENA_ARRAY(m->arena, uint32_t, n),
			   ARENA_ARRAY(m->arena, uint32_t, n), ARENA_ARRAY(m->arena, uint32_t, n) };
	struct mime_part *sorted = ARENA_ARRAY(m->arena, struct mime_part, n);
	uint32_t at = 0;

	links(m, &o);
	for (uint32_t i = 0; i != NONE; i = after(m, &o, i)) {
		o.now[i] = at;
		sorted[at++] = m->parts.p[i];
	}
	for (uint32_t i = 0; i < n; i++) {
		sorted[i].index = i;
		if (sorted[i].parent != NONE)
			sorted[i].parent = o.now[sorted[i].parent];
	}
	m->parts.p = sorted;
	m->parts.cap = n;
	paths(m, ARENA_ARRAY(m->arena, uint32_t, n), ARENA_ARRAY(m->arena, uint32_t, n));
}
