/* What shows of a hit: the view, the place, the text. */
#include "base/buf.h"
#include "base/utf8.h"
#include "ruleset/judge.h"

/* The text in quotes, octets that are not printable ASCII as \xHH. */
static void add_text(struct buf *out, struct str s)
{
	struct str shown = str_sub(s, 0, RULESET_MAX_EVIDENCE);

	buf_addc(out, '"');
	for (size_t i = 0; i < shown.n; i++) {
		unsigned char c = (unsigned char)shown.p[i];
		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c == '\n')
			buf_add(out, STR("\\n"));
		else if (c == '\t')
			buf_add(out, STR("\\t"));
		else if (c < 32 || c >= 127)
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, shown.p[i]);
	}
	buf_add(out, s.n > shown.n ? STR("...\"") : STR("\""));
}

static bool plain(uint32_t c)
{
	return c >= 32 && c != 127 && !(c >= 128 && c < 160);
}

struct str judge_shown(struct arena *a, struct str evidence)
{
	struct buf out = { .arena = a };
	size_t i = 0;

	while (i < evidence.n) {
		uint32_t c;
		size_t n = utf8_read(str_skip(evidence, i), &c);
		if (i + n > RULESET_MAX_SHOWN || i == RULESET_MAX_SHOWN) {
			buf_add(&out, STR("..."));
			break;
		}
		if (n && plain(c))
			buf_add(&out, str_sub(evidence, i, n));
		else
			for (size_t k = 0; k < (n ? n : 1); k++)
				buf_addf(&out, "\\x%02x", (unsigned char)evidence.p[i + k]);
		i += n ? n : 1;
	}
	return buf_str(&out);
}

/* " 1.2+345": the part, and the octet in its text. */
static void add_place(struct buf *out, const struct judging *j, const struct hit *h)
{
	const struct content *c = j->scan->content;
	uint32_t part = h->line->part;

	if (part == UINT32_MAX)
		return;
	buf_addc(out, ' ');
	if (c && c->mime && part < c->mime->parts.n && c->mime->parts.p[part].path.n)
		buf_add(out, c->mime->parts.p[part].path);
	else
		buf_addf(out, "%u", part);
	if (h->line->offset != SIZE_MAX)
		buf_addf(out, "+%zu", h->line->offset + h->match.from);
}

struct str judge_evidence(const struct judging *j, const struct rule *r)
{
	const struct hit *h = &j->hit[r->slot];
	struct buf out = { .arena = j->arena };

	if (!rule_has_pattern(r) && !r->exists)
		return STR_NULL;
	buf_add(&out, str_c(rule_kind_word(r->kind)));
	if (r->field.n)
		buf_addf(&out, " %.*s", STR_ARG(r->field));
	if (!h->line) {
		buf_add(&out, r->exists ? STR(": there") : STR(": no match"));
		return buf_str(&out);
	}
	add_place(&out, j, h);
	buf_add(&out, STR(": "));
	add_text(&out, str_sub(h->line->text, h->match.from, h->match.to - h->match.from));
	if (j->value[r->slot] > 1)
		buf_addf(&out, " (%.0f times)", j->value[r->slot]);
	return buf_str(&out);
}
