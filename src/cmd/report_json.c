/* Reports about our mail, as JSON. */
#include "cmd/remembered.h"
#include "cmd/report_show.h"
#include "scan/report.h"

static void set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *ip_json(const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return ip->family ? json_string(ip_format(ip, text)) : json_null();
}

static const char *disposition(enum dmarc_policy p)
{
	static const char *const words[] = { "none", "quarantine", "reject" };

	return words[p];
}

static const char *kind_word(enum report_kind k)
{
	static const char *const words[] = { "none", "dmarc", "tls", "abuse", "failure" };

	return words[k];
}

static json_t *dkim_json(const struct report_dkim *d, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		set(o, "domain", report_str(d[i].domain));
		set(o, "selector", report_str(d[i].selector));
		set(o, "result", report_str(d[i].result));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *spf_json(struct str domain, struct str result)
{
	json_t *o;

	if (!result.n && !domain.n)
		return json_null();
	o = json_object();
	set(o, "domain", report_str(domain));
	set(o, "result", report_str(result));
	return o;
}

/* ---- a report ---- */

static json_t *row_json(const struct report_row *r)
{
	json_t *o = json_object();

	set(o, "source", ip_json(&r->source));
	set(o, "count", number(r->count));
	set(o, "disposition",
	    json_string(r->pass_disposition ? "pass" : disposition(r->disposition)));
	set(o, "dkim_aligned", json_boolean(r->dkim_aligned));
	set(o, "spf_aligned", json_boolean(r->spf_aligned));
	set(o, "override", report_str(r->override_type));
	set(o, "comment", report_str(r->override_comment));
	set(o, "header_from", report_str(r->header_from));
	set(o, "envelope_from", report_str(r->envelope_from));
	set(o, "envelope_to", report_str(r->envelope_to));
	set(o, "dkim", dkim_json(r->dkim, r->ndkim));
	set(o, "spf", spf_json(r->spf_domain, r->spf_result));
	return o;
}

static void add_policy(json_t *o, const struct report *r)
{
	json_t *p = json_object();

	set(p, "domain", report_str(r->domain));
	set(p, "p", report_str(r->p));
	set(p, "sp", report_str(r->sp));
	set(p, "np", report_str(r->np));
	set(p, "adkim", report_str(r->adkim));
	set(p, "aspf", report_str(r->aspf));
	set(p, "fo", report_str(r->fo));
	set(p, "testing", report_str(r->testing));
	set(p, "discovery", report_str(r->discovery));
	set(o, "policy", p);
}

static void add_dmarc(struct arena *a, json_t *o, const struct report_read *all)
{
	const struct report *r = &all->dmarc;
	json_t *rows = json_array(), *errors = json_array();

	set(o, "form", json_string(all->old ? "RFC 7489" : "RFC 9990"));
	set(o, "reporter", report_str(r->org));
	set(o, "contact", report_str(r->email));
	set(o, "extra_contact", report_str(r->contact));
	set(o, "id", report_str(r->id));
	set(o, "begin", report_str(remembered_time(a, r->begin * 1000)));
	set(o, "end", report_str(remembered_time(a, r->end * 1000)));
	set(o, "generator", report_str(r->generator));
	for (size_t i = 0; i < r->errors.n; i++)
		json_array_append_new(errors, report_str(r->errors.p[i]));
	set(o, "errors", errors);
	add_policy(o, r);
	for (size_t i = 0; i < r->nrows; i++)
		json_array_append_new(rows, row_json(&r->row[i]));
	set(o, "rows", rows);
}

static json_t *tls_json(const struct report_tls *t)
{
	json_t *o = json_object(), *all = json_array();

	set(o, "domain", report_str(t->domain));
	set(o, "policy", report_str(t->type));
	set(o, "pass", number(t->good));
	set(o, "fail", number(t->bad));
	for (size_t i = 0; i < t->failures.n; i++) {
		json_t *f = json_object();

		set(f, "what", report_str(t->failures.p[i].type));
		set(f, "mx", report_str(t->failures.p[i].mx));
		set(f, "source", report_str(t->failures.p[i].source));
		set(f, "count", number(t->failures.p[i].count));
		json_array_append_new(all, f);
	}
	set(o, "failing", all);
	return o;
}

static void add_tls(struct arena *a, json_t *o, const struct report_read *r)
{
	json_t *all = json_array();

	set(o, "reporter", report_str(r->tls_org));
	set(o, "contact", report_str(r->tls_contact));
	set(o, "id", report_str(r->tls_id));
	set(o, "begin", report_str(remembered_time(a, r->tls_begin * 1000)));
	set(o, "end", report_str(remembered_time(a, r->tls_end * 1000)));
	for (size_t i = 0; i < r->tls.n; i++)
		json_array_append_new(all, tls_json(&r->tls.p[i]));
	set(o, "policies", all);
}

static void add_abuse(struct arena *a, json_t *o, const struct report_abuse *r)
{
	set(o, "what", report_str(r->feedback_type));
	set(o, "source", report_str(r->source_ip));
	set(o, "agent", report_str(r->user_agent));
	set(o, "arrival", report_str(r->arrival));
	set(o, "mail_from", report_str(r->from));
	set(o, "rcpt_to", report_str(r->rcpt));
	set(o, "domain", report_str(r->reported_domain));
	set(o, "authentication_results", report_str(r->auth_results));
	set(o, "auth_failure", report_str(r->auth_failure));
	set(o, "message_id", report_str(report_original(a, r, "Message-ID")));
	set(o, "header_from", report_str(report_original(a, r, "From")));
	set(o, "subject", report_str(report_original(a, r, "Subject")));
}

json_t *report_show_json(struct arena *a, struct str file, const struct report_read *r)
{
	json_t *o = json_object();

	set(o, "file", report_str(file));
	set(o, "kind", report_word(r->kind ? kind_word(r->kind) : NULL));
	set(o, "fault", report_str(r->fault));
	if (r->kind == REPORT_DMARC)
		add_dmarc(a, o, r);
	else if (r->kind == REPORT_TLS)
		add_tls(a, o, r);
	else if (r->kind != REPORT_NOTHING)
		add_abuse(a, o, &r->abuse);
	return o;
}

/* ---- the summary ---- */

static json_t *reporters_json(struct str list)
{
	json_t *all = json_array();

	while (list.p)
		json_array_append_new(all, report_str(str_trim(str_cut(&list, ','))));
	return all;
}

static void add_dmarc_facts(json_t *o, const struct sum_group *g)
{
	set(o, "header_from", report_str(g->header_from));
	set(o, "dkim_aligned", json_boolean(g->dkim_aligned));
	set(o, "spf_aligned", json_boolean(g->spf_aligned));
	set(o, "disposition", json_string(disposition(g->disposition)));
	set(o, "override", report_str(g->override));
	set(o, "dkim", dkim_json(g->dkim, g->ndkim));
	set(o, "spf", spf_json(g->spf_domain, g->spf_result));
}

static json_t *line_json(struct arena *a, enum report_kind kind, const struct summary_line *l)
{
	const struct sum_group *g = &l->group;
	struct str why = report_why(a, g);
	json_t *o = json_object();

	set(o, "source", ip_json(&g->source));
	set(o, "rest", json_boolean(g->rest));
	set(o, "count", number(g->count));
	set(o, "why", why.n ? report_str(why) : json_null());
	if (kind == REPORT_DMARC) {
		add_dmarc_facts(o, g);
	} else {
		set(o, "what", report_str(g->what));
		set(o, kind == REPORT_TLS ? "mx" : "user", report_str(g->mx));
	}
	set(o, "reporters", reporters_json(l->reporters));
	set(o, "reports", number(l->reports));
	set(o, "unverified", number(l->unverified));
	return o;
}

static json_t *domain_json(struct arena *a, const struct summary_domain *d)
{
	json_t *o = json_object(), *failing = json_array(), *passing = json_array();
	uint64_t all = d->good + d->bad;

	set(o, "domain", report_str(d->domain));
	set(o, "kind", json_string(kind_word(d->kind)));
	set(o, "policy", report_str(d->policy));
	set(o, "pass", number(d->good));
	set(o, "fail", number(d->bad));
	set(o, "pass_rate", all ? json_real((double)d->good / (double)all) : json_null());
	set(o, "reports", number(d->reports));
	set(o, "unverified", number(d->unverified));
	set(o, "reporters", number(d->nreporters));
	for (size_t i = 0; i < d->line.n; i++)
		json_array_append_new(summary_passes(&d->line.p[i]) ? passing : failing,
				      line_json(a, d->kind, &d->line.p[i]));
	set(o, "failing", failing);
	set(o, "passing", passing);
	return o;
}

json_t *report_summary_json(struct arena *a, const struct summary *s)
{
	json_t *o = json_object(), *all = json_array();

	set(o, "from", report_str(remembered_time(a, s->from * 1000)));
	set(o, "to", report_str(remembered_time(a, s->to * 1000)));
	set(o, "reports", number(s->reports));
	set(o, "cut", json_boolean(s->cut));
	for (size_t i = 0; i < s->domain.n; i++)
		json_array_append_new(all, domain_json(a, &s->domain.p[i]));
	set(o, "domains", all);
	return o;
}
