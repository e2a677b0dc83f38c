/* Header fields as they are signed: which ones h= selects, and their canonical form. */
#ifndef AUTH_DKIM_CANON_H
#define AUTH_DKIM_CANON_H

#include "auth/dkim/body.h"
#include "base/buf.h"
#include "base/map.h"
#include "mail/hdr.h"

/* A header list with the fields of each name chained, so that a name costs one look-up however many
 * fields there are and however alike their names. */
struct canon_headers {
	const struct hdr_list *list;
	struct map *names;     /* struct canon_name of each, case folded */
	const uint32_t *above; /* of each field: the next one of its name upwards, + 1; 0: none */
};

void canon_headers_init(struct canon_headers *x, struct arena *a, const struct hdr_list *list);

/*
 * The fields that the n names select (RFC 6376 5.4.2): each name the lowest field of that name not
 * yet taken, NULL when there is none left; never self, the signature that is verified (3.5, h=).
 */
void canon_select(const struct canon_headers *x, const struct str *names, size_t n,
		  const struct hdr *self, const struct hdr **fields);

/* How many fields have that name. */
size_t canon_count(const struct canon_headers *x, struct str name);

/*
 * Appends a field in canonical form with its CRLF (RFC 6376 3.4.1, 3.4.2). Relaxed unfolds only
 * what is a fold: a CRLF without white space behind it stays, so that no line can be split off a
 * signed field.
 */
void canon_field(struct buf *out, const struct hdr *f, enum canon c);

/* Appends the signature field itself (3.7): without b, which is all that stands between "b=" and
 * the next ";" in f->value, and without the CRLF at its end. */
void canon_signature(struct buf *out, const struct hdr *f, struct str b, enum canon c);

/* SHA-256 of what a signature signs (3.7): the fields that the names select, then the signature
 * field self without b. */
struct str canon_digest(struct arena *a, struct crypto *c, const struct canon_headers *x,
			const struct str *names, size_t n, const struct hdr *self, struct str b,
			enum canon canon);

#endif
