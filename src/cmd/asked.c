/* A daemon asked at its control socket. */
#include "cmd/asked.h"

#include <getopt.h>
#include <stdio.h>

#include "cmd/app.h"
#include "control/listen.h"

struct asked_options {
	const char *conf, *state, *socket;
	bool json;
};

static int usage(const struct asked *k, FILE *out, int code)
{
	fputs(k->usage, out);
	return code;
}

static int print(const struct asked *k, struct arena *a, const struct asked_options *o,
		 struct str text)
{
	json_t *answer = json_loadb(text.p, text.n, 0, NULL);
	int code;

	if (!answer) {
		fputs("merlon: the daemon's answer cannot be understood\n", stderr);
		return APP_EXIT_FAILURE;
	}
	code = k->show(a, answer, o->json);
	if (o->json)
		printf("%.*s\n", STR_ARG(text));
	json_decref(answer);
	return code;
}

static int ask(const struct asked *k, const struct asked_options *o)
{
	struct arena *a = arena_new(0);
	struct app *app = o->conf ? app_load(o->conf, app_checks(a, NULL), 0, NULL, NULL) : NULL;
	const struct conf *conf = app ? app->conf : NULL;
	const char *state = o->state ? o->state : conf ? conf_str(conf, "daemon.state").p : "./var";
	struct control_client *c = NULL;
	struct str text;
	struct err e;
	int code = APP_EXIT_FAILURE;

	if (o->conf && !app)
		goto out;
	c = control_connect(a, o->socket ? o->socket : control_path(a, conf, state), &e);
	if (c && k->ask(c, a, &text, &e) == 0)
		code = print(k, a, o, text);
	else
		fprintf(stderr, "merlon: %s\n", e.text);
out:
	control_close(c);
	app_free(app);
	arena_free(a);
	return code;
}

int asked_main(const struct asked *k, int argc, char **argv)
{
	static const struct option longs[] = { { "socket", required_argument, NULL, 's' },
					       { "state", required_argument, NULL, 'd' },
					       { "config", required_argument, NULL, 'c' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	struct asked_options o = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		switch (opt) {
		case 's':
			o.socket = optarg;
			break;
		case 'd':
			o.state = optarg;
			break;
		case 'c':
			o.conf = optarg;
			break;
		case 'j':
			o.json = true;
			break;
		case 'h':
			return usage(k, stdout, APP_EXIT_GOOD);
		default:
			return usage(k, stderr, APP_EXIT_FAILURE);
		}
	return optind == argc ? ask(k, &o) : usage(k, stderr, APP_EXIT_FAILURE);
}
