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
#include "learn/digest/near.h"
#include "learn/digest/pyzor.h"
#include "learn/features_message.h"
#include "scan/report.h"

struct run {
	bool json, lines, mbox, near;
};

/* What is shown is compared with what is shown, and with no store: any key will do. */
static const struct hash_key shown_key = { 24441, 24441 };

static void read_near(struct arena *a, struct str octets, struct near *out)
{
	struct features_message m;

	features_message_read(a, octets, &m);
	near_read(a, shown_key, m.content, out);
}

static json_t *lines_json(struct str text)
{
	json_t *list = json_array();

	while (text.n)
		json_array_append_new(list, report_str(str_cut(&text, '\n')));
	return list;
}

/* The keys without "near:". */
static json_t *near_json(struct arena *a, struct str octets)
{
	json_t *j = json_object(), *keys = json_array();
	struct str key[NEAR_KEYS_MAX];
	struct near near;
	size_t n;

	read_near(a, octets, &near);
	n = near_keys(a, &near, key);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(keys, report_str(str_skip(key[i], 5)));
	json_object_set_new(j, "words", json_integer((json_int_t)near.words));
	json_object_set_new(j, "keys", keys);
	return j;
}

static void print_near(struct arena *a, struct str octets)
{
	struct str key[NEAR_KEYS_MAX];
	struct near near;
	size_t n;

	read_near(a, octets, &near);
	n = near_keys(a, &near, key);
	printf("%zu words\n", near.words);
	for (size_t i = 0; i < n; i++)
		printf("%.*s\n", STR_ARG(str_skip(key[i], 5)));
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
	if (run->near)
		json_object_set_new(j, "near", near_json(a, octets));
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
	} else if (run->near) {
		print_near(a, octets);
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

/* ---- comparing ---- */

static unsigned common_files(const struct near *x, const struct near *y)
{
	unsigned n = 0;

	for (size_t i = 0; i < x->nfiles; i++)
		for (size_t k = 0; k < y->nfiles; k++)
			n += memcmp(x->file[i], y->file[k], sizeof x->file[i]) == 0;
	return n;
}

static void print_common(const struct run *run, const struct near *x, const struct near *y)
{
	unsigned bands = near_common(x, y), files = common_files(x, y);
	bool shape = x->has_shape && y->has_shape && x->shape == y->shape;

	if (run->json)
		printf("{\"bands\":%u,\"of\":%u,\"files\":%u,\"shape\":%s}\n", bands, NEAR_BANDS,
		       files, shape ? "true" : "false");
	else
		printf("%u of %u bands, %u files, %s shape\n", bands, NEAR_BANDS, files,
		       !x->has_shape && !y->has_shape ? "no"
		       : shape			      ? "the same"
						      : "another");
}

static int compare(const struct run *run, char *const *path, struct err *e)
{
	struct near near[2];
	bool same;

	for (size_t i = 0; i < 2; i++) {
		struct arena *a;
		char *p;
		size_t n;

		if (source_read(path[i], &p, &n, e) < 0)
			return -1;
		a = arena_new(0);
		read_near(a, str_of(p, n), &near[i]);
		arena_free(a);
		free(p);
	}
	print_common(run, &near[0], &near[1]);
	same = near_common(&near[0], &near[1]) > 1 || common_files(&near[0], &near[1]) > 0;
	return same ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

static int usage(FILE *out, int code)
{
	fputs("usage: merlon digest [OPTION]... FILE|DIR|-...\n"
	      "       merlon digest --compare [--json] FILE FILE\n"
	      "Prints the Pyzor digest of each message, one a line, as `pyzor digest` does.\n\n"
	      "  --lines    print the lines that are hashed instead\n"
	      "  --near     print our own digests instead: bands of the text, shape, files\n"
	      "  --compare  say how much two messages have in common\n"
	      "  --mbox     files are mailboxes of many messages\n"
	      "  --json     print JSON, one line a message\n"
	      "  --help     this text\n\n"
	      "Exit: 0 good, 1 --compare: they are copies of one another, 2 failure.\n",
	      out);
	return code;
}

int cmd_digest(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "near", 0, 0, 'n' },
		{ "compare", 0, 0, '2' },
		{ "lines", 0, 0, 'l' },
		{ "mbox", 0, 0, 'm' },
		{ "json", 0, 0, 'j' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct run run = { 0 };
	bool two = false;
	int c, code = APP_EXIT_GOOD;
	struct err e;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'l')
			run.lines = true;
		else if (c == 'm')
			run.mbox = true;
		else if (c == 'n')
			run.near = true;
		else if (c == '2')
			two = true;
		else if (c == 'j')
			run.json = true;
		else if (c == 'h')
			return usage(stdout, APP_EXIT_GOOD);
		else
			return usage(stderr, APP_EXIT_FAILURE);
	}
	if (optind == argc || (two && argc - optind != 2))
		return usage(stderr, APP_EXIT_FAILURE);
	if (two) {
		code = compare(&run, argv + optind, &e);
		if (code < 0)
			fprintf(stderr, "merlon digest: %s\n", e.text);
		return code < 0 ? APP_EXIT_FAILURE : code;
	}
	for (int i = optind; i < argc; i++) {
		if (digest_path(&run, argv[i], &e) < 0) {
			fprintf(stderr, "merlon digest: %s\n", e.text);
			code = APP_EXIT_FAILURE;
		}
	}
	return code;
}
