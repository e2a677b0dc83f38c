/* Whether reports about a domain may go to an address. */
#include "control/report/consent.h"

#include "auth/dmarc/walk.h"
#include "mail/domain.h"

const char *consent_word(enum consent c)
{
	static const char *const word[] = { "wait", "own", "given", "none", "unknown" };

	return word[c];
}

/* ---- one organisation ---- */

enum same { SAME_WAIT, SAME_YES, SAME_NO, SAME_UNKNOWN };

static struct str registrable(const struct consent_request *req, struct str domain)
{
	struct str r = psl_registrable(req->psl, domain);

	return r.p ? r : domain;
}

static enum same same_organisation(struct arena *a, struct dns *dns,
				   const struct consent_request *req, struct str host)
{
	struct dmarc_walk one, two;

	if (str_eq(req->policy_domain, host))
		return SAME_YES;
	if (req->method == DMARC_PSL)
		return str_eq(registrable(req, req->policy_domain), registrable(req, host))
			       ? SAME_YES
			       : SAME_NO;
	dmarc_walk_ask(dns, host);
	dmarc_walk_run(a, dns, req->policy_domain, &one);
	dmarc_walk_run(a, dns, host, &two);
	if (one.wait || two.wait)
		return SAME_WAIT;
	if (one.failed || two.failed)
		return SAME_UNKNOWN;
	return str_eq(one.org, two.org) ? SAME_YES : SAME_NO;
}

/* ---- the host's word ---- */

static void refuse(struct consent_result *out, const char *why)
{
	out->consent = CONSENT_NONE;
	out->why = why;
	out->n = 0;
}

/* RFC 9990 3: an address of another host takes back the consent. */
static void read_override(struct arena *a, struct str list, struct str host,
			  struct consent_result *out)
{
	out->n = report_uris(a, arena_dup(a, list), out->uri);
	for (size_t i = 0; i < out->n; i++)
		if (out->uri[i].fault || !str_eq(out->uri[i].domain, host)) {
			refuse(out, out->uri[i].fault ? "its consent names no usable address"
						      : "its consent names another host");
			return;
		}
}

static void read_records(struct arena *a, const struct dns_answer *answer,
			 const struct consent_request *req, struct str host,
			 struct consent_result *out)
{
	refuse(out, "no record of consent");
	for (size_t i = 0; i < answer->n && out->consent == CONSENT_NONE; i++) {
		struct dmarc_record rec;
		struct str txt = answer->rr[i].data, reason, list;

		if (txt.n > DMARC_MAX_RECORD)
			continue;
		if (!dmarc_record_parse(a, txt, &rec, &reason) && !reason.p)
			continue;
		out->consent = CONSENT_GIVEN;
		out->why = NULL;
		list = req->failure ? rec.ruf : rec.rua;
		if (list.p) {
			read_override(a, list, host, out);
			return;
		}
	}
}

static void ask_host(struct arena *a, struct dns *dns, const struct consent_request *req,
		     struct str host, struct consent_result *out)
{
	struct str name = arena_printf(a, "%.*s._report._dmarc.%.*s", STR_ARG(req->policy_domain),
				       STR_ARG(host));
	const struct dns_answer *answer;

	if (name.n > DOMAIN_MAX) {
		refuse(out, "a name too long to ask for consent");
		return;
	}
	answer = dns_ask(dns, name.p, DNS_TXT);
	if (!answer)
		return;
	if (answer->status == DNS_OK) {
		read_records(a, answer, req, host, out);
	} else if (answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN) {
		refuse(out, "no record of consent");
	} else {
		out->consent = CONSENT_UNKNOWN;
		out->why = "the record of consent could not be had";
	}
}

void consent_check(struct arena *a, struct dns *dns, const struct consent_request *req,
		   const struct report_uri *u, struct consent_result *out)
{
	*out = (struct consent_result){ .consent = CONSENT_WAIT };
	switch (same_organisation(a, dns, req, u->domain)) {
	case SAME_WAIT:
		break;
	case SAME_YES:
		out->consent = CONSENT_OWN;
		break;
	case SAME_NO:
		ask_host(a, dns, req, u->domain, out);
		break;
	case SAME_UNKNOWN: /* a record of consent would do, too; that there is none would not */
		ask_host(a, dns, req, u->domain, out);
		if (out->consent == CONSENT_NONE) {
			out->consent = CONSENT_UNKNOWN;
			out->why = "whose the host is could not be found out";
		}
		break;
	}
}
