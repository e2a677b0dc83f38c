/* What the files of this room share: the protected names, their forms, and a label under test. */
#ifndef MAIL_LOOKALIKE_PRIV_H
#define MAIL_LOOKALIKE_PRIV_H

#include <unicode/uset.h>
#include <unicode/uspoof.h>

#include "base/map.h"
#include "mail/lookalike/lookalike.h"

#define LOOK_LABEL_MAX 256u /* octets of one label in UTF-8; what is longer imitates nobody */
#define LOOK_LABELS_MAX 32u /* labels of a name that are looked at, from the right */
#define LOOK_EDIT_MIN 5u    /* letters of a name for one edit, combinations and sub-domains */
#define LOOK_WORDS_MAX 4u   /* words of a brand's name */

struct look_brand {
	struct str title;	   /* as written; absent: the domain speaks for itself */
	bool plain_word;	   /* its name is also a word of a language */
	const struct str *domains; /* A-labels */
	size_t n;
};

/* One label in the forms that are compared. */
struct look_label {
	struct str text; /* U-label, lower case */
	struct str skel; /* TR 39 skeleton */
	struct str
		fold; /* skeleton without marks, digits and pairs as the letters they look like */
	struct str bare; /* text without marks */
	bool ascii;
};

struct look_name {
	struct look_brand *brand;
	struct str domain; /* A-labels */
	struct str suffix; /* what stands behind its label */
	struct look_label label;
	unsigned plain_word; /* 1: look_plain_word; 2: and its list says that hosts are named so */
};

/* What a map holds under one key. */
struct look_ref {
	const struct look_name *name;
	struct look_ref *next;
};

struct lookalike {
	struct arena *arena;
	const struct psl *psl;
	USpoofChecker *spoof;
	USet *allowed; /* of identifiers (TR 39 3), and of scripts that are still written */
	VEC(struct look_name *) names;
	VEC(struct look_brand *) brands;
	struct map *own;    /* domain -> struct look_name */
	struct map *honest; /* words that one edit makes of a brand and that are words */
	struct map *common; /* words that the list under way calls common */
	struct map *by_text, *by_skel, *by_fold; /* label -> struct look_ref */
	struct map *by_deletion;		 /* label without one letter -> struct look_ref */
	struct map *by_head;  /* first LOOK_EDIT_MIN octets of the fold -> struct look_ref */
	struct map *by_title; /* fold of a brand's name, without blanks -> struct look_brand */
	struct map *words;    /* folds of words that phishers add -> anything */
};

/* Adds to what was found; the first name that is imitated stays. */
struct look_hit {
	unsigned reasons;
	const struct look_name *name;
};

static inline void look_add(struct look_hit *h, unsigned reason, const struct look_name *name)
{
	h->reasons |= reason;
	if (!h->name)
		h->name = name;
}

/* ---- forms.c ---- */
struct look_label look_forms(const struct lookalike *l, struct arena *a, struct str text);
struct str look_fold(struct arena *a, struct str s); /* of ASCII or of a skeleton */
/* The same; from[i]: where in s, of at most LOOK_LABEL_MAX octets, its octet i stood, if s is
 * ASCII.
 */
struct str look_fold_map(struct arena *a, struct str s, uint8_t *from);
struct str look_skeleton(const struct lookalike *l, struct arena *a, struct str text);
struct str look_lower(struct arena *a, struct str s);

/* ---- scripts.c: what is wrong with a label whatever it imitates ---- */
unsigned look_scripts(const struct lookalike *l, struct arena *a, const struct look_label *label,
		      bool latin_tld);
bool look_spoof_init(struct lookalike *l);
/* Characters that stand for ASCII ones: 1 letters of other styles; 2 full-width ones. */
unsigned look_styled(struct str s);

/* ---- match.c: whom a label imitates ---- */
void look_match(const struct lookalike *l, struct arena *a, const struct look_label *label,
		struct str suffix, struct look_hit *h);

/* ---- edit.c ---- */
void look_index_deletions(struct lookalike *l, const struct look_name *name);
void look_edit(const struct lookalike *l, struct arena *a, const struct look_label *label,
	       struct str suffix, struct look_hit *h);

/* ---- combo.c ---- */
void look_index_words(struct lookalike *l);
/* Also a word of a language, said in other senses. */
bool look_plain_word(struct str label);
/* A word that phishers put beside a brand, or a number. In fold form. */
bool look_known(const struct lookalike *l, struct str word);
void look_combo(const struct lookalike *l, struct arena *a, const struct look_label *label,
		struct look_hit *h);

/* ---- lookalike.c ---- */
void look_ref_add(struct lookalike *l, struct map *m, struct str key, const struct look_name *name);

#endif
