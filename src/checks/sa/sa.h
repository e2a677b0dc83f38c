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

/* charset.c: ok_locales says "all" or nothing; the charset is one of its languages. */
bool sa_locales_all(const struct scan *s);
bool sa_charset_ok(const struct scan *s, struct str charset);

#endif
