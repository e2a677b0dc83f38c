/*
 * DMARC over a zone made up from the input: the same result however the answers come, in two round
 * trips at most, and no pass that a plain second reading of RFC 9989 4.10.2 does not give.
 */
#include <stdlib.h>

#include "auth/dmarc/dmarc.h"
#include "lib/zone.h"
#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MAX_DKIM 12u
#define ARRIVE_STEP 7u /* answers that come together, the last asked first */

static const char *const names[] = {
	"com",
	"ex.com",
	"a.ex.com",
	"b.a.ex.com",
	"c.b.a.ex.com",
	"d.ex.com",
	"evil.com",
	"a.evil.com",
	"net",
	"ex.net",
	"6.7.ex.com",
	"2.3.4.5.6.7.ex.com",
	"1.2.3.4.5.6.7.ex.com",
	"0.1.2.3.4.5.6.7.ex.com",
	"x.1.2.3.4.5.6.7.ex.com",
	"x.2.3.4.5.6.7.ex.com",
};

static const char *const records[] = {
	"v=DMARC1; p=reject",
	"v=DMARC1; p=none; sp=reject; np=quarantine",
	"v=DMARC1; p=reject; psd=y",
	"v=DMARC1; p=reject; psd=n",
	"v=DMARC1; p=reject; adkim=s",
	"v=DMARC1; p=reject; aspf=s",
	"v=DMARC1",
	"v=DMARC1; psd=n",
	"v=DMARC1; psd=y",
	"v=DMARC1; p=oops; rua=mailto:a@b",
	"v=dmarc1; p=none",
	"v=spf1 +all",
	"v=DMARC1; np=none; p=reject; psd=u",
};

enum script { SCRIPT_EXISTS = COUNT(records), SCRIPT_FAULT, SCRIPT_FAULT_A, SCRIPT_END };

/* What was written under a name, for the second reading. */
struct place {
	size_t n; /* records */
	struct dmarc_record rec;
	bool failed;
};

struct input {
	const uint8_t *p;
	size_t n;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static size_t draw(struct input *in, size_t below)
{
	size_t v;

	if (!in->n)
		return 0;
	v = *in->p % below;
	in->p++;
	in->n--;
	return v;
}

static void add_record(struct arena *a, struct zone *z, size_t name, const char *txt,
		       struct place *at)
{
	struct dmarc_record rec;
	struct str why, owner = arena_printf(a, "_dmarc.%s", names[name]);

	zone_add(z, owner, DNS_TXT, str_c(txt));
	if (!dmarc_record_parse(a, str_c(txt), &rec, &why) && !why.p)
		return;
	at->n++;
	at->rec = rec;
}

static void make_zone(struct arena *a, struct input *in, struct zone *z, struct place *at)
{
	static const enum zone_fault faults[] = { ZONE_SERVFAIL, ZONE_TIMEOUT, ZONE_BOGUS,
						  ZONE_GARBAGE };
	size_t lines = draw(in, 24);

	for (size_t i = 0; i < lines; i++) {
		size_t name = draw(in, COUNT(names)), what = draw(in, SCRIPT_END);

		if (what < COUNT(records)) {
			add_record(a, z, name, records[what], &at[name]);
		} else if (what == SCRIPT_EXISTS) {
			zone_add(z, str_c(names[name]), DNS_A, STR("\xc0\x00\x02\x01"));
		} else if (what == SCRIPT_FAULT_A) {
			zone_fault(z, str_c(names[name]), DNS_A, ZONE_SERVFAIL);
		} else {
			zone_fault(z, arena_printf(a, "_dmarc.%s", names[name]), DNS_TXT,
				   faults[draw(in, COUNT(faults))]);
			at[name].failed = true;
		}
	}
}

static const struct place *place_of(const struct place *at, struct str domain)
{
	static const struct place nowhere = { 0 };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq(str_c(names[i]), domain))
			return &at[i];
	return &nowhere;
}

/* RFC 9989 4.10.2, read slowly; absent: a name of the walk could not be asked for. */
static struct str organisation(const struct place *at, struct str domain)
{
	size_t labels = domain_labels(domain);
	struct str best = domain;

	for (size_t k = labels; k >= 1; k--) {
		struct str name = domain_last(domain, k);
		const struct place *p = place_of(at, name);

		if (k > 7 && k < labels)
			continue;
		if (p->failed)
			return STR_NULL;
		if (p->n != 1)
			continue;
		if (p->rec.psd == 'y' && k < labels)
			return domain_last(domain, k + 1);
		best = name;
		if (p->rec.psd != 'u')
			return best;
	}
	return best;
}

static bool may_align(const struct place *at, struct str domain, struct str from, bool strict)
{
	struct str x = organisation(at, domain), y = organisation(at, from);

	return str_eq(domain, from) || (!strict && x.p && y.p && str_eq(x, y));
}

