/* The host of a URL, as browsers read it. */
#ifndef MAIL_URL_HOST_H
#define MAIL_URL_HOST_H

#include "mail/url/url.h"

/*
 * Reads what stands between "@" and ":" of an authority: percent escapes undone, UTS 46, numbers as
 * addresses (WHATWG URL 3.5). Fills host, shown, registrable, ip and flags. Of what is neither a
 * name nor an address host is empty, unless it is at least a name of DNS, and URL_BAD_HOST is set.
 */
void url_host_read(struct arena *a, const struct psl *psl, struct str text, struct url *u);

/* s with its percent escapes undone, once; s itself where it has none. */
struct str url_percent_decode(struct arena *a, struct str s);

/* Flags of the characters in s: URL_ZERO_WIDTH, URL_BIDI, URL_CONTROL. */
unsigned url_char_flags(struct str s);

#endif
