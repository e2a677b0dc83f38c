/* From state to state, in an order that bears being cut short. */
#include "control/keyring/steps.h"

#include <time.h>

struct str steps_selector(struct arena *a, const struct keyring *r, struct str domain,
			  enum key_type type, int64_t now, unsigned n)
{
	time_t t = (time_t)now;
	char letter = type == KEY_RSA ? 'r' : 'e';
	char day[16] = "";
	struct tm tm;
	struct str s;

	if (!gmtime_r(&t, &tm) || !strftime(day, sizeof day, "%Y%m%d", &tm))
		bug("no date");
	s = arena_printf(a, "%s%c", day, letter);
	for (unsigned i = 2; keyring_find(r, domain, s) || n-- > 0; i++)
		s = arena_printf(a, "%s%c%u", day, letter, i);
	return s;
}

const struct keyring_key *steps_active(const struct keyring *r, struct str domain,
				       enum key_type type)
{
	for (size_t i = 0; i < r->v.n; i++) {
		const struct keyring_key *k = &r->v.p[i];

		if (k->state == KEY_ACTIVE && k->key.type == type && str_eq(k->domain, domain))
			return k;
	}
	return NULL;
}

static int put(const char *state, struct keyring_key *k, const struct keyring_key *with,
	       struct err *e)
{
	if (keyring_put(state, with, e) < 0)
		return -1;
	*k = *with;
	k->unsaved = false;
	return 0;
}

int steps_pending(const char *state, struct keyring_key *k, int64_t now, struct err *e)
{
	struct keyring_key with = *k;

	with.state = KEY_PENDING;
	with.made = now;
	return put(state, k, &with, e);
}

bool steps_replaced(const struct keyring_key *k, const struct keyring_key *new)
{
	return k != new && k->state == KEY_RETIRING && k->key.type == new->key.type &&
	       k->retiring == new->active &&str_eq(k->domain, new->domain);
}

int steps_activate(const char *state, struct keyring *r, struct keyring_key *k, int64_t now,
		   bool forced, struct err *e)
{
	const struct keyring_key *old = steps_active(r, k->domain, k->key.type);
	struct keyring_key with = *k;

	with.state = KEY_ACTIVE;
	with.forced = forced;
	/* Of two active ones the newer counts, also where a clock went back. */
	with.active = old && old->active >= now ? old->active + 1 : now;
	if (put(state, k, &with, e) < 0)
		return -1;
	for (size_t i = 0; i < r->v.n; i++) {
		struct keyring_key *x = &r->v.p[i];

		if (x == k || x->state != KEY_ACTIVE || x->key.type != k->key.type ||
		    !str_eq(x->domain, k->domain))
			continue;
		if (steps_retire(state, x, k->active, e) < 0)
			return -1;
	}
	return 0;
}

int steps_retire(const char *state, struct keyring_key *k, int64_t now, struct err *e)
{
	struct keyring_key with = *k;

	with.state = KEY_RETIRING;
	with.retiring = now;
	return put(state, k, &with, e);
}

int steps_retired(const char *state, struct keyring_key *k, int64_t now, struct err *e)
{
	struct keyring_key with = *k;

	with.state = KEY_RETIRED;
	with.retiring = with.retiring ? with.retiring : now;
	with.retired = now;
	return put(state, k, &with, e);
}

int steps_finish(const char *state, struct keyring *r, struct err *e)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (r->v.p[i].unsaved && put(state, &r->v.p[i], &r->v.p[i], e) < 0)
			return -1;
	return 0;
}
