/* Keys of windows, entries of their index, marks of what was reported. */
#include "control/report/keys.h"

#include "base/hash.h"
#include "base/octets.h"

#define DAY_S 86400u

/* The same on all machines and for good: it says where rows are. */
static unsigned part_of(struct str policy_domain)
{
	const struct hash_key key = { 0x646d617263206167, 0x6772656761746573 };

	return (unsigned)(hash_sip13(key, policy_domain) % WINDOW_PARTS);
}

struct window_part window_at(int64_t moment, uint32_t length, struct str policy_domain)
{
	return (struct window_part){ .start = moment - moment % length,
				     .length = length,
				     .part = part_of(policy_domain) };
}

static struct str key_of(struct arena *a, const char *what, const struct window_part *p)
{
	return arena_printf(a, "dmr:%s:%lld:%u:%u", what, (long long)p->start, p->length, p->part);
}

struct str rows_key(struct arena *a, const struct window_part *p)
{
	return key_of(a, "rows", p);
}

struct str marks_key(struct arena *a, const struct window_part *p)
{
	return key_of(a, "mark", p);
}

struct str index_format(struct arena *a, const struct window_part *p)
{
	struct buf b = { .arena = a };

	octets_u(&b, (uint64_t)p->start, 8);
	octets_u(&b, p->length, 4);
	return buf_str(&b);
}

bool index_parse(struct str s, struct window_part *p)
{
	struct octets o = { .left = s };
	uint64_t start = octets_get_u(&o, 8), length = octets_get_u(&o, 4);

	if (!octets_done(&o) || !length || length > DAY_S || start > INT64_MAX - DAY_S ||
	    start % length)
		return false;
	*p = (struct window_part){ .start = (int64_t)start, .length = (uint32_t)length };
	return true;
}

struct str mark_format(struct arena *a, const struct mark *m)
{
	struct buf b = { .arena = a };

	octets_u(&b, (unsigned char)m->kind, 1);
	octets_u(&b, m->fence, 8);
	octets_u(&b, m->from, 8);
	octets_u(&b, m->upto, 8);
	octets_u(&b, m->before, 8);
	return buf_str(&b);
}

bool mark_parse(struct str s, struct mark *m)
{
	struct octets o = { .left = s };

	m->kind = (char)octets_get_u(&o, 1);
	m->fence = octets_get_u(&o, 8);
	m->from = octets_get_u(&o, 8);
	m->upto = octets_get_u(&o, 8);
	m->before = octets_get_u(&o, 8);
	return octets_done(&o) && (m->kind == 'P' || m->kind == 'D');
}

void marks_add(struct marks *all, const struct mark *m)
{
	if (m->fence < all->fence)
		return;
	all->fence = m->fence;
	if (m->kind == 'P' && !all->planned && m->from == all->done && m->upto > all->done) {
		all->plan = *m;
		all->planned = true;
	} else if (m->kind == 'D' && all->planned && m->upto == all->plan.upto) {
		all->done = m->upto;
		all->done_by = m->fence;
		all->planned = false;
	}
}
