/* Whether a message is signed, and with what: a function of facts. */
#include "checks/sign/policy.h"

#include "mail/domain.h"
#include "mail/received.h"

/* Of a table that is looked into for mail from outside too, only to say that it uses our name. */
#define CHEAP_PATTERNS 256u

#define HOPS_MAX 64u /* Received fields of hosts of ours */

static const char *const words[SIGNING_WHYS] = {
	[SIGNING_WANTED] = "signed",
	[SIGNING_OFF] = "off",
	[SIGNING_CLIENT] = "client",
	[SIGNING_AUTHOR] = "author",
	[SIGNING_FOREIGN] = "foreign",
	[SIGNING_NO_KEY] = "no_key",
	[SIGNING_SIGNED] = "signed_before",
	[SIGNING_SPAM] = "spam",
	[SIGNING_DMARC] = "dmarc",
	[SIGNING_NO_SIGNER] = "no_signer",
	[SIGNING_FORM] = "form",
};

const char *signing_why_word(enum signing_why w)
{
	return words[w];
}

/* ---- the client ---- */

bool signing_net(const struct signing_config *k, const struct ip *ip, struct str host)
{
	for (size_t i = 0; i < k->nets.n; i++)
		if (cidr_has(&k->nets.net[i], ip))
			return true;
	return k->internal && odk_host_listed(k->internal, host, ip);
}

