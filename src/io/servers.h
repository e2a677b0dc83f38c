/* Which DNS servers a resolver asks: from the configuration, else from resolv.conf(5). */
#ifndef IO_SERVERS_H
#define IO_SERVERS_H

#include "base/err.h"
#include "base/ip.h"

#define SERVERS_MAX 3u /* as the system's own resolver */

struct server {
	char text[80]; /* "192.0.2.1@53", "fe80::1%2@53" */
};

struct servers {
	struct server s[SERVERS_MAX];
	size_t n;
};

/* "ADDR" or "ADDR@PORT", an IPv6 ADDR with "%ZONE" if need be. -1 and *e: it is not. */
int server_parse(struct str text, struct server *out, struct err *e);

/* All of list (at most SERVERS_MAX, or it is an error). */
int servers_parse(const struct str *list, size_t n, struct servers *out, struct err *e);

/* The first SERVERS_MAX nameserver lines of the file; -1 and *e: no file, or none in it. */
int servers_load(const char *path, struct servers *out, struct err *e);

#endif
