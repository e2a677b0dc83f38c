/*
 * Authentication-Results (RFC 8601): fields from outside that claim to be ours are removed, and our
 * own goes in on top.
 */
#include "auth/authres/authres.h"

#include <unistd.h>

#include "checks/checks.h"
#include "mail/domain.h"
#include "scan/report.h"

#define FIELD STR("Authentication-Results")
#define SHOWN_SIGS 10u /* DKIM signatures that get a result in the field */

static bool is_authserv_id(struct str v, char *why, size_t cap)
{
	bool ok = v.n <= DOMAIN_MAX;

	for (size_t i = 0; i < v.n; i++)
		ok = ok && (ch_alnum(v.p[i]) || v.p[i] == '-' || v.p[i] == '.' || v.p[i] == '_');
	if (!ok)
		snprintf(why, cap, "a host name of letters, digits, \"-\", \"_\" and \".\"");
	return ok;
}

static const struct conf_opt options[] = {
	{ .name = "auth.authserv_id",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_authserv_id,
	  .help = "our name in Authentication-Results (RFC 8601 2.5); empty: this host's name" },
	{ .name = "auth.strip",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "remove Authentication-Results fields from outside that claim our name" },
	{ .name = "auth.insert",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "add our own Authentication-Results field" },
	{ 0 },
};

struct authres_config {
	struct str id;
	bool strip, insert;
};

struct str authres_id(struct arena *a, const struct conf *c)
{
	struct str id = conf_str(c, "auth.authserv_id");
	char host[256] = "";

	if (id.n)
		return id;
	if (gethostname(host, sizeof host - 1) < 0 || !host[0])
		return STR("localhost");
	return arena_dup(a, str_c(host));
}

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct authres_config *k = ARENA_NEW(a, struct authres_config);

	(void)e;
	k->id = authres_id(a, c);
	k->strip = conf_bool(c, "auth.strip");
	k->insert = conf_bool(c, "auth.insert");
	*config = k;
	return 0;
}

/* ---- one method each ---- */

static void write_auth(struct scan *s, struct authres_writer *w)
{
	if (!s->client.auth_user.n)
		return;
	authres_method(w, "auth", "pass");
	authres_prop(w, "smtp", "auth", s->client.auth_user);
}

static void write_iprev(struct scan *s, struct authres_writer *w)
{
	const struct iprev_result *r = scan_result(s, &check_iprev);
	char ip[IP_TEXT_MAX];

	if (!r || r->code == AUTH_NONE || scan_outbound(s))
		return;
	authres_method(w, "iprev", auth_word(r->code));
	authres_prop(w, "policy", "iprev", str_c(ip_format(&s->client.ip, ip)));
}

static void write_mailfrom(struct scan *s, struct authres_writer *w, const struct spf_result *r)
{
	authres_method(w, "spf", auth_word(r->code));
	if (r->code == AUTH_PERMERROR || r->code == AUTH_TEMPERROR)
		authres_reason(w, r->reason);
	authres_prop(w, "smtp", "mailfrom",
		     s->mail_ok ? arena_printf(s->arena, "%.*s@%.*s", STR_ARG(s->mail.local),
					       STR_ARG(s->mail.domain))
				: s->mail_raw);
}

/* A null sender has the one result of its HELO name. */
static void write_spf(struct scan *s, struct authres_writer *w)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	if (!f || scan_outbound(s))
		return;
	if (!f->null_sender)
		write_mailfrom(s, w, &f->mailfrom);
	authres_method(w, "spf", auth_word(f->helo.code));
	authres_prop(w, "smtp", "helo", s->helo.p ? s->helo : STR(""));
}

static void write_dkim_sig(struct authres_writer *w, const struct dkim_sig *g)
{
	authres_method(w, "dkim", auth_word(g->result));
	if (g->reason.n)
		authres_reason(w, g->reason);
	if (g->domain.n)
		authres_prop(w, "header", "d", g->domain);
	if (g->identity.n)
		authres_prop(w, "header", "i", g->identity);
	if (g->selector.n)
		authres_prop(w, "header", "s", g->selector);
	if (g->algorithm)
		authres_prop(w, "header", "a", str_c(g->algorithm));
	if (g->b8.n)
		authres_prop(w, "header", "b", g->b8);
}

