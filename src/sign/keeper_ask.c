/* The keeper as others ask it: the supervisor, and the control process. */
#include <sys/random.h>

#include "base/clock.h"
#include "sign/keeper.h"
#include "sign/talk.h"

/* Besides KEEPER_LOAD_MS, for each file. */
#define FILE_MS 1u

static uint64_t number_new(void)
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		bug("no random numbers");
	return number;
}

static int say(int fd, struct arena *scratch, const struct talk *t, uint64_t deadline,
	       struct err *e)
{
	struct err why;

	if (talk_send(fd, talk_format(scratch, t), deadline, &why) < 0)
		return err_set(e, "the keeper of keys cannot be asked: %s", why.text);
	return 0;
}

/* The next packet of that number: what answers an earlier question, given up since, is passed
 * over. The packet's texts are in in. */
static int hear(int fd, uint64_t number, char in[TALK_MAX], uint64_t deadline, struct talk *t,
		struct err *e)
{
	struct err why;
	int got;

	while ((got = talk_receive(fd, in, deadline, &why)) > 0)
		if (talk_parse(str_of(in, (size_t)got < TALK_MAX ? (size_t)got : TALK_MAX), t) &&
		    t->number == number)
			return 0;
	return got < 0 ? err_set(e, "the keeper of keys does not answer: %s", why.text)
		       : err_set(e, "there is no keeper of keys");
}

static void key_copy(struct arena *a, struct sign_key *to, const struct sign_key *from)
{
	*to = *from;
	to->public = arena_dup(a, from->public);
}

/* ---- load ---- */

int keeper_keep(int fd, unsigned char (*id)[SIGN_ID], size_t n, struct err *e)
{
	struct arena *scratch = arena_new(0);
	struct talk t = { .type = TALK_KEEP, .number = number_new() };
	uint64_t deadline = clock_mono_ms() + KEEPER_LOAD_MS + n * FILE_MS;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		memcpy(t.key.id, id[i], SIGN_ID);
		rc = say(fd, scratch, &t, deadline, e);
		arena_reset(scratch);
	}
	arena_free(scratch);
	return rc;
}

static int say_files(int fd, uint64_t number, const struct sign_file *file, size_t n,
		     uint64_t deadline, struct err *e)
{
	struct arena *scratch = arena_new(0);
	struct talk t = { .type = TALK_FILE, .number = number };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		t.index = (uint32_t)i;
		t.path = str_c(file[i].path);
		rc = say(fd, scratch, &t, deadline, e);
		arena_reset(scratch);
	}
	t = (struct talk){ .type = TALK_LOAD, .number = number, .index = (uint32_t)n };
	if (rc == 0)
		rc = say(fd, scratch, &t, deadline, e);
	arena_free(scratch);
	return rc;
}

static void take_result(struct arena *a, struct sign_file *f, const struct talk *t)
{
	f->known = true;
	f->ok = t->ok;
	key_copy(a, &f->key, &t->key);
	f->fault = arena_dup(a, t->fault);
}

static int all_known(const struct sign_file *file, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!file[i].known)
			return err_set(e, "the keeper of keys left %s out", file[i].path);
	return 0;
}

static int hear_results(int fd, struct arena *a, uint64_t number, struct sign_file *file, size_t n,
			uint64_t deadline, struct err *e)
{
	char in[TALK_MAX];
	struct talk t;

	for (;;) {
		if (hear(fd, number, in, deadline, &t, e) < 0)
			return -1;
		if (t.type == TALK_RESULT && t.index < n)
			take_result(a, &file[t.index], &t);
		else if (t.type == TALK_LOADED)
			return t.ok ? all_known(file, n, e)
				    : err_set(e, "the keeper of keys: %.*s", STR_ARG(t.fault));
	}
}

static int check_paths(const struct sign_file *file, size_t n, struct err *e)
{
	if (n > SIGN_KEYS_MAX)
		return err_set(e, "%zu files of private keys, over %u", n, SIGN_KEYS_MAX);
	for (size_t i = 0; i < n; i++)
		if (!file[i].path[0] || strlen(file[i].path) > TALK_PATH_MAX)
			return err_set(e, "%s: no path of a private key", file[i].where);
	return 0;
}

int keeper_load(int fd, struct arena *a, struct sign_file *file, size_t n, struct err *e)
{
	uint64_t deadline = clock_mono_ms() + KEEPER_LOAD_MS + n * FILE_MS;
	uint64_t number = number_new();

	for (size_t i = 0; i < n; i++)
		file[i].known = file[i].ok = false;
	if (check_paths(file, n, e) < 0 || say_files(fd, number, file, n, deadline, e) < 0)
		return -1;
	return hear_results(fd, a, number, file, n, deadline, e);
}

/* ---- make, wipe ---- */

static int ask_done(int fd, struct arena *a, struct talk *t, struct sign_key *key, struct err *e)
{
	uint64_t deadline = clock_mono_ms() + KEEPER_LOAD_MS;
	char in[TALK_MAX];

	t->number = number_new();
	if (say(fd, a, t, deadline, e) < 0)
		return -1;
	do {
		if (hear(fd, t->number, in, deadline, t, e) < 0)
			return -1;
	} while (t->type != TALK_DONE);
	if (!t->ok)
		return err_set(e, "%.*s", STR_ARG(t->fault));
	if (key)
		key_copy(a, key, &t->key);
	return 0;
}

static int check_names(struct str domain, struct str selector, struct err *e)
{
	if (!talk_name_ok(domain) || !talk_name_ok(selector))
		return err_set(e, "domain and selector are labels of a-z, 0-9, \"-\" and \"_\"");
	return 0;
}

int keeper_make(int fd, struct arena *a, struct str domain, struct str selector, enum key_type type,
		unsigned bits, struct sign_key *key, struct err *e)
{
	struct talk t = { .type = TALK_MAKE, .domain = domain, .selector = selector };

	t.key.type = type;
	t.key.bits = bits;
	if (check_names(domain, selector, e) < 0)
		return -1;
	if (type == KEY_RSA && (bits < SIGN_RSA_MIN || bits > KEY_RSA_MAX))
		return err_set(e, "RSA of %u bits: from %u to %u", bits, SIGN_RSA_MIN, KEY_RSA_MAX);
	return ask_done(fd, a, &t, key, e);
}

int keeper_wipe(int fd, struct arena *a, struct str domain, struct str selector, struct err *e)
{
	struct talk t = { .type = TALK_WIPE, .domain = domain, .selector = selector };

	return check_names(domain, selector, e) < 0 ? -1 : ask_done(fd, a, &t, NULL, e);
}
