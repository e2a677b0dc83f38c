/* The options of the DMARC check. */
#ifndef CHECKS_DMARC_OPTIONS_H
#define CHECKS_DMARC_OPTIONS_H

#include "checks/checks.h"

extern const struct conf_opt dmarc_conf_options[];

/* The check's setup: *config is a struct dmarc_options. */
int dmarc_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);

#endif
