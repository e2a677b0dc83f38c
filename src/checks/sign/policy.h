/*
 * Whose mail is signed with which keys: what the options of section sign, the sections sign_domain,
 * OpenDKIM's tables and the keyring say, and the decision about one message, which is a function
 * of facts.
 */
#ifndef CHECKS_SIGN_POLICY_H
#define CHECKS_SIGN_POLICY_H

#include "auth/dkim/sign.h"
#include "checks/sign/opendkim.h"
#include "checks/sign/signing.h"

#define SIGNING_MAX 4u		    /* signatures of one message */
#define SIGNING_SENDERS_MAX 100000u /* lines of sign.senders */
#define SIGNING_FILE_MAX (16u << 20)

/* One key for one domain. */
struct signing_use {
	struct str domain, selector; /* A-labels, lower case */
	struct str identity;	     /* i= of its section; absent */
	const char *path, *where;
	bool named;   /* by configuration or table: it must be had */
	bool pending; /* of the keyring: the signer is to have it, nothing is signed with it */
	size_t file;  /* of the live list */
	bool ready;   /* the signer has it */
	struct sign_key key; /* if ready */
};

struct signing_domain {
	struct str domain;
	bool subdomains; /* authors below it are signed for too */
	VEC(struct signing_use *) uses;
};

/* A row of the table of keys, and what became of its key: one use, or where "%" stands in it one
 * for each author's domain. */
struct signing_row {
	struct odk_key key;
	struct map *uses; /* struct signing_use by author's domain; "" where there is no "%" */
};

/* What changes while the configuration stays: the keyring, and what the signer has. Replaced
 * before workers are forked. */
struct signing_live {
	struct map *domains;		/* struct signing_domain by name */
	VEC(struct signing_use *) ring; /* of the keyring */
	struct sign_file *file;
	size_t nfiles;
	uint64_t stamp;	      /* of the keyring that is signed with */
	uint64_t asked_stamp; /* of the one whose keys were asked for, */
	bool unread;	      /* which could not be read */
	bool settled;	      /* there is one that is signed with */
	const char *state;    /* NULL: never asked for */
};

/* What a user may write in From, beyond the rule: addresses ("a@b"), domains, or "*". */
struct signing_sender {
	VEC(struct str) allowed; /* in lower case; domains as A-labels */
};

struct signing_nets {
	struct cidr *net;
	size_t n;
};

struct signing_config {
	bool on;
	bool tempfail;	    /* sign.on_failure */
	bool foreign;	    /* sign.foreign = sign */
	bool whole_address; /* sign.author = address */
	bool multiple;
	bool subdomains; /* of keyring domains that have no section */
	enum canon head, body;
	int64_t expire;	   /* seconds; 0: none */
	uint64_t line_max; /* octets; 0: what the MTA is known to leave whole */
	struct str login_domain;
	struct str id; /* our name in Authentication-Results */
	const struct str *listeners;
	size_t nlisteners;
	struct signing_nets nets;
	struct map *senders; /* struct signing_sender by user; NULL: no file */
	struct odk_set *signing_table, *internal, *trusted; /* NULL: not given */
	struct odk_set *key_table;
	struct signing_row *row; /* one for each of key_table */
	VEC(struct signing_domain *) sections;
	VEC(struct signing_use *) named;
	const char *keys_where; /* of sign.keys, for faults */
	struct signing_live *live;
};

/* options.c, tables.c: of both checks' setup */
extern const struct conf_opt signing_options[];
int signing_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);
int signing_tables(struct arena *a, const struct conf *c, struct signing_config *k, struct err *e);
int signing_senders(struct arena *a, const struct conf *c, struct signing_config *k, struct err *e);

/* A path as it stands in an option, relative to the configuration file; absolute, or
 * "credential:NAME". */
const char *signing_path(struct arena *a, const char *where, struct str path);
/* "file:line" without the line. */
const char *signing_file_of(struct arena *a, const char *where);
/* NULL, or what is wrong with a selector. */
const char *signing_selector_fault(struct str s);

/* Whether a signature can name that key: names that DNS can hold, and of the domain two labels at
 * least. */
#define SIGNING_NO_NAME                                                                            \
	"no signature can name that (a domain of two labels, names that DNS can hold)"
bool signing_name_ok(struct arena *a, struct str domain, struct str selector);

/* ---- the decision ---- */

enum signing_why {
	SIGNING_OFF, /* sign.use is off, or there are no keys at all */
	SIGNING_WANTED,
	SIGNING_CLIENT,	 /* not from one of ours */
	SIGNING_AUTHOR,	 /* no single author domain */
	SIGNING_FOREIGN, /* the author is not the user's to be */
	SIGNING_NO_KEY,	 /* for the author's domain */
	/* Found out later: */
	SIGNING_SIGNED,	   /* there is a valid signature of that key already */
	SIGNING_SPAM,	   /* judged so */
	SIGNING_DMARC,	   /* forwarded mail that failed */
	SIGNING_NO_SIGNER, /* did not answer */
	SIGNING_FORM,	   /* the MTA would break a signature (leaving.h) */
	SIGNING_WHYS
};
const char *signing_why_word(enum signing_why w);

struct signing_choice {
	enum signing_why why;
	struct str evidence; /* FOREIGN: "user as author"; else a domain or absent */
	bool known_domain;   /* we hold a key for the author's domain, whoever the client is */
	bool trusted;	     /* the client may use it without log-in: nothing is said about it */
	size_t n;
	struct {
		const struct signing_use *use;
		struct str identity; /* absent: no i= */
	} sig[SIGNING_MAX];
};

/* What a decision is made of. */
struct signing_facts {
	const struct scan_client *client;
	const struct from *from;
};

void signing_decide(struct arena *a, const struct signing_config *k, const struct signing_facts *f,
		    struct signing_choice *out);

/* The keys that a name of the signers' table stands for: a row of the table of keys, or several
 * with commas between. At most SIGNING_MAX - n are appended to out. */
void signing_table_uses(struct arena *a, const struct signing_config *k, struct str name,
			struct str author, const struct signing_use **out, size_t *n);
/* The section or keyring domain that signs for an author; NULL: none. */
const struct signing_domain *signing_domain_of(const struct signing_config *k, struct str author);

/* Whether what the client hands in is signed, as far as it depends on the client. */
bool signing_client(const struct signing_config *k, const struct scan_client *c);

/* Whether the client is in sign.networks or the list of internal hosts. */
bool signing_net(const struct signing_config *k, const struct ip *ip, struct str host);

/* Mail that came to a client of ours from elsewhere: one of its Received fields, read from the top
 * as long as they name networks of ours or private ones, names another. What was handed in there by
 * somebody who had logged in begins there. */
bool signing_came_through(struct arena *a, const struct signing_config *k,
			  const struct hdr_list *h);

#endif
