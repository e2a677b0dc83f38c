/* The resolver's memory: answers that are shared and counted, and a table of them by question. */
#ifndef IO_CACHE_H
#define IO_CACHE_H

#include "base/dns.h"

/* What one answer says: one piece of memory, never changed, gone with its last reference. */
struct cache_body {
	size_t refs;
	size_t size; /* octets of memory */
	enum dns_status status;
	bool secure;
	uint64_t expires; /* on clock_mono_ms */
	size_t n;
	struct dns_rr rr[];
};

/* A body with one reference that says what a does until expires. */
struct cache_body *cache_body_new(const struct dns_answer *a, uint64_t expires);
struct cache_body *cache_body_ref(struct cache_body *b);
void cache_body_unref(struct cache_body *b); /* NULL is fine */

struct cache;

/* Also bounded by memory, so that large answers cannot fill it: this much for each entry. */
#define CACHE_OCTETS_PER_ENTRY 1024u

/* entries 0: a cache that remembers nothing. */
struct cache *cache_new(size_t entries);
void cache_free(struct cache *c);

/* What is known about key and has not expired, with a reference for the caller; or NULL. */
struct cache_body *cache_get(struct cache *c, struct str key, uint64_t now);

/* Remembers b in place of what was known; takes a reference of its own and copies key. What was
 * used longest ago makes room. */
void cache_put(struct cache *c, struct str key, struct cache_body *b, uint64_t now);

size_t cache_len(const struct cache *c);

#endif
