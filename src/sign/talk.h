/*
 * What the keeper and who asks it say to each other: packets over a SOCK_SEQPACKET, each a type,
 * the number that its question came with, and the fields of its type. Integers are big-endian,
 * texts have their length before them.
 */
#ifndef SIGN_TALK_H
#define SIGN_TALK_H

#include "sign/keys.h"

#define TALK_MAX 8192u	    /* octets of a packet */
#define TALK_PATH_MAX 4096u /* octets of a path */
#define TALK_PUBLIC_MAX 1024u
#define TALK_FAULT_MAX 1024u /* more is cut */
#define TALK_NAME_MAX 253u

enum talk_type {
	TALK_FILE,   /* index, path: one of the files to hold */
	TALK_KEEP,   /* key (its id): held, and to be held on */
	TALK_LOAD,   /* index: so many files were said; they are read now */
	TALK_RESULT, /* index, ok, key, fault: of a file */
	TALK_LOADED, /* ok, fault: new signers hold what was read */
	TALK_MAKE,   /* key (type and bits), domain, selector */
	TALK_WIPE,   /* domain, selector */
	TALK_DONE,   /* ok, key, fault: of TALK_MAKE and TALK_WIPE */
	TALK_TYPES
};

struct talk {
	enum talk_type type;
	uint64_t number;
	uint32_t index;
	bool ok;
	struct sign_key key;
	struct str path, domain, selector, fault;
};

struct str talk_format(struct arena *a, const struct talk *t);
/* Fields that are not its type's are zero; texts point into the packet. False: no packet. */
bool talk_parse(struct str packet, struct talk *t);

/*
 * Both wait until deadline_ms (clock_mono_ms) at most. talk_receive: octets of the packet, which is
 * at most TALK_MAX (a longer one is read as a length over that); 0: the other end is closed. -1
 * and *e.
 */
int talk_send(int fd, struct str packet, uint64_t deadline_ms, struct err *e);
int talk_receive(int fd, char in[TALK_MAX], uint64_t deadline_ms, struct err *e);

/* Whether they are labels in lower case between dots, of letters, digits, "-" and "_", no more than
 * 253 octets: they become the names of a directory and a file. Whatever keyring_name_ok takes is
 * good. */
bool talk_name_ok(struct str name);

#endif
