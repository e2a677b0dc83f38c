/* The options of the second opinion, but for the sections of endpoints (endpoints.c). */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "checks/llm/config.h"
#include "mail/domain.h"

/* "2.0..9.0" */
static bool band_read(struct str v, double *from, double *to)
{
	size_t at = str_find(v, STR(".."));

	return at != SIZE_MAX && str_f64(str_sub(v, 0, at), from) &&
	       str_f64(str_skip(v, at + 2), to) && *from <= *to;
}

static bool is_band(struct str v, char *why, size_t cap)
{
	double from, to;

	snprintf(why, cap, "two scores, the lower one first, such as 2.0..9.0");
	return band_read(v, &from, &to);
}

#define LIMIT_OPTIONS(prefix, of, rm, rd, tm, td, mm, md)                                          \
	{ .name = prefix "requests_minute",                                                        \
	  .type = CONF_INT,                                                                        \
	  .def = rm,                                                                               \
	  .allow = "0..1000000",                                                                   \
	  .help = "requests a minute" of "; 0: any" },                                             \
		{ .name = prefix "requests_day",                                                   \
		  .type = CONF_INT,                                                                \
		  .def = rd,                                                                       \
		  .allow = "0..100000000",                                                         \
		  .help = "requests a day (UTC)" of "; 0: any" },                                  \
		{ .name = prefix "tokens_minute",                                                  \
		  .type = CONF_INT,                                                                \
		  .def = tm,                                                                       \
		  .allow = "0..1000000000",                                                        \
		  .help = "tokens in and out a minute" of "; 0: any" },                            \
		{ .name = prefix "tokens_day",                                                     \
		  .type = CONF_INT,                                                                \
		  .def = td,                                                                       \
		  .allow = "0..1000000000000",                                                     \
		  .help = "tokens in and out a day" of "; 0: any" },                               \
		{ .name = prefix "money_minute",                                                   \
		  .type = CONF_FLOAT,                                                              \
		  .def = mm,                                                                       \
		  .allow = "0..1000000",                                                           \
		  .help = "money a minute" of ", in the currency of the prices; 0: any" },         \
	{                                                                                          \
		.name = prefix "money_day", .type = CONF_FLOAT, .def = md, .allow = "0..1000000",  \
		.help = "money a day" of "; 0: any"                                                \
	}

