/*
 * SpamAssassin's network functions: what its rule files ask of DNS, and what they make of the
 * answers (Mail::SpamAssassin 4.0: Plugin::DNSEval, URIDNSBL, HashBL, AskDNS and Conf). Questions
 * are asked only where a rule that is loaded asks. Facts are of its documentation.
 *
 * Before workers are forked each of the three checks makes a plan of the rules that ask its
 * functions (sa_plan.c). In a message, questions become listeners (sa_ask.c); what an answer does
 * is the business of the function (sa_rbl.c, sa_uribl.c, sa_hash.c, sa_askdns.c).
 */
#ifndef CHECKS_DNSLIST_SA_H
#define CHECKS_DNSLIST_SA_H

#include "base/map.h"
#include "base/vec.h"
#include "checks/sa/regex.h"
#include "scan/check.h"

/* check_sa_ahead asks at the end of the headers what check_sa_askdns will want to know. */
extern const struct check check_sa_rbl, check_sa_uribl, check_sa_ahead, check_sa_askdns;

#define SANET_MAX_QUESTIONS 1000u  /* of one check and message, asked or not */
#define SANET_MAX_LISTENERS 20000u /* of all of them */
#define SANET_MAX_NAMES 8u	   /* name servers of a domain, addresses of a host looked at */
#define SANET_MAX_RELAYS 9u	   /* addresses of Received fields that one rule asks about */
#define SANET_MAX_VALUES 1000u	   /* addresses, links, texts that are found for one rule */
#define SANET_MAX_TAGS 8u	   /* of one template */
#define SANET_MAX_EXPANDED 32u	   /* names that one template becomes */
#define SANET_MAX_DOMAINS 100u	   /* what uridnsbl_max_domains may say */

/* ---- sub-tests: what an answer must be; sa_test.c ---- */

enum sanet_dialect {
	SANET_RBL, /* check_rbl: a mask, an address, or else an expression */
	SANET_URI, /* uridnssub: numbers, alone, n1-n2 or n/m */
	SANET_ASK, /* askdns: the same, "text", /expression/, [rcodes] */
	SANET_HASH /* hashbl: an expression */
};

struct sanet_test {
	enum {
		SANET_ANY,   /* of an address: in 127.0.0.0/8 where the dialect says so */
		SANET_TEXT,  /* equal */
		SANET_REGEX, /* found in it */
		SANET_MASK,  /* a bit of a, in 127.0.0.0/8 */
		SANET_RANGE, /* from a to b */
		SANET_VALUE, /* equal to a where b has bits */
		SANET_RCODE, /* bit n of a: that status */
		SANET_NEVER  /* of a kind that is not served: SenderBase */
	} how;
	bool loopback; /* an address that is not in 127.0.0.0/8 is none */
	struct str text;
	struct sa_regex *regex;
	uint64_t a, b;
};

/* False: not a sub-test of that dialect. text absent: any answer. Lives in a. */
bool sanet_test_read(struct arena *a, enum sanet_dialect d, struct str text,
		     struct sanet_test *out);

/* A record as rules see it. */
struct sanet_value {
	struct str text;
	bool is_address; /* IPv4 */
	uint32_t address;
};
struct sanet_value sanet_value(struct arena *a, int type, const struct dns_rr *rr);
bool sanet_test_fits(const struct sanet_test *t, const struct sanet_value *v);

/* Of a list's answer: one that refuses to serve us fits only a test that names its code. */
bool sanet_answer_fits(const struct sanet_test *t, const struct sanet_value *v, bool refused);

/* Of a test for status codes; what cannot be told from silence (SERVFAIL) never fits. */
bool sanet_test_status(const struct sanet_test *t, enum dns_status status);

int sanet_type(struct str name); /* "TXT" to DNS_TXT; 0: not one that is served */
const char *sanet_type_name(int type);

/* ---- what stands in the rule files; sa_settings.c ---- */

enum sanet_uri_kind { URI_ADDRESS, URI_NAME, URI_SERVER, URI_FULL_SERVER };

