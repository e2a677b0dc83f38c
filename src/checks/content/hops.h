/* The way a message says it came: its Received fields, read once. */
#ifndef CHECKS_CONTENT_HOPS_H
#define CHECKS_CONTENT_HOPS_H

#include "mail/received.h"
#include "scan/scan.h"

#define HOPS_MAX 100u /* Received fields that are looked at */

struct hops {
	struct received *p;
	size_t n;
	size_t found, unparsed; /* of the first HOPS_MAX */
};

/* The date of the first Received field that has one; 0: none. */
int64_t hops_newest(const struct scan *s);

#endif
