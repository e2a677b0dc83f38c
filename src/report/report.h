/*
 * Reports about mail, as octets: DMARC aggregate reports (RFC 9990, and RFC 7489 as it is still
 * sent) written and read, failure reports (RFC 9991, AFRF RFC 6591) written, SMTP TLS reports (RFC
 * 8460) and abuse reports (ARF, RFC 5965) read. Nobody is asked and nothing is sent here. Every
 * reader takes hostile octets in bounds that apply before the work.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "auth/dmarc/dmarc.h"
#include "base/ip.h"
#include "base/vec.h"

/* One line of an aggregate report: what was seen of one source, and how it was judged. */
struct report_row {
	struct ip source;
	uint64_t count;
	enum dmarc_policy disposition; /* none quarantine reject: what was done */
	bool pass_disposition;	       /* RFC 9990: "pass" where DMARC passed */
	bool dkim_aligned, spf_aligned;
	struct str override_type;    /* "local_policy", "trusted_forwarder", "mailing_list", ...;
					absent: none */
	struct str override_comment; /* absent: none */
	struct str header_from, envelope_from,
		envelope_to; /* lower-case A-labels; envelope_to absent: not told */
	struct report_dkim {
		struct str domain, selector, result; /* result word of RFC 8601 */
	} * dkim;
	size_t ndkim;
	struct str spf_domain, spf_result; /* absent: none */
	bool spf_helo;			   /* scope: helo, else mfrom */
};

struct report {
	/* who reports, to whom, of when */
	struct str org, email, contact, id; /* id: report_id */
	int64_t begin, end;		    /* seconds since 1970 */
	struct str generator, version;
	VEC(struct str) errors;
	/* the policy that was found */
	struct str domain;
	struct str p, sp, np, adkim, aspf, fo, testing, discovery; /* words; absent: not told */
	struct report_row *row;
	size_t nrows;
};

#define REPORT_MAX_INFLATED (20u << 20) /* octets of a report that is read */
#define REPORT_MAX_ROWS 100000u
#define REPORT_MAX_TEXT 4096u /* octets of one value */

/* ---- written (xml_write.c) ---- */

/* The XML document of RFC 9990: the same report gives the same octets. */
struct str report_xml(struct arena *a, const struct report *r);

/* ---- read (read_*.c) ---- */

enum report_kind { REPORT_NOTHING, REPORT_DMARC, REPORT_TLS, REPORT_ABUSE, REPORT_FAILURE };

/* One kind of failure in a TLS report. */
struct report_tls_failure {
	struct str type, mx, source; /* result-type, receiving-mx-hostname, sending-mta-ip */
	uint64_t count;
};

/* One policy of a TLS report with its sums. */
struct report_tls {
	struct str domain, type; /* policy-domain, policy-type */
	uint64_t good, bad;	 /* sessions */
	VEC(struct report_tls_failure) failures;
};

struct report_abuse {
	struct str feedback_type, source_ip, user_agent, arrival, from, rcpt, reported_domain,
		auth_results, auth_failure; /* absent: not told */
	struct str original;		    /* header block (or message) that came with it */
};

struct report_read {
	enum report_kind kind;
	struct report dmarc;
	struct str tls_org, tls_id, tls_contact; /* of a TLS report */
	int64_t tls_begin, tls_end;
	VEC(struct report_tls) tls;
	struct report_abuse abuse;
	bool old; /* RFC 7489's form */
	struct str
		fault; /* why it is REPORT_NOTHING: "line 12: ...", "larger than 20 MB inflated" */
};

/* A file or a part as it came: XML or JSON, plain, gzip or zip (one member), found by its octets;
 * or a whole message (RFC 5322) with such a part. False: out->fault. */
bool report_read(struct arena *a, struct str octets, struct report_read *out);

/* A field of the message that a complaint is about; absent: none. */
struct str report_original(struct arena *a, const struct report_abuse *r, const char *name);

#endif
