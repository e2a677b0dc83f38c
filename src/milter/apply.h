/*
 * A verdict played on an MTA: the one place where plain data becomes milter actions, and where
 * header values and replies are made safe to send.
 */
#ifndef MILTER_APPLY_H
#define MILTER_APPLY_H

#include "scan/verdict.h"

#define APPLY_MAX_NAME 255u  /* octets of a field's name */
#define APPLY_MAX_RCPT 1024u /* of an address with its angle brackets */
#define APPLY_MAX_REPLY 512u /* octets of reply text, after doubling of '%' */

enum apply_final { FINAL_ACCEPT, FINAL_REJECT, FINAL_TEMPFAIL, FINAL_DISCARD };

/* NUL-terminated: "550", "5.7.1", text of printable US-ASCII with every '%' doubled, as MTAs
 * that read it as a format expect. */
struct apply_reply {
	char code[4];
	char enhanced[12];
	char text[APPLY_MAX_REPLY + 1];
};

/* What an engine can do. All strings are followed by a NUL. False: refused (counted, not fatal). */
struct apply_ops {
	bool (*insert)(void *arg, unsigned index, struct str name, struct str value);
	bool (*erase)(void *arg, struct str name, unsigned index);
	bool (*add_rcpt)(void *arg, struct str rcpt);
	bool (*del_rcpt)(void *arg, struct str rcpt);
	bool (*quarantine)(void *arg, struct str reason);
	bool (*body)(void *arg, struct str chunk);
	/* reply: NULL for accept and discard. */
	void (*final)(void *arg, enum apply_final f, const struct apply_reply *reply);
};

struct apply_target {
	const struct apply_ops *ops;
	void *arg;
	unsigned actions; /* SMFIF_* that were negotiated: others are not sent */
	bool leadspc;	  /* SMFIP_HDR_LEADSPC: the MTA puts no blank after the colon */
};

/* Edits in their order (none for a message that is not taken), then the end. a: scratch. Returns
 * the number of edits that were not done: no right, refused, or not fit to be sent. */
size_t apply_verdict(struct arena *a, const struct verdict *v, const struct apply_target *t);

/* The reply of a verdict of action tempfail, greylist or reject, whatever was put in its fields. */
void apply_reply(const struct verdict *v, struct apply_reply *r);

/*
 * A field's value as the protocol wants it: LF before folds, no CR, no NUL, and no line end that is
 * not a fold (it gets a blank behind it), so that one field stays one field.
 */
struct str apply_header_value(struct arena *a, struct str value, bool leadspc);

#endif
