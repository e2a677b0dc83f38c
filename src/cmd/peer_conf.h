/*
 * The configuration files of OpenDKIM, OpenDMARC and OpenARC, which have one form: a name, white
 * space and a value on each line, from "#" on a comment; Include reads another file in its place.
 */
#ifndef CMD_PEER_CONF_H
#define CMD_PEER_CONF_H

#include "base/err.h"
#include "base/vec.h"

#define PEER_BYTES_MAX (1u << 20) /* of all files of a configuration */
#define PEER_LINE_MAX 8192u	  /* octets of a line */
#define PEER_LINES_MAX 10000u	  /* lines that say something */
#define PEER_DEPTH_MAX 5u	  /* of Include, as theirs */

enum peer_status { PEER_OPEN, PEER_TAKEN, PEER_ALREADY, PEER_LOST };

struct peer_directive; /* of peer_table.h */

struct peer_line {
	const char *file;
	int line;
	struct str name, value; /* trimmed; value "": none */
	/* what became of it: */
	enum peer_status status;
	bool matters;			  /* PEER_LOST: the site would notice */
	const char *option;		  /* PEER_TAKEN: ours; else NULL */
	struct str reason;		  /* a remark, or why it was not taken; absent */
	const struct peer_directive *row; /* NULL: the program has no such directive */
};

struct peer_conf {
	VEC(struct peer_line) lines; /* in the order in which they are read */
	size_t bytes;
};

/* Where Include finds a file: the octets and a name for it, which live as long as the arena. -1 and
 * *e, which names the file. */
typedef int peer_open_fn(struct arena *a, const char *from, struct str path, struct str *octets,
			 const char **name, struct err *e);

/* Reads octets as the file name. open NULL: an Include is a line as any other. -1 and *e
 * ("file:line: ..."): over a limit, or a file that is not there. */
int peer_conf_parse(struct arena *a, const char *name, struct str octets, peer_open_fn *open,
		    struct peer_conf *out, struct err *e);

/* The same of files; a relative Include is one beside the file that it stands in. */
int peer_conf_load(struct arena *a, const char *path, struct peer_conf *out, struct err *e);

#endif
