/*
 * The header block as a list of fields with their exact octets (RFC 5322 2.2), because signatures
 * are over octets. Nothing is decoded, unfolded or lower-cased here.
 */
#ifndef MAIL_HDR_H
#define MAIL_HDR_H

#include "base/vec.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* Limits (LIMITS 1): what is over them is counted and flagged, and not kept. */
#define HDR_MAX_FIELDS 2000u
#define HDR_MAX_FIELD (64u * 1024u)
#define HDR_MAX_BLOCK (1024u * 1024u)
#define HDR_MAX_NAME 255u
#define HDR_MAX_GONE 10000u /* dropped fields whose names are remembered */

struct hdr {
	struct str name; /* as received, without white space before the colon */
	struct str
		value;	/* everything after the colon, folds as CRLF WSP, without the final CRLF */
	struct str raw; /* the whole field: name, colon, value, CRLF */
	bool odd; /* white space stood before the colon, or the name has octets outside 33..126 */
};

/* A field that a limit kept out: it still counts when fields are numbered. */
struct hdr_gone {
	struct str name; /* cut to HDR_MAX_NAME */
	size_t before;	 /* it stood in front of v.p[before] */
};

enum hdr_flag {
	HDR_F_TOO_MANY = 1 << 0, /* more than HDR_MAX_FIELDS fields */
	HDR_F_TOO_LONG = 1 << 1, /* a field over HDR_MAX_FIELD, or a name over HDR_MAX_NAME */
	HDR_F_TOO_BIG = 1 << 2,	 /* the block over HDR_MAX_BLOCK */
	HDR_F_NO_COLON = 1 << 3, /* a line that is no field ended or broke the block (msg.h) */
	HDR_F_NUL = 1 << 4,	 /* a NUL somewhere in a field */
	HDR_F_BARE_CR = 1 << 5,	 /* a CR that no LF follows */
	HDR_F_8BIT = 1 << 6,	 /* octets over 127 */
	HDR_F_ODD_NAME = 1 << 7, /* some field is odd */
	HDR_F_LEADING_FOLD =
		1 << 8, /* the block begins with a folded line: no field to belong to */
};

struct hdr_list {
	struct arena *arena;
	VEC(struct hdr) v;	   /* in message order, top first */
	size_t octets;		   /* of all raw fields kept */
	size_t dropped;		   /* fields not kept because of a limit */
	VEC(struct hdr_gone) gone; /* the first HDR_MAX_GONE of them, in message order */
	/* What is not in v and that some reader may take for a From field: one that was dropped, a
	 * folded line in front of the first field, a line (after LF or a lone CR) inside a field.
	 */
	size_t hidden_from;
	unsigned flags; /* enum hdr_flag */
};

void hdr_init(struct hdr_list *h, struct arena *a);

/*
 * The name is want to a careless reader: equal in any case when all octets outside 33..126 and
 * whatever follows a colon are left out ("From ", "From\0", "\xa0from").
 */
bool hdr_like(struct str name, struct str want);

/* Counts a field that is not kept: flag says why, name (or its beginning) what it was. */
void hdr_drop(struct hdr_list *h, struct str name, unsigned flag);

/*
 * Appends a field. White space at the end of name is kept in raw only (odd). value is what stands
 * after the colon, leading white space included, as the milter protocol (SMFIP_HDR_LEADSPC) or a
 * file gives it; line ends inside may be LF or CRLF and are kept as CRLF; a line end at its very
 * end is dropped. The octets are copied. A field over a limit is not kept (flags and dropped say
 * so). Returns the field kept, or NULL.
 */
const struct hdr *hdr_add(struct hdr_list *h, struct str name, struct str value);

/* The i-th field of that name (any case), from the top, i from 0; NULL when there are fewer. */
const struct hdr *hdr_find(const struct hdr_list *h, struct str name, size_t i);
size_t hdr_count(const struct hdr_list *h, struct str name);

/* The value with every fold (CRLF before WSP) and the white space at both ends removed. Where
 * nothing is folded it points into v, else into the arena. */
struct str hdr_unfold(struct arena *a, struct str value);

#pragma GCC visibility pop

#endif
