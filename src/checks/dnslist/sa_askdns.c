/* askdns: templates that become names, and what their answers must be. */
#include "base/buf.h"
#include "checks/dnslist/sa.h"
#include "mail/domain.h"
#include "mail/view/names.h"

/* Text, or a tag. */
struct piece {
	struct str text;
	size_t tag; /* place in tags; SIZE_MAX: text */
};

struct sanet_template {
	VEC(struct piece) pieces;
	struct str tag[SANET_MAX_TAGS]; /* each once */
	size_t ntags;
	struct str zone; /* what stands behind the last tag and its dot; absent: nothing */
	bool early;
};

/* ---- reading ---- */

static bool tag_char(char c)
{
	return (c >= 'A' && c <= 'Z') || ch_digit(c) || c == '_';
}

/* Octets of "_NAME_" or "_HEADER(...)_" that s begins with; 0: none. */
static size_t tag_len(struct str s)
{
	size_t n = 1, close;

	if (s.n < 3 || s.p[0] != '_' || s.p[1] < 'A' || s.p[1] > 'Z')
		return 0;
	if (str_starts(s, STR("_HEADER("))) {
		close = str_find(s, STR(")_"));
		return close == SIZE_MAX ? 0 : close + 2;
	}
	while (n < s.n && tag_char(s.p[n])) {
		n++;
		if (s.p[n - 1] == '_' && (n == s.n || s.p[n] == '.' || s.p[n] == '-' ||
					  s.p[n] == '_' || ch_lower(s.p[n]) == s.p[n]))
			return n;
	}
	return 0;
}

static size_t tag_index(struct sanet_template *t, struct str name)
{
	for (size_t i = 0; i < t->ntags; i++)
		if (str_eq(t->tag[i], name))
			return i;
	if (t->ntags == SANET_MAX_TAGS)
		return SIZE_MAX;
	t->tag[t->ntags] = name;
	return t->ntags++;
}

static bool cut_pieces(struct arena *a, struct sanet_template *t, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n;) {
		size_t n = tag_len(str_skip(s, i)), k;
		if (!n) {
			i++;
			continue;
		}
		if (i > from)
			VEC_PUSH(a, t->pieces) =
				(struct piece){ str_sub(s, from, i - from), SIZE_MAX };
		k = tag_index(t, str_sub(s, i + 1, n - 2));
		if (k == SIZE_MAX)
			return false;
		VEC_PUSH(a, t->pieces) = (struct piece){ STR_NULL, k };
		i += n;
		from = i;
	}
	if (from < s.n)
		VEC_PUSH(a, t->pieces) = (struct piece){ str_skip(s, from), SIZE_MAX };
	return t->pieces.n > 0;
}

/* "_AUTHORDOMAIN_.fresh.example": a list, of which only the front changes. */
static void find_zone(struct sanet_template *t)
{
	struct piece *last = &t->pieces.p[t->pieces.n - 1];

	if (t->ntags && last->tag == SIZE_MAX && last->text.n > 1 && last->text.p[0] == '.' &&
	    str_chr(str_skip(last->text, 1), '.') != SIZE_MAX) {
		t->zone = str_skip(last->text, 1);
		t->pieces.n--;
	}
	t->early = true;
	for (size_t i = 0; i < t->ntags; i++)
		t->early = t->early && sanet_tag_early(t->tag[i]);
}

static struct str arg_text(const struct sanet_rule *r, size_t i)
{
	return i < r->nargs ? r->arg[i].text : STR_NULL;
}

static bool read_types(struct sanet_rule *r, struct str left)
{
	if (!left.n)
		left = STR("A");
	if (str_ieq(left, STR("ANY")))
		left = STR("A,TXT,MX,NS");
	while (left.p) {
		int type = sanet_type(str_cut(&left, ','));
		if (!type)
			return false;
		if (r->ntypes < sizeof r->types / sizeof *r->types)
			r->types[r->ntypes++] = type;
	}
	return true;
}

bool sanet_template_read(struct arena *a, struct sanet_rule *r, const char **why)
{
	struct sanet_template *t = ARENA_NEW(a, struct sanet_template);
	struct str text = arg_text(r, 0);

	while (text.n && text.p[text.n - 1] == '.')
		text.n--;
	*why = "a template of at most 8 tags";
	if (!cut_pieces(a, t, text))
		return false;
	find_zone(t);
	r->template = t;
	*why = "record types of A, AAAA, TXT, MX, NS, SOA, CNAME, PTR";
	if (!read_types(r, arg_text(r, 1)))
		return false;
	*why = "a sub-test: \"text\", /expression/, number, range, number/mask or [rcodes]";
	return sanet_test_read(a, SANET_ASK, arg_text(r, 2), &r->test);
}

