/*
 * How long patterns take over texts: pattern_bench PATTERNS KIND TEXTS HEADERS [no-grams]
 * [no-shift] [no-hyper] [no-jit] [no-starts] [cache=DIR] [compile] [hits] [top].
 *
 * PATTERNS has a line for each, by tabs: kind, header, name, tflags, modifiers, expression. TEXTS
 * has for each message a count of lines and each with its length (32 bits, low octet first); of
 * kind "head" the lines are the values of the headers that the file HEADERS names in order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "ruleset/pattern/set.h"

struct group {
	struct str header;
	struct pattern_set *set;
	VEC(struct str) names;
};

struct bench {
	struct arena *arena;
	struct pattern_scratch *scratch;
	unsigned layers;
	unsigned how;
	bool compile, hits, top;
	struct str cache;
	VEC(struct group) groups;
	VEC(struct str) headers;
	struct group *current;
	uint64_t us, nhits, over, limits;
	size_t message;
};

static bool count(void *arg, size_t id, size_t line, struct pattern_match m,
		  const struct pattern_captures *c)
{
	struct bench *b = arg;

	(void)c;
	b->nhits++;
	if (b->hits)
		printf("%zu %.*s %zu %zu %zu\n", b->message, STR_ARG(b->current->names.p[id]), line,
		       m.from, m.to);
	return true;
}

static struct str read_all(struct bench *b, const char *path)
{
	struct str s;
	struct err e;

	if (file_read(b->arena, path, SIZE_MAX / 2, &s, &e) != 0) {
		fprintf(stderr, "%s: %s\n", path, e.text);
		exit(2);
	}
	return s;
}

static struct group *group_of(struct bench *b, struct str header)
{
	for (size_t i = 0; i < b->groups.n; i++)
		if (str_eq(b->groups.p[i].header, header))
			return &b->groups.p[i];
	VEC_PUSH(b->arena, b->groups) = (struct group){ header, pattern_set_new(b->arena), { 0 } };
	return &b->groups.p[b->groups.n - 1];
}

/* How many matches a rule's flags ask for. */
static uint32_t wanted(struct str tflags)
{
	size_t at = str_find(tflags, STR("maxhits="));
	uint64_t n = UINT32_MAX;
	struct str digits;

	if (!str_ifind(tflags, STR("multiple")))
		return 1;
	if (at != SIZE_MAX) {
		tflags = str_skip(tflags, at + 8);
		digits = str_cut(&tflags, ' ');
		str_u64(digits, UINT32_MAX, &n);
	}
	return (uint32_t)n;
}

static void add(struct bench *b, struct str line, const char *kind)
{
	struct str f[5], written, text;
	struct pattern *p;
	unsigned flags = 0;
	struct err e = { "" };
	struct group *g;

	for (size_t i = 0; i < 5; i++)
		f[i] = str_cut(&line, '\t');
	if (!str_eq(f[0], str_c(kind)))
		return;
	written = arena_printf(b->arena, "/x/%.*s", STR_ARG(f[4]));
	if (!str_eq(f[4], STR("-")) && pattern_split(b->arena, written, &text, &flags, &e) != 0)
		fprintf(stderr, "%.*s: %s\n", STR_ARG(f[2]), e.text);
	if (pattern_compile_as(b->arena, line, flags, b->how, &p, NULL, &e) != 0) {
		fprintf(stderr, "%.*s: %s\n", STR_ARG(f[2]), e.text);
		return;
	}
	g = group_of(b, f[1]);
	pattern_set_add(g->set, p, wanted(f[3]));
	VEC_PUSH(b->arena, g->names) = f[2];
}

