/* Which addresses are asked: those of the public Internet, and what options add or take away. */
#include "checks/outside/redirect.h"

static bool one_has(const struct cidr *net, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_has(&net[i], ip))
			return true;
	return false;
}

bool redirect_may_connect(void *arg, const struct ip *ip)
{
	const struct redirect_guard *g = arg;
	struct ip plain = ip_unmapped(*ip);

	if (one_has(g->refuse, g->nrefuse, &plain))
		return false;
	return ip_scope(&plain) == IP_PUBLIC || one_has(g->allow, g->nallow, &plain);
}
