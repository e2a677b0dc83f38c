/*
 * RFC 5322 address lists, the obsolete forms included (3.4, 4.4), with groups, comments and
 * internationalised addresses (RFC 6532). One strict grammar for every check: what is not in it is
 * said to be a syntax error at an offset; nothing is guessed.
 */
#ifndef MAIL_ADDR_H
#define MAIL_ADDR_H

#include "base/vec.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define ADDR_MAX_COMMENT_DEPTH 16u
#define ADDR_MAX_MAILBOXES 1000u

enum addr_flag {
	/* The list does not follow the grammar; mailboxes up to the fault are kept. */
	ADDR_F_SYNTAX = 1 << 0,
	ADDR_F_GROUP = 1 << 1, /* at least one group */
	ADDR_F_ROUTE = 1 << 2, /* an obsolete source route "<@a,@b:x@y>" */
	ADDR_F_QUOTED_LOCAL = 1 << 3,
	ADDR_F_COMMENT = 1 << 4,
	ADDR_F_OBSOLETE = 1 << 5, /* CFWS around dots or "@", empty list members, dots in phrases */
	ADDR_F_ENCODED_WORD_ADDR = 1 << 6, /* "=?" inside local part or domain */
	ADDR_F_CONTROL = 1 << 7,	   /* NUL or another control character */
	ADDR_F_8BIT = 1 << 8,
	ADDR_F_INVALID_UTF8 = 1 << 9,
	ADDR_F_LITERAL = 1 << 10,   /* a domain literal "[192.0.2.1]" */
	ADDR_F_NO_DOMAIN = 1 << 11, /* "<root>", or "root" alone */
	ADDR_F_LIMIT = 1 << 12, /* comments too deep (then also SYNTAX), or too many mailboxes */
	/* Legal, and read in different ways by different programs: CFWS inside local@domain, a
	 * comment between "<" and ">", one of @ < > , ; (or a wide "@") in a local part. */
	ADDR_F_SPLIT = 1 << 13,
};

struct mailbox {
	struct str raw;	    /* the mailbox's octets in the field */
	struct str display; /* phrase, quotes and backslashes removed, words joined by one blank;
			       encoded words NOT decoded */
	struct str local;   /* local part, unquoted */
	struct str domain;  /* as written, CFWS removed; "" if none; literals with their brackets */
	unsigned flags;	    /* enum addr_flag of this mailbox */
};

struct addr_list {
	VEC(struct mailbox) v;
	unsigned flags; /* of all mailboxes and the list together */
	size_t groups;
	size_t at; /* with ADDR_F_SYNTAX: offset of the fault in the value */
};

/* Reads a field's value (folds and all). Slices of the result point into value or the arena. */
void addr_parse(struct arena *a, struct str value, struct addr_list *out);

/*
 * An SMTP path as MAIL FROM brings it: raw octets, with or without angle brackets (RFC 5321 4.1.2).
 * "" and "<>": null sender, ok with empty local and domain. A source route is skipped (RFC 5321
 * F.2, flagged). The split is at the last "@" outside quotes; with more than one "@" there the flag
 * is ADDR_F_SYNTAX. Dots may stand anywhere in the local part, as they do in the world. False: not
 * a path (white space, controls, comments, unbalanced brackets or quotes); then box->raw only.
 */
bool addr_path(struct arena *a, struct str path, struct mailbox *box);

#pragma GCC visibility pop

#endif
