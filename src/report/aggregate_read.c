/*
 * Aggregate reports read: RFC 9990's, and what is sent by the name of RFC 7489. What a reporter
 * leaves out is absent, what he adds is passed over; names count without their namespace, since
 * hardly two reporters agree about it.
 */
#include "base/map.h"
#include "mail/domain.h"
#include "report/read.h"
#include "report/xml_read.h"

#define COUNT_MAX UINT64_C(1000000000000) /* messages of one row */
#define LEAST_RECORD (sizeof "<record><row><count>1</count></row></record>" - 1)
#define TIME_MAX UINT64_C(253402300799) /* the end of the year 9999 */
#define NAME_MAX_KEPT 255u		/* octets of what should be a domain and is none */

/* Elements that hold others. */
enum box {
	BOX_NONE, /* unknown, and all within it */
	BOX_DOCUMENT,
	BOX_FEEDBACK,
	BOX_META,
	BOX_DATES,
	BOX_POLICY,
	BOX_RECORD,
	BOX_ROW,
	BOX_EVALUATED,
	BOX_REASON,
	BOX_IDENTIFIERS,
	BOX_AUTH,
	BOX_DKIM,
	BOX_SPF,
};

static const struct {
	enum box in;
	const char *name;
	enum box box;
} boxes[] = {
	{ BOX_DOCUMENT, "feedback", BOX_FEEDBACK },
	{ BOX_FEEDBACK, "report_metadata", BOX_META },
	{ BOX_META, "date_range", BOX_DATES },
	{ BOX_FEEDBACK, "policy_published", BOX_POLICY },
	{ BOX_FEEDBACK, "record", BOX_RECORD },
	{ BOX_RECORD, "row", BOX_ROW },
	{ BOX_ROW, "policy_evaluated", BOX_EVALUATED },
	{ BOX_EVALUATED, "reason", BOX_REASON },
	{ BOX_RECORD, "identifiers", BOX_IDENTIFIERS },
	{ BOX_RECORD, "identities", BOX_IDENTIFIERS }, /* of early drafts */
	{ BOX_RECORD, "auth_results", BOX_AUTH },
	{ BOX_AUTH, "dkim", BOX_DKIM },
	{ BOX_AUTH, "spf", BOX_SPF },
};

struct spf {
	struct str domain, result, scope;
};

struct agg {
	struct arena *a;
	struct xml x;
	struct report_read *out;
	struct report *r;
	struct map *text, *word, *name; /* values that were seen: struct str */
	enum box box[XML_MAX_DEPTH + 1];
	VEC(struct report_row) rows;
	VEC(struct report_dkim) dkim; /* of the row */
	size_t ndkim;		      /* of all rows */
	struct report_row row;
	struct report_dkim sig;
	struct spf spf;
	bool counted;
};

/* ---- values ---- */

enum form { FORM_TEXT, FORM_WORD, FORM_DOMAIN };

static struct str make(struct agg *g, enum form f)
{
	struct str v = g->x.value, d;

	if (f == FORM_TEXT)
		return arena_dup(g->a, v);
	if (f == FORM_WORD)
		return arena_lower(g->a, str_sub(v, 0, NAME_MAX_KEPT));
	if (v.n && v.p[v.n - 1] == '.')
		v = str_sub(v, 0, v.n - 1);
	d = v.n <= NAME_MAX_KEPT ? domain_read(g->a, v, DOMAIN_UNDERSCORE) : STR_NULL;
	return d.n ? d : arena_lower(g->a, str_sub(v, 0, NAME_MAX_KEPT));
}

/* The value in the arena, once for all that are equal; absent if it is empty. */
static struct str value(struct agg *g, enum form f)
{
	struct map *m = f == FORM_TEXT ? g->text : f == FORM_WORD ? g->word : g->name;
	struct str *known = map_get(m, g->x.value);

	if (!g->x.value.n)
		return STR_NULL;
	if (!known) {
		known = ARENA_NEW(g->a, struct str);
		*known = make(g, f);
		map_put(m, arena_dup(g->a, g->x.value), known);
	}
	return *known;
}

