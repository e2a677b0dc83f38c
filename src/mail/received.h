/* Received fields (RFC 5321 4.4), read leniently: what MTAs write, not only what the RFC says. */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

#include "base/ip.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/* Absent facts are absent slices (p == NULL), family 0, and date 0. */
struct received {
	struct str from_name; /* the word after "from": HELO as announced */
	struct str rdns;      /* host name in the comment after it */
	struct ip ip;	      /* address in that comment (or the from word if it is a literal) */
	struct str by, with, id, for_addr;
	struct str tls; /* a comment that names TLS ("using TLSv1.3 ...", "version=TLS1_3 ...") */
	bool auth;	/* with ESMTPA, ESMTPSA, ... or an authenticated-sender comment */
	int64_t date;
	bool parsed; /* false: nothing but octets */
};

void received_parse(struct arena *a, struct str value, struct received *out);

#pragma GCC visibility pop

#endif
