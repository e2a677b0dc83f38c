/* Walking a whole store, and moving it as lines of JSON. */
#include "cmd/store_move.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "auth/crypto.h"
#include "base/clock.h"
#include "control/record.h"

#define VERSION_OF_LINES 1
#define PROGRESS_MS 200u
#define IMPORT_OPS 128u		 /* of one batch */
#define IMPORT_OCTETS (1u << 20) /* of one batch */

struct progress {
	const char *what;
	uint64_t n, told_ms;
	bool terminal;
};

static void step(struct progress *p, uint64_t n)
{
	p->n += n;
	if (!p->terminal || clock_mono_ms() - p->told_ms < PROGRESS_MS)
		return;
	p->told_ms = clock_mono_ms();
	fprintf(stderr, "\r%s: %" PRIu64 " records", p->what, p->n);
}

static void finish(const struct progress *p)
{
	if (p->terminal && p->told_ms)
		fprintf(stderr, "\r%s: %" PRIu64 " records\n", p->what, p->n);
}

/* ---- out ---- */

int store_move_each(struct store *s, store_move_fn *fn, void *arg, struct err *e)
{
	struct progress p = { .what = "read", .terminal = isatty(2) };
	struct arena *a = arena_new(0), *next = arena_new(0);
	struct str cursor = STR_NULL;
	int rc = 0;

	do {
		struct store_op op = { .kind = STORE_WALK, .value = cursor };
		const struct store_answer *ans = store_wait(s, a, &op, 1, STORE_SLOW);

		if (ans->status != STORE_OK)
			rc = err_set(e, "the store cannot be read");
		for (size_t i = 0; i < ans->nentry; i++) {
			struct raw_record r;
			bool good = raw_parse(ans->entry[i].value, &r);

			fn(arg, good ? &r : NULL, ans->entry[i].value);
		}
		step(&p, ans->nentry);
		arena_reset(next);
		cursor = ans->status == STORE_OK ? arena_dup(next, ans->value) : STR_NULL;
		arena_reset(a);
	} while (cursor.n);
	finish(&p);
	arena_free(a);
	arena_free(next);
	return rc;
}

struct export
{
	FILE *out;
	uint64_t n, bad;
};

static const char *const shapes[] = { "record", "member", "entry" };
static const char letters[] = "RSE";

static void put_octets(struct arena *a, FILE *out, const char *name, struct str octets)
{
	struct str text = base64_encode(a, octets);

	fprintf(out, ",\"%s\":\"", name);
	fwrite(text.p, 1, text.n, out);
	fputc('"', out);
}

static void export_one(void *arg, const struct raw_record *r, struct str octets)
{
	struct export *x = arg;
	struct arena *a;
	(void)octets;

	if (!r) {
		x->bad++;
		return;
	}
	a = arena_new(0);
	fprintf(x->out, "{\"shape\":\"%s\"", shapes[strchr(letters, r->shape) - letters]);
	put_octets(a, x->out, "key", r->key);
	if (r->shape == 'S')
		put_octets(a, x->out, "member", r->member);
	else
		put_octets(a, x->out, "value", r->value);
	if (r->shape == 'E')
		fprintf(x->out, ",\"id\":%" PRIu64, r->id);
	fprintf(x->out, ",\"ends_ms\":%" PRId64 "}\n", r->ends_ms);
	x->n++;
	arena_free(a);
}

int store_move_export(struct store *s, bool embedded, FILE *out, uint64_t *n, struct err *e)
{
	struct export x = { .out = out };

	fprintf(out, "{\"store\":\"merlon\",\"version\":%d,\"backend\":\"%s\"}\n", VERSION_OF_LINES,
		embedded ? "sqlite" : "redis");
	if (store_move_each(s, export_one, &x, e) < 0)
		return -1;
	fprintf(out, "{\"end\":true,\"records\":%" PRIu64 "}\n", x.n);
	*n = x.n;
	if (fflush(out) != 0 || ferror(out))
		return err_set(e, "the export cannot be written");
	if (x.bad)
		return err_set(e, "%" PRIu64 " records are damaged and were left out", x.bad);
	return 0;
}

/* ---- in ---- */

struct import {
	struct store *store;
	struct arena *arena; /* of the batch */
	struct store_op op[IMPORT_OPS];
	size_t nop, octets;
	uint64_t line, n, over, left;
	bool embedded, shared; /* where it goes; and where it comes from is Redis */
	bool has_model;	       /* it goes where there is one */
	struct progress progress;
	bool ended;
	int64_t now_ms;
};

static int flush(struct import *m, struct err *e)
{
	const struct store_answer *a;
	int rc = 0;

	if (m->nop == 0)
		return 0;
	a = store_wait(m->store, m->arena, m->op, m->nop, STORE_SLOW | STORE_DURABLE);
	for (size_t i = 0; i < m->nop && rc == 0; i++)
		if (a[i].status != STORE_OK)
			rc = err_set(
				e, "line %" PRIu64 " or before it: %s", m->line,
				a[i].status == STORE_FULL
					? "the store has no room"
					: "cannot be restored: the store is locked or down, or "
					  "has the key as another kind");
	step(&m->progress, m->nop);
	m->nop = m->octets = 0;
	arena_reset(m->arena);
	return rc;
}

static bool get_octets(struct arena *a, const json_t *j, const char *name, size_t max,
		       struct str *out)
{
	const json_t *v = json_object_get(j, name);
	struct str text = str_of(json_string_value(v), json_string_length(v));

