/*
 * Inside of Pyzor's digest. Its definition is a program: Python's email package divides the
 * message, Python's codecs decode it, Python's html.parser takes the text out of HTML. So what is
 * here reads as those of Python 3.11 do, their oddities included, and nothing else in the tree uses
 * it.
 */
#ifndef LEARN_DIGEST_PYZOR_PRIV_H
#define LEARN_DIGEST_PYZOR_PRIV_H

#include "base/buf.h"
#include "base/vec.h"
#include "learn/digest/pyzor.h"

#define PYZOR_MAX_DEPTH 100u   /* multiparts and messages inside one another; deeper is a leaf */
#define PYZOR_MAX_SEGMENTS 100 /* of one parameter (RFC 2231) */

/* ---- pyzor_type.c ---- */

struct pyzor_type {
	struct str main, sub;
	struct str charset; /* absent: none; as written */
	struct str boundary;
	bool has_boundary; /* it may be empty */
};

/* The value of a Content-Type field. */
void pyzor_type_read(struct arena *a, struct str value, struct pyzor_type *out);

/* White space of Python's str.strip() among the octets under 128. */
static inline bool pyzor_space(char c)
{
	return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' ');
}

/* Octets of the white space character that begins at p; 0: it is none. */
size_t pyzor_space_at(const char *p, const char *end);

/* Without white space (in UTF-8) at both ends. */
struct str pyzor_strip(struct str s);

/* ---- pyzor_mime.c ---- */

struct pyzor_part {
	struct pyzor_type type;
	struct str encoding; /* Content-Transfer-Encoding as written */
	struct str payload;
};

/* Calls fn for every part that holds octets and no parts, in order. Linear. */
typedef void pyzor_part_fn(void *arg, const struct pyzor_part *part);
void pyzor_parts(struct arena *a, struct str message, pyzor_part_fn *fn, void *arg);

/* ---- pyzor_transfer.c ---- */

/* The transfer encoding undone; the payload itself where there is none or it is broken. */
struct str pyzor_decode(struct arena *a, struct str encoding, struct str payload);

/* ---- pyzor_charset.c ---- */

/* What to do with octets that the charset does not have. */
enum pyzor_bad { PYZOR_IGNORE, PYZOR_REPLACE };

/* To UTF-8, NULs kept. Unknown names are ASCII. */
struct str pyzor_text(struct arena *a, struct str charset, struct str octets, enum pyzor_bad bad);

/* ---- pyzor_html.c ---- */

/* The pieces of text between tags, a blank between two. */
struct str pyzor_html(struct arena *a, struct str utf8);

/* ---- pyzor_lines.c ---- */

struct pyzor_line {
	size_t from, n; /* in text */
};

struct pyzor_lines {
	struct arena *arena;
	struct buf text;
	VEC(struct pyzor_line) v;
};

/* Adds what is left of each line of a part's text, where that is enough. */
void pyzor_lines_add(struct pyzor_lines *l, struct str utf8);

#endif
