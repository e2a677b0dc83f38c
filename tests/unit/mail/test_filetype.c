/* File types: every row of the table is reached, containers, texts, and what a declared type may
 * be. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/file/type_magic.h"

#define Z8 "\0\0\0\0\0\0\0\0"
#define Z16 Z8 Z8
#define Z58 Z16 Z16 Z16 Z8 "\0\0"
#define ENTRY(name, n, data) "PK\3\4" Z16 "\0\0\0\0\0\0" n "\0\0\0" name data

static const struct {
	struct str in;
	const char *name;
	enum file_class class;
} types[] = {
	{ STR(""), "application/octet-stream", FILE_UNKNOWN },
	{ STR("\0\1\2\3\0\0"), "application/octet-stream", FILE_UNKNOWN },
	{ STR("Dear all,\n\nsee you tomorrow."), "text/plain", FILE_TEXT },
	{ STR("Gr\xc3\xbc\xc3\x9f"
	      "e"),
	  "text/plain", FILE_TEXT },
	{ STR("%PDF-1.7\n"), "application/pdf", FILE_DOCUMENT },
	{ STR("junk\r\n%PDF-1.7\n"), "application/pdf", FILE_DOCUMENT },
	{ STR("\xef\xbb\xbf <!-- a --> <!DOCTYPE HTML><html>"), "text/html", FILE_HTML },
	{ STR("\xff\xfe<\0h\0t\0m\0l\0>\0"), "text/html", FILE_HTML },
	{ STR("hello <html><body>x</body></html>"), "text/html", FILE_HTML },
	{ STR("<?xml version=\"1.0\"?>\n<svg xmlns='x'><script/></svg>"), "image/svg+xml",
	  FILE_IMAGE },
	{ STR("<html><head><HTA:APPLICATION ID=x>"), "application/hta", FILE_SCRIPT },
	{ STR("<?xml version='1.0'?><x/>"), "text/xml", FILE_TEXT },
	{ STR("[InternetShortcut]\r\nURL=file://x"), "application/x-mswinurl", FILE_SHORTCUT },
	{ STR("#!/bin/sh\nrm"), "text/x-shellscript", FILE_SCRIPT },
	{ STR("@echo off\r\nstart x"), "text/x-msdos-batch", FILE_SCRIPT },
	{ STR("Set x = CreateObject(\"WScript.Shell\")\r\nx.Run"), "text/vbscript", FILE_SCRIPT },
	{ STR("var a = new ActiveXObject(\"WScript.Shell\");"), "text/javascript", FILE_SCRIPT },
	{ STR("function f(a) { var b = a; return b; }\nf(1);"), "text/javascript", FILE_SCRIPT },
	{ STR("$x = New-Object System.Net.WebClient"), "text/x-powershell", FILE_SCRIPT },
	{ STR("Return-Path: <a@example.com>\r\n"), "message/rfc822", FILE_MESSAGE },
	{ STR("From: a@example.com\r\nTo: b\r\nSubject: x\r\nMIME-Version: 1.0\r\n"),
	  "message/rfc822", FILE_MESSAGE },
	{ STR("BEGIN:VCALENDAR\r\n"), "text/calendar", FILE_TEXT },
	{ STR("{\"a\": 1}"), "application/json", FILE_TEXT },
	/* programs */
	{ STR("MZ" Z58 "\x40\0\0\0"
	      "PE\0\0"
	      "\x4c\x01" Z16 "\x02\x01"),
	  "application/x-msdownload", FILE_EXECUTABLE },
	{ STR("MZ" Z58 "\x40\0\0\0"
	      "PE\0\0"
	      "\x4c\x01" Z16 "\x02\x21 xlAutoOpen"),
	  "application/x-xll", FILE_EXECUTABLE },
	{ STR("MZ" Z58 "\xff\xff\xff\xff"), "application/x-dosexec", FILE_EXECUTABLE },
	{ STR("MZ is a text"), "text/plain", FILE_TEXT },
	/* zip */
	{ STR("PK\5\6" Z16 "\0\0"), "application/zip", FILE_ARCHIVE },
	{ STR(ENTRY("a.txt", "\5", "hello")), "application/zip", FILE_ARCHIVE },
	{ STR(ENTRY("[Content_Types].xml", "\x13", "x") ENTRY("word/document.xml", "\x11", "y")),
	  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	  FILE_DOCUMENT },
	{ STR(ENTRY("[Content_Types].xml", "\x13", "x") ENTRY("xl/workbook.xml", "\x0f", "y")),
	  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", FILE_DOCUMENT },
	{ STR(ENTRY("[Content_Types].xml", "\x13", "x")), "application/vnd.openxmlformats-package",
	  FILE_DOCUMENT },
	{ STR(ENTRY("mimetype", "\x8", "application/epub+zip")), "application/epub+zip",
	  FILE_DOCUMENT },
	{ STR(ENTRY("mimetype", "\x8", "application/vnd.oasis.opendocument.textPK")),
	  "application/vnd.oasis.opendocument.text", FILE_DOCUMENT },
	{ STR(ENTRY("META-INF/MANIFEST.MF", "\x14", "") ENTRY("a.class", "\7", "")),
	  "application/java-archive", FILE_EXECUTABLE },
	{ STR(ENTRY("META-INF/MANIFEST.MF", "\x14", "") ENTRY("AndroidManifest.xml", "\x13", "")),
	  "application/vnd.android.package-archive", FILE_EXECUTABLE },
	{ STR("PK\3\4"), "application/zip", FILE_ARCHIVE },
	{ STR("PKs are nice"), "text/plain", FILE_TEXT },
	/* cut off compound file */
	{ STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/x-ole-storage", FILE_DOCUMENT },
};

static void test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const struct file_type *t = file_type_of(types[i].in);
		if (strcmp(t->name, types[i].name) != 0 || t->class != types[i].class)
			fail_msg("row %zu: %s, expected %s", i, t->name, types[i].name);
	}
}

