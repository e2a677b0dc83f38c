/* Messages from files, directories, mailboxes and standard input, fed to scans. */
#ifndef CMD_SOURCE_H
#define CMD_SOURCE_H

#include "scan/scan.h"

/* The envelope of a message from a file. mail_from absent: the message's Return-Path, or else the
 * null sender. */
struct envelope {
	struct ip ip;
	struct str helo, mail_from;
	struct str host;	   /* the client's name by reverse DNS; absent: none */
	struct str tls, auth_user; /* absent: clear text, not authenticated */
	const struct str *rcpt;
	size_t nrcpt;
};

/* One message's octets, with the name it is shown under. */
typedef void source_fn(void *arg, struct str name, struct str octets);

/*
 * Calls fn for each message at path: a file, "-" (standard input), a mailbox (mbox: messages begin
 * at "From " lines after an empty line), or every file below a directory, in order of name; what is
 * no file there (a device, a socket) is passed over.
 * Octets are valid during the call. -1 and *e: cannot be read; the messages before it were given.
 */
int source_each(const char *path, source_fn *fn, void *arg, struct err *e);

/* A whole file into memory that free() gives back. */
int source_read(const char *path, char **p, size_t *n, struct err *e);

/* Starts a scan of a message; done is called as scan_eom says. */
struct scan *source_scan(const struct scan_env *env, const struct envelope *env_from,
			 struct str octets, unsigned flags, scan_done_fn *done, void *arg);

#endif
