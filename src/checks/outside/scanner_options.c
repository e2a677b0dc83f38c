/* Which virus scanners are asked, and what follows from what they say. */
#include <stdio.h>

#include "checks/outside/clamd.h"
#include "checks/outside/icap.h"
#include "checks/outside/scanner.h"

static bool is_url(struct str value, char *why, size_t cap)
{
	struct icap_url u;

	return icap_url_parse(value, &u, why, cap);
}

const struct conf_opt scanner_options[] = {
	{ .name = "antivirus.clamd",
	  .type = CONF_LIST,
	  .check = stream_address_ok,
	  .help = "ClamAV daemons, unix:/path or inet:port@address, at most 4: the first that "
		  "answers is asked; they see the whole of the mail" },
	{ .name = "antivirus.icap",
	  .type = CONF_LIST,
	  .check = is_url,
	  .help = "ICAP scanners, icap://address[:port]/service, at most 4, likewise" },
	{ .name = "antivirus.scan",
	  .type = CONF_ENUM,
	  .def = "message",
	  .allow = "message|files|all",
	  .help = "message: the whole message, if there is more in it than plain text; files: its "
		  "parts one by one, so that a file that comes again need not be scanned again; "
		  "all: every message as a whole" },
	{ .name = "antivirus.max_size",
	  .type = CONF_SIZE,
	  .def = "20M",
	  .allow = "64k..100M",
	  .help = "what is scanned at once, not more than StreamMaxLength of clamd; of larger "
		  "messages the largest files are left out (AV_PARTIAL)" },
	{ .name = "antivirus.timeout",
	  .type = CONF_TIME,
	  .def = "5s",
	  .allow = "100ms..60s",
	  .help = "how long a message waits for each of them" },
	{ .name = "antivirus.cache",
	  .type = CONF_TIME,
	  .def = "1h",
	  .allow = "0s..1d",
	  .help = "how long a verdict holds for the same octets; 0: each is asked anew" },
	{ .name = "antivirus.action",
	  .type = CONF_ENUM,
	  .def = "reject",
	  .allow = "reject|quarantine|score",
	  .help = "what is done with malware; score: what the rules say of it (VIRUS)" },
	{ .name = "antivirus.on_failure",
	  .type = CONF_ENUM,
	  .def = "accept",
	  .allow = "accept|tempfail",
	  .help = "what is done with a message that no scanner of a kind could look at; accept: it "
		  "is judged without (AV_FAIL)" },
	{ .name = "antivirus.heuristics",
	  .type = CONF_LIST,
	  .def = "{Heuristics.*, PUA.*, *.Structured.*, *Phishing*, *Spam*, *Junk*, *Scam*, "
		 "*.Sanesecurity.*, Sanesecurity.*, winnow.*, SecuriteInfo.com.*, Porcupine.*, "
		 "MBL_*, YARA.*}",
	  .help = "names (* and ? as in a shell) of what is not malware for sure: only scored, by "
		  "the rules AV_*" },
	{ 0 },
};

static const struct str *clamd_ask(struct arena *a, const struct scanner_server *server,
				   const struct scanner_object *o, size_t *n)
{
	(void)server;
	return clamd_request(a, o, n);
}

static bool clamd_read(struct arena *a, struct str octets, const struct scanner_object *o,
		       struct scanner_reply *r)
{
	(void)o;
	if (!clamd_reply_read(octets, r))
		return false;
	if (r->name.n)
		r->name = scanner_name_clean(a, r->name);
	return true;
}

static const struct str *icap_ask(struct arena *a, const struct scanner_server *server,
				  const struct scanner_object *o, size_t *n)
{
	struct icap_url u;
	char why[100];

	if (!icap_url_parse(server->url, &u, why, sizeof why))
		bug("%.*s: %s", STR_ARG(server->url), why);
	return icap_request(a, &u, o, n);
}

/* The servers of an option; -1 and *e: too many. */
static int read_servers(const struct conf *c, const char *option, const struct str **item,
			size_t *n, struct err *e)
{
	*n = conf_list(c, option, item);
	if (*n > SCANNER_SERVERS_MAX)
		return err_set(e, "%s: %s: at most %u", conf_where(c, option), option,
			       SCANNER_SERVERS_MAX);
	return 0;
}

static int add_clamd(struct arena *a, const struct conf *c, struct scanner_config *k, struct err *e)
{
	struct scanner_engine *engine = &k->engine[k->nengines];
	const struct str *item;
	char why[200];
	size_t n;

	if (read_servers(c, "antivirus.clamd", &item, &n, e) < 0)
		return -1;
	*engine = (struct scanner_engine){ .name = "clamd",
					   .letter = 'c',
					   .nservers = n,
					   .request = clamd_ask,
					   .read = clamd_read,
					   .whole = clamd_whole,
					   .max_octets = CLAMD_REPLY_MAX };
	for (size_t i = 0; i < n; i++) {
		if (!stream_address_parse(a, item[i], &engine->server[i].address, why, sizeof why))
			return err_set(e, "antivirus.clamd: %s", why);
		engine->server[i].where = arena_printf(a, "clamd:%.*s", STR_ARG(item[i])).p;
	}
	k->nengines += n > 0;
	return 0;
}

static int add_icap(struct arena *a, const struct conf *c, struct scanner_config *k, struct err *e)
{
	struct scanner_engine *engine = &k->engine[k->nengines];
	const struct str *item;
	char why[200];
	size_t n;

	if (read_servers(c, "antivirus.icap", &item, &n, e) < 0)
		return -1;
	*engine = (struct scanner_engine){ .name = "icap",
					   .letter = 'i',
					   .nservers = n,
					   .request = icap_ask,
					   .read = icap_reply_read,
					   .whole = icap_whole,
					   .max_octets = ICAP_REPLY_MAX };
	for (size_t i = 0; i < n; i++) {
		struct icap_url u;
		if (!icap_url_parse(item[i], &u, why, sizeof why))
			return err_set(e, "antivirus.icap: %s", why);
		engine->server[i].address = (struct stream_address){ .ip = u.ip, .port = u.port };
		engine->server[i].url = item[i];
		engine->server[i].where = arena_printf(a, "icap:%.*s", STR_ARG(u.host)).p;
	}
	k->nengines += n > 0;
	return 0;
}

int scanner_setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct scanner_config *k = ARENA_NEW(a, struct scanner_config);

	k->mode = (enum scanner_mode)conf_enum(c, "antivirus.scan");
	k->max_size = conf_size(c, "antivirus.max_size");
	k->timeout_ms = conf_time_ms(c, "antivirus.timeout");
	k->cache_ms = conf_time_ms(c, "antivirus.cache");
	k->action = (enum scanner_action)conf_enum(c, "antivirus.action");
	k->tempfail = conf_enum(c, "antivirus.on_failure") == 1;
	k->nheuristics = conf_list(c, "antivirus.heuristics", &k->heuristics);
	*config = k;
	return add_clamd(a, c, k, e) < 0 || add_icap(a, c, k, e) < 0 ? -1 : 0;
}
