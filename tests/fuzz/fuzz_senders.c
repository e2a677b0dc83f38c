/* Any message as a bounce: ids that it answers, names and addresses in it, and keys made of them.
 * The first line is a recipient, the second a name, then header and body. */
#include "checks/memory/identity.h"
#include "checks/memory/names.h"
#include "checks/memory/thread.h"
#include "io/loop.h"
#include "scan/setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void nothing(const struct judge *j, struct scan *s)
{
	(void)j;
	(void)s;
}

static void fault(void *arg, const char *line)
{
	(void)arg;
	bug("%s", line);
}

static void feed(struct scan *s, struct str text)
{
	while (text.n) {
		struct str line = str_cut(&text, '\n'), name;

		if (!line.n)
			break;
		name = str_cut(&line, ':');
		if (name.n)
			scan_header(s, name, line);
	}
	scan_eoh(s);
	scan_body(s, text);
}

static void check_ids(struct scan *s)
{
	struct str id[THREAD_IDS];
	size_t n = thread_ids(s, id);

	if (n > THREAD_IDS)
		__builtin_trap();
	for (size_t i = 0; i < n; i++) {
		if (str_chr(id[i], '@') == SIZE_MAX || str_chr(id[i], '\n') != SIZE_MAX)
			__builtin_trap();
		if (thread_key(s, id[i]).n != sizeof "mid:" - 1 + 32)
			__builtin_trap();
	}
}

static void check_names(struct scan *s, struct str name)
{
	struct str author = identity_author(s, &(struct str){ 0 }), key;
	struct str part[2] = { memory_rcpt(s, 0), name };

	key = names_key(s, author, name);
	if (!str_eq(key, names_key(s, author, arena_dup(s->arena, name))))
		__builtin_trap();
	if (memory_key(s, "x", part, 2).n > STORE_KEY_MAX)
		__builtin_trap();
	thread_sent_to(thread_value(s, true), author);
	thread_sent_to(name, part[0]);
	thread_own(s);
}

static void done(void *arg, struct scan *s)
{
	check_ids(s);
	check_names(s, *(struct str *)arg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct check *const none[] = { NULL };
	static const struct conf_opt *const tables[] = { scan_options, NULL };
	struct arena *a = arena_new(0);
	struct judge judge = { .run = nothing };
	struct str in = str_of((const char *)data, n), rcpt = str_cut(&in, '\n'),
		   name = str_cut(&in, '\n');
	struct scan_client client = { .profile = STR("inbound") };
	struct scan_env env = { .loop = loop_new(), .crypto = crypto_new(), .now = 1700000000 };
	struct scan_setup *setup;
	struct scan *s;
	struct err e;

	if (scan_setup_new(a, conf_load_text(a, "c", STR(""), tables, fault, NULL), none, &setup,
			   &e) < 0)
		bug("%s", e.text);
	if (scan_setup_judge(setup, &judge, &e) < 0)
		bug("%s", e.text);
	env.setup = setup;
	s = scan_new(&env, &client, SCAN_F_LOCAL);
	scan_mail(s, STR("<>"));
	scan_rcpt(s, rcpt);
	feed(s, in);
	scan_eom(s, done, &name);
	scan_free(s);
	crypto_free(env.crypto);
	loop_free(env.loop);
	arena_free(a);
	return 0;
}
