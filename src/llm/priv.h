/* What the files of this room share. */
#ifndef LLM_PRIV_H
#define LLM_PRIV_H

#include "base/buf.h"
#include "llm/llm.h"

/* ---- answer.c: the words of the answer ---- */

size_t llm_reason_count(void);
bool llm_label_find(struct str word, enum llm_label *l);
bool llm_reason_find(struct str word, unsigned *code);

/* ---- digest.c: SHA-256, as 2 * octets hexadecimal digits with a NUL ---- */
char *llm_sha256(struct arena *a, struct str s, size_t octets);

/* ---- normal.c ---- */

#define LLM_GROWTH 11u /* NFKC makes at most so many octets of one (U+FDFA: 33 of 3) */
#define LLM_MARKS 8u   /* characters that mark words; none of them is in normal text */
struct str llm_mark(unsigned i);

/* An ASCII capital. */
static inline bool llm_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Code points of text: letters in lower case, marks away. Of UTF-8. */
uint32_t llm_fold(uint32_t c);
bool llm_is_letter(uint32_t c);

/* ---- cut.c ---- */

/* At most max octets of text: its beginning, its end, and between them the sentences that have
 * links, sums or words about money and secrets, from all of it. *left: octets left out. */
struct str llm_cut(struct arena *a, struct str text, size_t max, size_t *left);
/* The same lines a second time (the other alternative's) left out. */
struct str llm_distinct(struct arena *a, struct str text);

/* ---- redact*.c: one pass over the text each; what an earlier one wrote stays ---- */

/* Octets of "[EMAIL]" and the like at s.p[at]; 0: none. */
size_t redact_written(struct str s, size_t at);
struct str redact_urls(struct arena *a, struct str text);      /* scheme and host stay */
struct str redact_addresses(struct arena *a, struct str text); /* spoken ones too */
struct str redact_numbers(struct arena *a, struct str text);   /* IBANs, long tokens too */
struct str redact_names(struct arena *a, const struct llm_names *names, struct str text);

/* Only links' paths, addresses and names of recipients: for the digest. */
struct str llm_unname(struct arena *a, const struct llm_names *names, struct str text);

/* names_plain.c: words that are nobody's name ("team", "support", "the"), as llm_fold makes them.
 */
bool llm_plain_word(struct str folded);
/* Words that stand in front of a name: "dear", "herr". */
bool llm_greeting(struct str folded);
bool llm_title(struct str folded);

#endif
