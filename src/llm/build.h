/* What the files that build a question share: its JSON, and what of it makes it this question. */
#ifndef LLM_BUILD_H
#define LLM_BUILD_H

#include "llm/priv.h"

#define BUILD_NAME_MAX 128u
#define BUILD_SUBJECT_MAX 512u
#define BUILD_LINK_TEXT_MAX 96u
#define BUILD_LINKS_MAX 24u
#define BUILD_FILES_MAX 12u
#define BUILD_ENTRIES_MAX 4u
#define BUILD_SYMBOLS_MAX 32u
#define BUILD_TEXT_MAX 131072u /* octets of text that are made plain, before the last cut */

struct builder {
	struct arena *arena;
	const struct llm_model *model;
	enum llm_privacy mode;
	const struct llm_facts *facts;
	const struct llm_names *names;
	struct str mark; /* instead of blanks */
	struct str own;	 /* of the list of own domains: 16 hexadecimal digits */
	struct buf said; /* what makes it this question */
	bool anything;	 /* there is something to judge */
};

/* Text of strangers: made plain, redacted as the mode asks, at most max octets. */
struct str build_plain(struct builder *b, struct str text, size_t max);
/* The same, marked or encoded as the model asks. */
struct str build_marked(struct builder *b, struct str plain);
/* Text that was made plain, for the digest: without what names recipients. */
void build_say_text(struct builder *b, const char *key, struct str plain);

/* A member of object. text: of strangers; in the mode features it is not there. word: ours, or of a
 * closed set. Absent ones are left out. All of them count for the digest. */
void build_text(struct builder *b, json_t *object, const char *key, struct str text, size_t max);
void build_word(struct builder *b, json_t *object, const char *key, struct str word);
void build_count(struct builder *b, json_t *object, const char *key, size_t n);
void build_true(struct builder *b, json_t *object, const char *key);
/* A domain or host: itself, redacted, or as a class or hash. */
void build_host(struct builder *b, json_t *object, const char *key, struct str host);
/* For the digest only. */
void build_say(struct builder *b, const char *key, struct str value);
json_t *build_string(struct str s);

/* build_facts.c, build_links.c */
void build_people(struct builder *b, json_t *root);
void build_auth(struct builder *b, json_t *root);
void build_client(struct builder *b, json_t *root); /* not in the digest */
void build_flags(struct builder *b, json_t *root);
void build_links(struct builder *b, json_t *root);
void build_files(struct builder *b, json_t *root);

#endif