static uint32_t number(struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;

	*s = str_skip(*s, 4);
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void scan(struct bench *b, struct group *g, const struct str *line, size_t n)
{
	struct pattern_budget budget = { .limit_us = 1000000 };
	uint64_t began = clock_cpu_us(); /* others may be at work here */

	b->current = g;
	pattern_set_scan(g->set, b->scratch, &budget, line, n, count, b);
	b->us += clock_cpu_us() - began;
	b->over += budget.over;
	b->limits += budget.limit_hits;
}

static void message(struct bench *b, struct str *texts)
{
	VEC(struct str) lines = { 0 };

	for (uint32_t n = number(texts); n > 0; n--) {
		uint32_t len = number(texts);

		VEC_PUSH(b->arena, lines) = str_sub(*texts, 0, len);
		*texts = str_skip(*texts, len);
	}
	for (size_t g = 0; g < b->groups.n; g++) {
		size_t h = 0;

		if (str_eq(b->groups.p[g].header, STR("-"))) {
			scan(b, &b->groups.p[g], lines.p, lines.n);
			continue;
		}
		while (h < b->headers.n && !str_eq(b->headers.p[h], b->groups.p[g].header))
			h++;
		if (h < lines.n)
			scan(b, &b->groups.p[g], &lines.p[h], 1);
	}
}

static void slowest(struct bench *b)
{
	for (size_t g = 0; g < b->groups.n; g++)
		for (size_t i = 0; i < b->groups.p[g].names.n; i++) {
			uint64_t us, runs;

			pattern_set_cost(b->groups.p[g].set, b->scratch, i, &us, &runs);
			printf("%8llu us %8llu runs %.*s\n", (unsigned long long)us,
			       (unsigned long long)runs, STR_ARG(b->groups.p[g].names.p[i]));
		}
}

static void option(struct bench *b, const char *o)
{
	if (strcmp(o, "no-grams") == 0)
		b->layers &= ~(unsigned)LAYER_GRAMS;
	if (strcmp(o, "no-shift") == 0)
		b->layers &= ~(unsigned)LAYER_SHIFT;
	if (strcmp(o, "no-hyper") == 0)
		b->layers &= ~(unsigned)LAYER_HYPER;
	if (strcmp(o, "no-jit") == 0)
		b->how &= ~(unsigned)HOW_JIT;
	if (strcmp(o, "no-starts") == 0)
		b->how &= ~(unsigned)HOW_STARTS;
	b->compile |= strcmp(o, "compile") == 0;
	b->hits |= strcmp(o, "hits") == 0;
	b->top |= strcmp(o, "top") == 0;
	if (strncmp(o, "cache=", 6) == 0)
		b->cache = str_c(o + 6);
}

static void build(struct bench *b, struct str patterns, const char *kind)
{
	uint64_t t0 = clock_mono_us(), t1;
	size_t n = 0;

	while (patterns.n)
		add(b, str_cut(&patterns, '\n'), kind);
	t1 = clock_mono_us();
	for (size_t g = 0; g < b->groups.n; g++) {
		n += b->groups.p[g].names.n;
		pattern_set_build_with(b->groups.p[g].set, b->layers, b->cache, b->compile);
	}
	fprintf(stderr, "%s: %zu patterns in %zu sets; compile %.1f ms, build %.1f ms\n", kind, n,
		b->groups.n, (double)(t1 - t0) / 1e3, (double)(clock_mono_us() - t1) / 1e3);
	for (size_t g = 0; g < b->groups.n && b->groups.n < 3; g++) {
		const struct filters *f = &b->groups.p[g].set->filters;

		fprintf(stderr, "  literals %zu, rows %zu in %zu words, bare %zu\n", f->nliterals,
			f->nrows, shift_words(f->shift), f->nbare);
	}
}

int main(int argc, char **argv)
{
	struct bench b = { .arena = arena_new(0), .layers = LAYER_ALL, .how = HOW_FAST };
	struct str texts, headers;
	size_t octets;

	if (argc < 5)
		return 2;
	for (int i = 5; i < argc; i++)
		option(&b, argv[i]);
	b.scratch = pattern_scratch_new(b.arena);
	for (headers = read_all(&b, argv[4]); headers.n;)
		VEC_PUSH(b.arena, b.headers) = str_cut(&headers, '\n');
	build(&b, read_all(&b, argv[1]), argv[2]);
	texts = read_all(&b, argv[3]);
	octets = texts.n;
	for (b.message = 0; texts.n >= 4; b.message++)
		message(&b, &texts);
	if (b.top)
		slowest(&b);
	fprintf(stderr,
		"%s: %zu messages, %zu octets each, %.1f us of CPU each, %llu hits, %llu limits, "
		"%llu over\n",
		argv[2], b.message, octets / b.message, (double)b.us / (double)b.message,
		(unsigned long long)b.nhits, (unsigned long long)b.limits,
		(unsigned long long)b.over);
	arena_free(b.arena);
	return 0;
}
