/* Attachments: what a file is by its octets, what its name says, what an archive holds. */
#ifndef MAIL_FILE_FILE_H
#define MAIL_FILE_FILE_H

#include "base/vec.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* ---- type.c: by magic octets, 150 types and more, from one table ---- */

enum file_class {
	FILE_UNKNOWN,
	FILE_TEXT,
	FILE_HTML,
	FILE_IMAGE,
	FILE_AUDIO,
	FILE_VIDEO,
	FILE_FONT,
	FILE_DOCUMENT,
	FILE_ARCHIVE,
	FILE_DISK_IMAGE,
	FILE_EXECUTABLE,
	FILE_SCRIPT,
	FILE_SHORTCUT,
	FILE_MESSAGE,
	FILE_CRYPTO
};

struct file_type {
	const char *name; /* media type: "application/pdf", "application/x-msdownload" */
	const char *ext;  /* usual extensions, space between; "" */
	enum file_class class;
};

/* Never NULL: "application/octet-stream" or "text/plain" when nothing fits. Looks at 64 KiB at
 * most. */
const struct file_type *file_type_of(struct str octets);

/* The declared media type may name what was found (aliases, generic types, text for text). */
bool file_type_agrees(const struct file_type *found, struct str declared);

const char *file_class_name(enum file_class c);

/* ---- name.c ---- */

enum file_name_flag {
	FILE_NAME_RISKY = 1,  /* runs when opened: exe, scr, js, lnk, ... (a table) */
	FILE_NAME_DOUBLE = 2, /* "invoice.pdf.exe": a harmless extension before a risky one */
	FILE_NAME_ARCHIVE = 4,
	FILE_NAME_DOC_MACRO = 8, /* docm, xlsm, xll, ... */
	FILE_NAME_RTLO = 16,	 /* right-to-left override or another bidi control */
	FILE_NAME_INVISIBLE =
		32,	       /* zero-width or default-ignorable characters, or control octets */
	FILE_NAME_SPACES = 64, /* long run of blanks, or blanks before the extension */
	FILE_NAME_LOOKALIKE = 128,	    /* letters of other scripts in the extension */
	FILE_NAME_ARCHIVE_IN_ARCHIVE = 256, /* "a.zip.rar" */
	FILE_NAME_PATH = 512,		    /* "../", a drive, a leading slash */
	FILE_NAME_DISK_IMAGE = 1024,	    /* iso, img, vhd, ... */
};

struct file_name {
	struct str base; /* without directories */
	struct str ext;	 /* last extension, lower case, without dot; "" */
	struct str ext2; /* the one before; "" */
	unsigned flags;
};

struct file_name file_name_read(struct arena *a, struct str utf8);

/* ---- archive.c: lists without unpacking to disk; ole.c for compound files ---- */

#define ARCHIVE_MAX_LEVELS 3u
#define ARCHIVE_MAX_ENTRIES 1000u
#define ARCHIVE_MAX_OUT (32u * 1024u * 1024u) /* octets inflated in sum */
#define ARCHIVE_MAX_RATIO 100u		      /* out for in, after the first MiB out */
#define ARCHIVE_MAX_CPU_US 200000u

enum archive_flag {
	ARCHIVE_ENCRYPTED = 1, /* an entry, or the list itself */
	ARCHIVE_BROKEN = 2,    /* the list ends in an error */
	ARCHIVE_LIMIT = 4,     /* one of the limits above */
	ARCHIVE_BOMB = 8,      /* the ratio */
	ARCHIVE_NESTED = 16,   /* an archive in an archive */
	ARCHIVE_RISKY = 32,    /* an entry that runs when opened */
	ARCHIVE_MACRO = 64,    /* OLE or OOXML with a macro project */
	ARCHIVE_AUTOEXEC =
		128, /* and a procedure that runs by itself (AutoOpen, Document_Open...) */
	ARCHIVE_EXTERNAL = 256,	  /* OOXML: template or object from outside */
	ARCHIVE_OLE_OBJECT = 512, /* embedded package */
	ARCHIVE_UNSUPPORTED = 1024,
	ARCHIVE_MISMATCH = 2048, /* two readers would list different things */
};

struct archive_entry {
	struct str name;	      /* UTF-8 */
	uint64_t size;		      /* UINT64_MAX: not said */
	uint32_t level;		      /* 1: in the archive itself */
	const struct file_type *type; /* NULL: not looked at */
	struct file_name parsed;
};

struct archive {
	const char
		*format; /* "zip", "7z", "rar", "tar", "gzip", "iso9660", "cab", "ole", "ooxml" */
	VEC(struct archive_entry) entries;
	unsigned flags; /* enum archive_flag */
};

/* NULL: not an archive. */
struct archive *archive_list(struct arena *a, struct str octets, const struct file_type *type);

/* "encrypted" and the like for one flag. */
const char *archive_flag_name(unsigned flag);
const char *file_name_flag_name(unsigned flag);

#pragma GCC visibility pop

#endif
