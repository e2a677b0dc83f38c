/* Files that are told apart by what is inside: zip, compound files, programs of Windows. */
#include "mail/file/bytes.h"
#include "mail/file/type_magic.h"

/* ---- zip (APPNOTE 4.3.7) by the names of its first entries ---- */

#define ZIP_HEAD 30u
#define ZIP_NAMES 40u /* entries looked at */

enum place { WHOLE, BEGIN, END, STORED /* the content of "mimetype" begins so */ };

static const struct file_type zip = { "application/zip", "zip", FILE_ARCHIVE };

static const struct {
	enum place place;
	struct str text;
	struct file_type type;
} zip_rows[] = {
#define OOX "application/vnd.openxmlformats-officedocument."
	{ STORED, STR("application/epub+zip"), { "application/epub+zip", "epub", FILE_DOCUMENT } },
	{ STORED,
	  STR("application/vnd.oasis.opendocument.text"),
	  { "application/vnd.oasis.opendocument.text", "odt", FILE_DOCUMENT } },
	{ STORED,
	  STR("application/vnd.oasis.opendocument.spreadsheet"),
	  { "application/vnd.oasis.opendocument.spreadsheet", "ods", FILE_DOCUMENT } },
	{ STORED,
	  STR("application/vnd.oasis.opendocument.presentation"),
	  { "application/vnd.oasis.opendocument.presentation", "odp", FILE_DOCUMENT } },
	{ STORED,
	  STR("application/vnd.oasis.opendocument.graphics"),
	  { "application/vnd.oasis.opendocument.graphics", "odg", FILE_DOCUMENT } },
	{ STORED,
	  STR("application/vnd.oasis.opendocument."),
	  { "application/vnd.oasis.opendocument", "odf", FILE_DOCUMENT } },
	{ STORED, STR("application/hwp+zip"), { "application/hwp+zip", "hwpx", FILE_DOCUMENT } },
	{ BEGIN, STR("word/"), { OOX "wordprocessingml.document", "docx docm", FILE_DOCUMENT } },
	{ BEGIN, STR("xl/"), { OOX "spreadsheetml.sheet", "xlsx xlsm xlsb", FILE_DOCUMENT } },
	{ BEGIN,
	  STR("ppt/"),
	  { OOX "presentationml.presentation", "pptx pptm ppsx", FILE_DOCUMENT } },
	{ BEGIN, STR("visio/"), { "application/vnd.ms-visio.drawing", "vsdx", FILE_DOCUMENT } },
	{ WHOLE,
	  STR("FixedDocumentSequence.fdseq"),
	  { "application/vnd.ms-xpsdocument", "xps oxps", FILE_DOCUMENT } },
	{ WHOLE,
	  STR("AndroidManifest.xml"),
	  { "application/vnd.android.package-archive", "apk", FILE_EXECUTABLE } },
	{ WHOLE,
	  STR("classes.dex"),
	  { "application/vnd.android.package-archive", "apk", FILE_EXECUTABLE } },
	{ WHOLE, STR("AppxManifest.xml"), { "application/appx", "appx msix", FILE_EXECUTABLE } },
	{ WHOLE,
	  STR("AppManifest.xaml"),
	  { "application/x-silverlight-app", "xap", FILE_EXECUTABLE } },
	{ BEGIN, STR("Payload/"), { "application/x-ios-app", "ipa", FILE_EXECUTABLE } },
	{ WHOLE, STR("extension.vsixmanifest"), { "application/vsix", "vsix", FILE_EXECUTABLE } },
	{ WHOLE, STR("install.rdf"), { "application/x-xpinstall", "xpi", FILE_EXECUTABLE } },
	{ WHOLE,
	  STR("META-INF/MANIFEST.MF"),
	  { "application/java-archive", "jar war ear", FILE_EXECUTABLE } },
	{ WHOLE, STR("doc.kml"), { "application/vnd.google-earth.kmz", "kmz", FILE_DOCUMENT } },
	{ BEGIN, STR("3D/"), { "model/3mf", "3mf", FILE_DOCUMENT } },
	{ WHOLE,
	  STR("Index/Document.iwa"),
	  { "application/vnd.apple.iwork", "pages numbers key", FILE_DOCUMENT } },
	{ END, STR(".nuspec"), { "application/x-nuget", "nupkg", FILE_ARCHIVE } },
	{ WHOLE,
	  STR("[Content_Types].xml"),
	  { "application/vnd.openxmlformats-package", "docx xlsx pptx", FILE_DOCUMENT } },
};

#define ZIP_ROWS (sizeof zip_rows / sizeof *zip_rows)

static bool zip_row_fits(size_t i, struct str name, struct str content)
{
	switch (zip_rows[i].place) {
	case WHOLE:
		return str_eq(name, zip_rows[i].text);
	case BEGIN:
		return str_starts(name, zip_rows[i].text);
	case END:
		return str_iends(name, zip_rows[i].text);
	default:
		return str_eq(name, STR("mimetype")) && str_starts(content, zip_rows[i].text);
	}
}

