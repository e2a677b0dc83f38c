/* The reading of one document: what html.c, open.c and link.c share. */
#ifndef MAIL_HTML_READER_H
#define MAIL_HTML_READER_H

#include "mail/html/html.h"
#include "mail/html/style.h"
#include "mail/html/text.h"

#define READER_MAX_LOST 8u

struct open {
	const struct tag *tag;
	struct str name;
	struct style style;
};

/* Where a link's text stands in the visible text. */
struct span {
	size_t from, to;
};

/* An open <a>. */
struct open_link {
	bool is_open, image_seen;
	size_t at;    /* in doc->links */
	size_t depth; /* elements open outside of it */
};

struct reader {
	struct arena *arena;
	struct html_doc *doc;
	struct html_lexer lexer;
	size_t n;	 /* open elements; the first is the root */
	size_t overflow; /* elements open beyond HTML_MAX_DEPTH */
	size_t foreign;	 /* svg and math elements open */
	size_t nlost;
	const struct tag *raw; /* of the last start tag */
	struct sheet *sheet;
	bool sheet_done; /* a second reading: all style elements are in the sheet */
	bool late_style; /* a style element came behind text */
	struct html_text visible, hidden, title;
	struct str comment;	/* the last one since visible text */
	bool empty;		/* a tag just opened, nothing in it */
	VEC(struct span) spans; /* of doc->links */
	struct open_link link;
	unsigned smuggling; /* enum smuggling_sign */
	struct style_maker maker;
	/* From here on not zero at first: what is used was written. */
	struct html_token token, inner; /* inner: of conditional comments */
	struct attrs attrs;
	struct open lost[READER_MAX_LOST]; /* formatting elements closed by accident */
	struct open open[HTML_MAX_DEPTH + 2];
	struct css_element path[HTML_MAX_DEPTH + 2];
};

static inline struct open *reader_top(struct reader *r)
{
	return &r->open[r->n - 1];
}

/* ---- open.c: the open elements ---- */

/* Closes what the start tag closes; formatting elements lost before come back if it is inline. */
void open_before(struct reader *r, const struct tag *tag);

/* The style of the new element in open[n]; push makes it the top. */
void open_style(struct reader *r, const struct tag *tag);
void open_push(struct reader *r);

/* A line ends where the style is that of the place. */
void open_line(struct reader *r, const struct style *style);

/* An end tag. */
void open_end(struct reader *r, const struct tag *tag, struct str name);

/* Before text that is seen or would be. */
void open_before_text(struct reader *r);

/* The end of the document. */
void open_finish(struct reader *r);

/* Inside svg or math, where elements are not HTML's. */
bool open_is_foreign(const struct reader *r);

/* ---- link.c: links, images, forms, scripts ---- */

/* Everything in a start tag that points elsewhere or does something; style: the element's. */
void link_tag(struct reader *r, const struct tag *tag, const struct style *style);

/* Of a tag in a conditional comment: only its links, as hidden ones. */
void link_hidden_tag(struct reader *r, const struct tag *tag, const struct attrs *at);

void link_close(struct reader *r);
void link_script(struct reader *r, struct str text);
void link_script_text(struct reader *r, struct str text); /* of a <script> */

/* The texts of links, the imports of the sheet, smuggling: when all is read. */
void link_finish(struct reader *r);

static inline void reader_trick(struct reader *r, enum html_trick t)
{
	r->doc->trick[t]++;
}

#endif