/* ---- names ---- */

/* The template with one value for each tag. */
static struct str fill(struct arena *a, const struct sanet_template *t, const struct str *value)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < t->pieces.n; i++) {
		const struct piece *p = &t->pieces.p[i];
		buf_add(&b, p->tag == SIZE_MAX ? p->text : value[p->tag]);
		if (b.n > 2 * DOMAIN_MAX)
			return STR_NULL;
	}
	return buf_str(&b);
}

/* As it may stand in a question; absent: it cannot. */
static struct str as_name(struct arena *a, const struct sanet_template *t, struct str name)
{
	struct str whole;

	if (!str_ascii(name))
		name = domain_read(a, name, DOMAIN_UNDERSCORE);
	while (name.n && name.p[name.n - 1] == '.')
		name.n--;
	whole = t->zone.n ? arena_printf(a, "%.*s.%.*s", STR_ARG(name), STR_ARG(t->zone)) : name;
	return view_fqdn_valid(whole) ? arena_lower(a, name) : STR_NULL;
}

/* Counts through all tuples of values, as an odometer; false: all were there. */
static bool next_tuple(const struct sanet_template *t, const sanet_strs *of, size_t *at)
{
	for (size_t i = 0; i < t->ntags; i++) {
		if (++at[i] < of[i].n)
			return true;
		at[i] = 0;
	}
	return false;
}

void sanet_expand(struct scan *s, const struct sanet_template *t, sanet_strs *out)
{
	sanet_strs of[SANET_MAX_TAGS] = { 0 };
	size_t at[SANET_MAX_TAGS] = { 0 };
	struct str value[SANET_MAX_TAGS];

	for (size_t i = 0; i < t->ntags; i++) {
		sanet_tag(s, t->tag[i], &of[i]);
		if (!of[i].n)
			return;
	}
	do {
		struct str name;
		for (size_t i = 0; i < t->ntags; i++)
			value[i] = of[i].p[at[i]];
		name = as_name(s->arena, t, fill(s->arena, t, value));
		if (name.n)
			VEC_PUSH(s->arena, *out) = name;
	} while (out->n < SANET_MAX_EXPANDED && next_tuple(t, of, at));
}

/* ---- questions ---- */

/* Below a list's name: what every list says to those whom it does not serve. */
static bool is_refusal(const struct sanet_question *q, const struct sanet_value *v)
{
	return q->zone.n && v->is_address && v->address >> 8 == 0x7fffff;
}

static void take_answer(struct sanet *n, const struct sanet_listener *l,
			const struct sanet_question *q)
{
	const struct sanet_rule *r = l->rule;
	struct arena *a = n->scan->arena;

	if (sanet_test_status(&r->test, q->answer->status))
		sanet_hit(n, r, q->name);
	for (size_t i = 0; q->answer->status == DNS_OK && i < q->answer->n; i++) {
		struct sanet_value v = sanet_value(a, q->type, &q->answer->rr[i]);
		if (sanet_answer_fits(&r->test, &v, is_refusal(q, &v)))
			sanet_hit(n, r,
				  arena_printf(a, "%.*s %s:%.*s", STR_ARG(q->name),
					       sanet_type_name(q->type),
					       STR_ARG(str_sub(v.text, 0, 200))));
	}
}

static void ask_rule(struct sanet *n, const struct sanet_rule *r, bool ahead)
{
	struct sanet_listener l = { ahead ? NULL : take_answer, r, STR_NULL };
	sanet_strs names = { 0 };

	sanet_expand(n->scan, r->template, &names);
	for (size_t i = 0; i < names.n; i++)
		for (size_t k = 0; k < r->ntypes; k++)
			sanet_ask(n, names.p[i], r->template->zone, r->types[k], l);
}

void sanet_askdns(struct sanet *n, bool ahead)
{
	for (size_t i = 0; i < n->plan->n; i++) {
		const struct sanet_rule *r = &n->plan->rule[i];
		if (r->fn == FN_ASKDNS && (!ahead || r->template->early))
			ask_rule(n, r, ahead);
	}
}
