/* From the text of an entry to its print, and the lines that entries come from. */
#ifndef FEED_ENTRY_H
#define FEED_ENTRY_H

#include "feed/set.h"

/* What a name without "*." in front stands for. */
enum entry_scope {
	SCOPE_ALL, /* itself and all below */
	SCOPE_SELF,
};

struct entries {
	struct arena *scratch; /* given back now and then */
	struct set_head head;  /* key, tags and bits as they come */
	struct set_print *p;   /* realloc'ed */
	size_t n, cap;
	struct feed_counts *counts;
	unsigned since; /* entries since scratch was given back */
};

/* One entry; what is none is counted as bad. */
void entry_add(struct entries *x, enum feed_kind kind, struct str value, enum entry_scope scope);
void entry_add_net(struct entries *x, const struct cidr *net);
void entry_add_host(struct entries *x, struct str name, enum entry_scope scope);

/* No more is taken. */
static inline bool entry_full(const struct entries *x)
{
	return x->counts->truncated;
}

/* The next line without its end; what is too long or has a NUL is counted and left out. False:
 * there is none. */
bool entry_line(struct entries *x, struct str *text, struct str *line);

/* The word up to a blank; *s becomes the rest after blanks. */
struct str entry_word(struct str *s);

/* A line without the comment that begins with one of marks, there or after a blank; trimmed. */
struct str entry_text(struct str line, const char *marks);

/* One reader for each form. */
void read_list(struct entries *x, struct str text, const struct feed_format *f);
void read_csv(struct entries *x, struct str text, const struct feed_format *f);
void read_hosts(struct entries *x, struct str text, const struct feed_format *f);
void read_rpz(struct entries *x, struct str text, const struct feed_format *f);

#endif
