/* A store served at a socket in a directory of its own, on the loop of who asks, for tests. */
#ifndef TESTS_UNIT_STORE_SERVED_H
#define TESTS_UNIT_STORE_SERVED_H

#include "io/loop.h"
#include "store/server.h"

struct served {
	char dir[64], file[96], sock[96];
	int fd;
	struct store *inner; /* SQLite */
	struct store_server *server;
};

/* A directory with nothing in it yet, and names in it. */
void served_dir(struct served *s);
void served_open(struct served *s, struct loop *l);
void served_close(struct served *s); /* the socket stays, nobody listens */
void served_listen(struct served *s);
void served_remove(struct served *s); /* the directory; all is closed */

#endif
