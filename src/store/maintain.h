/* What is done to the SQLite file of a store from the command line, also while a daemon has it. */
#ifndef STORE_MAINTAIN_H
#define STORE_MAINTAIN_H

#include "base/arena.h"
#include "base/err.h"

#define MAINTAIN_FAULTS_MAX 20u

/*
 * All of it is read: pages, indexes, and whether sets and logs hold what their heads say. *fault:
 * what is wrong, a line each, at most MAINTAIN_FAULTS_MAX. -1 and *e: it cannot be opened.
 */
int maintain_check(struct arena *a, const char *path, struct str **fault, size_t *n, struct err *e);

/* Removes what is over at now_ms, a small transaction at a time. -1 and *e: not all of it. */
int maintain_expire(const char *path, int64_t now_ms, uint64_t *gone, struct err *e);

#endif
