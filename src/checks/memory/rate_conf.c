/* The options of rate limits, and the limits they make. */
#include <stdio.h>

#include "base/err.h"
#include "checks/memory/rate.h"

#define LIMIT_MAX UINT64_C(1000000000000)
#define PERIOD_MAX_S (UINT64_C(366) * 86400)

static const char *const part_words[] = {
	"user", "ip", "net", "from_domain", "rcpt", "rcpt_domain", "helo", "asn", "country",
};

const char *rate_part_word(enum rate_part p)
{
	return part_words[p];
}

/* ---- "200/1h" ---- */

/* Digits and one letter of units, each letter worth what stands beside it; 0: no number. */
static uint64_t number(struct str s, const char *letters, const uint64_t *worth, uint64_t max)
{
	size_t unit = s.n ? str_chr(str_c(letters), s.p[s.n - 1]) : SIZE_MAX;
	uint64_t n, each = unit != SIZE_MAX ? worth[unit] : 1;

	if (unit != SIZE_MAX)
		s.n--;
	if (!str_u64(s, max, &n) || n > max / each)
		return 0;
	return n * each;
}

bool rate_limit_parse(struct str s, bool size, double *limit, double *period_s)
{
	static const uint64_t octets[] = { 1 << 10, 1 << 10, 1 << 20, 1 << 20, 1 << 30, 1 << 30 };
	static const uint64_t seconds[] = { 1, 60, 3600, 86400 };
	struct str many = str_cut(&s, '/');
	uint64_t n = number(many, size ? "kKmMgG" : "", octets, LIMIT_MAX);
	uint64_t t = s.n && !ch_digit(s.p[s.n - 1]) ? number(s, "smhd", seconds, PERIOD_MAX_S) : 0;

	*limit = (double)n;
	*period_s = (double)t;
	return n > 0 && t > 0;
}

static bool is_limit(struct str value, char *why, size_t cap)
{
	double limit, period;

	snprintf(why, cap, "how many in which time, such as 200/1h (bytes: 50M/1d)");
	return rate_limit_parse(value, true, &limit, &period);
}

const struct conf_opt rate_options[] = {
	{ .name = "rate.*.key",
	  .type = CONF_LIST,
	  .allow = "user|ip|net|from_domain|rcpt|rcpt_domain|helo|asn|country",
	  .help = "what is counted together, at most four of: the authenticated user, the "
		  "client's address, its network (/24 or /48), the author's domain as claimed, a "
		  "recipient, a "
		  "recipient's domain, the HELO name, the client's autonomous system or country "
		  "(options geo.*); a message that has no such thing is not "
		  "counted" },
	{ .name = "rate.*.count",
	  .type = CONF_ENUM,
	  .def = "messages",
	  .allow = "messages|recipients|bytes|bounces|rejects",
	  .help = "what is counted; bounces: messages from the null sender; rejects: messages that "
		  "were refused for other reasons than this, once they are too many every message "
		  "is over the limit; what is put off counts when it comes again" },
	{ .name = "rate.*.limit",
	  .type = CONF_STR,
	  .check = is_limit,
	  .help = "how many in which time: 200/1h is 200 at once, and 200 an hour evenly after "
		  "that; a message that alone is more never passes" },
	{ .name = "rate.*.profile",
	  .type = CONF_ENUM,
	  .def = "any",
	  .allow = "any|inbound|submission",
	  .help = "which mail is counted: submission is that of our own users" },
	{ .name = "rate.*.action",
	  .type = CONF_ENUM,
	  .def = "alert",
	  .allow = "alert|tempfail|hold|reject",
	  .help = "what happens over the limit: a line in the log (one a key and hour), put off "
		  "(reply.tempfail), held in the MTA's quarantine, refused (reply.reject)" },
	{ .name = "rate.*.alert_at",
	  .type = CONF_FLOAT,
	  .def = "0",
	  .allow = "0..100",
	  .help = "percent of the limit from which a line is logged, one a key and hour; 0: none" },
	{ .name = "rate.*.except",
	  .type = CONF_LIST,
	  .help = "networks, users, and domains of users or authors that are not counted; of "
		  "authors "
		  "from outside only with DMARC" },
	{ .name = "limits.default",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "watch users who send: the limit \"outbound\", 200 recipients an hour and user, "
		  "which logs at half of it and over it and stops nothing" },
	{ 0 },
};

