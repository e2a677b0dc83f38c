/* The signs of a taken-over account, as predicates. */
#include "checks/memory/takeover.h"

#define WEEK_HOURS 242.4  /* hours that a sum of half-life 7 days holds: 7 * 24 / ln 2 */
#define HOUR_HOURS 1.4427 /* and one of an hour: 1 / ln 2 */
#define BURST_MIN 20.0	  /* recipients of an hour below which nothing is a burst */
#define UNSETTLED 4.0	  /* times as many, of users we have not known for days */

double takeover_usual(const struct takeover_facts *f)
{
	return f->sum[TAKEOVER_RCPTS_WEEK] / WEEK_HOURS * HOUR_HOURS;
}

static const struct takeover_facts *facts(const struct scan *s)
{
	return scan_result(s, &check_takeover);
}

static bool new_networks(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct takeover_facts *f = facts(s);

	(void)n;
	if (!f || !(f->fresh > 0) || f->fresh < arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%.*s: %.0f new networks in a day, %.0f known",
				 STR_ARG(f->net), f->fresh, f->nets);
	return true;
}

static bool new_place(struct scan *s, enum takeover_where w, struct str *evidence)
{
	const struct takeover_facts *f = facts(s);

	if (!f || !f->place[w].fresh)
		return false;
	*evidence = arena_printf(s->arena, "%.*s, %.0f others known", STR_ARG(f->place[w].value),
				 f->place[w].others);
	return true;
}

static bool new_country(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)arg;
	(void)n;
	return new_place(s, TAKEOVER_COUNTRY, evidence);
}

static bool new_asn(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	return new_place(s, TAKEOVER_ASN, evidence);
}

static bool novelty(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct takeover_facts *f = facts(s);
	double all, novel, least = arg[1].number;

	(void)n;
	if (!f)
		return false;
	all = f->sum[TAKEOVER_RCPTS_DAY];
	novel = f->sum[TAKEOVER_NOVEL_DAY];
	if (!f->settled)
		least *= UNSETTLED;
	if (!(all >= least) || novel * 100 < all * arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%.0f of %.0f recipients of a day never written to",
				 novel, all);
	return true;
}

static bool bounced(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct takeover_facts *f = facts(s);

	(void)n;
	if (!f || f->bounces < arg[1].number ||
	    f->bounces * 100 < f->sum[TAKEOVER_RCPTS_DAY] * arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%.0f bounces of %.0f recipients of a day", f->bounces,
				 f->sum[TAKEOVER_RCPTS_DAY]);
	return true;
}

static bool burst(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct takeover_facts *f = facts(s);
	double usual, now;

	(void)n;
	if (!f)
		return false;
	usual = takeover_usual(f);
	now = f->sum[TAKEOVER_RCPTS_HOUR];
	if (now < BURST_MIN * (f->settled ? 1 : UNSETTLED) || now < usual * arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%.0f recipients of an hour, by habit %.1f", now, usual);
	return true;
}

const struct predicate takeover_predicates[] = {
	{ "takeover_new_networks", "n", new_networks,
	  "an authenticated user sent from so many networks within a day that he was not seen in "
	  "for 30 days" },
	{ "takeover_new_country", "", new_country,
	  "an authenticated user sends from a country that he was not seen in for 30 days; a day "
	  "long (option geo.country)" },
	{ "takeover_new_asn", "", new_asn, "the same of autonomous systems (option geo.asn)" },
	{ "takeover_novelty", "nn", novelty,
	  "this many percent of his recipients of a day, of which there are at least so many, were "
	  "never written to; four times as many of users known for less than 3 days" },
	{ "takeover_bounces", "nn", bounced,
	  "this many percent of his recipients of a day bounced, and at least so many" },
	{ "takeover_burst", "n", burst,
	  "his recipients of an hour, of which there are at least 20, are so many times what is "
	  "usual with him in a week; four times as many of users known for less than 3 days" },
	{ 0 },
};
