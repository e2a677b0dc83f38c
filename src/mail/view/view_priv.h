/* The views' inside: what the files of this room share. */
#ifndef MAIL_VIEW_VIEW_PRIV_H
#define MAIL_VIEW_VIEW_PRIV_H

#include "mail/view/view.h"

#define VIEW_MAX_LINE 2048u		   /* octets of a line of body; rawbody: up to twice that */
#define VIEW_MAX_BODY_PART 50000u	   /* characters of a part that body rules see, nearly */
#define VIEW_MAX_RAW_PART 500000u	   /* octets of a part that rawbody rules see, nearly */
#define VIEW_MAX_PARTS 1000u		   /* children of one multipart */
#define VIEW_MAX_ALL_PARTS 5000u	   /* in sum */
#define VIEW_MAX_DEPTH 20u		   /* multiparts and messages inside one another */
#define VIEW_MAX_VALUE 8192u		   /* octets of a field's value in a message's header */
#define VIEW_MAX_PART_VALUE 65536u	   /* and in a part's */
#define VIEW_MAX_HTML (4u * 1024u * 1024u) /* octets of HTML that are read in all parts */
#define VIEW_MAX_TOKENS 200000u		   /* texts, tags and comments of them */
#define VIEW_MAX_URI 8192u		   /* octets of a URI in HTML */

/* A field of a part. */
struct view_field {
	struct str name;
	struct str raw;	    /* after the colon; lines end in LF; with the final LF */
	struct str decoded; /* view_decode_value() of it; absent: not yet */
};

/* A URI that the HTML parser met; the target of a relative one is worked out with the base. */
struct view_html_uri {
	struct str uri;
	unsigned types;		 /* enum view_html_type bits; 0: only anchor text is known of it */
	VEC(struct str) anchors; /* text of each <a> that has it; "<img>\n" stands for an image */
};

enum view_html_type { /* the tag a URI was in; view_html_type_name() */
		      VIEW_HTML_A = 1 << 0,
		      VIEW_HTML_AREA = 1 << 1,
		      VIEW_HTML_LINK = 1 << 2,
		      VIEW_HTML_IMG = 1 << 3,
		      VIEW_HTML_FRAME = 1 << 4,
		      VIEW_HTML_IFRAME = 1 << 5,
		      VIEW_HTML_EMBED = 1 << 6,
		      VIEW_HTML_SCRIPT = 1 << 7,
		      VIEW_HTML_FORM = 1 << 8,
		      VIEW_HTML_BASE = 1 << 9,
		      VIEW_HTML_BGSOUND = 1 << 10,
		      VIEW_HTML_META = 1 << 11,
		      VIEW_HTML_BODY = 1 << 12,
		      VIEW_HTML_TABLE = 1 << 13,
		      VIEW_HTML_TR = 1 << 14,
		      VIEW_HTML_TD = 1 << 15,
};
#define VIEW_HTML_TYPES 16

/* A part of the message as SpamAssassin divides it; parts.c. */
struct view_part {
	uint32_t parent, depth;
	uint32_t mime;	 /* the part of content->mime with the same octets; UINT32_MAX: none */
	struct str type; /* "text/plain" */
	struct str charset, name; /* of Content-Type (and Content-Disposition); absent */
	struct str boundary;
	bool leaf;
	VEC(struct view_field) fields; /* the root's are the message's */
	struct str raw;		       /* LF; leaves only */
	struct str decoded;	       /* transfer encoding undone; view_part_decoded() */
	bool has_decoded, has_rendered;
	struct str rendered, visible, invisible; /* UTF-8; view_part_render() */
	bool wide, visible_wide, invisible_wide; /* the text is characters, not octets */
	bool is_text;				 /* it is rendered at all */
	struct sahtml *html;			 /* NULL: was no HTML */
};

enum view_broken {			    /* how the message is divided */
		   VIEW_NO_PART_FIELDS = 1, /* a delimiter that no field follows */
		   VIEW_NO_SEPARATOR = 2,   /* fields of a part end in no blank line */
		   VIEW_EPILOGUE = 4,	    /* something but dots behind the last delimiter */
};

/* What may still be read of HTML. */
struct view_budget {
	size_t octets, tokens, uris; /* uris: octets of absolute ones */
	bool over;
};

struct view {
	struct arena *arena;
	struct view_env env;
	const struct hdr_list *headers;
	struct content *content;
	const struct view_client *client; /* NULL: not known */
	struct str mail_from;

	unsigned broken;	 /* enum view_broken; of the parts */
	struct view_part *parts; /* depth first, the root first; NULL: not divided yet */
	size_t nparts;
	bool rendered, rawed;
	struct view_budget left;
	struct view_lines body, rawbody, full;
	struct str visible, invisible;

	struct view_head *head;	  /* header.c */
	struct view_trace *trace; /* relays.c */
	struct view_uris *uris;	  /* uri.c */
};

/* CRLF to LF. */
struct str view_lf(struct arena *a, struct str s);
/* UTF-8 of characters up to U+00FF as their octets; s itself if it has others. */
struct str view_octets(struct arena *a, struct str s);

/* parts.c */
const struct view_part *view_parts(struct view *v, size_t *n);
struct str view_part_decoded(struct view *v, struct view_part *p);
/* The last field of that name, decoded ("" when there is none); *found may be NULL. */
struct str view_part_field(struct view *v, struct view_part *p, struct str name, bool *found);

/* body.c: text or message by what SpamAssassin takes it for. */
bool view_part_is_text(const struct view_part *p);

/* body.c: renders all text parts, so that their html is there. */
void view_render(struct view *v);

/*
 * header.c: a field's value as rules see it without ":raw": folds to one space, trimmed, encoded
 * words decoded to UTF-8 (not in fields that never hold any), 8-bit octets made UTF-8. raw has LF
 * line ends. No line end at the end.
 */
struct str view_decode_value(struct arena *a, struct str name, struct str raw);

/*
 * sacharset.c: octets of a declared charset to UTF-8, by SpamAssassin's order of trying: ASCII,
 * valid UTF-8, the declared one, windows-1252. insist: of an encoded word, where the declared one
 * is taken even if octets of it are bad. *wide (may be NULL): it became characters; else these are
 * the octets as they stood.
 */
struct str view_charset(struct arena *a, struct str in, struct str charset, bool insist,
			bool *wide);

/* The URIs of the part's HTML, each once. */
const struct view_html_uri *view_html_uris(const struct view_part *p, size_t *n);
const struct view_html_uri *sahtml_uris(const struct sahtml *h, size_t *n);
const char *view_html_type_name(unsigned bit); /* "img" */

#endif
