/* merlon import: the configuration of OpenDKIM, OpenDMARC and OpenARC as one of ours. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/peer_compare.h"
#include "cmd/show.h"
#include "scan/report.h"

struct run {
	struct arena *arena;
	struct peer_import m;
	const char *out; /* where it is written; NULL: standard output */
	const char *from[8];
	size_t nfrom;
	bool json;
	/* --compare */
	struct peer_compare_options compare;
	VEC(char *) mails;
	size_t differing, compared;
	json_t *all;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon import opendkim|opendmarc|openarc... [OPTION]...\n"
	      "Reads the configuration of those programs and writes one of Merlon that does the\n"
	      "same; says of each of their lines whether it was taken, is so already, or was not\n"
	      "taken, and why. Of several programs the first named has precedence. Tables and "
	      "keys\n"
	      "stay where they are.\n\n"
	      "  --from FILE        their configuration (default /etc/opendkim.conf and so on); "
	      "the\n"
	      "                     first is that of the program named first, and so on\n"
	      "  -o, --output PATH  write ours to a new file, or to merlon.conf in a directory;\n"
	      "                     without it it goes to standard output, and the rest to\n"
	      "                     standard error\n"
	      "  --json             print JSON, the configuration in it\n"
	      "  --compare MAIL...  start those programs and Merlon with these configurations, "
	      "show\n"
	      "                     each message to both, and print what they say side by side; a\n"
	      "                     file, mailbox or directory; by default as if from 127.0.0.1:\n"
	      "  --ip ADDRESS       the client\n"
	      "  --helo NAME        its HELO (default localhost)\n"
	      "  --mail-from ADDR   the sender (default: none)\n"
	      "  --rcpt ADDR        the recipient (default postmaster@localhost)\n"
	      "  --dns ADDR[@PORT]  the resolver that Merlon asks (theirs: as their files say)\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 something that matters was not taken or differs, 2 failure.\n",
	      out);
	return code;
}

/* ---- what became of each line ---- */

static void text_line(FILE *out, const struct peer_line *l)
{
	show_text(out, str_c(l->file), NULL);
	fprintf(out, ":%d: ", l->line);
	show_text(out, l->name, NULL);
	fprintf(out, ": %s", peer_status_word(l->status));
	if (l->option)
		fprintf(out, " as %s", l->option);
	if (l->reason.n) {
		fputs(l->matters ? "; " : ": ", out);
		show_text(out, l->reason, NULL);
	}
	fputc('\n', out);
}

/* What matters first. */
static size_t rank(const struct peer_line *l)
{
	return l->matters ? 0 : l->status == PEER_LOST ? 1 : l->status == PEER_TAKEN ? 2 : 3;
}

static void text_part(FILE *out, const struct peer_part *p)
{
	static const char *const head[] = { "to be looked at", "not taken, hardly missed", "taken",
					    "already so" };
	bool said;

	for (size_t r = 0; r < sizeof head / sizeof *head; r++) {
		said = false;
		for (size_t i = 0; i < p->conf.lines.n; i++) {
			if (rank(&p->conf.lines.p[i]) != r)
				continue;
			if (!said)
				fprintf(out, "%s, %s:\n", p->peer->title, head[r]);
			said = true;
			fputs("  ", out);
			text_line(out, &p->conf.lines.p[i]);
		}
	}
	for (size_t i = 0; i < p->remarks.n; i++) {
		fprintf(out, "%s, not said by a line: ", p->peer->title);
		show_text(out, p->remarks.p[i], NULL);
		fputc('\n', out);
	}
}

static void print_text(const struct run *run)
{
	FILE *out = run->out ? stdout : stderr;

	if (!run->out)
		fwrite(run->m.text.p, 1, run->m.text.n, stdout);
	for (size_t i = 0; i < run->m.parts.n; i++)
		text_part(out, run->m.parts.p[i]);
	if (run->out)
		printf("written to %s\n", run->out);
}

/* ---- as JSON ---- */

