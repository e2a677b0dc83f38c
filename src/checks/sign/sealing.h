/* What of the mail that leaves again is sealed (ARC), and with which key: section seal. */
#ifndef CHECKS_SIGN_SEALING_H
#define CHECKS_SIGN_SEALING_H

#include "checks/sign/policy.h"

#define SEALING_RCPTS_MAX 100000u

struct sealing_live {
	const struct signing_use *chosen; /* NULL: there is no key now */
};

struct sealing_config {
	bool on, broken, munge;
	struct str domain, selector;
	struct signing_use *use; /* of seal.key; NULL: a key of section or keyring */
	const struct str *listeners, *profiles;
	size_t nlisteners, nprofiles;
	struct map *rcpts; /* addresses and domains */
	struct str munge_address;
	struct sealing_live *live;
};

extern const struct conf_opt sealing_options[];
int sealing_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);

/* Of the configuration that check_seal's setup made: the key that it names; NULL: none. */
struct signing_use *sealing_use(const void *config);
/* Keys are there: chooses one. -1 and *e: the one that is named does not do. */
int sealing_settle(const void *config, const struct signing_config *k, struct err *e);

/* Whether a message leaves again here. */
bool sealing_leaves(const struct sealing_config *k, const struct scan *s);

#endif
