/*
 * The part of CSS that decides whether text is seen: declarations (CSS Syntax 3, 5.3.6) read into
 * blocks of the properties below, everything else passed over.
 */
#ifndef MAIL_HTML_CSS_H
#define MAIL_HTML_CSS_H

#include "base/arena.h"

enum css_prop {
	CSS_DISPLAY,
	CSS_VISIBILITY,
	CSS_OPACITY,
	CSS_FONT_SIZE,
	CSS_COLOR,
	CSS_BACKGROUND, /* its colour */
	CSS_BACKGROUND_IMAGE,
	CSS_POSITION,
	CSS_LEFT,
	CSS_RIGHT,
	CSS_TOP,
	CSS_BOTTOM,
	CSS_TEXT_INDENT,
	CSS_MARGIN_LEFT,
	CSS_MARGIN_TOP,
	CSS_TRANSFORM,
	CSS_WIDTH,
	CSS_HEIGHT,
	CSS_MAX_WIDTH,
	CSS_MAX_HEIGHT,
	CSS_OVERFLOW,
	CSS_CLIP,
	CSS_CLIP_PATH,
	CSS_LINE_HEIGHT,
	CSS_DIRECTION,
	CSS_BIDI,
	CSS_PROPS
};

enum css_kind {
	CSS_NUMBER, /* without a unit */
	CSS_PX,	    /* all absolute units, and those of the window, as one of 800 x 600 */
	CSS_EM,
	CSS_PERCENT,
	CSS_RGBA,
	CSS_INHERIT,
	CSS_WORD, /* n is an enum css_word */
};

enum css_word {
	CSS_WORD_NORMAL, /* visible, auto, initial, ...: what it is without the property */
	CSS_WORD_NONE,	 /* none, hidden, collapse */
	CSS_WORD_MOVED,	 /* position: absolute, fixed, relative, sticky; clip and transform: away */
	CSS_WORD_BLOCK,	 /* display: of a line of its own */
	CSS_WORD_IMAGE,
	CSS_WORD_RTL,
	CSS_WORD_OVERRIDE,
};

struct css_value {
	uint8_t kind;
	float n;
	uint32_t rgba;
};

struct css_decl {
	uint8_t prop;
	bool important;
	struct css_value value;
};

/* At most one declaration of a property and an importance. */
struct css_block {
	size_t n;
	const struct css_decl *decl;
	struct str image; /* of background: the first url(); absent: none */
};

/* Declarations, as in a style attribute or between braces; NULL: none of those above. Linear. */
const struct css_block *css_block_read(struct arena *a, struct str text);

/* Comments as a blank, escapes undone (CSS Syntax 4.3.7); without either it is text itself. */
struct str css_plain(struct arena *a, struct str text);

/* The address in the first url(...) of a value; absent: none. */
struct str css_url(struct str value);

/* At most this many octets of text until the end of a quoted string or of what stands in brackets
 * that begins at at. */
size_t css_skip(struct str text, size_t at);

/* White space at both ends removed, form feeds too. */
struct str css_trim(struct str s);

#endif
