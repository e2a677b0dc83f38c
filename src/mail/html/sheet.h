/* Style sheets: rules found by the class, id or name of an element, and what wins of them. */
#ifndef MAIL_HTML_SHEET_H
#define MAIL_HTML_SHEET_H

#include "base/map.h"
#include "base/vec.h"
#include "mail/html/css.h"

#define SHEET_MAX_SELECTORS 4096u
#define SHEET_MAX_CLASSES 16u /* of an element that are looked at, */
#define SHEET_MAX_CLASS 512u  /* and octets of its class attribute */
#define SHEET_MAX_URLS 256u
#define SHEET_MAX_WORK 4000000u /* steps of matching in a document: some ns each */

/* What selectors ask of an element. */
struct css_element {
	struct str name, id, class; /* id and class as SHEET_MAX_CLASS leaves them */
};

/* The winning values for one element. */
struct css_cascade {
	uint32_t set; /* 1u << enum css_prop: value and key hold something */
	struct css_value value[CSS_PROPS];
	uint32_t key[CSS_PROPS];
	struct str image; /* background-image of the element; absent: none */
};

struct sheet_chain;

struct sheet {
	struct arena *arena;
	struct map *by_id, *by_class, *by_name; /* NULL until there is a rule */
	struct sheet_chain *any;
	size_t octets, selectors, work;
	bool limit; /* something was left out */
	VEC(struct str) imports;
	VEC(struct str) images; /* url() of backgrounds */
};

/* One more <style>; its text must live on. Linear; at most HTML_MAX_CSS octets in all. */
void sheet_add(struct sheet *s, struct str text);

/* Adds the rules that match path[n - 1], whose ancestors are path[0] to path[n - 2]. */
void sheet_match(struct sheet *s, const struct css_element *path, size_t n, struct css_cascade *c);

/* Adds one value; the larger key wins, of equal ones the later. */
void cascade_give(struct css_cascade *c, enum css_prop prop, struct css_value v, uint32_t key);

/* Adds a block: an element's own style attribute, or a rule's by its specificity and order. */
void cascade_inline(struct css_cascade *c, const struct css_block *b);

/* A media query list that a screen of any size meets. */
bool css_media(struct str media);

#endif
