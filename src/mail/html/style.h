/* What an element's text looks like, as far as it decides whether it is seen. */
#ifndef MAIL_HTML_STYLE_H
#define MAIL_HTML_STYLE_H

#include "mail/html/html.h"
#include "mail/html/sheet.h"
#include "mail/html/tag.h"

#define STYLE_MIN_FONT_PX 2.0f	/* text of this size and below is not seen */
#define STYLE_MIN_OPACITY 0.05f /* nor at this opacity and below */
#define STYLE_MAX_ALONE 1.0f	/* nor in a box that is not larger and cuts what overflows, px */
#define STYLE_CACHE 128u	/* style attributes remembered */

#define STYLE_SEEN HTML_HIDE_REASONS

struct style {
	float font_px, opacity;
	uint32_t color, background, link; /* background is opaque */
	uint8_t gone;	/* enum html_hide that no child undoes; STYLE_SEEN: none */
	uint8_t reason; /* enum html_hide of text in it; STYLE_SEEN: it is seen */
	bool layout;	/* takes up room: not display: none */
	bool block;	/* by CSS a line of its own; not inherited */
	bool invisible, indented, flat, unknown_background, font_attribute;
	bool rtl, override; /* direction, unicode-bidi */
	bool lines;	    /* pre */
};

struct style_cached {
	struct str text;
	const struct css_block *block;
};

struct style_maker {
	struct arena *arena;
	struct sheet *sheet;
	struct css_cascade cascade; /* of the element made last */
	struct style_cached cache[STYLE_CACHE];
};

/* Black on white, 16 px. */
struct style style_root(void);

/* out: the style of an element in one of style parent; path: as for sheet_match(). */
void style_make(struct style_maker *m, const struct style *parent, const struct tag *tag,
		const struct attrs *attrs, const struct css_element *path, size_t n,
		struct style *out);

/* The reason, anew from the rest. */
void style_judge(struct style *s);

#endif
