/* merlon auth, merlon scan: their command lines. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/judge.h"

enum {
	OPT_IP = 256,
	OPT_HELO,
	OPT_FROM,
	OPT_DNS,
	OPT_NOW,
	OPT_ID,
	OPT_RCPT,
	OPT_JOBS,
	OPT_JSON,
	OPT_SUBRULES,
	OPT_LOCAL,
	OPT_STATE,
	OPT_PLUGINS,
	OPT_HELP
};

static const struct option long_options[] = {
	{ "ip", 1, 0, OPT_IP },		  { "helo", 1, 0, OPT_HELO },
	{ "from", 1, 0, OPT_FROM },	  { "dns", 1, 0, OPT_DNS },
	{ "now", 1, 0, OPT_NOW },	  { "authserv-id", 1, 0, OPT_ID },
	{ "rcpt", 1, 0, OPT_RCPT },	  { "jobs", 1, 0, OPT_JOBS },
	{ "json", 0, 0, OPT_JSON },	  { "subrules", 0, 0, OPT_SUBRULES },
	{ "local", 0, 0, OPT_LOCAL },	  { "state", 1, 0, OPT_STATE },
	{ "plugins", 1, 0, OPT_PLUGINS }, { "config", 1, 0, 'c' },
	{ "help", 0, 0, OPT_HELP },	  { 0 },
};

static const char common_help[] =
	"  --ip ADDRESS        the SMTP client; without it SPF and iprev are none\n"
	"  --helo NAME         what it said in HELO\n"
	"  --from PATH         MAIL FROM, with or without <>; \"\" is the null sender;\n"
	"                      without it the message's Return-Path, else the null sender\n"
	"  --rcpt PATH         a recipient; any number of times\n"
	"  --dns ADDRESS@PORT  ask this resolver; up to 8 times\n"
	"  --now EPOCH         the date that signatures are compared with\n"
	"  --authserv-id ID    our name in Authentication-Results\n"
	"  --jobs FILE.jsonl   messages to judge, one JSON object a line with path (relative to "
	"FILE),\n"
	"                      client_ip, helo, mail_from, rcpt[]; prints one JSON line for each, "
	"in order\n"
	"  --json              print JSON, one line a message\n"
	"  --local             ask nobody: every DNS question fails at once, nothing is "
	"remembered\n"
	"  --state DIR         what the daemon remembers there is looked at and not changed\n"
	"  --subrules          in JSON, the names of the subrules that hit too\n"
	"  -c, --config FILE   the daemon's configuration\n"
	"  --plugins DIR       load the plug-ins (*.so) of a directory\n"
	"  --help              this text\n\n"
	"Exit: 0 good, 1 DMARC fail%s in some message, 2 failure.\n";

static int usage(bool scan, FILE *out, int code)
{
	const char *name = scan ? "scan" : "auth";

	fprintf(out, "usage: merlon %s [OPTION]... FILE|DIR|MBOX|-...\n", name);
	fprintf(out, "       merlon %s [OPTION]... --jobs FILE.jsonl\n", name);
	fputs(scan ? "Judges messages: authentication, rules, score and action.\n\n"
		   : "Authenticates messages: SPF, DKIM, ARC and DMARC.\n\n",
	      out);
	fprintf(out, common_help, scan ? ", or an action stronger than tag," : "");
	return code;
}

static bool bad(const char *option, const char *found, const char *expected)
{
	fprintf(stderr, "merlon: --%s: found \"%s\", expected %s\n", option, found, expected);
	return false;
}

static bool add_dns(struct judge_options *o, const char *arg)
{
	if (o->ndns == sizeof o->dns / sizeof *o->dns)
		return bad("dns", arg, "at most 8 resolvers");
	o->dns[o->ndns++] = str_c(arg);
	return true;
}

static bool add_rcpt(struct judge_options *o, struct arena *a, const char *arg)
{
	struct envelope *v = &o->envelope;
	struct str *more = ARENA_ARRAY(a, struct str, v->nrcpt + 1);

	if (v->nrcpt)
		memcpy(more, v->rcpt, v->nrcpt * sizeof *more);
	more[v->nrcpt++] = str_c(arg);
	v->rcpt = more;
	return true;
}

static bool set_now(struct judge_options *o, const char *arg)
{
	uint64_t now;

	if (!str_u64(str_c(arg), INT64_MAX, &now) || !now)
		return bad("now", arg, "seconds since 1970");
	o->now = (int64_t)now;
	return true;
}

static bool take(struct judge_options *o, struct arena *a, int option, const char *arg)
{
	switch (option) {
	case OPT_IP:
		return ip_parse(str_c(arg), &o->envelope.ip) || bad("ip", arg, "an address");
	case OPT_HELO:
		o->envelope.helo = str_c(arg);
		return true;
	case OPT_FROM:
		o->envelope.mail_from = str_c(arg);
		return true;
	case OPT_DNS:
		return add_dns(o, arg);
	case OPT_NOW:
		return set_now(o, arg);
	case OPT_ID:
		o->authserv_id = str_c(arg);
		return o->authserv_id.n > 0 || bad("authserv-id", arg, "a name");
	case OPT_RCPT:
		return add_rcpt(o, a, arg);
	case OPT_JOBS:
		o->jobs = arg;
		o->json = true;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_LOCAL:
		o->local = true;
		return true;
	case OPT_STATE:
		o->state = arg;
		return true;
	case OPT_SUBRULES:
		o->subrules = true;
		return true;
	case OPT_PLUGINS:
		o->plugins = arg;
		return true;
	case 'c':
		o->conf = arg;
		return true;
	default:
		return false;
	}
}

static int run(int argc, char **argv, bool auth_only)
{
	struct judge_options o = { .auth_only = auth_only };
	struct arena *a = arena_new(0);
	int c, code = -1;

	while (code < 0 && (c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == OPT_HELP)
			code = usage(!auth_only, stdout, APP_EXIT_GOOD);
		else if (!take(&o, a, c, optarg))
			code = APP_EXIT_FAILURE;
	}
	o.path = argv + optind;
	o.npath = argc - optind;
	if (code < 0 && !o.jobs && !o.npath)
		code = usage(!auth_only, stderr, APP_EXIT_FAILURE);
	if (code < 0)
		code = judge_all(&o);
	arena_free(a);
	return code;
}

int cmd_auth(int argc, char **argv)
{
	return run(argc, argv, true);
}

int cmd_scan(int argc, char **argv)
{
	return run(argc, argv, false);
}
