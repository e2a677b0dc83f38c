/* The tags of DKIM-Signature, ARC-Message-Signature and ARC-Seal fields. */
#ifndef AUTH_DKIM_SIGNATURE_H
#define AUTH_DKIM_SIGNATURE_H

#include "auth/dkim/body.h"
#include "mail/hdr.h"

enum signature_kind { SIG_DKIM, SIG_AMS, SIG_AS };
enum arc_cv { CV_NONE, CV_PASS, CV_FAIL };

struct signature {
	const struct hdr *field;
	const char *fault;     /* what is wrong with it; NULL: well-formed */
	struct str domain;     /* d=, domain_read form; absent if unreadable */
	struct str selector;   /* s=, lower case; absent if unreadable */
	const char *query;     /* the name of its key in DNS; NULL without the two above */
	struct str identity;   /* i= as written, or "@" d= (DKIM); absent if unreadable */
	bool own_domain;       /* the domain of i= is d= itself */
	const char *algorithm; /* NULL if unknown */
	enum key_type type;
	enum canon head, body;
	uint64_t length;  /* l=, or BODY_NO_LIMIT */
	struct str b_raw; /* what stands behind "b=" in the field's value */
	struct str b8;	  /* first 8 characters of it that are not white space */
	struct str b, bh; /* decoded */
	struct str h;	  /* the text */
	size_t nh;
	struct str *name;  /* in it */
	int64_t t, x;	   /* 0 if absent, INT64_MAX if too large to be a date */
	bool expires;	   /* x= is there, be it 0 */
	unsigned instance; /* i= of ARC; 0 if unreadable */
	enum arc_cv cv;	   /* of a seal */
};

/*
 * Reads the field, as strictly as RFC 6376 6.1.1 wants it; goes on after a fault so that as much as
 * can be read is there to be shown. Slices point into the field or the arena.
 */
void signature_read(struct arena *a, enum signature_kind kind, const struct hdr *f,
		    struct signature *s);

/* How often h= has the name of a field. */
size_t signature_names(const struct signature *s, struct str name);

/* i= of an ARC field (RFC 8617 4.2.1): 1 to 50, or 0. */
unsigned signature_instance(struct str text);

#endif
