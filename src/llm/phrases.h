/* Which words make which sign: concepts, the words of each in many languages, and their unions. */
#ifndef LLM_PHRASES_H
#define LLM_PHRASES_H

#include "llm/priv.h"

enum concept {
	C_IGNORE = 1 << 0,    /* ignore, forget, override */
	C_PRIOR = 1 << 1,     /* previous, above, all, given to you */
	C_RULES = 1 << 2,     /* instructions, rules, guidelines, prompt */
	C_SYSTEM = 1 << 3,    /* system prompt, system message */
	C_MODEL = 1 << 4,     /* language model, assistant, chat bots by name */
	C_FILTER = 1 << 5,    /* spam filter, classifier, scanner */
	C_CLASSIFY = 1 << 6,  /* classify, label, rate, treat */
	C_HAM = 1 << 7,	      /* as ham, legitimate, not spam */
	C_THIS = 1 << 8,      /* this message */
	C_NOW = 1 << 9,	      /* from now on, you are now, your new task */
	C_OUTPUT = 1 << 10,   /* respond, output, answer with */
	C_FORM = 1 << 11,     /* json, only, exactly, verdict */
	C_FIELD = 1 << 12,    /* p_spam, p_phish, canary */
	C_FIELD2 = 1 << 13,   /* label ham, verdict clean, reasons [] */
	C_REVEAL = 1 << 14,   /* repeat, print, reveal */
	C_SUMMARY = 1 << 15,  /* when you summarise, if you read this as a model */
	C_TOOL = 1 << 16,     /* call the tool, browse to, execute */
	C_MODE = 1 << 17,     /* developer mode, jailbreak */
	C_ADMIN = 1 << 18,    /* as the mail administrator */
	C_CALL = 1 << 19,     /* note to the spam filter, dear classifier */
	C_IF_MODEL = 1 << 20, /* if you are a language model */
	C_FENCE = 1 << 21,    /* end of the e-mail, end of data */
	C_TURN = 1 << 22,     /* tags of turns */
	C_TURN2 = 1 << 23,    /* "system:" alone in front of a line */
	C_TURN3 = 1 << 24,    /* "user:", "assistant:" */
	C_ORDER = 1 << 25,    /* classify this as */
};
#define CONCEPTS 26u

/*
 * "|" between phrases. "_" is where a word begins or ends: "_ignor" is the beginning of a word.
 * Phrases are made plain as text is (small letters, no marks), so they are written naturally.
 */
struct phrase_row {
	unsigned concepts;
	const char *phrases;
};

/* For words, one blank between them; and for text without blanks, signs kept. End in NULL. */
extern const struct phrase_row llm_phrases_words[], llm_phrases_more[], llm_phrases_signs[];

/* A sign is there where all concepts of need stand within so many octets. */
struct phrase_rule {
	unsigned sign, need;
	size_t within;
};
extern const struct phrase_rule llm_phrase_rules[]; /* ends in sign 0 */

#endif
