/* The protected names, and a host name held against them. */
#include "base/ip.h"
#include "mail/domain.h"
#include "mail/lookalike/priv.h"
#include "mail/url/chars.h"

#define NAME_MAX_INPUT 1024u /* octets of a name that is no name */

struct lookalike *lookalike_new(struct arena *a, const struct psl *psl)
{
	struct lookalike *l = ARENA_NEW(a, struct lookalike);

	l->arena = a;
	l->psl = psl;
	l->own = map_new(a, false);
	l->honest = map_new(a, false);
	l->common = map_new(a, false);
	l->by_text = map_new(a, false);
	l->by_skel = map_new(a, false);
	l->by_fold = map_new(a, false);
	l->by_deletion = map_new(a, false);
	l->by_head = map_new(a, false);
	l->by_title = map_new(a, false);
	l->words = map_new(a, false);
	if (!look_spoof_init(l))
		bug("lookalike_new: ICU has no data to compare characters");
	look_index_words(l);
	return l;
}

/* Before those that are there: what was protected last is named first. */
void look_ref_add(struct lookalike *l, struct map *m, struct str key, const struct look_name *name)
{
	struct look_ref *r = ARENA_NEW(l->arena, struct look_ref);

	r->name = name;
	r->next = map_get(m, key);
	map_put(m, key, r);
}

/* What of a name is registered: the list's answer, or the last two labels, or all of it. */
static struct str registrable(const struct lookalike *l, struct str ascii)
{
	struct str r = l->psl ? psl_registrable(l->psl, ascii) : domain_last(ascii, 2);

	return r.n ? r : ascii;
}

static void add_name(struct lookalike *l, struct look_brand *brand, struct str domain)
{
	struct look_name *name = ARENA_NEW(l->arena, struct look_name);
	struct str rest = registrable(l, domain), label = str_cut(&rest, '.');

	name->brand = brand;
	name->domain = registrable(l, domain);
	name->suffix = rest.p ? rest : STR("");
	name->label = look_forms(l, l->arena, domain_unicode(l->arena, label));
	name->label.skel = look_skeleton(l, l->arena, name->label.text);
	name->plain_word = look_plain_word(name->label.text);
	if (map_get(l->common, name->label.text))
		name->plain_word = 2;
	map_put(l->own, domain, name);
	map_put(l->own, registrable(l, domain), name);
	VEC_PUSH(l->arena, l->names) = name;
}

void lookalike_protect(struct lookalike *l, struct str brand, const struct str *domains, size_t n)
{
	struct look_brand *b = ARENA_NEW(l->arena, struct look_brand);
	struct str *list = ARENA_ARRAY(l->arena, struct str, n);

	if (brand.p)
		b->title = arena_dup(l->arena, brand);
	for (size_t i = 0; i < n; i++) {
		list[b->n] = domain_read(l->arena, domains[i], 0);
		b->n += list[b->n].p != NULL;
	}
	b->domains = list;
	VEC_PUSH(l->arena, l->brands) = b;
	for (size_t i = b->n; i-- > 0;)
		add_name(l, b, list[i]);
}

static void index_title(struct lookalike *l, struct look_brand *b, struct str title)
{
	char *out = arena_alloc(l->arena, title.n + 1);
	size_t n = 0;
	struct str key;

	for (size_t i = 0; i < title.n; i++)
		if (ch_alnum(title.p[i]) || (unsigned char)title.p[i] >= 0x80)
			out[n++] = title.p[i];
	key = look_forms(l, l->arena, str_of(out, n)).fold;
	if (key.n >= 3 && !map_get(l->by_title, key))
		map_put(l->by_title, key, b);
}

static void index_brand(struct lookalike *l, struct look_brand *b)
{
	struct str lower = look_lower(l->arena, b->title);

	b->plain_word = look_plain_word(lower);
	if (b->title.p)
		index_title(l, b, b->title);
}

static void index_name(struct lookalike *l, struct look_name *name)
{
	struct look_label *k = &name->label;

	look_ref_add(l, l->by_text, k->text, name);
	look_ref_add(l, l->by_skel, k->skel, name);
	look_ref_add(l, l->by_fold, k->fold, name);
	if (k->fold.n >= LOOK_EDIT_MIN && k->text.n >= LOOK_EDIT_MIN)
		look_ref_add(l, l->by_head, str_sub(k->fold, 0, LOOK_EDIT_MIN), name);
	if (k->text.n >= LOOK_EDIT_MIN &&
	    !str_eq(str_sub(k->fold, 0, LOOK_EDIT_MIN), str_sub(k->text, 0, LOOK_EDIT_MIN)))
		look_ref_add(l, l->by_head, str_sub(k->text, 0, LOOK_EDIT_MIN), name);
	look_index_deletions(l, name);
}

