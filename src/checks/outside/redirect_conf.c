/* What may be asked where links lead, how often and how long. */
#include "checks/outside/redirect_conf.h"

#include <stdio.h>

static bool is_net(struct str value, char *why, size_t cap)
{
	struct cidr net;

	snprintf(why, cap, "an address or a network, as 192.0.2.0/24");
	return cidr_parse(value, &net);
}

static bool is_port(struct str value, char *why, size_t cap)
{
	uint64_t n;

	snprintf(why, cap, "a port from 1 to 65535");
	return str_u64(value, 65535, &n) && n;
}

static bool is_agent(struct str value, char *why, size_t cap)
{
	snprintf(why, cap, "printable text of at most 200 octets");
	return str_printable(value) && value.n <= 200;
}

const struct conf_opt redirect_options[] = {
	{ .name = "redirect.use",
	  .type = CONF_BOOL,
	  .def = "no",
	  .help = "ask shorteners and redirectors where their links lead: they see this host's "
		  "address, and that somebody asked" },
	{ .name = "redirect.follow",
	  .type = CONF_ENUM,
	  .def = "listed",
	  .allow = "listed|any",
	  .help = "which hosts are asked after the first: listed: those of the lists shorteners "
		  "and redirectors too; any: every host that is led to, its owner then sees it" },
	{ .name = "redirect.max_urls",
	  .type = CONF_INT,
	  .def = "5",
	  .allow = "1..10",
	  .help = "links of one message that are followed" },
	{ .name = "redirect.max_hops",
	  .type = CONF_INT,
	  .def = "3",
	  .allow = "1..5",
	  .help = "redirections of one link that are followed" },
	{ .name = "redirect.max_inflight",
	  .type = CONF_INT,
	  .def = "50",
	  .allow = "1..500",
	  .help = "requests that one worker has under way; what is over is not asked" },
	{ .name = "redirect.hop_timeout",
	  .type = CONF_TIME,
	  .def = "2s",
	  .allow = "100ms..10s",
	  .help = "how long one answer is waited for" },
	{ .name = "redirect.timeout",
	  .type = CONF_TIME,
	  .def = "4s",
	  .allow = "100ms..30s",
	  .help = "how long a message waits for all of them" },
	{ .name = "redirect.cache",
	  .type = CONF_TIME,
	  .def = "1d",
	  .allow = "0s..30d",
	  .help = "how long it is remembered where a link leads; 0: not" },
	{ .name = "redirect.user_agent",
	  .type = CONF_STR,
	  .def = "Mozilla/5.0",
	  .check = is_agent,
	  .help = "what it calls itself: the only field that is sent besides those that HTTP "
		  "needs" },
	{ .name = "redirect.ports",
	  .type = CONF_LIST,
	  .def = "{80, 443}",
	  .check = is_port,
	  .help = "ports that are asked, at most 16" },
	{ .name = "redirect.allow_nets",
	  .type = CONF_LIST,
	  .check = is_net,
	  .help = "networks that are asked although they are not of the public Internet, at most "
		  "64: for sites that have redirectors of their own" },
	{ .name = "redirect.refuse_nets",
	  .type = CONF_LIST,
	  .check = is_net,
	  .help = "public networks that are not asked, at most 64: the site's own, and its prefix "
		  "for NAT64 if it is not 64:ff9b::/96" },
	{ 0 },
};

static int read_nets(const struct conf *c, const char *option, struct cidr *net, size_t *n,
		     struct err *e)
{
	const struct str *item;
	size_t count = conf_list(c, option, &item);

	if (count > REDIRECT_NETS)
		return err_set(e, "%s: %s: more than %u networks", conf_where(c, option), option,
			       REDIRECT_NETS);
	for (*n = 0; *n < count; ++*n)
		(void)cidr_parse(item[*n], &net[*n]);
	return 0;
}

static int read_ports(const struct conf *c, struct redirect_conf *k, struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "redirect.ports", &item);
	uint64_t port;

	if (n > REDIRECT_PORTS)
		return err_set(e, "%s: redirect.ports: more than %u",
			       conf_where(c, "redirect.ports"), REDIRECT_PORTS);
	for (size_t i = 0; i < n; i++)
		if (str_u64(item[i], 65535, &port))
			k->port[k->nports++] = (uint16_t)port;
	return 0;
}

int redirect_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct redirect_conf *k = ARENA_NEW(a, struct redirect_conf);

	k->use = conf_bool(c, "redirect.use");
	k->any = conf_enum(c, "redirect.follow") == 1;
	k->max_urls = (size_t)conf_int(c, "redirect.max_urls");
	k->max_hops = (unsigned)conf_int(c, "redirect.max_hops");
	k->max_inflight = (unsigned)conf_int(c, "redirect.max_inflight");
	k->hop_ms = conf_time_ms(c, "redirect.hop_timeout");
	k->total_ms = conf_time_ms(c, "redirect.timeout");
	k->cache_ms = conf_time_ms(c, "redirect.cache");
	k->agent = arena_printf(a, "User-Agent: %.*s", STR_ARG(conf_str(c, "redirect.user_agent")));
	*config = k;
	if (read_nets(c, "redirect.allow_nets", k->guard.allow, &k->guard.nallow, e) < 0 ||
	    read_nets(c, "redirect.refuse_nets", k->guard.refuse, &k->guard.nrefuse, e) < 0)
		return -1;
	return read_ports(c, k, e);
}

bool redirect_port_ok(const struct redirect_conf *k, uint16_t port)
{
	for (size_t i = 0; i < k->nports; i++)
		if (k->port[i] == port)
			return true;
	return false;
}
