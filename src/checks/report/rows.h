/* Rows of DMARC aggregate reports: what is written down of each message that a policy judged. */
#ifndef CHECKS_REPORT_ROWS_H
#define CHECKS_REPORT_ROWS_H

#include "checks/checks.h"
#include "report/row.h"

extern const struct check check_report_rows; /* options report.dmarc.* of the gathering */

#define ROWS_NEVER_TO_MAX 1000u /* addresses of report.dmarc.never_to */

/* Why no row is written of a message; ROW_WRITTEN: one is. Each has its test. */
enum row_why {
	ROW_WRITTEN,
	ROW_OFF,	/* report.dmarc.use, a tool, or nowhere to write to */
	ROW_OURS,	/* of our own user */
	ROW_NO_AUTHOR,	/* not exactly one author domain */
	ROW_NO_RECORD,	/* no policy, or nobody asks for reports of it */
	ROW_COMES_BACK, /* put off, but not by the policy: it is counted when it comes again */
	ROW_REPORT,	/* it is a report, or goes to where reports go */
	ROW_SPAM,	/* rejected, and the score is at least report.dmarc.spam_score */
	ROW_IMPOSSIBLE, /* no address of the client, or what cannot stand in a row */
};

struct rows_options {
	bool use;
	double spam_score;    /* 0: none */
	struct str *never_to; /* lower case */
	size_t nnever;
};

/* The row that stands for this message as it is judged (s->verdict), in the scan's arena. */
enum row_why rows_of(struct scan *s, const struct rows_options *k, struct row *out);

/* ---- what whoever else reports asks too ---- */

bool rows_goes_to_reports(struct scan *s, const struct rows_options *k);
bool rows_type_of_report(struct scan *s);    /* multipart/report */
bool rows_subject_of_report(struct scan *s); /* that of an aggregate report */
bool rows_comes_back(const struct scan *s);  /* put off, but not by the policy */

/* The identity of a message: the same when it comes again, since its verdict did not arrive. */
void rows_identify(const struct scan *s, unsigned char id[ROW_ID_SIZE]);

#endif
