/*
 * OpenDKIM's tables as opendkim.conf(5) describes them: data sets in text files (file:, refile:),
 * in the configuration itself (csl:) or in constant databases (cdb:); the tables of keys and of
 * signers over them; lists of hosts. Readers of octets, but for odk_load.
 */
#ifndef CHECKS_SIGN_OPENDKIM_H
#define CHECKS_SIGN_OPENDKIM_H

#include "base/err.h"
#include "base/ip.h"
#include "base/map.h"
#include "base/vec.h"

#define ODK_FILE_MAX (16u << 20) /* octets of a table */
#define ODK_ROWS_MAX 200000u
#define ODK_LINE_MAX 4096u  /* octets of a row: a key, its blanks and its value */
#define ODK_QUERY_MAX 1024u /* octets of what is looked up; longer is in no table */

enum odk_kind { ODK_FILE, ODK_REFILE, ODK_CSL, ODK_CDB };

struct odk_row {
	struct str key, value; /* trimmed; value absent where there is none */
	int line;	       /* of a text file; else the number of the row */
	size_t same;	       /* the next row of an equal key, + 1; 0: none */
};

struct odk_set {
	enum odk_kind kind;
	const char *name; /* for faults: the path, or where it stands */
	VEC(struct odk_row) rows;
	struct map *exact;    /* rows by key, but for patterns */
	struct map *hosts;    /* refile: rows of "*@host" by host */
	VEC(size_t) patterns; /* refile: rows of other patterns, ascending */
};

/*
 * Reads what a specification names: "file:PATH", "refile:PATH", "cdb:PATH", "csl:a,b", a path that
 * begins with "/" or "." (file), else a list. A relative path is one beside the file base. -1 and
 * *e (what and where, but not who asks): a kind that is not read (db:, dsn:, ldap:, ...), no such
 * file, over a limit.
 */
int odk_load(struct arena *a, struct str spec, const char *base, struct odk_set *out,
	     struct err *e);

/* The same from octets, which must live as long as the set. */
int odk_parse(struct arena *a, enum odk_kind kind, const char *name, struct str octets,
	      struct odk_set *out, struct err *e);

/* opendkim_cdb.c: takes the rows of a constant database (https://cr.yp.to/cdb/cdb.txt). */
int odk_cdb_rows(struct arena *a, struct str octets, struct odk_set *out, struct err *e);

/* The rows whose key (in a refile: pattern, in which only "*" is special) is that, in any case, in
 * their order: at most max. How many. */
size_t odk_matches(const struct odk_set *s, struct str key, const struct odk_row **out, size_t max);
/* The first of them; NULL: none. */
const struct odk_row *odk_find(const struct odk_set *s, struct str key);

/* ---- the table of keys (KeyTable): name -> domain:selector:key ---- */

struct odk_key {
	struct str name;
	struct str domain; /* absent: "%", the author's */
	struct str selector;
	struct str path; /* of the private half; "%" in it is the author's domain */
	bool in_table;	 /* the key itself stands there: path is absent */
	int line;
};

/* False and *why: the row is none. "%" in the selector is replaced too, as OpenDKIM does. */
bool odk_key_read(const struct odk_row *row, struct odk_key *out, const char **why);

/* The text with each "%" replaced. */
struct str odk_percent(struct arena *a, struct str text, struct str domain);

/* ---- the table of signers (SigningTable): address -> key[:identity] ---- */

struct odk_signer {
	struct str key;	     /* a name in the table of keys, or several with commas; "%" replaced */
	struct str identity; /* for i=; absent */
	int line;
};

#define ODK_SIGNERS_MAX 16u /* rows that apply to one message */

/*
 * What applies to an author: in a refile the rows that match, in their order; else by user@host,
 * host, user@.parent and .parent of each level upwards, user@*, *. all: every match
 * (MultipleSignatures), else the first. At most ODK_SIGNERS_MAX; domain: A-labels or as written.
 */
size_t odk_signers(struct arena *a, const struct odk_set *s, struct str local, struct str domain,
		   bool all, struct odk_signer out[ODK_SIGNERS_MAX]);

/* Reads one row's value alone. */
struct odk_signer odk_signer_read(struct arena *a, const struct odk_row *row, struct str domain);

/* ---- lists of hosts (InternalHosts, ExternalIgnoreList, PeerList) ---- */

/* Names first (host, .parents), then the address, then the networks from the smallest on; "!" in
 * front of an entry means not. host: as the MTA found it, "" or "[...]" for none. */
bool odk_host_listed(const struct odk_set *s, struct str host, const struct ip *ip);

#endif
