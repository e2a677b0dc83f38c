/* What the files of the check "reputation" share: who is judged, and how marks become a score. */
#ifndef CHECKS_MEMORY_REPUTATION_H
#define CHECKS_MEMORY_REPUTATION_H

#include "checks/memory/identity.h"

#define REPUTATION_EVENTS 10.0 /* marks that an entity needs before they say anything */
#define REPUTATION_MAX 4.0     /* of a score, in both directions */
#define REPUTATION_DKIM 2u     /* signing domains of a message */
#define REPUTATION_URLS 8u     /* registrable domains of its links */
#define REPUTATION_ASKS 9u     /* entities of a message; links have what the others leave */
#define REPUTATION_COPIES 3.0  /* copies of one text that are evidence each, and marks by them */
#define REPUTATION_TTL_MS (UINT64_C(120) * 86400 * 1000)

enum reputation_kind {
	REPUTATION_NET,
	REPUTATION_DKIM_DOMAIN,
	REPUTATION_SPF_DOMAIN,
	REPUTATION_FROM,  /* the author's domain, authenticated */
	REPUTATION_CLAIM, /* the same, only claimed: kept apart, so that forgers cannot spoil it */
	REPUTATION_URL,
	REPUTATION_ASN, /* the autonomous system of the client, where a database knows it */
	REPUTATION_KINDS
};
const char *reputation_word(enum reputation_kind k);

/* Sums of a record, by their half-lives. */
enum reputation_sum {
	REPUTATION_SPAM_DAY,
	REPUTATION_HAM_DAY,
	REPUTATION_SPAM_MONTH,
	REPUTATION_HAM_MONTH
};

extern const uint64_t reputation_half_life_ms[STORE_SUMS]; /* of these sums */

struct reputation_entity {
	enum reputation_kind kind;
	struct str value;
	double sum[STORE_SUMS]; /* enum reputation_sum */
	double score;		/* -4..4; 0 below REPUTATION_EVENTS */
	double confidence;	/* 0..1 */
};

/* The state of the check; facts first: it is what is published. */
struct reputation {
	struct reputation_facts facts;
	double all[STORE_SUMS]; /* of every message that was marked */
	struct reputation_entity entity[REPUTATION_ASKS];
	size_t n;
};

/*
 * Score and confidence of an entity's sums. all: those of every message that was marked: whoever is
 * in spam as often as in ham, by that measure, has no score (who writes, as most do, through a
 * large provider, or links to a host of fonts), and where hardly any ham is known, little can be
 * said.
 */
void reputation_rate(struct reputation_entity *e, const double all[STORE_SUMS]);
/* facts of all entities: the worst that is said and the best that is said together. */
void reputation_combine(struct scan *s, struct reputation *r);
/* "net 192.0.2.0/24: 12 spam, 3 ham". */
struct str reputation_text(struct scan *s, const struct reputation_entity *e);

extern const struct predicate reputation_predicates[];
/* What is said of one entity, as a report shows it; the caller's. */
json_t *reputation_json(const struct reputation_entity *e);
void reputation_report(struct scan *s, json_t *root);

#endif
