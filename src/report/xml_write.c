/* Aggregate reports as XML (RFC 9990): elements in the order of its tables, words out of its lists,
 * and text that cannot be taken for anything else. */
#include "base/buf.h"
#include "base/utf8.h"
#include "report/report.h"

#define MAX_DKIM 100u /* RFC 9990 2.1: signatures of a row */

/* ---- text ---- */

static bool is_char(uint32_t c)
{
	return c == '\t' || c == '\n' || (c >= 0x20 && c < 0xfffe) || c >= 0x10000;
}

#define REPLACEMENT STR("\xef\xbf\xbd")

static void put_char(struct buf *b, struct str octets, uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *as;
	} t[] = {
		{ '&', "&amp;" },  { '<', "&lt;" },   { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" }, { '\r', "&#13;" },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (code == t[i].code) {
			buf_add(b, str_c(t[i].as));
			return;
		}
	buf_add(b, is_char(code) ? octets : REPLACEMENT);
}

/* What is no UTF-8, or no character of XML, is U+FFFD. At most REPORT_MAX_TEXT octets, as they are
 * read again. */
static void put_text(struct buf *b, struct str s)
{
	size_t room = REPORT_MAX_TEXT;

	while (s.n) {
		uint32_t code = 0;
		size_t n = utf8_read(s, &code);
		size_t size = n && (is_char(code) || code == '\r') ? n : REPLACEMENT.n;

		if (size > room)
			return;
		room -= size;
		put_char(b, str_sub(s, 0, n), n ? code : 0);
		s = str_skip(s, n ? n : 1);
	}
}

static void indent(struct buf *b, unsigned depth)
{
	while (depth--)
		buf_add(b, STR("  "));
}

static void open_tag(struct buf *b, unsigned depth, const char *name)
{
	indent(b, depth);
	buf_addf(b, "<%s>\n", name);
}

static void close_tag(struct buf *b, unsigned depth, const char *name)
{
	indent(b, depth);
	buf_addf(b, "</%s>\n", name);
}

static void put(struct buf *b, unsigned depth, const char *name, struct str value)
{
	indent(b, depth);
	buf_addf(b, "<%s>", name);
	put_text(b, value);
	buf_addf(b, "</%s>\n", name);
}

/* Absent: no element. */
static void put_if(struct buf *b, unsigned depth, const char *name, struct str value)
{
	if (value.p)
		put(b, depth, name, value);
}

static void put_number(struct buf *b, unsigned depth, const char *name, uint64_t v)
{
	indent(b, depth);
	buf_addf(b, "<%s>%llu</%s>\n", name, (unsigned long long)v, name);
}

/* ---- words out of lists ---- */

static const char *const policies[] = { "none", "quarantine", "reject", NULL };
static const char *const alignments[] = { "r", "s", NULL };
static const char *const testings[] = { "n", "y", NULL };
static const char *const methods[] = { "psl", "treewalk", NULL };
static const char *const overrides[] = { "local_policy",     "mailing_list",	  "other",
					 "policy_test_mode", "trusted_forwarder", NULL };
static const char *const dkim_results[] = { "none",    "pass",	    "fail",	 "policy",
					    "neutral", "temperror", "permerror", NULL };
static const char *const spf_results[] = { "none",	"pass",	     "fail",
					   "softfail",	"policy",    "neutral",
					   "temperror", "permerror", NULL };

static bool listed(struct str word, const char *const *list)
{
	while (*list && !str_eq(word, str_c(*list)))
		list++;
	return *list;
}

/* Not in the list: otherwise, or (NULL) no element. */
static void put_word(struct buf *b, unsigned depth, const char *name, struct str word,
		     const char *const *list, const char *otherwise)
{
	put_if(b, depth, name, listed(word, list) ? word : str_c(otherwise));
}

/* ---- the document ---- */

static struct str joined(struct arena *a, const struct report *r)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < r->errors.n; i++)
		buf_addf(&b, "%s%.*s", i ? "; " : "", STR_ARG(r->errors.p[i]));
	return r->errors.n ? buf_str(&b) : STR_NULL;
}

