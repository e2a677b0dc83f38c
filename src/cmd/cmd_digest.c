/* merlon digest: Pyzor's digest of messages, and our own for near copies. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "cmd/source.h"
#include "learn/digest/pyzor.h"
#include "scan/report.h"

struct run {
	bool json, lines, mbox;
};

static json_t *lines_json(struct str text)
{
	json_t *list = json_array();

	while (text.n)
		json_array_append_new(list, report_str(str_cut(&text, '\n')));
	return list;
}

static void print_json(const struct run *run, struct str name, struct arena *a, struct str octets,
		       const char *digest, bool has_text)
{
	json_t *j = json_object();

	json_object_set_new(j, "file", report_str(name));
	json_object_set_new(j, "pyzor", json_string(digest));
	json_object_set_new(j, "text", json_boolean(has_text));
	if (run->lines)
		json_object_set_new(j, "lines", lines_json(pyzor_predigest(a, octets)));
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void digest_one(void *arg, struct str name, struct str octets)
{
	const struct run *run = arg;
	struct arena *a = arena_new(0);
	char digest[PYZOR_DIGEST + 1];
	bool has_text = pyzor_digest(a, octets, digest);

	if (run->json) {
		print_json(run, name, a, octets, digest, has_text);
	} else if (run->lines) {
		struct str lines = pyzor_predigest(a, octets);

		while (lines.n) {
			show_text(stdout, str_cut(&lines, '\n'), NULL);
			putchar('\n');
		}
	} else {
		puts(digest);
	}
	arena_free(a);
}

/* A file is one message even if it looks like a mailbox: as `pyzor digest` reads it. */
static int digest_path(const struct run *run, const char *path, struct err *e)
{
	struct stat st;
	char *p;
	size_t n;

	if (run->mbox || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		return source_each(path, digest_one, (void *)(uintptr_t)run, e);
	if (source_read(path, &p, &n, e) < 0)
		return -1;
	digest_one((void *)(uintptr_t)run, str_c(path), str_of(p, n));
	free(p);
	return 0;
}

static int usage(FILE *out, int code)
{
	fputs("usage: merlon digest [OPTION]... FILE|DIR|-...\n"
	      "Prints the Pyzor digest of each message, one a line, as `pyzor digest` does.\n\n"
	      "  --lines  print the lines that are hashed instead\n"
	      "  --mbox   files are mailboxes of many messages\n"
	      "  --json   print JSON, one line a message\n"
	      "  --help   this text\n\n"
	      "Exit: 0 good, 2 failure.\n",
	      out);
	return code;
}

int cmd_digest(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "lines", 0, 0, 'l' },
		{ "mbox", 0, 0, 'm' },
		{ "json", 0, 0, 'j' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct run run = { 0 };
	int c, code = APP_EXIT_GOOD;
	struct err e;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'l')
			run.lines = true;
		else if (c == 'm')
			run.mbox = true;
		else if (c == 'j')
			run.json = true;
		else if (c == 'h')
			return usage(stdout, APP_EXIT_GOOD);
		else
			return usage(stderr, APP_EXIT_FAILURE);
	}
	if (optind == argc)
		return usage(stderr, APP_EXIT_FAILURE);
	for (int i = optind; i < argc; i++) {
		if (digest_path(&run, argv[i], &e) < 0) {
			fprintf(stderr, "merlon digest: %s\n", e.text);
			code = APP_EXIT_FAILURE;
		}
	}
	return code;
}
