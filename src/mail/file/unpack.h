/*
 * The one door to libarchive: an archive in memory, entry by entry, block by block. The caller
 * counts octets and time between the calls; no call inflates more than a block. (A header of its
 * own, because libarchive and file.h both have a struct archive.)
 */
#ifndef MAIL_FILE_UNPACK_H
#define MAIL_FILE_UNPACK_H

#include "base/arena.h"

enum unpack_kind {
	UNPACK_ZIP,	   /* by its central directory */
	UNPACK_ZIP_STREAM, /* by its local headers */
	UNPACK_7Z,
	UNPACK_RAR,
	UNPACK_TAR,
	UNPACK_CAB,
	UNPACK_ISO,
	UNPACK_LHA,
	UNPACK_GZIP, /* these hold a tar, or one file */
	UNPACK_BZIP2,
	UNPACK_XZ,
	UNPACK_LZMA,
	UNPACK_ZSTD
};

enum unpack_result { UNPACK_ENTRY, UNPACK_END, UNPACK_BROKEN };

struct unpack_entry {
	struct str name; /* octets as they stand there */
	uint64_t size;	 /* UINT64_MAX: not said */
	bool encrypted, directory;
};

struct unpack;

/* NULL: it is not that. one_file: what a compressor holds is no tar. Closed by unpack_close. */
struct unpack *unpack_open(struct arena *a, struct str octets, enum unpack_kind kind,
			   bool one_file);
enum unpack_result unpack_next(struct unpack *u, struct unpack_entry *e);
/* The next block of the entry's octets; false: no more (or they cannot be read). */
bool unpack_block(struct unpack *u, struct str *block);
/* The next entry can be reached without inflating the rest of this one. */
bool unpack_skips(const struct unpack *u);
bool unpack_encrypted(struct unpack *u);
bool unpack_is_tar(struct unpack *u);
void unpack_close(struct unpack *u);

#endif