const struct file_type *file_type_of_zip(struct str octets)
{
	size_t at = 0, best = ZIP_ROWS;

	if (!octets_at(octets, 0, STR("PK\3\4")))
		return octets_at(octets, 0, STR("PK\5\6")) ||
				       octets_at(octets, 0, STR("PK\7\10")) ||
				       octets_at(octets, 0, STR("PK00"))
			       ? &zip
			       : NULL;
	for (size_t n = 0; n < ZIP_NAMES && octets_at(octets, at, STR("PK\3\4")); n++) {
		size_t names = le16(octets, at + 26), extra = le16(octets, at + 28), next;
		struct str name = str_sub(octets, at + ZIP_HEAD, names);
		struct str content = str_skip(octets, at + ZIP_HEAD + names + extra);
		for (size_t i = 0; i < best; i++)
			if (zip_row_fits(i, name, content))
				best = i;
		next = str_find(content, STR("PK\3\4"));
		if (next == SIZE_MAX)
			break;
		at = (size_t)(content.p - octets.p) + next;
	}
	return best < ZIP_ROWS ? &zip_rows[best].type : &zip;
}

/* ---- compound files (MS-CFB 2.6.1): names and class of the first directory sectors ---- */

#define OLE_HEAD 512u
#define OLE_ENTRY 128u
#define OLE_ENTRIES 64u

static const struct file_type ole = { "application/x-ole-storage", "", FILE_DOCUMENT };

static const struct {
	const char *name; /* of a stream or storage, or of the root's class */
	bool class;
	struct file_type type;
} ole_rows[] = {
	{ "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F",
	  true,
	  { "application/x-msi", "msi msp mst", FILE_EXECUTABLE } },
	{ "\x86\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F",
	  true,
	  { "application/x-msi", "msi msp mst", FILE_EXECUTABLE } },
	{ "\x82\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F",
	  true,
	  { "application/x-msi", "msi msp mst", FILE_EXECUTABLE } },
	{ "__properties_version1.0", false, { "application/vnd.ms-outlook", "msg", FILE_MESSAGE } },
	{ "WordDocument", false, { "application/msword", "doc dot", FILE_DOCUMENT } },
	{ "Workbook", false, { "application/vnd.ms-excel", "xls xlt xla", FILE_DOCUMENT } },
	{ "Book", false, { "application/vnd.ms-excel", "xls", FILE_DOCUMENT } },
	{ "PowerPoint Document",
	  false,
	  { "application/vnd.ms-powerpoint", "ppt pps pot", FILE_DOCUMENT } },
	{ "VisioDocument", false, { "application/vnd.visio", "vsd", FILE_DOCUMENT } },
	{ "HwpSummaryInformation", false, { "application/x-hwp", "hwp", FILE_DOCUMENT } },
	{ "FileHeader", false, { "application/x-hwp", "hwp", FILE_DOCUMENT } },
	{ "Quill", false, { "application/x-mspublisher", "pub", FILE_DOCUMENT } },
	{ "EncryptedPackage",
	  false,
	  { "application/x-ooxml-encrypted", "docx xlsx pptx", FILE_DOCUMENT } },
	{ "Catalog", false, { "image/x-thumbs-db", "db", FILE_UNKNOWN } },
	{ "MatOST", false, { "application/vnd.ms-works", "wps", FILE_DOCUMENT } },
	{ "Props9", false, { "application/vnd.ms-project", "mpp", FILE_DOCUMENT } },
	{ "Contents", false, { "application/x-ole-storage", "", FILE_DOCUMENT } },
};

#define OLE_ROWS (sizeof ole_rows / sizeof *ole_rows)
#define CLASS_ID 16u

/* A directory entry's name in UTF-16 equals z (a control character in front is passed over). */
static bool ole_named(struct str entry, const char *z)
{
	size_t n = le16(entry, 64), from = 0;

	if (n < 2 || n > 64 || n % 2)
		return false;
	n -= 2;
	if (n && (unsigned char)entry.p[0] < 32 && entry.p[1] == 0)
		from = 2;
	for (; from < n && *z; from += 2, z++)
		if (entry.p[from] != *z || entry.p[from + 1] != 0)
			return false;
	return from == n && *z == '\0';
}

static bool ole_row_fits(size_t i, struct str entry)
{
	if (!ole_rows[i].class)
		return ole_named(entry, ole_rows[i].name);
	return entry.p[66] == 5 && memcmp(entry.p + 80, ole_rows[i].name, CLASS_ID) == 0;
}

const struct file_type *file_type_of_ole(struct str octets)
{
	size_t sector = le16(octets, 30) == 12 ? 4096 : 512, best = OLE_ROWS;
	size_t at = ((size_t)le32(octets, 48) + 1) * sector;

	for (size_t n = 0; n < OLE_ENTRIES; n++, at += OLE_ENTRY) {
		struct str entry = str_sub(octets, at, OLE_ENTRY);
		if (entry.n < OLE_ENTRY)
			break;
		for (size_t i = 0; i < best; i++)
			if (ole_row_fits(i, entry))
				best = i;
	}
	return best < OLE_ROWS ? &ole_rows[best].type : &ole;
}

/* ---- MZ (Microsoft PE format 2 and 3) ---- */

const struct file_type *file_type_of_pe(struct str octets)
{
	static const struct file_type program = { "application/x-msdownload", "exe scr com pif",
						  FILE_EXECUTABLE };
	static const struct file_type library = { "application/x-msdownload", "dll ocx cpl sys",
						  FILE_EXECUTABLE };
	static const struct file_type xll = { "application/x-xll", "xll", FILE_EXECUTABLE };
	static const struct file_type dos = { "application/x-dosexec", "exe com", FILE_EXECUTABLE };
	size_t at = le32(octets, 60);

	if (!octets_at(octets, at, STR("PE\0\0")))
		return octets.n >= 64 ? &dos : NULL;
	if (!(le16(octets, at + 22) & 0x2000))
		return &program;
	return str_find(octets, STR("xlAutoOpen")) != SIZE_MAX ? &xll : &library;
}
