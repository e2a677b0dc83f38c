/* The fields of a message as they leave: without what is stripped, with what is put on top. */
#include "checks/sign/outgoing.h"

static bool name_matches(struct str name, struct str pattern)
{
	if (pattern.n && pattern.p[pattern.n - 1] == '*')
		return str_istarts(name, str_sub(pattern, 0, pattern.n - 1));
	return str_ieq(name, pattern);
}

/* headers.strip, which is not heeded where nothing is judged. */
static bool is_stripped(const struct scan *s, struct str name)
{
	const struct scan_setup *c = s->env->setup;

	for (size_t i = 0; !scan_passive(s) && i < c->nstrip_names; i++)
		if (name_matches(name, c->strip_names[i]))
			return true;
	return false;
}

const struct hdr_list *outgoing_on_top(struct arena *a, const struct hdr_list *h, struct str name,
				       const struct str *value, size_t n)
{
	struct hdr_list *out = ARENA_NEW(a, struct hdr_list);

	hdr_init(out, a);
	for (size_t i = 0; i < n; i++)
		if (value[i].n)
			hdr_add(out, name, arena_printf(a, " %.*s", STR_ARG(value[i])));
	for (size_t i = 0; i < h->v.n; i++)
		VEC_PUSH(a, out->v) = h->v.p[i];
	out->octets += h->octets;
	out->dropped = h->dropped;
	out->gone.p = h->gone.p;
	out->gone.n = out->gone.cap = h->gone.n;
	out->hidden_from = h->hidden_from;
	out->flags |= h->flags;
	return out;
}

const struct hdr_list *outgoing_headers(struct scan *s, const struct munged *m)
{
	struct hdr_list *out = ARENA_NEW(s->arena, struct hdr_list);
	const struct hdr_list *h = &s->headers;
	const struct hdr_list *top = out;

	*out = *h;
	out->v.p = NULL;
	out->v.n = out->v.cap = 0;
	for (size_t i = 0; i < h->v.n; i++)
		if (!is_stripped(s, h->v.p[i].name) &&
		    !(m->on && str_ieq(h->v.p[i].name, STR("From"))))
			VEC_PUSH(s->arena, out->v) = h->v.p[i];
	if (m->on) {
		top = outgoing_on_top(s->arena, top, STR("Reply-To"), &m->reply_to, 1);
		top = outgoing_on_top(s->arena, top, STR("From"), &m->from, 1);
	}
	return top;
}