const struct conf_opt opinion_options[] = {
	{ .name = "llm.mode",
	  .type = CONF_ENUM,
	  .def = "off",
	  .allow = "off|shadow|on",
	  .help = "whether a language model is asked about mail that rules are unsure of; shadow: "
		  "it is asked and logged, and nothing comes of it" },
	{ .name = "llm.privacy",
	  .type = CONF_ENUM,
	  .def = "redacted",
	  .allow = "full|redacted|features",
	  .help = "what is sent: the text a reader sees; the same without addresses, names of "
		  "recipients, numbers and personal links; headers, symbols and link hosts only" },
	{ .name = "llm.band",
	  .type = CONF_STR,
	  .def = "2.0..9.0",
	  .check = is_band,
	  .help = "scores at which it is asked; with a trigger, any score up to the higher one" },
	{ .name = "llm.triggers",
	  .type = CONF_LIST,
	  .def = "{LLM_TRIGGER}",
	  .help = "rules that make it asked below the band; any of them" },
	{ .name = "llm.audit",
	  .type = CONF_FLOAT,
	  .def = "0.5",
	  .allow = "0..100",
	  .help = "percent of the mail outside the band that is asked about all the same, to be "
		  "logged and compared; nothing comes of it" },
	{ .name = "llm.percent",
	  .type = CONF_FLOAT,
	  .def = "100",
	  .allow = "0..100",
	  .help = "percent of the mail in the band that is asked about, for a slow start" },
	{ .name = "llm.max_size",
	  .type = CONF_SIZE,
	  .def = "1M",
	  .allow = "1k..100M",
	  .help = "mail with a larger body is not asked about" },
	{ .name = "llm.timeout",
	  .type = CONF_TIME,
	  .def = "6s",
	  .allow = "500ms..60s",
	  .help = "time for an answer, of all endpoints that are tried; scan.deadline ends it "
		  "too" },
	{ .name = "llm.cache_ttl",
	  .type = CONF_TIME,
	  .def = "7d",
	  .allow = "1m..90d",
	  .help = "an answer holds for equal texts so long" },
	{ .name = "llm.effect_min",
	  .type = CONF_FLOAT,
	  .def = "-1",
	  .allow = "-20..0",
	  .help = "a good opinion moves the score at most so far, and only of mail that passes "
		  "DMARC and that nothing speaks against" },
	{ .name = "llm.effect_max",
	  .type = CONF_FLOAT,
	  .def = "4",
	  .allow = "0..20",
	  .help = "a bad opinion moves the score at most so far, and never to rejection" },
	LIMIT_OPTIONS("llm.", "", "60", "5000", "200000", "5000000", "0", "5"),
	LIMIT_OPTIONS("llm.site_", " for one domain of recipients", "0", "0", "0", "0", "0", "0"),
	{ .name = "llm.sender_calls",
	  .type = CONF_INT,
	  .def = "5",
	  .allow = "0..100000",
	  .help = "requests that mail from one network (/24 or /48), and mail of one author "
		  "domain, "
		  "may cause in llm.sender_window; 0: any" },
	{ .name = "llm.sender_window",
	  .type = CONF_TIME,
	  .def = "10m",
	  .allow = "10s..1d",
	  .help = "see llm.sender_calls" },
	{ .name = "llm.local_calls",
	  .type = CONF_INT,
	  .def = "5",
	  .allow = "0..10000",
	  .help = "requests of one worker in ten minutes while the store, which has the budgets, "
		  "is down" },
	{ .name = "llm_site.*.mode",
	  .type = CONF_ENUM,
	  .allow = "off|shadow|on",
	  .help = "as llm.mode, for a domain of recipients and all below it" },
	{ .name = "llm_site.*.privacy",
	  .type = CONF_ENUM,
	  .allow = "full|redacted|features",
	  .help = "as llm.privacy" },
	{ .name = "llm_site.*.endpoints",
	  .type = CONF_LIST,
	  .help = "names of the endpoints that are asked for this domain, and with them its models "
		  "and prompts; none: all" },
	LIMIT_OPTIONS("llm_site.*.", " for this domain", NULL, NULL, NULL, NULL, NULL, NULL),
	ENDPOINT_OPTIONS,
	{ 0 },
};

/* ---- limits ---- */

static const struct {
	const char *name;
	enum opinion_span span;
	size_t at;
	bool money;
} limit_rows[] = {
	{ "requests_minute", OPINION_MINUTE, offsetof(struct opinion_limits, requests), false },
	{ "requests_day", OPINION_DAY, offsetof(struct opinion_limits, requests), false },
	{ "tokens_minute", OPINION_MINUTE, offsetof(struct opinion_limits, tokens), false },
	{ "tokens_day", OPINION_DAY, offsetof(struct opinion_limits, tokens), false },
	{ "money_minute", OPINION_MINUTE, offsetof(struct opinion_limits, micros), true },
	{ "money_day", OPINION_DAY, offsetof(struct opinion_limits, micros), true },
};
#define LIMIT_ROWS (sizeof limit_rows / sizeof *limit_rows)

static void put(struct opinion_limits out[OPINION_SPANS], size_t row, double v)
{
	char *at = (char *)&out[limit_rows[row].span] + limit_rows[row].at;
	uint64_t n = (uint64_t)llround(limit_rows[row].money ? v * 1e6 : v);

	memcpy(at, &n, sizeof n);
}

static void read_limits(const struct conf *c, const char *prefix,
			struct opinion_limits out[OPINION_SPANS])
{
	char name[64];

