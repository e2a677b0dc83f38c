/* File names: extensions, and every way of hiding them. */
#include "lib/test.h"

#include "base/arena.h"
#include "mail/file/file.h"

#define R FILE_NAME_RISKY
#define D FILE_NAME_DOUBLE
#define A FILE_NAME_ARCHIVE
#define M FILE_NAME_DOC_MACRO
#define B FILE_NAME_RTLO
#define I FILE_NAME_INVISIBLE
#define S FILE_NAME_SPACES
#define L FILE_NAME_LOOKALIKE
#define N FILE_NAME_ARCHIVE_IN_ARCHIVE
#define P FILE_NAME_PATH
#define V FILE_NAME_DISK_IMAGE

static const struct {
	struct str in;
	const char *base, *ext, *ext2;
	unsigned flags;
} names[] = {
	{ STR(""), "", "", "", 0 },
	{ STR("report.pdf"), "report.pdf", "pdf", "", 0 },
	{ STR("README"), "README", "", "", 0 },
	{ STR(".profile"), ".profile", "", "", 0 },
	{ STR("a.b.pdf"), "a.b.pdf", "pdf", "b", 0 },
	{ STR("setup.EXE"), "setup.EXE", "exe", "", R },
	{ STR("invoice.pdf.exe"), "invoice.pdf.exe", "exe", "pdf", R | D },
	{ STR("invoice.v2.exe"), "invoice.v2.exe", "exe", "v2", R },
	{ STR("photo.jpg.scr"), "photo.jpg.scr", "scr", "jpg", R | D },
	{ STR("order.docm"), "order.docm", "docm", "", M },
	{ STR("order.xll"), "order.xll", "xll", "", R | M },
	{ STR("order.lnk"), "order.lnk", "lnk", "", R },
	{ STR("order.tar.gz"), "order.tar.gz", "gz", "tar", A },
	{ STR("order.zip.rar"), "order.zip.rar", "rar", "zip", A | N },
	{ STR("scan.iso"), "scan.iso", "iso", "", V },
	{ STR("scan.pdf.iso"), "scan.pdf.iso", "iso", "pdf", V | D },
	/* Windows drops dots and blanks at the end */
	{ STR("setup.exe. ."), "setup.exe. .", "exe", "", R },
	/* right-to-left override: "annexe" + "cod.exe" reads "annexeexe.doc" */
	{ STR("ann\xe2\x80\xae"
	      "cod.exe"),
	  "anncod.exe", "exe", "", R | B },
	{ STR("a\xe2\x81\xa6.txt"), "a.txt", "txt", "", B },
	{ STR("a\xe2\x80\x8b.e\xc2\xadxe"), "a.exe", "exe", "", R | I },
	{ STR("a\0.exe"), "a.exe", "exe", "", R | I },
	{ STR("a.pdf             .exe"), "a.pdf             .exe", "exe", "pdf", R | D | S },
	{ STR("a.pdf .exe"), "a.pdf .exe", "exe", "pdf", R | D | S },
	{ STR("a\xe2\x80\x83\xe2\x80\x83\xe2\x80\x83\xe2\x80\x83\xe2\x80\x83\xe2\x80\x83\xe2\x80"
	      "\x83"
	      "\xe2\x80\x83"
	      "b.txt"),
	  "a        b.txt", "txt", "", S },
	{ STR("my report.pdf"), "my report.pdf", "pdf", "", 0 },
	/* letters of other scripts */
	{ STR("a.\xd0\xb5xe"), "a.\xd0\xb5xe", "\xd0\xb5xe", "", L },
	{ STR("a.\xef\xbd\x85xe"), "a.\xef\xbd\x85xe", "\xef\xbd\x85xe", "", L },
	{ STR("a\xef\xbc\x8e"
	      "exe"),
	  "a\xef\xbc\x8e"
	  "exe",
	  "exe", "", L | R },
	{ STR("\xd0\xbe\xd1\x82\xd1\x87\xd0\xb5\xd1\x82.pdf"),
	  "\xd0\xbe\xd1\x82\xd1\x87\xd0\xb5\xd1\x82.pdf", "pdf", "", 0 },
	{ STR("\xe8\xaf\xb7.\xe6\x96\x87\xe6\xa1\xa3"), "\xe8\xaf\xb7.\xe6\x96\x87\xe6\xa1\xa3",
	  "\xe6\x96\x87\xe6\xa1\xa3", "", 0 },
	/* paths */
	{ STR("../../etc/cron.d/x.sh"), "x.sh", "sh", "", R | P },
	{ STR("C:\\Users\\a.exe"), "a.exe", "exe", "", R | P },
	{ STR("dir/a.txt"), "a.txt", "txt", "", 0 },
	{ STR("/a.txt"), "a.txt", "txt", "", P },
	{ STR("\\\\host\\share\\a.txt"), "a.txt", "txt", "", P },
	{ STR("..."), "...", "", "", 0 },
	{ STR("\xff\xfe.exe"), "\xff\xfe.exe", "exe", "", R },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct arena *a = arena_new(0);
		struct file_name f = file_name_read(a, names[i].in);
		if (f.flags != names[i].flags || !str_eq(f.base, str_c(names[i].base)) ||
		    !str_eq(f.ext, str_c(names[i].ext)) || !str_eq(f.ext2, str_c(names[i].ext2)))
			fail_msg("row %zu: \"%.*s\" \"%.*s\" \"%.*s\" %u, expected flags %u", i,
				 STR_ARG(f.base), STR_ARG(f.ext), STR_ARG(f.ext2), f.flags,
				 names[i].flags);
		arena_free(a);
	}
}

static void test_flag_names(void **state)
{
	(void)state;
	assert_string_equal(file_name_flag_name(FILE_NAME_RISKY), "risky");
	assert_string_equal(file_name_flag_name(FILE_NAME_ARCHIVE_IN_ARCHIVE),
			    "archive-in-archive");
	assert_string_equal(file_name_flag_name(FILE_NAME_DISK_IMAGE), "disk-image");
	assert_null(file_name_flag_name(2048));
	assert_null(file_name_flag_name(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_flag_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
