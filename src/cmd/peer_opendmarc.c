/* opendmarc.conf(5) of OpenDMARC 1.4: what each directive becomes. */
#include "base/file.h"
#include "base/ip.h"
#include "cmd/peer_common.h"
#include "mail/domain.h"

#define PEER_LIST_FILE_MAX (1u << 20) /* octets of a list of hosts or domains */
#define OWN_SPF "Merlon checks SPF itself"
#define FAILURES "see section report.failure"

/* Words of a file, comments left out, at most max; SIZE_MAX and a verdict about the line: none. */
static size_t words_of(struct peer_part *p, struct peer_line *l, struct str **out)
{
	struct arena *a = p->m->arena;
	const char *path = peer_path(p, l->value);
	VEC(struct str) v = { 0 };
	struct str text, word;
	struct err e;

	if (file_read(a, path, PEER_LIST_FILE_MAX, &text, &e) < 0) {
		peer_not(l, true, arena_printf(a, "%s: %s", path, e.text).p);
		return SIZE_MAX;
	}
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		line = str_cut(&line, '#');
		while ((word = str_word(&line)).n)
			VEC_PUSH(a, v) = word;
	}
	*out = v.p;
	return v.n;
}

/* Hosts whose failures are overlooked: an address, a network, or a domain. */
static bool is_forwarder(struct arena *a, struct str *s)
{
	struct cidr net;

	if (s->n > 2 && s->p[0] == '[' && s->p[s->n - 1] == ']')
		*s = str_sub(*s, 1, s->n - 2);
	if (s->n && s->p[0] == '.')
		*s = str_skip(*s, 1);
	return s->n && s->p[0] != '!' &&
	       (cidr_parse(*s, &net) || domain_read(a, *s, DOMAIN_UNDERSCORE).n);
}