static bool listed(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

bool signing_client(const struct signing_config *k, const struct scan_client *c)
{
	if (c->listener.n && listed(k->listeners, k->nlisteners, c->listener))
		return true;
	if (str_eq(c->profile, STR("reinjection")))
		return false;
	return c->auth_user.n > 0 || str_eq(c->profile, STR("submission")) ||
	       signing_net(k, &c->ip, c->host);
}

/* Sendmail writes the name that a client's address has though that name's address is another one,
 * and says so. */
static bool is_inside(const struct signing_config *k, const struct received *r, struct str field)
{
	enum ip_scope scope = ip_scope(&r->ip);
	bool forged = str_find(field, STR("may be forged")) != SIZE_MAX;

	/* Who fetches mail gets it from where it came in, and need not say what address that has.
	 */
	if (str_istarts(r->with, STR("POP")) || str_istarts(r->with, STR("IMAP")))
		return false;
	return !r->ip.family || scope == IP_LOCAL || scope == IP_SHARED ||
	       signing_net(k, &r->ip, forged ? STR_NULL : r->rdns);
}

bool signing_came_through(struct arena *a, const struct signing_config *k, const struct hdr_list *h)
{
	const struct hdr *f;

	for (size_t i = 0; (f = hdr_find(h, STR("Received"), i)); i++) {
		struct received r;

		if (i >= HOPS_MAX)
			return true;
		received_parse(a, f->value, &r);
		if (r.auth)
			return false;
		if (!is_inside(k, &r, f->value))
			return true;
	}
	return false;
}

/* ---- the author and the user ---- */

static struct str address_of(struct arena *a, const struct mailbox *m)
{
	return arena_printf(a, "%.*s@%.*s", STR_ARG(arena_lower(a, m->local)),
			    STR_ARG(domain_read(a, m->domain, DOMAIN_UNDERSCORE)));
}

/* Lists say a domain alone, without those below it. */
static bool allowed_by_list(const struct signing_sender *s, struct str address, struct str domain)
{
	for (size_t i = 0; i < s->allowed.n; i++) {
		struct str x = s->allowed.p[i];
		if (str_eq(x, STR("*")) || str_eq(x, domain) || str_eq(x, address))
			return true;
	}
	return false;
}

/* By the rule alone: a log-in "alice@example.org", or "alice" with or without a domain to it. */
static bool allowed_by_login(struct arena *a, const struct signing_config *k, struct str user,
			     struct str address, struct str domain)
{
	size_t at = str_rchr(user, '@');
	struct str local = str_sub(user, 0, at);
	struct str own = at == SIZE_MAX ? k->login_domain
					: domain_read(a, str_skip(user, at + 1), DOMAIN_UNDERSCORE);

	if (at != SIZE_MAX && !own.n)
		return false;
	if (own.n && !str_eq(own, domain))
		return false;
	return !k->whole_address || str_ieq(local, str_sub(address, 0, str_rchr(address, '@')));
}

static bool may_be(struct arena *a, const struct signing_config *k, struct str user,
		   const struct mailbox *m, struct str domain)
{
	const struct signing_sender *s = k->senders ? map_get(k->senders, user) : NULL;
	struct str address = address_of(a, m);

	return (s && allowed_by_list(s, address, domain)) ||
	       allowed_by_login(a, k, user, address, domain);
}

static bool author_is_users(struct arena *a, const struct signing_config *k,
			    const struct signing_facts *f, struct str *evidence)
{
	const struct addr_list *l = &f->from->list;
	struct str user = f->client->auth_user;

	for (size_t i = 0; user.n && i < l->v.n; i++)
		if (!may_be(a, k, user, &l->v.p[i], f->from->domain)) {
			*evidence = arena_printf(a, "%.*s as %.*s", STR_ARG(user),
						 STR_ARG(address_of(a, &l->v.p[i])));
			return false;
		}
	return true;
}

/* ---- the keys ---- */

const struct signing_domain *signing_domain_of(const struct signing_config *k, struct str author)
{
	size_t labels = domain_labels(author);

	for (size_t n = labels; n > 0; n--) {
		const struct signing_domain *d = map_get(k->live->domains, domain_last(author, n));
		if (d && d->uses.n && (n == labels || d->subdomains))
			return d;
	}
	return NULL;
}

/* At or below d=, else it is left out, as OpenDKIM does. */
static struct str fitting(struct arena *a, struct str identity, struct str domain)
{
	size_t at = str_rchr(identity, '@');
	struct str host = at == SIZE_MAX
				  ? STR_NULL
				  : domain_read(a, str_skip(identity, at + 1), DOMAIN_UNDERSCORE);

	if (!host.n || !domain_within(host, domain) || !str_printable(identity) ||
	    str_chr(identity, ' ') != SIZE_MAX || str_chr(identity, ';') != SIZE_MAX)
		return STR_NULL;
	return identity;
}

static void choose(struct signing_choice *out, const struct signing_use *u, struct str identity)
{
	if (out->n == SIGNING_MAX || !u->ready)
		return;
	for (size_t i = 0; i < out->n; i++)
		if (out->sig[i].use == u)
			return;
	out->sig[out->n].use = u;
	out->sig[out->n++].identity = identity;
}

static void by_table(struct arena *a, const struct signing_config *k, const struct signing_facts *f,
		     struct signing_choice *out)
{
	struct odk_signer g[ODK_SIGNERS_MAX];
	size_t n;

	if (!k->signing_table || !f->from->list.v.n)
		return;
	n = odk_signers(a, k->signing_table, f->from->list.v.p[0].local, f->from->domain,
			k->multiple, g);
	for (size_t i = 0; i < n; i++) {
		const struct signing_use *use[SIGNING_MAX];
		size_t nuses = 0;
		signing_table_uses(a, k, g[i].key, f->from->domain, use, &nuses);
		for (size_t j = 0; j < nuses; j++)
			choose(out, use[j], fitting(a, g[i].identity, use[j]->domain));
	}
}

static void by_domain(const struct signing_config *k, struct str author, struct signing_choice *out)
{
	const struct signing_domain *d = signing_domain_of(k, author);

	for (size_t i = 0; d && i < d->uses.n; i++)
		choose(out, d->uses.p[i], d->uses.p[i]->identity);
}

/* ---- all of it ---- */

void signing_decide(struct arena *a, const struct signing_config *k, const struct signing_facts *f,
		    struct signing_choice *out)
{
	bool ours;

	*out = (struct signing_choice){ .why = SIGNING_OFF };
	if (!k->on)
		return;
	ours = signing_client(k, f->client);
	out->why = SIGNING_AUTHOR;
	if (f->from->why == FROM_OK) {
		if (ours || !k->signing_table || k->signing_table->patterns.n <= CHEAP_PATTERNS)
			by_table(a, k, f, out);
		if (!out->n)
			by_domain(k, f->from->domain, out);
		out->known_domain = out->n > 0;
		out->evidence = f->from->domain;
		out->why = out->n ? SIGNING_WANTED : SIGNING_NO_KEY;
	}
	if (!ours) {
		out->why = SIGNING_CLIENT;
		out->trusted =
			k->trusted && odk_host_listed(k->trusted, f->client->host, &f->client->ip);
		out->n = 0;
	} else if (out->why == SIGNING_WANTED && !k->foreign &&
		   !author_is_users(a, k, f, &out->evidence)) {
		out->why = SIGNING_FOREIGN;
		out->n = 0;
	}
}
