/*
 * One message on its way through: its facts, its questions, its checks, its verdict. Belongs to one
 * worker and one arena. Events come in (from milter, a file, HTTP), a verdict comes out.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "auth/crypto.h"
#include "auth/dkim/body.h"
#include "base/dns.h"
#include "base/err.h"
#include "base/hash.h"
#include "mail/addr.h"
#include "mail/content.h"
#include "mail/emit.h"
#include "mail/from.h"
#include "mail/hdr.h"
#include "mail/view/view.h"
#include "scan/lists.h"
#include "scan/verdict.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

struct check;
struct scan;
struct conf;
struct loop;
struct resolver;
struct store;
struct model;
struct learn_event;
struct http;
struct feeds;
struct board;
struct sign_client;
struct spool;
struct predicate;
struct predicate_arg;

#define SCAN_MAX_CHECKS 64u
#define SCAN_MAX_RCPTS 1000u
#define SCAN_BODY_HEAD 4096u
#define SCAN_MAX_QUERIES 100u /* distinct DNS questions of one message */

/* Reached in this order; each says that its input is complete. */
enum scan_stage { SCAN_CONNECT, SCAN_HELO, SCAN_MAIL, SCAN_RCPT, SCAN_HEADERS, SCAN_EOM };

/* Who talks to us; filled by the caller at connect and by macros later. Slices live as long as the
 * scan. */
struct scan_client {
	struct ip ip;
	struct str host;      /* name the MTA found by reverse DNS; "" if none */
	struct str auth_user; /* {auth_authen}; absent: not authenticated */
	struct str tls;	      /* {tls_version}; absent: clear text */
	struct str queue_id;  /* absent if not known yet */
	struct str mta;	     /* {v}: "Postfix 3.7.11", "8.17.1.9" (mail/emit.h); absent: not told */
	struct str profile;  /* "inbound", "submission", "reinjection" */
	struct str listener; /* title of the listen section it came by; "" if there is none */
};

/* A rule that asks a predicate, and a line of a rule file that a check reads itself (struct check,
 * directives). As long as the rules. */
struct rule_use {
	const struct predicate *predicate;
	const struct predicate_arg *arg;
	size_t n;
	struct str rule, word, tflags; /* word: "header", "body", ...: what defines the rule */
	const char *file;
	int line;
};
struct stanza {
	struct str word, rest; /* "dnslist", and what stands after it, without comment */
	const char *file;
	int line;
};

/* What judges the facts when all checks are done: the rule set. Adds symbols by scan_symbol. */
struct judge {
	void (*run)(const struct judge *j, struct scan *s);
	/* What a process needs to run it, made once in each after fork, in an arena as long as its
	 * scan_env (there: judge_state). NULL: nothing. */
	void *(*state)(const struct judge *j, struct arena *a);
	/* Whether it may ask a predicate of that check. NULL: of every one. */
	bool (*asks)(const struct judge *j, const struct check *c);
	uint64_t generation;		   /* digest of what it judges by */
	const struct lists *lists;	   /* of its files; NULL: none */
	const struct view_env *view;	   /* NULL: defaults */
	const struct content_env *content; /* NULL: no lists */
	const struct rule_use *use;	   /* of rules that are loaded and live */
	size_t nuses;
	const struct stanza *stanza; /* in the order of the files */
	size_t nstanzas;
};

/* Sender history: which DKIM keys to ask for at MAIL already. One for all workers; see
 * scan/history.h. */
struct history;

/* One generation of configuration, immutable, made before the workers are forked. */
struct scan_setup;

/* What is counted of all messages of a process: scan/stats.h. */
struct scan_stats;

