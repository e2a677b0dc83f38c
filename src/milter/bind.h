/* Addresses of listening sockets as Sendmail writes them, and the sockets themselves. */
#ifndef MILTER_BIND_H
#define MILTER_BIND_H

#include "io/address.h"
#include "milter/milter.h"

/*
 * "inet:PORT@ADDRESS" (ADDRESS an IPv4 or IPv6 address or localhost; without @ADDRESS: all),
 * "inet6:PORT@ADDRESS", "unix:/path", "local:/path" or "/path".
 */
int bind_parse(struct str text, struct address *a, struct err *e);

/* Fills l->fd; see milter_bind. */
int bind_listen(struct milter_listener *l, struct err *e);

/* Gives a unix socket that somebody else has made at one path its group and mode, and moves it to
 * another, in place of what is there. */
int bind_adopt(struct milter_listener *l, const char *from, const char *to, struct err *e);

#endif