void lookalike_build(struct lookalike *l)
{
	for (size_t i = 0; i < l->names.n; i++)
		index_name(l, l->names.p[i]);
	for (size_t i = l->brands.n; i-- > 0;)
		index_brand(l, l->brands.p[i]);
	/* a domain alone is called by its label */
	for (size_t i = l->names.n; i-- > 0;) {
		struct look_name *name = l->names.p[i];
		if (!name->brand->title.p && !name->plain_word &&
		    name->label.text.n >= LOOK_EDIT_MIN)
			index_title(l, name->brand, name->label.text);
	}
}

/* ---- a host ---- */

/* A name under test: its labels from the left, of which the last nsuffix are the public suffix. */
struct host {
	struct str ascii;		   /* absent: no name */
	struct str label[LOOK_LABELS_MAX]; /* U-labels */
	struct str alabel[LOOK_LABELS_MAX];
	size_t n, left; /* left: labels before the registered one */
	struct str suffix;
	bool latin_tld;
};

static const struct look_name *own(const struct lookalike *l, struct str ascii)
{
	for (size_t k = domain_labels(ascii); k > 0; k--) {
		const struct look_name *name = map_get(l->own, domain_last(ascii, k));
		if (name)
			return name;
	}
	return NULL;
}

static void split(struct str s, struct str *label, size_t *n)
{
	*n = 0;
	while (s.p && *n < LOOK_LABELS_MAX)
		label[(*n)++] = str_cut(&s, '.');
}

static void read_host(const struct lookalike *l, struct host *h, struct str ascii,
		      struct str unicode)
{
	struct str org, tail = domain_last(ascii, LOOK_LABELS_MAX);
	size_t nu;

	h->ascii = ascii;
	split(tail, h->alabel, &h->n);
	split(domain_last(unicode, LOOK_LABELS_MAX), h->label, &nu);
	org = l->psl ? psl_registrable(l->psl, ascii) : domain_last(ascii, 2);
	h->left = org.n ? h->n - domain_labels(org) : h->n;
	if (org.n > ascii.n || (org.n && domain_labels(org) > h->n) || nu != h->n)
		h->left = h->n;
	if (org.n)
		str_cut(&org, '.');
	h->suffix = org.n ? org : STR("");
	h->latin_tld = h->n && !str_starts(h->alabel[h->n - 1], STR("xn--"));
}

/* "brand.com" in front of another's name: any protected domain, label by label. */
static void whole_domain(const struct lookalike *l, const struct host *t, size_t i,
			 struct look_hit *h)
{
	const char *from = t->alabel[i].p;

	for (size_t k = i; k < t->n && k < i + 4; k++) {
		struct str part = str_of(from, (size_t)(t->alabel[k].p + t->alabel[k].n - from));
		const struct look_name *name = k > i ? map_get(l->own, part) : NULL;
		if (name && k + 1 < t->n)
			look_add(h, LOOKALIKE_SUBDOMAIN, name);
	}
}

/* A label left of a name that is not the brand's. */
static void sub_label(const struct lookalike *l, struct arena *a, const struct host *t, size_t i,
		      struct look_hit *h)
{
	struct look_label k = look_forms(l, a, t->label[i]);
	const struct look_ref *r = map_get(l->by_text, k.text);
	struct look_hit mine = { 0 };

	mine.reasons = look_scripts(l, a, &k, t->latin_tld);
	if (t->ascii.p)
		whole_domain(l, t, i, &mine);
	if (!mine.name && r && r->name->label.text.n >= LOOK_EDIT_MIN - !r->name->plain_word &&
	    r->name->plain_word < 2)
		look_add(&mine, LOOKALIKE_SUBDOMAIN, r->name);
	if (!r && (r = map_get(l->by_fold, k.fold)) != NULL &&
	    r->name->label.text.n >= LOOK_EDIT_MIN)
		look_add(&mine,
			 LOOKALIKE_SUBDOMAIN | (k.ascii ? LOOKALIKE_ASCII : LOOKALIKE_CONFUSABLE),
			 r->name);
	if (!mine.name) {
		look_combo(l, a, &k, &mine);
		if (mine.name)
			mine.reasons |= LOOKALIKE_SUBDOMAIN;
	}
	look_add(h, mine.reasons, mine.name);
}

