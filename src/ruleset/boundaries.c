/* What the files say of names and links: util_rb_*, redirector_pattern, for the view of URIs. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "ruleset/pattern/pattern.h"
#include "ruleset/rule.h"

#define REDIRECT_MAX 64u	    /* patterns */
#define REDIRECT_MATCH_LIMIT 10000u /* each is tried on every link */

struct redirects {
	VEC(pcre2_code *) code;
	pcre2_match_context *limits;
};

static void free_redirects(void *arg)
{
	struct redirects *r = arg;

	for (size_t i = 0; i < r->code.n; i++)
		pcre2_code_free(r->code.p[i]);
	pcre2_match_context_free(r->limits);
}

/* The first group of a match, if there is a dot in it. */
static bool captured(const pcre2_code *code, const struct redirects *r, struct str uri,
		     struct str *target)
{
	pcre2_match_data *m = pcre2_match_data_create_from_pattern(code, NULL);
	int n = pcre2_match(code, (PCRE2_SPTR)uri.p, uri.n, 0, 0, m, r->limits);
	PCRE2_SIZE *at = pcre2_get_ovector_pointer(m);
	struct str s = STR_NULL;

	if (n > 1 && at[2] != PCRE2_UNSET)
		s = str_sub(uri, at[2], at[3] - at[2]);
	pcre2_match_data_free(m);
	if (str_chr(s, '.') == SIZE_MAX)
		return false;
	*target = s;
	return true;
}

static bool redirect(const void *arg, struct str uri, struct str *target)
{
	const struct redirects *r = arg;

	for (size_t i = 0; i < r->code.n; i++)
		if (captured(r->code.p[i], r, uri, target))
			return true;
	return false;
}

static pcre2_code *compile(struct arena *a, struct str written)
{
	static const struct {
		unsigned flag;
		uint32_t option;
	} options[] = {
		{ PATTERN_CASELESS, PCRE2_CASELESS },
		{ PATTERN_MULTILINE, PCRE2_MULTILINE },
		{ PATTERN_DOTALL, PCRE2_DOTALL },
		{ PATTERN_EXTENDED, PCRE2_EXTENDED },
	};
	uint32_t opt = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;
	struct str text;
	unsigned flags;
	struct err e;
	int code;
	PCRE2_SIZE at;
	pcre2_code *c;

	if (pattern_split(a, written, &text, &flags, &e) < 0 || text.n > PATTERN_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		opt |= flags & options[i].flag ? options[i].option : 0;
	c = pcre2_compile((PCRE2_SPTR)text.p, text.n, opt, &code, &at, NULL);
	if (c)
		pcre2_jit_compile(c, PCRE2_JIT_COMPLETE);
	return c;
}

static const struct redirects *redirects_of(struct ruleset *set)
{
	struct redirects *r = ARENA_NEW(set->arena, struct redirects);
	size_t n = lists_count(set->lists, STR("redirector_pattern"));

	r->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(r->limits, REDIRECT_MATCH_LIMIT);
	pcre2_set_heap_limit(r->limits, PATTERN_HEAP_KIB);
	arena_cleanup(set->arena, free_redirects, r);
	for (size_t i = 0; i < n && i < REDIRECT_MAX; i++) {
		struct str written;
		pcre2_code *c;
		lists_key_at(set->lists, STR("redirector_pattern"), i, &written);
		c = compile(set->arena, written);
		if (c)
			VEC_PUSH(set->arena, r->code) = c;
	}
	return r;
}

static const struct map *names_of(struct ruleset *set, const char *list)
{
	struct map *m = map_new(set->arena, false);
	size_t n = lists_count(set->lists, str_c(list));

	for (size_t i = 0; i < n; i++) {
		struct str value, key = lists_key_at(set->lists, str_c(list), i, &value);
		map_put(m, key, set);
	}
	return m;
}

void ruleset_boundaries(struct ruleset *set)
{
	static const char *const names[3] = { "util_rb_tld", "util_rb_2tld", "util_rb_3tld" };

	for (size_t i = 0; i < 3 && lists_count(set->lists, str_c(names[0])); i++)
		set->env.tlds[i] = names_of(set, names[i]);
	if (!lists_count(set->lists, STR("redirector_pattern")))
		return;
	set->env.redirect_arg = redirects_of(set);
	set->env.redirect = redirect;
}
