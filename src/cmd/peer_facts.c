/* What two filters said of a message, fact by fact. */
#include "auth/authres/authres.h"
#include "auth/taglist.h"
#include "base/buf.h"
#include "cmd/peer_compare.h"

static void append(struct arena *a, struct str *to, struct str s)
{
	*to = to->n ? arena_printf(a, "%.*s, %.*s", STR_ARG(*to), STR_ARG(s)) : s;
}

/* A tag's value without white space. */
static struct str tag(struct arena *a, const struct taglist *list, const char *name)
{
	struct str v = taglist_get(list, name), word;
	struct buf b = { .arena = a };

	while ((word = str_word(&v)).n)
		buf_add(&b, word);
	return arena_lower(a, buf_str(&b));
}

/* What signatures or seals were put in: as domain/selector algorithm, or their fields. */
static struct str made(struct arena *a, const struct peer_answer *w, struct str field, bool fields)
{
	struct str all = STR_NULL, one;
	struct taglist list;

	for (size_t i = 0; i < w->inserted.n; i++) {
		if (!str_ieq(w->inserted.p[i].name, field))
			continue;
		(void)taglist_read(w->inserted.p[i].value, &list, NULL);
		if (fields)
			one = tag(a, &list, "h");
		else
			one = arena_printf(a, "%.*s/%.*s %.*s", STR_ARG(tag(a, &list, "d")),
					   STR_ARG(tag(a, &list, "s")),
					   STR_ARG(tag(a, &list, "a")));
		if (taglist_find(&list, "cv"))
			one = arena_printf(a, "%.*s cv=%.*s", STR_ARG(one),
					   STR_ARG(tag(a, &list, "cv")));
		append(a, &all, one);
	}
	return all;
}

/* Its result, and of DKIM the domain. */
static struct str result(struct arena *a, const struct authres_method *m)
{
	for (size_t i = 0; i < m->nprop; i++)
		if (str_eq(m->method, STR("dkim")) && str_eq(m->prop[i].prop, STR("d")))
			return arena_printf(a, "%.*s %.*s", STR_ARG(m->result),
					    STR_ARG(arena_lower(a, m->prop[i].value)));
	return m->result;
}

static struct str said(struct arena *a, const struct peer_answer *w, const char *method)
{
	struct str all = STR_NULL;
	struct authres r;

	for (size_t i = 0; i < w->inserted.n; i++) {
		if (!str_ieq(w->inserted.p[i].name, STR("Authentication-Results")) ||
		    !authres_parse(a, w->inserted.p[i].value, &r))
			continue;
		for (size_t k = 0; k < r.n; k++)
			if (str_eq(r.method[k].method, str_c(method)))
				append(a, &all, result(a, &r.method[k]));
	}
	return all;
}

static void add(struct arena *a, struct peer_comparison *out, const char *name, struct str theirs,
		struct str ours, bool counts)
{
	struct peer_fact f = { name, theirs, ours, counts && !str_eq(theirs, ours) };

	if (!theirs.n && !ours.n)
		return;
	VEC_PUSH(a, out->facts) = f;
	if (!f.differs)
		return;
	for (size_t i = out->facts.n - 1; i > out->differences; i--)
		out->facts.p[i] = out->facts.p[i - 1];
	out->facts.p[out->differences++] = f;
}

void peer_facts(struct arena *a, const struct peer_facts_of *of, const struct peer_answer *theirs,
		const struct peer_answer *ours, struct peer_comparison *out)
{
	static const struct str sig = STR("DKIM-Signature"), seal = STR("ARC-Seal");

	add(a, out, "action", str_c(theirs->action), str_c(ours->action), true);
	if (of->signs) {
		add(a, out, "signature", made(a, theirs, sig, false), made(a, ours, sig, false),
		    true);
		add(a, out, "fields", made(a, theirs, sig, true), made(a, ours, sig, true), false);
		add(a, out, "dkim", said(a, theirs, "dkim"), said(a, ours, "dkim"),
		    said(a, theirs, "dkim").n > 0);
	}
	if (of->policy) {
		add(a, out, "spf", said(a, theirs, "spf"), said(a, ours, "spf"),
		    said(a, theirs, "spf").n > 0);
		add(a, out, "dmarc", said(a, theirs, "dmarc"), said(a, ours, "dmarc"), true);
	}
	if (of->seals) {
		add(a, out, "arc", said(a, theirs, "arc"), said(a, ours, "arc"), true);
		add(a, out, "seal", made(a, theirs, seal, false), made(a, ours, seal, false), true);
	}
}
