/* iprev (RFC 8601 3): the client's name by PTR, confirmed by the addresses of that name. */
#include "auth/iprev.h"

#include "mail/domain.h"

static bool is_error(const struct dns_answer *ans)
{
	return ans->status == DNS_TEMPFAIL || ans->status == DNS_BOGUS;
}

static bool has_address(const struct dns_answer *ans, const struct ip *ip)
{
	size_t width = ip->family == 4 ? 4 : 16;

	for (size_t i = 0; ans->status == DNS_OK && i < ans->n; i++)
		if (str_eq(ans->rr[i].data, str_of((const char *)ip->b, width)))
			return true;
	return false;
}

/* The names that mail can hold, of the first IPREV_MAX_NAMES; in the order of the answer. */
static size_t usable_names(struct arena *a, const struct dns_answer *ptr,
			   struct str name[static IPREV_MAX_NAMES])
{
	size_t n = 0;

	for (size_t i = 0; i < ptr->n && i < IPREV_MAX_NAMES; i++) {
		name[n] = domain_read(a, ptr->rr[i].data, DOMAIN_UNDERSCORE);
		n += name[n].p != NULL;
	}
	return n;
}

static enum auth_step done(struct iprev_result *res, enum auth_result code, struct str name,
			   struct str reason)
{
	*res = (struct iprev_result){ code, name, reason };
	return AUTH_DONE;
}

/* The first name with the client's address, once all before it are known. */
static enum auth_step confirm(struct arena *a, struct dns *dns, const struct dns_answer *ptr,
			      const struct ip *ip, struct iprev_result *res)
{
	struct str name[IPREV_MAX_NAMES];
	size_t n = usable_names(a, ptr, name);
	bool error = false, wait = false;

	for (size_t i = 0; i < n; i++) {
		const struct dns_answer *ans =
			dns_ask(dns, name[i].p, ip->family == 4 ? DNS_A : DNS_AAAA);

		wait |= !ans;
		if (!ans)
			continue;
		error |= is_error(ans);
		if (!wait && has_address(ans, ip))
			return done(res, AUTH_PASS, name[i], STR_NULL);
	}
	if (wait)
		return AUTH_WAIT;
	if (error)
		return done(res, AUTH_TEMPERROR, STR_NULL,
			    STR("DNS error for the addresses of the client's name"));
	return done(res, AUTH_FAIL, n > 0 ? name[0] : STR_NULL,
		    STR("the client's name has not the client's address"));
}

enum auth_step iprev_eval(struct arena *a, struct dns *dns, const struct ip *ip,
			  struct iprev_result *res)
{
	const struct dns_answer *ptr;

	if (ip->family != 4 && ip->family != 6)
		return done(res, AUTH_NONE, STR_NULL, STR("the client has no address"));
	ptr = dns_ask(dns, ip_reverse_name(a, ip), DNS_PTR);
	if (!ptr)
		return AUTH_WAIT;
	if (is_error(ptr))
		return done(res, AUTH_TEMPERROR, STR_NULL, STR("DNS error for the client's name"));
	if (ptr->status != DNS_OK)
		return done(res, AUTH_PERMERROR, STR_NULL, STR("the client has no name"));
	return confirm(a, dns, ptr, ip, res);
}
