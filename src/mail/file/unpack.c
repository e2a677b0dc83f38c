/* The one door to libarchive. */
#include "mail/file/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

struct unpack {
	struct arena *arena;
	struct archive *lib;
	locale_t utf8, before; /* libarchive makes names by the locale */
	bool skips;
};

static const struct {
	int (*format)(struct archive *);
	int (*filter)(struct archive *);
	bool skips;
} kinds[] = {
	[UNPACK_ZIP] = { archive_read_support_format_zip_seekable, NULL, true },
	[UNPACK_ZIP_STREAM] = { archive_read_support_format_zip_streamable, NULL, false },
	[UNPACK_7Z] = { archive_read_support_format_7zip, NULL, false },
	[UNPACK_RAR] = { archive_read_support_format_rar, NULL, false },
	[UNPACK_TAR] = { archive_read_support_format_tar, NULL, true },
	[UNPACK_CAB] = { archive_read_support_format_cab, NULL, false },
	[UNPACK_ISO] = { archive_read_support_format_iso9660, NULL, true },
	[UNPACK_LHA] = { archive_read_support_format_lha, NULL, true },
	[UNPACK_GZIP] = { NULL, archive_read_support_filter_gzip, false },
	[UNPACK_BZIP2] = { NULL, archive_read_support_filter_bzip2, false },
	[UNPACK_XZ] = { NULL, archive_read_support_filter_xz, false },
	[UNPACK_LZMA] = { NULL, archive_read_support_filter_lzma, false },
	[UNPACK_ZSTD] = { NULL, archive_read_support_filter_zstd, false },
};

static void choose(struct archive *lib, enum unpack_kind kind, bool one_file)
{
	if (kinds[kind].format)
		kinds[kind].format(lib);
	if (kind == UNPACK_RAR)
		archive_read_support_format_rar5(lib);
	if (kinds[kind].filter) {
		kinds[kind].filter(lib);
		if (!one_file)
			archive_read_support_format_tar(lib);
		archive_read_support_format_raw(lib);
	}
}

static struct unpack *finish(struct unpack *u)
{
	if (u->lib)
		archive_read_free(u->lib);
	if (u->utf8) {
		uselocale(u->before);
		freelocale(u->utf8);
	}
	return NULL;
}

struct unpack *unpack_open(struct arena *a, struct str octets, enum unpack_kind kind, bool one_file)
{
	struct unpack *u = ARENA_NEW(a, struct unpack);

	u->arena = a;
	u->skips = kinds[kind].skips;
	u->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (u->utf8)
		u->before = uselocale(u->utf8);
	u->lib = archive_read_new();
	if (!u->lib)
		return finish(u);
	choose(u->lib, kind, one_file);
	if (archive_read_open_memory(u->lib, octets.p, octets.n) != ARCHIVE_OK)
		return finish(u);
	return u;
}

enum unpack_result unpack_next(struct unpack *u, struct unpack_entry *e)
{
	struct archive_entry *entry;
	const char *name;
	int rc = archive_read_next_header(u->lib, &entry);

	if (rc == ARCHIVE_EOF)
		return UNPACK_END;
	if (rc < ARCHIVE_WARN)
		return UNPACK_BROKEN;
	name = archive_entry_pathname(entry);
	if (!name)
		name = archive_entry_pathname_utf8(entry);
	*e = (struct unpack_entry){
		.name = arena_dup(u->arena, str_c(name ? name : "")),
		.size = archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0
				? (uint64_t)archive_entry_size(entry)
				: UINT64_MAX,
		.encrypted = archive_entry_is_encrypted(entry) == 1,
		.directory = archive_entry_filetype(entry) == AE_IFDIR,
	};
	return UNPACK_ENTRY;
}

bool unpack_block(struct unpack *u, struct str *block)
{
	const void *p = NULL;
	size_t n = 0;
	la_int64_t at;
	int rc = archive_read_data_block(u->lib, &p, &n, &at);

	*block = str_of(p ? p : "", n);
	return rc == ARCHIVE_OK || (rc == ARCHIVE_WARN && n > 0);
}

bool unpack_skips(const struct unpack *u)
{
	return u->skips;
}

bool unpack_encrypted(struct unpack *u)
{
	return archive_read_has_encrypted_entries(u->lib) == 1;
}

bool unpack_is_tar(struct unpack *u)
{
	return (archive_format(u->lib) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
}

void unpack_close(struct unpack *u)
{
	finish(u);
}
