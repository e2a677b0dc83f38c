/* HTML as SpamAssassin's parser sees it: tokens, text, style and the facts it counts. */
#ifndef MAIL_VIEW_SAHTML_H
#define MAIL_VIEW_SAHTML_H

#include "base/buf.h"
#include "base/map.h"
#include "mail/view/view_priv.h"

#define SAHTML_MAX_NESTED 256u /* marked sections */

/* ---- sahtml_token.c ---- */

enum sahtml_kind { SAHTML_TEXT, SAHTML_START, SAHTML_END, SAHTML_COMMENT, SAHTML_DECLARATION };

struct sahtml_token {
	enum sahtml_kind kind;
	struct str text;  /* of text: references not undone; of a comment: all of it */
	struct str name;  /* of a tag, as written */
	struct str attrs; /* of a start tag */
	bool literal;	  /* text without references */
	bool ignored;	  /* stands in a section that is not to be read */
};

enum sahtml_section { /* of SGML: what governs where some are open is the highest of them */
		      SAHTML_PLAIN,
		      SAHTML_INCLUDE,
		      SAHTML_RCDATA,
		      SAHTML_CDATA,
		      SAHTML_IGNORE
};

struct sahtml_lexer {
	struct str in;
	size_t at, from;	      /* from: of the text that is being read */
	const struct sahtml_raw *raw; /* the element whose inside is no markup */
	struct str pending_end;	      /* of an unclosed title: comes with the next tag */
	struct sahtml_token queued;   /* the second of two */
	bool has_queued, ended, short_comments;
	enum sahtml_section section[SAHTML_MAX_NESTED];
	size_t nsections;
	size_t no_title_after; /* no </title> from there on; 0: not known */
};

bool sahtml_next(struct sahtml_lexer *l, struct sahtml_token *t);

struct sahtml_attr {
	struct str name, value; /* as written; no "=": the value is the name */
};
/* The next attribute of those that are left in *attrs. */
bool sahtml_attr_next(struct str *attrs, struct sahtml_attr *attr);

/* ---- sahtml_entity.c ---- */

/* References undone. prefix: "&ampx" is one too (in text, not in attributes). *wide: the text is of
 * characters, not octets; becomes true with the first character over U+00FF. */
struct str sahtml_unescape(struct arena *a, struct str s, bool prefix, bool *wide);

/* ---- sahtml_style.c ---- */

enum sahtml_tag { /* those that change the style of text; th is a td */
		  SAHTML_A,
		  SAHTML_BASEFONT,
		  SAHTML_BIG,
		  SAHTML_BODY,
		  SAHTML_DIV,
		  SAHTML_FONT,
		  SAHTML_MARQUEE,
		  SAHTML_P,
		  SAHTML_SMALL,
		  SAHTML_SPAN,
		  SAHTML_TABLE,
		  SAHTML_TD,
		  SAHTML_TR,
		  SAHTML_STYLED,
		  SAHTML_NO_STYLE = SAHTML_STYLED
};

#define SAHTML_BAD_COLOR (1u << 24) /* no colour */
#define SAHTML_ODD_COLOR (2u << 24) /* a "#" with nothing behind it */
#define SAHTML_NO_COLOR (3u << 24)  /* transparent */

struct sahtml_style {
	enum sahtml_tag tag;
	uint32_t fg, bg; /* 0xrrggbb or one of the above */
	double size;
	bool none, hidden;
};

struct sahtml_styles {
	struct arena *arena;
	VEC(struct sahtml_style) stack;
	size_t open[SAHTML_STYLED];
	double basefont, min_size, max_size;
};

void sahtml_styles_init(struct sahtml_styles *s, struct arena *a);
void sahtml_style_open(struct sahtml_styles *s, enum sahtml_tag tag, struct str attrs);
void sahtml_style_close(struct sahtml_styles *s, enum sahtml_tag tag);

