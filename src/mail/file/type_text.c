/* What a text file is: markup, scripts, shortcuts, messages, by the words that stand in it. */
#include "mail/file/type_magic.h"

#define LOOK 16384u /* octets of the beginning, in lower case */

struct words {
	const char *begin; /* what it begins with behind white space and comments; "": anything */
	const char *has;   /* and what stands anywhere, words apart by "|" (all of them); "" */
	struct file_type type;
};

/* In order of precedence; all in lower case. */
static const struct words rows[] = {
	/* shortcuts and settings that start programs */
	{ "[internetshortcut]", "", { "application/x-mswinurl", "url website", FILE_SHORTCUT } },
	{ "[{000214a0-", "", { "application/x-mswinurl", "url", FILE_SHORTCUT } },
	{ "[desktop entry]", "", { "application/x-desktop", "desktop", FILE_SHORTCUT } },
	{ "[autorun]", "", { "application/x-autorun", "inf", FILE_SHORTCUT } },
	{ "[shell]", "command=", { "application/x-ms-scf", "scf", FILE_SHORTCUT } },
	{ "[connection manager]", "", { "application/x-cmprofile", "cms", FILE_SHORTCUT } },
	{ "windows registry editor version", "", { "text/x-ms-regedit", "reg", FILE_SCRIPT } },
	{ "regedit4", "", { "text/x-ms-regedit", "reg", FILE_SCRIPT } },
	{ "[version]", "signature", { "application/x-setupscript", "inf", FILE_SCRIPT } },
	{ "web\r\n1\r\n", "", { "text/x-ms-iqy", "iqy", FILE_SHORTCUT } },
	{ "web\n1\n", "", { "text/x-ms-iqy", "iqy", FILE_SHORTCUT } },
	{ "full address:s:", "", { "application/x-rdp", "rdp", FILE_SHORTCUT } },
	{ "screen mode id:i:", "", { "application/x-rdp", "rdp", FILE_SHORTCUT } },
	{ "", "\nfull address:s:", { "application/x-rdp", "rdp", FILE_SHORTCUT } },
	/* XML by its root */
	{ "<scriptlet", "", { "text/x-scriptlet", "sct", FILE_SCRIPT } },
	{ "<?xml", "<scriptlet", { "text/x-scriptlet", "sct wsc", FILE_SCRIPT } },
	{ "<?component", "", { "text/x-scriptlet", "wsc", FILE_SCRIPT } },
	{ "<job", "<script", { "text/x-wsf", "wsf", FILE_SCRIPT } },
	{ "<package", "<script", { "text/x-wsf", "wsf", FILE_SCRIPT } },
	{ "<?xml", "<job|<script", { "text/x-wsf", "wsf", FILE_SCRIPT } },
	{ "<?xml", "<package|<job", { "text/x-wsf", "wsf", FILE_SCRIPT } },
	{ "<?xml",
	  "<pcsettings",
	  { "application/x-settingcontent", "settingcontent-ms", FILE_SHORTCUT } },
	{ "<?xml",
	  "<librarydescription",
	  { "application/x-library-ms", "library-ms", FILE_SHORTCUT } },
	{ "<?xml",
	  "<searchconnectordescription",
	  { "application/x-searchconnector", "searchconnector-ms", FILE_SHORTCUT } },
	{ "<?xml", "<mmc_consolefile", { "application/x-mmc", "msc", FILE_EXECUTABLE } },
	{ "<?xml",
	  "urn:schemas-microsoft-com:asm",
	  { "application/x-ms-application", "application manifest", FILE_SHORTCUT } },
	{ "<?xml", "<jnlp", { "application/x-java-jnlp-file", "jnlp", FILE_SHORTCUT } },
	{ "<jnlp", "", { "application/x-java-jnlp-file", "jnlp", FILE_SHORTCUT } },
	{ "<?xml", "<diagcab", { "application/x-diagcab", "diagpkg", FILE_EXECUTABLE } },
	{ "<project", "<usingtask", { "application/x-msbuild", "proj csproj", FILE_SCRIPT } },
	{ "<?xml", "progid=\"word.document\"", { "application/msword", "xml doc", FILE_DOCUMENT } },
	{ "<?xml",
	  "progid=\"excel.sheet\"",
	  { "application/vnd.ms-excel", "xml xls", FILE_DOCUMENT } },
	{ "<?xml",
	  "schemas.microsoft.com/office/2006/xmlpackage",
	  { "application/msword", "xml doc", FILE_DOCUMENT } },
	{ "<hta:application", "", { "application/hta", "hta", FILE_SCRIPT } },
	{ "<", "<hta:application", { "application/hta", "hta", FILE_SCRIPT } },
	{ "<svg", "", { "image/svg+xml", "svg", FILE_IMAGE } },
	{ "<!doctype svg", "", { "image/svg+xml", "svg", FILE_IMAGE } },
	{ "<?xml", "<svg", { "image/svg+xml", "svg", FILE_IMAGE } },
	{ "<?xml", "<html", { "application/xhtml+xml", "xhtml xht", FILE_HTML } },
	{ "<?xml", "<xsl:stylesheet", { "application/xslt+xml", "xsl xslt", FILE_SCRIPT } },
	{ "<xsl:stylesheet", "", { "application/xslt+xml", "xsl xslt", FILE_SCRIPT } },
	{ "<?xml", "<rss", { "application/rss+xml", "rss", FILE_TEXT } },
	{ "<?xml", "<feed", { "application/atom+xml", "atom", FILE_TEXT } },
	{ "<?xml", "<kml", { "application/vnd.google-earth.kml+xml", "kml", FILE_TEXT } },
	{ "<?xml", "<gpx", { "application/gpx+xml", "gpx", FILE_TEXT } },
	{ "<?xml", "<plist", { "application/x-plist", "plist mobileconfig", FILE_TEXT } },
	{ "<?xml", "", { "text/xml", "xml", FILE_TEXT } },
	/* markup */
	{ "<!doctype html", "", { "text/html", "html htm", FILE_HTML } },
	{ "<html", "", { "text/html", "html htm", FILE_HTML } },
	{ "<head", "", { "text/html", "html htm", FILE_HTML } },
	{ "<body", "", { "text/html", "html htm", FILE_HTML } },
	{ "<script", "", { "text/html", "html htm", FILE_HTML } },
	{ "<iframe", "", { "text/html", "html htm", FILE_HTML } },
	{ "<meta", "", { "text/html", "html htm", FILE_HTML } },
	{ "<title", "", { "text/html", "html htm", FILE_HTML } },
	{ "<style", "", { "text/html", "html htm", FILE_HTML } },
	{ "<div", "", { "text/html", "html htm", FILE_HTML } },
	{ "<table", "", { "text/html", "html htm", FILE_HTML } },
	{ "<center", "", { "text/html", "html htm", FILE_HTML } },
	{ "<form", "", { "text/html", "html htm", FILE_HTML } },
	{ "<font", "", { "text/html", "html htm", FILE_HTML } },
	{ "<img", "", { "text/html", "html htm", FILE_HTML } },
	{ "<h1", "", { "text/html", "html htm", FILE_HTML } },
	{ "<a ", "href", { "text/html", "html htm", FILE_HTML } },
	{ "<p>", "", { "text/html", "html htm", FILE_HTML } },
	{ "<p ", "", { "text/html", "html htm", FILE_HTML } },
	{ "<br", "", { "text/html", "html htm", FILE_HTML } },
	/* scripts by their first line */
	{ "#!", "python", { "text/x-python", "py", FILE_SCRIPT } },
	{ "#!", "perl", { "text/x-perl", "pl", FILE_SCRIPT } },
	{ "#!", "node", { "text/javascript", "js", FILE_SCRIPT } },
	{ "#!", "ruby", { "text/x-ruby", "rb", FILE_SCRIPT } },
	{ "#!", "osascript", { "text/x-applescript", "applescript", FILE_SCRIPT } },
	{ "#!/", "", { "text/x-shellscript", "sh", FILE_SCRIPT } },
	{ "#! /", "", { "text/x-shellscript", "sh", FILE_SCRIPT } },
	{ "@echo off", "", { "text/x-msdos-batch", "bat cmd", FILE_SCRIPT } },
	{ "<?php", "", { "text/x-php", "php", FILE_SCRIPT } },
	{ "<%@", "", { "text/x-asp", "asp aspx jsp", FILE_SCRIPT } },
	{ "#@~^", "", { "text/x-ms-encoded-script", "vbe jse", FILE_SCRIPT } },
	{ "", "#@~^", { "text/x-ms-encoded-script", "vbe jse", FILE_SCRIPT } },
	/* calendars, addresses, mail */
	{ "begin:vcard", "", { "text/vcard", "vcf", FILE_TEXT } },
	{ "begin:vcalendar", "", { "text/calendar", "ics", FILE_TEXT } },
	{ "mime-version:",
	  "multipart/related",
	  { "multipart/related", "mht mhtml", FILE_MESSAGE } },
	{ "from: <saved by", "", { "multipart/related", "mht mhtml", FILE_MESSAGE } },
	{ "return-path:", "", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "delivered-to:", "", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "received: ", "", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "mime-version: ", "\nsubject:", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "message-id: ", "\nfrom:", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "from: ", "\nsubject:|\nmime-version:", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "subject: ", "\nfrom:|\nmime-version:", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "date: ", "\nfrom:|\nmime-version:", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "x-", "\nreceived: |\nfrom:", { "message/rfc822", "eml", FILE_MESSAGE } },
	{ "from ", "\nfrom:|\nreceived:", { "application/mbox", "mbox", FILE_MESSAGE } },
	/* scripts by what they call: two words that are no English */
	{ "", "createobject(|wscript.", { "text/vbscript", "vbs", FILE_SCRIPT } },
	{ "", "createobject(|end sub", { "text/vbscript", "vbs", FILE_SCRIPT } },
	{ "", "createobject(|set ", { "text/vbscript", "vbs", FILE_SCRIPT } },
	{ "", "on error resume next", { "text/vbscript", "vbs", FILE_SCRIPT } },
	{ "", "executeglobal", { "text/vbscript", "vbs", FILE_SCRIPT } },
	{ "", "dim |end function", { "text/vbscript", "vbs", FILE_SCRIPT } },
	{ "", "new activexobject(", { "text/javascript", "js jse", FILE_SCRIPT } },
	{ "", "string.fromcharcode(|eval(", { "text/javascript", "js", FILE_SCRIPT } },
	{ "", "function|var |return|);", { "text/javascript", "js", FILE_SCRIPT } },
	{ "", "wscript.|var ", { "text/javascript", "js", FILE_SCRIPT } },
	{ "", "=> {|const |);", { "text/javascript", "js mjs", FILE_SCRIPT } },
	{ "", "invoke-expression", { "text/x-powershell", "ps1", FILE_SCRIPT } },
	{ "", "new-object |$", { "text/x-powershell", "ps1", FILE_SCRIPT } },
	{ "", "powershell| -e", { "text/x-powershell", "ps1", FILE_SCRIPT } },
	{ "", "frombase64string(|$", { "text/x-powershell", "ps1", FILE_SCRIPT } },
	{ "", "$env:|$", { "text/x-powershell", "ps1 psm1", FILE_SCRIPT } },
	{ "", "write-host |$", { "text/x-powershell", "ps1", FILE_SCRIPT } },
	{ "", "%~dp0", { "text/x-msdos-batch", "bat cmd", FILE_SCRIPT } },
	{ "", "cmd.exe /c", { "text/x-msdos-batch", "bat cmd", FILE_SCRIPT } },
	{ "", "set /a |goto ", { "text/x-msdos-batch", "bat cmd", FILE_SCRIPT } },
	{ "", "import |def |:\n    ", { "text/x-python", "py", FILE_SCRIPT } },
	{ "", "tell application \"", { "text/x-applescript", "applescript", FILE_SCRIPT } },
	{ "", "<script|</script>", { "text/html", "html htm", FILE_HTML } },
	{ "", "<html|<body", { "text/html", "html htm", FILE_HTML } },
	/* the rest */
	{ "{", "\":", { "application/json", "json", FILE_TEXT } },
	{ "[{", "\":", { "application/json", "json", FILE_TEXT } },
	{ "\\documentclass", "", { "text/x-tex", "tex", FILE_TEXT } },
	{ "diff --git ", "", { "text/x-diff", "patch diff", FILE_TEXT } },
	{ "--- ", "\n+++ |\n@@ ", { "text/x-diff", "patch diff", FILE_TEXT } },
	{ "isa*", "~gs*", { "application/edi-x12", "edi", FILE_TEXT } },
	{ "una:+", "", { "application/edifact", "edi", FILE_TEXT } },
	{ "solid ", "facet normal", { "model/stl", "stl", FILE_TEXT } },
	{ "webvtt", "", { "text/vtt", "vtt", FILE_TEXT } },
};

static struct str behind_comments(struct str s)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_skip(s, 3);
	for (;;) {
		size_t end;
		while (s.n && (ch_fws(*s.p) || *s.p == '\f'))
			s = str_skip(s, 1);
		if (!str_starts(s, STR("<!--")))
			return s;
		end = str_find(s, STR("-->"));
		if (end == SIZE_MAX)
			return s;
		s = str_skip(s, end + 3);
	}
}

static bool has_all(struct str s, const char *has)
{
	struct str rest = str_c(has);

	while (rest.n)
		if (str_find(s, str_cut(&rest, '|')) == SIZE_MAX)
			return false;
	return true;
}

const struct file_type *file_type_of_text(struct str head)
{
	char buffer[LOOK];
	struct str s = str_sub(head, 0, LOOK), begin;

	for (size_t i = 0; i < s.n; i++)
		buffer[i] = ch_lower(s.p[i]);
	s.p = buffer;
	begin = behind_comments(s);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_starts(begin, str_c(rows[i].begin)) && has_all(s, rows[i].has))
			return &rows[i].type;
	return NULL;
}
