/* One judged message as octets, and back. */
#include "report/row.h"

#include "base/octets.h"

#define ROW_VERSION 1u
#define TEXT_FIRST 0x21 /* printable, no blank */
#define TEXT_LAST 0x7e

enum flag { F_DKIM = 1, F_SPF = 2, F_PASS = 4, F_HELO = 8, F_ALL = 15 };

/* Words by number; 0 is absent. The numbers stand in records: only add at the end. */
static const char *const policies[] = { NULL, "none", "quarantine", "reject", NULL };
static const char *const modes[] = { NULL, "r", "s", NULL };
static const char *const yes_no[] = { NULL, "y", "n", NULL };
static const char *const methods[] = { NULL, "treewalk", "psl", NULL };
static const char *const reasons[] = { NULL,	"local_policy",	    "mailing_list",
				       "other", "policy_test_mode", "trusted_forwarder",
				       NULL };
static const char *const results[] = { NULL,	   "none", "neutral",	"pass",	     "policy",
				       "softfail", "fail", "temperror", "permerror", NULL };

/* The published policy, one octet each, in this order. */
struct word_field {
	size_t at; /* in struct row */
	const char *const *words;
};
static const struct word_field published[] = {
	{ offsetof(struct row, p), policies },	      { offsetof(struct row, sp), policies },
	{ offsetof(struct row, np), policies },	      { offsetof(struct row, adkim), modes },
	{ offsetof(struct row, aspf), modes },	      { offsetof(struct row, testing), yes_no },
	{ offsetof(struct row, discovery), methods },
};
#define PUBLISHED (sizeof published / sizeof *published)

static unsigned number_of(const char *const *words, struct str s)
{
	for (unsigned i = 1; words[i]; i++)
		if (str_eq(s, str_c(words[i])))
			return i;
	return 0;
}

static struct str *field(struct row *r, const struct word_field *f)
{
	return (struct str *)((char *)r + f->at);
}

static bool clean(struct str s, int first)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < first || s.p[i] > TEXT_LAST)
			return false;
	return true;
}

static bool fo_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr("01ds:", s.p[i], 5))
			return false;
	return s.n <= ROW_FO_MAX;
}

/* ---- written ---- */

/* A length of one octet, and the text; nothing where it may not stand in a record. */
static void put_text(struct buf *b, struct str s, size_t max, int first)
{
	if (s.n > max || !clean(s, first))
		s.n = 0;
	octets_u(b, s.n, 1);
	buf_add(b, s);
}

static void put_name(struct buf *b, struct str s)
{
	put_text(b, s, ROW_NAME_MAX, TEXT_FIRST);
}

static void put_rua(struct buf *b, struct str s)
{
	if (s.n > ROW_RUA_MAX || !clean(s, ' '))
		s.n = 0;
	octets_u(b, s.n, 2);
	buf_add(b, s);
}

static void put_dkim(struct buf *b, const struct report_row *w)
{
	size_t n = w->ndkim < ROW_DKIM_MAX ? w->ndkim : ROW_DKIM_MAX;

	octets_u(b, n, 1);
	for (size_t i = 0; i < n; i++) {
		put_name(b, w->dkim[i].domain);
		put_name(b, w->dkim[i].selector);
		octets_u(b, number_of(results, w->dkim[i].result), 1);
	}
}

static void put_reason(struct buf *b, const struct report_row *w)
{
	unsigned type = number_of(reasons, w->override_type);
	struct str comment = type ? w->override_comment : STR_NULL;

	octets_u(b, type, 1);
	put_text(b, str_sub(comment, 0, ROW_COMMENT_MAX), ROW_COMMENT_MAX, ' ');
}

static unsigned flags_of(const struct report_row *w)
{
	return (w->dkim_aligned ? F_DKIM : 0u) | (w->spf_aligned ? F_SPF : 0u) |
	       (w->pass_disposition ? F_PASS : 0u) | (w->spf_helo ? F_HELO : 0u);
}

static void put_facts(struct buf *b, struct row *r)
{
	const struct report_row *w = &r->row;

	put_name(b, r->policy_domain);
	for (size_t i = 0; i < PUBLISHED; i++)
		octets_u(b, number_of(published[i].words, *field(r, &published[i])), 1);
	put_text(b, fo_clean(r->fo) ? r->fo : STR_NULL, ROW_FO_MAX, TEXT_FIRST);
	put_rua(b, r->rua);
	octets_u(b, w->source.family, 1);
	buf_add(b, str_of((const char *)w->source.b, w->source.family == 4 ? 4 : 16));
	octets_u(b, flags_of(w), 1);
	octets_u(b, w->disposition, 1);
	put_reason(b, w);
	put_name(b, w->header_from);
	put_name(b, w->envelope_from);
	put_name(b, w->spf_domain);
	octets_u(b, number_of(results, w->spf_result), 1);
	put_dkim(b, w);
}

static bool name_ok(struct str s)
{
	return s.n && s.n <= ROW_NAME_MAX && clean(s, TEXT_FIRST);
}

struct str row_format(struct arena *a, const struct row *r)
{
	struct buf b = { .arena = a };
	struct row copy = *r;

