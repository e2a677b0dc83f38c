/* What is to be done with a message, as plain data. */
#ifndef SCAN_VERDICT_H
#define SCAN_VERDICT_H

#include "base/vec.h"

/* From weakest to strongest: where several apply, the strongest one is done. */
enum action {
	ACT_ACCEPT,
	ACT_TAG,
	ACT_GREYLIST,
	ACT_QUARANTINE,
	ACT_TEMPFAIL,
	ACT_REJECT,
	ACT_DISCARD,
};

const char *action_word(enum action a);

enum edit_op {
	EDIT_INSERT,	 /* header name: value before field number index of all (0: on top) */
	EDIT_DELETE,	 /* the index-th field of that name, from 1, as they stand at that moment */
	EDIT_QUARANTINE, /* value: the reason */
	EDIT_ADD_RCPT,	 /* value: an address in angle brackets */
	EDIT_DEL_RCPT,
	EDIT_REPLACE_BODY, /* value: the new body, CRLF */
};

struct edit {
	enum edit_op op;
	unsigned index;
	struct str name,
		value; /* header values: CRLF folds, no leading blank, no line end at the end */
};

struct symbol {
	struct str name;
	double score;
	struct str evidence; /* absent if there is nothing to say */
	struct str group;
};

struct smtp_reply {
	unsigned code;	     /* 250, 451, 550 */
	struct str enhanced; /* "5.7.1" */
	struct str text;     /* one line, printable US-ASCII */
};

/* Whether s is an enhanced status code of that class (RFC 3463 2): "5.7.1" of class '5'. */
bool reply_enhanced_ok(struct str s, char class);

struct verdict {
	enum action action;
	double score;
	double tag_at, reject_at;	   /* thresholds that applied */
	struct smtp_reply reply;	   /* for tempfail, greylist, reject */
	struct str authentication_results; /* exact value inserted; absent if none */
	struct str reason;	/* what decided, for the log: "score", "dmarc", "deadline" */
	VEC(struct edit) edits; /* in the order in which they are applied */
	VEC(struct symbol) symbols;
	VEC(struct str) subrules; /* names of those that hit and do not show (SCAN_F_SUBRULES) */
};

#endif
