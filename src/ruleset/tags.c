/* Rules whose pattern depends on the message (%{NAME} of a capture rule), and uri_detail. */
#include "base/buf.h"
#include "ruleset/judge.h"

/* ---- what capture rules find ---- */

void judge_capture(struct judging *j, const struct pattern_captures *c)
{
	struct str name, value;

	for (size_t i = 0; pattern_capture(c, i, &name, &value); i++)
		if (name.n && value.n && j->tags.n < RULESET_MAX_TAGS)
			VEC_PUSH(j->arena, j->tags) =
				(struct tag){ name, arena_dup(j->arena, value) };
}

static void add_quoted(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '\0') {
			buf_add(out, STR("\\x00"));
			continue;
		}
		if (!ch_alnum(s.p[i]) && c < 128 && c != '_')
			buf_addc(out, '\\');
		buf_addc(out, s.p[i]);
	}
}

/* All values of that name as alternatives. False: there is none. */
static bool add_values(const struct judging *j, struct str name, struct buf *out)
{
	size_t n = 0;

	buf_add(out, STR("(?:"));
	for (size_t i = 0; i < j->tags.n; i++) {
		if (!str_eq(j->tags.p[i].name, name))
			continue;
		if (n++)
			buf_addc(out, '|');
		add_quoted(out, j->tags.p[i].value);
	}
	buf_addc(out, ')');
	return n > 0;
}

/* The pattern with its %{NAME} filled in. False: one of them has no value. */
static bool fill(const struct judging *j, struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n;) {
		size_t n = rule_tag_len(text, i);
		if (!n) {
			buf_addc(out, text.p[i++]);
			continue;
		}
		if (out->n > PATTERN_MAX_LEN || !add_values(j, str_sub(text, i + 2, n - 3), out))
			return false;
		i += n;
	}
	return true;
}

static void run_filled(struct judging *j, const struct rule *r, const struct pattern *p)
{
	const struct rule_view v = { .kind = r->kind,
				     .field = r->field,
				     .unset = r->unset,
				     .nosubject = r->kind == RULE_BODY && r->nosubject };
	struct view_lines lines = judge_lines(j, &v);
	struct pattern_match m;
	bool hit = false;

	for (size_t i = 0; i < lines.n && !hit; i++) {
		hit = pattern_test(p, j->scratch, &j->budget, lines.p[i].text, 0, &m);
		if (hit && !r->negated)
			j->hit[r->slot] = (struct hit){ &lines.p[i], m };
	}
	j->value[r->slot] = hit != r->negated && !(r->negated && j->budget.over);
}

static void run_dynamic(struct judging *j, const struct rule *r)
{
	struct buf text = { .arena = j->arena };
	struct pattern *p;
	struct err e;

	if (fill(j, r->pattern_text, &text) &&
	    pattern_compile_once(j->arena, buf_str(&text), r->flags, &p, &e) == 0)
		run_filled(j, r, p);
}

/* ---- uri_detail ---- */

static bool matches(struct judging *j, const struct uri_cond *c, struct str text)
{
	struct pattern_match m;

	return pattern_test(c->pattern, j->scratch, &j->budget, text, 0, &m) != c->negated;
}

/* Any of the words of "type". */
static bool any_word(struct judging *j, const struct uri_cond *c, struct str words)
{
	while (words.n) {
		struct str one = str_cut(&words, ' ');
		if (one.n && matches(j, c, one))
			return true;
	}
	return false;
}

static bool any_line(struct judging *j, const struct uri_cond *c, const struct view_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		if (matches(j, c, lines->p[i].text))
			return true;
	return false;
}

static bool any_text(struct judging *j, const struct uri_cond *c, const struct view_uri *u)
{
	for (size_t i = 0; i < u->ntexts; i++)
		if (matches(j, c, u->texts[i]))
			return true;
	return false;
}

static bool any_host(struct judging *j, const struct uri_cond *c, const struct view_uri *u,
		     bool domain)
{
	for (size_t i = 0; i < u->nhosts; i++)
		if (matches(j, c, domain ? u->hosts[i].domain : u->hosts[i].host))
			return true;
	return false;
}

static bool cond_holds(struct judging *j, enum uri_key key, const struct uri_cond *c,
		       const struct view_uri *u)
{
	switch (key) {
	case URI_RAW:
		return matches(j, c, u->raw);
	case URI_TYPE:
		return any_word(j, c, u->type);
	case URI_CLEANED:
		return any_line(j, c, &u->cleaned);
	case URI_TEXT:
		return any_text(j, c, u);
	default:
		return any_host(j, c, u, key == URI_DOMAIN);
	}
}

static bool uri_holds(struct judging *j, const struct rule *r, const struct view_uri *u)
{
	for (int k = 0; k < URI_KEYS; k++)
		if (r->cond[k].pattern && !cond_holds(j, (enum uri_key)k, &r->cond[k], u))
			return false;
	return true;
}

static void run_uri_detail(struct judging *j, const struct rule *r)
{
	size_t n;
	const struct view_uri *u = view_uri_details(j->view, &n);

	for (size_t i = 0; i < n && !j->budget.over; i++) {
		struct view_line *line;
		if (!uri_holds(j, r, &u[i]) || j->budget.over)
			continue;
		line = ARENA_NEW(j->arena, struct view_line);
		*line = (struct view_line){ u[i].raw, UINT32_MAX, SIZE_MAX };
		j->hit[r->slot] = (struct hit){ line, { 0, u[i].raw.n } };
		j->value[r->slot] = 1;
		return;
	}
}

void judge_dynamic(struct judging *j)
{
	for (size_t i = 0; i < j->set->ndynamic && !j->budget.over; i++) {
		const struct rule *r = j->set->dynamic[i];
		if (r->kind == RULE_URI_DETAIL)
			run_uri_detail(j, r);
		else
			run_dynamic(j, r);
	}
}