/* What one worker brings: not shared between processes. */
struct scan_env {
	const struct scan_setup *setup;
	struct loop *loop;
	struct resolver *resolver;
	struct crypto *crypto;
	struct history *history;
	void *judge_state; /* of setup->judge; NULL: made for each message */
	/* Poisoned messages: true if the digest of this header block crashed workers twice. NULL:
	 * none. */
	bool (*poisoned)(void *arg, uint64_t digest);
	/* Called around every step that parses a message, with its digest (0: nothing running).
	 * NULL: nobody. */
	void (*running)(void *arg, uint64_t digest);
	void *arg;
	struct store *store;	    /* NULL: nothing is remembered */
	struct http *http;	    /* io/http.h; NULL: every such question fails */
	struct feeds *feeds;	    /* feed/feeds.h; NULL: none can be asked */
	struct board *board;	    /* scan/board.h; never NULL in a daemon; NULL: nobody counts */
	struct sign_client *signer; /* sign/sign.h; NULL: nothing is signed */
	struct spool *spool;	    /* store/spool.h; NULL: nothing is reported */
	bool readonly;		    /* nothing is written there: `merlon scan` */
	const struct model *model;  /* learn/model.h; NULL: no statistics */
	/* What is to be learnt, to whoever trains; NULL: nobody. The event is valid during the
	 * call. */
	void (*learn)(void *arg, const struct learn_event *event);
	void *learn_arg;
	struct scan_stats *stats;   /* NULL: nobody counts */
	bool log;		    /* one line for each message that is judged */
	struct hash_key digest_key; /* the same in all workers of a supervisor */
	int64_t now;		    /* 0: the wall clock; else what every date is compared with */
	struct str authserv_id; /* our name in Authentication-Results, if not the configured one */
};

enum scan_flag {
	SCAN_F_AUTH_ONLY = 1,	 /* authentication only: no rules, no score, no action */
	SCAN_F_DEADLINE = 2,	 /* ended at its deadline */
	SCAN_F_DEGRADED_DNS = 4, /* an answer was missing */
	SCAN_F_POISONED = 8,	 /* content checks left out */
	SCAN_F_TRUNCATED = 16,	 /* a limit on size was passed */
	SCAN_F_LOCAL = 32,	 /* asks nobody: every question is DNS_TEMPFAIL at once */
	SCAN_F_PATTERNS = 64,	 /* the time for regular expressions was used up */
	SCAN_F_SUBRULES = 128,	 /* asked for: verdict.subrules is filled */
	SCAN_F_DEGRADED_STORE =
		512,		/* the store could not be asked: the memory of this process did */
	SCAN_F_CACHED = 1024,	/* the symbols are those of an equal message before */
	SCAN_F_NO_CACHE = 2048, /* asked for: judged anew */
	SCAN_F_CPU = 256,	/* option scan.cpu was reached: content left out from there on */
};

/* Read by checks; written only by scan/. */
struct scan {
	struct arena *arena;
	const struct scan_env *env;
	struct scan_client client;
	struct str helo;       /* absent before HELO */
	struct str mail_raw;   /* as given, without ESMTP parameters */
	bool mail_ok;	       /* mail is a path (or null) */
	struct mailbox mail;   /* MAIL FROM; local and domain "" for the null sender */
	VEC(struct str) rcpts; /* at most SCAN_MAX_RCPTS; nrcpts counts all */
	size_t nrcpts;
	struct hdr_list headers;
	struct from from;	/* from SCAN_HEADERS on */
	struct body_hash *body; /* wants are placed at SCAN_HEADERS; complete at SCAN_EOM */
	uint64_t body_octets;
	struct emit_body body_form; /* complete at SCAN_EOM */
	struct str body_head; /* its first octets, SCAN_BODY_HEAD at most; complete at SCAN_EOM */
	struct content *content; /* from SCAN_HEADERS on, complete at SCAN_EOM; NULL: authentication
				    only, poisoned, or nobody judges */
	struct view *view; /* the same as SpamAssassin's rules see it; NULL where content is */
	const struct lists *lists; /* NULL: none, which lists.h takes too */
	enum scan_stage stage;
	int64_t now;		/* wall clock of the message, for t= and x= */
	unsigned flags;		/* enum scan_flag */
	struct dns *dns;	/* scan_dns: questions of this scan */
	struct verdict verdict; /* complete when scan_eom's callback runs */
	struct scan_priv *priv;
};

/* ---- events, in the order of SMTP ---- */

/* A scan in an arena of its own. flags: SCAN_F_AUTH_ONLY, SCAN_F_LOCAL,
 * SCAN_F_SUBRULES. client is copied; its
 * slices too. */
struct scan *scan_new(const struct scan_env *env, const struct scan_client *client, unsigned flags);
void scan_free(struct scan *s); /* at any time: cancels what is under way; NULL is fine */

