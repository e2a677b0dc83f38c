/* The message divided as SpamAssassin divides it: what parts.c, ctype.c and transfer.c share. */
#ifndef MAIL_VIEW_PARTS_H
#define MAIL_VIEW_PARTS_H

#include "base/buf.h"
#include "mail/view/view_priv.h"

#define VIEW_MAX_PIECES 100u /* name*0, name*1, ... */

struct view_ctype {
	struct str type;		    /* "text/plain" where there is none */
	struct str boundary, charset, name; /* absent: none */
	bool missing;			    /* nothing that names a type */
};

/* ctype.c: of a decoded field value. */
struct view_ctype view_ctype(struct arena *a, struct str ct);
struct str view_disposition_name(struct str cd); /* absent: none */

/* transfer.c: transfer encodings undone. */
struct str view_qp(struct arena *a, struct str in);
struct str view_base64(struct arena *a, struct str in);

#endif
