/*
 * The structure of a message: parts, their declared nature, their octets decoded
 * (RFC 2045 to 2049, 2183, 2231; RFC 2047 and 6532 for names). Iterative, bounded, push-fed.
 *
 * Where two readers may see different things, that is a finding (mime_flag), and what either of
 * them sees is a part: the union of the readings is looked at. A part of a second reading is a
 * child of the part that is read again, whatever that is, and has MIME_F_ALTERNATE.
 */
#ifndef MAIL_MIME_MIME_H
#define MAIL_MIME_MIME_H

#include "mail/hdr.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define MIME_MAX_KEPT (10u * 1024u * 1024u) /* octets of the body kept from its beginning */
#define MIME_MAX_TAIL (256u * 1024u)	    /* and from its end, when it is longer */
#define MIME_MAX_DEPTH 32u
#define MIME_MAX_PARTS 1000u
#define MIME_MAX_BOUNDARY 256u /* octets */
#define MIME_MAX_PARAMS 64u    /* of one field */
#define MIME_MAX_SEGMENTS 100u /* of one parameter (RFC 2231) */
#define MIME_MAX_FIELDS 20000u /* of all parts; beyond them few of a part, and only MIME's own */

enum mime_encoding {
	MIME_7BIT,
	MIME_8BIT,
	MIME_BINARY,
	MIME_QP,
	MIME_BASE64,
	MIME_UU,
	MIME_UNKNOWN
};

/* Of the whole (mime.flags) and of a part. mime_flag_name() gives each as a word for people. */
enum mime_flag {
	MIME_F_TRUNCATED = 1 << 0,	/* the body is longer than what is kept */
	MIME_F_DEPTH = 1 << 1,		/* nested deeper than the limit: not looked into */
	MIME_F_PARTS = 1 << 2,		/* more parts, fields or second readings than the limit */
	MIME_F_DUP_HEADER = 1 << 3,	/* a MIME field stands twice */
	MIME_F_DUP_PARAM = 1 << 4,	/* a parameter stands twice with different values */
	MIME_F_BAD_TYPE = 1 << 5,	/* Content-Type does not parse */
	MIME_F_BAD_BOUNDARY = 1 << 6,	/* none, empty, too long, or with octets it may not have */
	MIME_F_BOUNDARY_CLASH = 1 << 7, /* equal to, or a beginning of, an enclosing one */
	MIME_F_UNCLOSED = 1 << 8,	/* no close delimiter */
	MIME_F_NO_PARTS = 1 << 9,	/* multipart without a single delimiter */
	MIME_F_AFTER_CLOSE = 1 << 10,	/* delimiters, or more than white space, after the close */
	MIME_F_BAD_ENCODING = 1 << 11,	/* unknown transfer encoding, or one not allowed there */
	MIME_F_BAD_BASE64 = 1 << 12,	/* octets outside the alphabet, padding not at the end */
	MIME_F_BAD_QP = 1 << 13,	/* "=" without two hex digits or a line end, end blanks */
	MIME_F_8BIT_IN_7BIT = 1 << 14,	/* octets over 127 in a part that says 7bit */
	MIME_F_NUL = 1 << 15,
	MIME_F_NO_VERSION = 1 << 16,  /* MIME fields without MIME-Version */
	MIME_F_HEADER_CUT = 1 << 17,  /* a part's header block ends in a line that is no field */
	MIME_F_ALTERNATE = 1 << 18,   /* this part exists only in a second reading */
	MIME_F_BAD_PARAM = 1 << 19,   /* broken RFC 2231, or an encoded word where none may be */
	MIME_F_BAD_CHARSET = 1 << 20, /* set by mime_text(): unknown or broken charset */
};

struct mime_param {
	struct str name;  /* lower case */
	struct str value; /* UTF-8: unquoted, RFC 2231 joined and decoded, RFC 2047 decoded where
			     others would */
};

struct mime_part {
	uint32_t index;	 /* in mime.parts */
	uint32_t parent; /* UINT32_MAX: the root */
	uint32_t depth;	 /* the root's is 0 */
	struct str path; /* IMAP's (RFC 3501 6.4.5): "1", "2.1"; "" for a root that is multipart;
			    "2~1" for the first second reading of part 2 */
	const struct hdr_list *headers; /* the root's are the message's */
	struct str type, subtype;	/* lower case; text/plain where there is none that parses */
	bool type_given;		/* a Content-Type stands there */
	VEC(struct mime_param) params;	/* of Content-Type */
	struct str charset;		/* as declared, lower case; absent: none */
	struct str boundary;
	enum mime_encoding encoding;
	struct str encoding_given; /* as declared; absent: none */
	struct str disposition;	   /* "attachment", "inline", ..., lower case; absent: none */
	struct str name; /* file name, UTF-8, from Content-Disposition, else from Content-Type;
			    absent: none */
	struct str other_name; /* of the other field, where it differs */
	struct str id;	       /* Content-ID without brackets; absent: none */
	size_t from, to;       /* its body's octets in mime.body */
	unsigned flags;	       /* enum mime_flag */
	bool message; /* message/rfc822 or /global: its one child's headers are that message's */
	bool multipart;
	struct mime_part_priv *priv;
};

struct mime {
	struct arena *arena;
	const struct hdr_list *headers;
	struct str body; /* kept octets: complete after mime_end(); where MIME_F_TRUNCATED,
			    beginning and end with nothing between */
	uint64_t octets; /* of the whole body */
	unsigned flags;	 /* those of all parts too */
	VEC(struct mime_part) parts; /* depth first, the root first */
	struct mime_priv *priv;
};

/* The top headers must be complete and outlive it. max_kept: 0 for MIME_MAX_KEPT. */
struct mime *mime_new(struct arena *a, const struct hdr_list *headers, size_t max_kept);
void mime_push(struct mime *m, struct str octets);
void mime_end(struct mime *m); /* parts are there from now on */

/* A part's body as it stands, without the line end that belongs to the delimiter. */
struct str mime_raw(const struct mime *m, const struct mime_part *p);

/* Its octets, transfer encoding undone; decoded once, then remembered. Multiparts: empty. Sets
 * flags of the part. */
struct str mime_data(struct mime *m, size_t index);

/* The same as UTF-8 without NUL, for text parts: by the declared charset, else by what the octets
 * are (text/charset.h). Remembered. */
struct str mime_text(struct mime *m, size_t index);

/* SHA-256 of mime_data(); remembered. */
const uint8_t *mime_sha256(struct mime *m, size_t index);

/* The parameter of that name; absent: none. */
struct str mime_param(const struct mime_part *p, struct str name);

/* "boundary-clash" and the like for one flag; NULL: no such flag. */
const char *mime_flag_name(unsigned flag);

/* ---- what field values are made of; mime/words.c, mime/param.c, mime/transfer.c ---- */

/* A field value with encoded words decoded to UTF-8 (RFC 2047, as lenient as mail programs are),
 * unfolded; raw octets over 127 are taken as UTF-8, else as ISO-8859-1. */
struct str mime_words(struct arena *a, struct str value);

/* type/subtype; parameters. False: does not parse (what could be read is there). */
bool mime_content_type(struct arena *a, struct str value, struct mime_part *p);

/* Transfer decoders on whole texts; *flags gets MIME_F_BAD_*. */
struct str mime_base64(struct arena *a, struct str in, unsigned *flags);
struct str mime_qp(struct arena *a, struct str in, unsigned *flags);
struct str mime_uu(struct arena *a, struct str in, unsigned *flags);

#pragma GCC visibility pop

#endif
