/*
 * Reports as messages (RFC 5322, 2045): what RFC 9990 2.5.2 wants of the message that carries an
 * aggregate report. Lines end in CRLF, octets are US-ASCII, and nothing but what is given here
 * goes in: the same report to the same address at the same date is the same message.
 */
#ifndef REPORT_MAIL_H
#define REPORT_MAIL_H

#include "auth/crypto.h"
#include "report/report.h"

#define REPORT_ID_MAX 33u /* 32 hexadecimal digits and a NUL */

/* Who sends, to whom, when. */
struct report_envelope {
	struct str org;	      /* display name of From, UTF-8 */
	struct str email;     /* From */
	struct str submitter; /* domain that reports: A-labels */
	struct str to;
	int64_t date;
};

/* Hexadecimal digits of what names a report: who, of whom, when, and which part of it. */
struct str report_id(struct arena *a, struct crypto *c, struct str submitter, struct str domain,
		     int64_t begin, int64_t end, struct str part);

/* RFC 9990 2.5.2: "receiver!policy-domain!begin!end!id.xml.gz". */
struct str report_filename(struct arena *a, struct str submitter, const struct report *r);

/* The message with the report in it, but for what report_mail_head writes, which is before it: from
 * Subject on. Of env it has the submitter only. gz: report_xml of it, gzip_write. */
struct str report_mail_content(struct arena *a, const struct report_envelope *env,
			       const struct report *r, struct str gz);

/* ---- for whoever writes such messages ---- */

struct buf;

/* "From: ..." with what every message of ours has: To, Date, Message-ID of id, Auto-Submitted,
 * MIME-Version. */
void report_mail_head(struct buf *b, const struct report_envelope *env, struct str id);

/* Head and content. */
struct str report_mail(struct arena *a, const struct report_envelope *env, struct str id,
		       struct str content);

/* base64 in lines of 76. */
void report_mail_base64(struct arena *a, struct buf *b, struct str octets);

#endif
