/* Reports about TLS between mail servers (RFC 8460) read. */
#include <jansson.h>

#include "mail/domain.h"
#include "report/read.h"

#define COUNT_MAX INT64_C(1000000000000) /* sessions */
#define FAILURES_MAX 1000u		 /* kinds of failure of a policy that are kept */

/* ---- before anything is made of it ---- */

/* Depth and number of values are within the limits; text that is no JSON is found out later. */
static const char *bounds(struct str s)
{
	size_t depth = 0, values = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
			continue;
		}
		quoted = c == '"';
		values += c == ',' || c == '{' || c == '[';
		depth += c == '{' || c == '[';
		if (depth > REPORT_MAX_JSON_DEPTH)
			return "JSON that is nested too deeply";
		if (values > REPORT_MAX_JSON_VALUES)
			return "JSON of too many values";
		depth -= (c == '}' || c == ']') && depth > 0;
	}
	return NULL;
}

/* ---- values ---- */

static struct str text(struct arena *a, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return STR_NULL;
	return arena_dup(a, str_sub(str_of(json_string_value(v), json_string_length(v)), 0,
				    REPORT_MAX_TEXT));
}

/* Some write numbers as text. */
static uint64_t count(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	uint64_t n = 0;

	if (json_is_integer(v) && json_integer_value(v) > 0)
		return (uint64_t)(json_integer_value(v) < COUNT_MAX ? json_integer_value(v)
								    : COUNT_MAX);
	if (json_is_string(v))
		str_u64(str_of(json_string_value(v), json_string_length(v)), (uint64_t)COUNT_MAX,
			&n);
	return n;
}

static int number(struct str s, size_t at, size_t n)
{
	uint64_t v;

	return str_u64(str_sub(s, at, n), 9999, &v) ? (int)v : -1;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days(int y, int m, int d)
{
	int64_t year = y - (m <= 2), era = year / 400, of_era = year % 400;
	int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719468;
}

/* "+01:00" as seconds. */
static int64_t offset(struct str zone)
{
	int h = number(zone, 1, 2), m = number(zone, 4, 2);

	if (zone.n != 6 || h < 0 || m < 0)
		return 0;
	return (zone.p[0] == '-' ? -60 : 60) * (h * 60 + m);
}

/* RFC 3339: "2026-05-31T00:00:00Z". False: none. */
static bool when(struct str s, int64_t *t)
{
	int y = number(s, 0, 4), mon = number(s, 5, 2), d = number(s, 8, 2);
	int h = number(s, 11, 2), min = number(s, 14, 2), sec = number(s, 17, 2);
	struct str zone = str_skip(s, 19);

	if (s.n < 19 || y < 1970 || mon < 1 || mon > 12 || d < 1 || d > 31 || h < 0 || h > 24 ||
	    min < 0 || min > 59 || sec < 0 || sec > 60)
		return false;
	if (zone.n && zone.p[0] == '.')
		do
			zone = str_skip(zone, 1);
		while (zone.n && ch_digit(zone.p[0]));
	*t = days(y, mon, d) * 86400 + h * 3600 + min * 60 + sec - offset(zone);
	return true;
}

/* ---- the report ---- */

static void add_failures(struct arena *a, const json_t *list, struct report_tls *t)
{
	for (size_t i = 0; i < json_array_size(list) && i < FAILURES_MAX; i++) {
		const json_t *o = json_array_get(list, i);

		VEC_PUSH(a, t->failures) = (struct report_tls_failure){
			.type = text(a, o, "result-type"),
			.mx = text(a, o, "receiving-mx-hostname"),
			.source = text(a, o, "sending-mta-ip"),
			.count = count(o, "failed-session-count"),
		};
	}
}

static bool add_policy(struct arena *a, const json_t *o, struct report_read *out)
{
	const json_t *policy = json_object_get(o, "policy"), *sum = json_object_get(o, "summary");
	struct str name = text(a, policy, "policy-domain"),
		   domain = domain_read(a, name, DOMAIN_UNDERSCORE);
	struct report_tls t = { .domain = domain.n ? domain : arena_lower(a, str_sub(name, 0, 255)),
				.type = text(a, policy, "policy-type"),
				.good = count(sum, "total-successful-session-count"),
				.bad = count(sum, "total-failure-session-count") };

	if (!name.n)
		return report_fault(a, out, "expected \"policy-domain\" in each of \"policies\"");
	add_failures(a, json_object_get(o, "failure-details"), &t);
	VEC_PUSH(a, out->tls) = t;
	return true;
}

static bool take(struct arena *a, const json_t *root, struct report_read *out)
{
	const json_t *range = json_object_get(root, "date-range"),
		     *policies = json_object_get(root, "policies");

	if (!json_is_array(policies))
		return report_fault(a, out, "expected \"policies\", as a TLS report has them");
	if (json_array_size(policies) > REPORT_MAX_POLICIES)
		return report_fault(a, out, "expected at most %u policies", REPORT_MAX_POLICIES);
	if (!when(text(a, range, "start-datetime"), &out->tls_begin) ||
	    !when(text(a, range, "end-datetime"), &out->tls_end))
		return report_fault(a, out, "expected \"date-range\" with two times of RFC 3339");
	for (size_t i = 0; i < json_array_size(policies); i++)
		if (!add_policy(a, json_array_get(policies, i), out))
			return false;
	out->tls_org = text(a, root, "organization-name");
	out->tls_id = text(a, root, "report-id");
	out->tls_contact = text(a, root, "contact-info");
	out->kind = REPORT_TLS;
	return true;
}

bool report_read_json(struct arena *a, struct str json, struct report_read *out)
{
	const char *over = bounds(json);
	json_error_t e;
	json_t *root;
	bool good;

	if (over)
		return report_fault(a, out, "%s", over);
	root = json_loadb(json.p, json.n, 0, &e);
	if (!root)
		return report_fault(a, out, "line %d: %s", e.line, e.text);
	good = take(a, root, out);
	json_decref(root);
	return good;
}
