/* One pattern: its compilation, and searches that end when the message's time is over. */
#include "ruleset/pattern/priv.h"

#include "base/clock.h"

/* ---- compilation ---- */

static void free_code(void *code)
{
	pcre2_code_free(code);
}

static uint32_t compile_options(unsigned flags)
{
	static const struct {
		unsigned flag;
		uint32_t option;
	} map[] = {
		{ PATTERN_CASELESS, PCRE2_CASELESS },
		{ PATTERN_MULTILINE, PCRE2_MULTILINE },
		{ PATTERN_DOTALL, PCRE2_DOTALL },
		{ PATTERN_EXTENDED, PCRE2_EXTENDED },
		{ PATTERN_UTF, PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF },
	};
	uint32_t o = PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C;

	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if (flags & map[i].flag)
			o |= map[i].option;
	return flags & PATTERN_UTF ? o : o | PCRE2_NEVER_UTF;
}

/* The end of a group's quantifier if it has no upper bound, else 0. */
static size_t unbounded(struct str s, size_t at)
{
	if (at >= s.n)
		return 0;
	if (s.p[at] == '*' || s.p[at] == '+')
		return at + 1 < s.n && s.p[at + 1] == '+' ? 0 : at + 1; /* possessive: harmless */
	if (s.p[at] != '{' || at + 1 >= s.n || !ch_digit(s.p[at + 1]))
		return 0;
	for (at++; at < s.n && ch_digit(s.p[at]);)
		at++;
	return at + 1 < s.n && s.p[at] == ',' && s.p[at + 1] == '}' ? at + 2 : 0;
}

/* Over a character, an escape or a class. */
static size_t one_item(struct str s, size_t at)
{
	if (s.p[at] == '\\')
		return at + 2 < s.n ? at + 2 : s.n;
	if (s.p[at] != '[')
		return at + 1;
	at += at + 1 < s.n && s.p[at + 1] == '^' ? 2 : 1;
	if (at < s.n && s.p[at] == ']')
		at++;
	while (at < s.n && s.p[at] != ']')
		at += s.p[at] == '\\' ? 2 : 1;
	return at < s.n ? at + 1 : s.n;
}

#define NEST_MAX 64

/* What stands in an open group since its last '|'. */
struct nest {
	size_t from;
	unsigned once;	/* items that are there once and only once */
	bool loop, bad; /* bad: an alternative is nothing but repetition */
};

static bool all_loop(const struct nest *g)
{
	return g->bad || (g->loop && g->once == 0);
}

static size_t group_begin(struct str s, size_t at)
{
	for (at++; at < s.n && s.p[at] && memchr("?:imsx-^", s.p[at], 8);)
		at++;
	return at;
}

/* Counts an item of the group. */
static void count_item(struct nest *g, char c, bool loop)
{
	if (c == '|') {
		g->bad = all_loop(g);
		g->loop = false;
		g->once = 0;
	} else if (loop) {
		g->loop = true;
	} else if (c != '?') {
		g->once++;
	}
}

/*
 * Where a repeated group begins whose whole content is repeated itself without bound, as in (a+)+
 * or (?:\w+\s*)*; SIZE_MAX if there is none. Only a hint for authors.
 */
static size_t find_nested(struct str s)
{
	struct nest nest[NEST_MAX] = { { 0 } };
	size_t depth = 0, end;

	for (size_t i = 0, next; i < s.n; i = next) {
		bool close = s.p[i] == ')' && depth > 0;
		bool inner = close && all_loop(&nest[depth]);

		if (s.p[i] == '(' && depth + 1 < NEST_MAX) {
			nest[++depth] = (struct nest){ .from = i };
			next = group_begin(s, i);
			continue;
		}
		next = one_item(s, i);
		end = unbounded(s, next);
		if (inner && end)
			return nest[depth].from;
		depth -= close;
		count_item(&nest[depth], s.p[i], end || inner);
		next = end ? end : next;
	}
	return SIZE_MAX;
}

static int code_error(int rc, size_t at, struct err *e)
{
	unsigned char text[256] = "";

	pcre2_get_error_message(rc, text, sizeof text);
	return err_set(e, "at octet %zu of the expression: %s", at, (const char *)text);
}