void scan_helo(struct scan *s, struct str name);
/* path: raw octets with or without angle brackets; copied, as everything below. */
void scan_mail(struct scan *s, struct str path);
void scan_rcpt(struct scan *s, struct str path);
void scan_set_queue_id(struct scan *s, struct str id);
void scan_set_auth(struct scan *s, struct str user);
void scan_set_tls(struct scan *s, struct str version);
/* Name, and value as it stands after the colon, leading white space included (see hdr_add). */
void scan_header(struct scan *s, struct str name, struct str value);
void scan_eoh(struct scan *s);
/* For messages read by mail/msg.h: have the reader fill s->headers before scan_mail, then call
 * scan_eoh. */
/* Body octets, CRLF. Only between scan_eoh and scan_eom. */
void scan_body(struct scan *s, struct str octets);
/* The end. done runs exactly once, when the verdict is complete: from the loop, or from inside this
 * call if nothing is waited for; it may free the scan. Not after scan_free. */
typedef void scan_done_fn(void *arg, struct scan *s);
void scan_eom(struct scan *s, scan_done_fn *done, void *arg);

/* ---- for checks ---- */

/* Mail that comes back to us from another filter (profile "reinjection"): nothing is checked or
 * changed. */
bool scan_passive(const struct scan *s);
/* Mail of our own users (profile "submission", or an authenticated client): not judged by SPF,
 * DMARC, iprev. */
bool scan_outbound(const struct scan *s);

/* The check's result, as it published it; NULL if it is not done. By descriptor. */
const void *scan_result(const struct scan *s, const struct check *c);
void scan_publish(struct scan *s, const struct check *c, const void *result);
/* The immutable value that the check's setup made. */
const void *scan_config(const struct scan *s, const struct check *c);

/* A header edit of the verdict, in the order of the calls. */
void scan_insert(struct scan *s, unsigned index, struct str name, struct str value);
void scan_delete(struct scan *s, struct str name, unsigned index);
/* The message does not go to that recipient: as in s->rcpts, with or without angle brackets. */
void scan_drop_rcpt(struct scan *s, struct str path);
/*
 * Deletes every field that match wants, from the bottom up, so that no deletion shifts the ordinal
 * of a later one. A field that a limit kept out of s->headers is shown with its name only (value
 * and raw absent): nobody can say what is in it.
 */
typedef bool scan_match_fn(struct scan *s, const struct hdr *h, const void *arg);
void scan_delete_where(struct scan *s, scan_match_fn *match, const void *arg);
/*
 * The message has had its CPU time (option scan.cpu): what of its content is not read yet stays
 * unread. Looks at a clock: for loops, at every thousandth step or so. Sets SCAN_F_CPU.
 */
bool scan_over(struct scan *s);
/* To whoever trains the classifier (learn/event.h); nothing where nobody does, or readonly. */
void scan_learn(struct scan *s, const struct learn_event *event);
/* At least this action, with this reply (NULL: the configured one), for this reason. */
void scan_require(struct scan *s, enum action a, const struct smtp_reply *reply, struct str reason);

/*
 * Of a late check (CHECK_LATE): what the judge says without it. Symbols and score are those of now;
 * the action is the one that the score asks for. NULL: nobody judges.
 */
const struct verdict *scan_preliminary(const struct scan *s);

/*
 * Of a late check that has found something: the message is judged again with it. Whatever rules say
 * then, the score moves from the preliminary one by lo (0 or less) to hi (0 or more) at most, and
 * never past the threshold of rejection; below that of tagging only if may_accept. What is cut off
 * shows as symbol LATE_CAP. Of several late checks the narrowest bounds count.
 */
void scan_late(struct scan *s, double lo, double hi, bool may_accept);

/* A dependency did not answer: its name (a word, as long as the scan) stands in X-Merlon-Degraded
 * and in the log line of the message. Once for each name. */
void scan_degraded(struct scan *s, const char *name);

/* For the judge. Symbols keep the order of the calls. */
void scan_symbol(struct scan *s, struct str name, double score, struct str evidence,
		 struct str group);

#pragma GCC visibility pop

#endif
