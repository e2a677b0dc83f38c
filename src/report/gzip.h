/* Octets into a gzip member (RFC 1952) that says nothing of when and where it was made. */
#ifndef REPORT_GZIP_H
#define REPORT_GZIP_H

#include "base/arena.h"

/* The same octets give the same member: no name, no time. */
struct str gzip_write(struct arena *a, struct str octets);

#endif