/* An expression with \G depends on where a search begins: it is tried at one place only. */
static void find_starts(struct arena *a, struct pattern *p)
{
	struct arena *scratch;
	struct re re;

	p->anchored |= str_find(p->text, STR("\\G")) != SIZE_MAX;
	if (p->anchored || p->text.n < PATTERN_DEAR)
		return;
	scratch = arena_new(0);
	if (re_parse(scratch, p->text, p->flags, &re))
		p->starts = starts_find(a, &re, PATTERN_STARTS);
	arena_free(scratch);
}

/* Compiled code does not count what a pattern does inside itself, and may run for minutes. */
static bool recurses(struct str text)
{
	static const char *const call[] = { "(?R", "(?&", "(?P>", "(?+", "\\g<", "\\g'" };
	struct str rest = text;
	size_t at;

	for (size_t i = 0; i < sizeof call / sizeof *call; i++)
		if (str_find(text, str_c(call[i])) != SIZE_MAX)
			return true;
	while ((at = str_find(rest, STR("(?"))) != SIZE_MAX) { /* (?1), (?-1) */
		rest = str_skip(rest, at + 2);
		rest = str_skip(rest, str_starts(rest, STR("-")));
		if (rest.n && ch_digit(rest.p[0]))
			return true;
	}
	return false;
}

static void finish(struct arena *a, struct pattern *p, unsigned how)
{
	uint32_t all = 0;

	arena_cleanup(a, free_code, p->code);
	p->jit = how & HOW_JIT && !recurses(p->text) &&
		 pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
	pcre2_pattern_info(p->code, PCRE2_INFO_ALLOPTIONS, &all);
	p->anchored = (all & PCRE2_ANCHORED) != 0;
	if (how & HOW_STARTS)
		find_starts(a, p);
}

static pcre2_code *compile_text(struct str text, unsigned flags, int *rc, size_t *at)
{
	pcre2_compile_context *cc = pcre2_compile_context_create(NULL);
	static const unsigned char none[1];
	pcre2_code *code;

	if (!cc)
		bug("no memory");
	pcre2_set_newline(cc, PCRE2_NEWLINE_LF);
	code = pcre2_compile(text.n ? (const unsigned char *)text.p : none, text.n,
			     compile_options(flags), rc, at, cc);
	pcre2_compile_context_free(cc);
	return code;
}

/* A size that PCRE2's library was not built for is met by a smaller form of the expression. */
static pcre2_code *compile(struct str text, unsigned flags, int *rc, size_t *at)
{
	pcre2_code *code = compile_text(text, flags, rc, at);
	struct arena *a;
	struct str less;

	if (code || *rc != PCRE2_ERROR_PATTERN_TOO_LARGE)
		return code;
	a = arena_new(0);
	if (pattern_compact(a, text, &less)) {
		int again;
		size_t where;

		code = compile_text(less, flags, &again, &where);
	}
	arena_free(a);
	return code;
}

int pattern_compile_as(struct arena *a, struct str text, unsigned flags, unsigned how,
		       struct pattern **out, struct str *warn, struct err *e)
{
	struct pattern *p = ARENA_NEW(a, struct pattern);
	size_t at = 0;
	int rc = 0;

	if (warn)
		*warn = STR_NULL;
	if (text.n > PATTERN_MAX_LEN)
		return err_set(e, "the expression is longer than %u octets", PATTERN_MAX_LEN);
	p->text = arena_dup(a, text);
	p->flags = flags;
	p->code = compile(p->text, flags, &rc, &at);
	if (!p->code)
		return code_error(rc, at, e);
	finish(a, p, how);
	at = find_nested(text);
	if (warn && at != SIZE_MAX)
		*warn = arena_printf(a,
				     "unbounded repetition of an unbounded repetition at "
				     "octet %zu: slow on hostile text",
				     at);
	*out = p;
	return 0;
}

int pattern_compile(struct arena *a, struct str text, unsigned flags, struct pattern **out,
		    struct str *warn, struct err *e)
{
	return pattern_compile_as(a, text, flags, HOW_FAST, out, warn, e);
}

