/* DMARC evaluation: discovery, policy, alignment, result (RFC 9989 4.10 and 5.3). */
#include "auth/dmarc/walk.h"
#include "base/err.h"
#include "mail/domain.h"

/* The author domain and the identifiers share at least this many labels if walks are to be asked
 * ahead: only "com" in common would need a record of the TLD to align. */
#define AHEAD_LABELS 2u
/* A domain of that many labels most likely inherits its policy, so whether it exists is asked
 * ahead. */
#define SUBDOMAIN_LABELS 3u

enum aligned { ALIGNED_NO, ALIGNED_YES, ALIGNED_UNDECIDED };

struct eval {
	struct arena *arena;
	struct dns *dns;
	const struct dmarc_request *req;
	struct dmarc_result *res;
	struct dmarc_walk author;      /* DMARC_RFC9989 */
	const struct dmarc_node *node; /* the record that applies */
	struct dmarc_node psl[2];      /* DMARC_PSL: author domain, organisational domain */
	struct str org;		       /* an identifier that is not within it does not align */
	bool org_known;
	bool waiting;	    /* something was asked for that is not here */
	bool exist_unknown; /* whether the author domain exists could not be found out */
	size_t nwalk;
	struct str walked[DMARC_MAX_WALKS];
};

static const struct dns_answer *ask_exists(struct dns *dns, struct str domain, struct arena *a)
{
	return dns_ask(dns, arena_cstr(a, domain), DNS_A);
}

/* RFC 7489 3.2: what is no registered name is its own organisational domain. */
static struct str psl_org(const struct psl *psl, struct str domain)
{
	struct str org = psl_registrable(psl, domain);

	return org.p ? org : domain;
}

void dmarc_prefetch(struct arena *a, struct dns *dns, struct str domain, enum dmarc_method method,
		    const struct psl *psl)
{
	if (method == DMARC_PSL) {
		dmarc_node_read(a, dns, domain);
		dmarc_node_read(a, dns, psl_org(psl, domain));
	} else {
		dmarc_walk_ask(dns, domain);
	}
	if (domain_labels(domain) >= SUBDOMAIN_LABELS)
		ask_exists(dns, domain, a);
}

static size_t common_labels(struct str x, struct str y)
{
	size_t n = 0,
	       max = domain_labels(x) < domain_labels(y) ? domain_labels(x) : domain_labels(y);

	while (n < max && str_eq(domain_last(x, n + 1), domain_last(y, n + 1)))
		n++;
	return n;
}

/* Walks of identifiers that look like the author's, so that they cost no round trip of their own.
 */
static void ask_ahead(const struct eval *e)
{
	struct str from = e->req->from_domain, spf = e->req->spf_domain;
	size_t left = DMARC_MAX_WALKS;

	if (domain_labels(from) >= SUBDOMAIN_LABELS)
		ask_exists(e->dns, from, e->arena);
	if (e->req->method == DMARC_PSL)
		return;
	if (spf.p && common_labels(spf, from) >= AHEAD_LABELS) {
		dmarc_walk_ask(e->dns, spf);
		left--;
	}
	for (size_t i = 0; i < e->req->ndkim && left; i++) {
		struct str d = e->req->dkim[i].domain;
		if (str_eq(d, spf) || common_labels(d, from) < AHEAD_LABELS)
			continue;
		dmarc_walk_ask(e->dns, d);
		left--;
	}
}

static enum auth_result say(struct eval *e, enum auth_result code, struct str reason)
{
	e->res->code = code;
	e->res->reason = reason;
	return code;
}

static struct str failed_at(const struct eval *e, struct str domain)
{
	return arena_printf(e->arena, "no answer for _dmarc.%.*s", STR_ARG(domain));
}

/* AUTH_PASS: a record was found, e->node. Anything else is the end, and already in the result. */
static enum auth_result take_node(struct eval *e, const struct dmarc_node *node)
{
	if (!node->usable)
		return say(e, AUTH_NONE, node->reason);
	e->node = node;
	e->res->policy_domain = node->domain;
	e->res->record = node->record;
	return AUTH_PASS;
}

