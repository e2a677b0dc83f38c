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
#include "cmd/peer.h"
#include "cmd/show.h"
#include "scan/report.h"

struct run {
	struct arena *arena;
	struct peer_import m;
	const char *out; /* where it is written; NULL: standard output */
	const char *from[8];
	size_t nfrom;
	bool json;
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
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 something that matters was not taken, 2 failure.\n",
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

static bool words_good(char **word, int n)
{
	for (int i = 0; i < n; i++) {
		if (!peer_named(str_c(word[i])))
			return false;
		for (int k = 0; k < i; k++)
			if (strcmp(word[i], word[k]) == 0)
				return false;
	}
	return n > 0;
}

int cmd_import(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "from", 1, 0, 'f' },
		{ "output", 1, 0, 'o' },
		{ "json", 0, 0, 'j' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct run run = { 0 };
	int c, code;

	while ((c = getopt_long(argc, argv, "o:", long_options, NULL)) != -1) {
		if (c == 'f' && run.nfrom < sizeof run.from / sizeof *run.from)
			run.from[run.nfrom++] = optarg;
		else if (c == 'o')
			run.out = optarg;
		else if (c == 'j')
			run.json = true;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (!words_good(argv + optind, argc - optind) || run.nfrom > (size_t)(argc - optind))
		return usage(stderr, APP_EXIT_FAILURE);
	run.arena = arena_new(0);
	code = run_import(&run, argv + optind, argc - optind);
	arena_free(run.arena);
	return code;
}
