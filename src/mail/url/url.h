/* URLs (RFC 3986 as browsers read it): finding them in text, undoing tricks, naming their host. */
#ifndef MAIL_URL_URL_H
#define MAIL_URL_URL_H

#include "base/ip.h"
#include "base/vec.h"
#include "mail/psl.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

#define URL_MAX_KEPT 500u
#define URL_MAX_LEN 2048u
#define URL_MAX_NESTED 4u /* URLs inside a URL's query or path */

enum url_flag {
	URL_OBFUSCATED = 1, /* hxxp, [.], (dot), blanks, full-width dots, soft hyphens undone */
	URL_SCHEMELESS = 2, /* "www.example.com/..." or "example.com" in text */
	URL_IP = 4,	    /* the host is an address */
	URL_IP_ODD = 8,	    /* written in octal, hexadecimal, or as fewer than four numbers */
	URL_USERINFO = 16,
	URL_PORT = 32,	       /* a port other than the scheme's own */
	URL_PERCENT_HOST = 64, /* percent escapes in the host */
	URL_ZERO_WIDTH = 128,  /* invisible characters in it */
	URL_BIDI = 256,
	URL_IDN = 512,	     /* the host is not plain ASCII when shown */
	URL_BAD_HOST = 1024, /* no domain and no address */
	URL_NESTED = 2048,   /* found inside another URL */
	URL_BACKSLASH = 4096,
	URL_TOO_LONG = 8192, /* cut at URL_MAX_LEN */
	URL_CONTROL = 16384, /* control octets or line ends inside */
	URL_HIDDEN = 32768,  /* only in text that is not shown */
};

enum url_origin {
	URL_FROM_TEXT,
	URL_FROM_HTML,
	URL_FROM_HTML_TEXT,
	URL_FROM_SUBJECT,
	URL_FROM_HEADER,
	URL_FROM_UNSUBSCRIBE,
	URL_FROM_NESTED
};

struct url {
	struct str raw; /* as it stood */
	struct str
		clean; /* normalised: scheme://host[:port]/path?query, A-labels, lower-case host */
	struct str scheme; /* lower case: "http", "https", "ftp", "mailto", ... */
	struct str user;   /* userinfo; absent */
	struct str host; /* A-labels, or an address in its usual form; "" for mailto and the like */
	struct str shown;	/* the host as U-labels */
	struct str registrable; /* of the host; absent: an address, or itself a public suffix */
	struct ip ip;		/* where URL_IP */
	uint16_t port;		/* 0: none given */
	struct str path, query, fragment;
	struct str address; /* of mailto: */
	unsigned flags;
	enum url_origin origin;
	uint32_t part;	 /* index of the part; UINT32_MAX: a header field */
	size_t offset;	 /* in that part's text */
	struct str text; /* what is shown for it (HTML); absent */
	uint32_t parent; /* of a nested one: index in the list; UINT32_MAX */
};

/* One URL as it stands in an attribute or header. False: nothing that a mail program would open. */
bool url_parse(struct arena *a, const struct psl *psl, struct str raw, struct url *u);

/* Every URL of a plain UTF-8 text, schemeless and obfuscated ones too, in order, with raw and
 * offset. At most max. Linear time. psl knows which schemeless names are names. */
typedef VEC(struct url) url_vec;
void url_find(struct arena *a, const struct psl *psl, struct str text, size_t max, url_vec *out);

/* URLs inside its query, fragment or path (redirectors), appended as URL_FROM_NESTED; those inside
 * them too, so that it is called for what is not URL_NESTED only. At most 16. */
void url_nested(struct arena *a, const struct psl *psl, const struct url *u, uint32_t index,
		url_vec *out);

/* The registrable domains of a shown text that itself names a host ("www.bank.example"); absent:
 * it names none. For link text against link target. */
struct str url_shown_host(struct arena *a, const struct psl *psl, struct str text);

const char *url_origin_name(enum url_origin o);
const char *url_flag_name(unsigned flag);

#pragma GCC visibility pop

#endif
