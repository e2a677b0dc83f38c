/* Questions to lists: one each, within the limits, not to those that are left alone. */
#include "checks/dnslist/desk.h"

#include "base/log.h"
#include "mail/domain.h"

#define WHY_REFUSED "refused"
#define WHY_WILD "lists everything"

struct dnslist_desk *dnslist_desk(const struct scan *s)
{
	struct dnslist_desk *const *d = scan_result(s, &check_dnslist);

	return d ? *d : NULL;
}

struct dnslist_desk *dnslist_desk_new(struct scan *s, const struct dnslist_config *k)
{
	struct dnslist_desk *d = ARENA_NEW(s->arena, struct dnslist_desk);

	d->scan = s;
	d->config = k;
	d->seats = map_new(s->arena, true);
	d->questions = map_new(s->arena, true);
	return d;
}

bool dnslist_idle(const struct dnslist_desk *d)
{
	const unsigned never = SCAN_F_AUTH_ONLY | SCAN_F_LOCAL;

	return !d || !d->config->use || !d->config->max_queries || (d->scan->flags & never) ||
	       scan_passive(d->scan);
}

/* ---- lists ---- */

static const struct dnslist_zone *unknown_zone(struct arena *a, struct str suffix)
{
	struct dnslist_zone *z = ARENA_NEW(a, struct dnslist_zone);

	dnslist_zone_init(a, z, dnslist_shown(a, suffix));
	z->suffix = suffix;
	return z;
}

struct dnslist_seat *dnslist_seat(struct dnslist_desk *d, struct str suffix)
{
	struct arena *a = d->scan->arena;
	struct dnslist_seat *seat;

	if (suffix.n && suffix.p[suffix.n - 1] == '.')
		suffix.n--;
	seat = map_get(d->seats, suffix);
	if (seat)
		return seat;
	seat = ARENA_NEW(a, struct dnslist_seat);
	seat->zone = map_get(d->config->by_suffix, suffix);
	if (!seat->zone)
		seat->zone = unknown_zone(a, arena_lower(a, suffix));
	seat->cell = board_cell(d->scan->env->board, seat->zone->cell);
	map_put(d->seats, seat->zone->suffix, seat);
	return seat;
}

/* ---- what an answer says of the list itself ---- */

static void log_off(const struct dnslist_seat *seat, struct scan *s, const char *event,
		    const struct dns_rr *rr, uint64_t ms)
{
	struct ip ip = { .family = 4 };
	char text[IP_TEXT_MAX];

	if (rr->data.n != 4)
		return;
	memcpy(ip.b, rr->data.p, 4);
	LOG(LOG_LVL_WARN, event, F_STR("list", seat->zone->name),
	    F_STR("zone", dnslist_shown(s->arena, seat->zone->suffix)),
	    F_CSTR("answer", ip_format(&ip, text)), F_INT("off_s", ms / 1000));
}

/* The first record that is a refusal; *wild: one that no list has. */
static const struct dns_rr *no_listing(const struct dnslist_zone *z, const struct dns_answer *a,
				       bool *wild)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct dns_rr *rr = &a->rr[i];
		*wild = rr->data.n != 4 || (uint8_t)rr->data.p[0] != 127;
		if (*wild || dnslist_codes_fit(STR(DNSLIST_REFUSED), DNS_A, rr) ||
		    dnslist_codes_fit(z->refused, DNS_A, rr))
			return rr;
	}
	return NULL;
}

static void turn_off(struct dnslist_question *q, struct scan *s, const struct dns_rr *rr, bool wild)
{
	struct dnslist_seat *seat = q->seat;
	uint64_t ms = wild ? DNSLIST_WILD_MS : DNSLIST_OFF_MS;

	board_add(seat->cell, BOARD_REFUSED, 1);
	seat->lies |= wild;
	seat->refuses = true;
	q->refusal = wild ? NULL : rr;
	q->reply.state = DNSLIST_OFF;
	if (board_off(seat->cell, ms, wild ? WHY_WILD : WHY_REFUSED))
		log_off(seat, s, wild ? "dnslist_wild" : "dnslist_refused", rr, ms);
}

static void take_records(struct dnslist_question *q, struct scan *s, const struct dns_answer *a)
{
	bool wild = false;
	const struct dns_rr *bad = q->type == DNS_A && !(q->flags & DNSLIST_PLAIN)
					   ? no_listing(q->seat->zone, a, &wild)
					   : NULL;

	if (bad) {
		turn_off(q, s, bad, wild);
		return;
	}
	board_good(q->seat->cell);
	board_add(q->seat->cell, BOARD_HITS, 1);
	q->reply = (struct dnslist_reply){ DNSLIST_LISTED, a->n, a->rr };
}

