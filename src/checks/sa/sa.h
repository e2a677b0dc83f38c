/* What the checks that stand in for SpamAssassin's plug-ins share. */
#ifndef CHECKS_SA_SA_H
#define CHECKS_SA_SA_H

#include "scan/check.h"

/* They find nothing before they are asked. */
static inline enum check_step sa_run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

#endif
