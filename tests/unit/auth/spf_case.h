/* One SPF check against a test zone, in whatever order the answers come. */
#ifndef TESTS_UNIT_AUTH_SPF_CASE_H
#define TESTS_UNIT_AUTH_SPF_CASE_H

#include "auth/spf/spf.h"
#include "base/err.h"
#include "lib/zone.h"

enum spf_order {
	ORDER_NOW,    /* no waiting */
	ORDER_ROUNDS, /* all that was asked, at once */
	ORDER_FIRST,  /* one answer at a time, oldest question first */
	ORDER_LAST,   /* newest first */
	ORDER_MIXED,  /* by seed */
	ORDERS,
};

/* req.ip and the rest from texts; the sender is me@domain. */
static inline struct spf_request spf_case_request(const char *ip, const char *domain)
{
	struct spf_request req = { .helo = STR("mail.example.net"),
				   .local = STR("me"),
				   .domain = str_c(domain),
				   .receiver = STR("mx.example.net"),
				   .now = 1700000000,
				   .want_explanation = true };

	if (*ip && !ip_parse(str_c(ip), &req.ip))
		bug("not an address: %s", ip);
	return req;
}

/* Calls spf_eval until it is done. The zone keeps its counters. */
static inline struct spf_result spf_case_run(struct arena *a, struct zone *z,
					     const struct spf_request *req, enum spf_order order,
					     uint64_t seed)
{
	struct dns *dns = zone_dns(z, order == ORDER_NOW ? ZONE_NOW : ZONE_ROUNDS);
	struct spf_result res;

	while (spf_eval(a, dns, req, &res) == AUTH_WAIT) {
		size_t n = zone_waiting(z);

		if (n == 0)
			bug("spf_eval waits for nothing");
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if (order == ORDER_ROUNDS)
			zone_round(z);
		else
			zone_arrive(z, order == ORDER_FIRST  ? 0
				       : order == ORDER_LAST ? n - 1
							     : (seed >> 33) % n);
	}
	return res;
}

#endif