/* Values that are text of some form, by where they go. */
enum base { BASE_REPORT, BASE_ROW, BASE_SIG, BASE_SPF };

#define REPORT_AT(f) BASE_REPORT, offsetof(struct report, f)
#define ROW_AT(f) BASE_ROW, offsetof(struct report_row, f)
#define SIG_AT(f) BASE_SIG, offsetof(struct report_dkim, f)
#define SPF_AT(f) BASE_SPF, offsetof(struct spf, f)

static const struct {
	enum box in;
	const char *name;
	enum form form;
	enum base base;
	size_t at;
} texts[] = {
	{ BOX_FEEDBACK, "version", FORM_TEXT, REPORT_AT(version) },
	{ BOX_META, "org_name", FORM_TEXT, REPORT_AT(org) },
	{ BOX_META, "email", FORM_TEXT, REPORT_AT(email) },
	{ BOX_META, "extra_contact_info", FORM_TEXT, REPORT_AT(contact) },
	{ BOX_META, "report_id", FORM_TEXT, REPORT_AT(id) },
	{ BOX_META, "generator", FORM_TEXT, REPORT_AT(generator) },
	{ BOX_POLICY, "domain", FORM_DOMAIN, REPORT_AT(domain) },
	{ BOX_POLICY, "p", FORM_WORD, REPORT_AT(p) },
	{ BOX_POLICY, "sp", FORM_WORD, REPORT_AT(sp) },
	{ BOX_POLICY, "np", FORM_WORD, REPORT_AT(np) },
	{ BOX_POLICY, "adkim", FORM_WORD, REPORT_AT(adkim) },
	{ BOX_POLICY, "aspf", FORM_WORD, REPORT_AT(aspf) },
	{ BOX_POLICY, "fo", FORM_WORD, REPORT_AT(fo) },
	{ BOX_POLICY, "testing", FORM_WORD, REPORT_AT(testing) },
	{ BOX_POLICY, "discovery_method", FORM_WORD, REPORT_AT(discovery) },
	{ BOX_REASON, "type", FORM_WORD, ROW_AT(override_type) },
	{ BOX_REASON, "comment", FORM_TEXT, ROW_AT(override_comment) },
	{ BOX_IDENTIFIERS, "header_from", FORM_DOMAIN, ROW_AT(header_from) },
	{ BOX_IDENTIFIERS, "envelope_from", FORM_DOMAIN, ROW_AT(envelope_from) },
	{ BOX_IDENTIFIERS, "envelope_to", FORM_DOMAIN, ROW_AT(envelope_to) },
	{ BOX_DKIM, "domain", FORM_DOMAIN, SIG_AT(domain) },
	{ BOX_DKIM, "selector", FORM_WORD, SIG_AT(selector) },
	{ BOX_DKIM, "result", FORM_WORD, SIG_AT(result) },
	{ BOX_SPF, "domain", FORM_DOMAIN, SPF_AT(domain) },
	{ BOX_SPF, "result", FORM_WORD, SPF_AT(result) },
	{ BOX_SPF, "scope", FORM_WORD, SPF_AT(scope) },
};

static void *base_of(struct agg *g, enum base b)
{
	return b == BASE_REPORT ? (void *)g->r
	       : b == BASE_ROW	? (void *)&g->row
	       : b == BASE_SIG	? (void *)&g->sig
				: (void *)&g->spf;
}

static bool take_text(struct agg *g, enum box in)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str v;

		if (texts[i].in != in || !str_eq(g->x.name, str_c(texts[i].name)))
			continue;
		v = value(g, texts[i].form);
		memcpy((char *)base_of(g, texts[i].base) + texts[i].at, &v, sizeof v);
		return true;
	}
	return false;
}

/* ---- values of other kinds; false: a fault ---- */

/* Seconds, a fraction left out. */
static bool take_time(struct agg *g, int64_t *t)
{
	struct str v = g->x.value;
	uint64_t n;

	v = str_sub(v, 0, str_chr(v, '.'));
	if (!str_u64(v, TIME_MAX, &n)) {
		xml_fault(&g->x, "expected seconds since 1970 in <%.*s>", STR_ARG(g->x.name));
		return false;
	}
	*t = (int64_t)n;
	return true;
}

