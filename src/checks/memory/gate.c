/* Who is one of ours, and who is excepted. */
#include "checks/memory/gate.h"

#include "mail/domain.h"

bool gate_ours(const struct scan *s)
{
	return scan_outbound(s) || s->client.ip.family == 0 || ip_scope(&s->client.ip) == IP_LOCAL;
}

struct str gate_rcpt(struct scan *s, size_t i)
{
	struct mailbox m = { 0 };
	struct str domain;

	if (!addr_path(s->arena, s->rcpts.p[i], &m) || !m.local.n || !m.domain.n)
		return STR("");
	domain = domain_read(s->arena, m.domain, DOMAIN_UNDERSCORE);
	if (!domain.n)
		return STR("");
	return arena_printf(s->arena, "%.*s@%.*s", STR_ARG(arena_lower(s->arena, m.local)),
			    STR_ARG(domain));
}

struct str gate_domain(struct str address)
{
	size_t at = str_rchr(address, '@');

	return at == SIZE_MAX ? STR("") : str_skip(address, at + 1);
}

/* ---- exceptions ---- */

void gate_except_read(struct arena *a, const struct str *item, size_t n, struct gate_except *out)
{
	struct cidr *net = ARENA_ARRAY(a, struct cidr, n);
	struct str *name = ARENA_ARRAY(a, struct str, n);

	*out = (struct gate_except){ .net = net, .name = name };
	for (size_t i = 0; i < n; i++)
		if (cidr_parse(item[i], &net[out->nnet]))
			out->nnet++;
		else
			name[out->nname++] = arena_lower(a, item[i]);
}

bool gate_except_net(const struct gate_except *e, const struct ip *ip)
{
	struct ip one = ip_unmapped(*ip);

	for (size_t i = 0; i < e->nnet; i++)
		if (cidr_has(&e->net[i], &one))
			return true;
	return false;
}

bool gate_except_name(const struct gate_except *e, struct str name)
{
	struct str domain = gate_domain(name);

	for (size_t i = 0; i < e->nname; i++)
		if (str_eq(e->name[i], name) || (domain.n && domain_within(domain, e->name[i])))
			return true;
	return false;
}
