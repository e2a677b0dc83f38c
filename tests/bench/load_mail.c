/* The load generator's corpus: jobs and messages, read and split into fields beforehand. */
#include <err.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/load.h"

typedef VEC(struct field) fields;
typedef VEC(struct mail) mails;

static struct str read_file(struct arena *a, const char *path)
{
	struct buf b = { .arena = a };
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		err(2, "%s", path);
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.n += n;
	fclose(f);
	return buf_str(&b);
}

/* The next line without its end (CRLF or LF); *rest begins after it. */
static struct str take_line(struct str *rest)
{
	struct str line = str_cut(rest, '\n');

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static struct str take_field(struct arena *a, struct str *rest)
{
	struct buf b = { .arena = a };

	buf_add(&b, take_line(rest));
	while (rest->n > 0 && ch_wsp(rest->p[0])) {
		buf_addc(&b, '\n');
		buf_add(&b, take_line(rest));
	}
	return buf_str(&b);
}

static struct str crlf_body(struct arena *a, struct str rest)
{
	struct buf b = { .arena = a };

	while (rest.n > 0) {
		buf_add(&b, take_line(&rest));
		buf_add(&b, STR("\r\n"));
	}
	return buf_str(&b);
}

static void split_mail(struct arena *a, struct str bytes, struct mail *m)
{
	fields v = { 0 };
	struct str rest = bytes;

	while (rest.n > 0) {
		struct str value = take_field(a, &rest), name;

		if (value.n == 0)
			break;
		name = str_cut(&value, ':');
		VEC_PUSH(a, v) = (struct field){ name, value };
	}
	m->fields = v.p;
	m->nfields = v.n;
	m->body = crlf_body(a, rest);
}

static struct str json_text(struct arena *a, json_t *o, const char *key)
{
	return arena_dup(a, str_c(json_string_value(json_object_get(o, key))));
}

static struct mail read_job(struct arena *a, const char *dir, json_t *o)
{
	struct mail m = { json_text(a, o, "client_ip"), json_text(a, o, "helo"),
			  json_text(a, o, "mail_from") };
	json_t *rcpts = json_object_get(o, "rcpt");
	struct str path = json_text(a, o, "path");

	m.nrcpt = json_array_size(rcpts);
	m.rcpt = ARENA_ARRAY(a, struct str, m.nrcpt);
	for (size_t i = 0; i < m.nrcpt; i++)
		m.rcpt[i] = arena_dup(a, str_c(json_string_value(json_array_get(rcpts, i))));
	split_mail(a, read_file(a, arena_printf(a, "%s/%.*s", dir, STR_ARG(path)).p), &m);
	return m;
}

struct corpus *corpus_read(struct arena *a, const char *dir, const char *file)
{
	struct corpus *c = ARENA_NEW(a, struct corpus);
	struct str rest = read_file(a, arena_printf(a, "%s/%s", dir, file).p);
	mails v = { 0 };

	while (rest.n > 0) {
		struct str line = take_line(&rest);
		json_error_t e;
		json_t *o = json_loadb(line.p, line.n, 0, &e);

		if (!o)
			errx(2, "%s/%s: job %zu: %s", dir, file, v.n + 1, e.text);
		VEC_PUSH(a, v) = read_job(a, dir, o);
		json_decref(o);
	}
	if (v.n == 0)
		errx(2, "%s/%s: no jobs", dir, file);
	c->mail = v.p;
	c->n = v.n;
	return c;
}
