/*
 * The rules' own tests. A meta is tested by the names of the rules that have hit, a pattern by a
 * text; a function, and whatever has "|" in its text, by a message, for which a scan is needed.
 */
#include "base/buf.h"
#include "ruleset/lines.h"

static struct rule_line place(const struct rule_test *t)
{
	return (struct rule_line){ .file = t->file, .line = t->line };
}

/* ---- text ---- */

/* \n \t \r \\ and \xHH; any other backslash stands for itself. */
static struct str unescape(struct arena *a, struct str s)
{
	static const char from[] = "ntr\\", to[] = "\n\t\r\\";
	struct buf out = { .arena = a };

	for (size_t i = 0; i < s.n; i++) {
		const char *known = i + 1 < s.n && s.p[i + 1] ? strchr(from, s.p[i + 1]) : NULL;
		if (s.p[i] != '\\') {
			buf_addc(&out, s.p[i]);
		} else if (known) {
			buf_addc(&out, to[known - from]);
			i++;
		} else if (i + 3 < s.n && s.p[i + 1] == 'x' && ch_hex(s.p[i + 2]) >= 0 &&
			   ch_hex(s.p[i + 3]) >= 0) {
			buf_addc(&out, (char)(ch_hex(s.p[i + 2]) * 16 + ch_hex(s.p[i + 3])));
			i += 3;
		} else {
			buf_addc(&out, '\\');
		}
	}
	return buf_str(&out);
}

static bool is_pattern(const struct rule *r)
{
	return r->pattern && !r->dynamic && r->kind != RULE_URI_DETAIL;
}

/* Where the envelope ends and the message begins: a "|" between blanks, or at the beginning. */
static size_t bar(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '|' && (i == 0 || ch_wsp(text.p[i - 1])) &&
		    (i + 1 == text.n || ch_wsp(text.p[i + 1])))
			return i;
	return SIZE_MAX;
}

/* "ip=192.0.2.1 helo=x" */
static bool is_envelope(struct str s)
{
	while (s.n) {
		struct str one = line_word(&s);
		if (str_chr(one, '=') == SIZE_MAX)
			return false;
	}
	return true;
}

/* The test is of a message: sets where it begins. */
static bool has_message(const struct rule_test *t, size_t *at)
{
	*at = bar(t->text);
	return *at != SIZE_MAX && is_envelope(str_trim(str_sub(t->text, 0, *at)));
}

/* Tells of a word of the envelope that means nothing: the test would be of something else. */
static void check_envelope(const struct rule_test *t, struct str envelope,
			   struct line_reader *reader)
{
	static const char *const known[] = { "ip", "helo", "rdns", "from", "rcpt", "tls", "auth" };
	struct rule_line at = place(t);

	while (envelope.n) {
		struct str word = line_word(&envelope), value = word, key = str_cut(&value, '=');
		struct ip ip;
		size_t i = 0;
		while (i < sizeof known / sizeof *known && !str_eq(key, str_c(known[i])))
			i++;
		if (i == sizeof known / sizeof *known || (i == 0 && !ip_parse(value, &ip)))
			line_fault(reader, &at,
				   "test %.*s: found \"%.*s\", expected ip=ADDRESS, helo=, rdns=, "
				   "from=, rcpt=, tls= or auth=",
				   STR_ARG(t->rule->name), STR_ARG(word));
	}
}

static void run_pattern(struct rule_test *t, struct arena *a, struct line_reader *reader,
			struct pattern_scratch *scratch)
{
	struct pattern_budget budget = { .limit_us = 1000000 };
	struct rule_line at = place(t);
	struct pattern_match m;
	bool hit = pattern_test(t->rule->pattern, scratch, &budget, unescape(a, t->text), 0, &m);

	if (hit == t->rule->negated)
		hit = false;
	else
		hit = true;
	if (hit != t->ok)
		line_fault(reader, &at, "test %.*s: expected it to %s with \"%.*s\"",
			   STR_ARG(t->rule->name), t->ok ? "hit" : "miss",
			   STR_ARG(str_sub(t->text, 0, 200)));
}

/* ---- facts ---- */

static double value_of(void *arg, size_t ref)
{
	const double *value = arg;

	return value[((const struct rule *)(uintptr_t)ref)->slot];
}

/* Sets the named rules; false after a fault. */
static bool set_facts(struct ruleset *set, struct line_reader *reader, const struct rule_test *t,
		      double *value)
{
	struct rule_line at = place(t);
	struct str facts = t->text;

	while (facts.n) {
		struct str name = line_word(&facts);
		struct rule *r = ruleset_rule(set, name);
		if (str_eq(name, STR("-")))
			continue;
		if (!r) {
			line_fault(reader, &at, "test %.*s: no rule %.*s", STR_ARG(t->rule->name),
				   STR_ARG(name));
			return false;
		}
		value[r->slot] = 1;
	}
	return true;
}