static void take_failure(struct dnslist_question *q, struct scan *s)
{
	q->reply.state = DNSLIST_FAILED;
	q->seat->silent = true;
	scan_degraded(s, "dnslist");
	if (board_failed(q->seat->cell, "no answer"))
		LOG(LOG_LVL_WARN, "dnslist_unanswered", F_STR("list", q->seat->zone->name),
		    F_STR("zone", dnslist_shown(s->arena, q->seat->zone->suffix)),
		    F_INT("off_s", BOARD_OPEN_MS / 1000));
}

static void take(struct dnslist_question *q, struct scan *s, const struct dns_answer *a)
{
	switch (a->status) {
	case DNS_OK:
		take_records(q, s, a);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		board_good(q->seat->cell);
		q->reply.state = DNSLIST_CLEAN;
		break;
	case DNS_TEMPFAIL:
	case DNS_BOGUS:
		take_failure(q, s);
		break;
	}
}

/* ---- questions ---- */

static bool over(const struct dnslist_desk *d)
{
	unsigned most = d->config->max_queries,
		 early = most * DNSLIST_BEFORE_END / DNSLIST_MAX_QUERIES;

	return d->asked >= (d->scan->stage < SCAN_EOM ? early : most) ||
	       (d->scan->flags & SCAN_F_DEADLINE);
}

static void leave_out(struct dnslist_question *q)
{
	q->reply.state = DNSLIST_SKIPPED;
	q->seat->left_out = true;
	board_add(q->seat->cell, BOARD_SKIPPED, 1);
}

/* Not asked, whatever the reason: q->reply says. */
static bool kept_back(struct dnslist_desk *d, struct dnslist_question *q)
{
	struct dnslist_seat *seat = q->seat;

	if (dnslist_idle(d)) {
		q->reply.state = DNSLIST_SKIPPED;
	} else if (seat->lies || seat->refuses) {
		q->reply.state = DNSLIST_OFF;
	} else if (over(d)) {
		leave_out(q);
	} else if (!board_ask(seat->cell)) {
		bool silent = strcmp(board_why(seat->cell), "no answer") == 0;
		q->reply.state = DNSLIST_OFF;
		seat->silent |= silent;
		seat->refuses |= !silent;
		if (silent)
			scan_degraded(d->scan, "dnslist");
	}
	return q->reply.state != DNSLIST_WAIT;
}

/* One more look at a question that is under way. */
static void look(struct dnslist_desk *d, struct dnslist_question *q, bool first)
{
	struct scan *s = d->scan;
	unsigned before = scan_dns_count(s);
	const struct dns_answer *a;

	scan_dns_within(s, d->config->timeout_ms);
	a = dns_ask(scan_dns(s), q->name, q->type);
	scan_dns_within(s, 0);
	d->asked += scan_dns_count(s) - before;
	if (a && a->status == DNS_TEMPFAIL && first && scan_dns_count(s) == before)
		leave_out(q); /* other questions of the message left no room for it */
	else if (a)
		take(q, s, a);
}

static struct str key_of(struct arena *a, const char *name, int type)
{
	return arena_printf(a, "%d %s", type, name);
}

const struct dnslist_question *dnslist_put(struct dnslist_desk *d, struct dnslist_seat *seat,
					   struct str what, int type, unsigned flags)
{
	struct arena *a = d->scan->arena;
	struct str name =
		what.n ? arena_printf(a, "%.*s.%.*s", STR_ARG(what), STR_ARG(seat->zone->suffix))
		       : arena_dup(a, seat->zone->suffix);
	struct str key = key_of(a, name.p, type);
	struct dnslist_question *q = map_get(d->questions, key);

	bool first = !q;

	if (first) {
		q = ARENA_NEW(a, struct dnslist_question);
		*q = (struct dnslist_question){
			.seat = seat, .name = name.p, .type = type, .flags = flags
		};
		map_put(d->questions, key, q);
		if (kept_back(d, q))
			return q;
	}
	if (q->reply.state == DNSLIST_WAIT)
		look(d, q, first);
	return q;
}

struct dnslist_reply dnslist_ask(struct scan *s, struct str zone, struct str what, int type,
				 unsigned flags)
{
	struct dnslist_desk *d = dnslist_desk(s);

	if (!d || what.n > DOMAIN_MAX || str_chr(what, '\0') != SIZE_MAX)
		return (struct dnslist_reply){ .state = d ? DNSLIST_CLEAN : DNSLIST_SKIPPED };
	return dnslist_put(d, dnslist_seat(d, zone), what, type, flags)->reply;
}
