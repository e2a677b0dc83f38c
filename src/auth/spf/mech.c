/* The mechanisms of SPF (RFC 7208 5): whether one of them matches the client. */
#include "auth/spf/internal.h"

#include "base/err.h"

#define WIDE4 16u /* shorter prefixes say little about who sent it (BreakSPF) */
#define WIDE6 32u

static enum spf_out yes(struct spf_run *r, bool permissive)
{
	r->permissive = permissive;
	return SPF_MATCH;
}

static int address_type(const struct spf_run *r)
{
	return r->env.ip.family == 6 ? DNS_AAAA : DNS_A;
}

static unsigned prefix(const struct spf_run *r, const struct spf_term *t)
{
	return r->env.ip.family == 6 ? t->bits6 : t->bits4;
}

static bool is_wide(const struct spf_run *r, const struct spf_term *t)
{
	return prefix(r, t) < (r->env.ip.family == 6 ? WIDE6 : WIDE4);
}

static bool in_network(const struct spf_run *r, const struct ip *net, const struct spf_term *t)
{
	return ip_in(&r->env.ip, net, prefix(r, t));
}

/* One of the addresses is the client's, or in its network by the term's prefix length. */
static bool has_client(const struct spf_run *r, const struct dns_answer *ans,
		       const struct spf_term *t)
{
	struct ip ip = { .family = r->env.ip.family };
	size_t width = ip.family == 6 ? 16 : 4;

	for (size_t i = 0; ans->status == DNS_OK && i < ans->n; i++) {
		if (ans->rr[i].data.n != width)
			continue;
		memcpy(ip.b, ans->rr[i].data.p, width);
		if (in_network(r, &ip, t))
			return true;
	}
	return false;
}

/* ---- ptr and %{p} ---- */

static const struct spf_term exact = { .bits4 = 32, .bits6 = 128 };

/* name is domain or below it. */
static bool within(struct str name, struct str domain)
{
	if (domain.n > 0 && domain.p[domain.n - 1] == '.')
		domain.n--;
	if (domain.n == 0 || !str_iends(name, domain))
		return false;
	return name.n == domain.n || name.p[name.n - domain.n - 1] == '.';
}

static enum spf_out ask_ptr(struct spf_run *r, const struct dns_answer **ans)
{
	return spf_ask(r, str_c(ip_reverse_name(r->arena, &r->env.ip)), DNS_PTR, ans);
}

static size_t ptr_names(const struct dns_answer *ans)
{
	if (ans->status != DNS_OK)
		return 0;
	return ans->n < SPF_MAX_PTR ? ans->n : SPF_MAX_PTR;
}

/*
 * 5.5: names by PTR, each confirmed by its own addresses. The name that is domain itself, else one
 * below it, else, if any is set, the first confirmed one. An error of DNS makes a name unconfirmed.
 */
static enum spf_out confirm(struct spf_run *r, const struct dns_answer *ptr, struct str domain,
			    bool any, struct str *name)
{
	int best = 0;
	bool wait = false;

	*name = STR("");
	for (size_t i = 0; i < ptr_names(ptr); i++) {
		struct str s = ptr->rr[i].data;
		int rank = within(s, domain) ? (s.n == domain.n ? 3 : 2) : any ? 1 : 0;
		const struct dns_answer *ans;
		enum spf_out out;

		if (rank <= best)
			continue;
		out = spf_ask(r, s, address_type(r), &ans);
		if (out == SPF_END)
			return out;
		wait |= out == SPF_WAIT;
		if (out == SPF_MATCH && has_client(r, ans, &exact)) {
			best = rank;
			*name = s;
		}
	}
	return wait ? SPF_WAIT : SPF_MATCH;
}

enum spf_out spf_validated(struct spf_run *r, struct str domain, struct str *name)
{
	const struct dns_answer *ptr;
	enum spf_out out = ask_ptr(r, &ptr);

	*name = STR("");
	return out == SPF_MATCH ? confirm(r, ptr, domain, true, name) : out;
}