static const struct dmarc_node *node_of(const struct dmarc_walk *w, struct str domain)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->node[i].domain, domain) && w->node[i].at == DMARC_AT_RECORD)
			return &w->node[i];
	return NULL;
}

static struct str why_none(const struct dmarc_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->node[i].at == DMARC_AT_MANY)
			return STR("several DMARC records at one name");
	return STR("no DMARC record");
}

/* RFC 9989 4.10.1: the author domain's record, that of its organisational domain, that of the PSD.
 */
static enum auth_result discover_by_walk(struct eval *e)
{
	struct dmarc_walk *w = &e->author;
	const struct dmarc_node *org;

	dmarc_walk_run(e->arena, e->dns, e->req->from_domain, w);
	if (w->wait) {
		e->waiting = true;
		return AUTH_NONE;
	}
	e->org = w->org;
	e->org_known = !w->failed;
	e->res->org_domain = w->failed ? STR_NULL : w->org;
	if (w->node[0].at == DMARC_AT_RECORD)
		return take_node(e, &w->node[0]);
	if (w->failed)
		return say(e, AUTH_TEMPERROR, failed_at(e, w->failed->domain));
	org = node_of(w, w->org);
	if (!org)
		org = w->psd;
	return org ? take_node(e, org) : say(e, AUTH_NONE, why_none(w));
}

/* RFC 7489 6.6.3: the author domain's record, or that of the registered domain. */
static enum auth_result discover_by_list(struct eval *e)
{
	struct str from = e->req->from_domain;

	e->org = psl_org(e->req->psl, from);
	e->org_known = true;
	e->res->org_domain = e->org;
	e->psl[0] = dmarc_node_read(e->arena, e->dns, from);
	e->psl[1] = dmarc_node_read(e->arena, e->dns, e->org);
	for (size_t i = 0; i < 2; i++) {
		const struct dmarc_node *node = &e->psl[i];
		switch (node->at) {
		case DMARC_AT_WAIT:
			e->waiting = true;
			return AUTH_NONE;
		case DMARC_AT_FAILED:
			return say(e, AUTH_TEMPERROR, failed_at(e, node->domain));
		case DMARC_AT_MANY:
			return say(e, AUTH_NONE, STR("several DMARC records at one name"));
		case DMARC_AT_RECORD:
			return take_node(e, node);
		case DMARC_AT_NONE:
			break;
		}
	}
	return say(e, AUTH_NONE, STR("no DMARC record"));
}

/* RFC 9989 3.2.9, A.4: NXDOMAIN, and nothing else, means that it does not exist. */
static bool author_exists(struct eval *e)
{
	const struct dns_answer *ans = ask_exists(e->dns, e->req->from_domain, e->arena);

	if (!ans) {
		e->waiting = true;
		return true;
	}
	e->exist_unknown = ans->status == DNS_TEMPFAIL || ans->status == DNS_BOGUS;
	return ans->status != DNS_NXDOMAIN;
}

/* p at the author domain itself; what is inherited is np or sp where they are, or else p. */
static void choose_policy(struct eval *e)
{
	const struct dmarc_record *rec = &e->node->record;
	struct dmarc_result *res = e->res;

	res->policy = rec->p;
	res->policy_tag = "p";
	if (str_eq(e->node->domain, e->req->from_domain))
		return;
	if (rec->has_sp) {
		res->policy = rec->sp;
		res->policy_tag = "sp";
	}
	if (rec->has_np && !author_exists(e)) {
		res->policy = rec->np;
		res->policy_tag = "np";
	}
}

/* A walk of its own for this identifier, if the limit allows; false: no more walks. */
static bool may_walk(struct eval *e, struct str domain)
{
	for (size_t i = 0; i < e->nwalk; i++)
		if (str_eq(e->walked[i], domain))
			return true;
	if (e->nwalk == DMARC_MAX_WALKS)
		return false;
	e->walked[e->nwalk++] = domain;
	return true;
}

