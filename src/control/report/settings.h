/* How reports are sent: options report.dmarc.* and report.relay.* of whoever sends (what
 * is gathered has options of its own). */
#ifndef CONTROL_REPORT_SETTINGS_H
#define CONTROL_REPORT_SETTINGS_H

#include "conf/conf.h"
#include "io/smtp.h"
#include "report/mail.h"
#include "report/uri.h"

extern const struct conf_opt report_send_options[];

struct report_settings {
	bool use;		   /* by the options; and there is an address to send them from */
	bool aggregate, failures;  /* which of them are */
	unsigned failures_per_day; /* and policy domain */
	struct str org, email, contact, submitter, bounce, from_domain;
	uint64_t max_size, jitter_ms, retry_ms, suppress_ms;
	unsigned retries;
	const struct str *exclude; /* policy domains, lower case */
	size_t nexclude;
	enum dmarc_method method;
	const struct psl *psl; /* for DMARC_PSL */
	struct smtp_config relay;
};

/* -1 and *e: a password that cannot be read, a list of suffixes. */
int report_settings_read(struct arena *a, const struct conf *c, struct report_settings *out,
			 struct err *e);

/* Whether reports can go out as the options say, as far as that is seen without asking anybody: an
 * address that they are from, files that are read. -1 and *e, with its place. */
int report_settings_check(const struct conf *c, struct err *e);

/* No reports about this domain go out. */
bool report_excluded(const struct report_settings *s, struct str domain);

#endif
