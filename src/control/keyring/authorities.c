/* Walks up from a name to its zone, and from that to the addresses of its servers. */
#include "control/keyring/authorities.h"

#include <stdlib.h>

static bool unknown(const struct dns_answer *x)
{
	return x->status == DNS_TEMPFAIL || x->status == DNS_BOGUS;
}

static void cannot(struct arena *a, struct authorities *out, struct str name,
		   const struct dns_answer *x)
{
	out->fault = x->status == DNS_BOGUS
			     ? arena_printf(a, "%.*s: DNSSEC validation fails", STR_ARG(name))
			     : arena_printf(a, "%.*s: the resolver has no answer", STR_ARG(name));
}

static struct str parent(struct str name)
{
	str_cut(&name, '.');
	return name;
}

/* The NS records of the zone that name lies in; absent answer and no fault: wait. */
static const struct dns_answer *find_zone(struct arena *a, struct dns *dns, struct str name,
					  struct authorities *out)
{
	const struct dns_answer *x = dns_ask(dns, arena_cstr(a, name), DNS_CNAME);

	if (!x)
		return NULL;
	if (unknown(x)) {
		cannot(a, out, name, x);
		return NULL;
	}
	if (x->status == DNS_OK) /* an alias is no zone, and its NS would be another's */
		name = parent(name);
	for (; name.p; name = parent(name)) {
		x = dns_ask(dns, arena_cstr(a, name), DNS_NS);
		if (!x)
			return NULL;
		if (unknown(x)) {
			cannot(a, out, name, x);
			return NULL;
		}
		if (x->status != DNS_OK)
			continue;
		out->zone = name;
		return x;
	}
	out->fault = STR("no zone is found that the name lies in");
	return NULL;
}

static int by_name(const void *x, const void *y)
{
	return str_icmp(*(const struct str *)x, *(const struct str *)y);
}

static bool add(struct arena *a, struct authorities *out, struct authorities_address at)
{
	if (out->n < AUTHORITIES_ADDRESSES_MAX) {
		out->at[out->n++] = at;
		return true;
	}
	out->fault = arena_printf(a, "its servers have more than %u addresses",
				  AUTHORITIES_ADDRESSES_MAX);
	return false;
}

static int by_octets(const void *x, const void *y)
{
	return memcmp(x, y, sizeof(struct ip));
}

static bool add_all(struct arena *a, struct authorities *out, struct str server,
		    const struct dns_answer *x, uint8_t family)
{
	struct ip *ip = ARENA_ARRAY(a, struct ip, x->n + 1);

	for (size_t i = 0; i < x->n; i++) {
		ip[i].family = family;
		memcpy(ip[i].b, x->rr[i].data.p, x->rr[i].data.n > 16 ? 16 : x->rr[i].data.n);
	}
	qsort(ip, x->n, sizeof *ip, by_octets);
	for (size_t i = 0; i < x->n; i++)
		if (!add(a, out, (struct authorities_address){ .server = server, .ip = ip[i] }))
			return false;
	return true;
}

/* Both answers are here. An address that cannot be found out may be one that shows something else.
 */
static bool take_server(struct arena *a, struct authorities *out, struct str server,
			const struct dns_answer *v4, const struct dns_answer *v6)
{
	struct authorities_address none = { .server = server };

	if (unknown(v4) || unknown(v6))
		none.why = "its addresses cannot be found out";
	else if (v4->status != DNS_OK && v6->status != DNS_OK)
		none.why = "it has no address";
	if (none.why && !add(a, out, none))
		return false;
	return (v4->status != DNS_OK || add_all(a, out, server, v4, 4)) &&
	       (v6->status != DNS_OK || add_all(a, out, server, v6, 6));
}

static enum auth_step find_addresses(struct arena *a, struct dns *dns, const struct str *server,
				     size_t n, struct authorities *out)
{
	bool wait = false;

	for (size_t i = 0; i < n; i++) {
		const char *name = arena_cstr(a, server[i]);
		const struct dns_answer *v4 = dns_ask(dns, name, DNS_A);
		const struct dns_answer *v6 = dns_ask(dns, name, DNS_AAAA);

		if (!v4 || !v6)
			wait = true;
		else if (!wait && !take_server(a, out, server[i], v4, v6))
			return AUTH_DONE;
	}
	return wait ? AUTH_WAIT : AUTH_DONE;
}

enum auth_step authorities_find(struct arena *a, struct dns *dns, struct str name,
				struct authorities *out)
{
	const struct dns_answer *ns;
	struct str *server;
	size_t n = 0;

	*out = (struct authorities){ 0 };
	ns = find_zone(a, dns, name, out);
	if (!ns)
		return out->fault.p ? AUTH_DONE : AUTH_WAIT;
	server = ARENA_ARRAY(a, struct str, ns->n);
	for (size_t i = 0; i < ns->n; i++)
		server[i] = ns->rr[i].data;
	qsort(server, ns->n, sizeof *server, by_name);
	for (size_t i = 0; i < ns->n; i++)
		if (i == 0 || !str_eq(server[i], server[n - 1]))
			server[n++] = server[i];
	if (n > AUTHORITIES_SERVERS_MAX) {
		out->fault = arena_printf(a, "the zone has more than %u servers",
					  AUTHORITIES_SERVERS_MAX);
		return AUTH_DONE;
	}
	return find_addresses(a, dns, server, n, out);
}
