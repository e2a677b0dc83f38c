/* Who a message is from and to: authenticated domains, addresses in one form, domains of ours. */
#include "checks/memory/identity.h"

#include "base/buf.h"
#include "mail/domain.h"

/* ---- ours ---- */

const struct conf_opt identity_options[] = {
	{ .name = "memory.local_domains",
	  .type = CONF_LIST,
	  .help = "domains that are ours, and all below them: what Postfix's mydestination, "
		  "virtual_mailbox_domains and relay_domains name; at listeners of profile "
		  "submission, "
		  "whoever sends from them without logging in counts as one of our users" },
	{ 0 },
};

int identity_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct identity *k = ARENA_NEW(a, struct identity);
	const struct str *item;
	struct str *list;

	k->nlocal = conf_list(c, "memory.local_domains", &item);
	list = ARENA_ARRAY(a, struct str, k->nlocal);
	for (size_t i = 0; i < k->nlocal; i++) {
		list[i] = domain_read(a, item[i], DOMAIN_UNDERSCORE);
		if (!list[i].n)
			return err_set(
				e, "%s: memory.local_domains: found \"%.*s\", expected a domain",
				conf_where(c, "memory.local_domains"), STR_ARG(item[i]));
	}
	k->local = list;
	*config = k;
	return 0;
}

bool memory_is_local(const struct scan *s, struct str domain)
{
	const struct identity *k = scan_config(s, &check_sender);

	for (size_t i = 0; k && i < k->nlocal; i++)
		if (domain_within(domain, k->local[i]))
			return true;
	return false;
}

/* ---- domains ---- */

struct str identity_org(const struct scan *s, struct str domain)
{
	const struct psl *psl = s->content ? s->content->env->psl : NULL;
	struct str org = psl && domain.n ? psl_registrable(psl, domain) : STR_NULL;

	return org.n ? org : domain;
}

static bool counts(const struct dkim_sig *g)
{
	return g->result == AUTH_PASS && g->dmarc_ok && g->domain.n > 0;
}

size_t identity_dkim(const struct scan *s, struct str *out, size_t max)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);
	size_t n = 0;

	for (size_t i = 0; r && i < r->n && n < max; i++) {
		bool known = !counts(&r->sig[i]);
		for (size_t k = 0; k < n && !known; k++)
			known = str_eq(out[k], r->sig[i].domain);
		if (!known)
			out[n++] = r->sig[i].domain;
	}
	return n;
}

struct str identity_spf(const struct scan *s)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	return f && f->mailfrom.code == AUTH_PASS ? f->mailfrom.domain : STR_NULL;
}

static bool aligned(const struct scan *s, struct str domain, struct str author)
{
	return domain.n && str_eq(identity_org(s, domain), identity_org(s, author));
}

/* An SPF pass that anybody else's hosts could have too says nothing of the author. */
static bool spf_narrow(const struct scan *s)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	return f && f->mailfrom.code == AUTH_PASS && !f->mailfrom.permissive;
}

struct str memory_author(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);

	return f && f->r.code == AUTH_PASS ? f->r.from_domain : STR_NULL;
}

struct str identity_genuine(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	struct str author = s->from.domain, dkim[DKIM_MAX_SIGS];
	size_t n;

	if (!f || f->r.code != AUTH_NONE || s->from.why != FROM_OK)
		return memory_author(s);
	n = identity_dkim(s, dkim, DKIM_MAX_SIGS);
	for (size_t i = 0; i < n; i++)
		if (aligned(s, dkim[i], author))
			return author;
	return spf_narrow(s) && aligned(s, identity_spf(s), author) ? author : STR_NULL;
}

bool memory_is_bounce(const struct scan *s)
{
	return s->mail_ok && !s->mail.local.n && !s->mail.domain.n;
}

/* ---- addresses ---- */

/* "+tag" is the mailbox owner's note to himself. */
static struct str without_tag(struct str local)
{
	size_t at = str_chr(local, '+');

	return at == SIZE_MAX || at == 0 ? local : str_sub(local, 0, at);
}

struct str identity_address(struct scan *s, const struct mailbox *m)
{
	struct str domain = domain_read(s->arena, m->domain, DOMAIN_UNDERSCORE);
	struct str local = arena_lower(s->arena, without_tag(m->local));
	struct buf out = { .arena = s->arena };

	if (!domain.n || !local.n)
		return STR("");
	buf_add(&out, local);
	buf_addc(&out, '@');
	buf_add(&out, domain);
	return buf_str(&out);
}

struct str memory_rcpt(struct scan *s, size_t i)
{
	struct mailbox m = { 0 };

	if (i >= s->rcpts.n || !addr_path(s->arena, s->rcpts.p[i], &m))
		return STR("");
	return identity_address(s, &m);
}

struct str identity_author(struct scan *s, struct str *name)
{
	const struct mailbox *m;

	*name = STR("");
	if (s->from.why != FROM_OK || s->from.list.v.n != 1)
		return STR("");
	m = &s->from.list.v.p[0];
	if (m->display.n)
		*name = mime_words(s->arena, m->display);
	return identity_address(s, m);
}