int pattern_compile_once(struct arena *a, struct str text, unsigned flags, struct pattern **out,
			 struct err *e)
{
	return pattern_compile_as(a, text, flags, 0, out, NULL, e);
}

/* ---- searches ---- */

/* Part of a subject: the octets from base on that are seen, and where a match may begin. */
struct window {
	const unsigned char *base;
	size_t n, from, upto; /* begins in [from, upto], counted from base */
	uint32_t options;
};

static struct window window_at(struct str subject, size_t start, uint32_t options)
{
	const size_t step = PATTERN_WINDOW - PATTERN_OVERLAP;
	size_t k = subject.n > PATTERN_WINDOW ? start / step : 0;
	size_t base = k ? k * step - PATTERN_LOOKBACK : 0;
	size_t end = subject.n - k * step > PATTERN_WINDOW ? k * step + PATTERN_WINDOW : subject.n;
	static const unsigned char none[1];

	return (struct window){
		.base = subject.p ? (const unsigned char *)subject.p + base : none,
		.n = end - base,
		.from = start - base,
		.upto = (end < subject.n ? (k + 1) * step - 1 : end) - base,
		.options = options | (k ? PCRE2_NOTBOL : 0) | (end < subject.n ? PCRE2_NOTEOL : 0),
	};
}

static int call(const struct pattern *p, struct pattern_scratch *s, const struct window *w,
		size_t from, size_t upto, uint32_t options)
{
	int rc;

	pcre2_set_offset_limit(s->context, upto);
	if (p->jit)
		rc = pcre2_jit_match(p->code, w->base, w->n, from, options, s->data, s->context);
	else
		rc = pcre2_match(p->code, w->base, w->n, from, options, s->data, s->context);
	return rc;
}

/* Next starting point after the span that ends at upto; UTF-8 is not entered in mid-character. */
static size_t after(const struct pattern *p, const struct window *w, size_t upto)
{
	size_t next = upto + 1;

	if (p->flags & PATTERN_UTF)
		while (next < w->n && (w->base[next] & 0xc0) == 0x80)
			next++;
	return next;
}

static size_t first_span(const struct pattern *p, const struct window *w)
{
	size_t span = PATTERN_FIRST_SPAN * PATTERN_UNCUT / (w->n + 1);

	if (w->n <= PATTERN_UNCUT || p->anchored)
		return SIZE_MAX;
	return span < PATTERN_LEAST_SPAN ? PATTERN_LEAST_SPAN : span;
}

void pattern_spend(struct pattern_budget *b, uint64_t used_us)
{
	uint64_t cpu;

	b->used_us = used_us;
	if (used_us <= b->limit_us)
		return;
	cpu = b->cpu_from_us ? clock_cpu_us() - b->cpu_from_us : used_us;
	b->used_us = cpu < used_us ? cpu : used_us;
	b->over |= b->used_us > b->limit_us;
}

static bool spent(struct pattern_budget *b, uint64_t us)
{
	pattern_spend(b, b->used_us + us);
	return b->over;
}

/* Only where the first two octets of a match are. */
static int search_starts(const struct pattern *p, struct pattern_scratch *s,
			 struct pattern_budget *b, const struct window *w)
{
	uint32_t options = w->options;
	uint64_t then = w->n > PATTERN_UNCUT ? clock_mono_us() : 0, now;
	size_t tries = 0;
	int rc;

	for (size_t at = w->from; at <= w->upto; at++) {
		if (!starts_has(p->starts, w->base, w->n, at))
			continue;
		rc = call(p, s, w, at, at,
			  at == w->from ? options : options & ~(uint32_t)PCRE2_NOTEMPTY_ATSTART);
		if (rc != PCRE2_ERROR_NOMATCH)
			return rc;
		if (w->n <= PATTERN_UNCUT || ++tries % PATTERN_TRIES)
			continue;
		now = clock_mono_us();
		if (spent(b, now - then))
			return rc;
		then = now;
	}
	return PCRE2_ERROR_NOMATCH;
}

