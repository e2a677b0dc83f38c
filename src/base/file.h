/* Whole files into memory, and the paths that stand in them. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/err.h"

/*
 * All of a regular file of at most max octets, into the arena. -1 and *e, which does not name the
 * file: it cannot be opened or read, is no file, or is larger, which is known before it is read.
 */
int file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *e);

/* The same of an open one, from where it stands; it stays open. */
int file_read_fd(struct arena *a, int fd, size_t max, struct str *out, struct err *e);

/* The first line of a file of at most 4096 octets. A log line says that
 * everybody on the machine may read it, and which option names it. Otherwise as file_read. */
int file_secret(struct arena *a, const char *path, const char *option, struct str *out,
		struct err *e);

/* Whether everybody on the machine may read it: whoever keeps a secret in it should know. */
bool file_world_readable(const char *path);

/* A path that stands in the file from: relative to the directory of that. NUL-terminated. */
const char *file_beside(struct arena *a, const char *from, struct str path);

/*
 * Where a directory is that came with the program ("rules", "models"): beside the program or its
 * directory (a build tree), in share/merlon beside its directory (an installed tree, wherever it
 * was moved to), or where it was to be installed. A path that we may not look at is the answer if
 * there is no better one: its fault is to be told.
 */
const char *file_shipped(struct arena *a, const char *name);

#endif