static json_t *json_line(const struct peer_line *l)
{
	json_t *j = json_object();

	json_object_set_new(j, "file", report_str(str_c(l->file)));
	json_object_set_new(j, "line", json_integer(l->line));
	json_object_set_new(j, "directive", report_str(l->name));
	json_object_set_new(j, "value", report_str(l->value));
	json_object_set_new(j, "status", json_string(peer_status_word(l->status)));
	json_object_set_new(j, "option", l->option ? json_string(l->option) : json_null());
	json_object_set_new(j, "reason", l->reason.n ? report_str(l->reason) : json_null());
	json_object_set_new(j, "matters", json_boolean(l->matters));
	return j;
}

static json_t *json_part(const struct peer_part *p)
{
	json_t *j = json_object(), *lines = json_array(), *remarks = json_array();

	json_object_set_new(j, "peer", json_string(p->peer->word));
	json_object_set_new(j, "file", report_str(str_c(p->path)));
	for (size_t i = 0; i < p->conf.lines.n; i++)
		json_array_append_new(lines, json_line(&p->conf.lines.p[i]));
	for (size_t i = 0; i < p->remarks.n; i++)
		json_array_append_new(remarks, report_str(p->remarks.p[i]));
	json_object_set_new(j, "lines", lines);
	json_object_set_new(j, "remarks", remarks);
	return j;
}

static void print_json(const struct run *run)
{
	json_t *j = json_object(), *parts = json_array();

	for (size_t i = 0; i < run->m.parts.n; i++)
		json_array_append_new(parts, json_part(run->m.parts.p[i]));
	json_object_set_new(j, "peers", parts);
	json_object_set_new(j, "lost", json_integer((json_int_t)peer_lost(&run->m)));
	json_object_set_new(j, "configuration", report_str(run->m.text));
	json_object_set_new(j, "written", run->out ? json_string(run->out) : json_null());
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(j);
}

/* ---- the file ---- */

