/* What the files of the ruleset room share: one rule, and all of them. */
#ifndef RULESET_RULE_H
#define RULESET_RULE_H

#include "base/map.h"
#include "ruleset/expr.h"
#include "ruleset/pattern/pattern.h"
#include "ruleset/ruleset.h"

enum rule_kind {
	RULE_NONE, /* only scored or described so far */
	RULE_EVAL,
	RULE_META,
	/* patterns, over a view each: */
	RULE_HEADER,
	RULE_MIMEHEADER,
	RULE_BODY,
	RULE_RAWBODY,
	RULE_URI,
	RULE_FULL,
	RULE_URI_DETAIL
};

/* Later ones win. */
enum rule_layer { LAYER_PACKAGE, LAYER_SITE, LAYER_RUNTIME };

struct rule_place {
	const char *file;
	int line;
	enum rule_layer layer;
};

struct rule_definition {
	struct rule_place at;
	struct str word, text; /* "header", and what stands after the name */
};

struct rule_score {
	struct rule_place at;
	double v[4];   /* by score set */
	bool relative; /* added to what was there */
};

struct rule_attr { /* describe, tflags, priority, group */
	struct rule_place at;
	const char *word;
	struct str text;
};

/* A condition of uri_detail. */
enum uri_key { URI_RAW, URI_TYPE, URI_CLEANED, URI_TEXT, URI_DOMAIN, URI_HOST, URI_KEYS };
struct uri_cond {
	struct str written; /* absent: no such condition */
	bool negated;
	struct pattern *pattern;
};

struct rule {
	struct str name;
	enum rule_kind kind;
	const char *file; /* of the definition that counts */
	int line;
	struct str word, text;	/* as written: "header"; and what stands after the name */
	struct str unsupported; /* why the rule is not loaded; absent: it is */
	bool partial;		/* a meta that depends on what is not loaded */

	const struct predicate *predicate; /* RULE_EVAL */
	size_t nargs;
	struct predicate_arg *arg;

	struct expr *expr; /* RULE_META; NULL: never hits */
	struct str meta;   /* its text, rules_matching() expanded */

	/* patterns */
	struct str field;	 /* of header and mimeheader */
	struct str unset;	 /* [if-unset: ...]; absent: none */
	bool exists;		 /* header X exists:F; there is no pattern */
	bool negated;		 /* !~ */
	struct str written;	 /* the pattern with its delimiters */
	struct str pattern_text; /* without delimiters, tags replaced */
	unsigned flags;		 /* enum pattern_flag */
	struct pattern *pattern;
	const struct rule_view *view; /* with the pattern as view_id of its set; NULL: in none */
	size_t view_id;
	struct uri_cond *cond; /* RULE_URI_DETAIL: URI_KEYS of them */
	bool replace;	       /* replace_rules */
	bool captures;	       /* has named groups */
	bool dynamic;	       /* has %{NAME}: compiled for each message */

	/* what tflags say */
	bool multiple, nosubject, net, learn, nice, info;
	uint32_t maxhits; /* 0: not said */

	double score; /* that counts */
	bool scored;
	bool live;    /* is run: has a score, and what it needs */
	bool content; /* looks at the content of a message, or refers to what does */
	struct str describe, group, tflags;
	int64_t priority;
	size_t slot; /* of its value, when a message is judged */
	/* metas that live and rest on it (expr_rests), so that they are evaluated where it has a
	 * value; those that are not 0 where all else is 0 are eager instead: always evaluated */
	VEC(struct rule *) users;
	bool eager;

	VEC(struct rule_definition) defined; /* all, in order; the last counts */
	VEC(struct rule_score) scores;
	VEC(struct rule_attr) attrs;
};

struct rule_test {
	struct rule *rule;
	bool ok;
	struct str text;
	const char *file;
	int line;
};

/* Pattern rules that look at the same text. */
struct rule_view {
	enum rule_kind kind;
	struct str field, unset;
	bool nosubject; /* body without its first line */
	struct pattern_set *set;
	bool filtered;		  /* no filter is missing */
	VEC(struct rule *) rules; /* by id in the set */
	VEC(struct rule *) empty; /* those that an empty text hits */
};

struct ruleset {
	struct judge judge; /* first */
	struct arena *arena;
	VEC(struct rule *) rules; /* as defined */
	struct map *by_name;
	VEC(struct rule_test) tests;
	VEC(struct str) notes;
	VEC(struct stanza) stanzas;
	size_t norder;
	struct rule **order; /* as evaluated: by priority, and what a meta refers to before it */

	struct rule_view *view; /* of the patterns that are the same for every message */
	size_t nviews;
	struct rule **dynamic; /* those that are not, and uri_detail */
	size_t ndynamic;
	bool any_pattern; /* some rule looks at a view */

	struct lists *lists;
	struct view_env env;
	struct content_env content;
	unsigned score_set; /* 0 to 3: network 1, learning 2 */
	uint64_t budget_us; /* of regular expressions for one message */
};

/* A subrule ("__...") has no score of its own and does not show. */
bool rule_is_sub(const struct rule *r);
bool rule_has_pattern(const struct rule *r);
const char *rule_kind_word(enum rule_kind k);
const char *rule_layer_word(enum rule_layer l);
struct rule *ruleset_rule(const struct ruleset *set, struct str name); /* NULL: none */

struct line_reader;
struct rule_line;

/* boundaries.c: top levels and redirectors, into env. */
void ruleset_boundaries(struct ruleset *set);

/* order.c: a meta that depends on itself is a fault; what is not run is marked. */
void ruleset_order(struct ruleset *set, struct line_reader *r);

/* patterns.c: tags replaced, patterns compiled, put into sets by view. */
struct replace_tags;
void ruleset_patterns(struct ruleset *set, const struct replace_tags *tags, struct line_reader *r);
void ruleset_views(struct ruleset *set, struct str cache_dir);

/* uses.c: judge.use and judge.stanza, when rules are in order. */
void ruleset_uses(struct ruleset *set);

/* judge.c */
void ruleset_run(const struct judge *j, struct scan *s);
bool ruleset_asks(const struct judge *j, const struct check *c);

/* A file was read: judge.generation is of the octets of all of them, in order. */
void ruleset_generation(struct ruleset *set, struct str text);
void *ruleset_state(const struct judge *j, struct arena *a);

/* test.c: the tests that need no scan; what fails is a fault. */
void ruleset_test(struct ruleset *set, struct line_reader *r);

#endif