static bool take_begin(struct agg *g)
{
	return take_time(g, &g->r->begin);
}

static bool take_end(struct agg *g)
{
	return take_time(g, &g->r->end);
}

static bool take_error(struct agg *g)
{
	if (g->r->errors.n < REPORT_MAX_ERRORS && g->x.value.n)
		VEC_PUSH(g->a, g->r->errors) = value(g, FORM_TEXT);
	return true;
}

/* Some reporters do not say it: then the row is of an unknown source. */
static bool take_source(struct agg *g)
{
	if (!ip_parse(g->x.value, &g->row.source))
		g->row.source = (struct ip){ 0 };
	return true;
}

static bool take_count(struct agg *g)
{
	g->counted = true;
	if (str_u64(g->x.value, COUNT_MAX, &g->row.count))
		return true;
	xml_fault(&g->x, "expected a number of messages in <count>");
	return false;
}

static bool take_disposition(struct agg *g)
{
	struct str v = value(g, FORM_WORD);

	g->row.pass_disposition = str_eq(v, STR("pass"));
	g->row.disposition = str_eq(v, STR("quarantine")) ? DMARC_P_QUARANTINE
			     : str_eq(v, STR("reject"))	  ? DMARC_P_REJECT
							  : DMARC_P_NONE;
	return true;
}

static bool take_dkim(struct agg *g)
{
	g->row.dkim_aligned = str_ieq(g->x.value, STR("pass"));
	return true;
}

static bool take_spf(struct agg *g)
{
	g->row.spf_aligned = str_ieq(g->x.value, STR("pass"));
	return true;
}

static const struct {
	enum box in;
	const char *name;
	bool (*take)(struct agg *g);
} others[] = {
	{ BOX_DATES, "begin", take_begin },   { BOX_DATES, "end", take_end },
	{ BOX_META, "error", take_error },    { BOX_ROW, "source_ip", take_source },
	{ BOX_ROW, "count", take_count },     { BOX_EVALUATED, "disposition", take_disposition },
	{ BOX_EVALUATED, "dkim", take_dkim }, { BOX_EVALUATED, "spf", take_spf },
};

static bool take_other(struct agg *g, enum box in)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (others[i].in == in && str_eq(g->x.name, str_c(others[i].name)))
			return others[i].take(g);
	return true;
}

/* ---- boxes closed ---- */

/* Result words as RFC 8601 has them, for those that reporters make up or have kept from drafts. */
static struct str result_word(struct str w)
{
	static const char *const other[][2] = { { "hardfail", "fail" },
						{ "unknown", "permerror" },
						{ "error", "temperror" },
						{ "hard_fail", "fail" },
						{ "soft_fail", "softfail" } };

	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		if (str_eq(w, str_c(other[i][0])))
			return str_c(other[i][1]);
	return w;
}

static bool end_dkim(struct agg *g)
{
	g->sig.result = result_word(g->sig.result);
	if (g->ndkim == REPORT_MAX_AUTH) {
		xml_fault(&g->x, "expected at most %u DKIM results", REPORT_MAX_AUTH);
		return false;
	}
	if (g->sig.domain.n || g->sig.result.n) {
		VEC_PUSH(g->a, g->dkim) = g->sig;
		g->ndkim++;
	}
	return true;
}

/* Of several the one for MAIL FROM counts: no other can align. */
static bool end_spf(struct agg *g)
{
	bool helo = str_eq(g->spf.scope, STR("helo"));

	if (g->row.spf_result.n && helo)
		return true;
	g->row.spf_domain = g->spf.domain;
	g->row.spf_result = result_word(g->spf.result);
	g->row.spf_helo = helo;
	return true;
}

