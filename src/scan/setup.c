/* One generation of configuration as the engine needs it. */
#include "scan/setup.h"

#include <stdlib.h>

/* ---- the order of checks ---- */

static size_t find_check(const struct check *const *c, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(c[i]->name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* Whether all that c needs is placed already; an unknown need fills *e. */
static int needs_placed(const struct scan_setup *s, const struct check *c,
			const struct check *const *all, size_t n, struct err *e)
{
	for (const char *const *need = c->needs; need && *need; need++) {
		if (find_check(all, n, *need) == SIZE_MAX)
			return err_set(e, "check %s needs %s, which is not there", c->name, *need);
		if (find_check(s->check, s->n, *need) == SIZE_MAX)
			return 0;
	}
	return 1;
}

static void place(struct scan_setup *s, const struct check *c)
{
	uint64_t bits = 0;

	for (const char *const *need = c->needs; need && *need; need++)
		bits |= UINT64_C(1) << find_check(s->check, s->n, *need);
	s->needs[s->n] = bits;
	s->check[s->n++] = c;
}

/* Places what can be placed until nothing is left; a round without progress is a circle. */
static int order(struct scan_setup *s, const struct check *const *all, size_t n, struct err *e)
{
	while (s->n < n) {
		size_t before = s->n;
		for (size_t i = 0; i < n; i++) {
			int ready;
			if (find_check(s->check, s->n, all[i]->name) != SIZE_MAX)
				continue;
			ready = needs_placed(s, all[i], all, n, e);
			if (ready < 0)
				return -1;
			if (ready)
				place(s, all[i]);
		}
		if (s->n == before)
			return err_set(e, "checks need each other in a circle");
	}
	return 0;
}

static int count_checks(const struct check *const *all, size_t *n, struct err *e)
{
	for (*n = 0; all[*n]; (*n)++) {
		if (all[*n]->abi != CHECK_ABI)
			return err_set(e, "check %s is built for another version (%u, not %u)",
				       all[*n]->name, all[*n]->abi, CHECK_ABI);
		if (find_check(all, *n, all[*n]->name) != SIZE_MAX)
			return err_set(e, "there are two checks named %s", all[*n]->name);
		if (*n == SCAN_MAX_CHECKS)
			return err_set(e, "more than %u checks", SCAN_MAX_CHECKS);
	}
	return 0;
}

/* ---- options ---- */

/* "550 5.7.1 text"; the class of both codes must be the one asked for. */
static int read_reply(const struct conf *c, const char *name, char class, struct smtp_reply *r,
		      struct err *e)
{
	struct str text = conf_str(c, name), code = str_cut(&text, ' ');
	struct str enhanced = str_cut(&text, ' ');
	uint64_t n;

	if (!str_u64(code, 599, &n) || code.n != 3 || code.p[0] != class ||
	    !reply_enhanced_ok(enhanced, class) || !str_printable(text))
		return err_set(e, "%s: %s: found \"%.*s\", expected \"%cyz %c.y.z text\"",
			       conf_where(c, name), name, STR_ARG(conf_str(c, name)), class, class);
	*r = (struct smtp_reply){ (unsigned)n, enhanced, text };
	return 0;
}

static int read_options(struct scan_setup *s, const struct conf *c, struct err *e)
{
	s->deadline_ms = conf_time_ms(c, "scan.deadline");
	s->sign_ms = conf_time_ms(c, "sign.timeout");
	s->cpu_us = conf_time_ms(c, "scan.cpu") * 1000;
	s->cache_ms = conf_time_ms(c, "cache.ttl");
	s->tempfail_on_error = conf_enum(c, "scan.on_error") == 1;
	s->tag_at = conf_float(c, "score.tag");
	s->quarantine_at = conf_float(c, "score.quarantine");
	s->tempfail_at = conf_float(c, "score.tempfail");
	s->reject_at = conf_float(c, "score.reject");
	s->discard_at = conf_float(c, "score.discard");
	s->header_score = conf_bool(c, "headers.score");
	s->header_symbols = conf_bool(c, "headers.symbols");
	s->header_flag = conf_bool(c, "headers.flag");
	s->nstrip_names = conf_list(c, "headers.strip", &s->strip_names);
	if (read_reply(c, "reply.reject", '5', &s->reject, e) < 0 ||
	    read_reply(c, "reply.tempfail", '4', &s->tempfail, e) < 0 ||
	    read_reply(c, "reply.greylist", '4', &s->greylist, e) < 0)
		return -1;
	return 0;
}

/* Checks of content, unless one that always runs needs what they find. Those needed stand first. */
static void find_deferred(struct scan_setup *s)
{
	for (size_t i = s->n; i-- > 0;) {
		unsigned flags = s->check[i]->flags;
		s->deferred[i] = flags & (CHECK_CONTENT | CHECK_LATE) && !(flags & CHECK_MEMORY);
		for (size_t k = i + 1; k < s->n; k++)
			if (!s->deferred[k] && s->needs[k] >> i & 1)
				s->deferred[i] = false;
	}
}

/* Options by which machines that judge alike may differ. */
static bool local_option(struct str line)
{
	static const char *const section[] = { "daemon.", "milter.", "listen.", "log.",
					       "dns.",	  "store.",  "control." };

	for (size_t i = 0; i < sizeof section / sizeof *section; i++)
		if (str_starts(line, str_c(section[i])))
			return true;
	return false;
}

static uint64_t generation_of(const struct conf *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	uint64_t h = hash_sip24((struct hash_key){ 0, 0 }, STR(MERLON_VERSION));
	struct str rest;

	if (!f)
		bug("no memory");
	conf_print_values(c, f, false);
	fclose(f);
	rest = str_of(text, n);
	while (rest.n) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		if (str_starts(line, STR("* ")))
			line = str_trim(str_skip(line, 2));
		line = str_sub(line, 0, str_rchr(line, '#')); /* the place where it was set */
		if (!local_option(line))
			h = hash_sip24((struct hash_key){ h, 0 }, line);
	}
	free(text);
	return h;
}

int scan_setup_new(struct arena *a, const struct conf *c, const struct check *const *checks,
		   struct scan_setup **out, struct err *e)
{
	struct scan_setup *s = ARENA_NEW(a, struct scan_setup);
	size_t n;

	s->arena = a;
	s->conf = c;
	if (count_checks(checks, &n, e) < 0 || order(s, checks, n, e) < 0 ||
	    read_options(s, c, e) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (s->check[i]->setup && s->check[i]->setup(a, c, &s->config[i], e) < 0)
			return -1;
	find_deferred(s);
	s->generation = generation_of(c);
	*out = s;
	return 0;
}

static bool needed(const struct scan_setup *s, size_t i)
{
	for (size_t k = i + 1; k < s->n; k++)
		if (!s->idle[k] && s->needs[k] >> i & 1)
			return true;
	return false;
}

int scan_setup_judge(struct scan_setup *s, const struct judge *j, struct err *e)
{
	s->judge = j;
	if (j)
		s->generation ^= j->generation;
	for (size_t i = s->n; i-- > 0;)
		s->idle[i] = j && j->asks && s->check[i]->flags & CHECK_FACTS &&
			     !j->asks(j, s->check[i]) && !needed(s, i);
	for (size_t i = 0; j && i < s->n; i++)
		if (s->check[i]->rules &&
		    s->check[i]->rules(s->arena, s->conf, j, &s->config[i], e) < 0)
			return -1;
	return 0;
}

const struct predicate *scan_setup_predicate(const struct scan_setup *setup, struct str name,
					     const struct check **owner)
{
	for (size_t i = 0; i < setup->n; i++) {
		const struct predicate *p = setup->check[i]->predicates;
		for (; p && p->name; p++) {
			if (!str_eq(name, str_c(p->name)))
				continue;
			*owner = setup->check[i];
			return p;
		}
	}
	return NULL;
}