static int write_new(const char *path, struct str text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n = 0;

	if (fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	for (; text.n && (n = write(fd, text.p, text.n)) > 0; text = str_skip(text, (size_t)n))
		;
	if (n < 0 || fsync(fd) < 0) {
		err_set(e, "%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int write_out(struct run *run, struct err *e)
{
	struct stat st;

	if (run->out && stat(run->out, &st) == 0 && S_ISDIR(st.st_mode))
		run->out = arena_printf(run->arena, "%s/merlon.conf", run->out).p;
	return run->out ? write_new(run->out, run->m.text, e) : 0;
}

/* ---- side by side ---- */

static json_t *json_fact(const struct peer_fact *f)
{
	json_t *j = json_object();

	json_object_set_new(j, "fact", json_string(f->name));
	json_object_set_new(j, "theirs", f->theirs.n ? report_str(f->theirs) : json_null());
	json_object_set_new(j, "ours", f->ours.n ? report_str(f->ours) : json_null());
	json_object_set_new(j, "differs", json_boolean(f->differs));
	return j;
}

static void text_fact(const struct peer_fact *f)
{
	printf("  %c %-10s theirs: ", f->differs ? '!' : ' ', f->name);
	show_text(stdout, f->theirs.n ? f->theirs : STR("-"), NULL);
	fputs("\n               ours:   ", stdout);
	show_text(stdout, f->ours.n ? f->ours : STR("-"), NULL);
	putchar('\n');
}

static void compared(void *arg, const struct peer_comparison *c)
{
	struct run *run = arg;
	json_t *j, *facts;

	run->compared++;
	run->differing += c->differences > 0;
	if (!run->json) {
		show_text(stdout, c->name, NULL);
		printf(c->differences ? ": %zu differ\n" : ": the same\n", c->differences);
		for (size_t i = 0; i < c->facts.n; i++)
			text_fact(&c->facts.p[i]);
		return;
	}
	j = json_object();
	facts = json_array();
	for (size_t i = 0; i < c->facts.n; i++)
		json_array_append_new(facts, json_fact(&c->facts.p[i]));
	json_object_set_new(j, "file", report_str(c->name));
	json_object_set_new(j, "differences", json_integer((json_int_t)c->differences));
	json_object_set_new(j, "facts", facts);
	json_array_append_new(run->all, j);
}

static int run_compare(struct run *run, const struct conf_opt *const *tables)
{
	struct err e;
	int r;

	run->all = json_array();
	run->compare.tables = tables;
	run->compare.path = run->mails.p;
	run->compare.npath = run->mails.n;
	r = peer_compare(&run->m, &run->compare, compared, run, &e);
	if (r < 0)
		fprintf(stderr, "merlon: %s\n", e.text);
	else if (run->json) {
		json_dumpf(run->all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else
		printf("%zu messages, %zu of them judged differently\n", run->compared,
		       run->differing);
	json_decref(run->all);
	if (r < 0)
		return APP_EXIT_FAILURE;
	return run->differing ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

/* ---- the run ---- */

static const struct peer *peer_named(struct str word)
{
	for (const struct peer *const *p = peers_all; *p; p++)
		if (str_eq(word, str_c((*p)->word)))
			return *p;
	return NULL;
}

static int run_import(struct run *run, char **word, int nword)
{
	const struct check *const *checks = app_checks(run->arena, NULL);
	struct err e;

	run->m.arena = run->arena;
	for (int i = 0; i < nword; i++) {
		const struct peer *peer = peer_named(str_c(word[i]));
		const char *path = (size_t)i < run->nfrom ? run->from[i] : peer->path;
		if (peer_import_add(&run->m, peer, path, &e) < 0)
			goto failed;
	}
	peer_write(&run->m, app_tables(run->arena, checks));
	if (run->mails.n)
		return run_compare(run, app_tables(run->arena, checks));
	if (write_out(run, &e) < 0)
		goto failed;
	if (run->json)
		print_json(run);
	else
		print_text(run);
	return peer_lost(&run->m) ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
failed:
	fprintf(stderr, "merlon: %s\n", e.text);
	return APP_EXIT_FAILURE;
}

/* Programs come first; what follows them is mail. How many programs; 0: a fault. */
static int words_good(struct run *run, char **word, int n)
{
	int peers = 0;

	for (; peers < n && peer_named(str_c(word[peers])); peers++)
		for (int k = 0; k < peers; k++)
			if (strcmp(word[peers], word[k]) == 0)
				return 0;
	for (int i = peers; i < n; i++) {
		if (!run->mails.n)
			return 0;
		VEC_PUSH(run->arena, run->mails) = word[i];
	}
	return run->nfrom <= (size_t)peers && !(run->out && run->mails.n) ? peers : 0;
}

static bool take_option(struct run *run, int c)
{
	struct peer_envelope *v = &run->compare.envelope;

	switch (c) {
	case 'f':
		if (run->nfrom == sizeof run->from / sizeof *run->from)
			return false;
		run->from[run->nfrom++] = optarg;
		return true;
	case 'o':
		run->out = optarg;
		return true;
	case 'j':
		run->json = true;
		return true;
	case 'C':
		VEC_PUSH(run->arena, run->mails) = optarg;
		return true;
	case 'i':
		return ip_parse(str_c(optarg), &v->ip);
	case 'H':
		v->helo = str_c(optarg);
		return true;
	case 'm':
		v->from = str_c(optarg);
		return true;
	case 'r':
		v->rcpt = str_c(optarg);
		return true;
	case 'd':
		run->compare.dns = str_c(optarg);
		return true;
	default:
		return false;
	}
}

int cmd_import(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "from", 1, 0, 'f' },
		{ "output", 1, 0, 'o' },
		{ "json", 0, 0, 'j' },
		{ "compare", 1, 0, 'C' },
		{ "ip", 1, 0, 'i' },
		{ "helo", 1, 0, 'H' },
		{ "mail-from", 1, 0, 'm' },
		{ "rcpt", 1, 0, 'r' },
		{ "dns", 1, 0, 'd' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct run run = { .arena = arena_new(0),
			   .compare.envelope = { .helo = STR("localhost"),
						 .from = STR(""),
						 .rcpt = STR("postmaster@localhost") } };
	int c, peers, code = -1;

	(void)ip_parse(STR("127.0.0.1"), &run.compare.envelope.ip);
	while (code < 0 && (c = getopt_long(argc, argv, "o:", long_options, NULL)) != -1)
		if (c == 'h')
			code = usage(stdout, APP_EXIT_GOOD);
		else if (!take_option(&run, c))
			code = usage(stderr, APP_EXIT_FAILURE);
	if (code < 0) {
		peers = words_good(&run, argv + optind, argc - optind);
		code = peers ? run_import(&run, argv + optind, peers)
			     : usage(stderr, APP_EXIT_FAILURE);
	}
	arena_free(run.arena);
	return code;
}