static const struct rate_rule outbound = {
	.name = { "outbound", 8 },
	.part = { RATE_USER },
	.nparts = 1,
	.count = RATE_RECIPIENTS,
	.limit = 200,
	.period_s = 3600,
	.alert_at = 50,
	.profile = RATE_SUBMISSION,
	.action = RATE_ALERT,
};

/* ---- the sections ---- */

static enum rate_part part_of(struct str word)
{
	enum rate_part p = 0;

	while (p < RATE_COUNTRY && !str_eq(word, str_c(part_words[p])))
		p++;
	return p;
}

/* Where the section is, by one of its options that is written there. */
static const char *where(const struct conf *c, size_t i)
{
	static const char *const opt[] = {
		"limit", "key", "count", "profile", "action", "alert_at"
	};

	for (size_t k = 0; k < sizeof opt / sizeof *opt; k++)
		if (conf_sec_is_set(c, "rate", i, opt[k]))
			return conf_sec_where(c, "rate", i, opt[k]);
	return conf_sec_where(c, "rate", i, "except");
}

static int read_key(const struct conf *c, size_t i, struct rate_rule *r, struct err *e)
{
	const struct str *item;
	size_t n = conf_sec_list(c, "rate", i, "key", &item);
	bool rcpt = false;

	if (n == 0 || n > RATE_PARTS_MAX)
		return err_set(e, "%s: rate \"%.*s\": found a key of %zu parts, expected 1 to %u",
			       where(c, i), STR_ARG(r->name), n, RATE_PARTS_MAX);
	for (size_t k = 0; k < n; k++) {
		enum rate_part p = part_of(item[k]);
		bool of_rcpt = p == RATE_RCPT || p == RATE_RCPT_DOMAIN;
		if (rcpt && of_rcpt)
			return err_set(e,
				       "%s: rate \"%.*s\": found rcpt and rcpt_domain in one key, "
				       "expected one of them",
				       where(c, i), STR_ARG(r->name));
		rcpt |= of_rcpt;
		r->part[r->nparts++] = p;
	}
	return 0;
}

static int read_section(struct arena *a, const struct conf *c, size_t i, struct rate_rule *r,
			struct err *e)
{
	struct str limit = conf_sec_str(c, "rate", i, "limit");
	const struct str *item;
	size_t n;

	*r = (struct rate_rule){ .name = conf_section_title(c, "rate", i) };
	r->count = (enum rate_count)conf_sec_enum(c, "rate", i, "count");
	r->profile = (enum rate_profile)conf_sec_enum(c, "rate", i, "profile");
	r->action = (enum rate_action)conf_sec_enum(c, "rate", i, "action");
	r->alert_at = conf_sec_float(c, "rate", i, "alert_at");
	n = conf_sec_list(c, "rate", i, "except", &item);
	gate_except_read(a, item, n, &r->except);
	if (!rate_limit_parse(limit, r->count == RATE_BYTES, &r->limit, &r->period_s))
		return err_set(e,
			       "%s: rate \"%.*s\": limit: found \"%.*s\", expected how many in "
			       "which time, such as 200/1h",
			       where(c, i), STR_ARG(r->name), STR_ARG(limit));
	return read_key(c, i, r, e);
}

static bool named(const struct rate_config *k, struct str name)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->rule[i].name, name))
			return true;
	return false;
}

int rate_read(struct arena *a, const struct conf *c, struct rate_config *out, struct err *e)
{
	size_t n = conf_sections(c, "rate");
	struct rate_rule *rule = ARENA_ARRAY(a, struct rate_rule, n + 1);

	*out = (struct rate_config){ .rule = rule };
	if (n > RATE_RULES_MAX)
		return err_set(e, "%s: rate: found %zu sections, expected at most %u",
			       where(c, RATE_RULES_MAX), n, RATE_RULES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (read_section(a, c, i, &rule[out->n], e) < 0)
			return -1;
		out->n++;
	}
	if (conf_bool(c, "limits.default") && !named(out, outbound.name))
		rule[out->n++] = outbound;
	return 0;
}
