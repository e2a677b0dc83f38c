/*
 * A store served to other processes of this machine over a unix socket. The wire form of batches
 * and answers is store/wire.h; both ends are the same program, but the octets are checked.
 */
#ifndef STORE_SERVER_H
#define STORE_SERVER_H

#include "store/store.h"

struct store_server;

/* fd: a listening unix socket, not closed by us. */
struct store_server *store_server_new(struct loop *l, struct store *s, int fd);
void store_server_free(struct store_server *s);

#endif
