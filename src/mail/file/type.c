/* What a file is by its octets: the table of magic, then what is inside of containers, then text.
 */
#include "base/utf8.h"
#include "mail/file/bytes.h"
#include "mail/file/type_magic.h"

#define MAX_LOOK (64u * 1024u)
#define PDF_LOOK 1024u	/* "%PDF-" may stand that far inside */
#define TAIL 512u	/* of a disk image, where its kind stands at the end */
#define TEXT_LOOK 4096u /* octets that must be text for the whole to be that */

static const struct file_type unknown = { "application/octet-stream", "", FILE_UNKNOWN };
static const struct file_type pdf = { "application/pdf", "pdf", FILE_DOCUMENT };
static const struct file_type vhd = { "application/x-vhd", "vhd", FILE_DISK_IMAGE };
static const struct file_type dmg = { "application/x-apple-diskimage", "dmg", FILE_DISK_IMAGE };
const struct file_type file_type_plain = { "text/plain", "txt", FILE_TEXT };

static const struct file_type *by_magic(struct str s)
{
	const struct magic *m;

	for (size_t i = 0; (m = magic_at(i)) != NULL; i++)
		if (octets_at(s, m->at, m->octets) &&
		    (!m->octets2.p || octets_at(s, m->at2, m->octets2)))
			return &m->type;
	return NULL;
}

static const struct file_type *by_tail(struct str s)
{
	if (s.n <= TAIL)
		return NULL;
	if (octets_at(s, s.n - TAIL, STR("conectix")))
		return &vhd;
	return octets_at(s, s.n - TAIL, STR("koly")) ? &dmg : NULL;
}

/* No NUL and hardly a control octet. Octets over 127 are letters of something. */
static bool text(struct str s)
{
	size_t odd = 0;

	s = str_sub(s, 0, TEXT_LOOK);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == 0)
			return false;
		odd += (c < 32 && !ch_fws((char)c) && c != '\f' && c != '\b' && c != '\033') ||
		       c == 127;
	}
	return s.n > 0 && odd <= s.n / 100;
}

/* UTF-16 text with its odd octets left out, in buffer; s itself where it is none. */
static struct str narrowed(struct str s, char *buffer, size_t size)
{
	size_t n = 0, high;

	if (!str_starts(s, STR("\xff\xfe")) && !str_starts(s, STR("\xfe\xff")))
		return s;
	high = s.p[0] == '\xff' ? 1 : 0;
	for (size_t i = 2; i + 1 < s.n && n < size; i += 2)
		buffer[n++] = s.p[i + high] ? '?' : s.p[i + 1 - high];
	return str_of(buffer, n);
}

