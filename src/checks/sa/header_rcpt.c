/* Addresses of one message against one another: recipients alike, envelopes made of them. */
#include "checks/sa/header.h"
#include "mail/view/relays_priv.h"

#define RCPT_SORTED 7u	/* so many at least for an order to mean something */
#define RCPT_SIMILAR 5u /* and for their beginnings */
#define RCPT_MAX 256u
#define RCPT_PREFIX 2u /* octets that are compared */

static void recipients(struct scan *s, sa_strs *out)
{
	static const char *const specs[] = { "ToCc:addr", "Bcc:addr" };
	size_t seen = 0;

	for (size_t i = 0; i < 2 && seen < RCPT_SIMILAR; i++) {
		const struct view_lines *l = sa_lines(s, str_c(specs[i]));
		seen += l->n;
		for (size_t k = 0; k < l->n && out->n < RCPT_MAX; k++)
			if (!out->n || !str_ieq(l->p[k].text, out->p[out->n - 1]))
				VEC_PUSH(s->arena, *out) = l->p[k].text;
	}
}

static int compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool sa_sorted(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	sa_strs v = { 0 };

	(void)arg;
	(void)n;
	(void)evidence;
	recipients(s, &v);
	for (size_t i = 1; i < v.n; i++)
		if (compare(v.p[i - 1], v.p[i]) > 0)
			return false;
	return v.n >= RCPT_SORTED;
}

static struct str host_of(struct str addr)
{
	size_t at = str_chr(addr, '@');

	return at == SIZE_MAX ? STR("") : str_skip(addr, at + 1);
}

static bool alike(struct str a, struct str b)
{
	return str_eq(str_sub(a, 0, RCPT_PREFIX), str_sub(b, 0, RCPT_PREFIX));
}

static double similarity(const sa_strs *v)
{
	size_t hits = 0, pairs = 0;

	if (v->n < RCPT_SIMILAR)
		return 0;
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = i + 1; k < v->n; k++) {
			struct str a = host_of(v->p[i]), b = host_of(v->p[k]);
			hits += alike(v->p[i], v->p[k]);
			hits += alike(a, b) && !str_eq(a, b);
			pairs++;
		}
	return (double)hits / (double)pairs;
}

bool sa_similar(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	sa_strs v = { 0 };
	double x, limit;

	(void)n;
	(void)evidence;
	recipients(s, &v);
	x = similarity(&v);
	if (sa_number(arg[0].text, &limit) && x < limit)
		return false;
	return !sa_number(arg[1].text, &limit) || x < limit;
}

bool sa_env_is_from(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return str_ieq(sa_first(s, "EnvelopeFrom:addr"), sa_first(s, "From:addr"));
}

/* "<28 capitals.address>", and From is that address with a quoted name. */
bool sa_ratware_id(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	struct str id = sa_text(s, "MESSAGEID"), from = sa_text(s, "From"), addr;
	size_t lt = str_find(id, STR("<")), i, at;

	(void)arg;
	(void)n;
	(void)evidence;
	id = lt == SIZE_MAX ? STR("") : str_skip(id, lt + 1);
	for (i = 0; i < id.n && id.p[i] >= 'A' && id.p[i] <= 'Z'; i++)
		continue;
	at = str_chr(id, '>');
	if (i != 28 || i >= id.n || id.p[i] != '.' || at == SIZE_MAX || at <= 29)
		return false;
	addr = str_sub(id, 28, at - 27);
	addr = str_sub(addr, 1, addr.n - 2);
	lt = str_find(from, arena_printf(s->arena, "<%.*s>", STR_ARG(addr)));
	if (lt == SIZE_MAX)
		return false;
	from = view_trim(str_sub(from, 0, lt));
	return from.n > 2 && from.p[from.n - 1] == '"' && str_chr(from, '"') < from.n - 2;
}

/* "...domain?user@": the envelope of a mailer that must know bounces apart. */
bool sa_ratware_envelope(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	struct str to = sa_first(s, "To:addr"), from = sa_first(s, "EnvelopeFrom:addr");
	size_t at = str_chr(to, '@');
	struct str user, dom;

	(void)arg;
	(void)n;
	(void)evidence;
	if (!from.n || at == SIZE_MAX || !at ||
	    (from.n > 4 && str_istarts(from, STR("SRS")) && ch_digit(from.p[3]) &&
	     strchr("+-=", from.p[4])))
		return false;
	user = str_sub(to, 0, at);
	dom = view_trim_domain(s->view, s->arena, str_skip(to, at + 1));
	if (!dom.n || !view_tld_valid(s->view, dom))
		return false;
	for (size_t i = 0; i + dom.n + 1 + user.n < from.n; i++)
		if (str_istarts(str_skip(from, i), dom) && (!i || !hop_word_char(from.p[i - 1])) &&
		    str_istarts(str_skip(from, i + dom.n + 1), user) &&
		    from.p[i + dom.n + 1 + user.n] == '@')
			return true;
	return false;
}

static struct str last_two(struct str s)
{
	size_t dots = 0;

	for (size_t i = s.n; i-- > 1;)
		if (s.p[i] == '.' && ++dots == 2)
			return str_skip(s, i + 1);
	return s;
}

bool sa_from_differs(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	struct str from = sa_first(s, "From:addr"), env = sa_first(s, "EnvelopeFrom:addr");
	size_t a = str_rchr(from, '@'), b = str_rchr(env, '@');

	(void)arg;
	(void)n;
	if (a == SIZE_MAX || b == SIZE_MAX || a + 1 == from.n || b + 1 == env.n)
		return false;
	*evidence = env;
	return !str_ieq(last_two(str_skip(from, a + 1)), last_two(str_skip(env, b + 1)));
}
