/* What the listers of archives share: the list, what is still to be looked into, what is spent. */
#ifndef MAIL_FILE_ARCHIVE_PRIV_H
#define MAIL_FILE_ARCHIVE_PRIV_H

#include "mail/file/file.h"

#define ARCHIVE_MAX_QUEUE 64u		 /* containers inside, looked into in turn */
#define ARCHIVE_FREE_OUT (1024u * 1024u) /* before the ratio counts */

struct archive_item {
	struct str octets;
	const struct file_type *type;
	uint32_t level;
};

struct lister {
	struct arena *a;       /* of the list */
	struct arena *scratch; /* of what is inflated */
	struct archive *out;
	uint64_t began_us, made; /* CPU time; octets inflated */
	size_t given;		 /* octets of the file itself */
	size_t reserved;	 /* octets set aside for what is said to come */
	VEC(struct archive_item) queue;
};

/* n octets more were inflated. True: a limit is passed (flags say which), nothing more is read. */
bool archive_spend(struct lister *l, size_t n);

/* False: there are as many entries as may be. name in any charset, utf8 if it is known to be that.
 */
bool archive_add(struct lister *l, struct str name, uint64_t size, uint32_t level,
		 const struct file_type *type);
/* To be looked into, later; not copied. */
void archive_later(struct lister *l, struct str octets, const struct file_type *type,
		   uint32_t level);

/* archive_read.c: through libarchive. False: no such format. */
bool archive_read_items(struct lister *l, const struct archive_item *item);
/* A name of an OOXML or ODF entry says something by itself. */
void archive_judge_name(struct lister *l, struct str name);
/* A relationship file (ECMA-376 part 2, 9.3). */
void archive_judge_rels(struct lister *l, struct str xml);
bool archive_is_rels(struct str name);

/* archive_zip.c: a zip, whatever stands in front of it: a picture, a program that unpacks it. */
bool archive_zip_at_end(struct str octets);
/* The central directory against the local headers; what only one of them has is
 * added to the list, and so is everything where nobody else may look (too many entries). */
enum archive_zip { ARCHIVE_ZIP_LISTED, ARCHIVE_ZIP_DIRECTORY, ARCHIVE_ZIP_STREAM };
enum archive_zip archive_zip_check(struct lister *l, const struct archive_item *item);

/* ole.c */
void archive_ole(struct lister *l, const struct archive_item *item);

/* ole_vba.c: a module's source, decompressed (MS-OVBA 2.4.1), has a procedure that runs by itself.
 * Works on at most 1 MiB. */
struct str vba_decompress(struct arena *a, struct str in);
bool vba_runs_by_itself(struct str source);

#endif