static void metadata(struct arena *a, struct buf *b, const struct report *r)
{
	open_tag(b, 1, "report_metadata");
	put(b, 2, "org_name", r->org);
	put(b, 2, "email", r->email);
	put_if(b, 2, "extra_contact_info", r->contact);
	put(b, 2, "report_id", r->id);
	open_tag(b, 2, "date_range");
	put_number(b, 3, "begin", r->begin > 0 ? (uint64_t)r->begin : 0);
	put_number(b, 3, "end", r->end > 0 ? (uint64_t)r->end : 0);
	close_tag(b, 2, "date_range");
	put_if(b, 2, "error", joined(a, r));
	put_if(b, 2, "generator", r->generator);
	close_tag(b, 1, "report_metadata");
}

static void policy(struct buf *b, const struct report *r)
{
	struct str p = listed(r->p, policies) ? r->p : STR("none");
	struct str sp = listed(r->sp, policies) ? r->sp : p;

	open_tag(b, 1, "policy_published");
	put(b, 2, "domain", r->domain);
	put_word(b, 2, "discovery_method", r->discovery, methods, NULL);
	put(b, 2, "p", p);
	put(b, 2, "sp", sp);
	put(b, 2, "np", listed(r->np, policies) ? r->np : sp);
	put_if(b, 2, "fo", r->fo);
	put_word(b, 2, "adkim", r->adkim, alignments, "r");
	put_word(b, 2, "aspf", r->aspf, alignments, "r");
	put_word(b, 2, "testing", r->testing, testings, "n");
	close_tag(b, 1, "policy_published");
}

static void evaluated(struct buf *b, const struct report_row *row)
{
	const char *what = row->pass_disposition ? "pass" : dmarc_policy_word(row->disposition);

	open_tag(b, 3, "policy_evaluated");
	put(b, 4, "disposition", str_c(what));
	put(b, 4, "dkim", row->dkim_aligned ? STR("pass") : STR("fail"));
	put(b, 4, "spf", row->spf_aligned ? STR("pass") : STR("fail"));
	if (row->override_type.p) {
		open_tag(b, 4, "reason");
		put_word(b, 5, "type", row->override_type, overrides, "other");
		put_if(b, 5, "comment", row->override_comment);
		close_tag(b, 4, "reason");
	}
	close_tag(b, 3, "policy_evaluated");
}

static void auth_results(struct buf *b, const struct report_row *row)
{
	open_tag(b, 2, "auth_results");
	for (size_t i = 0; i < row->ndkim && i < MAX_DKIM; i++) {
		open_tag(b, 3, "dkim");
		put(b, 4, "domain", row->dkim[i].domain);
		put(b, 4, "selector", row->dkim[i].selector);
		put_word(b, 4, "result", row->dkim[i].result, dkim_results, "neutral");
		close_tag(b, 3, "dkim");
	}
	if (row->spf_domain.p) {
		open_tag(b, 3, "spf");
		put(b, 4, "domain", row->spf_domain);
		if (!row->spf_helo) /* the only scope there is a word for */
			put(b, 4, "scope", STR("mfrom"));
		put_word(b, 4, "result", row->spf_result, spf_results, "none");
		close_tag(b, 3, "spf");
	}
	close_tag(b, 2, "auth_results");
}

static void record(struct buf *b, const struct report_row *row)
{
	char ip[IP_TEXT_MAX];

	open_tag(b, 1, "record");
	open_tag(b, 2, "row");
	ip_format(&row->source, ip);
	put(b, 3, "source_ip", ip[0] ? str_c(ip) : STR("0.0.0.0"));
	put_number(b, 3, "count", row->count);
	evaluated(b, row);
	close_tag(b, 2, "row");
	open_tag(b, 2, "identifiers");
	put(b, 3, "header_from", row->header_from);
	put_if(b, 3, "envelope_from", row->envelope_from);
	put_if(b, 3, "envelope_to", row->envelope_to);
	close_tag(b, 2, "identifiers");
	auth_results(b, row);
	close_tag(b, 1, "record");
}

struct str report_xml(struct arena *a, const struct report *r)
{
	struct buf b = { .arena = a };

	buf_add(&b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">\n"));
	put(&b, 1, "version", STR("1.0"));
	metadata(a, &b, r);
	policy(&b, r);
	for (size_t i = 0; i < r->nrows; i++)
		record(&b, &r->row[i]);
	buf_add(&b, STR("</feedback>\n"));
	return buf_str(&b);
}
