/* Archives through libarchive: which reader for which type, and how far each may go. */
#include "base/buf.h"
#include "mail/file/archive_priv.h"
#include "mail/file/bytes.h"
#include "mail/file/unpack.h"

#define SNIFFED 64u			 /* entries whose octets are looked at */
#define MAX_7Z_HEADER (512u * 1024u)	 /* of its list, unpacked; 1,000 names take 200 KiB */
#define MAX_WINDOW (64u * 1024u * 1024u) /* a decompressor's dictionary */
#define MAX_RELS (256u * 1024u)

static const struct {
	const char *type, *format;
	enum unpack_kind kind;
} readers[] = {
	{ "application/x-7z-compressed", "7z", UNPACK_7Z },
	{ "application/vnd.rar", "rar", UNPACK_RAR },
	{ "application/x-tar", "tar", UNPACK_TAR },
	{ "application/vnd.ms-cab-compressed", "cab", UNPACK_CAB },
	{ "application/x-iso9660-image", "iso9660", UNPACK_ISO },
	{ "application/x-lha", "lha", UNPACK_LHA },
	{ "application/gzip", "gzip", UNPACK_GZIP },
	{ "application/x-bzip2", "bzip2", UNPACK_BZIP2 },
	{ "application/x-xz", "xz", UNPACK_XZ },
	{ "application/x-lzma", "lzma", UNPACK_LZMA },
	{ "application/zstd", "zstd", UNPACK_ZSTD },
};

/* ---- limits that libarchive does not have ---- */

/* A number of 7z: the count of leading ones of the first octet says how many octets follow. */
static uint64_t seven_number(struct str *s)
{
	unsigned char first = s->n ? (unsigned char)*s->p : 0, mask = 0x80;
	uint64_t v = 0;
	size_t n = 0;

	for (; mask && (first & mask); mask = (unsigned char)(mask >> 1), n++)
		if (n + 1 < s->n)
			v |= (uint64_t)(unsigned char)s->p[n + 1] << (8 * n);
	if (mask)
		v |= (uint64_t)(first & (mask - 1u)) << (8 * n);
	*s = str_skip(*s, n + 1);
	return v;
}

/* The list of a 7z is small enough, packed or not. A packed one says at its end what it becomes
 * (kCodersUnPackSize). */
static bool seven_fits(struct str s)
{
	struct str list = str_skip(s, 32 + (size_t)le32(s, 12));
	size_t n = le32(s, 20), at;

	if (le32(s, 16) || le32(s, 24) || n > MAX_7Z_HEADER)
		return false;
	list = str_sub(list, 0, n);
	if (!list.n || *list.p != 0x17)
		return true;
	for (at = 1; at < list.n; at++)
		if (list.p[at] == 0x0c) {
			struct str rest = str_skip(list, at + 1);
			if (seven_number(&rest) > MAX_7Z_HEADER && rest.n && *rest.p <= 0x0a)
				return false;
		}
	return true;
}

/* The window a zstd frame asks for (RFC 8878 3.1.1.1.2). */
static bool zstd_fits(struct str s)
{
	unsigned char how = s.n > 4 ? (unsigned char)s.p[4] : 0;
	unsigned char window = s.n > 5 ? (unsigned char)s.p[5] : 0;

	return how & 0x20 || window >> 3 <= 16;
}

static bool fits(enum unpack_kind kind, struct str octets)
{
	if (kind == UNPACK_7Z)
		return seven_fits(octets);
	if (kind == UNPACK_ZSTD)
		return zstd_fits(octets);
	if (kind == UNPACK_LZMA)
		return le32(octets, 1) <= MAX_WINDOW;
	return true;
}

/* ---- entries ---- */

static bool container(const struct file_type *t)
{
	return t->class == FILE_ARCHIVE || t->class == FILE_DISK_IMAGE ||
	       str_istarts(str_c(t->name), STR("application/vnd.openxml")) ||
	       strcmp(t->name, "application/vnd.ms-visio.drawing") == 0 ||
	       strcmp(t->name, "application/java-archive") == 0;
}

