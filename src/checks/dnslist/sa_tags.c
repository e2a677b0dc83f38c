/* Values of the tags that SpamAssassin's templates name. */
#include "checks/checks.h"
#include "checks/dnslist/sa.h"
#include "checks/sa/header.h"

static void add(struct scan *s, sanet_strs *out, struct str v)
{
	v = str_trim(v);
	for (size_t i = 0; i < out->n; i++)
		if (str_ieq(out->p[i], v))
			return;
	if (v.n && out->n < SANET_MAX_EXPANDED)
		VEC_PUSH(s->arena, *out) = v;
}

static void add_lines(struct scan *s, sanet_strs *out, struct str spec)
{
	const struct view_lines *l = sa_lines(s, spec);

	for (size_t i = 0; i < l->n; i++)
		add(s, out, l->p[i].text);
}

static void author(struct scan *s, sanet_strs *out)
{
	add_lines(s, out, STR("From:addr:host"));
}

static void sender(struct scan *s, sanet_strs *out)
{
	add_lines(s, out, STR("EnvelopeFrom:first:addr:host"));
}

/* ---- DKIM: of every signature that is valid ---- */

static void dkim(struct scan *s, sanet_strs *out, int what)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	for (size_t i = 0; r && i < r->n; i++) {
		const struct dkim_sig *g = &r->sig[i];
		if (g->result == AUTH_PASS)
			add(s, out, what == 0 ? g->domain : what == 1 ? g->selector : g->identity);
	}
}

static void dkim_domain(struct scan *s, sanet_strs *out)
{
	dkim(s, out, 0);
}

static void dkim_selector(struct scan *s, sanet_strs *out)
{
	dkim(s, out, 1);
}

static void dkim_identity(struct scan *s, sanet_strs *out)
{
	dkim(s, out, 2);
}

/* ---- relays ---- */

static const struct view_relay *first_trusted(struct scan *s)
{
	struct sa_relays r = sa_relays(s, true);

	return r.n ? r.p[r.n - 1] : NULL;
}

static const struct view_relay *last_external(struct scan *s)
{
	size_t n = 0;
	const struct view_relay *r = s->view ? view_relays(s->view, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		if (!r[i].internal)
			return &r[i];
	return NULL;
}

static void trusted_ip(struct scan *s, sanet_strs *out)
{
	const struct view_relay *r = first_trusted(s);

	if (r)
		add(s, out, r->ip);
}

static void trusted_revip(struct scan *s, sanet_strs *out)
{
	const struct view_relay *r = first_trusted(s);

	if (r)
		add(s, out, view_ip_reverse(s->arena, r->ip));
}

static void external_ip(struct scan *s, sanet_strs *out)
{
	const struct view_relay *r = last_external(s);

	if (r)
		add(s, out, r->ip);
}

static void external_revip(struct scan *s, sanet_strs *out)
{
	const struct view_relay *r = last_external(s);

	if (r)
		add(s, out, view_ip_reverse(s->arena, r->ip));
}

static void external_rdns(struct scan *s, sanet_strs *out)
{
	const struct view_relay *r = last_external(s);

	if (r)
		add(s, out, r->rdns);
}

static void external_helo(struct scan *s, sanet_strs *out)
{
	const struct view_relay *r = last_external(s);

	if (r)
		add(s, out, r->helo);
}

static void relays_trusted(struct scan *s, sanet_strs *out)
{
	add(s, out, sa_text(s, "X-Spam-Relays-Trusted"));
}

static void relays_untrusted(struct scan *s, sanet_strs *out)
{
	add(s, out, sa_text(s, "X-Spam-Relays-Untrusted"));
}

static void relays_internal(struct scan *s, sanet_strs *out)
{
	add(s, out, sa_text(s, "X-Spam-Relays-Internal"));
}

static void relays_external(struct scan *s, sanet_strs *out)
{
	add(s, out, sa_text(s, "X-Spam-Relays-External"));
}

/* ---- links ---- */

static void uris(struct scan *s, sanet_strs *out, bool domains)
{
	size_t n = 0;
	const struct view_uri *u = s->view ? view_uri_details(s->view, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; !str_istarts(u[i].raw, STR("mailto:")) && k < u[i].nhosts; k++) {
			const struct view_uri_host *h = &u[i].hosts[k];
			struct str list = STR("uridnsbl_skip_domain");
			if (!lists_has(s->lists, list, h->host, NULL, NULL) &&
			    !lists_has(s->lists, list, h->domain, NULL, NULL))
				add(s, out, domains ? h->domain : h->host);
		}
}

static void uri_hosts(struct scan *s, sanet_strs *out)
{
	uris(s, out, false);
}

static void uri_domains(struct scan *s, sanet_strs *out)
{
	uris(s, out, true);
}

static const struct {
	const char *name;
	void (*get)(struct scan *s, sanet_strs *out);
	bool early; /* known when the headers are */
} tags[] = {
	{ "AUTHORDOMAIN", author, true },
	{ "SENDERDOMAIN", sender, true },
	{ "DKIMDOMAIN", dkim_domain, false },
	{ "DKIMSELECTOR", dkim_selector, false },
	{ "DKIMIDENTITY", dkim_identity, false },
	{ "FIRSTTRUSTEDIP", trusted_ip, true },
	{ "FIRSTTRUSTEDREVIP", trusted_revip, true },
	{ "LASTEXTERNALIP", external_ip, true },
	{ "LASTEXTERNALREVIP", external_revip, true },
	{ "LASTEXTERNALRDNS", external_rdns, true },
	{ "LASTEXTERNALHELO", external_helo, true },
	{ "RELAYSTRUSTED", relays_trusted, true },
	{ "RELAYSUNTRUSTED", relays_untrusted, true },
	{ "RELAYSINTERNAL", relays_internal, true },
	{ "RELAYSEXTERNAL", relays_external, true },
	{ "URIHOSTS", uri_hosts, false },
	{ "URIDOMAINS", uri_domains, false },
};

/* HEADER(Name:addr): what a header rule sees. */
static bool header_spec(struct str tag, struct str *spec)
{
	if (!str_starts(tag, STR("HEADER(")) || tag.p[tag.n - 1] != ')')
		return false;
	*spec = str_sub(tag, 7, tag.n - 8);
	return spec->n > 0;
}

bool sanet_tag(struct scan *s, struct str tag, sanet_strs *out)
{
	struct str spec;

	if (header_spec(tag, &spec)) {
		add_lines(s, out, spec);
		return true;
	}
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (str_ieq(tag, str_c(tags[i].name))) {
			tags[i].get(s, out);
			return true;
		}
	return false;
}

bool sanet_tag_early(struct str tag)
{
	struct str spec;

	if (header_spec(tag, &spec))
		return true;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (str_ieq(tag, str_c(tags[i].name)))
			return tags[i].early;
	return false;
}
