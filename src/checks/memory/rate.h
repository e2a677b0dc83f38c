/* Rate limits: what the configuration says, and which buckets of a message it makes. */
#ifndef CHECKS_MEMORY_RATE_H
#define CHECKS_MEMORY_RATE_H

#include "checks/memory/gate.h"

#define RATE_RULES_MAX 32u   /* limits of one configuration */
#define RATE_PARTS_MAX 4u    /* parts of a key */
#define RATE_BUCKETS_MAX 16u /* that one message fills, of all limits */
#define RATE_RCPTS_MAX                                                                             \
	16u /* recipients or their domains, of one limit: the first distinct ones                  \
	     */

enum rate_part {
	RATE_USER,
	RATE_IP,
	RATE_NET,
	RATE_FROM_DOMAIN,
	RATE_RCPT,
	RATE_RCPT_DOMAIN,
	RATE_HELO,
	RATE_ASN,
	RATE_COUNTRY,
	RATE_PARTS
};
const char *rate_part_word(enum rate_part p);

enum rate_count { RATE_MESSAGES, RATE_RECIPIENTS, RATE_BYTES, RATE_BOUNCES, RATE_REJECTS };
enum rate_profile { RATE_ANY, RATE_INBOUND, RATE_SUBMISSION };
enum rate_action { RATE_ALERT, RATE_TEMPFAIL, RATE_HOLD, RATE_REJECT };

struct rate_rule {
	struct str name;
	enum rate_part part[RATE_PARTS_MAX];
	size_t nparts;
	enum rate_count count;
	double limit;	 /* how many at once, and in period_s */
	double period_s; /* in which a full bucket is empty again */
	double alert_at; /* percent of the limit from which somebody is told; 0: never */
	enum rate_profile profile;
	enum rate_action action;
	struct gate_except except;
};

struct rate_config {
	const struct rate_rule *rule;
	size_t n;
};

extern const struct conf_opt rate_options[];

/* "200/1h", "50M/1d" (size: with units of 1024). False: none. */
bool rate_limit_parse(struct str s, bool size, double *limit, double *period_s);

/* Sections rate "name", and the limit "outbound" that comes with the program unless a section has
 * its name or limits.default is off. -1 and *e: "file:line: ...". */
int rate_read(struct arena *a, const struct conf *c, struct rate_config *out, struct err *e);

/* One bucket that a message fills. */
struct rate_bucket {
	const struct rate_rule *rule;
	struct str part[1 + RATE_PARTS_MAX]; /* the name of the limit, then the key's parts */
	double cost;
};

/* The buckets of a limit; their number, at most max. 0: it does not apply. The scan is at SCAN_EOM.
 */
size_t rate_buckets(struct scan *s, const struct rate_rule *r, struct rate_bucket *out, size_t max);

/* What is kept in the store, in the same form for `merlon limits`: "rate" (the bucket), "ratemax"
 * (a higher limit for this key: a decimal number), "ratelog" and "rateover" (it was told within the
 * hour). */
struct str rate_key(struct scan *s, const char *ns, const struct rate_bucket *b);

#endif
