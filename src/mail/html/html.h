/*
 * HTML as mail programs show it: a tokenizer (no tree, linear time), a small subset of CSS, and two
 * texts, what a reader sees and what is hidden from him. Links, images, forms and tricks are
 * counted.
 */
#ifndef MAIL_HTML_HTML_H
#define MAIL_HTML_HTML_H

#include "base/vec.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define HTML_MAX_OCTETS (2u * 1024u * 1024u)
#define HTML_MAX_TAGS 20000u
#define HTML_MAX_DEPTH 256u
#define HTML_MAX_ATTRS 64u
#define HTML_MAX_CSS (200u * 1024u)
#define HTML_MAX_LINKS 2048u

/* ---- token.c: the tokenizer (WHATWG HTML 13.2.5, without the tree) ---- */

enum html_kind { HTML_TEXT, HTML_START, HTML_END, HTML_COMMENT, HTML_DECLARATION, HTML_EOF };

struct html_attr {
	struct str name;  /* as written; compare without case */
	struct str value; /* entities not undone; "" when there is none */
	bool has_value;
};

struct html_token {
	enum html_kind kind;
	struct str raw;	 /* its octets in the text */
	struct str name; /* of a tag, as written */
	struct str text; /* of HTML_TEXT: entities not undone; of a comment: its inside */
	bool self_closing;
	bool literal;  /* HTML_TEXT inside script, style, title, textarea, xmp, ... */
	bool unclosed; /* ended by the end of the text */
	size_t nattrs;
	struct html_attr attr[HTML_MAX_ATTRS];
	bool more_attrs; /* over the limit: left out */
};

struct html_lexer {
	struct str in;
	size_t at;
	struct str raw_until; /* inside an element whose content is no markup: its name */
	bool foreign; /* set by the caller inside svg and math: CDATA is text, no raw text */
};

/* False at the end (kind is then HTML_EOF). Time linear in the text over all calls. */
bool html_next(struct html_lexer *l, struct html_token *t);

/* Character references undone, as UTF-8 (the full table of names). Without "&" it is s itself.
 * html_unescape_attr is for values of attributes, where "&copy=" stays what it is. */
struct str html_unescape(struct arena *a, struct str s);
struct str html_unescape_attr(struct arena *a, struct str s);

/* ---- html.c: the document ---- */

enum html_hide { /* why a piece of text is not seen; each counted */
		 HTML_HIDE_DISPLAY,
		 HTML_HIDE_VISIBILITY,
		 HTML_HIDE_OPACITY,
		 HTML_HIDE_FONT_SIZE,
		 HTML_HIDE_COLOR,     /* same or nearly the same as its background */
		 HTML_HIDE_OFFSCREEN, /* position, margin, text-indent, transform */
		 HTML_HIDE_CLIP,      /* clip, clip-path, zero width or height with overflow hidden,
					 max-height */
		 HTML_HIDE_ATTRIBUTE, /* hidden, type=hidden (its value), size 0 of font; not
					 aria-hidden, which a reader sees */
		 HTML_HIDE_ELEMENT,   /* head, noscript, template, iframe content, ... */
		 HTML_HIDE_COMMENT,   /* text in comments that break words, conditional comments */
		 HTML_HIDE_REASONS
};

enum html_trick {
	HTML_TRICK_ZERO_FONT,
	HTML_TRICK_SPLIT_WORDS,	    /* tags, comments or invisible text inside words */
	HTML_TRICK_RTL,		    /* bidi override by CSS, dir or characters */
	HTML_TRICK_INVISIBLE_CHARS, /* zero-width, soft hyphens, default-ignorables inside words */
	HTML_TRICK_ENTITY_LETTERS,  /* plain letters written as numeric references */
	HTML_TRICK_META_REFRESH,
	HTML_TRICK_BASE,
	HTML_TRICK_FORM,
	HTML_TRICK_PASSWORD_FIELD,
	HTML_TRICK_SCRIPT,
	HTML_TRICK_EVENT,
	HTML_TRICK_IFRAME,
	HTML_TRICK_OBJECT,
	HTML_TRICK_DATA_URI,
	HTML_TRICK_DATA_TEXT, /* data: of a text type in a link */
	HTML_TRICK_REMOTE_CSS,
	HTML_TRICK_SMUGGLING, /* Blob and download by script */
	HTML_TRICK_SVG_SCRIPT,
	HTML_TRICK_UNBALANCED,
	HTML_TRICK_TINY_IMAGE,
	HTML_TRICK_LIMIT,
	HTML_TRICKS
};

enum html_link_kind {
	HTML_LINK_A,
	HTML_LINK_IMG,
	HTML_LINK_FORM,
	HTML_LINK_CSS,
	HTML_LINK_REFRESH,
	HTML_LINK_BASE,
	HTML_LINK_FRAME,
	HTML_LINK_OBJECT,
	HTML_LINK_BACKGROUND,
	HTML_LINK_AREA,
	HTML_LINK_OTHER
};

struct html_link {
	enum html_link_kind kind;
	struct str url;	 /* entities undone, white space of its ends and line ends inside removed */
	struct str text; /* what is shown for it, hidden text left out; for images the alt text */
	bool hidden;	 /* nothing of it is seen */
	bool has_image;	 /* an image stands in it */
	int width, height; /* of an image (of the largest in a link), in CSS pixels; -1: not said */
};

struct html_doc {
	struct str visible; /* UTF-8, blocks apart by a line end, white space collapsed */
	struct str hidden;
	struct str title;
	VEC(struct html_link) links;
	size_t hide[HTML_HIDE_REASONS];	      /* characters hidden for that reason */
	size_t trick[HTML_TRICKS];	      /* times */
	size_t tags, images, comments, words; /* words of the visible text */
	size_t image_area; /* sum of width x height of the images that say both, in px */
	bool truncated;
};

/* Never fails; limits set truncated and HTML_TRICK_LIMIT. */
struct html_doc *html_read(struct arena *a, struct str utf8);

const char *html_hide_name(enum html_hide h);	   /* "font-size" */
const char *html_trick_name(enum html_trick t);	   /* "zero-font" */
const char *html_link_name(enum html_link_kind k); /* "a", "img" */

#pragma GCC visibility pop

#endif
