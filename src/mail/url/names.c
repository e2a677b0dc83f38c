/* Where a URL was found, and what is odd about it, in words. */
#include "mail/url/url.h"

const char *url_origin_name(enum url_origin o)
{
	static const char *const name[] = {
		[URL_FROM_TEXT] = "text",	    [URL_FROM_HTML] = "html",
		[URL_FROM_HTML_TEXT] = "html-text", [URL_FROM_SUBJECT] = "subject",
		[URL_FROM_HEADER] = "header",	    [URL_FROM_UNSUBSCRIBE] = "list-unsubscribe",
		[URL_FROM_NESTED] = "nested",
	};

	return o < sizeof name / sizeof *name ? name[o] : "?";
}

const char *url_flag_name(unsigned flag)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{ URL_OBFUSCATED, "obfuscated" },
		{ URL_SCHEMELESS, "schemeless" },
		{ URL_IP, "ip" },
		{ URL_IP_ODD, "ip-odd" },
		{ URL_USERINFO, "userinfo" },
		{ URL_PORT, "port" },
		{ URL_PERCENT_HOST, "percent-host" },
		{ URL_ZERO_WIDTH, "zero-width" },
		{ URL_BIDI, "bidi" },
		{ URL_IDN, "idn" },
		{ URL_BAD_HOST, "bad-host" },
		{ URL_NESTED, "nested" },
		{ URL_BACKSLASH, "backslash" },
		{ URL_TOO_LONG, "too-long" },
		{ URL_CONTROL, "control" },
		{ URL_HIDDEN, "hidden" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].flag == flag)
			return names[i].name;
	return "?";
}
