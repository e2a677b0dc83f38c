/* Every line of another program's configuration finds its row, and the row decides. */
#include "cmd/peer.h"

#include "base/map.h"

const struct peer *const peers_all[] = { &peer_opendkim, &peer_opendmarc, &peer_openarc, NULL };

static const struct peer_directive *row_in(const struct peer_directive *t, struct str name)
{
	for (; t->name; t++)
		if (str_ieq(name, str_c(t->name)))
			return t;
	return NULL;
}

static const struct peer_directive *row_of(const struct peer *peer, struct str name)
{
	const struct peer_directive *row = row_in(peer->table, name);

	return row ? row : row_in(peer->common, name);
}

static bool readable(struct peer_part *p, struct peer_line *l)
{
	if (!l->row)
		peer_not(l, true,
			 arena_printf(p->m->arena, "%s has no such directive", p->peer->title).p);
	else if (!l->value.n)
		peer_not(l, true, "it has no value");
	else if (memchr(l->value.p, '\0', l->value.n))
		peer_not(l, true, "there is a NUL in it");
	return l->status == PEER_OPEN;
}

/* The last line of a name counts: what is before it says nothing. */
static void drop_repeated(struct peer_part *p)
{
	struct map *last = map_new(p->m->arena, true);

	for (size_t i = p->conf.lines.n; i-- > 0;) {
		struct peer_line *l = &p->conf.lines.p[i], *later;
		if (l->status != PEER_OPEN || l->row->take == peer_take_include)
			continue;
		later = map_get(last, str_c(l->row->name));
		if (later)
			peer_not(l, false,
				 arena_printf(p->m->arena, "%s:%d says it again", later->file,
					      later->line)
					 .p);
		else
			map_put(last, str_c(l->row->name), l);
	}
}

int peer_import_add(struct peer_import *m, const struct peer *peer, const char *path, struct err *e)
{
	struct peer_part *p = ARENA_NEW(m->arena, struct peer_part);
	struct peer_line *l;

	*p = (struct peer_part){ .peer = peer, .m = m, .path = path };
	if (peer_conf_load(m->arena, path, &p->conf, e) < 0)
		return -1;
	VEC_PUSH(m->arena, m->parts) = p;
	for (size_t i = 0; i < p->conf.lines.n; i++) {
		l = &p->conf.lines.p[i];
		l->row = row_of(peer, l->name);
		(void)readable(p, l);
	}
	drop_repeated(p);
	for (size_t i = 0; i < p->conf.lines.n; i++) {
		l = &p->conf.lines.p[i];
		if (l->status == PEER_OPEN && l->row->take)
			l->row->take(p, l);
	}
	peer->finish(p);
	for (size_t i = 0; i < p->conf.lines.n; i++)
		if (p->conf.lines.p[i].status == PEER_OPEN)
			peer_not(&p->conf.lines.p[i], false,
				 "it says nothing with the rest of this file");
	return 0;
}