struct sanet_uri { /* of uridnsbl and its kin */
	struct str zone;
	int type;
	enum sanet_uri_kind kind;
	struct sanet_test test;
};

struct sanet_block {
	struct str rule, zone;
};

struct sanet_settings {
	bool skip_rbl, skip_uribl, skip_mailto, dkim_uris;
	unsigned max_domains;
	uint64_t block_ms;  /* dns_block_time */
	struct map *uri;    /* by rule: struct sanet_uri */
	struct map *limits; /* dns_query_restriction: domain, "*"; &sanet_allow, &sanet_deny */
	struct map *ignore; /* hashbl_ignore */
	struct map *alias;  /* hashbl_email_domain_alias: struct str */
	struct map *acl;    /* "list:domain", as limits; "list" alone: it is there */
	struct sa_regex *email, *welcome; /* NULL: the program's own */
	struct str headers;		  /* rbl_headers */
	VEC(struct sanet_block) blocks;
};
extern const char sanet_allow, sanet_deny;
extern const char *const sanet_words[]; /* the directives; NULL at the end */

/* From j's stanzas. -1 and *e: a line that cannot be read. */
int sanet_settings_read(struct arena *a, const struct judge *j, struct sanet_settings *out,
			struct err *e);

/* ---- rules that ask; sa_plan.c ---- */

enum sanet_fn {
	FN_RBL,
	FN_RBL_TXT,
	FN_RBL_SUB,
	FN_FROM_HOST,
	FN_FROM_DOMAIN,
	FN_ENVFROM,
	FN_RCVD,
	FN_NS_FROM,
	FN_HEADERS,
	FN_ACCREDITOR,
	FN_DNS_SENDER,
	FN_URI,
	FN_HASH_EMAILS,
	FN_HASH_URIS,
	FN_HASH_BODY,
	FN_HASH_TAG,
	FN_HASH_PARTS,
	FN_ASKDNS,
	FN_NONE
};

enum sanet_flag {
	SANET_NICE = 1,
	SANET_IPS = 2,	   /* ips_only */
	SANET_DOMAINS = 4, /* domains_only */
	SANET_A = 8,
	SANET_NS = 16,
	SANET_NOTRIM = 32,
};

struct sanet_rule;
struct sanet_set { /* rules that look at the answers to others: check_rbl_sub */
	struct str name;
	VEC(struct sanet_rule *) subs;
};

struct sanet_hash; /* sa_hash.c: options of a hashbl rule */
struct sanet_template;

struct sanet_rule {
	size_t id; /* place in the plan */
	const struct predicate_arg *arg;
	size_t nargs;
	struct str name, word;
	unsigned flags; /* enum sanet_flag */
	enum sanet_fn fn;
	struct sanet_set *set; /* check_rbl and its kin */
	struct str zone;       /* without dots at the end */
	int type;
	struct sanet_test test;
	struct str more;	     /* headers, accreditor, tag: as the function says */
	const struct sanet_uri *uri; /* FN_URI; NULL: no directive names the rule */
	const struct sanet_hash *hash;
	struct sa_regex *body; /* FN_HASH_BODY */
	const struct sanet_template *template;
	int types[4]; /* FN_ASKDNS */
	size_t ntypes;
};

struct sanet_plan {
	struct sanet_settings set;
	struct sanet_rule *rule;
	size_t n;
	const struct sanet_rule **by_arg; /* sorted */
	struct map *sets;
};

/* What a check's rules hook calls: a plan of the rules that ask check's predicates. */
int sanet_plan(struct arena *a, const struct judge *j, const struct check *check,
	       const void **config, struct err *e);
/* The rule that has these arguments; NULL: none. */
const struct sanet_rule *sanet_rule_of(const struct sanet_plan *p, const struct predicate_arg *arg);

/* sa_hash.c, sa_askdns.c: from the rule's arguments; false and *why: not to be read. */
bool sanet_hash_read(struct arena *a, struct sanet_rule *r, const char **why);
bool sanet_template_read(struct arena *a, struct sanet_rule *r, const char **why);

