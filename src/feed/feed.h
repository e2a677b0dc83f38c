/*
 * Feeds: lists of URLs, hosts, addresses and digests that others publish, as a file that is mapped.
 * Readers turn published forms into entries; a set is what is asked. Pure: octets in, octets out.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "base/err.h"
#include "base/ip.h"

#define FEED_MAX_OCTETS (100u << 20) /* of what is read, after decompression */
#define FEED_MAX_ENTRIES 2000000u
#define FEED_MAX_LINE 8192u /* a longer one is skipped and counted */

enum feed_form {
	FEED_LIST,  /* one entry a line; # and ; begin a comment */
	FEED_CSV,   /* a column of comma-separated values, quoted as RFC 4180 says */
	FEED_HOSTS, /* "0.0.0.0 name ..." */
	FEED_RPZ,   /* a response policy zone: owners with an action */
};

/* What entries are. FEED_AUTO: each by its looks. */
enum feed_kind {
	FEED_AUTO,
	FEED_URL,     /* compared as normalised by feed_url_key */
	FEED_HOST,    /* a host and all below it */
	FEED_IP,      /* an address or network */
	FEED_DIGEST,  /* hexadecimal MD5, SHA-1, SHA-256 */
	FEED_ADDRESS, /* of mail */
};

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

/* A compiled set, mapped from a file that is replaced and never written to. */
struct feed_set;
struct feed_set *feed_open(const char *path, struct err *e); /* checks its header and bounds */
struct feed_set *feed_of(const void *octets, size_t n, struct err *e); /* of memory; not copied */
void feed_close(struct feed_set *s);				       /* NULL is fine */
size_t feed_entries(const struct feed_set *s);

/* Whether it is in there. URL: the whole, or without its query, or a prefix that the feed lists. */
bool feed_has_url(const struct feed_set *s, struct str url);
bool feed_has_host(const struct feed_set *s, struct str host); /* or a domain above it */
bool feed_has_ip(const struct feed_set *s, const struct ip *ip);
bool feed_has_digest(const struct feed_set *s, const uint8_t *digest, size_t n);
bool feed_has_address(const struct feed_set *s, struct str address);

#endif