static bool is_ole(struct str s)
{
	return str_starts(s, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
}

static bool is_zip(struct str s)
{
	return str_starts(s, STR("PK\3\4")) || str_starts(s, STR("PK\5\6")) ||
	       str_starts(s, STR("PK00PK\3\4")) || str_starts(s, STR("PK\7\10PK\3\4")) ||
	       archive_zip_at_end(s);
}

/* The rest of an entry behind its first block, as far as the limits go. */
static struct str read_all(struct lister *l, struct unpack *u, struct str first, uint64_t size)
{
	struct buf b = { .arena = l->scratch };
	struct str block;

	if (size < ARCHIVE_MAX_OUT && l->reserved + size < ARCHIVE_MAX_OUT) {
		buf_room(&b, (size_t)size + 1);
		l->reserved += (size_t)size;
	}
	buf_add(&b, first);
	while (!archive_spend(l, 0) && unpack_block(u, &block)) {
		if (archive_spend(l, block.n))
			break;
		buf_add(&b, block);
	}
	return buf_str(&b);
}

static void drain(struct lister *l, struct unpack *u)
{
	struct str block;

	while (unpack_block(u, &block))
		if (archive_spend(l, block.n))
			return;
}

static const struct file_type *look_at(struct lister *l, struct unpack *u,
				       const struct unpack_entry *e, uint32_t level)
{
	const struct file_type *t;
	struct str first = STR(""), whole;

	if (!unpack_block(u, &first)) {
		l->out->flags |=
			e->size && e->size != UINT64_MAX && !e->encrypted ? ARCHIVE_BROKEN : 0;
		return NULL;
	}
	if (archive_spend(l, first.n))
		return file_type_of(first);
	t = file_type_of(first);
	if (archive_is_rels(e->name)) {
		archive_judge_rels(l, str_sub(read_all(l, u, first, e->size), 0, MAX_RELS));
	} else if (is_ole(first) || container(t)) {
		if (t->class == FILE_ARCHIVE)
			l->out->flags |= ARCHIVE_NESTED;
		if (level >= ARCHIVE_MAX_LEVELS) {
			l->out->flags |= ARCHIVE_LIMIT;
		} else {
			whole = read_all(l, u, first, e->size);
			archive_later(l, whole, t, level + 1);
		}
	}
	if (t->class == FILE_EXECUTABLE)
		l->out->flags |= ARCHIVE_RISKY;
	return t;
}

/* False: nothing more is read. */
static bool take(struct lister *l, struct unpack *u, const struct unpack_entry *e, uint32_t level,
		 size_t number)
{
	const struct file_type *t = NULL;

	if (e->encrypted)
		l->out->flags |= ARCHIVE_ENCRYPTED;
	if (l->out->entries.n >= ARCHIVE_MAX_ENTRIES) {
		l->out->flags |= ARCHIVE_LIMIT;
		return false;
	}
	if (!e->encrypted && !e->directory && (number < SNIFFED || archive_is_rels(e->name)))
		t = look_at(l, u, e, level);
	archive_add(l, e->name, e->size, level, t);
	if (!unpack_skips(u) && !e->encrypted && !archive_spend(l, 0))
		drain(l, u);
	return !archive_spend(l, 0);
}

/* How many entries there were. */
static size_t read_through(struct lister *l, struct unpack *u, const struct archive_item *item)
{
	enum unpack_result r = UNPACK_END;
	struct unpack_entry e;
	size_t n = 0;

	while (!archive_spend(l, 0)) {
		r = unpack_next(u, &e);
		if (r != UNPACK_ENTRY || !take(l, u, &e, item->level, n++))
			break;
	}
	if (unpack_encrypted(u))
		l->out->flags |= ARCHIVE_ENCRYPTED;
	else if (r == UNPACK_BROKEN)
		l->out->flags |= ARCHIVE_BROKEN;
	if (n && unpack_is_tar(u) && item->level == 1)
		l->out->format = "tar";
	return n;
}

static size_t read_once(struct lister *l, const struct archive_item *item, enum unpack_kind kind,
			bool one_file)
{
	struct unpack *u = unpack_open(l->scratch, item->octets, kind, one_file);
	size_t n;

	if (!u) {
		l->out->flags |= ARCHIVE_BROKEN;
		return 0;
	}
	n = read_through(l, u, item);
	unpack_close(u);
	return n;
}

static size_t read_as(struct lister *l, const struct archive_item *item, enum unpack_kind kind)
{
	size_t n;

	if (!fits(kind, item->octets)) {
		l->out->flags |= ARCHIVE_LIMIT;
		return 0;
	}
	n = read_once(l, item, kind, false);
	/* zeros are the end of a tar to some and a file to others */
	if (n == 0 && kind >= UNPACK_GZIP)
		n = read_once(l, item, kind, true);
	return n;
}

static bool ooxml(const struct file_type *t)
{
	return str_istarts(str_c(t->name), STR("application/vnd.openxml")) ||
	       strcmp(t->name, "application/vnd.ms-visio.drawing") == 0;
}

static void read_zip(struct lister *l, const struct archive_item *item)
{
	if (item->level == 1)
		l->out->format = ooxml(item->type) ? "ooxml" : "zip";
	switch (archive_zip_check(l, item)) {
	case ARCHIVE_ZIP_DIRECTORY:
		if (read_as(l, item, UNPACK_ZIP) > 0)
			break;
		__attribute__((fallthrough)); /* nothing by its directory */
	case ARCHIVE_ZIP_STREAM:
		read_as(l, item, UNPACK_ZIP_STREAM);
		break;
	case ARCHIVE_ZIP_LISTED:
		break;
	}
}

bool archive_read_items(struct lister *l, const struct archive_item *item)
{
	if (is_zip(item->octets)) {
		read_zip(l, item);
		return true;
	}
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (strcmp(readers[i].type, item->type->name) == 0) {
			if (item->level == 1)
				l->out->format = readers[i].format;
			read_as(l, item, readers[i].kind);
			return true;
		}
	if (item->type->class != FILE_ARCHIVE && item->type->class != FILE_DISK_IMAGE)
		return false;
	if (item->level == 1)
		l->out->format = item->type->name;
	l->out->flags |= ARCHIVE_UNSUPPORTED;
	return true;
}
