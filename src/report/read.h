/* What the readers of this room share with each other, and with who has a message in parts already.
 */
#ifndef REPORT_READ_H
#define REPORT_READ_H

#include "mail/mime/mime.h"
#include "report/report.h"

#define REPORT_MAX_PACKED (10u << 20) /* octets as they came */
#define REPORT_MAX_RATIO 300u	      /* inflated to packed, of what is over REPORT_FREE */
#define REPORT_FREE (1u << 20)
#define REPORT_MAX_MEMBERS 16u	  /* of a zip that are looked at */
#define REPORT_MAX_AUTH 300000u	  /* DKIM results of a report */
#define REPORT_MAX_ERRORS 100u	  /* lines of errors that are kept */
#define REPORT_MAX_JSON_DEPTH 16u /* of a TLS report */
#define REPORT_MAX_JSON_VALUES 100000u
#define REPORT_MAX_POLICIES 1000u
#define REPORT_MAX_PARTS 20u /* of a message that are looked at */
#define REPORT_MAX_TRIES 3u  /* parts that begin as a report does */

/* What is inside gzip or zip, or octets as they are: text that begins as XML or JSON does. False:
 * *fault. */
bool report_unpack(struct arena *a, struct str octets, struct str *out, struct str *fault);

/* Whether a report's octets may begin so: XML of a report, JSON, gzip, zip. */
bool report_begins(struct str octets);

/* Each fills *out, or its fault and false. */
bool report_read_xml(struct arena *a, struct str xml, struct report_read *out);
bool report_read_json(struct arena *a, struct str json, struct report_read *out);

/* A multipart/report of feedback (RFC 5965, 6591); false without fault: the message is none. */
bool report_read_feedback(struct arena *a, struct mime *m, struct report_read *out);

/* Any report that is in a message; the first one that can be read. */
bool report_read_mail(struct arena *a, struct mime *m, struct report_read *out);

/* Sets the fault; always false. */
bool report_fault(struct arena *a, struct report_read *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
