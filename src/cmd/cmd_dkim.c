/* merlon dkim: keys that mail is signed with, through their lives. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/keytool.h"

#define BITS 2048u

static const struct verb {
	const char *name;
	int (*run)(const struct keytool_options *o);
	size_t least, most; /* arguments */
	const char *flags;  /* its own, by their letters */
	const char *help;
} verbs[] = {
	{ "new", keytool_new, 1, 1, "stbfA", "make keys for a domain; print what to publish" },
	{ "list", keytool_list, 0, 1, "", "show all keys, and what is to be done next" },
	{ "show", keytool_show, 1, 2, "f", "show keys of a domain, and what to publish" },
	{ "check", keytool_check, 0, 2, "DA", "ask every name server what it shows of them" },
	{ "rotate", keytool_rotate, 1, 1, "f", "make successors of a domain's active keys" },
	{ "retire", keytool_retire, 2, 2, "fnl", "sign with a key no longer" },
	{ 0 },
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon dkim new [OPTION]... DOMAIN\n"
	      "       merlon dkim list [OPTION]... [DOMAIN]\n"
	      "       merlon dkim show [OPTION]... DOMAIN [SELECTOR]\n"
	      "       merlon dkim check [OPTION]... [DOMAIN [SELECTOR]]\n"
	      "       merlon dkim rotate [OPTION]... DOMAIN\n"
	      "       merlon dkim retire [OPTION]... DOMAIN SELECTOR\n"
	      "Keeps the keys that mail is signed with.\n\n",
	      out);
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(out, "  %-7s  %s\n", v->name, v->help);
	fputs("\n"
	      "  --selector NAME    its name (the date, and r or e)\n"
	      "  --type TYPE        rsa, ed25519 or both (both)\n"
	      "  --bits N           of RSA: 1024 to 4096 (2048)\n"
	      "  --format FORM      what to publish as bind, plain, nsupdate or json (bind)\n"
	      "  --activate         sign with it at once, seen everywhere or not\n"
	      "  --now              do not wait for what it signed: wipe its private half\n"
	      "  --last             even if mail of the domain is then not signed any more\n"
	      "  --dns ADDR[@PORT]  the resolver that names the servers\n"
	      "  --state DIR        state directory of the daemon\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 not every server shows a key, or there is nothing to do, 2 "
	      "failure.\n",
	      out);
	return code;
}

/* ---- values of options ---- */

static bool set_type(struct keytool_options *o, const char *word)
{
	o->rsa = strcmp(word, "rsa") == 0 || strcmp(word, "both") == 0;
	o->ed25519 = strcmp(word, "ed25519") == 0 || strcmp(word, "both") == 0;
	if (!o->rsa && !o->ed25519)
		keytool_complain("--type: rsa, ed25519 or both");
	return o->rsa || o->ed25519;
}

static bool set_bits(struct keytool_options *o, const char *text)
{
	uint64_t n;

	if (!str_u64(str_c(text), KEY_RSA_MAX, &n) || n < SIGN_RSA_MIN || n % 8) {
		keytool_complain("--bits: %u to %u, a multiple of 8", SIGN_RSA_MIN, KEY_RSA_MAX);
		return false;
	}
	o->bits = (unsigned)n;
	return true;
}

static bool set_format(struct keytool_options *o, const char *word)
{
	static const char *const words[] = { [KEYTOOL_BIND] = "bind",
					     [KEYTOOL_PLAIN] = "plain",
					     [KEYTOOL_NSUPDATE] = "nsupdate",
					     [KEYTOOL_JSON] = "json" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(word, words[i]) == 0) {
			o->format = (enum keytool_format)i;
			return true;
		}
	}
	keytool_complain("--format: bind, plain, nsupdate or json");
	return false;
}

static bool take(struct keytool_options *o, int opt, const char *value)
{
	switch (opt) {
	case 's':
		o->selector = value;
		return true;
	case 't':
		return set_type(o, value);
	case 'b':
		return set_bits(o, value);
	case 'f':
		return set_format(o, value);
	case 'A':
		return o->activate = true;
	case 'n':
		return o->now = true;
	case 'l':
		return o->last = true;
	case 'D':
		o->dns = value;
		return true;
	case 'd':
		o->state = value;
		return true;
	case 'c':
		o->conf = value;
		return true;
	case 'j':
		return o->json = true;
	default:
		return false;
	}
}

static const struct option longs[] = { { "selector", required_argument, NULL, 's' },
				       { "type", required_argument, NULL, 't' },
				       { "bits", required_argument, NULL, 'b' },
				       { "format", required_argument, NULL, 'f' },
				       { "activate", no_argument, NULL, 'A' },
				       { "now", no_argument, NULL, 'n' },
				       { "last", no_argument, NULL, 'l' },
				       { "dns", required_argument, NULL, 'D' },
				       { "state", required_argument, NULL, 'd' },
				       { "json", no_argument, NULL, 'j' },
				       { "config", required_argument, NULL, 'c' },
				       { "help", no_argument, NULL, 'h' },
				       { 0 } };

/* Flags of another command than v are said, not passed over. */
static bool is_of(const struct verb *v, int opt)
{
	if (strchr("dcj", opt) || strchr(v->flags, opt))
		return true;
	for (const struct option *l = longs; l->name; l++)
		if (l->val == opt)
			keytool_complain("%s takes no --%s", v->name, l->name);
	return false;
}

static int run(const struct verb *v, int argc, char **argv)
{
	struct keytool_options o = { .rsa = true, .ed25519 = true, .bits = BITS };
	int opt;

	while ((opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1) {
		if (opt == 'h')
			return usage(stdout, APP_EXIT_GOOD);
		if (opt == '?')
			return usage(stderr, APP_EXIT_FAILURE);
		if (!is_of(v, opt) || !take(&o, opt, optarg))
			return APP_EXIT_FAILURE;
	}
	o.argument = argv + optind;
	o.narguments = (size_t)(argc - optind);
	if (o.narguments < v->least || o.narguments > v->most)
		return usage(stderr, APP_EXIT_FAILURE);
	return v->run(&o);
}

int cmd_dkim(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, APP_EXIT_FAILURE);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, APP_EXIT_GOOD);
	for (const struct verb *v = verbs; v->name; v++)
		if (strcmp(argv[1], v->name) == 0)
			return run(v, argc - 1, argv + 1);
	keytool_complain("no command \"%s\"", argv[1]);
	return usage(stderr, APP_EXIT_FAILURE);
}
