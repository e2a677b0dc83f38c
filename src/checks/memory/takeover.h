/* What the files of the check "takeover" share: signs that somebody else uses a user's account. */
#ifndef CHECKS_MEMORY_TAKEOVER_H
#define CHECKS_MEMORY_TAKEOVER_H

#include "checks/memory/identity.h"

#define TAKEOVER_NETS 64u /* networks kept of a user */
#define TAKEOVER_SYMBOL "ACCOUNT_TAKEOVER"

/* Sums of a user's record "out:USER", by their half-lives. */
enum takeover_sum {
	TAKEOVER_RCPTS_HOUR,
	TAKEOVER_RCPTS_WEEK,
	TAKEOVER_RCPTS_DAY,
	TAKEOVER_NOVEL_DAY, /* recipients he had never written to */
};

/* Where he is, as databases of addresses have it. */
enum takeover_where { TAKEOVER_COUNTRY, TAKEOVER_ASN, TAKEOVER_WHERES };
struct takeover_place {
	struct str value; /* "DE", "AS64496"; "": not known */
	bool known;	  /* of the last 30 days */
	bool fresh;	  /* first seen within the last day, others before it */
	double others;	  /* known of him */
};

/* With this message counted in. Published by check_takeover, for mail of authenticated users. */
struct takeover_facts {
	struct str user;
	struct str net; /* of the client; "" */
	bool net_known; /* of the last 30 days */
	bool net_fresh; /* first seen within the last day */
	double nets;	/* known of him */
	double fresh;	/* of which first seen within the last day */
	struct takeover_place place[TAKEOVER_WHERES];
	bool settled;		/* we have known him for days: the figures are his habits */
	double sum[STORE_SUMS]; /* enum takeover_sum */
	double bounces;		/* of the last day */
	bool told;		/* the log has it already, this hour */
};

/* What is remembered of a user's account by itself, beside what he is known from ("net",
 * "country", "asn"): first parts of keys; NULL at the end. */
extern const char *const takeover_records[];

/* The verdict has the symbol of the alert. */
bool takeover_alarmed(const struct scan *s);

/* A verified complaint about a message of his counts as one that came back: the operation that
 * notes it. id: of the message; counts once from one reporter's network. */
struct store_op takeover_complaint(struct scan *s, struct str user, struct str id);

/* Recipients of an hour by his habits of a week. */
double takeover_usual(const struct takeover_facts *f);

extern const struct predicate takeover_predicates[];

#endif
