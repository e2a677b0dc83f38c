/*
 * DNS for a worker: answers from a cache, else from the site's resolver through libunbound's event
 * interface. Equal questions under way are joined. Answers are read by our own bounded reader.
 */
#ifndef IO_RESOLVER_H
#define IO_RESOLVER_H

#include "base/dns.h"
#include "base/err.h"
#include "io/loop.h"

#define RESOLVER_MAX_INFLIGHT 2000u /* questions under way in the process */
#define RESOLVER_MAX_PER_ZONE                                                                      \
	200u			/* of them under one registrable-looking zone (last two labels;    \
				 * of reverse names /16, /32) */
#define RESOLVER_SILENT_MS 250u /* nobody waits longer while no server answers anything */
#define RESOLVER_MAX_ANSWER 65535u
#define RESOLVER_MAX_CNAME 8u
#define RESOLVER_MAX_RRS 200u

struct resolver;
struct resolver_query;

struct resolver_config {
	const struct str
		*servers; /* "192.0.2.1", "192.0.2.1@5353", "::1@53"; none: from resolv_conf */
	size_t nservers;
	const char *resolv_conf;	    /* NULL: /etc/resolv.conf */
	uint64_t timeout_ms;		    /* of one question */
	size_t cache_entries;		    /* 0: no cache */
	uint32_t max_ttl, max_negative_ttl; /* seconds; what is longer is cut */
	uint32_t fail_ttl_min,
		fail_ttl_max; /* SERVFAIL and time-outs are remembered that long, with jitter */
};

struct resolver_stats {
	uint64_t asked, cache_hits, joined, sent, ok, nodata, nxdomain, tempfail, bogus, timeouts,
		refused;
	size_t inflight, cached;
};

/* Gets the answer; called from the loop, never from inside resolver_ask and never after a cancel.
 * ans is the receiver's to give back with resolver_put. */
typedef void resolver_fn(void *arg, const struct dns_answer *ans);

/* One a process, made after fork. NULL and *e: bad server address, no usable resolv.conf. */
struct resolver *resolver_new(struct loop *l, const struct resolver_config *cfg, struct err *e);
/* Who waits is not called any more, and must not cancel. Not from inside a resolver_fn. */
void resolver_free(struct resolver *r);

/*
 * The answer, if it is known now (cache, impossible name, limit reached: DNS_TEMPFAIL), to be given
 * back with resolver_put; else NULL and *q, and fn is called exactly once unless *q is cancelled.
 * deadline: on clock_mono_ms; at it the answer is DNS_TEMPFAIL (0: cfg.timeout_ms from now).
 */
const struct dns_answer *resolver_ask(struct resolver *r, const char *name, int type,
				      uint64_t deadline, resolver_fn *fn, void *arg,
				      struct resolver_query **q);
void resolver_cancel(struct resolver_query *q);

/* Gives an answer back; it may be gone afterwards. NULL is fine. */
void resolver_put(const struct dns_answer *ans);

const struct resolver_stats *resolver_stats(const struct resolver *r);

/*
 * A resolver of another make behind the same face (a zone in memory for replay tests): everything
 * above except resolver_new goes through this table, which resolver_new fills for libunbound.
 */
struct resolver_ops {
	const struct dns_answer *(*ask)(struct resolver *, const char *, int, uint64_t,
					resolver_fn *, void *, struct resolver_query **);
	void (*cancel)(struct resolver_query *);
	void (*put)(const struct dns_answer *);
	const struct resolver_stats *(*stats)(const struct resolver *);
	void (*free)(struct resolver *);
};

/* First member of every resolver, of every resolver_query, and of every answer a resolver gives. */
struct resolver {
	const struct resolver_ops *ops;
};
struct resolver_query {
	const struct resolver_ops *ops;
};
struct resolver_answer {
	struct dns_answer dns; /* first: the pointer that is given out points here */
	const struct resolver_ops *ops;
};

#endif
