/* The test zone behind struct dns: at once, or round trip by round trip. */
#include "lib/zone_priv.h"

static bool name_fits(struct str name)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > 253)
		return false;
	while (name.p && name.n > 0) {
		struct str label = str_cut(&name, '.');

		if (label.n == 0 || label.n > 63)
			return false;
		if (name.p && name.n == 0)
			return false; /* two dots at the end */
	}
	return true;
}

static enum dns_status fault_status(enum zone_fault fault, enum dns_status fine)
{
	switch (fault) {
	case ZONE_FINE:
	case ZONE_TRUNCATE:
		return fine;
	case ZONE_NXDOMAIN:
		return DNS_NXDOMAIN;
	case ZONE_BOGUS:
		return DNS_BOGUS;
	default:
		return DNS_TEMPFAIL;
	}
}

static struct dns_answer resolve(const struct zone *z, struct str name, int type)
{
	struct dns_answer answer = { .ttl = UINT32_MAX };

	for (unsigned chain = 0; chain <= ZONE_MAX_CHAIN; chain++) {
		struct zone_found f = { .status = DNS_NXDOMAIN };

		if (name_fits(name))
			f = zone_find(z, name, type);
		answer.status = fault_status(f.fault, f.status);
		if (f.ttl < answer.ttl)
			answer.ttl = f.ttl;
		if (answer.status == DNS_OK && f.cname.p) {
			name = f.cname;
			continue;
		}
		if (answer.status == DNS_OK) {
			answer.n = f.n;
			answer.rr = f.rr;
		}
		return answer;
	}
	answer.status = DNS_TEMPFAIL;
	return answer;
}

static const struct dns_answer no_such_name = { .status = DNS_NXDOMAIN };

static const struct dns_answer *ask(struct dns *dns, const char *name, int type)
{
	struct zone_view *v = (struct zone_view *)dns;
	struct arena *a = v->zone->arena;
	struct str s = str_c(name);
	struct zone_asked *q;
	struct str key, word;

	if (!name_fits(s))
		return &no_such_name;
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	word = zone_type_word(a, type);
	key = arena_lower(a, arena_printf(a, "%.*s %.*s", STR_ARG(s), STR_ARG(word)));
	q = map_get(v->asked, key);
	if (!q) {
		q = ARENA_NEW(a, struct zone_asked);
		q->key = key;
		q->arrived = v->mode == ZONE_NOW;
		q->answer = resolve(v->zone, s, type);
		map_put(v->asked, key, q);
	}
	return q->arrived ? &q->answer : NULL;
}

struct dns *zone_dns(struct zone *z, enum zone_mode mode)
{
	z->view = (struct zone_view){ .dns = { ask }, .zone = z, .mode = mode };
	z->view.asked = map_new(z->arena, true);
	return &z->view.dns;
}

size_t zone_waiting(const struct zone *z)
{
	size_t n = 0;

	for (size_t i = 0; i < map_len(z->view.asked); i++)
		n += !((const struct zone_asked *)map_at(z->view.asked, i))->arrived;
	return n;
}

void zone_arrive(struct zone *z, size_t i)
{
	for (size_t k = 0; k < map_len(z->view.asked); k++) {
		struct zone_asked *q = map_at(z->view.asked, k);

		if (!q->arrived && i-- == 0) {
			q->arrived = true;
			return;
		}
	}
	bug("zone_arrive: nothing waits there");
}

bool zone_round(struct zone *z)
{
	if (zone_waiting(z) == 0)
		return false;
	while (zone_waiting(z) > 0)
		zone_arrive(z, 0);
	z->view.rounds++;
	return true;
}

unsigned zone_rounds(const struct zone *z)
{
	return z->view.rounds;
}

size_t zone_questions(const struct zone *z)
{
	return map_len(z->view.asked);
}

struct str zone_question(const struct zone *z, size_t i)
{
	return ((const struct zone_asked *)map_at(z->view.asked, i))->key;
}
