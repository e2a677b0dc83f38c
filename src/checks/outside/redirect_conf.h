/* The options of the check of redirectors, read. */
#ifndef CHECKS_OUTSIDE_REDIRECT_CONF_H
#define CHECKS_OUTSIDE_REDIRECT_CONF_H

#include "checks/outside/redirect.h"

struct redirect_conf {
	bool use, any;
	size_t max_urls;
	unsigned max_hops, max_inflight;
	uint64_t hop_ms, total_ms, cache_ms;
	struct str agent; /* "User-Agent: ..." */
	uint16_t port[REDIRECT_PORTS];
	size_t nports;
	struct redirect_guard guard;
};

extern const struct conf_opt redirect_options[];
int redirect_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);
bool redirect_port_ok(const struct redirect_conf *k, uint16_t port);

#endif