static void check_pass(const struct place *at, const struct dmarc_request *req,
		       const struct dmarc_result *r)
{
	bool dkim = false;

	must(r->policy_domain.n && domain_within(req->from_domain, r->policy_domain));
	must(place_of(at, r->policy_domain)->n == 1 && !place_of(at, r->policy_domain)->failed);
	for (size_t i = 0; i < req->ndkim; i++)
		if (!req->dkim[i].temperror &&
		    may_align(at, req->dkim[i].domain, req->from_domain, r->record.strict_dkim))
			dkim = true;
	must(!r->dkim_aligned || dkim);
	must(!r->spf_aligned ||
	     (!req->spf_temperror &&
	      may_align(at, req->spf_domain, req->from_domain, r->record.strict_spf)));
	must(r->spf_aligned || r->dkim_aligned);
}

/* A fail is one, and the organisational domain is the one of the second reading. */
static void check_fail(const struct place *at, const struct dmarc_request *req,
		       const struct dmarc_result *r)
{
	if (r->code != AUTH_FAIL)
		return;
	must(req->spf_temperror || !req->spf_domain.n ||
	     !may_align(at, req->spf_domain, req->from_domain, r->record.strict_spf));
	for (size_t i = 0; i < req->ndkim && req->ndkim < DMARC_MAX_WALKS; i++)
		must(req->dkim[i].temperror ||
		     !may_align(at, req->dkim[i].domain, req->from_domain, r->record.strict_dkim));
}

/* RFC 9989 4.10.1: which record applies, if it could all be asked for. */
static void check_discovery(const struct place *at, const struct dmarc_result *r)
{
	struct str org = organisation(at, r->from_domain);
	const struct place *own = place_of(at, r->from_domain);

	must(str_eq(r->org_domain, org));
	if (own->failed || (!org.p && own->n != 1))
		must(r->code == AUTH_TEMPERROR && !r->policy_domain.p);
	else if (own->n == 1)
		must(!r->policy_domain.p || str_eq(r->policy_domain, r->from_domain));
	else if (place_of(at, org)->n == 1)
		must(!r->policy_domain.p || str_eq(r->policy_domain, org));
	else if (r->policy_domain.p)
		must(r->record.psd == 'y' &&
		     domain_labels(r->policy_domain) + 1 == domain_labels(org));
	must(r->code != AUTH_NONE || !r->policy_domain.p);
	must(r->policy_domain.p || r->code == AUTH_NONE || r->code == AUTH_TEMPERROR);
}

static void same(const struct dmarc_result *x, const struct dmarc_result *y)
{
	must(x->code == y->code && x->policy == y->policy && x->policy_tag == y->policy_tag);
	must(str_eq(x->org_domain, y->org_domain) && str_eq(x->policy_domain, y->policy_domain));
	must(str_eq(x->reason, y->reason));
	must(x->spf_aligned == y->spf_aligned && x->dkim_aligned == y->dkim_aligned);
}

static void run(struct arena *a, struct zone *z, const struct dmarc_request *req,
		struct dmarc_result *now)
{
	struct dmarc_result later;
	struct dns *dns;

	must(dmarc_eval(a, zone_dns(z, ZONE_NOW), req, now) == AUTH_DONE);
	dns = zone_dns(z, ZONE_ROUNDS);
	while (dmarc_eval(a, dns, req, &later) == AUTH_WAIT)
		must(zone_round(z));
	must(zone_rounds(z) <= 2);
	same(now, &later);
	dns = zone_dns(z, ZONE_ROUNDS);
	while (dmarc_eval(a, dns, req, &later) == AUTH_WAIT)
		for (size_t i = 0; i < ARRIVE_STEP && zone_waiting(z); i++)
			zone_arrive(z, zone_waiting(z) - 1);
	same(now, &later);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct zone *z = zone_new();
	struct input in = { data, size };
	struct place at[COUNT(names)] = { 0 };
	struct dmarc_dkim dkim[MAX_DKIM];
	struct dmarc_request req = { .dkim = dkim };
	struct dmarc_result res;

	req.from_domain = str_c(names[draw(&in, COUNT(names))]);
	if (draw(&in, 2))
		req.spf_domain = str_c(names[draw(&in, COUNT(names))]);
	req.spf_temperror = draw(&in, 4) == 1;
	req.ndkim = draw(&in, MAX_DKIM + 1);
	for (size_t i = 0; i < req.ndkim; i++)
		dkim[i] = (struct dmarc_dkim){ .domain = str_c(names[draw(&in, COUNT(names))]),
					       .temperror = draw(&in, 4) == 1 };
	make_zone(a, &in, z, at);
	run(a, z, &req, &res);
	if (res.code == AUTH_PASS)
		check_pass(at, &req, &res);
	else
		must(!res.spf_aligned && !res.dkim_aligned && res.reason.n);
	check_fail(at, &req, &res);
	check_discovery(at, &res);
	zone_free(z);
	arena_free(a);
	return 0;
}
