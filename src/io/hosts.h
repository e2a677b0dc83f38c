/* The names of the hosts file (hosts(5)), read once. */
#ifndef IO_HOSTS_H
#define IO_HOSTS_H

#include "base/ip.h"

#define HOSTS_MAX_OCTETS (1u << 20)
#define HOSTS_MAX_NAMES 20000u

struct hosts;

/* Of a file's text; lines that cannot be read are passed over, names past the limit left out. */
struct hosts *hosts_parse(struct arena *a, struct str text);

/* Of a file; one that cannot be read, or is too large, has no names. */
struct hosts *hosts_read(struct arena *a, const char *path);

/* Up to max addresses of a name, in the order of the file; how many. Letters in any case.
 * "localhost" and names under it (RFC 6761 section 6.3) are always known. */
size_t hosts_find(const struct hosts *h, struct str name, struct ip *out, size_t max);

#endif
