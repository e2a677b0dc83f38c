/* Fuzzes rule files: any text gives rules that can judge a message, or at least one fault. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "mail/msg.h"
#include "ruleset/expr.h"
#include "ruleset/ruleset.h"

static bool holds(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	*evidence = n ? arg[0].text : STR_NULL;
	return n > 0 && arg[0].text.n > 0;
}

static bool over(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)s;
	(void)evidence;
	return n > 0 && arg[0].number > 10;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const struct predicate predicates[] = {
	{ "holds", "s|n*", holds, "" },
	{ "over", "n", over, "" },
	{ 0 },
};
static const struct check check_fake = {
	.abi = CHECK_ABI, .name = "fake", .run = run, .predicates = predicates
};
static const struct check *const checks[] = { &check_fake, NULL };
static const struct conf_opt *const tables[] = { ruleset_options, scan_options, NULL };

static void count(void *arg, const char *line)
{
	if (!line[0])
		bug("an empty fault");
	++*(size_t *)arg;
}

static void note(void *arg, const char *line)
{
	(void)arg;
	if (!line[0])
		bug("an empty note");
}

static void refuse(void *arg, const char *line)
{
	(void)arg;
	bug("%s", line);
}

static bool any_name(void *arg, struct str name, struct str call_arg, bool is_call, size_t *ref)
{
	(void)arg;
	*ref = name.n + (is_call ? call_arg.n : 0);
	return name.n != 3;
}

static double any_value(void *arg, size_t ref)
{
	(void)arg;
	return (double)ref - 4;
}

/* The text in a file that has no name of its own. */
static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		bug("memfd");
	return fd;
}

static const char message[] = "From: \"A\" <a@one.example>\nTo: b@two.example\nSubject: x y  z\n"
			      "Received: from c.example ([192.0.2.1]) by d.example\n"
			      "Content-Type: text/html\n\n<p>Dear <b>friend</b>,<br>see "
			      "<a href=\"http://www.example.com/?to=b@two.example\">here</a>\n";

static void take_body(void *arg, struct str octets)
{
	content_push(*(struct content **)arg, octets);
}

static void judge(struct arena *a, struct ruleset *set)
{
	static const struct view_client nobody;
	const struct judge *j = ruleset_judge(set);
	struct scan s = { .arena = a, .lists = j->lists, .flags = SCAN_F_SUBRULES };
	struct msg_reader *r;

	hdr_init(&s.headers, a);
	s.content = content_new(a, j->content, &s.headers);
	r = msg_new(a, &s.headers, take_body, &s.content);
	msg_feed(r, str_c(message));
	msg_end(r);
	content_end(s.content);
	s.view = view_new(a, j->view, &s.headers, s.content, &nobody, STR_NULL);
	j->run(j, &s);
	if (s.verdict.symbols.n + s.verdict.subrules.n > ruleset_count(set))
		bug("more symbols than rules");
}

static void read_cases(struct arena *a, struct ruleset *set)
{
	struct ruleset_case c;

	for (size_t i = 0; ruleset_case(set, a, i, &c); i++)
		if (!c.message.n || c.message.p[c.message.n - 1] != '\n')
			bug("a message without an end");
}

static void read_rules(struct arena *a, int fd)
{
	size_t faults = 0;
	const struct conf *c = conf_load_text(
		a, "fuzz",
		arena_printf(a, "rules { dir = \"/proc/self/fd/%d\" regex_budget = 20ms }", fd),
		tables, refuse, NULL);
	struct scan_setup *setup;
	struct ruleset *set;
	struct err e;

	if (scan_setup_new(a, c, checks, &setup, &e) < 0)
		bug("%s", e.text);
	set = ruleset_load(a, c, setup,
			   &(struct ruleset_how){ .fault = count, .note = note, .arg = &faults });
	if (!set != (faults > 0))
		bug("%zu faults, and %s", faults, set ? "rules" : "no rules");
	if (!set)
		return;
	judge(a, set);
	read_cases(a, set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	int fd = file_of(data, size);
	struct expr *x;
	struct err e;

	read_rules(a, fd);
	x = expr_compile(a, str_of((const char *)data, size), any_name, NULL, &e);
	if (x)
		(void)expr_eval(x, any_value, NULL);
	else if (!e.text[0])
		bug("an empty reason");
	close(fd);
	arena_free(a);
	return 0;
}
