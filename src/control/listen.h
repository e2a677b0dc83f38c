/* The unix sockets that the supervisor listens at for the control process, and how to reach them.
 */
#ifndef CONTROL_LISTEN_H
#define CONTROL_LISTEN_H

#include <sys/types.h>

#include "base/err.h"
#include "conf/conf.h"

/* Where they are; state is a directory, absolute or not. NUL-terminated, in the arena. */
const char *control_store_path(struct arena *a, const char *state);
const char *control_path(struct arena *a, const struct conf *c, const char *state);

/* "0660" and the like. */
bool control_mode(struct str s, unsigned *mode);

#define CONTROL_PATH_MAX 108u /* of a unix socket, its NUL included */

struct control_socket {
	int fd;		  /* -1: none */
	const char *path; /* in the caller's arena */
	unsigned mode;
	const char *group; /* "": as it comes */
	uid_t uid;	   /* who it is given to; -1: nobody */
	gid_t gid;
};

/*
 * Makes, binds and listens: close-on-exec and non-blocking. A socket file at which nobody answers
 * is replaced, anything else is in the way. -1 and *e.
 */
int control_listen(struct control_socket *s, struct err *e);

/* Closes it; unlink_path: in the process that made it, at the end. */
void control_unlisten(struct control_socket *s, bool unlink_path);

/* A non-blocking connection, perhaps under way still; -1: errno says why. */
int control_dial(const char *path);

#endif