/* sahtml_color.c: of a value, in any case; SAHTML_BAD_COLOR. */
uint32_t sahtml_color(struct str value);
uint32_t sahtml_rgb(struct str value);	      /* "rgb(1,2,3)" and what looks like it in CSS */
uint32_t sahtml_background(struct str value); /* of the lowest layer; SAHTML_BAD_COLOR: none */

/* ---- sahtml_tags.c ---- */

enum {
	SAHTML_KNOWN = 1,  /* an element of HTML */
	SAHTML_TRICK = 2,  /* none, but rendered */
	SAHTML_URI = 4,	   /* its attributes hold URIs */
	SAHTML_BREAK = 8,  /* white space of its own: a line end */
	SAHTML_BLANK = 16, /* a space */
	SAHTML_BLOCK = 32
};

struct sahtml_element {
	const char *name;
	unsigned char flags;
	enum sahtml_tag style;
};

const struct sahtml_element *sahtml_element(struct str name); /* NULL: unknown; any case */

/* ---- sahtml.c ---- */

struct sahtml_count {
	size_t inside; /* of a tag: how many are open */
};

struct sahtml_piece { /* of the rendered text */
	size_t end;
	bool whitespace, invisible;
	bool wide; /* characters, not octets */
};

struct sahtml_anchor {
	size_t uri; /* in uris */
	struct buf text;
};

struct sahtml {
	struct arena *arena;
	struct view_budget *left;
	struct buf text; /* rendered, UTF-8 */
	VEC(struct sahtml_piece) pieces;
	bool given_wide, wide; /* as it came; as it became by references */
	struct sahtml_styles styles;
	struct map *inside; /* tag, lower-cased, to struct sahtml_count */
	size_t in_a, in_script, in_style, in_title;

	VEC(struct view_html_uri) uris;
	struct map *uri_at; /* to its index + 1 */
	VEC(struct sahtml_anchor) anchors;
	struct str base;
	bool uri_truncated;

	VEC(struct str) comments, scripts, titles, anchor_texts, charsets;
	struct buf title;
	bool cut_seen[8][8]; /* octets before and behind a tag inside a word: seen so */
	size_t cut_kinds;
	size_t tags, tags_seen, elements, elements_seen, closed_extra, obfuscation;
	double image_area;
	bool font_low_contrast, font_invalid_color, font_face_bad, form_action_mailto, embeds;
	double length, html_length, non_space_len, ratio;
	bool has_ratio;
	bool unended; /* in a section not to be read: what is summed up at the end is not there */
};

/* text: UTF-8 without transfer encoding; octets: of it before it was made UTF-8. */
struct sahtml *sahtml_read(struct arena *a, struct str text, bool wide, size_t octets,
			   struct view_budget *left);

/* ---- sahtml_text.c ---- */

void sahtml_add_whitespace(struct sahtml *h, struct str space);
void sahtml_add_text(struct sahtml *h, struct str text, bool invisible, bool wide);
bool sahtml_is_blank(struct str s);
bool sahtml_is_invisible(struct sahtml *h); /* text with the style that is open */
/* Text that continues a word in front of the tag before it. */
void sahtml_note_cut_word(struct sahtml *h, struct str text);
void sahtml_count_characters(struct sahtml *h); /* of the rendered text */

/* ---- sahtml_uri.c ---- */

void sahtml_uris_of_tag(struct sahtml *h, struct str tag, struct str attrs);
/* The attribute of a tag (one that holds URIs) where its URI stands; absent: none. */
struct str sahtml_link(struct sahtml *h, struct str tag, struct str attrs);
struct str sahtml_canon_uri(struct sahtml *h, struct str uri);
size_t sahtml_uri(struct sahtml *h, struct str uri); /* its index in uris, now or before */
/* The URI that r, found in a document with that base, stands for. */
struct str sahtml_target(struct arena *a, struct str base, struct str r);
/* The first attribute of that name, references undone; absent: none. */
struct str sahtml_attribute(struct sahtml *h, struct str attrs, struct str name);

#endif
