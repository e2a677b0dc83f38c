/* What is signed of a message, its MTA being what it is. */
#include "checks/sign/leaving.h"

#include "mail/content.h"
#include "mail/emit.h"

/* Names of the plan that are left out, by their place in it. */
struct told {
	bool left_out[DKIM_SIGN_MAX_H];
	struct str fault;
};

static size_t plan_index(struct str name)
{
	for (size_t i = 0; i < dkim_plan_default.n; i++)
		if (str_ieq(dkim_plan_default.name[i].name, name))
			return i;
	return SIZE_MAX;
}

/* NULL: it cannot be said how it looks then. */
static const struct hdr *changed(struct arena *a, const struct hdr *h, struct str value)
{
	struct hdr_list one;

	hdr_init(&one, a);
	return h->odd ? NULL : hdr_add(&one, h->name, value);
}

static struct hdr field_as_emitted(struct scan *s, enum emit_mta mta, uint64_t line_max,
				   const struct hdr *h, struct told *t)
{
	size_t at = plan_index(h->name);
	const struct hdr *as = h;
	struct str value;

	if (at == SIZE_MAX)
		return *h;
	if (!emit_value(s->arena, mta, line_max, h->name, h->value, &value))
		as = NULL;
	else if (!str_eq(value, h->value))
		as = changed(s->arena, h, value);
	if (as)
		return *as;
	t->left_out[at] = true;
	if (str_ieq(h->name, STR("From")))
		t->fault = STR("the From field will not leave as it is");
	return *h;
}

static const struct hdr_list *as_emitted(struct scan *s, enum emit_mta mta, uint64_t line_max,
					 const struct hdr_list *h, struct told *t)
{
	struct hdr_list *out = ARENA_NEW(s->arena, struct hdr_list);

	*out = *h;
	out->v.p = NULL;
	out->v.n = out->v.cap = 0;
	for (size_t i = 0; i < h->v.n; i++)
		VEC_PUSH(s->arena, out->v) = field_as_emitted(s, mta, line_max, &h->v.p[i], t);
	return out;
}

static struct dkim_plan plan_of(struct arena *a, enum emit_mta mta, const struct hdr_list *h,
				const struct told *t)
{
	struct dkim_plan_name *name = ARENA_ARRAY(a, struct dkim_plan_name, dkim_plan_default.n);
	struct dkim_plan p = { 0, name };

	for (size_t i = 0; i < dkim_plan_default.n; i++) {
		const struct dkim_plan_name *from = &dkim_plan_default.name[i];

		if (!t->left_out[i] && !(emit_adds(mta, from->name) && !hdr_find(h, from->name, 0)))
			name[p.n++] = *from;
	}
	return p;
}

static struct str body_fault(const struct scan *s, enum emit_mta mta, uint64_t line_max)
{
	const struct emit_body *b = &s->body_form;

	if (b->longest > line_max)
		return arena_printf(s->arena, "a line of %llu octets",
				    (unsigned long long)b->longest);
	if (b->bare_cr)
		return STR("line ends that are none");
	if (b->nul)
		return STR("a NUL octet");
	if (mta == EMIT_SENDMAIL && s->content &&
	    s->content->mime->flags & (MIME_F_UNCLOSED | MIME_F_NO_PARTS))
		return STR("a multipart without its end");
	return STR_NULL;
}

void leaving_make(struct scan *s, const struct hdr_list *h, uint64_t line_max, struct leaving *out)
{
	enum emit_mta mta = emit_mta(s->client.mta);
	struct told t = { 0 };

	if (line_max == 0)
		line_max = emit_line_max(mta);
	out->headers = as_emitted(s, mta, line_max, h, &t);
	out->plan = plan_of(s->arena, mta, h, &t);
	out->fault = t.fault.n ? t.fault : body_fault(s, mta, line_max);
	if (!hdr_find(h, STR("From"), 0))
		out->fault = STR("no From field");
}
