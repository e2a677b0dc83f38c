/* What a file's name says: its extensions, and the ways of hiding them. */
#include <unicode/uchar.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/file/file.h"

#define MANY_BLANKS 8 /* in a row */

/* Extensions, a blank on both sides of each. What runs, or starts something, when it is opened. */
static const char risky[] =
	" ade adp application appref-ms appx appxbundle asp aspx bas bat bgi cdxml chm cmd "
	"cnt com command cpl crx csh desktop diagcab diagcfg diagpkg dll ex_ exe fxp "
	"gadget hlp hpj hta htc inf ins iqy isp its jar jnlp job js jse ksh library-ms lnk mad maf "
	"mag mam maq mar mas mau mav maw mcf mda mde mdt mdw mdz msc msh msh1 msh1xml msh2 "
	"msh2xml mshxml msi msix msixbundle msp mst msu ocx ops osd pcd pif pl plg prf prg ps1 "
	"ps1xml "
	"ps2 ps2xml psc1 psc2 psd1 psm1 pyc pyd pyo pyw pyz pyzw rdp reg rgs rqy run scf scpt "
	"scr sct search-ms searchconnector-ms settingcontent-ms sh shb shs slk sys theme themepack "
	"udl url vb vbe vbp vbs vbscript vsmacros vsto vsw vxd website "
	"webpnp workflow ws wsb wsc wsf wsh wsz xap xbap xll xnk action app apk deb elf ipa out "
	"pkg rpm so wasm a3x ahk au3 class ";
static const char archives[] =
	" zip zipx rar r00 r01 7z 7zip ace alz arc arj bz bz2 cab cpio dar egg gz gzip kgb lha lz "
	"lz4 "
	"lzh lzma lzo paq pea sit sitx sz tar taz tbz tbz2 tgz tlz txz tzst uha uu uue wim xar "
	"xz xxe z zoo zpaq zst 001 br ";
static const char macros[] = " docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm xll xla "
			     "accda accde accdr mda mde one "
			     "onepkg pub wll ";
static const char images[] =
	" iso img ima vhd vhdx vmdk vdi dmg udf nrg mdf mds cue toast wim cdi bin daa uif isz xva ";
/* What people take for harmless. */
static const char harmless[] = " pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv jpg jpeg "
			       "png gif bmp tif tiff webp svg "
			       "heic mp3 mp4 wav avi mov mkv wmv mpg mpeg flac htm html xml eml "
			       "msg ics vcf log zip rar 7z "
			       "dwg psd xps epub md ";

static bool in(const char *table, struct str ext)
{
	struct str rest = str_c(table);
	size_t at;

	if (!ext.n || str_chr(ext, ' ') != SIZE_MAX)
		return false;
	while ((at = str_find(rest, ext)) != SIZE_MAX) {
		if (at > 0 && rest.p[at - 1] == ' ' && rest.p[at + ext.n] == ' ')
			return true;
		rest = str_skip(rest, at + 1);
	}
	return false;
}

static bool bidi(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
	       c == 0x200f || c == 0x61c;
}

static bool blank(uint32_t c)
{
	return c == '\t' || u_isUWhiteSpace((UChar32)c) || c == 0x2800 || c == 0x3164 ||
	       c == 0xffa0;
}

