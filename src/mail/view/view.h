/*
 * The message as SpamAssassin 4.0 shows it to its rules, byte for byte: what a pattern that was
 * written for it sees. Facts from its documentation (Mail::SpamAssassin::Conf) and behaviour.
 */
#ifndef MAIL_VIEW_VIEW_H
#define MAIL_VIEW_VIEW_H

#include "base/map.h"
#include "mail/content.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* Piece of a view that is matched by itself: a paragraph, a chunk, a field, a URL. */
struct view_line {
	struct str text;
	uint32_t part; /* UINT32_MAX: header fields */
	size_t offset; /* of text in the part's decoded text, where that can be said; SIZE_MAX */
};

struct view_lines {
	struct view_line *p;
	size_t n;
};

/* Who handed the message over, where that is known (a milter); else ip.family is 0 and everything
 * comes from the Received fields. */
struct view_client {
	struct ip ip;
	struct str rdns, helo, auth_user, by;
};

struct view_relay {
	struct str ip, rdns, helo, by, ident, id, auth, envfrom;
	bool msa, trusted, internal, ip_private;
	bool no_rdns; /* the MTA asked DNS for a name, and there was none */
};

struct view_net { /* of a list where the first that fits decides */
	struct cidr net;
	bool not ;
};

struct view_nets {
	const struct view_net *p;
	size_t n; /* 0: SpamAssassin's guess */
};

struct view_env { /* of the configuration; zero for its defaults */
	struct view_nets trusted, internal, msa;
	const struct str *originating; /* names of fields that hold the origin of mail */
	size_t noriginating;
	const struct psl *psl;
	/* The names of util_rb_tld, util_rb_2tld and util_rb_3tld, lower case, with any value; all
	 * NULL: psl says. */
	const struct map *tlds[3];
	/* redirector_pattern: where the first that fits uri captures text with a dot in it, that
	 * text is *target. NULL: none. */
	bool (*redirect)(const void *arg, struct str uri, struct str *target);
	const void *redirect_arg;
	bool raw_charset; /* normalize_charset 0 (4.0's default is 1) */
};

struct view_uri_host {
	struct str host, domain; /* lower case; the domain is the registered one */
};

struct view_uri {		 /* for uri_detail and the URI evals */
	struct str raw;		 /* as found */
	struct str type;	 /* "parsed", "a", "img", "unlinked", ... space between */
	struct str text;	 /* anchor texts, a line end between */
	const struct str *texts; /* each of them */
	size_t ntexts;
	struct view_lines cleaned;	   /* canonical forms, which the uri rules see too */
	struct str domain, host;	   /* of the last cleaned form; "" */
	const struct view_uri_host *hosts; /* of all forms, distinct */
	size_t nhosts;
};

struct view;

/* headers, content and client outlive it; mail_from absent: not known (then EnvelopeFrom comes from
 * the headers that SpamAssassin takes it from). */
struct view *view_new(struct arena *a, const struct view_env *env, const struct hdr_list *headers,
		      struct content *content, const struct view_client *client,
		      struct str mail_from);

const struct view_lines *view_body(struct view *v);    /* Subject, then rendered paragraphs */
const struct view_lines *view_rawbody(struct view *v); /* decoded text parts in chunks */
const struct view_lines *view_full(struct view *v);    /* the pristine message: one line */
const struct view_lines *view_uri(struct view *v);     /* every URI in every form */
const struct view_uri *view_uri_details(struct view *v, size_t *n);

/*
 * A header rule's text: name as in a rule ("Subject", "From:addr", "Received", "ALL",
 * "X-Spam-Relays-Untrusted", "ToCc", "MESSAGEID", "EnvelopeFrom", with ":raw", ":addr", ":name",
 * ":case", ":host", ...). Several fields of a name are joined by line ends, as SpamAssassin does.
 * Absent: there is none. Remembered by name.
 */
struct str view_header(struct view *v, struct str name);

/* The same before it is joined: one line a field, or an address, name, host of one. */
const struct view_lines *view_header_lines(struct view *v, struct str name);

/* mimeheader rules: one line a part that has the field. */
const struct view_lines *view_mimeheader(struct view *v, struct str name);

const struct view_relay *view_relays(struct view *v, size_t *n); /* newest first */
size_t view_relays_unparseable(struct view *v);

/* The same text views as the evals of SpamAssassin want them: the visible and the invisible part of
 * the rendered body. */
struct str view_body_visible(struct view *v);
struct str view_body_invisible(struct view *v);

/*
 * ---- facts of its HTML parser, one set a part, for html_* evals; sahtml_facts.c ----
 *
 * Numbers (html_test, html_range, html_eval): html (1), length (characters of the source),
 * html_length and non_space_len (of the rendered text), ratio (of the source that is not rendered),
 * image_area (square pixels of the images that say width and height), min_size, max_size (of
 * fonts), closed_extra_ratio (closing tags without an opening one, of all tags), bad_tag_ratio
 * (tags that are none, of all), non_element_ratio (the same of distinct ones), obfuscation_ratio
 * (tags inside words, of all), backhair_count (kinds of words cut by tags), font_low_contrast,
 * font_invalid_color, font_face_bad, form_action_mailto, embeds, uri_truncated (1 or not there).
 * Texts (html_text_match): title, comment, script, anchor, charset (of meta).
 */
struct sahtml;

size_t view_html_parts(struct view *v); /* that were rendered as HTML */
const struct sahtml *view_html_part(struct view *v, size_t i);

extern const char *const view_html_facts[]; /* the names of the numbers; the last is NULL */
/* False: the parser put nothing under that name. */
bool view_html_fact(const struct sahtml *h, struct str name, double *value);
const struct str *view_html_texts(const struct sahtml *h, struct str name, size_t *n);
/* The tag (lower case) stood in the part; *open: more opened than closed. */
bool view_html_inside(const struct sahtml *h, struct str tag, size_t *open);
/* An URI of that kind ("iframe", "img") stood in the part. */
bool view_html_has_uri_of(const struct sahtml *h, struct str tag);

#pragma GCC visibility pop

#endif
