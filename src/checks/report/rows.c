/*
 * Rows of DMARC aggregate reports (RFC 9990): one of each message that a policy with a rua= judged,
 * left in the worker's spool before the verdict goes out. A message that comes again, since its
 * verdict did not arrive, has the same identity: its header block, the beginning and the size of
 * its body, the client and the envelope.
 */
#include "checks/report/rows.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "checks/report/judged.h"
#include "mail/domain.h"
#include "store/spool.h"

static bool check_address(struct str v, char *why, size_t cap)
{
	size_t at = str_rchr(v, '@');

	if (at != SIZE_MAX && at > 0 && at + 1 < v.n && str_printable(v) &&
	    str_chr(v, ' ') == SIZE_MAX)
		return true;
	snprintf(why, cap, "an address");
	return false;
}

static const struct conf_opt options[] = {
	{ .name = "report.dmarc.use",
	  .type = CONF_BOOL,
	  .def = "off",
	  .help = "gather and send DMARC aggregate reports (RFC 9990) to the domains that ask for "
		  "them" },
	{ .name = "report.dmarc.spam_score",
	  .type = CONF_FLOAT,
	  .def = "0",
	  .allow = "0..1000",
	  .help = "rejected messages of at least this score are not reported; 0: all are" },
	{ .name = "report.dmarc.never_to",
	  .type = CONF_LIST,
	  .check = check_address,
	  .help = "recipients whose mail is not reported, besides the addresses that "
		  "reports come to and are from" },
	{ 0 },
};

/* Where reports come to, and what becomes of ours: options of others. */
static const char *const ours[] = { "report.dmarc.email", "report.dmarc.bounce_address" };
#define OURS (sizeof ours / sizeof *ours)

static void never_to(struct arena *a, struct rows_options *k, const struct str *item, size_t n)
{
	for (size_t i = 0; i < n && k->nnever < ROWS_NEVER_TO_MAX; i++)
		if (item[i].n)
			k->never_to[k->nnever++] = arena_lower(a, item[i]);
}

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct rows_options *k = ARENA_NEW(a, struct rows_options);
	const struct str *item;
	size_t n;

	k->use = conf_bool(c, "report.dmarc.use");
	k->spam_score = conf_float(c, "report.dmarc.spam_score");
	k->never_to = ARENA_ARRAY(a, struct str, ROWS_NEVER_TO_MAX);
	for (size_t i = 0; i < OURS; i++) {
		struct str one = conf_known(c, ours[i]) ? conf_str(c, ours[i]) : STR_NULL;

		never_to(a, k, &one, 1);
	}
	if (conf_known(c, "report.inbox")) {
		n = conf_list(c, "report.inbox", &item);
		never_to(a, k, item, n);
	}
	n = conf_list(c, "report.dmarc.never_to", &item);
	if (n > ROWS_NEVER_TO_MAX - k->nnever)
		return err_set(e, "%s: report.dmarc.never_to: more than %u addresses",
			       conf_where(c, "report.dmarc.never_to"), ROWS_NEVER_TO_MAX);
	never_to(a, k, item, n);
	*config = k;
	return 0;
}

/* ---- whose mail ---- */

/* Whether it is that address, or that with +ANYTHING behind its local part. */
static bool is_address(struct str to, struct str address)
{
	size_t plus = str_chr(to, '+'), at = str_rchr(to, '@');
	size_t want = str_rchr(address, '@');

	if (str_eq(to, address))
		return true;
	return at != SIZE_MAX && plus < at && str_eq(str_skip(to, at), str_skip(address, want)) &&
	       str_eq(str_sub(to, 0, plus), str_sub(address, 0, want));
}

bool rows_goes_to_reports(struct scan *s, const struct rows_options *k)
{
	for (size_t i = 0; k->nnever && i < s->rcpts.n; i++) {
		struct str to = arena_lower(s->arena, s->rcpts.p[i]);

		if (to.n > 1 && to.p[0] == '<' && to.p[to.n - 1] == '>')
			to = str_sub(to, 1, to.n - 2);
		for (size_t j = 0; j < k->nnever; j++)
			if (is_address(to, k->never_to[j]))
				return true;
	}
	return false;
}

/* The subject of an aggregate report, RFC 9990 4.1 (RFC 7489 7.2.1.1): whoever sends one need not
 * hear how his reports fare here. */
