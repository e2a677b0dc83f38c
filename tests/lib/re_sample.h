/* Random strings that an expression may match, made from what the filters read of it. */
#ifndef TESTS_LIB_RE_SAMPLE_H
#define TESTS_LIB_RE_SAMPLE_H

#include "ruleset/pattern/re.h"

#define RE_SAMPLE_MAX 3000u /* octets */

struct dice {
	uint64_t state;
};

static inline uint32_t dice_roll(struct dice *d, uint32_t n)
{
	d->state = d->state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(d->state >> 33) % n;
}

static inline struct str re_sample_octet(struct arena *a, struct dice *d, const struct re_set *set)
{
	unsigned n = re_set_count(set), k = n ? dice_roll(d, n) : 0;
	char c = 0;

	for (unsigned i = 0; i < 256 && n; i++)
		if (re_set_has(set, (unsigned char)i) && k-- == 0) {
			c = (char)i;
			break;
		}
	return arena_dup(a, str_of(&c, n > 0));
}

static inline struct str re_sample_times(struct arena *a, struct dice *d, struct str s,
					 const struct re_node *node)
{
	uint32_t spread = node->max - node->min < 4 ? node->max - node->min + 1 : 4;
	uint32_t times = node->min + dice_roll(d, spread);
	char *p;

	if (s.n == 0 || times * s.n > RE_SAMPLE_MAX)
		times = times > 0;
	p = arena_alloc(a, times * s.n + 1);
	for (uint32_t i = 0; i < times; i++)
		memcpy(p + i * s.n, s.p, s.n);
	return str_of(p, times * s.n);
}

static inline struct str re_sample_row(struct arena *a, const struct str *part, size_t n)
{
	size_t len = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		len += part[i].n;
	p = arena_alloc(a, len + 1);
	for (size_t i = 0; i < n; at += part[i++].n)
		if (part[i].n)
			memcpy(p + at, part[i].p, part[i].n);
	return str_of(p, len > RE_SAMPLE_MAX ? RE_SAMPLE_MAX : len);
}

static inline struct str re_sample(struct arena *a, const struct re *re, struct dice *d)
{
	VEC(struct str) stack = { 0 };

	for (size_t i = 0; i < re->nodes.n; i++) {
		const struct re_node *node = &re->nodes.p[i];
		struct str s = STR("");

		if (node->op == RE_SET)
			s = re_sample_octet(a, d, &re->sets.p[node->n]);
		if (node->op == RE_REPEAT)
			s = re_sample_times(a, d, stack.p[--stack.n], node);
		if (node->op == RE_ALT) {
			stack.n -= node->n;
			s = stack.p[stack.n + dice_roll(d, node->n)];
		}
		if (node->op == RE_CAT) {
			stack.n -= node->n;
			s = re_sample_row(a, stack.p + stack.n, node->n);
		}
		VEC_PUSH(a, stack) = s;
	}
	return stack.n == 1 ? stack.p[0] : STR("");
}

#endif