/*
 * RFC 9989 4.10.2. An identifier's organisational domain is itself or above it, so one that is not
 * within the author's cannot have the same, whatever its own DNS says or fails to say.
 */
static enum aligned align_by_walk(struct eval *e, struct str domain)
{
	struct dmarc_walk w;

	if (!domain_within(domain, e->org))
		return ALIGNED_NO;
	if (!e->org_known)
		return ALIGNED_UNDECIDED;
	if (!str_eq(domain, e->org) && !may_walk(e, domain))
		return ALIGNED_NO;
	dmarc_walk_run(e->arena, e->dns, domain, &w);
	if (w.wait) {
		e->waiting = true;
		return ALIGNED_UNDECIDED;
	}
	if (w.failed)
		return domain_within(e->org, w.org) ? ALIGNED_UNDECIDED : ALIGNED_NO;
	return str_eq(w.org, e->org) ? ALIGNED_YES : ALIGNED_NO;
}

static enum aligned align(struct eval *e, struct str domain, bool strict)
{
	if (!domain.n)
		return ALIGNED_NO;
	if (str_eq(domain, e->req->from_domain))
		return ALIGNED_YES;
	if (strict)
		return ALIGNED_NO;
	if (e->req->method == DMARC_RFC9989)
		return align_by_walk(e, domain);
	return str_eq(psl_registrable(e->req->psl, domain), e->org) ? ALIGNED_YES : ALIGNED_NO;
}

/* One identifier: passed and aligned, or its lack of a decision noted in *undecided. */
static bool identify(struct eval *e, struct str domain, bool strict, bool temperror,
		     bool *undecided)
{
	enum aligned al = align(e, domain, strict);

	if (al == ALIGNED_UNDECIDED || (al == ALIGNED_YES && temperror))
		*undecided = true;
	return al == ALIGNED_YES && !temperror;
}

/* RFC 9989 5.3.5, 5.3.6. */
static void decide(struct eval *e)
{
	const struct dmarc_request *req = e->req;
	const struct dmarc_record *rec = &e->node->record;
	struct dmarc_result *res = e->res;
	bool undecided = false;

	res->spf_aligned =
		identify(e, req->spf_domain, rec->strict_spf, req->spf_temperror, &undecided);
	for (size_t i = 0; i < req->ndkim; i++)
		if (identify(e, req->dkim[i].domain, rec->strict_dkim, req->dkim[i].temperror,
			     &undecided))
			res->dkim_aligned = true;
	if (res->spf_aligned || res->dkim_aligned)
		say(e, AUTH_PASS, STR_NULL);
	else if (undecided)
		say(e, AUTH_TEMPERROR, STR("an identifier could not be decided"));
	else if (e->exist_unknown)
		say(e, AUTH_TEMPERROR, STR("could not find out whether the author domain exists"));
	else
		say(e, AUTH_FAIL, STR("no aligned identifier passed"));
}

enum auth_step dmarc_eval(struct arena *a, struct dns *dns, const struct dmarc_request *req,
			  struct dmarc_result *res)
{
	struct eval e = { .arena = a, .dns = dns, .req = req, .res = res };
	enum auth_result found;

	*res = (struct dmarc_result){ .from_domain = req->from_domain };
	if (req->method == DMARC_PSL && !req->psl)
		bug("dmarc: no public suffix list");
	ask_ahead(&e);
	found = req->method == DMARC_PSL ? discover_by_list(&e) : discover_by_walk(&e);
	if (e.waiting)
		return AUTH_WAIT;
	if (found != AUTH_PASS)
		return AUTH_DONE;
	choose_policy(&e);
	decide(&e);
	return e.waiting ? AUTH_WAIT : AUTH_DONE;
}

enum dmarc_policy dmarc_asked_for(const struct dmarc_result *res)
{
	if (res->code != AUTH_FAIL)
		return DMARC_P_NONE;
	if (!res->record.testing)
		return res->policy;
	return res->policy == DMARC_P_REJECT ? DMARC_P_QUARANTINE : DMARC_P_NONE;
}