/* All starting points of a window, few at a time if it is long, so that the clock is looked at. */
static int search_window(const struct pattern *p, struct pattern_scratch *s,
			 struct pattern_budget *b, const struct window *w)
{
	size_t span = first_span(p, w), from = w->from, upto;
	uint32_t options = w->options;
	uint64_t then, now;
	int rc;

	if (p->starts)
		return search_starts(p, s, b, w);
	if (span == SIZE_MAX)
		return call(p, s, w, from, w->upto, options);
	for (then = clock_mono_us(); from <= w->upto; then = now) {
		upto = span > w->upto - from ? w->upto : from + span - 1;
		rc = call(p, s, w, from, upto, options);
		now = clock_mono_us();
		if (rc != PCRE2_ERROR_NOMATCH || spent(b, now - then))
			return rc;
		if (now - then < PATTERN_CALM_US)
			span *= 2;
		else if (now - then > 4 * PATTERN_CALM_US && span > PATTERN_LEAST_SPAN)
			span /= 2;
		from = after(p, w, upto);
		options &= ~(uint32_t)PCRE2_NOTEMPTY_ATSTART;
	}
	return PCRE2_ERROR_NOMATCH;
}

static void found(const struct pattern *p, struct pattern_scratch *s, const struct window *w,
		  int rc, struct pattern_captures *c)
{
	if (!c)
		return;
	c->pattern = p;
	c->scratch = s;
	c->base = (const char *)w->base;
	c->groups = rc > 0 ? (uint32_t)rc : PATTERN_GROUPS;
}

bool pattern_search(const struct pattern *p, struct pattern_scratch *s, struct pattern_budget *b,
		    struct str subject, size_t start, uint32_t options, struct pattern_match *m,
		    struct pattern_captures *c)
{
	const size_t *v = pcre2_get_ovector_pointer(s->data);
	struct window w;
	int rc;

	while (!b->over && start <= subject.n) {
		w = window_at(subject, start, options);
		rc = search_window(p, s, b, &w);
		if (rc >= 0) {
			m->from = (size_t)((const char *)w.base - subject.p) + v[0];
			m->to = m->from - v[0] + v[1];
			found(p, s, &w, rc, c);
			return v[0] <= v[1];
		}
		if (rc != PCRE2_ERROR_NOMATCH) {
			b->limit_hits++;
			return false;
		}
		start = start - w.from + after(p, &w, w.upto);
		options &= ~(uint32_t)PCRE2_NOTEMPTY_ATSTART;
	}
	return false;
}

bool pattern_test(const struct pattern *p, struct pattern_scratch *s, struct pattern_budget *b,
		  struct str subject, size_t start, struct pattern_match *m)
{
	struct pattern_match none;
	uint64_t then = clock_mono_us(), before = b->used_us;
	bool hit = pattern_search(p, s, b, subject, start, 0, m ? m : &none, NULL);

	b->used_us = before;
	spent(b, clock_mono_us() - then);
	return hit;
}

static struct str group(const struct pattern_captures *c, size_t i)
{
	const size_t *v = pcre2_get_ovector_pointer(c->scratch->data);

	if (i >= c->groups || v[2 * i] == PCRE2_UNSET || v[2 * i] > v[2 * i + 1])
		return STR_NULL;
	return str_of(c->base + v[2 * i], v[2 * i + 1] - v[2 * i]);
}

bool pattern_capture(const struct pattern_captures *c, size_t i, struct str *name,
		     struct str *value)
{
	uint32_t names = 0, size = 0;
	const char *table = NULL, *entry;

	*name = STR("");
	*value = group(c, 0);
	if (i == 0)
		return true;
	pcre2_pattern_info(c->pattern->code, PCRE2_INFO_NAMECOUNT, &names);
	pcre2_pattern_info(c->pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(c->pattern->code, PCRE2_INFO_NAMETABLE, &table);
	if (i > names)
		return false;
	entry = table + (i - 1) * size;
	*name = str_c(entry + 2);
	*value = group(c, (size_t)((unsigned char)entry[0] << 8 | (unsigned char)entry[1]));
	return true;
}