	for (size_t i = 0; i < LIMIT_ROWS; i++) {
		snprintf(name, sizeof name, "%s%s", prefix, limit_rows[i].name);
		put(out, i, limit_rows[i].money ? conf_float(c, name) : (double)conf_int(c, name));
	}
}

static void read_site_limits(const struct conf *c, size_t at,
			     struct opinion_limits out[OPINION_SPANS])
{
	for (size_t i = 0; i < LIMIT_ROWS; i++) {
		const char *name = limit_rows[i].name;
		if (conf_sec_is_set(c, "llm_site", at, name))
			put(out, i,
			    limit_rows[i].money ? conf_sec_float(c, "llm_site", at, name)
						: (double)conf_sec_int(c, "llm_site", at, name));
	}
}

/* ---- sites ---- */

static const struct opinion_endpoint *named(const struct opinion_config *k, struct str name)
{
	for (size_t i = 0; i < k->nendpoints; i++)
		if (str_eq(k->endpoint[i].name, name))
			return &k->endpoint[i];
	return NULL;
}

/* Insertion by priority; of equals the first in the file is the first. */
static void enlist(const struct opinion_endpoint **list, size_t *n,
		   const struct opinion_endpoint *p)
{
	size_t at = (*n)++;

	for (; at > 0 && list[at - 1]->priority > p->priority; at--)
		list[at] = list[at - 1];
	list[at] = p;
}

static int choose(struct arena *a, const struct conf *c, const struct opinion_config *k, size_t i,
		  struct opinion_site *out, struct err *e)
{
	const struct opinion_endpoint **list =
		ARENA_ARRAY(a, const struct opinion_endpoint *, k->nendpoints + 1);
	const struct str *item;
	size_t n = conf_sec_list(c, "llm_site", i, "endpoints", &item);

	out->nendpoints = 0;
	for (size_t j = 0; j < n; j++) {
		const struct opinion_endpoint *p = named(k, item[j]);
		if (!p || out->nendpoints == k->nendpoints)
			return err_set(e,
				       "%s: llm_site \"%.*s\": endpoints: found \"%.*s\", expected "
				       "the name of an llm_endpoint, once",
				       conf_sec_where(c, "llm_site", i, "endpoints"),
				       STR_ARG(out->domain), STR_ARG(item[j]));
		enlist(list, &out->nendpoints, p);
	}
	if (n) {
		out->endpoint = list;
		return 0;
	}
	out->endpoint = k->site[0].endpoint;
	out->nendpoints = k->site[0].nendpoints;
	return 0;
}

static int read_site(struct arena *a, const struct conf *c, const struct opinion_config *k,
		     size_t i, struct opinion_site *out, struct err *e)
{
	struct str title = conf_section_title(c, "llm_site", i);

	*out = k->site[0];
	out->domain = domain_read(a, title, DOMAIN_UNDERSCORE);
	if (!out->domain.n)
		return err_set(e, "%s: llm_site: found \"%.*s\", expected a domain",
			       conf_sec_where(c, "llm_site", i, "mode"), STR_ARG(title));
	if (conf_sec_is_set(c, "llm_site", i, "mode"))
		out->mode = (enum opinion_mode)conf_sec_enum(c, "llm_site", i, "mode");
	if (conf_sec_is_set(c, "llm_site", i, "privacy"))
		out->privacy = (enum llm_privacy)conf_sec_enum(c, "llm_site", i, "privacy");
	read_site_limits(c, i, out->limit);
	return choose(a, c, k, i, out, e);
}

static int read_sites(struct arena *a, const struct conf *c, struct opinion_config *k,
		      struct err *e)
{
	size_t n = conf_sections(c, "llm_site");
	struct opinion_site *site = ARENA_ARRAY(a, struct opinion_site, n + 1);
	const struct opinion_endpoint **all =
		ARENA_ARRAY(a, const struct opinion_endpoint *, k->nendpoints + 1);