const struct file_type *file_type_of(struct str octets)
{
	struct str head = str_sub(octets, 0, MAX_LOOK);
	const struct file_type *t = NULL;
	char buffer[TEXT_LOOK];

	if (str_starts(head, STR("PK")))
		t = file_type_of_zip(head);
	else if (str_starts(head, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")))
		t = file_type_of_ole(octets);
	else if (str_starts(head, STR("MZ")) || str_starts(head, STR("ZM")))
		t = file_type_of_pe(head);
	if (!t && str_find(str_sub(head, 0, PDF_LOOK), STR("%PDF-")) != SIZE_MAX)
		t = &pdf;
	if (!t)
		t = by_magic(head);
	if (!t)
		t = by_tail(octets);
	if (t)
		return t;
	head = narrowed(head, buffer, sizeof buffer);
	if (!text(head))
		return &unknown;
	t = file_type_of_text(head);
	return t ? t : &file_type_plain;
}

/* ---- what is declared ---- */

/* Media types that go for each other; "*" at the end: all that begin so. */
static const char *const same[] = {
	"application/zip application/x-zip application/x-zip-compressed application/x-compressed "
	"multipart/x-zip application/vnd.openxmlformats* application/vnd.oasis.opendocument* "
	"application/vnd.ms-*macroenabled* application/java-archive application/epub+zip "
	"application/vnd.android.package-archive application/vnd.apple.* application/x-iwork*",
	"application/x-ole-storage application/msword application/vnd.ms-* application/x-msi "
	"application/vnd.visio application/cdfv2 application/x-hwp application/x-ole* "
	"application/msexcel application/x-msexcel application/x-excel application/mspowerpoint "
	"application/haansofthwp application/x-mspublisher application/excel",
	"application/msword application/doc application/ms-doc application/rtf text/rtf "
	"text/richtext application/x-rtf application/vnd.openxmlformats-officedocument.word* "
	"application/vnd.ms-word*",
	"application/vnd.ms-excel application/vnd.openxmlformats-officedocument.spread* text/csv "
	"application/xls application/x-xls application/msexcel application/excel",
	"application/vnd.ms-powerpoint application/vnd.openxmlformats-officedocument.presentation* "
	"application/mspowerpoint application/powerpoint",
	"application/pdf application/x-pdf text/pdf application/acrobat application/vnd.pdf "
	"application/illustrator",
	"application/x-msdownload application/x-dosexec application/exe application/x-exe "
	"application/dos-exe application/vnd.microsoft.portable-executable application/x-winexe "
	"application/msdos-windows application/x-msdos-program application/x-xll",
	"image/jpeg image/jpg image/pjpeg image/jfif image/jpe",
	"image/png image/x-png image/apng",
	"image/bmp image/x-bmp image/x-ms-bmp image/x-windows-bmp",
	"image/tiff image/tif image/x-tiff image/x-*",
	"image/vnd.microsoft.icon image/x-icon image/ico image/icon",
	"image/emf image/x-emf application/x-msmetafile application/emf",
	"image/wmf image/x-wmf application/x-msmetafile application/wmf",
	"image/vnd.adobe.photoshop image/x-psd image/psd application/x-photoshop "
	"application/photoshop",
	"image/heic image/heif image/heic-sequence image/avif",
	"application/postscript image/x-eps application/eps application/illustrator",
	"audio/mpeg audio/mp3 audio/mpeg3 audio/x-mpeg audio/x-mp3 audio/mpg",
	"audio/vnd.wave audio/wav audio/x-wav audio/wave",
	"audio/ogg application/ogg audio/opus video/ogg audio/vorbis",
	"video/mp4 audio/mp4 video/quicktime audio/x-m4a audio/m4a video/x-m4v video/3gpp "
	"audio/3gpp "
	"audio/aac application/mp4",
	"video/x-msvideo video/avi video/msvideo",
	"video/x-ms-asf video/x-ms-wmv audio/x-ms-wma video/x-ms-*",
	"audio/midi audio/mid audio/x-midi application/x-midi",
	"application/gzip application/x-gzip application/x-gunzip application/x-tgz "
	"application/x-compressed-tar application/x-tar application/x-gtar",
	"application/x-7z-compressed application/7z application/x-7z",
	"application/vnd.rar application/x-rar application/x-rar-compressed application/rar",
	"application/x-bzip2 application/bzip2 application/x-bzip",
	"application/vnd.ms-cab-compressed application/x-cab application/cab",
	"application/x-iso9660-image application/iso-image application/x-udf-image "
	"application/x-cd-image application/x-raw-disk-image",
	"application/pkcs7-signature application/x-pkcs7-signature application/pkcs7-mime "
	"application/x-pkcs7-mime application/x-pkcs7-certificates",
	"application/pkix-cert application/x-x509-ca-cert application/x-x509-user-cert "
	"application/x-pem-file",
	"application/pgp-encrypted application/pgp-signature application/pgp-keys "
	"application/pgp application/octet-stream text/x-pgp-signed",
	"application/ms-tnef application/vnd.ms-tnef",
	"application/onenote application/msonenote application/x-msonenote",
	"font/ttf font/otf application/x-font-ttf application/x-font-* application/font-sfnt",
	"font/woff font/woff2 application/font-woff application/x-font-woff",
	"text/html application/xhtml+xml application/xhtml application/hta application/x-hta "
	"application/xml text/xml",
	"image/svg+xml application/svg+xml image/svg text/xml application/xml",
};

/* Declared types of what is written as text. */
static const char text_like[] =
	"application/json application/xml application/javascript application/x-javascript "
	"application/ecmascript application/pgp* application/sql application/x-sql "
	"application/*+xml "
	"application/*+json application/yaml application/x-yaml application/x-sh "
	"application/x-perl "
	"application/x-python application/x-php application/x-httpd-php application/ics "
	"application/x-subrip application/x-tex application/x-latex application/toml "
	"application/x-pem-file application/x-x509-ca-cert application/rtf application/x-patch "
	"application/csv application/x-csv application/vnd.ms-excel application/edifact "
	"application/x-bat application/x-vbs application/gpx+xml message/* image/svg+xml "
	"application/x-ndjson application/mbox application/x-shellscript application/smil";

static const char generic[] =
	"application/octet-stream application/x-unknown application/unknown application/binary "
	"application/octetstream application/x-octet-stream binary/octet-stream "
	"application/x-download application/force-download application/download application/x-file "
	"application/save application/x-unknown-content-type application/applefile";

static bool fits(struct str name, struct str word)
{
	size_t star = str_chr(word, '*');

	if (star == SIZE_MAX)
		return str_ieq(name, word);
	return name.n + 1 >= word.n && str_istarts(name, str_sub(word, 0, star)) &&
	       str_iends(name, str_skip(word, star + 1));
}

static bool listed(const char *list, struct str name)
{
	struct str rest = str_c(list);

	while (rest.n) {
		struct str word = str_cut(&rest, ' ');
		if (word.n && fits(name, word))
			return true;
	}
	return false;
}

static bool written(enum file_class c)
{
	return c == FILE_TEXT || c == FILE_SCRIPT || c == FILE_SHORTCUT || c == FILE_MESSAGE ||
	       c == FILE_CRYPTO;
}

bool file_type_agrees(const struct file_type *found, struct str declared)
{
	struct str name = str_c(found->name);

	declared = str_trim(declared);
	if (str_ieq(name, declared) || listed(generic, declared) || found->class == FILE_UNKNOWN)
		return true;
	if (written(found->class) &&
	    (str_istarts(declared, STR("text/")) || listed(text_like, declared)))
		return true;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (listed(same[i], name) && listed(same[i], declared))
			return true;
	return false;
}

const char *file_class_name(enum file_class c)
{
	static const char *const name[] = { "unknown",	"text",	      "html",	    "image",
					    "audio",	"video",      "font",	    "document",
					    "archive",	"disk-image", "executable", "script",
					    "shortcut", "message",    "crypto" };

	return (size_t)c < sizeof name / sizeof *name ? name[c] : "unknown";
}
