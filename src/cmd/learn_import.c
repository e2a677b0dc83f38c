/* merlon learn import: a file of another filter through the importers to the teacher. */
#include "cmd/learn_import.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cmd/import.h"
#include "cmd/source.h"

struct sending {
	struct teacher *teacher;
	bool undo;
};

static int send_event(void *arg, struct learn_event *event, struct err *e)
{
	const struct sending *s = arg;

	if (s->undo)
		event->to = LEARN_NONE;
	event->when_ms = clock_wall() * 1000;
	return teacher_learn(s->teacher, event, e);
}

static void each_mail(void *arg, struct str name, struct str octets)
{
	(void)name;
	import_spamassassin_mail(arg, octets);
}

static int read_bogofilter(struct import *m, struct hash_key key, struct str octets, char **mail,
			   int n, struct err *e)
{
	(void)mail;
	(void)n;
	return import_bogofilter(m, key, octets, e);
}

static int read_spamassassin(struct import *m, struct hash_key key, struct str octets, char **mail,
			     int n, struct err *e)
{
	struct import_hashed *h = import_spamassassin(m, key, octets, e);

	for (int i = 0; h && i < n; i++)
		if (source_each(mail[i], each_mail, h, e) < 0)
			return -1;
	return h ? 0 : -1;
}

static const struct {
	const char *name;
	bool mail; /* it needs some */
	int (*read)(struct import *m, struct hash_key key, struct str octets, char **mail, int n,
		    struct err *e);
} kinds[] = { { "bogofilter", false, read_bogofilter },
	      { "spamassassin", true, read_spamassassin } };

#define KINDS (sizeof kinds / sizeof *kinds)

static size_t kind_of(const char *name)
{
	size_t i = 0;

	while (i < KINDS && strcmp(kinds[i].name, name) != 0)
		i++;
	return i;
}

bool learn_import_usage(char **arg, int n)
{
	size_t kind = n >= 2 ? kind_of(arg[0]) : KINDS;

	return kind < KINDS && (kinds[kind].mail ? n > 2 : n == 2);
}

static void print(const struct import *m, const struct teacher_counts *c, bool undo, bool json)
{
	unsigned long long done = c->result[TRAINED],
			   other = c->result[undo ? TRAIN_UNKNOWN : TRAIN_ALREADY];

	if (json)
		printf("{\"words\":%llu,\"taken\":%llu,\"ham\":%u,\"spam\":%u,\"%s\":%llu,\"%s\":%"
		       "llu,\"failed\":%llu}\n",
		       (unsigned long long)m->lines, (unsigned long long)m->taken,
		       m->messages[LEARN_HAM], m->messages[LEARN_SPAM],
		       undo ? "forgotten" : "learnt", done, undo ? "unknown" : "already", other,
		       (unsigned long long)c->result[TRAIN_FAILED]);
	else
		printf("%llu of %llu words, of %u ham and %u spam: %llu messages %s, %llu %s, %llu "
		       "failed\n",
		       (unsigned long long)m->taken, (unsigned long long)m->lines,
		       m->messages[LEARN_HAM], m->messages[LEARN_SPAM], done,
		       undo ? "forgotten" : "learnt", other, undo ? "unknown" : "already",
		       (unsigned long long)c->result[TRAIN_FAILED]);
}

static int import_all(struct import *m, const struct sending *s, size_t kind, struct str octets,
		      char **mail, int n, struct err *e)
{
	struct sending copy = *s;

	if (kinds[kind].read(m, teacher_key(s->teacher), octets, mail, n, e) < 0 ||
	    import_each(m, send_event, &copy, e) < 0)
		return -1;
	return teacher_finish(s->teacher, e);
}

int learn_import(struct teacher *t, char **arg, int n, bool undo, bool json)
{
	const struct sending s = { t, undo };
	struct arena *a;
	struct import m;
	struct err e = { "" };
	char *p;
	size_t size;
	int rc;

	if (source_read(arg[1], &p, &size, &e) < 0) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return APP_EXIT_FAILURE;
	}
	a = arena_new(0);
	import_init(&m, a, str_of(p, size));
	rc = import_all(&m, &s, kind_of(arg[0]), str_of(p, size), arg + 2, n - 2, &e);
	if (rc < 0)
		fprintf(stderr, "merlon: %s: %s\n", arg[1], e.text);
	else
		print(&m, teacher_counts(t), undo, json);
	arena_free(a);
	free(p);
	return rc < 0 || teacher_counts(t)->result[TRAIN_FAILED] ? APP_EXIT_FAILURE : APP_EXIT_GOOD;
}
