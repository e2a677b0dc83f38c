/* Marks as a score: log-odds with a prior, trusted as far as they are many. */
#include <math.h>

#include "checks/memory/reputation.h"
#include "scan/report.h"

#define PRIOR 1.0      /* marks of either kind that everybody has to begin with */
#define ALL_PRIOR 20.0 /* and of all messages together */
#define ODDS_MAX 4.0   /* log-odds at which the score begins to saturate */
#define USUAL_MAX 2.0  /* log-odds of spam to ham that are taken for the usual ones */
#define DAY_EVENTS 5.0 /* marks of the last day that speak for themselves */
#define HAM_LEAST 5.0  /* marks of ham known here: without any, a third is said */

/* How far marks of a kind count, for and against. A link is chosen by whoever writes, a network
 * shared by many: they earn less, or nothing. */
static const struct {
	const char *word;
	double bad, good;
} kinds[REPUTATION_KINDS] = {
	[REPUTATION_NET] = { "net", 1.0, 0.5 },
	[REPUTATION_DKIM_DOMAIN] = { "dkim", 1.0, 1.0 },
	[REPUTATION_SPF_DOMAIN] = { "spf", 0.8, 0.8 },
	[REPUTATION_FROM] = { "from", 1.0, 1.0 },
	[REPUTATION_CLAIM] = { "claim", 0.5, 0.0 },
	[REPUTATION_URL] = { "url", 1.0, 0.0 },
	[REPUTATION_ASN] = { "asn", 0.5, 0.25 },
};

const char *reputation_word(enum reputation_kind k)
{
	return kinds[k].word;
}

static double odds(double spam, double ham, double prior)
{
	return log((spam + prior) / (ham + prior));
}

/* Of the last month, moved towards the last day as far as that has marks enough. */
static double mixed_odds(const double sum[STORE_SUMS])
{
	double day = sum[REPUTATION_SPAM_DAY] + sum[REPUTATION_HAM_DAY];
	double by_month = odds(sum[REPUTATION_SPAM_MONTH], sum[REPUTATION_HAM_MONTH], PRIOR);
	double by_day = odds(sum[REPUTATION_SPAM_DAY], sum[REPUTATION_HAM_DAY], PRIOR);
	double recent = day < DAY_EVENTS ? 0 : day / (day + REPUTATION_EVENTS);

	return by_month + (by_day - by_month) * recent;
}

/* What is no more than usual here is taken off, never more than there is. */
static double unusual(double mixed, const double all[STORE_SUMS])
{
	double usual = odds(all[REPUTATION_SPAM_MONTH], all[REPUTATION_HAM_MONTH], ALL_PRIOR);

	usual = usual > USUAL_MAX ? USUAL_MAX : usual < -USUAL_MAX ? -USUAL_MAX : usual;
	if (mixed * usual <= 0)
		return mixed;
	return fabs(usual) >= fabs(mixed) ? 0 : mixed - usual;
}

void reputation_rate(struct reputation_entity *e, const double all[STORE_SUMS])
{
	double month = e->sum[REPUTATION_SPAM_MONTH] + e->sum[REPUTATION_HAM_MONTH];
	double ham = all[REPUTATION_HAM_MONTH], mixed;

	e->score = e->confidence = 0;
	if (!(month >= REPUTATION_EVENTS) || !isfinite(month))
		return;
	mixed = unusual(mixed_odds(e->sum), all);
	e->confidence = month / (month + REPUTATION_EVENTS);
	if (mixed > 0)
		e->confidence *= kinds[e->kind].bad * (ham + HAM_LEAST) / (ham + 3 * HAM_LEAST);
	else
		e->confidence *= kinds[e->kind].good;
	e->score = REPUTATION_MAX * tanh(mixed / ODDS_MAX) * e->confidence;
}

