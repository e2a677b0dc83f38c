/* Selectors of CSS: names, classes, ids, descendants and children; others never match. */
#ifndef MAIL_HTML_SELECTOR_H
#define MAIL_HTML_SELECTOR_H

#include "mail/html/sheet.h"

#define SELECTOR_MAX_PARTS 5u
#define SELECTOR_MAX_CLASSES 3u

/* name.class#id; name is empty for "*". */
struct compound {
	struct str name, id, class[SELECTOR_MAX_CLASSES];
	uint8_t nclasses;
	bool child; /* of the part before it, not only within it */
};

struct selector {
	size_t n; /* 1 or more; part[n - 1] is the element itself */
	struct compound part[SELECTOR_MAX_PARTS];
	unsigned specificity; /* under 1 << 12 */
};

/* False: not one that is understood, or too large. */
bool selector_read(struct str text, struct selector *s);

/* path as for sheet_match(); *work grows by the steps taken. */
bool selector_matches(const struct selector *s, const struct css_element *path, size_t n,
		      size_t *work);

/* Cuts the first class off a class attribute; false: there is none. */
bool selector_class(struct str *classes, struct str *one);

#endif
