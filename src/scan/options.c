/* The engine's own options. */
#include "scan/setup.h"

const struct conf_opt scan_options[] = {
	{ .name = "scan.deadline", .type = CONF_TIME, .def = "25s", .allow = "1s..240s",
	  .help = "time after the end of a message by which it is judged, with whatever is known" },
	{ .name = "scan.on_error", .type = CONF_ENUM, .def = "accept", .allow = "accept|tempfail",
	  .help = "what happens to a message of which no check could be finished" },
	{ .name = "score.tag", .type = CONF_FLOAT, .def = "6", .allow = "-1000..1000000",
	  .help = "a message with this score or more is tagged" },
	{ .name = "score.quarantine", .type = CONF_FLOAT, .def = "1000000", .allow = "-1000..1000000",
	  .help = "a message with this score or more is held in the MTA's quarantine; 1000000: never" },
	{ .name = "score.reject", .type = CONF_FLOAT, .def = "15", .allow = "-1000..1000000",
	  .help = "a message with this score or more is refused" },
	{ .name = "score.discard", .type = CONF_FLOAT, .def = "1000000", .allow = "-1000..1000000",
	  .help = "a message with this score or more is accepted and thrown away; 1000000: never" },
	{ .name = "score.tempfail", .type = CONF_FLOAT, .def = "1000000", .allow = "-1000..1000000",
	  .help = "a message with this score or more is put off with a 4xx reply; 1000000: never" },
	{ .name = "reply.reject", .type = CONF_STR, .def = "550 5.7.1 Message refused",
	  .help = "reply to a refused message; %q is the queue id, %d the author domain, %% a percent sign" },
	{ .name = "reply.tempfail", .type = CONF_STR, .def = "451 4.7.1 Please try again later",
	  .help = "reply to a message that is put off; % as in reply.reject" },
	{ .name = "reply.greylist", .type = CONF_STR, .def = "451 4.7.1 Greylisted, please try again later",
	  .help = "reply to a greylisted message; % as in reply.reject" },
	{ .name = "headers.score", .type = CONF_BOOL, .def = "true",
	  .help = "add X-Merlon-Score: the score, the thresholds and the action" },
	{ .name = "headers.symbols", .type = CONF_BOOL, .def = "true",
	  .help = "add X-Merlon-Symbols: the rules that hit, each with its score" },
	{ .name = "headers.flag", .type = CONF_BOOL, .def = "true",
	  .help = "add X-Spam-Flag: YES to a message that is tagged" },
	{ .name = "headers.strip", .type = CONF_LIST, .def = "{\"X-Merlon-*\", \"X-Spam-Flag\", \"X-Spam-Score\", \"X-Spam-Status\"}",
	  .help = "fields that are removed when they come from outside; * at the end stands for anything" },
	{ 0 }
};
