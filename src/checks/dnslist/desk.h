/* What one message has asked lists so far, and what they said. */
#ifndef CHECKS_DNSLIST_DESK_H
#define CHECKS_DNSLIST_DESK_H

#include "checks/dnslist/zone.h"

/* A list in this message. */
struct dnslist_seat {
	const struct dnslist_zone *zone;
	struct board_cell *cell;
	bool silent;   /* a question was not answered, or it is left alone for that */
	bool refuses;  /* it refuses us, or is left alone for that */
	bool lies;     /* it lists what cannot be listed: nothing it says counts */
	bool left_out; /* a question was not asked: over the limit */
};

struct dnslist_question {
	struct dnslist_seat *seat;
	const char *name; /* NUL-terminated */
	int type;
	unsigned flags;
	struct dnslist_reply reply;
	const struct dns_rr *refusal; /* NULL: none */
};

/* Something of the message that a list is asked for. */
struct dnslist_target {
	enum dnslist_scope scope;
	struct str name;  /* that is asked for; digests are made for each list */
	struct str text;  /* for evidence */
	struct str whole; /* of a domain, the whole name; of a link, host and path */
	struct ip ip;
};

/* A list that has something to say of a target. */
struct dnslist_hit {
	const struct dnslist_seat *seat;
	const struct dnslist_target *target;
	size_t n; /* 0: a refusal */
	const struct dns_rr *rr, *refusal;
};

struct dnslist_desk {
	struct scan *scan;
	const struct dnslist_config *config;
	struct map *seats;     /* by suffix: struct dnslist_seat */
	struct map *questions; /* by type and name: struct dnslist_question */
	struct map *rcpts;     /* as dnslist_mailbox; NULL: not made yet */
	unsigned asked;
	VEC(struct dnslist_hit) hits;
	struct dnslist_host *hosts; /* chosen, once they are */
	size_t nhosts;
	bool hosts_chosen, hosts_left_out;
};

/* Of this scan; NULL: check_dnslist is not there, or is not done. */
struct dnslist_desk *dnslist_desk(const struct scan *s);
struct dnslist_desk *dnslist_desk_new(struct scan *s, const struct dnslist_config *k);

/* Nobody is to be asked: switched off, passive, authentication only, no network. */
bool dnslist_idle(const struct dnslist_desk *d);

/* The list that is asked below suffix, one that nobody has defined too. */
struct dnslist_seat *dnslist_seat(struct dnslist_desk *d, struct str suffix);

/* As dnslist_ask; never NULL. */
const struct dnslist_question *dnslist_put(struct dnslist_desk *d, struct dnslist_seat *seat,
					   struct str what, int type, unsigned flags);

#endif
