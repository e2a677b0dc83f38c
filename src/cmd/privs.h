/* What a process gives up: user, capabilities, core files, new programs. */
#ifndef CMD_PRIVS_H
#define CMD_PRIVS_H

#include <sys/types.h>

#include "base/err.h"

struct privs {
	uid_t uid;
	gid_t gid;
	int change; /* 0: we are not root, there is nothing to give up */
};

/* The account of that name ("" picks "merlon", else "nobody"); only root needs one. */
int privs_find(const char *user, struct privs *out, struct err *e);

/* The one that holds private keys: of that name; "" picks "merlon-sign", else the daemon's. */
int privs_find_signer(const char *user, const struct privs *daemon, struct privs *out,
		      struct err *e);

/* Makes a directory that is that account's, in one that may belong to somebody else; one that is
 * there is left as it is. */
int privs_make_dir(const char *path, mode_t mode, const struct privs *p, struct err *e);

/* Does as that account what comes until privs_return: no link leads it where the account may not
 * go. */
int privs_lend(const struct privs *p, struct err *e);
void privs_return(const struct privs *p);

/* Becomes that account for good. */
int privs_drop(const struct privs *p, struct err *e);

/* No core files, no new privileges, no execve, ptrace or module loading from here on (LIMITS 3);
 * children inherit it. */
int privs_confine(struct err *e);

#endif