static void look_labels(const struct lookalike *l, struct arena *a, const struct host *t,
			struct look_hit *h)
{
	for (size_t i = t->left; i < t->n; i++) {
		struct look_label k = look_forms(l, a, t->label[i]);
		h->reasons |= look_scripts(l, a, &k, t->latin_tld);
		if (i != t->left)
			continue;
		look_match(l, a, &k, t->suffix, h);
		if (!h->name)
			look_combo(l, a, &k, h);
	}
	for (size_t i = 0; i < t->left; i++)
		sub_label(l, a, t, i, h);
}

/* What the octets had before they were made a name. */
static unsigned raw_reasons(struct str raw, bool claims)
{
	unsigned reasons = 0, styled = look_styled(raw);
	uint32_t c;

	if (styled & 1 || (styled && claims))
		reasons |=
			claims ? LOOKALIKE_CONFUSABLE | LOOKALIKE_RESTRICTED : LOOKALIKE_RESTRICTED;
	for (size_t i = 0; i < raw.n; i += char_at(raw, i, &c)) {
		char_at(raw, i, &c);
		if (char_bidi(c))
			reasons |= LOOKALIKE_BIDI;
		else if (char_invisible(c) && c != 0x200c && c != 0x200d)
			reasons |= LOOKALIKE_INVISIBLE;
	}
	return reasons;
}

/* Capitals of another script may look like letters of ours though their small letters do not: the
 * labels before they were made small. */
static void look_capitals(const struct lookalike *l, struct arena *a, struct str raw,
			  struct look_hit *h)
{
	struct str rest = domain_last(str_sub(raw, 0, NAME_MAX_INPUT), LOOK_LABELS_MAX);

	while (rest.p && !h->name && !str_ascii(rest)) {
		struct str label = str_sub(str_cut(&rest, '.'), 0, LOOK_LABEL_MAX);
		const struct look_ref *r;
		if (str_ascii(label))
			continue;
		r = map_get(l->by_fold, look_fold(a, look_skeleton(l, a, label)));
		if (r)
			look_add(h, LOOKALIKE_CONFUSABLE, r->name);
	}
}

/* What is no name can still be read as one. */
static void look_broken(const struct lookalike *l, struct arena *a, struct str raw,
			struct look_hit *h)
{
	struct host t = { .latin_tld = true };
	struct str text = look_lower(a, str_sub(raw, 0, NAME_MAX_INPUT)), rest = text;

	h->reasons |= LOOKALIKE_INVALID | raw_reasons(text, false);
	split(domain_last(text, LOOK_LABELS_MAX), t.label, &t.n);
	t.left = t.n > 1 ? t.n - 2 : 0;
	t.suffix = domain_last(rest, 1);
	if (t.n)
		look_labels(l, a, &t, h);
	if (h->reasons & ~(unsigned)LOOKALIKE_INVALID)
		look_capitals(l, a, raw, h);
}

static struct lookalike_result result(const struct look_hit *h, struct str ascii,
				      struct str unicode)
{
	return (struct lookalike_result){
		.verdict = h->reasons & LOOKALIKE_INVALID ? LOOKALIKE_BAD
			   : h->reasons			  ? LOOKALIKE_SUSPICIOUS
							  : LOOKALIKE_OK,
		.reasons = h->reasons,
		.imitates = h->name ? h->name->domain : STR_NULL,
		.ascii = ascii,
		.unicode = unicode,
	};
}

struct lookalike_result lookalike_host(const struct lookalike *l, struct arena *a, struct str host)
{
	struct str ascii =
		host.n <= NAME_MAX_INPUT ? domain_read(a, host, DOMAIN_UNDERSCORE) : STR_NULL;
	struct str unicode = host;
	struct look_hit h = { 0 };
	struct host t = { .n = 0 };
	struct ip ip;

	if (ip_parse(host, &ip))
		return result(&h, host, host);
	if (!ascii.p) {
		look_broken(l, a, host, &h);
		return result(&h, ascii, unicode);
	}
	unicode = domain_unicode(a, ascii);
	const struct look_name *claimed = own(l, ascii);
	h.reasons = raw_reasons(host, claimed != NULL);
	if (claimed) {
		if (h.reasons)
			h.name = claimed;
		return result(&h, ascii, unicode);
	}
	read_host(l, &t, ascii, unicode);
	look_labels(l, a, &t, &h);
	if (h.reasons)
		look_capitals(l, a, host, &h);
	return result(&h, ascii, unicode);
}
