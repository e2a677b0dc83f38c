/* Whom the label of a registered name imitates: the same to the eye, or one edit away. */
#include "mail/lookalike/priv.h"
#include "mail/url/chars.h"

#define FOLD_MIN 4u /* letters of a label that digits and pairs may stand in for */
#define SWAP_MIN 4u /* of one that means its owner under any suffix */

static size_t letters_in(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool has_letter(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit(s.p[i]) && s.p[i] != '-')
			return true;
	return false;
}

static bool country(struct str suffix)
{
	size_t dot = str_rchr(suffix, '.');
	struct str tld = dot == SIZE_MAX ? suffix : str_skip(suffix, dot + 1);

	return tld.n == 2 || str_starts(tld, STR("xn--"));
}

/* Of those that have this key the one under the same suffix, or else the first. */
static const struct look_name *best(const struct look_ref *r, struct str suffix)
{
	const struct look_name *first = r->name;

	for (; r; r = r->next)
		if (str_eq(r->name->suffix, suffix))
			return r->name;
	return first;
}

/* The same label under a suffix that is not the brand's. A short or common word says nothing. */
static void tld_swap(const struct look_ref *r, struct str suffix, struct look_hit *h)
{
	const struct look_name *name = best(r, suffix);
	size_t n = letters_in(name->label.text);
	bool odd = !country(suffix) && !str_eq(suffix, STR("com")) && !str_eq(suffix, STR("net")) &&
		   !str_eq(suffix, STR("org"));

	if (n < SWAP_MIN ? n == SWAP_MIN - 1 && odd && !name->plain_word
			 : name->plain_word < 2 || odd)
		look_add(h, LOOKALIKE_TLD, name);
}

static void same_skeleton(const struct look_name *name, const struct look_label *label,
			  struct look_hit *h)
{
	look_add(h, LOOKALIKE_CONFUSABLE, name);
	if (!(h->reasons & LOOKALIKE_MIXED_SCRIPT) && str_ascii(name->label.text)) {
		for (size_t i = 0; i < label->text.n; i++)
			if (ch_alpha(label->text.p[i]))
				return;
		look_add(h, LOOKALIKE_WHOLE_SCRIPT, name);
	}
}

/* Letters of a language's own, in its own country: "äpple.se" is fruit. */
static bool honest_marks(const struct look_name *name, const struct look_label *label,
			 struct str suffix)
{
	return str_ascii(label->bare) && letters_in(label->text) <= LOOK_EDIT_MIN &&
	       country(suffix) && !str_eq(name->suffix, suffix);
}

/* Equal when digits, pairs, marks and twins are the letters that they look like. */
static void same_fold(const struct look_ref *r, const struct look_label *label, struct str suffix,
		      struct look_hit *h)
{
	const struct look_name *name = best(r, suffix);

	if (letters_in(name->label.fold) < FOLD_MIN - 1 || !has_letter(name->label.text) ||
	    !has_letter(label->text))
		return;
	if (label->ascii) {
		if (letters_in(name->label.text) >= FOLD_MIN || str_eq(name->suffix, suffix))
			look_add(h, LOOKALIKE_ASCII, name);
		return;
	}
	if (!honest_marks(name, label, suffix))
		look_add(h, LOOKALIKE_CONFUSABLE, name);
}

void look_match(const struct lookalike *l, struct arena *a, const struct look_label *label,
		struct str suffix, struct look_hit *h)
{
	const struct look_ref *r = map_get(l->by_text, label->text);
	const struct look_name *was = h->name;

	if (map_get(l->honest, label->text))
		return;
	if (r) {
		tld_swap(r, suffix, h);
		return;
	}
	if (!label->ascii)
		r = map_get(l->by_skel, label->skel);
	if (r)
		same_skeleton(best(r, suffix), label, h);
	else if ((r = map_get(l->by_fold, label->fold)) != NULL)
		same_fold(r, label, suffix, h);
	if (h->name == was)
		look_edit(l, a, label, suffix, h);
}
