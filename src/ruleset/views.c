/* The views of a message, each with the pattern rules that look at it. */
#include "ruleset/judge.h"

/* ---- the lines of a view ---- */

static struct view_lines one_line(struct judging *j, struct str text)
{
	struct view_line *line = ARENA_NEW(j->arena, struct view_line);

	*line = (struct view_line){ .text = text, .part = UINT32_MAX, .offset = 0 };
	return (struct view_lines){ line, 1 };
}

/* A field that is not there is an empty text to a pattern. */
static struct view_lines header_lines(struct judging *j, const struct rule_view *v)
{
	struct str text = view_header(j->view, v->field);

	if (!text.p)
		text = v->unset.p ? v->unset : STR("");
	return one_line(j, text);
}

static struct view_lines without_first(const struct view_lines *lines)
{
	return lines->n ? (struct view_lines){ lines->p + 1, lines->n - 1 } : *lines;
}

struct view_lines judge_lines(struct judging *j, const struct rule_view *v)
{
	switch (v->kind) {
	case RULE_HEADER:
		return header_lines(j, v);
	case RULE_MIMEHEADER:
		return *view_mimeheader(j->view, v->field);
	case RULE_BODY:
		return v->nosubject ? without_first(view_body(j->view)) : *view_body(j->view);
	case RULE_RAWBODY:
		return *view_rawbody(j->view);
	case RULE_URI:
		return *view_uri(j->view);
	default:
		return *view_full(j->view);
	}
}

/* ---- scanning ---- */

struct looking {
	struct judging *j;
	const struct rule_view *v;
	struct view_lines lines;
};

/* Of mimeheader, all hits are counted in the first part that has one. */
static bool other_part(const struct rule *r, const struct hit *h, const struct view_line *line)
{
	return r->kind == RULE_MIMEHEADER && h->line && h->line != line;
}

static bool take_hit(void *arg, size_t id, size_t line, struct pattern_match m,
		     const struct pattern_captures *captures)
{
	const struct looking *at = arg;
	struct judging *j = at->j;
	const struct rule *r = at->v->rules.p[id];
	struct hit *h = &j->hit[r->slot];

	if (other_part(r, h, &at->lines.p[line]))
		return false;
	if (!h->line)
		*h = (struct hit){ &at->lines.p[line], m };
	if (r->captures)
		judge_capture(j, captures);
	j->value[r->slot]++;
	return r->multiple || r->kind == RULE_MIMEHEADER;
}

static void scan_view(struct judging *j, const struct rule_view *v)
{
	struct looking at = { .j = j, .v = v };
	struct str *text;

	j->budget.over |= scan_over(j->scan);
	if (j->budget.over)
		return;
	at.lines = judge_lines(j, v);
	if (v->kind == RULE_HEADER && at.lines.p[0].text.n == 0) {
		for (size_t i = 0; i < v->empty.n; i++)
			j->value[v->empty.p[i]->slot] = 1;
	} else if (at.lines.n) {
		text = ARENA_ARRAY(j->arena, struct str, at.lines.n);
		for (size_t i = 0; i < at.lines.n; i++)
			text[i] = at.lines.p[i].text;
		pattern_set_scan(v->set, j->scratch, &j->budget, text, at.lines.n, take_hit, &at);
	}
	/* What was not looked at for want of time neither matches nor fails to. */
	for (size_t i = 0; i < v->rules.n; i++)
		if (v->rules.p[i]->negated)
			j->value[v->rules.p[i]->slot] =
				!j->budget.over && j->value[v->rules.p[i]->slot] == 0;
}

void judge_views(struct judging *j)
{
	for (size_t i = 0; i < j->set->nviews; i++)
		scan_view(j, &j->set->view[i]);
	for (size_t i = 0; i < j->set->norder; i++) {
		const struct rule *r = j->set->order[i];
		if (r->live && r->exists)
			j->value[r->slot] = view_header(j->view, r->field).p != NULL;
	}
}
