/* The room's options: the only file of it that reads the configuration. */
#include "milter/engine.h"

#include "milter/bind.h"

/* Of the listener that there is without a listen section too. */
#define DEFAULT_SOCKET "inet:8891@127.0.0.1"
#define DEFAULT_MODE "0660"

static bool check_socket(struct str value, char *why, size_t cap)
{
	struct address a;
	struct err e;

	if (bind_parse(value, &a, &e) == 0)
		return true;
	snprintf(why, cap, "inet:PORT@ADDRESS, inet6:PORT@ADDRESS or unix:/path");
	return false;
}

static bool parse_mode(struct str s, unsigned *mode)
{
	*mode = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
		*mode = *mode * 8 + (unsigned)(s.p[i] - '0');
	}
	return s.n >= 3 && s.n <= 4 && *mode <= 0777;
}

static bool check_mode(struct str value, char *why, size_t cap)
{
	unsigned mode;

	if (parse_mode(value, &mode))
		return true;
	snprintf(why, cap, "an octal mode such as " DEFAULT_MODE);
	return false;
}

const struct conf_opt milter_options[] = {
	{ .name = "milter.engine",
	  .type = CONF_ENUM,
	  .def = "native",
	  .allow = "native|libmilter",
	  .help = "who speaks the milter protocol: Merlon itself, or libmilter (one listener, one "
		  "worker)" },
	{ .name = "milter.timeout_command",
	  .type = CONF_TIME,
	  .def = "60s",
	  .allow = "100ms..1d",
	  .help = "how long an MTA may be silent before the content of its first message" },
	{ .name = "milter.timeout_content",
	  .type = CONF_TIME,
	  .def = "300s",
	  .allow = "100ms..1d",
	  .help = "how long an MTA may be silent in content, and between messages" },
	{ .name = "milter.max_sessions",
	  .type = CONF_INT,
	  .def = "4000",
	  .allow = "1..10000",
	  .help = "connections of a worker; more are closed at once" },
	{ .name = "milter.max_scanning",
	  .type = CONF_INT,
	  .def = "64",
	  .allow = "1..10000",
	  .help = "messages of a worker that wait for their verdict at the same time" },
	{ .name = "milter.queue",
	  .type = CONF_INT,
	  .def = "256",
	  .allow = "0..10000",
	  .help = "messages that wait for that; more get a temporary failure" },
	{ .name = "milter.progress_interval",
	  .type = CONF_TIME,
	  .def = "10s",
	  .allow = "100ms..1h",
	  .help = "how often the MTA is told that a verdict is still worked on" },
	{ .name = "milter.backlog",
	  .type = CONF_INT,
	  .def = "1024",
	  .allow = "1..65535",
	  .help = "connections that the kernel keeps for us until we take them" },
	{ .name = "listen.*.socket",
	  .type = CONF_STR,
	  .def = DEFAULT_SOCKET,
	  .check = check_socket,
	  .help = "where MTAs reach us: inet:PORT@ADDRESS, inet6:PORT@ADDRESS or unix:/path" },
	{ .name = "listen.*.profile",
	  .type = CONF_ENUM,
	  .def = "inbound",
	  .allow = "inbound|submission|reinjection",
	  .help = "what kind of mail comes in here" },
	{ .name = "listen.*.mode",
	  .type = CONF_STR,
	  .def = DEFAULT_MODE,
	  .check = check_mode,
	  .help = "permissions of a unix socket" },
	{ .name = "listen.*.group", .type = CONF_STR, .help = "group of a unix socket, the MTA's" },
	{ .name = NULL },
};

void milter_config_read(const struct conf *c, struct milter_config *cfg)
{
	*cfg = (struct milter_config){
		.libmilter = milter_single_worker(c),
		.timeout_command = conf_time_ms(c, "milter.timeout_command"),
		.timeout_content = conf_time_ms(c, "milter.timeout_content"),
		.progress = conf_time_ms(c, "milter.progress_interval"),
		.max_sessions = (size_t)conf_int(c, "milter.max_sessions"),
		.max_scanning = (size_t)conf_int(c, "milter.max_scanning"),
		.queue = (size_t)conf_int(c, "milter.queue"),
	};
}

bool milter_single_worker(const struct conf *c)
{
	return conf_enum(c, "milter.engine") == 1;
}

static struct str word(size_t i)
{
	static const char *const words[] = { "inbound", "submission", "reinjection" };

	return str_c(words[i]);
}

static void read_listener(const struct conf *c, size_t i, struct milter_listener *l)
{
	*l = (struct milter_listener){
		.name = conf_section_title(c, "listen", i),
		.socket = conf_sec_str(c, "listen", i, "socket"),
		.profile = word(conf_sec_enum(c, "listen", i, "profile")),
		.group = conf_sec_str(c, "listen", i, "group"),
		.where = conf_sec_where(c, "listen", i, "socket"),
		.backlog = (int)conf_int(c, "milter.backlog"),
		.fd = -1,
	};
	(void)parse_mode(conf_sec_str(c, "listen", i, "mode"), &l->mode);
}

int milter_listeners(struct arena *a, const struct conf *c, struct milter_listener **l, size_t *n,
		     struct err *e)
{
	*n = conf_sections(c, "listen");
	if (*n == 0) {
		*n = 1;
		*l = ARENA_NEW(a, struct milter_listener);
		**l = (struct milter_listener){ .name = STR("default"),
						.socket = STR(DEFAULT_SOCKET),
						.profile = STR("inbound"),
						.where = "default",
						.backlog = (int)conf_int(c, "milter.backlog"),
						.fd = -1 };
		(void)parse_mode(STR(DEFAULT_MODE), &(*l)->mode);
		return 0;
	}
	if (*n > 1 && milter_single_worker(c))
		return err_set(e,
			       "%s: milter.engine: found libmilter with %zu listen sections, "
			       "expected one: libmilter serves one socket",
			       conf_where(c, "milter.engine"), *n);
	*l = ARENA_ARRAY(a, struct milter_listener, *n);
	for (size_t i = 0; i < *n; i++) {
		read_listener(c, i, &(*l)[i]);
		for (size_t k = 0; k < i; k++)
			if (str_eq((*l)[k].socket, (*l)[i].socket))
				return err_set(e, "%s: listen \"%.*s\": %.*s is listened on twice",
					       (*l)[i].where, STR_ARG((*l)[i].name),
					       STR_ARG((*l)[i].socket));
	}
	return 0;
}

int milter_bind(struct milter_listener *l, const struct conf *c, struct err *e)
{
	return milter_single_worker(c) ? 0 : bind_listen(l, e);
}
