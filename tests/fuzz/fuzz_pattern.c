/* Fuzzes expressions: what filters, starting points and the JIT find is what plain PCRE2 finds. */
#include <stdlib.h>

#include "base/err.h"
#include "lib/re_sample.h"
#include "ruleset/pattern/set.h"

#define EXPRESSION_MAX 400u
#define SUBJECT_MAX 2000u

struct counter {
	size_t hits, sum;
};

static bool count(void *arg, size_t id, size_t line, struct pattern_match m,
		  const struct pattern_captures *captures)
{
	struct counter *c = arg;
	struct str name, value;

	c->hits++;
	c->sum = c->sum * 31 + id * 1000003 + line * 8191 + m.from * 127 + m.to;
	for (size_t i = 0; pattern_capture(captures, i, &name, &value); i++)
		c->sum = c->sum * 31 + value.n;
	return true;
}

static struct counter scanned(const struct pattern_set *set, struct pattern_scratch *s,
			      const struct str *line, size_t n, bool *limited)
{
	struct pattern_budget b = { .limit_us = 50000 };
	struct counter c = { 0 };

	pattern_set_scan(set, s, &b, line, n, count, &c);
	*limited |= b.over || b.limit_hits;
	return c;
}

static struct pattern_set *set_of(struct arena *a, struct str text, unsigned flags, unsigned how,
				  unsigned layers)
{
	struct pattern_set *set;
	struct str warn;
	struct pattern *p;
	struct err e;

	if (pattern_compile_as(a, text, flags, how, &p, &warn, &e) != 0)
		return NULL;
	set = pattern_set_new(a);
	pattern_set_add(set, p, 5);
	pattern_set_build_with(set, layers, STR_NULL, false);
	return set;
}

static void compare(struct arena *a, struct str text, unsigned flags, const struct str *line,
		    size_t n)
{
	struct pattern_scratch *s = pattern_scratch_new(a);
	struct pattern_set *plain = set_of(a, text, flags, HOW_JIT, 0);
	struct pattern_set *fast = set_of(a, text, flags, HOW_FAST, LAYER_ALL);
	bool limited = false;
	struct counter x, y;

	if (!plain)
		return;
	x = scanned(plain, s, line, n, &limited);
	y = scanned(fast, s, line, n, &limited);
	if (!limited && (x.hits != y.hits || x.sum != y.sum))
		bug("filters: %zu hits, without %zu", y.hits, x.hits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str all = str_of((const char *)data, size), text, line[4], written;
	struct dice dice = { size };
	unsigned flags = size ? data[0] & 15u : 0, ignored;
	struct err e;
	struct re re;

	all = str_skip(all, 1);
	text = str_cut(&all, '\n');
	if (pattern_split(a, text, &written, &ignored, &e) != 0 || text.n > EXPRESSION_MAX)
		text = str_sub(text, 0, EXPRESSION_MAX);
	line[0] = str_sub(all, 0, SUBJECT_MAX);
	line[1] = line[2] = line[3] = STR("");
	if (re_parse(a, text, flags, &re))
		for (size_t i = 1; i < 4; i++)
			line[i] = re_sample(a, &re, &dice);
	compare(a, text, flags, line, 4);
	arena_free(a);
	return 0;
}
