/* The options of the store, of the trainer and of the control process, as tables. */
#include <stdio.h>

#include "base/ip.h"
#include "control/control.h"
#include "control/listen.h"

static bool check_mode(struct str value, char *why, size_t cap)
{
	unsigned mode;

	if (control_mode(value, &mode))
		return true;
	snprintf(why, cap, "an octal mode such as 0660");
	return false;
}

bool control_mode(struct str s, unsigned *mode)
{
	*mode = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
		*mode = *mode * 8 + (unsigned)(s.p[i] - '0');
	}
	return s.n >= 3 && s.n <= 4 && *mode <= 0777;
}

static bool check_path(struct str value, char *why, size_t cap)
{
	if (value.n == 0 || (value.p[0] == '/' && value.n < CONTROL_PATH_MAX))
		return true;
	snprintf(why, cap, "an absolute path of less than %u octets", CONTROL_PATH_MAX);
	return false;
}

/* "unix:/path", "host:port", "[v6]:port". */
static bool check_server(struct str v, char *why, size_t cap)
{
	size_t at = str_rchr(v, ':');
	uint64_t port;
	struct ip ip;

	snprintf(why, cap, "unix:/path, host:port or [address]:port");
	if (str_starts(v, STR("unix:/")))
		return true;
	if (at == SIZE_MAX || at == 0 || !str_u64(str_skip(v, at + 1), 65535, &port) || port == 0)
		return false;
	v = str_sub(v, 0, at);
	if (v.p[0] == '[')
		return v.n > 2 && ip_parse(str_sub(v, 1, v.n - 2), &ip) && ip.family == 6;
	return str_chr(v, ':') == SIZE_MAX && str_printable(v);
}

const struct conf_opt control_options[] = {
	{ .name = "report.dmarc.window",
	  .type = CONF_ENUM,
	  .def = "24h",
	  .allow = "1h|2h|3h|4h|6h|8h|12h|24h", /* as window_length reads it */
	  .help = "time that one report covers, counted from midnight UTC" },
	{ .name = "store.backend",
	  .type = CONF_ENUM,
	  .def = "embedded",
	  .allow = "embedded|redis|none",
	  .help = "who keeps what is remembered: this machine, in the state directory, or a Redis "
		  "that several machines share, or nobody: no statistics, no limits, no memory" },
	{ .name = "store.timeout",
	  .type = CONF_TIME,
	  .def = "250ms",
	  .allow = "10ms..10s",
	  .help = "time after which the store's answer is not waited for" },
	{ .name = "store.breaker.errors",
	  .type = CONF_INT,
	  .def = "5",
	  .allow = "1..1000",
	  .help = "failures after which the store is not asked for a while" },
	{ .name = "store.breaker.window",
	  .type = CONF_TIME,
	  .def = "10s",
	  .allow = "100ms..10m",
	  .help = "time within which so many failures count" },
	{ .name = "store.breaker.open",
	  .type = CONF_TIME,
	  .def = "5s",
	  .allow = "100ms..10m",
	  .help = "time for which it is not asked then" },
	{ .name = "store.fallback_entries",
	  .type = CONF_INT,
	  .def = "65536",
	  .allow = "1024..10000000",
	  .help = "records that each worker holds while the store cannot be asked" },
	{ .name = "store.redis.servers",
	  .type = CONF_LIST,
	  .def = "{127.0.0.1:6379}",
	  .check = check_server,
	  .help = "Redis servers, Sentinels or nodes of a cluster: host:port, [address]:port, "
		  "unix:/path" },
	{ .name = "store.redis.mode",
	  .type = CONF_ENUM,
	  .def = "single",
	  .allow = "single|sentinel|cluster",
	  .help = "what the servers are: one Redis, Sentinels that know the master, or a cluster" },
	{ .name = "store.redis.master",
	  .type = CONF_STR,
	  .def = "mymaster",
	  .help = "name of the master that the Sentinels watch" },
	{ .name = "store.redis.user",
	  .type = CONF_STR,
	  .def = "",
	  .help = "account of Redis (ACL); empty: the default one" },
	{ .name = "store.redis.password_file",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file whose first line is the password of Redis; empty: none is needed" },
	{ .name = "store.redis.sentinel_password_file",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file whose first line is the password of the Sentinels; empty: none is "
		  "needed" },
	{ .name = "store.redis.database",
	  .type = CONF_INT,
	  .def = "0",
	  .allow = "0..65535",
	  .help = "number of the Redis data base" },
	{ .name = "store.redis.tls",
	  .type = CONF_BOOL,
	  .def = "no",
	  .help = "speak TLS with Redis, where the hiredis library can" },
	{ .name = "store.redis.ca",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of the authorities that Redis' certificate is checked with; empty: the "
		  "system's" },
	{ .name = "store.redis.cert",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of our certificate for Redis; empty: none" },
	{ .name = "store.redis.key",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of the key of store.redis.cert" },
	{ .name = "store.redis.prefix",
	  .type = CONF_STR,
	  .def = "merlon:",
	  .help = "what all keys in Redis begin with; equal for machines that share a memory" },
	{ .name = "control.socket",
	  .type = CONF_STR,
	  .def = "",
	  .check = check_path,
	  .help = "unix socket at which merlon learn and others reach the daemon; empty: "
		  "control.sock in the state directory" },
	{ .name = "control.mode",
	  .type = CONF_STR,
	  .def = "0660",
	  .check = check_mode,
	  .help = "its permissions" },
	{ .name = "control.group",
	  .type = CONF_STR,
	  .def = "",
	  .help = "its group, whose members may train; empty: the daemon's own" },
	{ 0 },
};

const struct conf_opt trainer_options[] = {
	{ .name = "learn.half_life",
	  .type = CONF_TIME,
	  .def = "180d",
	  .allow = "0s..3650d",
	  .help = "time after which what was learnt counts half; 0: it never fades" },
	{ .name = "learn.flush",
	  .type = CONF_TIME,
	  .def = "30s",
	  .allow = "1s..1h",
	  .help = "how often what was learnt is written out (until then it is in a log on disk)" },
	{ .name = "learn.balance",
	  .type = CONF_INT,
	  .def = "3",
	  .allow = "1..1000",
	  .help = "automatic learning stops when there is so many times as much of one class as of "
		  "the other" },
	{ .name = "learn.campaign",
	  .type = CONF_INT,
	  .def = "3",
	  .allow = "1..1000",
	  .help = "copies of one campaign that traps and automatic learning learn in an hour" },
	{ .name = "learn.snapshot",
	  .type = CONF_TIME,
	  .def = "10m",
	  .allow = "1s..1d",
	  .help = "how often a snapshot is left in the shared store for machines that join" },
	{ 0 },
};
