/* Failure reports of DMARC (RFC 9991): what is written down of a message that failed. */
#ifndef CHECKS_REPORT_FAILURE_H
#define CHECKS_REPORT_FAILURE_H

#include "checks/checks.h"

extern const struct check check_report_failure; /* options report.failure.* */

#endif
