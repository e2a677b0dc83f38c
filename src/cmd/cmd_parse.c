/* merlon parse: what we see of a message. */
#include <getopt.h>

#include "base/buf.h"
#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/parse.h"
#include "mail/msg.h"
#include "scan/known.h"

struct parse_run {
	struct app *app;
	const struct content_env *content;
	const struct view_env *view;
	struct str show; /* --view; absent: everything */
	bool json;
};

const char *parse_flag_next(unsigned *flags, parse_flag_fn *name)
{
	while (*flags) {
		unsigned flag = *flags & -*flags;
		*flags &= ~flag;
		if (name(flag))
			return name(flag);
	}
	return NULL;
}

const char *parse_encoding_name(enum mime_encoding e)
{
	static const char *const name[] = { "7bit",   "8bit",	  "binary", "quoted-printable",
					    "base64", "uuencode", "unknown" };

	return name[e];
}

const struct content_file *parse_file_of(const struct parsed *p, size_t part)
{
	for (size_t i = 0; i < p->files->n; i++)
		if (p->files->p[i].part == part)
			return &p->files->p[i];
	return NULL;
}

/* ---- one message ---- */

static void take_body(void *arg, struct str octets)
{
	struct buf *b = arg;

	buf_add(b, octets);
}

static void read_message(struct parsed *p, const struct parse_run *r, struct str octets)
{
	static const struct view_client nobody;
	struct buf body = { .arena = p->arena };
	struct msg_reader *m;

	hdr_init(&p->headers, p->arena);
	m = msg_new(p->arena, &p->headers, take_body, &body);
	msg_feed(m, octets);
	msg_end(m);
	p->content = content_new(p->arena, r->content, &p->headers);
	content_push(p->content, buf_str(&body));
	content_end(p->content);
	p->view = view_new(p->arena, r->view, &p->headers, p->content, &nobody, STR_NULL);
}

static void print_all(struct parsed *p, bool json)
{
	json_t *j;

	p->visible = content_visible(p->content);
	p->hidden = content_hidden(p->content);
	p->files = content_files(p->content);
	p->urls = content_urls(p->content);
	if (!json) {
		parse_print(p, stdout);
		return;
	}
	j = parse_json(p);
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void take_message(void *arg, struct str name, struct str octets)
{
	const struct parse_run *r = arg;
	struct parsed p = { .arena = arena_new(0), .name = name };

	read_message(&p, r, octets);
	if (r->show.p)
		parse_view(&p, r->show, r->json, stdout);
	else
		print_all(&p, r->json);
	arena_free(p.arena);
}

/* ---- the command ---- */

static int usage(FILE *out, int code)
{
	fputs("usage: merlon parse [OPTION]... FILE|DIR|MBOX|-...\n"
	      "Shows what we see of messages: fields, parts, files, texts, links, ambiguities.\n\n"
	      "  --view NAME        instead, what the rules of SpamAssassin's language match, a "
	      "line "
	      "each:\n"
	      "                     body, rawbody, uri, full, relays, html, header:NAME, "
	      "mimeheader:NAME\n"
	      "                     (a backslash, and line ends inside, as \\\\, \\n, \\r)\n"
	      "  -c, --config FILE  with the lists and networks of this configuration\n"
	      "  --json             as JSON, one line a message\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

/* Lists and networks of a configuration, or the public suffix list alone. */
static int prepare(struct parse_run *r, struct arena *a, const char *conf)
{
	const struct check *const *checks = app_checks(a, NULL);
	struct content_env *env;
	struct err e;

	if (!checks)
		return -1;
	r->app = app_load(conf, checks, conf ? APP_RULES : 0, NULL, NULL);
	if (!r->app)
		return -1;
	env = ARENA_NEW(a, struct content_env);
	if (r->app->setup->judge) {
		r->view = r->app->setup->judge->view;
		if (r->app->setup->judge->content)
			*env = *r->app->setup->judge->content;
	}
	if (!env->psl && scan_psl(a, r->app->conf, &env->psl, &e) < 0) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return -1;
	}
	r->content = env;
	return 0;
}

static int run(struct parse_run *r, const char *conf, int n, char **path)
{
	struct arena *a = arena_new(0);
	int code = APP_EXIT_GOOD;
	struct err e;

	if (prepare(r, a, conf) < 0)
		code = APP_EXIT_FAILURE;
	for (int i = 0; i < n && code == APP_EXIT_GOOD; i++)
		if (source_each(path[i], take_message, r, &e) < 0) {
			fprintf(stderr, "merlon: %s\n", e.text);
			code = APP_EXIT_FAILURE;
		}
	if (r->app)
		app_free(r->app);
	arena_free(a);
	return code;
}

int cmd_parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },
		{ "view", 1, 0, 'v' },
		{ "config", 1, 0, 'c' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct parse_run r = { .json = false };
	const char *conf = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'j')
			r.json = true;
		else if (c == 'v')
			r.show = str_c(optarg);
		else if (c == 'c')
			conf = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (r.show.p && !parse_view_known(r.show)) {
		fprintf(stderr, "merlon parse: no view \"%s\"\n", r.show.p);
		return APP_EXIT_FAILURE;
	}
	if (optind == argc)
		return usage(stderr, APP_EXIT_FAILURE);
	return run(&r, conf, argc - optind, argv + optind);
}
