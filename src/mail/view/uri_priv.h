/* Inside of the URI view: what its files share. */
#ifndef MAIL_VIEW_URI_PRIV_H
#define MAIL_VIEW_URI_PRIV_H

#include "mail/view/names.h"

#define VIEW_MAX_URIS 10000u   /* distinct URIs of a message */
#define VIEW_MAX_REDIRECTS 16u /* URIs inside one URI */
#define VIEW_MAX_URI_RUN 2048u /* octets after "http://" in text */
#define VIEW_MAX_MAIL_RUN 251u /* octets of either side of an address in text */

/* A piece of text that looks like a URI; uri_text.c. */
struct uri_found {
	struct str text;
	struct str host; /* of one without a scheme; else absent */
	bool mail;
	size_t end; /* where to look on */
};

/* The next one in s from octet `from` on; false: no more. */
bool uri_next(const struct view *v, struct str s, size_t from, struct uri_found *f);

/* The forms of a URI that programs may take it for, itself first; uri_clean.c. */
typedef VEC(struct str) uri_forms;
void uri_clean(const struct view *v, struct arena *a, struct str uri, uri_forms *out);

/* %XX of printable characters undone, odd octets outside of them encoded. */
struct str uri_recode(struct arena *a, struct str uri);
bool uri_has_escape(struct str s);

#endif
