/* Faults of a configuration text: where, and one printable line each. */
#ifndef CONF_FAULT_H
#define CONF_FAULT_H

#include "conf/conf.h"

struct place {
	const char *file;
	unsigned line; /* 0: of the file as a whole */
};

struct faults {
	conf_fault_fn *fn;
	void *arg;
	size_t n; /* found so far, reported or not */
};

/* "file:line: text", control characters replaced. After CONF_FAULTS_MAX only a count is kept. */
void fault_at(struct faults *f, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define FAULT_SHOW 160u

/* s in quotes, printable and cut, in out; returns out. */
const char *fault_show(char out[FAULT_SHOW], struct str s);

#endif
