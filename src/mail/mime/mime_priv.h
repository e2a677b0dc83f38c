/* What the files of mime/ share: the state of a reading, and what is remembered of a part. */
#ifndef MAIL_MIME_MIME_PRIV_H
#define MAIL_MIME_MIME_PRIV_H

#include "mail/mime/mime.h"

#define MIME_MAX_ODD 2u /* further readings of one kind of one part */

struct mime_part_priv {
	struct hdr_list *fields;	/* NULL: the message's */
	struct str base;		/* what from and to count in; absent: mime.body */
	size_t header_from;		/* where its header block begins */
	struct str types[MIME_MAX_ODD]; /* other Content-Type values than the first */
	size_t types_n;
	struct str encodings[MIME_MAX_ODD]; /* other Content-Transfer-Encoding values */
	size_t encodings_n;
	size_t delimiters; /* seen, of a multipart */
	bool closed;
	bool loose;  /* a line began with the delimiter and went on */
	bool reread; /* made by a second reading: its fields were looked at before */
	bool nested; /* read as a container */
	bool has_data, has_text, has_sha;
	struct str data, text;
	uint8_t sha[32];
};

enum mime_state {
	MIME_S_HEADER, /* in the header block of part cur */
	MIME_S_BODY,   /* in the body of leaf cur */
	MIME_S_BETWEEN /* before the first delimiter, after the last, or what no part is kept of */
};

/* One reading of a range of octets, line by line. It holds no pointer into mime.parts. */
struct mime_scan {
	struct mime *m;
	struct str base;  /* may grow (and move) between calls */
	bool loose;	  /* a delimiter line may go on after the boundary */
	bool alternate;	  /* everything found exists in a second reading only */
	bool skip_bad;	  /* a line that is no field does not end a header block */
	size_t pos;	  /* the current line begins here */
	size_t seen;	  /* and has no line end before here */
	size_t lf, lf_to; /* the first LF at or after seen, if lf < lf_to; searched up to lf_to */
	size_t last_end;  /* where the text of the line before ended */
	enum mime_state state;
	uint32_t cur;
	size_t field_from, field_to;	   /* the field being read; field_from SIZE_MAX: none */
	uint32_t open[MIME_MAX_DEPTH + 1]; /* containers, outermost first */
	size_t open_n;
};

/* scan.c */

/* A new part under parent (UINT32_MAX: the root) in *index; false: the limit. */
bool mime_part_open(struct mime_scan *s, uint32_t parent, uint32_t *index);

/* A reading that begins in the body of part index, which mime_describe() has described. */
void mime_scan_body(struct mime_scan *s, uint32_t index, size_t from);

/* A reading that begins with the header block of part index. */
void mime_scan_header(struct mime_scan *s, uint32_t index, size_t from);

/* Takes all complete lines of base; final: all lines, and closes what is open. */
void mime_scan_run(struct mime_scan *s, bool final);

/* boundary.c */

enum mime_line { MIME_L_TEXT, MIME_L_DELIMITER, MIME_L_CLOSE };

/* What a line (without its end) that begins with "--" is, and for which of the open containers. */
enum mime_line mime_line_kind(struct mime_scan *s, struct str line, size_t *level);

/* describe.c */

/* Fills the part from its fields; parent may be NULL. */
void mime_describe(struct mime *m, struct mime_part *p, const struct mime_part *parent);

/* The same for one value of Content-Type; absent: none. */
void mime_describe_type(struct arena *a, struct mime_part *p, struct str value,
			const struct mime_part *parent);

/* The encoding that a value names; MIME_UNKNOWN: none. like: the one that it contains. */
enum mime_encoding mime_encoding_of(struct str value, enum mime_encoding *like);

/* Octets with that encoding undone. */
struct str mime_decode(struct arena *a, enum mime_encoding e, struct str in, unsigned *flags);

/* second.c: the further readings of all parts, appended to mime.parts. */
void mime_second(struct mime *m);

/* order.c: depth first, indexes and paths. */
void mime_order(struct mime *m);

/* keep.c: the octets kept. */
struct mime_keep {
	struct arena *arena;
	size_t max; /* of the beginning */
	char *p;    /* the beginning, with room for the end when it is full */
	size_t n, cap;
	char *tail; /* a ring of MIME_MAX_TAIL */
	size_t tail_at, tail_n;
	uint64_t octets;
};
void mime_keep_init(struct mime_keep *k, struct arena *a, size_t max);
void mime_keep_add(struct mime_keep *k, struct str s);
/* Puts the end behind the beginning. True: something between them was left out. */
bool mime_keep_end(struct mime_keep *k);

struct mime_priv {
	struct mime_keep keep;
	struct mime_scan scan;
	size_t budget; /* octets that second readings may still look at */
	size_t fields; /* of all parts so far, with those that were dropped */
};

/* The octets that p->from and p->to count in. */
static inline struct str mime_base(const struct mime *m, const struct mime_part *p)
{
	return p->priv->base.p ? p->priv->base : m->body;
}

/* uu.c: the next "begin 644 name" to "end" from *at on, where a line begins: the whole block, and
 * its name; *at is behind it. */
bool mime_uu_find(struct str text, size_t *at, struct str *block, struct str *name);

/* param.c */

/* A value as UTF-8: encoded words (*flags gets MIME_F_BAD_PARAM) and raw octets decoded. */
struct str mime_value(struct arena *a, struct str value, unsigned *flags);

/* The parameters of s, which begins after the type (or the disposition). */
void mime_params(struct arena *a, struct str s, struct mime_part *p, unsigned *flags);

#endif
