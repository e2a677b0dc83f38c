/*
 * Who may override a DMARC failure.
 *
 * A sealer is believed only when the chain is whole (arc=pass), its newest signature covers From,
 * every seal of it is by a domain on the list, and the first of them recorded one DMARC result, a
 * pass for the very author domain. Any sealer can assert anything, so one that is not on the list
 * spoils the chain.
 */
#include "checks/dmarc_trust.h"

#include "auth/authres/authres.h"
#include "mail/domain.h"

static bool listed(const struct str *list, size_t n, struct str domain)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(list[i], domain))
			return true;
	return false;
}

/* The one author that a result is about; absent if it names none or several. */
static struct str author_of(const struct authres_method *m)
{
	struct str author = STR_NULL;
	size_t n = 0;

	for (size_t i = 0; i < m->nprop; i++) {
		if (!str_eq(m->prop[i].ptype, STR("header")) ||
		    !str_eq(m->prop[i].prop, STR("from")))
			continue;
		author = m->prop[i].value;
		n++;
	}
	return n == 1 ? author : STR_NULL;
}

/* It has one DMARC result, and that is a pass of this author. */
static bool records_pass(struct arena *a, struct str aar, struct str from_domain)
{
	const struct authres_method *dmarc = NULL;
	struct authres r;

	if (!authres_parse(a, aar, &r))
		return false;
	for (size_t i = 0; i < r.n; i++) {
		if (!str_eq(r.method[i].method, STR("dmarc")))
			continue;
		if (dmarc)
			return false;
		dmarc = &r.method[i];
	}
	return dmarc && str_eq(dmarc->result, STR("pass")) &&
	       str_ieq(author_of(dmarc), from_domain);
}

static bool sealers_trusted(struct scan *s, const struct dmarc_options *k, struct str *by)
{
	const struct arc_result *arc = scan_result(s, &check_arc);

	if (!arc || arc->code != AUTH_PASS || arc->n == 0 || k->nsealers == 0 || !s->from.domain.n)
		return false;
	if (!arc->set[arc->n - 1].from_signed)
		return false;
	for (size_t i = 0; i < arc->n; i++)
		if (!listed(k->sealers, k->nsealers, arc->set[i].sealer))
			return false;
	if (!records_pass(s->arena, arc->set[0].aar, s->from.domain))
		return false;
	*by = arc->set[0].sealer;
	return true;
}

static bool forwarder_trusted(struct scan *s, const struct dmarc_options *k, struct str *by)
{
	const struct iprev_result *rev = scan_result(s, &check_iprev);
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < k->nforwarder_nets; i++)
		if (cidr_has(&k->forwarder_nets[i], &s->client.ip)) {
			*by = arena_dup(s->arena, str_c(ip_format(&s->client.ip, text)));
			return true;
		}
	for (size_t i = 0; rev && rev->code == AUTH_PASS && i < k->nforwarder_names; i++)
		if (domain_within(rev->name, k->forwarder_names[i])) {
			*by = rev->name;
			return true;
		}
	return false;
}

void dmarc_trust(struct scan *s, const struct dmarc_options *k, struct dmarc_facts *f)
{
	if (sealers_trusted(s, k, &f->override_by))
		f->override = OVERRIDE_SEALER;
	else if (forwarder_trusted(s, k, &f->override_by))
		f->override = OVERRIDE_FORWARDER;
}