static bool end_record(struct agg *g)
{
	if (!g->counted) {
		xml_fault(&g->x, "expected <row> with a <count> in <record>");
		return false;
	}
	if (g->rows.n == REPORT_MAX_ROWS) {
		xml_fault(&g->x, "expected at most %u records", REPORT_MAX_ROWS);
		return false;
	}
	g->row.ndkim = g->dkim.n;
	g->row.dkim = ARENA_ARRAY(g->a, struct report_dkim, g->dkim.n);
	if (g->dkim.n)
		memcpy(g->row.dkim, g->dkim.p, g->dkim.n * sizeof *g->dkim.p);
	VEC_PUSH(g->a, g->rows) = g->row;
	return true;
}

static bool end_box(struct agg *g, enum box b)
{
	if (b == BOX_DKIM)
		return end_dkim(g);
	if (b == BOX_SPF)
		return end_spf(g);
	return b == BOX_RECORD ? end_record(g) : true;
}

/* ---- the document ---- */

static enum box box_of(struct agg *g, enum box in)
{
	for (size_t i = 0; in && i < sizeof boxes / sizeof *boxes; i++)
		if (boxes[i].in == in && str_eq(g->x.name, str_c(boxes[i].name)))
			return boxes[i].box;
	return BOX_NONE;
}

static bool open_box(struct agg *g)
{
	enum box b = box_of(g, g->box[g->x.depth - 1]);

	g->box[g->x.depth] = b;
	if (g->x.depth == 1) {
		g->out->old =
			str_find(g->x.attrs, STR("urn:ietf:params:xml:ns:dmarc-2.0")) == SIZE_MAX;
		if (b != BOX_FEEDBACK) {
			xml_fault(&g->x, "expected <feedback>, found <%.*s>", STR_ARG(g->x.name));
			return false;
		}
	} else if (b == BOX_RECORD) {
		g->row = (struct report_row){ 0 };
		g->dkim.n = 0;
		g->counted = false;
	} else if (b == BOX_DKIM) {
		g->sig = (struct report_dkim){ 0 };
	} else if (b == BOX_SPF) {
		g->spf = (struct spf){ 0 };
	}
	return true;
}

static bool close_box(struct agg *g)
{
	enum box b = g->box[g->x.depth + 1], in = g->box[g->x.depth];

	if (b)
		return end_box(g, b);
	return !in || take_text(g, in) || take_other(g, in);
}

static bool read_all(struct agg *g)
{
	enum xml_event e;
	bool good = true;

	g->box[0] = BOX_DOCUMENT;
	while (good && (e = xml_next(&g->x)) != XML_END) {
		if (e == XML_FAULT)
			return false;
		good = e == XML_OPEN ? open_box(g) : close_box(g);
	}
	if (good && !g->r->domain.n) {
		xml_fault(&g->x, "expected <policy_published> with a <domain>");
		good = false;
	}
	if (good && !g->r->end) {
		xml_fault(&g->x, "expected <report_metadata> with a <date_range>");
		good = false;
	}
	return good;
}

/* Room for as many rows as there can be: an array that doubles would cost as much again. What is
 * not used of it is not touched. */
static void reserve(struct agg *g, size_t octets)
{
	size_t n = octets / LEAST_RECORD + 1;

	g->rows.cap = n < REPORT_MAX_ROWS ? n : REPORT_MAX_ROWS;
	g->rows.p = arena_alloc(g->a, arena_mul(g->rows.cap, sizeof *g->rows.p));
}

bool report_read_xml(struct arena *a, struct str octets, struct report_read *out)
{
	struct agg *g = ARENA_NEW(a, struct agg);
	struct str text;

	g->a = a;
	g->out = out;
	g->r = &out->dmarc;
	g->text = map_new(a, false);
	g->word = map_new(a, false);
	g->name = map_new(a, false);
	if (!xml_decode(a, octets, &text, &out->fault))
		return false;
	xml_init(&g->x, a, text);
	reserve(g, text.n);
	if (!read_all(g)) {
		out->fault = g->x.fault;
		return false;
	}
	out->kind = REPORT_DMARC;
	g->r->row = g->rows.p;
	g->r->nrows = g->rows.n;
	for (size_t i = 0; i < g->rows.n; i++)
		if (!g->rows.p[i].header_from.n)
			g->rows.p[i].header_from = g->r->domain;
	return true;
}
