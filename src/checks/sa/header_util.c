/* What the predicates over headers share: fields, addresses, relays, dates. */
#include "checks/sa/header.h"

#include "base/buf.h"
#include "mail/view/relays_priv.h"

static const struct view_lines none;

const struct view_lines *sa_lines(struct scan *s, struct str spec)
{
	return s->view ? view_header_lines(s->view, spec) : &none;
}

struct str sa_text(struct scan *s, const char *spec)
{
	struct str r = s->view ? view_header(s->view, str_c(spec)) : STR_NULL;

	return r.p ? r : STR("");
}

struct str sa_first(struct scan *s, const char *spec)
{
	const struct view_lines *l = sa_lines(s, str_c(spec));
	struct str r = l->n ? l->p[0].text : STR("");

	return r.n && r.p[r.n - 1] == '\n' ? str_sub(r, 0, r.n - 1) : r;
}

bool sa_present(struct scan *s, const char *spec)
{
	return sa_lines(s, str_c(spec))->n > 0;
}

struct str sa_squeeze(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool space = view_space(s.p[i]);
		if (!space || !n || p[n - 1] != ' ')
			p[n++] = space ? ' ' : s.p[i];
	}
	return str_of(p, n);
}

bool sa_like(struct str s, const char *form)
{
	size_t lead = strcspn(form, "%");
	struct str first = str_of(form, lead);
	struct found f;

	for (size_t at = 0, k; at < s.n; at += k + 1) {
		k = lead ? str_find(str_skip(s, at), first) : 0;
		if (k == SIZE_MAX)
			return false;
		if (form_match(form, str_skip(s, at + k), &f))
			return true;
	}
	return false;
}

bool sa_has(struct str s, const char *what)
{
	return str_find(s, str_c(what)) != SIZE_MAX;
}

bool sa_has_ip(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (view_ip_at(s, i))
			return true;
	return false;
}

bool sa_from_domain(struct scan *s, const char *domain)
{
	struct str from = sa_first(s, "From:addr"), d = str_c(domain);

	return str_iends(from, d) && (from.n == d.n || !hop_word_char(from.p[from.n - d.n - 1]));
}

static void add_once(struct arena *a, sa_strs *v, struct str s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->p[i], s))
			return;
	if (v->n < VIEW_MAX_ADDRS)
		VEC_PUSH(a, *v) = s;
}

/* "a..b" as "a.b". */
static struct str single_dots(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	if (str_find(s, STR("..")) == SIZE_MAX)
		return s;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '.' || !i || s.p[i - 1] != '.')
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

static void add_field(struct scan *s, sa_strs *v, const char *spec, bool dots)
{
	const struct view_lines *l = sa_lines(s, str_c(spec));

	for (size_t i = 0; i < l->n; i++)
		if (l->p[i].text.n || !dots)
			add_once(s->arena, v,
				 dots ? single_dots(s->arena, l->p[i].text) : l->p[i].text);
}

const sa_strs *sa_from_addrs(struct scan *s)
{
	static const char *const specs[] = { "From:addr", "Envelope-Sender:addr",
					     "Resent-Sender:addr", "X-Envelope-From:addr",
					     "EnvelopeFrom:addr" };
	sa_strs *v = ARENA_NEW(s->arena, sa_strs);

	add_field(s, v, "Resent-From:first:addr", false);
	for (size_t i = 0; !v->n && i < 1; i++)
		for (size_t k = 0; k < sizeof specs / sizeof *specs; k++)
			add_field(s, v, specs[k], true);
	return v;
}

/* " for <address>;" of the newest three Received fields. */
static void add_received(struct scan *s, sa_strs *v)
{
	const struct view_lines *l = sa_lines(s, STR("Received"));

	for (size_t i = 0; i < l->n && i < 3; i++) {
		struct str r = l->p[i].text, w;
		size_t at = str_find(r, STR(" for ")), host;
		w = at == SIZE_MAX ? STR_NULL : hop_word_at(r, at + 5);
		if (w.n && w.p[0] == '<')
			w = str_skip(w, 1);
		if (!w.n || w.p[w.n - 1] != ';')
			continue;
		w.n--;
		if (w.n && w.p[w.n - 1] == '>')
			w.n--;
		host = str_rchr(w, '@');
		if (host != SIZE_MAX && host && view_fqdn_valid(str_skip(w, host + 1)))
			add_once(s->arena, v, w);
	}
}

const sa_strs *sa_to_addrs(struct scan *s)
{
	static const char *const specs[] = {
		"To:addr",
		"Apparently-To:addr",
		"Delivered-To:addr",
		"Envelope-Recipients:addr",
		"Apparently-Resent-To:addr",
		"X-Envelope-To:addr",
		"Envelope-To:addr",
		"X-Delivered-To:addr",
		"X-Original-To:addr",
		"X-Rcpt-To:addr",
		"X-Real-To:addr",
		"Cc:addr",
	};
	sa_strs *v = ARENA_NEW(s->arena, sa_strs);

	add_field(s, v, "Resent-To:first:addr", false);
	add_field(s, v, "Resent-Cc:first:addr", false);
	if (v->n)
		return v;
	add_received(s, v);
	for (size_t k = 0; k < sizeof specs / sizeof *specs; k++)
		add_field(s, v, specs[k], false);
	return v;
}

struct sa_relays sa_relays(struct scan *s, bool trusted)
{
	size_t n = 0;
	const struct view_relay *r = s->view ? view_relays(s->view, &n) : NULL;
	struct sa_relays out = { .p = arena_alloc(s->arena, (n + 1) * sizeof *out.p) };

	for (size_t i = 0; i < n; i++)
		if (r[i].trusted == trusted)
			out.p[out.n++] = &r[i];
	return out;
}

bool sa_number(struct str s, double *v)
{
	if (s.n && s.p[0] == '-') {
		if (!str_f64(str_skip(s, 1), v))
			return false;
		*v = -*v;
		return true;
	}
	return str_f64(s, v);
}
