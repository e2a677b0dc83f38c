/* What rules are told of the names that client and sender give. */
#include "base/buf.h"
#include "checks/checks.h"
#include "checks/outside/hosts.h"
#include "checks/outside/hosts_name.h"
#include "checks/words.h"
#include "mail/domain.h"

static const struct {
	unsigned bit;
	const char *word;
} found_word[] = {
	{ HOSTS_UNKNOWN, "unknown" },
	{ HOSTS_NXDOMAIN, "nxdomain" },
	{ HOSTS_NOTHING, "nothing" },
	{ HOSTS_ADDRESS, "address" },
	{ HOSTS_HAS_MX, "mx" },
	{ HOSTS_NULL_MX, "null_mx" },
	{ HOSTS_MX_LITERAL, "mx_literal" },
	{ HOSTS_MX_LOCAL, "mx_local" },
	{ HOSTS_MX_GONE, "mx_gone" },
	{ HOSTS_MATCH, "match" },
	{ HOSTS_OTHER, "other" },
	{ HOSTS_LOCAL, "local" },
	{ HOSTS_OURS, "ours" },
};

static bool any(unsigned found, struct str words)
{
	for (size_t i = 0; i < sizeof found_word / sizeof *found_word; i++)
		if (found & found_word[i].bit && words_has(words, found_word[i].word))
			return true;
	return false;
}

/* The client's name by reverse DNS, confirmed by its address. */
static bool helo_is_rdns(struct scan *s)
{
	const struct iprev_result *r = scan_result(s, &check_iprev);
	struct str name = domain_read(s->arena, s->helo, DOMAIN_UNDERSCORE);

	return r && r->code == AUTH_PASS && name.n && str_eq(name, r->name);
}

static bool helo_dns(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct hosts_facts *f = hosts_facts(s);

	(void)n;
	*evidence = s->helo;
	if (!f)
		return false;
	return any(f->helo, arg[0].text) || (words_has(arg[0].text, "ptr") && helo_is_rdns(s));
}

static bool sender_dns(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct hosts_facts *f = hosts_facts(s);

	(void)n;
	if (!f)
		return false;
	if (words_has(arg[0].text, "envelope") && any(f->mail, arg[1].text)) {
		*evidence = f->mail_domain;
		return true;
	}
	*evidence = s->from.domain;
	return words_has(arg[0].text, "from") && any(f->from, arg[1].text);
}

/* The name that reverse DNS gives, confirmed or not; as the MTA has it where we did not ask. */
static struct str rdns_of(const struct scan *s)
{
	const struct iprev_result *r = scan_result(s, &check_iprev);

	return r && r->name.n ? r->name : s->client.host;
}

static bool host_looks(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	bool helo = words_has(arg[0].text, "helo");
	const struct psl *psl = s->content ? s->content->env->psl : NULL;
	struct str name = domain_read(s->arena, helo ? s->helo : rdns_of(s), DOMAIN_UNDERSCORE);
	unsigned signs;

	(void)n;
	if (!name.n || domain_labels(name) < 2 || scan_outbound(s))
		return false;
	signs = host_signs(s->arena, s->lists, psl, name, &s->client.ip);
	*evidence = arena_printf(s->arena, "%.*s: %.*s", STR_ARG(name),
				 STR_ARG(host_signs_text(s->arena, signs)));
	return host_signs_has(signs, arg[1].text);
}

const struct predicate hosts_predicates[] = {
	{ "helo_dns", "s", helo_dns,
	  "the HELO name, in DNS: nxdomain, nothing (neither address nor MX), address, mx, match "
	  "(an "
	  "address is the client's), other (none is), local (all are private), ours (our own "
	  "name), "
	  "ptr (the client's confirmed name), unknown (no answer)" },
	{ "sender_dns", "ss", sender_dns,
	  "the domain of these (envelope, from) has in DNS: nxdomain, nothing (neither MX nor "
	  "address), address (and no MX), mx, null_mx (RFC 7505), mx_literal, mx_local (private "
	  "addresses only), mx_gone (envelope: mail hosts that do not exist), local, unknown (no "
	  "answer)" },
	{ "host_looks", "ss", host_looks,
	  "this name (rdns, helo): address (the client's is in it), partly (half of it), dynamic, "
	  "static, mail (words of the lists host_dynamic, host_static, host_mail), known (below a "
	  "domain of host_known), generic (a machine's name for a customer's line)" },
	{ 0 },
};
