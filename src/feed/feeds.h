/*
 * The feeds of a site: what the configuration says of each, where its set lies, and the sets as a
 * process that asks them has them.
 *
 *	feed "urlhaus" { source = "https://lists.example/urls.txt"  kind = url  class = malware }
 *
 * The set of feed NAME is DIR/feeds/NAME.set, DIR being the state directory: a file that is never
 * written to but replaced, and whose time of change says when it was last known to be what the
 * publisher has.
 */
#ifndef FEED_FEEDS_H
#define FEED_FEEDS_H

#include "conf/conf.h"
#include "feed/feed.h"

#define FEEDS_MAX 64u	    /* of a site: one bit each */
#define FEEDS_NAME_MAX 64u  /* octets: letters, digits, "-", "_" */
#define FEEDS_LOOK_MS 2000u /* a set is looked for again after so long */

/* What is wrong with those who are listed; classes of shipped rules. */
enum feed_class { FEED_PHISH, FEED_MALWARE, FEED_SPAM, FEED_ALLOW, FEED_OTHER, FEED_CLASSES };
const char *feed_class_word(enum feed_class c);

struct feed_spec {
	struct str name;
	struct str url;	  /* absent: a file */
	const char *path; /* of the file; NULL: a URL */
	struct feed_format format;
	enum feed_class class;
	uint64_t refresh_ms, timeout_ms, max_age_ms;
	const struct str *header; /* of requests: "Name: value" */
	size_t nheaders;
	const char *ca;	    /* file; "": the system's */
	uint8_t sha256[32]; /* of the text, where pinned */
	uint8_t key[32];    /* Ed25519, where signed */
	bool pinned, is_signed;
	uint64_t same; /* changes with what makes another text or set of it */
};

struct feed_specs {
	struct feed_spec *spec;
	size_t n;
};

/* feed.*.*; sections are read by feed_specs_read, in the order of the file. -1 and *e with
 * file:line: a name that cannot be, or is there twice, options that do not go together. */
extern const struct conf_opt feed_options[];
int feed_specs_read(struct arena *a, const struct conf *c, struct feed_specs *out, struct err *e);

/* DIR/feeds, and DIR/feeds/NAME.EXT. */
const char *feeds_dir(struct arena *a, const char *dir);
const char *feeds_path(struct arena *a, const char *dir, struct str name, const char *ext);

/* ---- the sets of a process ---- */

enum feeds_state {
	FEEDS_GOOD,
	FEEDS_MISSING, /* it never was there, or is damaged */
	FEEDS_STALE,   /* not known to be current for max_age */
};

struct feeds;

/* specs outlive it. */
struct feeds *feeds_new(const struct feed_specs *specs, const char *dir);
void feeds_free(struct feeds *f); /* NULL is fine */

/* The set of specs->spec[i] as it is now (looked for at most every FEEDS_LOOK_MS), until the next
 * call; NULL: it has none. */
const struct feed_set *feeds_set(struct feeds *f, size_t i);
enum feeds_state feeds_state(struct feeds *f, size_t i);

/* Why there is no set; "" where there is one. */
const char *feeds_why(struct feeds *f, size_t i);

/* Changes when a set does. */
uint64_t feeds_mark(struct feeds *f);

#endif