/*
 * test META ok A B C: the meta holds when exactly the rules A, B and C have hit ("-": none has).
 * Rules named in the facts count as hit; other metas are computed from them.
 */
static void run_meta(struct ruleset *set, struct line_reader *reader, const struct rule_test *t,
		     double *value)
{
	struct rule_line at = place(t);

	memset(value, 0, set->rules.n * sizeof *value);
	if (!set_facts(set, reader, t, value))
		return;
	for (size_t i = 0; i < set->norder; i++) {
		const struct rule *r = set->order[i];
		if (r->expr && value[r->slot] == 0)
			value[r->slot] = expr_eval(r->expr, value_of, value);
	}
	if ((value[t->rule->slot] != 0) != t->ok)
		line_fault(reader, &at, "test %.*s: expected it to %s with \"%.*s\"",
			   STR_ARG(t->rule->name), t->ok ? "hit" : "miss", STR_ARG(t->text));
}

void ruleset_test(struct ruleset *set, struct line_reader *reader)
{
	struct arena *a = arena_new(0);
	struct pattern_scratch *scratch = NULL;
	double *value = set->tests.n ? ARENA_ARRAY(a, double, set->rules.n) : NULL;

	for (size_t i = 0; i < set->tests.n; i++) {
		struct rule_test *t = &set->tests.p[i];
		struct rule_line at = place(t);
		size_t bar_at;
		if (t->rule->unsupported.p || t->rule->kind == RULE_NONE) {
			line_note(reader, &at, "test %.*s: not run: the rule is not loaded",
				  STR_ARG(t->rule->name));
		} else if (has_message(t, &bar_at)) {
			check_envelope(t, str_trim(str_sub(t->text, 0, bar_at)), reader);
		} else if (t->rule->kind == RULE_META) {
			run_meta(set, reader, t, value);
		} else if (is_pattern(t->rule)) {
			scratch = scratch ? scratch : pattern_scratch_new(a);
			run_pattern(t, a, reader, scratch);
		} else {
			line_note(reader, &at, "test %.*s: not run: expected a message after \"|\"",
				  STR_ARG(t->rule->name));
		}
	}
	arena_free(a);
}

/* ---- messages ---- */

static void set_envelope(struct ruleset_case *c, struct str key, struct str v)
{
	if (str_eq(key, STR("ip")))
		ip_parse(v, &c->client);
	else if (str_eq(key, STR("helo")))
		c->helo = v;
	else if (str_eq(key, STR("rdns")))
		c->host = v;
	else if (str_eq(key, STR("from")))
		c->from = v;
	else if (str_eq(key, STR("tls")))
		c->tls = v;
	else if (str_eq(key, STR("auth")))
		c->auth_user = v;
	else if (str_eq(key, STR("rcpt")) && c->nrcpt < sizeof c->rcpt / sizeof *c->rcpt)
		c->rcpt[c->nrcpt++] = v;
}

/* Line ends as they are in mail. */
static struct str with_crlf(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			buf_addc(&out, '\r');
		buf_addc(&out, s.p[i]);
	}
	if (out.n < 2 || out.p[out.n - 1] != '\n')
		buf_add(&out, STR("\r\n"));
	return buf_str(&out);
}

static void read_case(const struct rule_test *t, struct arena *a, size_t at,
		      struct ruleset_case *out)
{
	struct str envelope = str_trim(str_sub(t->text, 0, at));

	*out = (struct ruleset_case){ .rule = t->rule->name,
				      .ok = t->ok,
				      .text = t->text,
				      .file = t->file,
				      .line = t->line };
	while (envelope.n) {
		struct str one = line_word(&envelope);
		struct str key = str_cut(&one, '=');
		set_envelope(out, key, one);
	}
	out->message = with_crlf(a, unescape(a, str_trim(str_skip(t->text, at + 1))));
}

bool ruleset_case(const struct ruleset *set, struct arena *a, size_t i, struct ruleset_case *out)
{
	for (size_t k = 0; k < set->tests.n; k++) {
		const struct rule_test *t = &set->tests.p[k];
		size_t at;
		if (t->rule->unsupported.p || t->rule->kind == RULE_NONE || !has_message(t, &at) ||
		    i-- > 0)
			continue;
		read_case(t, a, at, out);
		return true;
	}
	return false;
}