	if (!name_ok(r->policy_domain) || !name_ok(r->row.header_from) || r->judged < 0 ||
	    (r->row.source.family != 4 && r->row.source.family != 6))
		return STR_NULL;
	octets_u(&b, ROW_VERSION, 1);
	buf_add(&b, str_of((const char *)r->id, ROW_ID_SIZE));
	octets_u(&b, (uint64_t)r->judged, 8);
	put_facts(&b, &copy);
	return buf_str(&b);
}

/* ---- read ---- */

static struct str get_text(struct octets *o, size_t max, int first)
{
	struct str s = octets_get_run(o, octets_get_u(o, 1));

	if (s.n > max || !clean(s, first))
		o->bad = true;
	return s.n ? s : STR_NULL;
}

static struct str get_name(struct octets *o)
{
	return get_text(o, ROW_NAME_MAX, TEXT_FIRST);
}

static struct str get_word(struct octets *o, const char *const *words)
{
	uint64_t n = octets_get_u(o, 1);

	for (unsigned i = 1; words[i]; i++)
		if (i == n)
			return str_c(words[i]);
	if (n)
		o->bad = true;
	return STR_NULL;
}

static struct str get_rua(struct octets *o)
{
	struct str s = octets_get_run(o, octets_get_u(o, 2));

	if (s.n > ROW_RUA_MAX || !clean(s, ' '))
		o->bad = true;
	return s.n ? s : STR_NULL;
}

static void get_source(struct octets *o, struct ip *ip)
{
	struct str s;

	*ip = (struct ip){ .family = (uint8_t)octets_get_u(o, 1) };
	if (ip->family != 4 && ip->family != 6)
		o->bad = true;
	s = octets_get_run(o, ip->family == 4 ? 4 : 16);
	if (!o->bad)
		memcpy(ip->b, s.p, s.n);
}

static void get_judgement(struct octets *o, struct report_row *w)
{
	uint64_t flags = octets_get_u(o, 1), disposition = octets_get_u(o, 1);

	if (flags > F_ALL || disposition > DMARC_P_REJECT)
		o->bad = true;
	w->dkim_aligned = flags & F_DKIM;
	w->spf_aligned = flags & F_SPF;
	w->pass_disposition = flags & F_PASS;
	w->spf_helo = flags & F_HELO;
	w->disposition = o->bad ? DMARC_P_NONE : (enum dmarc_policy)disposition;
	w->override_type = get_word(o, reasons);
	w->override_comment = get_text(o, ROW_COMMENT_MAX, ' ');
	if (w->override_comment.n && !w->override_type.n)
		o->bad = true;
}

static void get_dkim(struct arena *a, struct octets *o, struct report_row *w)
{
	uint64_t n = octets_get_u(o, 1);

	if (o->bad || n > ROW_DKIM_MAX) {
		o->bad = true;
		return;
	}
	w->dkim = n ? ARENA_ARRAY(a, struct report_dkim, n) : NULL;
	w->ndkim = (size_t)n;
	for (size_t i = 0; i < n; i++) {
		w->dkim[i].domain = get_name(o);
		w->dkim[i].selector = get_name(o);
		w->dkim[i].result = get_word(o, results);
	}
}

bool row_facts_parse(struct arena *a, struct str facts, struct row *r)
{
	struct octets o = { .left = facts, .bad = facts.n > ROW_FACTS_MAX };

	r->row = (struct report_row){ .count = 1 };
	r->policy_domain = get_name(&o);
	for (size_t i = 0; i < PUBLISHED; i++)
		*field(r, &published[i]) = get_word(&o, published[i].words);
	r->fo = get_text(&o, ROW_FO_MAX, TEXT_FIRST);
	r->rua = get_rua(&o);
	get_source(&o, &r->row.source);
	get_judgement(&o, &r->row);
	r->row.header_from = get_name(&o);
	r->row.envelope_from = get_name(&o);
	r->row.spf_domain = get_name(&o);
	r->row.spf_result = get_word(&o, results);
	get_dkim(a, &o, &r->row);
	return octets_done(&o) && r->policy_domain.n && r->row.header_from.n && fo_clean(r->fo);
}

bool row_parse(struct arena *a, struct str s, struct row *r)
{
	struct octets o = { .left = s };
	uint64_t version = octets_get_u(&o, 1), judged;
	struct str id = octets_get_run(&o, ROW_ID_SIZE);

	*r = (struct row){ 0 };
	judged = octets_get_u(&o, 8);
	if (o.bad || version != ROW_VERSION || judged > INT64_MAX)
		return false;
	memcpy(r->id, id.p, ROW_ID_SIZE);
	r->judged = (int64_t)judged;
	return row_facts_parse(a, o.left, r);
}

struct str row_facts(struct str record)
{
	return str_skip(record, ROW_HEAD_SIZE);
}

struct str row_facts_domain(struct str facts)
{
	struct octets o = { .left = facts };
	struct str s = get_name(&o);

	return o.bad ? STR_NULL : s;
}

struct str row_facts_policy(struct str facts)
{
	struct octets o = { .left = facts };

	get_name(&o);
	octets_get_run(&o, PUBLISHED);
	get_text(&o, ROW_FO_MAX, TEXT_FIRST);
	get_rua(&o);
	return o.bad ? STR_NULL : str_sub(facts, 0, facts.n - o.left.n);
}