static void take_ignore_hosts(struct peer_part *p, struct peer_line *l)
{
	struct str *word = NULL;
	size_t n = words_of(p, l, &word), kept = 0;

	if (n == SIZE_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (is_forwarder(p->m->arena, &word[i]))
			word[kept++] = word[i];
	if (!peer_set(p, l, l->row->option, peer_listed(p->m->arena, word, kept), NULL))
		return;
	l->reason = STR("their mail is judged, and their DMARC failures are overlooked");
	if (kept < n) {
		l->reason = arena_printf(p->m->arena,
					 "%zu of its %zu entries are no address, "
					 "network or host",
					 n - kept, n);
		l->matters = true;
	}
}

/* DomainWhitelist and DomainWhitelistFile make one list. */
static void finish_sealers(struct peer_part *p)
{
	struct peer_line *list = peer_line(p, "DomainWhitelist");
	struct peer_line *file = peer_line(p, "DomainWhitelistFile");
	struct arena *a = p->m->arena;
	VEC(struct str) all = { 0 };
	struct str *item = NULL, text;
	size_t n = list ? peer_items(a, list->value, &item) : 0;

	for (size_t i = 0; i < n; i++)
		VEC_PUSH(a, all) = item[i];
	n = file ? words_of(p, file, &item) : 0;
	if (n == SIZE_MAX)
		file = NULL;
	for (size_t i = 0; file && i < n; i++)
		VEC_PUSH(a, all) = item[i];
	text = peer_listed(a, all.p, all.n);
	if (list)
		peer_set(p, list, "dmarc.trusted_sealers", text, NULL);
	if (file)
		peer_set(p, file, "dmarc.trusted_sealers", text, NULL);
}

static void take_trusted_ids(struct peer_part *p, struct peer_line *l)
{
	const struct peer_line *own = peer_line(p, "AuthservID");
	struct str *item;
	size_t n = peer_items(p->m->arena, l->value, &item);

	for (size_t i = 0; i < n; i++)
		if (!str_eq(item[i], STR("HOSTNAME")) && !(own && str_ieq(item[i], own->value))) {
			peer_take_not(p, l);
			return;
		}
	peer_already(l, "Merlon finds SPF and DKIM itself, and needs nobody's word");
}

static const struct peer_directive table[] = {
	{ "CopyFailuresTo", peer_take_not, NULL, NULL, "no recipient is added to a message", true },
	{ "DNSTimeout", peer_take_seconds, "dns.timeout", "every question ends some time", NULL,
	  false },
	{ "DomainWhitelist", NULL, "dmarc.trusted_sealers", NULL, NULL, true },
	{ "DomainWhitelistFile", NULL, "dmarc.trusted_sealers", NULL, NULL, true },
	{ "DomainWhitelistSize", peer_take_already, NULL, NULL, "nothing to be set", false },
	{ "FailureReports", NULL, "report.failure.use", NULL, NULL, true },
	{ "FailureReportsBcc", peer_take_not, NULL, NULL, "no copy of failure reports is sent",
	  true },
	{ "FailureReportsOnNone", peer_take_not, NULL, NULL, FAILURES, false },
	{ "FailureReportsSentBy", peer_take_text, "report.dmarc.email", NULL, NULL, true },
	{ "HistoryFile", NULL, "report.dmarc.use", NULL, NULL, true },
	{ "HoldQuarantinedMessages", NULL, "dmarc.quarantine", NULL, NULL, true },
	{ "IgnoreAuthenticatedClients", peer_take_if_same, NULL, "yes",
	  "mail of users who have logged in is never judged by DMARC", false },
	{ "IgnoreHosts", take_ignore_hosts, "dmarc.trusted_forwarders", NULL, NULL, true },
	{ "IgnoreMailFrom", peer_take_not, NULL, NULL, "no author's domain is exempt from DMARC",
	  true },
	{ "IgnoreMailTo", peer_take_list, "report.dmarc.never_to", NULL, NULL, true },
	{ "PublicSuffixList", peer_take_file, "psl.file", NULL, NULL, true },
	{ "RecordAllMessages", peer_take_if_same, NULL, "no",
	  "rows are kept of domains with a DMARC record", false },
	{ "RejectFailures", NULL, "dmarc.reject", NULL, NULL, true },
	{ "RejectMultiValueFrom", NULL, "dmarc.multiple_from", NULL, NULL, true },
	{ "RejectString", peer_take_not, NULL, NULL, "every refusal has one text: reply.reject",
	  false },
	{ "ReportCommand", peer_take_not, NULL, NULL, "reports go out by report.relay.server",
	  false },
	{ "RequiredHeaders", peer_take_if_same, NULL, "no", "rules judge malformed mail", true },
	{ "SPFIgnoreResults", peer_take_already, NULL, NULL, OWN_SPF, false },
	{ "SPFSelfValidate", peer_take_already, NULL, NULL, OWN_SPF, false },
	{ "TestDNSData", peer_take_not, NULL, NULL, "of tests only", false },
	{ "TrustedAuthservIDs", take_trusted_ids, NULL, NULL,
	  "results that other hosts wrote are not believed: Merlon has to be where mail comes in",
	  true },
	{ 0 },
};

static void finish_policy(struct peer_part *p)
{
	struct peer_line *reject = peer_line(p, "RejectFailures");
	struct peer_line *hold = peer_line(p, "HoldQuarantinedMessages");
	struct peer_line *many = peer_line(p, "RejectMultiValueFrom");
	bool rejects = reject && peer_yes(reject->value);

	peer_set(p, reject, "dmarc.reject", rejects ? STR("reject") : STR("tag"),
		 "it refuses nothing unless told by RejectFailures");
	if (hold)
		peer_set(p, hold, "dmarc.quarantine",
			 peer_yes(hold->value) ? STR("quarantine") : STR("tag"), NULL);
	peer_set(p, many, "dmarc.multiple_from",
		 many && peer_yes(many->value) ? STR("reject") : STR("tag"),
		 "it refuses nothing unless told by RejectMultiValueFrom");
}

/* Nothing goes out without an address that it is from. */
static void finish_reports(struct peer_part *p)
{
	struct peer_line *history = peer_line(p, "HistoryFile");
	struct peer_line *failures = peer_line(p, "FailureReports");
	bool email = peer_line(p, "FailureReportsSentBy") != NULL;

	if (history && email)
		peer_set(p, history, "report.dmarc.use", STR("on"), NULL);
	else if (history)
		peer_not(history, true,
			 "no file is needed: report.dmarc.use sends reports, with "
			 "report.dmarc.email that says who they are from");
	if (failures && !peer_yes(failures->value))
		peer_already(failures, "Merlon sends none either");
	else if (failures && email)
		peer_set(p, failures, "report.failure.use", STR("on"), NULL);
	else if (failures)
		peer_not(failures, true,
			 "report.failure.use sends them, with report.dmarc.email that says who "
			 "they are from");
}

static void finish(struct peer_part *p)
{
	finish_policy(p);
	finish_reports(p);
	finish_sealers(p);
	peer_take_socket(p);
	peer_take_user(p, false);
	if (!peer_line(p, "PublicSuffixList"))
		return;
	peer_remark(p, "the organisational domain is found by DNS (RFC 9989); with dmarc.method = "
		       "psl by the list, as OpenDMARC does");
}

const struct peer peer_opendmarc = {
	.word = "opendmarc",
	.title = "OpenDMARC",
	.path = "/etc/opendmarc.conf",
	.table = table,
	.common = peer_common,
	.finish = finish,
};