/* Those that pass, whatever stands above them, and as many of the others as there is room for. */
static void write_dkim(struct scan *s, struct authres_writer *w)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);
	size_t room = SHOWN_SIGS;

	if (!r)
		return;
	if (r->n == 0)
		authres_method(w, "dkim", "none");
	for (size_t i = 0; i < r->n; i++)
		room -= room > 0 && r->sig[i].result == AUTH_PASS;
	for (size_t i = 0; i < r->n; i++) {
		bool pass = r->sig[i].result == AUTH_PASS;

		if (pass || room > 0)
			write_dkim_sig(w, &r->sig[i]);
		room -= room > 0 && !pass;
	}
}

static void write_arc(struct scan *s, struct authres_writer *w)
{
	const struct arc_result *r = scan_result(s, &check_arc);
	char ip[IP_TEXT_MAX];

	if (!r || r->code == AUTH_NONE)
		return;
	authres_method(w, "arc", auth_word(r->code));
	if (r->reason.n)
		authres_reason(w, r->reason);
	if (r->code == AUTH_PASS)
		authres_prop(w, "header", "oldest-pass",
			     arena_printf(s->arena, "%d", r->oldest_pass));
	if (s->client.ip.family)
		authres_prop(w, "smtp", "remote-ip", str_c(ip_format(&s->client.ip, ip)));
}

static void write_dmarc(struct scan *s, struct authres_writer *w)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	if (!f)
		return;
	authres_method(w, "dmarc", auth_word(f->r.code));
	if (f->override != OVERRIDE_NONE)
		authres_reason(w,
			       arena_printf(s->arena, "overridden: trusted %s %.*s",
					    f->override == OVERRIDE_SEALER ? "sealer" : "forwarder",
					    STR_ARG(f->override_by)));
	else if (f->r.code != AUTH_PASS && f->r.code != AUTH_FAIL && f->r.reason.n)
		authres_reason(w, f->r.reason);
	if (f->r.policy_domain.n)
		authres_prop(w, "policy", "dmarc", str_c(dmarc_policy_word(f->r.policy)));
	if (f->r.from_domain.n)
		authres_prop(w, "header", "from", f->r.from_domain);
}

/* ---- the check ---- */

/* One that a limit kept out cannot be read, and so may claim anything. */
static bool forged(struct scan *s, const struct hdr *h, const void *arg)
{
	const struct str *id = arg;

	return str_ieq(h->name, FIELD) && (!h->raw.p || authres_claims(s->arena, h->value, *id));
}

static void insert(struct scan *s, struct str id)
{
	static void (*const method[])(struct scan *, struct authres_writer *) = {
		write_auth, write_iprev, write_spf, write_dkim, write_arc, write_dmarc,
	};
	struct authres_writer w;

	authres_begin(&w, s->arena, id);
	for (size_t i = 0; i < sizeof method / sizeof *method; i++)
		method[i](s, &w);
	s->verdict.authentication_results = authres_end(&w);
	scan_insert(s, 0, FIELD, s->verdict.authentication_results);
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct authres_config *k = config;
	struct str id = s->env->authserv_id.n ? s->env->authserv_id : k->id;

	(void)state;
	if (scan_passive(s))
		return CHECK_DONE;
	if (k->strip)
		scan_delete_where(s, forged, &id);
	if (k->insert)
		insert(s, id);
	scan_publish(s, &check_authres, k);
	return CHECK_DONE;
}

static const char *const needs[] = { "iprev", "spf", "dkim", "arc", "dmarc", NULL };

const struct check check_authres = {
	.abi = CHECK_ABI,
	.name = "authres",
	.help = "Authentication-Results (RFC 8601): forged ones out, ours in on top",
	.stage = SCAN_EOM,
	.needs = needs,
	.options = options,
	.setup = setup,
	.run = run,
};