/* Kinds of one message speak of the same sender more often than not: they are not added up. */
void reputation_combine(struct scan *s, struct reputation *r)
{
	const struct reputation_entity *worst = NULL, *best = NULL, *most;

	for (size_t i = 0; i < r->n; i++) {
		struct reputation_entity *e = &r->entity[i];
		reputation_rate(e, r->all);
		if (e->score > 0 && (!worst || e->score > worst->score))
			worst = e;
		if (e->score < 0 && (!best || e->score < best->score))
			best = e;
	}
	r->facts = (struct reputation_facts){ .score = (worst ? worst->score : 0) +
						       (best ? best->score : 0) };
	most = r->facts.score > 0 ? worst : r->facts.score < 0 ? best : worst;
	if (!most)
		return;
	r->facts.confidence = most->confidence;
	r->facts.worst = arena_printf(s->arena, "%s %.*s", reputation_word(most->kind),
				      STR_ARG(most->value));
}

struct str reputation_text(struct scan *s, const struct reputation_entity *e)
{
	return arena_printf(s->arena, "%s %.*s: %.0f spam, %.0f ham", reputation_word(e->kind),
			    STR_ARG(e->value), e->sum[REPUTATION_SPAM_MONTH],
			    e->sum[REPUTATION_HAM_MONTH]);
}

/* ---- predicates ---- */

static const struct reputation *facts(const struct scan *s)
{
	return scan_result(s, &check_reputation);
}

/* Of those with something to say on that side. */
static struct str evidence_of(struct scan *s, const struct reputation *r, bool bad)
{
	struct str out = STR("");

	for (size_t i = 0; i < r->n; i++) {
		const struct reputation_entity *e = &r->entity[i];
		if (bad ? e->score > 0 : e->score < 0)
			out = arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(out), out.n ? "; " : "",
					   STR_ARG(reputation_text(s, e)));
	}
	return out;
}

static bool over(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct reputation *r = facts(s);

	(void)n;
	if (!r || r->facts.score < arg[0].number)
		return false;
	*evidence = evidence_of(s, r, true);
	return true;
}

static bool under(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct reputation *r = facts(s);

	(void)n;
	if (!r || r->facts.score > arg[0].number)
		return false;
	*evidence = evidence_of(s, r, false);
	return true;
}

static bool of(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct reputation *r = facts(s);
	double at = arg[1].number;

	(void)n;
	for (size_t i = 0; r && i < r->n; i++) {
		const struct reputation_entity *e = &r->entity[i];
		if (!str_ieq(arg[0].text, str_c(reputation_word(e->kind))) ||
		    !(at < 0 ? e->score <= at : e->score >= at && e->score > 0))
			continue;
		*evidence = reputation_text(s, e);
		return true;
	}
	return false;
}

const struct predicate reputation_predicates[] = {
	{ "reputation_over", "n", over,
	  "the score by reputation, from -4 (good) to 4 (bad), is at least the number" },
	{ "reputation_under", "n", under, "the same score is at most the number" },
	{ "reputation_of", "sn", of,
	  "the score by reputation of one kind (net, asn, dkim, spf, from, claim: an author's "
	  "domain "
	  "that is not authenticated, url) is at least the number, or at most, where that is "
	  "negative" },
	{ 0 },
};

/* ---- report ---- */

json_t *reputation_json(const struct reputation_entity *e)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", report_word(reputation_word(e->kind)));
	json_object_set_new(j, "value", report_str(e->value));
	json_object_set_new(j, "score", json_real(e->score));
	json_object_set_new(j, "spam", json_real(e->sum[REPUTATION_SPAM_MONTH]));
	json_object_set_new(j, "ham", json_real(e->sum[REPUTATION_HAM_MONTH]));
	return j;
}

void reputation_report(struct scan *s, json_t *root)
{
	const struct reputation *r = facts(s);
	json_t *j = json_null(), *list;

	if (r) {
		j = json_object();
		list = json_array();
		for (size_t i = 0; i < r->n; i++)
			json_array_append_new(list, reputation_json(&r->entity[i]));
		json_object_set_new(j, "score", json_real(r->facts.score));
		json_object_set_new(j, "confidence", json_real(r->facts.confidence));
		json_object_set_new(j, "worst", report_str(r->facts.worst));
		json_object_set_new(j, "entities", list);
	}
	json_object_set_new(root, "reputation", j);
}
