/* The options of the daemon itself. */
#include "cmd/app.h"

const struct conf_opt daemon_options[] = {
	{ .name = "daemon.workers",
	  .type = CONF_INT,
	  .def = "0",
	  .allow = "0..64",
	  .help = "worker processes; 0: one for each processor" },
	{ .name = "daemon.user",
	  .type = CONF_STR,
	  .def = "",
	  .help = "account to become when started by root; empty: \"merlon\" if there is one, else "
		  "\"nobody\"" },
	{ .name = "daemon.state",
	  .type = CONF_STR,
	  .def = "./var",
	  .help = "directory of what is remembered; --state has precedence" },
	{ .name = "daemon.drain",
	  .type = CONF_TIME,
	  .def = "30s",
	  .allow = "0s..10m",
	  .help = "time that SMTP sessions get to end when workers are replaced or stopped" },
	{ 0 },
};
