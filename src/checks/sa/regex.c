/* Expressions in arguments: PCRE2, with the limits of all patterns. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "checks/sa/regex.h"

#include <pcre2.h>

struct sa_regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static void give_back(void *p)
{
	struct sa_regex *r = p;

	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->data);
	pcre2_code_free(r->code);
}

struct sa_regex *sa_regex_new(struct arena *a, struct str expression)
{
	struct sa_regex *r = ARENA_NEW(a, struct sa_regex);
	PCRE2_SIZE at;
	int code;

	r->code = pcre2_compile((PCRE2_SPTR)expression.p, expression.n, 0, &code, &at, NULL);
	if (!r->code)
		return NULL;
	r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->data || !r->limits) {
		give_back(r);
		return NULL;
	}
	pcre2_set_match_limit(r->limits, SA_REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(r->limits, SA_REGEX_DEPTH_LIMIT);
	arena_cleanup(a, give_back, r);
	return r;
}

bool sa_regex_in(const struct sa_regex *r, struct str text)
{
	size_t n = text.n < SA_REGEX_SUBJECT ? text.n : SA_REGEX_SUBJECT;

	return pcre2_match(r->code, (PCRE2_SPTR)(text.p ? text.p : ""), n, 0, 0, r->data,
			   r->limits) >= 0;
}

bool sa_regex_next(const struct sa_regex *r, struct str text, size_t *at, struct str *found)
{
	size_t n = text.n < SA_REGEX_SUBJECT ? text.n : SA_REGEX_SUBJECT;
	const PCRE2_SIZE *o;
	int groups;

	if (*at > n)
		return false;
	groups = pcre2_match(r->code, (PCRE2_SPTR)(text.p ? text.p : ""), n, *at, 0, r->data,
			     r->limits);
	if (groups < 1)
		return false;
	o = pcre2_get_ovector_pointer(r->data);
	*at = o[1] > *at ? o[1] : *at + 1;
	if (groups > 1 && o[2] != PCRE2_UNSET)
		o += 2;
	*found = str_sub(text, o[0], o[1] - o[0]);
	return true;
}