/* ---- a message; sa_ask.c ---- */

struct sanet;
struct sanet_question;
struct sanet_listener;
typedef void sanet_take_fn(struct sanet *n, const struct sanet_listener *l,
			   const struct sanet_question *q);

struct sanet_listener {
	sanet_take_fn *take;
	const struct sanet_rule *rule; /* may be NULL */
	struct str about;	       /* what the question is of, for people */
};

struct sanet_question {
	struct str name, zone, what; /* zone absent: no list. With a NUL behind each */
	int type;
	bool plain;   /* records of any kind are wanted, not codes */
	bool refused; /* the list does not serve us: what it says is no listing */
	const struct dns_answer *answer; /* NULL: not yet */
	VEC(struct sanet_listener) listeners;
};

struct sanet_found {
	bool hit;
	struct str evidence;
};

struct sanet {
	struct scan *scan;
	const struct sanet_plan *plan;
	struct sanet_found *found; /* by rule */
	struct map *by_key;	   /* "type name": struct sanet_question */
	VEC(struct sanet_question *) questions;
	size_t nlisteners;
	bool connect, headers, all; /* what was asked already */
	bool plain;		    /* of questions from here on */
	unsigned sender_gone;	    /* check_dns_sender: bit 0 no A, bit 1 no MX */
};

/* What a check keeps in its state (state_size: of this struct), made at the first run. */
struct sanet *sanet_begin(struct scan *s, void *state, const void *plan);

/* Asks for what below zone; without a zone for what alone, which is no list then. take is called
 * once with the answer, perhaps from here; take NULL: asked ahead, nobody waits for it. A name over
 * a limit, or that a restriction keeps from being asked, is dropped. */
void sanet_ask(struct sanet *n, struct str what, struct str zone, int type,
	       struct sanet_listener l);

/* Looks for answers until none comes; CHECK_WAIT: some are missing. */
enum check_step sanet_go_on(struct sanet *n);

void sanet_hit(struct sanet *n, const struct sanet_rule *r, struct str evidence);

/* What a verdict that is kept depends on: which rules hit. */
uint64_t sanet_mark(const struct sanet *n);

/* What a predicate says. */
bool sanet_holds(const struct sanet *n, const struct predicate_arg *arg, struct str *evidence);

/* A host that may be asked for: in lower case, as A-labels. Absent: not a name with a listed top
 * level. */
struct str sanet_host(struct sanet *n, struct str host);

/* The same value order for a sender who cannot know it: by keyed hash; sorts v and cuts it at max.
 */
size_t sanet_shuffle(struct sanet *n, struct str *v, size_t count, size_t max);

/* ---- the functions ---- */

void sanet_rbl_connect(struct sanet *n); /* what the client is likely to be asked for */
void sanet_rbl_headers(struct sanet *n);
void sanet_uri_all(struct sanet *n);
void sanet_hash_all(struct sanet *n);
void sanet_hash_tags(struct sanet *n);
void sanet_askdns(struct sanet *n, bool ahead); /* ahead: what headers tell already */

/* Addresses in text, in order; sa_emails.c. */
enum sanet_email_flag { EMAIL_NOURI = 1, EMAIL_NOQUOTE = 2 };
typedef VEC(struct str) sanet_strs;
void sanet_emails(struct sanet *n, struct str text, unsigned flags, sanet_strs *out);
bool sanet_email_welcome(const struct sanet *n, struct str email);
void sanet_add_once(struct arena *a, sanet_strs *v, struct map *seen, struct str s);

/* sa_tags.c: the values of a tag; false: nobody here sets that tag. */
bool sanet_tag(struct scan *s, struct str tag, sanet_strs *out);
bool sanet_tag_early(struct str tag); /* it is known when the headers are */
/* sa_askdns.c: the names, below its list if it ends in one, that a rule's template becomes. */
void sanet_expand(struct scan *s, const struct sanet_template *t, sanet_strs *out);

#endif
