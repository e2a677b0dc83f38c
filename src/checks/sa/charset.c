/* Charsets of languages that the site does not read (ok_locales). */
#include "base/buf.h"
#include "checks/sa/sa.h"

/* Fine everywhere: whole names, and beginnings ("*" at the end); upper case, letters and digits. */
static const char *const common[] = { "USASCII", "ASCII",    "ISO8859*",       "ISO10646*",
				      "UTF*",	 "UCS*",     "CP125*",	       "WINDOWS*",
				      "IBM852",	 "XUNKNOWN", "UNICODE11UTF7*", "UNICODE11UTF8*",
				      "ISO" };

#define CYRILLIC "KOI8R KOI8U KOI8T ISOIR111 GEORGIANPS PT154 CP866"
#define SIMPLIFIED "GB1988 GB2312 GB231219800 GB18030 GBK ISO2022CN"
#define TRADITIONAL "BIG5HKSCS BIG5 EUCTW"

static const struct {
	const char *locale, *charsets;
} locales[] = {
	{ "ja", "EUCJP JISX020119760 JISX020819830 JISX020819900 JISX020819970 JISX021219900 "
		"JISX021320001 JISX021320002 SHIFTJIS ISO2022JP SJIS JIS7 JISX0201 JISX0208 "
		"JISX0212" },
	{ "ko", "EUCKR KSC56011987" },
	{ "ru", CYRILLIC },
	{ "ka", CYRILLIC },
	{ "tg", CYRILLIC },
	{ "be", CYRILLIC },
	{ "uk", CYRILLIC },
	{ "bg", CYRILLIC },
	{ "th", "TIS620" },
	{ "zh", SIMPLIFIED " " TRADITIONAL },
};

static struct str plain(struct arena *a, struct str name)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < name.n; i++)
		if (ch_alnum(name.p[i]))
			buf_addc(&b, ch_lower(name.p[i]) >= 'a' ? (char)(ch_lower(name.p[i]) - 32)
								: name.p[i]);
	return buf_str(&b);
}

static bool is_common(struct str name)
{
	for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
		struct str c = str_c(common[i]);
		bool start = c.p[c.n - 1] == '*';
		c.n -= start;
		if (start ? str_starts(name, c) : str_eq(name, c))
			return true;
	}
	return false;
}

static bool in_words(struct str name, struct str words)
{
	while (words.n)
		if (str_eq(str_cut(&words, ' '), name))
			return true;
	return false;
}

bool sa_locales_all(const struct scan *s)
{
	return !lists_count(s->lists, STR("ok_locales")) ||
	       lists_has(s->lists, STR("ok_locales"), STR("all"), NULL, NULL);
}

bool sa_charset_ok(const struct scan *s, struct str charset)
{
	struct str name = plain(s->arena, str_sub(charset, 0, 64));

	if (sa_locales_all(s) || is_common(name))
		return true;
	for (size_t i = 0; i < sizeof locales / sizeof *locales; i++)
		if (in_words(name, str_c(locales[i].charsets)) &&
		    lists_has(s->lists, STR("ok_locales"), str_c(locales[i].locale), NULL, NULL))
			return true;
	return false;
}