	if (n > OPINION_SITES_MAX)
		return err_set(e, "%s: llm_site: found %zu sections, expected at most %u",
			       conf_sec_where(c, "llm_site", OPINION_SITES_MAX, "mode"), n,
			       OPINION_SITES_MAX);
	site[0] = (struct opinion_site){
		.domain = STR(""),
		.mode = (enum opinion_mode)conf_enum(c, "llm.mode"),
		.privacy = (enum llm_privacy)conf_enum(c, "llm.privacy"),
		.endpoint = all,
	};
	read_limits(c, "llm.site_", site[0].limit);
	for (size_t i = 0; i < k->nendpoints; i++)
		enlist(all, &site[0].nendpoints, &k->endpoint[i]);
	k->site = site;
	k->nsites = n + 1;
	for (size_t i = 0; i < n; i++)
		if (read_site(a, c, k, i, &site[i + 1], e) < 0)
			return -1;
	for (size_t i = 0; i <= n; i++)
		k->mode = site[i].mode > k->mode ? site[i].mode : k->mode;
	return 0;
}

const struct opinion_site *opinion_site(const struct opinion_config *k, struct str domain)
{
	const struct opinion_site *best = &k->site[0];

	for (size_t i = 1; i < k->nsites; i++)
		if (domain_within(domain, k->site[i].domain) &&
		    k->site[i].domain.n > best->domain.n)
			best = &k->site[i];
	return best;
}

static bool has_endpoint(const struct opinion_site *x, const struct opinion_endpoint *p)
{
	for (size_t i = 0; i < x->nendpoints; i++)
		if (x->endpoint[i] == p)
			return true;
	return false;
}

const struct opinion_site *opinion_site_join(struct arena *a, const struct opinion_site *x,
					     const struct opinion_site *y)
{
	const struct opinion_endpoint **list =
		ARENA_ARRAY(a, const struct opinion_endpoint *, x->nendpoints + 1);
	struct opinion_site *both = ARENA_NEW(a, struct opinion_site);

	*both = *x;
	both->mode = y->mode < x->mode ? y->mode : x->mode;
	both->privacy = y->privacy > x->privacy ? y->privacy : x->privacy;
	both->endpoint = list;
	both->nendpoints = 0;
	for (size_t i = 0; i < x->nendpoints; i++)
		if (has_endpoint(y, x->endpoint[i]))
			list[both->nendpoints++] = x->endpoint[i];
	return both;
}

/* ---- all of it ---- */

int opinion_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct opinion_config *k = ARENA_NEW(a, struct opinion_config);

	*config = k;
	band_read(conf_str(c, "llm.band"), &k->from, &k->to);
	k->ntriggers = conf_list(c, "llm.triggers", &k->trigger);
	k->audit = conf_float(c, "llm.audit");
	k->percent = conf_float(c, "llm.percent");
	k->max_size = conf_size(c, "llm.max_size");
	k->timeout_ms = conf_time_ms(c, "llm.timeout");
	k->cache_ms = conf_time_ms(c, "llm.cache_ttl");
	k->effect_min = conf_float(c, "llm.effect_min");
	k->effect_max = conf_float(c, "llm.effect_max");
	k->sender_calls = (uint64_t)conf_int(c, "llm.sender_calls");
	k->sender_window_ms = conf_time_ms(c, "llm.sender_window");
	k->local_calls = (uint64_t)conf_int(c, "llm.local_calls");
	read_limits(c, "llm.", k->limit);
	if (opinion_endpoints(a, c, k, e) < 0 || read_sites(a, c, k, e) < 0)
		return -1;
	if (k->mode != OPINION_OFF && !k->nendpoints)
		return err_set(e,
			       "%s: llm.mode: there is no section llm_endpoint, expected one to be "
			       "asked",
			       conf_where(c, "llm.mode"));
	return 0;
}