	return v && json_is_string(v) && base64_decode(a, text, out) && out->n <= max;
}

static bool read_record(struct arena *a, const json_t *j, struct raw_record *r)
{
	const char *shape = json_string_value(json_object_get(j, "shape"));
	size_t i = 0;

	while (shape && i < 3 && strcmp(shape, shapes[i]) != 0)
		i++;
	if (!shape || i == 3 || !json_is_integer(json_object_get(j, "ends_ms")))
		return false;
	*r = (struct raw_record){ .shape = letters[i] };
	r->ends_ms = json_integer_value(json_object_get(j, "ends_ms"));
	r->id = (uint64_t)json_integer_value(json_object_get(j, "id"));
	return get_octets(a, j, "key", STORE_KEY_MAX, &r->key) &&
	       (r->shape == 'S' ? get_octets(a, j, "member", STORE_KEY_MAX, &r->member)
				: get_octets(a, j, "value", STORE_VALUE_MAX + 64, &r->value));
}

/* What machines that share a store keep there of the classifier, and one alone does not. */
static bool is_shared(const struct raw_record *r)
{
	struct log_entry entry;
	struct record record;
	struct votes votes;

	if (str_eq(r->key, STR("m:log")))
		return r->shape == 'E' && !log_entry_parse(r->value, &entry);
	if (str_starts(r->key, STR("m:l:")))
		return r->shape == 'R' && record_parse(r->value, &record) &&
		       !votes_parse(record.value, &votes);
	return str_starts(r->key, STR("m:snap")) || str_eq(r->key, STR("m:lease"));
}

static bool left_out(const struct import *m, const struct raw_record *r)
{
	if (!m->embedded || !m->shared || !str_starts(r->key, STR("m:")))
		return false;
	return m->has_model || is_shared(r);
}

static bool has_model(struct import *m)
{
	struct store_op op = { .kind = STORE_GET, .key = STR("m:ring") };
	bool has = store_wait(m->store, m->arena, &op, 1, STORE_SLOW)->status == STORE_OK;

	arena_reset(m->arena);
	return has;
}

static int import_record(struct import *m, const json_t *j, struct err *e)
{
	struct raw_record r, again;
	struct str raw;

	if (!read_record(m->arena, j, &r))
		return err_set(e, "line %" PRIu64 ": not a record", m->line);
	raw = raw_format(m->arena, &r);
	if (!raw_parse(raw, &again))
		return err_set(e, "line %" PRIu64 ": a damaged record", m->line);
	m->n++;
	m->over += r.ends_ms && r.ends_ms <= m->now_ms;
	if (left_out(m, &r)) {
		m->left++;
		if (m->nop == 0)
			arena_reset(m->arena);
		return 0;
	}
	m->op[m->nop++] = (struct store_op){ .kind = STORE_RESTORE, .value = raw };
	m->octets += raw.n;
	return m->nop == IMPORT_OPS || m->octets > IMPORT_OCTETS ? flush(m, e) : 0;
}

static int import_head(struct import *m, const json_t *j, struct err *e)
{
	const char *store = json_string_value(json_object_get(j, "store"));
	const char *backend = json_string_value(json_object_get(j, "backend"));
	int64_t version = json_integer_value(json_object_get(j, "version"));

	if (!store || strcmp(store, "merlon") != 0)
		return err_set(e, "line 1: not an export of a store");
	if (version != VERSION_OF_LINES)
		return err_set(e, "line 1: an export of version %" PRId64 ", not %d", version,
			       VERSION_OF_LINES);
	m->shared = backend && strcmp(backend, "redis") == 0;
	m->has_model = m->embedded && m->shared && has_model(m);
	return 0;
}

/* The head, a record, or the end. */
static int import_line(struct import *m, const json_t *j, struct err *e)
{
	const json_t *end = json_object_get(j, "records");

	if (m->line == 1)
		return import_head(m, j, e);
	if (m->ended)
		return err_set(e, "line %" PRIu64 ": something after the end", m->line);
	if (!json_is_true(json_object_get(j, "end")))
		return import_record(m, j, e);
	m->ended = true;
	if ((uint64_t)json_integer_value(end) != m->n)
		return err_set(e, "line %" PRIu64 ": %" PRIu64 " records came", m->line, m->n);
	return flush(m, e);
}

static int import_lines(struct import *m, FILE *in, struct err *e)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &cap, in)) > 0) {
		json_t *j = json_loadb(line, (size_t)n, 0, NULL);

		m->line++;
		rc = json_is_object(j) ? import_line(m, j, e)
				       : err_set(e, "line %" PRIu64 ": not JSON", m->line);
		json_decref(j);
	}
	free(line);
	if (rc == 0 && !m->ended) {
		rc = flush(m, e);
		err_set(e, "it ends early, after line %" PRIu64, m->line);
		return -1;
	}
	return rc;
}

int store_move_import(struct store *s, bool embedded, FILE *in, struct store_moved *out,
		      struct err *e)
{
	struct import *m = calloc(1, sizeof *m);
	int rc;

	if (!m)
		bug("no memory for an import");
	m->store = s;
	m->embedded = embedded;
	m->arena = arena_new(0);
	m->progress = (struct progress){ .what = "restored", .terminal = isatty(2) };
	m->now_ms = clock_wall() * 1000;
	rc = import_lines(m, in, e);
	finish(&m->progress);
	*out = (struct store_moved){ .records = m->n, .over = m->over, .left = m->left };
	arena_free(m->arena);
	free(m);
	return rc;
}
