/*
 * What the checks that remember share: keys of the store, who a message is from and to, and what
 * else than the classifier says that it is spam or ham.
 */
#ifndef CHECKS_MEMORY_MEMORY_H
#define CHECKS_MEMORY_MEMORY_H

#include "checks/checks.h"
#include "learn/event.h"
#include "scan/ask.h"

/* "ns:" and the parts, separated by NUL; parts that are long (over 64 octets) as their hash. In the
 * scan's arena. */
struct str memory_key(struct scan *s, const char *ns, const struct str *part, size_t n);

/* 32 hexadecimal digits of SHA-256, for what is only compared. In the scan's arena. */
struct str memory_hash(struct scan *s, struct str text);

/* The client's network: "192.0.2.0/24", "2001:db8:1::/48"; "" where there is no address. */
struct str memory_net(struct scan *s);

/* Asks for a record or looks at a set; false: not yet. What is not known is an answer of zeros with
 * its status: this process's own memory knows too little to call anybody new. */
bool memory_look(struct scan *s, struct store_op op, struct store_answer *a);

/* The author's domain if DMARC passes; else absent. Lower case. */
struct str memory_author(const struct scan *s);

/* MAIL FROM:<>. */
bool memory_is_bounce(const struct scan *s);

/* Recipient i as "local@domain", lower case, without "+tag"; "" if it is no address. */
struct str memory_rcpt(struct scan *s, size_t i);

/* Domains that are ours: option memory.local_domains and all below them. */
bool memory_is_local(const struct scan *s, struct str domain);

/* What the classifier saw of a message, with its digests, is learnt. False: there is nothing. */
bool memory_teach(struct scan *s, enum learn_class to, enum learn_source source);

/* The digests of a message, for who learns it; Pyzor's is made for him alone where no server is
 * asked. */
void digest_teach(struct scan *s, struct learn_event *e);

/* Whose own counts the classifier asks too: the only recipient, then the domain of all of them. */
size_t statistics_users(struct scan *s, struct str out[2]);

/* Spam or ham by evidence that is independent of the classifier: bits, for automatic learning
 * (which wants two) and reputation (one). */
enum evidence {
	EVIDENCE_TRAP = 1,	 /* it came to a trap */
	EVIDENCE_DIGEST = 2,	 /* learnt as spam elsewhere: our digests or Pyzor's */
	EVIDENCE_FORGED = 4,	 /* DMARC fail of a domain with p=reject or quarantine */
	EVIDENCE_FILE = 8,	 /* an attachment that bites, or one learnt as spam */
	EVIDENCE_LOOKALIKE = 16, /* it imitates a protected name */
	EVIDENCE_LIST = 32,	 /* a block list (rules of group "dnsbl") */
	EVIDENCE_KNOWN = 256,	 /* ham: a correspondent of ours, author authenticated */
	EVIDENCE_REPLY = 512,	 /* ham: it answers a message of ours, author authenticated */
	EVIDENCE_SENT = 1024,	 /* ham: sent by our own authenticated user, within his limits */
};
unsigned memory_evidence(struct scan *s);
#define EVIDENCE_SPAM 255u

/* Published by the checks of this room (scan_result): */

struct statistics_facts {
	bool asked; /* there is a model */
	struct score score;
	struct features features; /* for who learns */
};

struct digest_facts {
	struct near near;
	char pyzor[PYZOR_DIGEST + 1]; /* "": no digest, or no server to ask */
	double spam, ham, trap, seen; /* of the best bands: how many nearly equal ones */
	unsigned bands;		      /* that have any */
	double file_spam, shape_spam;
	bool pyzor_asked, pyzor_answered;
	uint64_t pyzor_count, pyzor_wl;
};

struct trap_facts {
	bool hit;
	struct str address; /* the trap */
	bool guarded;	    /* hit, but it does not count: local client, bounce, real recipients */
};

/* Correspondents and replies. Of what could not be asked: as if it were not so. */
struct sender_facts {
	/* of mail from outside: */
	bool genuine;	    /* the author is authenticated; good marks only then */
	bool known;	    /* users of a recipient's domain have written to the author */
	bool known_user;    /* a recipient has himself */
	bool answers;	    /* In-Reply-To or References name a message of ours */
	bool reply;	    /* and whom it was sent to, or his site, answers it */
	bool asked;	    /* the store knows who has been seen here: */
	bool seen;	    /* the author, authenticated, ten minutes ago or more */
	bool seen_domain;   /* anybody of his domain, authenticated */
	bool today;	    /* he was, within a day: that need not be written again */
	int64_t days;	    /* since the first of that domain; -1: none */
	bool other_name;    /* his display name is that of another address our users know */
	struct str bounced; /* a bounce: the user of ours whose message came back; absent */
	/* of mail of our users: */
	unsigned looked, novel; /* recipients looked up, those he had never written to */
};

struct reputation_facts {
	double score;	   /* -4..4, larger is worse; 0: nothing known */
	double confidence; /* 0..1 */
	struct str worst;  /* of which most comes: "net 192.0.2.0/24" */
};

extern const struct check check_statistics, check_digest, check_trap, check_sender,
	check_reputation, check_greylist, check_rate, check_takeover, check_feedback,
	check_autolearn;

#endif
