/* The directives that OpenDKIM, OpenDMARC and OpenARC have in common. */
#include "cmd/peer.h"
#include "cmd/peer_common.h"

#define SUPERVISOR "the supervisor restarts what fails, in under a second"

const struct peer_directive peer_common[] = {
	{ "AuthservID", peer_take_authserv_id, "auth.authserv_id", NULL, NULL, true },
	{ "AuthservIDWithJobID", peer_take_if_same, NULL, "no",
	  "Merlon's name in Authentication-Results has nothing behind it", false },
	{ "AutoRestart", peer_take_already, NULL, NULL, SUPERVISOR, false },
	{ "AutoRestartCount", peer_take_already, NULL, NULL, SUPERVISOR ", as often as needed",
	  false },
	{ "AutoRestartRate", peer_take_already, NULL, NULL, SUPERVISOR ", more slowly each time",
	  false },
	{ "Background", peer_take_already, NULL, NULL, "merlond runs as systemd wants it", false },
	{ "BaseDirectory", peer_take_already, NULL, NULL, "paths here are taken as below it",
	  false },
	{ "ChangeRootDirectory", peer_take_not, NULL, NULL,
	  "Merlon confines its processes by itself; paths in this file are below that directory",
	  true },
	{ "EnableCoredumps", peer_take_if_same, NULL, "no",
	  "no process leaves a core of its keys or mail", false },
	{ "Include", peer_take_include, NULL, NULL, NULL, false },
	{ "KeepTemporaryFiles", peer_take_if_same, NULL, "no", "Merlon makes no such files",
	  false },
	{ "MaximumHeaders", peer_take_already, NULL, NULL, "the header has a limit of its own",
	  false },
	{ "MilterDebug", peer_take_if_same, NULL, "0", "see log.level", false },
	{ "PidFile", peer_take_already, NULL, NULL, "systemd knows merlond's process", false },
	{ "Socket", NULL, "listen.*.socket", NULL, NULL, true },
	{ "SoftwareHeader", peer_take_if_same, NULL, "no", "no field names the software", false },
	{ "Syslog", peer_take_syslog, "log.target", NULL, NULL, false },
	{ "SyslogFacility", peer_take_if_same, NULL, "mail", "the facility is mail", false },
	{ "TemporaryDirectory", peer_take_already, NULL, NULL, "Merlon makes no such files",
	  false },
	{ "UMask", NULL, "listen.*.mode", NULL, NULL, false },
	{ "UserID", NULL, "sign.user", NULL, NULL, true },
	{ 0 },
};