static bool invisible(uint32_t c)
{
	return c < 32 || (c >= 127 && c < 160) ||
	       u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* The flags of single characters, and the name as it is seen: without what is invisible. */
static struct str seen(struct arena *a, struct str s, unsigned *flags)
{
	struct buf b = { .arena = a };
	size_t blanks = 0, n;
	uint32_t c;

	for (; s.n; s = str_skip(s, n)) {
		n = utf8_read(s, &c);
		if (n == 0) {
			n = 1;
			c = 0xfffd;
		}
		blanks = blank(c) ? blanks + 1 : 0;
		if (blanks == MANY_BLANKS)
			*flags |= FILE_NAME_SPACES;
		if (bidi(c))
			*flags |= FILE_NAME_RTLO;
		else if (!blank(c) && invisible(c))
			*flags |= FILE_NAME_INVISIBLE;
		if (blank(c))
			buf_addc(&b, ' ');
		else if (!bidi(c) && !invisible(c))
			buf_add(&b, str_sub(s, 0, n));
	}
	return buf_str(&b);
}

/* ---- directories ---- */

static struct str without_directories(struct str s, unsigned *flags)
{
	bool drive = s.n > 1 && ch_alpha(s.p[0]) && s.p[1] == ':';
	size_t from = drive ? 2 : 0;

	if (drive || (s.n && (*s.p == '/' || *s.p == '\\')) ||
	    str_find(s, STR("../")) != SIZE_MAX || str_find(s, STR("..\\")) != SIZE_MAX)
		*flags |= FILE_NAME_PATH;
	for (size_t i = from; i < s.n; i++)
		if (s.p[i] == '/' || s.p[i] == '\\')
			from = i + 1;
	return str_skip(s, from);
}

/* ---- extensions ---- */

/* A letter of another script that stands for an ASCII one, full-width forms among them. */
static bool foreign(struct str ext)
{
	bool ascii = false, other = false;
	uint32_t c;
	size_t n;

	for (; ext.n; ext = str_skip(ext, n)) {
		n = utf8_read(ext, &c);
		if (n == 0)
			return true;
		if (c < 128)
			ascii |= ch_alpha((char)c);
		else if (c >= 0xff01 && c <= 0xff5e)
			return true;
		else
			other |= u_isalpha((UChar32)c);
	}
	return ascii && other;
}

/* "exe" out of "exe ."; Windows drops dots and blanks at the end of a name (and "::$DATA", the
 * stream that a file is). */
static struct str without_end(struct str s)
{
	while (s.n && (ch_wsp(s.p[s.n - 1]) || s.p[s.n - 1] == '.'))
		s.n--;
	return s;
}

/* The last dot of a name, the full-width ones too: where it is and how many octets it has. */
static size_t last_dot(struct str s, size_t *octets)
{
	static const struct str dots[] = { STR("."), STR("\xef\xbc\x8e"), STR("\xe2\x80\xa4"),
					   STR("\xe3\x80\x82") };

	for (size_t i = s.n; i-- > 0;)
		for (size_t d = 0; d < sizeof dots / sizeof *dots; d++)
			if (str_starts(str_skip(s, i), dots[d])) {
				*octets = dots[d].n;
				return i;
			}
	return SIZE_MAX;
}

static struct str extension(struct arena *a, struct str *rest, unsigned *flags)
{
	struct str s = without_end(str_sub(*rest, 0, str_find(*rest, STR("::$")))), ext;
	size_t octets = 0, dot = last_dot(s, &octets);

	if (dot == SIZE_MAX) {
		*rest = STR("");
		return STR("");
	}
	ext = str_skip(s, dot + octets);
	*rest = str_sub(s, 0, dot);
	if (octets > 1 && ext.n <= 4)
		*flags |= FILE_NAME_LOOKALIKE;
	return arena_lower(a, str_trim(ext));
}

static void judge_extensions(struct file_name *f, struct str rest)
{
	if (in(risky, f->ext))
		f->flags |= FILE_NAME_RISKY;
	if (in(archives, f->ext))
		f->flags |= FILE_NAME_ARCHIVE;
	if (in(macros, f->ext))
		f->flags |= FILE_NAME_DOC_MACRO;
	if (in(images, f->ext))
		f->flags |= FILE_NAME_DISK_IMAGE;
	if ((f->flags & (FILE_NAME_RISKY | FILE_NAME_DISK_IMAGE)) && in(harmless, f->ext2))
		f->flags |= FILE_NAME_DOUBLE;
	if ((f->flags & FILE_NAME_ARCHIVE) && in(archives, f->ext2) && !str_eq(f->ext2, STR("tar")))
		f->flags |= FILE_NAME_ARCHIVE_IN_ARCHIVE;
	if (f->ext.n && foreign(f->ext))
		f->flags |= FILE_NAME_LOOKALIKE;
	if (f->ext.n && rest.n && ch_wsp(rest.p[rest.n - 1]) && f->ext.n <= 12)
		f->flags |= FILE_NAME_SPACES;
}

struct file_name file_name_read(struct arena *a, struct str utf8)
{
	struct file_name f = { 0 };
	struct str rest, name = seen(a, utf8, &f.flags), after;

	f.base = without_directories(name, &f.flags);
	if (str_starts(without_end(f.base), STR(".")) && last_dot(f.base, &(size_t){ 0 }) == 0)
		rest = STR(""); /* ".profile" has no extension */
	else
		rest = f.base;
	f.ext = extension(a, &rest, &f.flags);
	after = rest;
	f.ext2 = str_trim(extension(a, &rest, &f.flags));
	judge_extensions(&f, after);
	return f;
}

const char *file_name_flag_name(unsigned flag)
{
	static const char *const name[] = { "risky",  "double-extension", "archive",
					    "macro",  "right-to-left",	  "invisible",
					    "spaces", "lookalike",	  "archive-in-archive",
					    "path",   "disk-image" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (flag == 1u << i)
			return name[i];
	return NULL;
}