bool rows_subject_of_report(struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Subject"), 0);
	struct str v = h ? hdr_unfold(s->arena, h->value) : STR_NULL;

	return str_istarts(v, STR("Report Domain:")) && str_ifind(v, STR("Submitter:")) &&
	       str_ifind(v, STR("Report-ID:"));
}

bool rows_type_of_report(struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Content-Type"), 0);
	struct str v = h ? hdr_unfold(s->arena, h->value) : STR_NULL;

	return str_istarts(v, STR("multipart/report"));
}

static bool null_sender(const struct scan *s)
{
	return s->mail_ok && !s->mail.local.n && !s->mail.domain.n;
}

static bool is_report(struct scan *s, const struct rows_options *k)
{
	return rows_goes_to_reports(s, k) ||
	       (null_sender(s) && (rows_type_of_report(s) || rows_subject_of_report(s)));
}

bool rows_comes_back(const struct scan *s)
{
	const struct verdict *v = &s->verdict;

	return v->action == ACT_GREYLIST ||
	       (v->action == ACT_TEMPFAIL && !str_eq(v->reason, STR("dmarc")));
}

static enum row_why why_not(struct scan *s, const struct rows_options *k)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	if (!k->use || s->env->readonly || !s->env->spool)
		return ROW_OFF;
	if (scan_outbound(s) || scan_passive(s) || (s->flags & SCAN_F_AUTH_ONLY))
		return ROW_OURS;
	if (s->from.why != FROM_OK || s->headers.hidden_from)
		return ROW_NO_AUTHOR;
	if (!f || !f->r.policy_domain.n || !f->r.record.rua.n)
		return ROW_NO_RECORD;
	if (rows_comes_back(s))
		return ROW_COMES_BACK;
	if (is_report(s, k))
		return ROW_REPORT;
	if (k->spam_score > 0 && s->verdict.score >= k->spam_score &&
	    (s->verdict.action == ACT_REJECT || s->verdict.action == ACT_DISCARD))
		return ROW_SPAM;
	return ROW_WRITTEN;
}

/* ---- which message ---- */

static void add(EVP_MD_CTX *md, struct str s)
{
	uint64_t n = s.n;

	if (EVP_DigestUpdate(md, &n, sizeof n) != 1 || EVP_DigestUpdate(md, s.p, s.n) != 1)
		bug("SHA-256 failed");
}

void rows_identify(const struct scan *s, unsigned char id[ROW_ID_SIZE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char sum[EVP_MAX_MD_SIZE];
	uint64_t octets = s->body_octets;

	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		bug("no SHA-256");
	add(md, str_of((const char *)s->client.ip.b, s->client.ip.family == 4 ? 4 : 16));
	add(md, s->mail_raw);
	for (size_t i = 0; i < s->rcpts.n; i++)
		add(md, s->rcpts.p[i]);
	add(md, STR(""));
	for (size_t i = 0; i < s->headers.v.n; i++)
		add(md, s->headers.v.p[i].raw);
	add(md, str_of((const char *)&octets, sizeof octets));
	add(md, s->body_head);
	if (EVP_DigestFinal_ex(md, sum, NULL) != 1)
		bug("SHA-256 failed");
	EVP_MD_CTX_free(md);
	memcpy(id, sum, ROW_ID_SIZE);
}

enum row_why rows_of(struct scan *s, const struct rows_options *k, struct row *out)
{
	enum row_why why = why_not(s, k);

	if (why != ROW_WRITTEN)
		return why;
	*out = (struct row){ .judged = s->now };
	rows_identify(s, out->id);
	rows_judged(s, out);
	return ROW_WRITTEN;
}

/* ---- the check ---- */

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)config;
	scan_publish(s, &check_report_rows, state);
	return CHECK_DONE;
}

static void after(struct scan *s, const void *config)
{
	struct str record;
	struct row row;

	if (rows_of(s, config, &row) != ROW_WRITTEN)
		return;
	record = row_format(s->arena, &row);
	if (record.n)
		spool_add(s->env->spool, SPOOL_DMARC_ROW, record);
}

static const char *const needs[] = { "dmarc", NULL };

const struct check check_report_rows = {
	.abi = CHECK_ABI,
	.name = "report_rows",
	.help = "rows of DMARC aggregate reports, gathered as mail is judged",
	.stage = SCAN_EOM,
	.needs = needs,
	.options = options,
	.state_size = 1,
	.setup = setup,
	.run = run,
	.after = after,
};
