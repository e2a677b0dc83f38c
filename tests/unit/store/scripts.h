/* Scripts of operations with what they answer, for every kind of store. */
#ifndef TESTS_UNIT_STORE_SCRIPTS_H
#define TESTS_UNIT_STORE_SCRIPTS_H

#include "store/store.h"

/* What an answer is held against. */
struct want {
	enum store_status status;
	bool admitted;
	const char *value; /* NULL: whatever it is */
	double sum[STORE_SUMS];
	bool decays; /* by the wall clock at most sum */
	size_t nentry;
	const char *first; /* value of the first entry */
};

struct step {
	uint64_t wait_ms; /* before it */
	struct store_op op;
	struct want want;
};

struct script {
	const char *name;
	const struct step *step;
	size_t n;
};

extern const struct script suite_scripts[];
extern const size_t suite_nscripts;

#endif