/* A file made of nothing but a row's octets is of that row's type, and 150 types and more are
 * told apart. */
static void test_rows(void **state)
{
	struct arena *a = arena_new(0);
	struct map *names = map_new(a, false);
	const struct magic *m;

	(void)state;
	for (size_t i = 0; (m = magic_at(i)) != NULL; i++) {
		size_t first = m->at + m->octets.n, second = m->at2 + m->octets2.n;
		size_t n = (first > second ? first : second) + 600;
		char *p = arena_zalloc(a, n);
		memcpy(p + m->at, m->octets.p, m->octets.n);
		if (m->octets2.p)
			memcpy(p + m->at2, m->octets2.p, m->octets2.n);
		if (file_type_of(str_of(p, n)) != &m->type &&
		    strcmp(file_type_of(str_of(p, n))->name, m->type.name) != 0)
			fail_msg("row %zu: %s, expected %s", i, file_type_of(str_of(p, n))->name,
				 m->type.name);
		map_put(names, str_c(m->type.name), (void *)(uintptr_t)m);
	}
	assert_true(map_len(names) >= 150);
	arena_free(a);
}

/* The class of a compound file's root and the names of its streams. */
static void test_ole(void **state)
{
	static const struct {
		const char *stream, *class, *name;
	} rows[] = {
		{ "WordDocument", Z16, "application/msword" },
		{ "Workbook", Z16, "application/vnd.ms-excel" },
		{ "PowerPoint Document", Z16, "application/vnd.ms-powerpoint" },
		{ "__properties_version1.0", Z16, "application/vnd.ms-outlook" },
		{ "WordDocumen", Z16, "application/x-ole-storage" },
		{ "\x05HwpSummaryInformation", Z16, "application/x-hwp" },
		{ "x", "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F", "application/x-msi" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *p = calloc(1, 2048), *entry = p + 1024;
		size_t n = strlen(rows[i].stream);
		memcpy(p, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
		p[30] = 9;
		p[48] = 1;
		memcpy(entry, "R\0o\0", 4);
		entry[64] = 4;
		entry[66] = 5;
		memcpy(entry + 80, rows[i].class, 16);
		for (size_t k = 0; k < n; k++)
			entry[128 + 2 * k] = rows[i].stream[k];
		entry[128 + 64] = (char)(2 * n + 2);
		entry[128 + 66] = 2;
		assert_string_equal(file_type_of(str_of(p, 2048))->name, rows[i].name);
		for (size_t cut = 0; cut < 2048; cut += 7)
			file_type_of(str_of(p, cut));
		p[48] = p[49] = p[50] = p[51] = (char)0xff;
		assert_string_equal(file_type_of(str_of(p, 2048))->name,
				    "application/x-ole-storage");
		free(p);
	}
}

/* A fixed hard disk tells its kind in its last 512 octets. */
static void test_tail(void **state)
{
	char *p = calloc(1, 4096);

	(void)state;
	memcpy(p + 4096 - 512, "conectix", 8);
	assert_string_equal(file_type_of(str_of(p, 4096))->name, "application/x-vhd");
	memcpy(p + 4096 - 512, "koly\0\0\0\4", 8);
	assert_string_equal(file_type_of(str_of(p, 4096))->name, "application/x-apple-diskimage");
	free(p);
}

static const struct {
	struct str in;
	const char *declared;
	bool agrees;
} declared[] = {
	{ STR("%PDF-1"), "application/pdf", true },
	{ STR("%PDF-1"), "Application/X-PDF", true },
	{ STR("%PDF-1"), "application/octet-stream", true },
	{ STR("%PDF-1"), "image/jpeg", false },
	{ STR("%PDF-1"), "text/plain", false },
	{ STR("\xff\xd8\xff\xe0"), "image/jpg", true },
	{ STR("\xff\xd8\xff\xe0"), "image/png", false },
	{ STR("plain words"), "text/plain", true },
	{ STR("plain words"), "text/csv", true },
	{ STR("plain words"), "application/pgp-signature", true },
	{ STR("plain words"), "application/ld+json", true },
	{ STR("plain words"), "application/pdf", false },
	{ STR("plain words"), "message/delivery-status", true },
	{ STR("<html><body>"), "text/plain", false },
	{ STR("<html><body>"), "application/xhtml+xml", true },
	{ STR("<html><body>"), "application/pdf", false },
	{ STR("@echo off\n"), "text/plain", true },
	{ STR("MZ" Z58 "\x40\0\0\0"
	      "PE\0\0"),
	  "application/pdf", false },
	{ STR("MZ" Z58 "\x40\0\0\0"
	      "PE\0\0"),
	  "application/x-msdos-program", true },
	{ STR(ENTRY("a", "\1", "")), "application/x-zip-compressed", true },
	{ STR(ENTRY("a", "\1", "")), "application/pdf", false },
	{ STR(ENTRY("word/document.xml", "\x11", "")), "application/msword", true },
	{ STR(ENTRY("word/document.xml", "\x11", "")), "image/png", false },
	{ STR("\0\1\2\0"), "image/png", true }, /* nothing is known of it */
	{ STR("Rar!\x1a\x07\0"), "application/x-rar-compressed", true },
	{ STR("Rar!\x1a\x07\0"), "application/zip", false },
	{ STR("\0\0\0\x18"
	      "ftypisom"),
	  "audio/mp4", true },
	{ STR("\x1f\x8b\x08\0"), "application/x-gzip", true },
};

static void test_declared(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof declared / sizeof *declared; i++)
		if (file_type_agrees(file_type_of(declared[i].in), str_c(declared[i].declared)) !=
		    declared[i].agrees)
			fail_msg("row %zu: %s and %s", i, file_type_of(declared[i].in)->name,
				 declared[i].declared);
}

static void test_classes(void **state)
{
	(void)state;
	assert_string_equal(file_class_name(FILE_UNKNOWN), "unknown");
	assert_string_equal(file_class_name(FILE_DISK_IMAGE), "disk-image");
	assert_string_equal(file_class_name(FILE_CRYPTO), "crypto");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),	 cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ole),	 cmocka_unit_test(test_tail),
		cmocka_unit_test(test_declared), cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
