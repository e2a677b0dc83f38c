/* The questions about names of clients and senders, and what the answers say. */
#include "checks/outside/hosts.h"

#include "mail/view/names.h"
#include "scan/ask.h"

static bool missing(const struct dns_answer *a)
{
	return a->status == DNS_TEMPFAIL || a->status == DNS_BOGUS;
}

/* ---- addresses ---- */

static bool address_of(const struct dns_rr *rr, struct ip *ip)
{
	if (rr->data.n != 4 && rr->data.n != 16)
		return false;
	*ip = (struct ip){ .family = rr->data.n == 4 ? 4 : 6 };
	memcpy(ip->b, rr->data.p, rr->data.n);
	return true;
}

/* Where nobody else could send to. */
static bool nowhere(const struct ip *ip)
{
	enum ip_scope scope = ip_scope(ip);

	return scope == IP_LOCAL || scope == IP_SHARED;
}

static bool all_nowhere(const struct dns_answer *a)
{
	struct ip ip;

	for (size_t i = 0; i < a->n; i++)
		if (!address_of(&a->rr[i], &ip) || !nowhere(&ip))
			return false;
	return a->n > 0;
}

static bool has(const struct dns_answer *a, const struct ip *client)
{
	struct ip ip;

	for (size_t i = 0; i < a->n; i++)
		if (address_of(&a->rr[i], &ip) && ip_eq(&ip, client))
			return true;
	return false;
}

static unsigned of_addresses(const struct dns_answer *a, const struct ip *client)
{
	return HOSTS_ADDRESS | (has(a, client) ? HOSTS_MATCH : HOSTS_OTHER) |
	       (all_nowhere(a) ? HOSTS_LOCAL : 0u);
}

/* ---- HELO ---- */

/* First what a client of this family should have; only who has none is asked about the rest. */
bool hosts_ask_helo(struct scan *s, struct str name, unsigned *found)
{
	struct ip client = ip_unmapped(s->client.ip);
	int usual = client.family == 6 ? DNS_AAAA : DNS_A;
	const struct dns_answer *a = dns_ask(scan_dns(s), name.p, usual), *other, *mx;

	*found = 0;
	if (!a)
		return false;
	if (a->status != DNS_NODATA) {
		*found = missing(a)		     ? HOSTS_UNKNOWN
			 : a->status == DNS_NXDOMAIN ? HOSTS_NXDOMAIN | HOSTS_NOTHING
						     : of_addresses(a, &client);
		return true;
	}
	other = dns_ask(scan_dns(s), name.p, usual == DNS_A ? DNS_AAAA : DNS_A);
	mx = dns_ask(scan_dns(s), name.p, DNS_MX);
	if (!other || !mx)
		return false;
	if (missing(other) || missing(mx))
		*found = HOSTS_UNKNOWN;
	else if (other->status == DNS_OK)
		*found = of_addresses(other, &client);
	else
		*found = mx->status == DNS_OK ? HOSTS_HAS_MX : HOSTS_NOTHING;
	return true;
}

/* ---- senders ---- */

static bool null_mx(const struct dns_answer *mx)
{
	return mx->n == 1 && mx->rr[0].data.n == 0;
}

/* The i-th by preference, in the order of the answer where it is equal; i is small. */
static const struct dns_rr *preferred(const struct dns_answer *mx, size_t i)
{
	const struct dns_rr *last = NULL, *best = NULL;

	for (size_t round = 0; round <= i; round++) {
		best = NULL;
		for (size_t k = 0; k < mx->n; k++) {
			const struct dns_rr *rr = &mx->rr[k];
			bool later = !last || rr->pref > last->pref ||
				     (rr->pref == last->pref && rr > last);
			if (later && (!best || rr->pref < best->pref))
				best = rr;
		}
		last = best;
		if (!best)
			return NULL;
	}
	return best;
}

static bool any_literal(const struct dns_answer *mx)
{
	struct ip ip;

	for (size_t i = 0; i < mx->n; i++)
		if (ip_parse(mx->rr[i].data, &ip))
			return true;
	return false;
}

/* Only what is said of every one of them counts. */
static bool ask_hosts(struct scan *s, const struct dns_answer *mx, unsigned *found)
{
	size_t n = 0, gone = 0, local = 0, fine = 0;
	bool here = true;

	for (const struct dns_rr *rr; n < HOSTS_MX && (rr = preferred(mx, n)); n++) {
		const char *name = arena_cstr(s->arena, rr->data);
		const struct dns_answer *a = dns_ask(scan_dns(s), name, DNS_A);
		here &= a != NULL;
		if (!a)
			continue;
		gone += a->status == DNS_NXDOMAIN;
		local += a->status == DNS_OK && all_nowhere(a);
		fine += a->status != DNS_NXDOMAIN && !(a->status == DNS_OK && all_nowhere(a));
	}
	if (!here)
		return false;
	if (gone == mx->n)
		*found |= HOSTS_MX_GONE;
	if (local > 0 && fine == 0)
		*found |= HOSTS_MX_LOCAL;
	return true;
}

static bool ask_addresses(struct scan *s, struct str domain, unsigned *found)
{
	const struct dns_answer *v4 = dns_ask(scan_dns(s), domain.p, DNS_A);
	const struct dns_answer *v6 = dns_ask(scan_dns(s), domain.p, DNS_AAAA);

	*found = 0;
	if (!v4 || !v6)
		return false;
	if (v4->status == DNS_OK || v6->status == DNS_OK)
		*found = HOSTS_ADDRESS | ((v4->status != DNS_OK || all_nowhere(v4)) &&
							  (v6->status != DNS_OK || all_nowhere(v6))
						  ? HOSTS_LOCAL
						  : 0u);
	else
		*found = missing(v4) || missing(v6) ? HOSTS_UNKNOWN : HOSTS_NOTHING;
	return true;
}

bool hosts_ask_sender(struct scan *s, struct str domain, bool whole, unsigned *found)
{
	const struct dns_answer *mx = dns_ask(scan_dns(s), domain.p, DNS_MX);
	bool here = true;
	unsigned address = 0;

	*found = 0;
	if (!whole || (mx && mx->status == DNS_NODATA))
		here = ask_addresses(s, domain, &address);
	if (!mx || (mx->status == DNS_NODATA && !here))
		return false;
	if (missing(mx))
		*found = HOSTS_UNKNOWN;
	else if (mx->status == DNS_NXDOMAIN)
		*found = HOSTS_NXDOMAIN | HOSTS_NOTHING;
	else if (mx->status == DNS_NODATA)
		*found = address;
	else if (null_mx(mx))
		*found = HOSTS_NULL_MX;
	else
		*found = HOSTS_HAS_MX | (any_literal(mx) ? HOSTS_MX_LITERAL : 0u);
	return !whole || !(*found & HOSTS_HAS_MX) || ask_hosts(s, mx, found);
}
