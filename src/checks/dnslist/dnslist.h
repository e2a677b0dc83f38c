/*
 * Lists that are asked by DNS (RFC 5782): a name made of an address, a domain or a digest, below
 * the list's own; an address of 127.0.0.0/8 says that it is listed, and as what. All questions to
 * lists go through dnslist_ask, whoever has them: it knows which lists are left alone, takes no
 * more of a message's questions than option dnslist.max_queries, and tells refusals from listings.
 */
#ifndef CHECKS_DNSLIST_DNSLIST_H
#define CHECKS_DNSLIST_DNSLIST_H

#include "auth/crypto.h"
#include "scan/ask.h"
#include "scan/check.h"

#define DNSLIST_MAX_QUERIES 64u	 /* distinct questions of one message: ceiling of the option */
#define DNSLIST_BEFORE_END 40u	 /* of them before its end: what is left is for its links */
#define DNSLIST_MAX_DOMAINS 20u	 /* distinct domains of URLs that are asked for */
#define DNSLIST_OFF_MS 600000u	 /* that a list which refuses to serve us is not asked */
#define DNSLIST_WILD_MS 7200000u /* that one which lists everything is not asked */
#define DNSLIST_TEST_MS 3600000u /* between self-tests */
#define DNSLIST_SHOWN 8u	 /* names in evidence */

/*
 * check_dnslist (dnslist.c): the zones, the predicates, and what a message has asked so far; done
 * at connect, and needed ("dnslist") by every check that calls anything below. check_dnslist_ask
 * (ask.c): asks what the rules want to know.
 */
extern const struct check check_dnslist, check_dnslist_ask;

enum dnslist_state {
	DNSLIST_WAIT,	/* return CHECK_WAIT */
	DNSLIST_FAILED, /* did not answer; shown by dnslist_unanswered and X-Merlon-Degraded */
	DNSLIST_OFF, /* left alone: refuses us, lists everything, or did not answer for a while */
	DNSLIST_SKIPPED, /* not asked: use is off, over the limit, or the scan asks nobody */
	DNSLIST_CLEAN,	 /* not listed */
	DNSLIST_LISTED,	 /* n records: no refusal among them */
};

struct dnslist_reply {
	enum dnslist_state state;
	size_t n;
	const struct dns_rr *rr; /* of DNSLIST_LISTED; as long as the scan */
};

enum dnslist_flag {
	DNSLIST_PLAIN = 1, /* records of any kind are wanted, not codes: none is a refusal */
};

/*
 * Asks for what ("2.0.0.127", "example.com", a digest; no dot at the end) below zone
 * ("zen.spamhaus.org", a dot at the end is allowed). The same question of a scan is one, whoever
 * asks. A zone that check_dnslist knows has that one's refusal codes and its breaker; any other has
 * 127.255.255.0/24 and a breaker under its own name. type: DNS_A, DNS_TXT, ... For DNS_TXT only
 * what was answered to DNS_A before can tell a refusal. To be called from run of a check; from a
 * predicate only for what was asked there.
 */
struct dnslist_reply dnslist_ask(struct scan *s, struct str zone, struct str what, int type,
				 unsigned flags);

/* ---- what may be asked for ---- */

/* An address of the public Internet, that is not of a network we trust (trusted_networks). */
bool dnslist_public(const struct scan *s, const struct ip *ip);

/* A domain (domain_read form) that nobody need be asked about: ours, or of uridnsbl_skip_domain. */
bool dnslist_spared(const struct scan *s, struct str domain);

/* The name of an address below a list: 4 octets backwards, or 32 nibbles; bits: of these only so
 * many (64: the first 16 nibbles backwards), 0: all. */
struct str dnslist_ip_name(struct arena *a, const struct ip *ip, unsigned bits);

/*
 * The hosts of the message's links, one for each registrable domain (or address), at most
 * DNSLIST_MAX_DOMAINS: where there are more, those that count are drawn by a secret of ours, what
 * can be clicked first, so that nobody can hide one behind others. From SCAN_EOM on. Spared ones
 * are left out.
 */
struct dnslist_host {
	struct str host, domain; /* domain absent: an address or a public suffix */
	struct ip ip;		 /* family 0: a name */
	struct str url;		 /* one that has it, for evidence */
};
const struct dnslist_host *dnslist_hosts(struct scan *s, size_t *n);

/* ---- digests (HashBL) ---- */

enum dnslist_digest { DNSLIST_RAW, DNSLIST_MD5, DNSLIST_SHA1, DNSLIST_SHA256 };
enum dnslist_coding {
	DNSLIST_HEX,
	DNSLIST_BASE32
}; /* RFC 4648 section 6, lower case, no padding */

/* The digest of text as a label; at most digits characters of it (0: all, 63 at most). */
struct str dnslist_hash(struct arena *a, enum dnslist_digest d, enum dnslist_coding c,
			unsigned digits, struct str text);

/*
 * A mail address as lists of them want it (msbl.org/ebl-design.html): lower case; what stands from
 * "+" to "@" left out; googlemail.com is gmail.com, and dots of its local parts are left out.
 * Absent: it is no address.
 */
/* A local part without its dots: to some providers they are nothing. */
struct str dnslist_without_dots(struct arena *a, struct str local);
struct str dnslist_mailbox(struct arena *a, struct str local, struct str domain);

/*
 * At the start of a worker: asks the lists' own test points, once an hour for all workers, and logs
 * what does not fit. a lives as long as env.
 */
void dnslist_selftest(struct arena *a, const struct scan_env *env);

#endif
