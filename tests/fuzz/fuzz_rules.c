/* Fuzzes rule files: any text gives rules that can judge a message, or at least one fault. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
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

static void read_rules(struct arena *a, int fd)
{
	size_t faults = 0;
	const struct conf *c = conf_load_text(
		a, "fuzz", arena_printf(a, "rules { dir = \"/proc/self/fd/%d\" }", fd), tables,
		refuse, NULL);
	struct scan s = { .arena = a };
	struct scan_setup *setup;
	struct ruleset *set;
	struct err e;

	if (scan_setup_new(a, c, checks, &setup, &e) < 0)
		bug("%s", e.text);
	set = ruleset_load(a, c, setup,
			   &(struct ruleset_how){ .fault = count, .note = note, .arg = &faults });
	if (!set != (faults > 0))
		bug("%zu faults, and %s", faults, set ? "rules" : "no rules");
	if (set)
		ruleset_judge(set)->run(ruleset_judge(set), &s);
	if (set && s.verdict.symbols.n > ruleset_count(set))
		bug("more symbols than rules");
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
