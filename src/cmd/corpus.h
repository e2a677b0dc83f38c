/*
 * A labelled corpus judged by the rules: who hit what. Nobody is asked (SCAN_F_LOCAL), several
 * processes work at once.
 */
#ifndef CMD_CORPUS_H
#define CMD_CORPUS_H

#include "base/map.h"
#include "cmd/app.h"

struct corpus_mail {
	struct str name;
	bool spam;
	double score;
	uint64_t cpu_us;
	size_t nhits;
	const uint32_t *hit; /* indices of rules, rising */
};

struct corpus_rule {
	struct str name, group;
	double score;	  /* as it was when it hit */
	size_t spam, ham; /* messages that it hit */
	uint64_t us;	  /* that its patterns took, over all messages */
};

struct corpus {
	struct arena *arena;
	VEC(struct corpus_mail) mails;
	VEC(struct corpus_rule) rules; /* in the order in which they were met */
	struct map *by_name;	       /* of rules: index + 1 */
	size_t spam, ham;
	double threshold; /* score.tag */
};

/* Where messages are and what they are. */
struct corpus_source {
	const char *path; /* file, directory, mailbox */
	bool spam;
};

typedef VEC(struct corpus_source) corpus_sources;

/*
 * "ham:PATH", "spam:PATH", or a directory that holds the directories ham and spam. False after
 * telling why.
 */
bool corpus_source_add(struct arena *a, corpus_sources *list, const char *arg);

/* Which messages are judged, and with what beside the rules. */
struct corpus_part {
	const struct model *model;		  /* NULL: no statistics */
	bool (*wants)(const void *arg, size_t i); /* by the place in the corpus. NULL: all */
	const void *arg;
};

/* An empty one, and what puts the messages of a part behind those that are there; else as
 * corpus_judge. */
struct corpus *corpus_new(struct arena *a, const struct app *app);
int corpus_add(struct corpus *c, const struct app *app, const corpus_sources *sources,
	       unsigned processes, const struct corpus_part *part, struct err *e);

/*
 * Judges every message of the sources with processes at once (0: one a core) and gathers the hits;
 * progress goes to stderr where that is a terminal. NULL and *e: a source cannot be read, a process
 * died. The app is loaded with APP_RULES.
 */
struct corpus *corpus_judge(struct arena *a, const struct app *app, const corpus_sources *sources,
			    unsigned processes, struct err *e);

#endif
