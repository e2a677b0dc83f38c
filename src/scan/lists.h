/*
 * Named lists of a configuration: domains, addresses, extensions, numbers. Filled by the rule files
 * (SpamAssassin's freemail_domains, welcomelist_from, enlist_uri_host, ... and our own "list"
 * directive), read by predicates.
 *
 * A directive fills the list of its own name, the names of old that of the new one (whitelist_from:
 * "welcomelist_from"). enlist_uri_host (X) fills "uri_host:X", blocklist_uri_host "uri_host:BLOCK",
 * welcomelist_uri_host "uri_host:WELCOME"; enlist_addrlist (X) fills "addrlist:X". The entries of
 * "redirector_pattern" are "1", "2", ..., with the expression as value.
 */
#ifndef SCAN_LISTS_H
#define SCAN_LISTS_H

#include "base/vec.h"

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

struct lists;

/* Where lists are read, NULL is no lists at all. */
struct lists *lists_new(struct arena *a);

/*
 * Adds an entry to the list of that name, made if it is new. Copied, in lower case. "*" and "?" in
 * key make it a pattern over the whole value (SpamAssassin's address globs); a leading "!" takes a
 * matching value out again, whatever else matches it. value: what stands beside it (the second
 * column of welcomelist_from_rcvd; absent).
 */
void lists_add(struct lists *l, struct str list, struct str key, struct str value);
void lists_remove(struct lists *l, struct str list,
		  struct str key); /* unwelcomelist_from and kin */

void lists_clear(struct lists *l, struct str list);

bool lists_known(const struct lists *l, struct str list);
size_t lists_count(const struct lists *l, struct str list);
struct str lists_key_at(const struct lists *l, struct str list, size_t i, struct str *value);

/* The whole value is in the list (any case, patterns too). key, val: the entry found; may be NULL.
 */
bool lists_has(const struct lists *l, struct str list, struct str value, struct str *key,
	       struct str *val);

/* A domain or one of the domains above it is in the list ("a.example.com" by "example.com"; an
 * entry
 * "*.example.com" does not hold example.com itself). */
bool lists_has_domain(const struct lists *l, struct str list, struct str domain, struct str *key);

/* Every entry whose key fits the value, in turn: i from 0; false: no more. key, val: may be NULL.
 */
bool lists_next(const struct lists *l, struct str list, struct str value, size_t *i,
		struct str *key, struct str *val);

#pragma GCC visibility pop

#endif