static enum spf_out match_ptr(struct spf_run *r, const struct spf_term *t)
{
	const struct dns_answer *ptr;
	struct str target, name;
	enum spf_out out = spf_target(r, t->domain, &target);

	if (out == SPF_MATCH)
		out = ask_ptr(r, &ptr);
	if (out != SPF_MATCH)
		return out;
	if (ptr->status == DNS_NODATA || ptr->status == DNS_NXDOMAIN) {
		if (++r->voids > SPF_MAX_VOID)
			return spf_end(r, AUTH_PERMERROR, "more than %u void look-ups",
				       SPF_MAX_VOID);
	}
	out = confirm(r, ptr, target, false, &name);
	if (out != SPF_MATCH)
		return out;
	return name.n > 0 ? yes(r, false) : SPF_NO;
}

/* ---- a, mx, exists ---- */

static enum spf_out match_a(struct spf_run *r, const struct spf_term *t)
{
	const struct dns_answer *ans;
	struct str target;
	enum spf_out out = spf_target(r, t->domain, &target);

	if (out == SPF_MATCH)
		out = spf_ask_term(r, target, address_type(r), &ans);
	if (out != SPF_MATCH)
		return out;
	return has_client(r, ans, t) ? yes(r, is_wide(r, t)) : SPF_NO;
}

/* The addresses of one exchange. A name without any is no match and, as it is not the term's own
 * question, no void look-up. */
static enum spf_out match_host(struct spf_run *r, const struct spf_term *t, struct str host)
{
	const struct dns_answer *ans;
	enum spf_out out = spf_ask(r, host, address_type(r), &ans);

	if (out != SPF_MATCH)
		return out;
	if (ans->status == DNS_TEMPFAIL || ans->status == DNS_BOGUS)
		return spf_end(r, AUTH_TEMPERROR, "DNS error for %s", spf_quote(r, host));
	return has_client(r, ans, t) ? yes(r, is_wide(r, t)) : SPF_NO;
}

static enum spf_out match_mx(struct spf_run *r, const struct spf_term *t)
{
	const struct dns_answer *mx;
	struct str target;
	bool wait = false;
	enum spf_out out = spf_target(r, t->domain, &target);

	if (out == SPF_MATCH)
		out = spf_ask_term(r, target, DNS_MX, &mx);
	if (out != SPF_MATCH)
		return out;
	if (mx->n > SPF_MAX_MX)
		return spf_end(r, AUTH_PERMERROR, "more than %u MX records at %s", SPF_MAX_MX,
			       spf_quote(r, target));
	for (size_t i = 0; i < mx->n; i++) {
		out = match_host(r, t, mx->rr[i].data);
		if (out == SPF_WAIT)
			wait = true;
		else if (out != SPF_NO)
			return out;
	}
	return wait ? SPF_WAIT : SPF_NO;
}

/* Any client would do: the name that is asked for does not depend on the client's address. */
static bool blind(struct str spec)
{
	return !spf_macro_has(spec, 'i') && !spf_macro_has(spec, 'p');
}

static enum spf_out match_exists(struct spf_run *r, const struct spf_term *t)
{
	const struct dns_answer *ans;
	struct str target;
	enum spf_out out = spf_target(r, t->domain, &target);

	if (out == SPF_MATCH)
		out = spf_ask_term(r, target, DNS_A, &ans);
	return out == SPF_MATCH ? yes(r, blind(t->domain)) : out;
}

enum spf_out spf_mech_match(struct spf_run *r, const struct spf_term *t)
{
	switch (t->mech) {
	case SPF_ALL:
		return yes(r, true);
	case SPF_IP4:
	case SPF_IP6:
		if (!in_network(r, &t->ip, t))
			return SPF_NO;
		return yes(r, is_wide(r, t));
	case SPF_A:
		return match_a(r, t);
	case SPF_MX:
		return match_mx(r, t);
	case SPF_PTR:
		return match_ptr(r, t);
	case SPF_EXISTS:
		return match_exists(r, t);
	case SPF_INCLUDE:
		break;
	}
	bug("spf_mech_match: mechanism %d", (int)t->mech);
}
