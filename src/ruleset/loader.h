/* What the files that read rules share: the loader, and the table of directives. */
#ifndef RULESET_LOADER_H
#define RULESET_LOADER_H

#include "ruleset/lines.h"

struct directive;

struct loader {
	struct ruleset *set;
	struct line_reader reader;
	struct map *directives;	  /* word -> struct directive */
	struct map *stanza_words; /* words of checks (uses.c) */
	VEC(struct str) stanza_families;
	struct map *noted; /* words that a note has been made of */
	struct replace_tags *tags;
	VEC(struct view_net) trusted, internal, msa;
	VEC(struct str) originating;
	size_t nredirectors;
};

typedef void take_fn(struct loader *l, const struct rule_line *line, const struct directive *d);

struct directive {
	const char *word;
	take_fn *take;
	const char *what; /* the list that it fills, or why it is left out */
	enum rule_kind kind;
	int how; /* enum list_how, enum tag_kind */
	const char *help;
};

/* Ends in a row without word. */
extern const struct directive directives[];

/* The rule of that name, made if it is new; NULL after a fault. */
struct rule *loader_rule(struct loader *l, const struct rule_line *line, struct str name);
/* Begins a definition: what the rule was before is forgotten, but for its score and texts. */
void loader_define(struct loader *l, struct rule *r, const struct rule_line *line,
		   enum rule_kind kind, struct str text);
/* The rule is not loaded, for this reason: a note. */
void loader_unsupported(struct loader *l, struct rule *r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* uses.c: indexes the words that checks read themselves, before the first line. */
void loader_words(struct loader *l);
/* A line that a check reads itself; false: nobody does. */
bool loader_stanza(struct loader *l, const struct rule_line *line);

/* define.c */
take_fn take_pattern, take_header, take_meta, take_uri_detail, take_askdns;
/* args.c: eval:function(arguments); what is wrong with it is a fault or a note. */
void loader_eval(struct loader *l, const struct rule_line *line, struct rule *r, struct str call);
/* attrs.c */
take_fn take_score, take_text, take_tflags, take_priority, take_test;
/* lists.c */
enum list_how {
	LIST_WORDS,  /* every word is an entry */
	LIST_ONLY,   /* the same, and no others are: the last line counts */
	LIST_PAIR,   /* an entry and what stands beside it */
	LIST_NAMED,  /* (NAME) words, into "what:NAME" */
	LIST_WHOLE,  /* the whole rest is one entry */
	LIST_REMOVE, /* every word is taken out of the list, and of def_ it */
	LIST_CLEAR,
	LIST_FILE, /* NAME path: one entry a line */
};
take_fn take_list, take_nets, take_redirector, take_originating;
/* replace.c */
enum tag_kind { TAG_TAG, TAG_PRE, TAG_INTER, TAG_POST, TAG_KINDS };
take_fn take_tag, take_replace_rules, take_tag_ends;
struct replace_tags *replace_new(struct arena *a);
/* The pattern's text with tags replaced. */
struct str replace_apply(struct arena *a, const struct replace_tags *t, struct str text,
			 bool modifiers);

#endif
