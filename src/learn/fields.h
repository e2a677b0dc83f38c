/* Header fields: what each is to the classifier. */
#ifndef LEARN_FIELDS_H
#define LEARN_FIELDS_H

#include "mail/hdr.h"

enum field_use {
	FIELD_READ,
	FIELD_ORIGIN,  /* Received: only the lowest of them is read, where the message came from */
	FIELD_DATE,    /* view C reads the end of the time, view S nothing */
	FIELD_LIST,    /* says what List-Id says already: not read */
	FIELD_ADDED,   /* by a delivery, or a signature: not read */
	FIELD_IGNORED, /* how others judged the message, or ours: not read */
};

enum field_use field_use(struct str name);

/* The fields that are read, in order: headers->v.p[i] for each i of out, which has room for all.
 * Returns how many. */
size_t fields_read(const struct hdr_list *headers, size_t *out);

#endif
