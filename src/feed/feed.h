/*
 * Feeds: lists of URLs, hosts, addresses and digests that others publish, as a file that is mapped.
 * Readers turn published forms into entries; a set is what is asked. Pure: octets in, octets out.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"

#define FEED_MAX_OCTETS (100u << 20) /* of what is read, after decompression */
#define FEED_MAX_ENTRIES 2000000u
#define FEED_MAX_LINE 8192u   /* octets of a line or record; a longer one is skipped and counted */
#define FEED_MAX_URL 2048u    /* of a URL, in a feed and in a question */
#define FEED_MAX_PREFIXES 16u /* directories of a URL that are looked for, from the top */
#define FEED_MAX_ADDRESS 512u /* octets of an address of mail */
#define FEED_MIN_BITS4 8u     /* a wider network would list a part of the world: a bad line */
#define FEED_MIN_BITS6 16u

enum feed_form {
	FEED_LIST,  /* one entry a line; # and ; begin a comment, there or after a blank */
	FEED_CSV,   /* a column of comma-separated values, quoted as RFC 4180 says; # comments */
	FEED_HOSTS, /* "0.0.0.0 name ...", of an address that leads nowhere */
	FEED_RPZ,   /* a response policy zone: owners with an action */
};

/* What entries are. FEED_AUTO: each by its looks. */
enum feed_kind {
	FEED_AUTO,
	FEED_URL,     /* compared as feed_url_read has it; one that ends in slash and star is a
			 directory with all below */
	FEED_HOST,    /* a host and all below it; of a URL its host */
	FEED_IP,      /* an address or network */
	FEED_DIGEST,  /* hexadecimal MD5, SHA-1, SHA-256 */
	FEED_ADDRESS, /* of mail */
};

/*
 * A host stands for itself and all below it, except where the form says it more exactly: a name of
 * FEED_HOSTS for itself only, an owner of FEED_RPZ for itself, with "*." in front for all below it.
 * One label ("com") lists a whole zone of the world: only "*." in front of it may. Of a zone: its
 * client and answer addresses (rpz-client-ip, rpz-ip) are networks, names and addresses of servers
 * are left out, and so are owners that rpz-passthru lets pass.
 */
struct feed_format {
	enum feed_form form;
	enum feed_kind kind;
	unsigned column; /* FEED_CSV: from 1 */
	char separator;	 /* FEED_CSV: ',' */
};

struct feed_counts {
	size_t lines, entries, duplicates, comments, bad, too_long;
	bool truncated; /* a limit was reached */
};

/* Reads a whole feed and gives the set's octets, malloc'ed, to be written to a file as they are.
 * NULL and *e: nothing of use in it (no entry, or more bad lines than good). */
void *feed_compile(struct str text, const struct feed_format *f, size_t *n,
		   struct feed_counts *counts, struct err *e);

/* ---- URLs ---- */

/*
 * The form in which URLs are compared: without scheme, user, fragment, and the ports 80 and 443;
 * host as browsers read it, in lower-case A-labels; the path without "." and ".." and empty
 * segments and without a slash at its end, "\" being "/"; percent escapes undone where they need
 * not be, the others in capitals, and what must be escaped is; no "?" without a query. "hxxp" is
 * "http". Not a URL of the web: false.
 */
struct feed_url {
	struct str key;	  /* host[:port][/path][?query] */
	struct str host;  /* an address without brackets */
	size_t authority; /* octets of key before the path */
	size_t path;	  /* octets of key before the query */
};
bool feed_url_read(struct arena *a, struct str text, struct feed_url *u);

/* ---- sets ---- */

/* A compiled set, mapped from a file that is replaced and never written to. An entry is there as
 * 96 bits of keyed hashes: nobody can make a second value that is listed without the key, and
 * chance does once in 2^75 questions. */
struct feed_set;
struct feed_set *feed_open(const char *path, struct err *e); /* checks its header, sum, bounds */
struct feed_set *feed_of(const void *octets, size_t n, struct err *e); /* of memory aligned to 8;
									  not copied */
void feed_close(struct feed_set *s);				       /* NULL is fine */
size_t feed_entries(const struct feed_set *s);

/* Whether it is in there; NULL set: no. URL: the whole, or without its query, or below a directory
 * that the feed lists. */
bool feed_has_url(const struct feed_set *s, const struct feed_url *u);
bool feed_has_host(const struct feed_set *s, struct str host); /* or a domain above it; or an
								   address that is listed */
bool feed_has_ip(const struct feed_set *s, const struct ip *ip);
bool feed_has_digest(const struct feed_set *s, const uint8_t *digest, size_t n);
bool feed_has_digests(const struct feed_set *s); /* any at all */
bool feed_has_address(const struct feed_set *s, struct str address);

#endif
