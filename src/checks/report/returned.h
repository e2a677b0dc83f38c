/*
 * What comes back of our reports: left in the worker's spool for the control process, which sends
 * reports and knows to whom they went.
 */
#ifndef CHECKS_REPORT_RETURNED_H
#define CHECKS_REPORT_RETURNED_H

#include "checks/checks.h"

extern const struct check check_report_bounces;

#endif
