/*
 * The second opinion of a language model on mail that rules and statistics are unsure of: what it
 * is set to, and what came of one message. Whom it may cost what is in budget.h, how one is asked
 * in consult.h; what is said and understood is in the room llm.
 */
#ifndef CHECKS_LLM_OPINION_H
#define CHECKS_LLM_OPINION_H

#include "checks/checks.h"
#include "io/http.h"
#include "llm/llm.h"
#include "scan/board.h"

extern const struct check check_llm;

/* ---- options (config.c) ---- */

#define OPINION_ENDPOINTS_MAX 8u
#define OPINION_SITES_MAX 256u
#define OPINION_HEADERS_MAX 8u

enum opinion_mode { OPINION_OFF, OPINION_SHADOW, OPINION_ON };
enum opinion_span { OPINION_MINUTE, OPINION_DAY, OPINION_SPANS };

/* 0: no limit. */
struct opinion_limits {
	uint64_t requests, tokens, micros; /* millionths of the money of the price list */
};

struct opinion_endpoint {
	struct str name, cell; /* "main", "llm:main" on the board */
	struct str url;	       /* with the path of the model */
	struct str unix_path;  /* absent: by the URL */
	const struct llm_model *model;
	struct str header[OPINION_HEADERS_MAX + 2]; /* type and key among them */
	size_t nheaders;
	const struct http_tls *tls; /* NULL: the system's roots */
	uint64_t timeout_ms;
	int64_t priority; /* the lowest is asked first */
	unsigned max_inflight;
	struct str region;
	double price_in, price_out; /* money for a million tokens */
};

/* A domain of recipients. */
struct opinion_site {
	struct str domain; /* "": all that have no section */
	enum opinion_mode mode;
	enum llm_privacy privacy;
	const struct opinion_endpoint *const *endpoint; /* by priority */
	size_t nendpoints;
	struct opinion_limits limit[OPINION_SPANS];
};

struct opinion_config {
	enum opinion_mode mode; /* of the whole: the most of all sites */
	double from, to;	/* the band of scores */
	const struct str *trigger;
	size_t ntriggers;
	double audit, percent; /* 0 to 100 */
	uint64_t max_size, timeout_ms, cache_ms;
	double effect_min, effect_max;
	struct opinion_limits limit[OPINION_SPANS]; /* of all sites together */
	uint64_t sender_calls, sender_window_ms, local_calls;
	const struct opinion_endpoint *endpoint; /* in the order of the file */
	size_t nendpoints;
	const struct opinion_site *site; /* [0]: all that have no section */
	size_t nsites;
};

extern const struct conf_opt opinion_options[];
int opinion_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);

/* The site of a recipient's domain: the section with the longest name that it is within. */
const struct opinion_site *opinion_site(const struct opinion_config *k, struct str domain);

/* What both allow: the mode and privacy of the stricter one, the endpoints of both; limits of x. */
const struct opinion_site *opinion_site_join(struct arena *a, const struct opinion_site *x,
					     const struct opinion_site *y);

/* Millionths. */
uint64_t opinion_cost(const struct opinion_endpoint *p, uint64_t tokens_in, uint64_t tokens_out);

/* ---- what came of a message ---- */

/* Why there is no opinion; words and what is worth a symbol are one table (words.c). */
enum opinion_skip {
	OPINION_GIVEN, /* there is one */
	/* nobody wanted one: */
	OPINION_SKIP_OFF,
	OPINION_SKIP_LOCAL, /* nobody may be asked, or nothing written */
	OPINION_SKIP_OURS,  /* authenticated, of our own users, or from another filter */
	OPINION_SKIP_TRUSTED,
	OPINION_SKIP_ENCRYPTED,
	OPINION_SKIP_SIZE,
	OPINION_SKIP_BAND,
	OPINION_SKIP_SAMPLE, /* not in the share that is asked */
	OPINION_SKIP_EMPTY,
	/* one was wanted: */
	OPINION_SKIP_BUDGET,
	OPINION_SKIP_SENDER, /* this network's or author's budget */
	OPINION_SKIP_STORE,  /* it is down, and with it the budgets */
	OPINION_SKIP_OTHER, /* another one asks for the same text, and nothing came of it in time */
	OPINION_SKIP_ENDPOINT, /* all are switched off or busy */
	OPINION_SKIP_FAILED,   /* no usable reply: timeout, status, TLS */
	OPINION_SKIP_FAULT,    /* a reply that counts for nothing (answer.fault) */
	OPINION_SKIPS
};
const char *opinion_skip_word(enum opinion_skip why);
bool opinion_wanted(enum opinion_skip why); /* it was wanted, and there is none */
bool opinion_skip_find(struct str word, enum opinion_skip *why);

struct opinion {
	enum opinion_skip skip;
	const char *detail; /* a static word or two; "" */
	bool cached;
	const struct opinion_endpoint *endpoint; /* who answered, or failed last; NULL: nobody */
	struct llm_answer answer;
	double p_spam; /* calibrated */
	struct str digest;
	size_t hidden, cut; /* octets that were not shown to it */
	unsigned calls;	    /* requests that left this host */
	uint64_t ms, tokens_in, tokens_out, micros;
};

/* Published by check_llm. */
struct opinion_facts {
	struct opinion o;
	const struct opinion_site *site;
	bool audit;	/* asked for the sample only */
	bool counts;	/* rules may use it */
	bool disagrees; /* it says ham with confidence and nearly everything else says spam */
};

/* Why this message is not to be asked about, before anything is built; OPINION_GIVEN: it is. */
enum opinion_skip opinion_gate(struct scan *s, const struct opinion_config *k,
			       const struct opinion_site *site, bool *audit);

/* What is known of the message, for llm_build. */
void opinion_read(struct scan *s, struct llm_facts *out);

extern const struct predicate opinion_predicates[];

#endif
