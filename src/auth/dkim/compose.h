/* Signature fields as they are written: a list of tags in folded lines, which names h= has. */
#ifndef AUTH_DKIM_COMPOSE_H
#define AUTH_DKIM_COMPOSE_H

#include "auth/dkim/sign.h"

#define COMPOSE_LINE 77u /* octets of a line, without CRLF */
#define COMPOSE_TAGS 12u

/* Lines that are folded as they are written: value of one field. */
struct composer {
	struct buf out;
	size_t col; /* octets in the last line, the field's name counted */
};

void composer_begin(struct composer *w, struct arena *a, struct str field_name);
/* A piece that stays together, behind one blank (spaced) or nothing; on a new line if the last one
 * has no room for it. */
void composer_put(struct composer *w, struct str piece, bool spaced);

struct compose_tag {
	const char *name;
	struct str value; /* clean text; that of h= may be folded behind each ":" */
};

/* A value that lacks its signature: head ends in "b=", tail is what stands behind the signature.
 * The digest is made over head and tail with one blank between the colon and them. */
struct compose_value {
	struct str name, head, tail;
};

/*
 * Writes the tags in this order and "b" where it is among them (it has no value). plain: in
 * alphabetical order, each behind exactly one blank, without folds.
 */
void compose(struct arena *a, struct str field_name, const struct compose_tag *tag, size_t n,
	     bool plain, struct compose_value *out);

/* The value with its signature, folded unless plain. */
struct str compose_signed(struct arena *a, const struct compose_value *v, struct str signature,
			  bool plain);

/* The field, value behind one blank. */
struct hdr compose_field(struct arena *a, struct str name, struct str value);

struct compose_names {
	size_t n;
	struct str *name;
};

/*
 * The names of h=, at most DKIM_SIGN_MAX_H: From first, then the plan's, then also (absent: none),
 * each as often as there are such fields (and once more: oversign) while there is room. What
 * dkim_may_sign refuses in the plan and what the header list does not have whole is left out.
 * False: From is among that, or there are more of them than names (some verifiers count every From
 * as signed).
 */
bool compose_plan(struct arena *a, const struct canon_headers *headers,
		  const struct dkim_plan *plan, struct str also, struct compose_names *out);

/* SHA-256 over the fields of those names and this one, for its signature. */
struct str compose_digest(struct arena *a, struct crypto *c, const struct canon_headers *headers,
			  const struct compose_names *names, const struct compose_value *v,
			  enum canon canon);

/* d= and s= as they are written; *ok becomes false if they are no names with a key in DNS. */
void compose_key_name(struct arena *a, struct str *domain, struct str *selector, bool *ok);

/* "rsa-sha256", "relaxed/simple", "a:b:c". */
struct str compose_algorithm(enum key_type type);
struct str compose_canon(struct arena *a, enum canon head, enum canon body);
struct str compose_number(struct arena *a, int64_t n);
struct str compose_join(struct arena *a, const struct compose_names *names);

#endif
