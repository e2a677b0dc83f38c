/*
 * What is said to a language model about a message, and what is made of its answer. Pure: octets
 * and facts in, octets and facts out. Nobody is asked here (checks/llm does that).
 *
 * Threat: the message is written by somebody who knows all of this. Its text is data: in the user
 * role, behind a boundary that he cannot guess, marked word by word; only what a reader sees; and
 * whatever comes back is a vote within bounds.
 */
#ifndef LLM_LLM_H
#define LLM_LLM_H

#include <jansson.h>

#include "base/err.h"
#include "base/hash.h"
#include "mail/content.h"
#include "mail/from.h"

#define LLM_MAX_INPUT 16384u /* octets of what is sent of a message, marks included */
#define LLM_MAX_REPLY 65536u /* octets read of a reply */
#define LLM_MAX_ANSWER 4096u /* octets of the one JSON object in it */
#define LLM_MAX_TOKENS 256u  /* asked for */
#define LLM_NOTE_MAX 160u
#define LLM_REASONS_MAX 3u

/* ---- model and prompt files: models/llm/NAME.conf, models/llm/prompts/NAME.md ---- */

enum llm_dialect { LLM_OPENAI, LLM_LLAMACPP, LLM_VLLM, LLM_OLLAMA, LLM_AZURE };
enum llm_privacy { LLM_FULL, LLM_REDACTED, LLM_FEATURES };
enum llm_marking { LLM_DATAMARK, LLM_BASE64, LLM_PLAIN };

/* Immutable. */
struct llm_model {
	struct str name; /* of the file */
	enum llm_dialect dialect;
	struct str model;	/* what the endpoint calls it */
	struct str path;	/* "/v1/chat/completions"; of Azure with its api-version */
	struct str prompt;	/* text of the system role */
	struct str prompt_name; /* of its file */
	char hash[17];		/* of model file and prompt: the version */
	unsigned max_tokens;
	double temperature;
	int64_t seed;	  /* -1: not sent */
	bool json_schema; /* sends response_format; else asks in words */
	enum llm_marking marking;
	double price_in, price_out; /* money for a million tokens */
	double tokens_per_octet;    /* estimate, for budgets before an answer says */
	struct str
		reasoning; /* members for the request that switch thinking off: JSON object; "" */
	bool long_tokens;  /* "max_completion_tokens" instead of "max_tokens" */
	bool fence;	   /* the one object may stand in a fence of three backquotes */
	bool think;	   /* a <think>...</think> block may stand before it */
	/* Calibration: pairs of (said, true) p_spam, rising; none: as said. */
	size_t npoints;
	const double (*point)[2];
};

/* The file, and the prompt it names (relative to its directory). NULL and *e ("file:line: ..."). */
const struct llm_model *llm_model_load(struct arena *a, const char *path, struct err *e);

/* p_spam as the table corrects it. */
double llm_calibrated(const struct llm_model *m, double said);

/* ---- what is known of a message ---- */

/* Everything that may be said; absent slices are left out. */
struct llm_facts {
	const struct from *from;
	const struct hdr_list *headers; /* Subject, To, Cc, Reply-To, Date are read from here */
	struct content *content;
	struct str mail_from, helo, client_name;
	const struct str *rcpt;
	size_t nrcpts;
	struct str spf, dkim, dmarc, arc; /* result words */
	bool first_contact, known, reply, list;
	struct str country;	  /* of the client, "DE"; absent */
	const struct str *symbol; /* top symbols, names of rules */
	size_t nsymbols;
	double score; /* preliminary */
	const struct str *own_domain;
	size_t nown;
	struct str language; /* absent */
};

/* ---- signs of a message that talks to a model (rules: PROMPT_INJECTION) ---- */

enum llm_sign {
	LLM_SIGN_INSTRUCTION =
		1,		 /* "ignore all previous instructions", in ten languages and more */
	LLM_SIGN_ROLE = 2,	 /* a turn of its own: <|im_start|>, "system:", [INST] */
	LLM_SIGN_ANSWER = 4,	 /* our answer's JSON, or a verdict dictated */
	LLM_SIGN_HIDDEN = 8,	 /* one of these where no reader sees it */
	LLM_SIGN_TAGS = 16,	 /* tag characters, variation selectors or zero width carry text */
	LLM_SIGN_ADDRESSED = 32, /* it speaks to a model, filter or scanner by name */
	LLM_SIGN_ENCODED = 64,	 /* one of these in base64, rot13 or hexadecimal */
	LLM_SIGN_PADDING = 128,	 /* text that is there to push other text out of a limit */
};
const char *llm_sign_name(unsigned sign);

/* The phrases that are looked for, made once; immutable. */
struct llm_phrases;
const struct llm_phrases *llm_phrases_new(struct arena *a);

/* The signs of a message: visible and hidden text, comments, alternative texts, attributes,
 * subject, names of people and files (headers and content are what is read of f). evidence: the
 * first passage; in the arena. Time linear in the message. */
unsigned llm_signs(struct arena *a, const struct llm_phrases *p, const struct llm_facts *f,
		   struct str *evidence);

/* ---- building ---- */

/* What was sent, to check the answer against. */
struct llm_question {
	struct str system;   /* the prompt, with the boundary and canary it explains */
	struct str user;     /* the message as data */
	struct str digest;   /* 32 hex: of model, mode and what is said, without boundary, canary,
				client, score, symbols and what names recipients: the same for equal
				text, whoever it came to; of the text too where it is not sent */
	struct str canary;   /* must come back in field "canary", and nowhere else */
	struct str boundary; /* 32 hex digits */
	size_t tokens;	     /* estimate, both roles */
	size_t hidden;	     /* octets of hidden text, which is not sent */
	size_t cut;	     /* octets of visible text left out for length */
	bool empty;	     /* there is nothing to judge */
};

/* random: 32 octets of good randomness. own: how many octets of text fit is LLM_MAX_INPUT. */
void llm_build(struct arena *a, const struct llm_model *m, enum llm_privacy mode,
	       const struct llm_facts *f, const uint8_t random[32], struct llm_question *q);

/* The request's body for the model's dialect. */
struct str llm_request(struct arena *a, const struct llm_model *m, const struct llm_question *q);

/* What the normaliser makes of text: NFKC, without default ignorables, tag characters, bidi
 * controls and private use; white space runs joined. At most max octets. */
struct str llm_normal(struct arena *a, struct str text, size_t max);

/* Addresses, phone numbers, IBANs, card numbers, names of recipients, long numbers and personal
 * parts of URLs become [EMAIL], [PHONE], [IBAN], [CARD], [NAME], [NUMBER], [TOKEN]. */
struct llm_names;
struct llm_names *llm_names(struct arena *a, const struct llm_facts *f);
struct str llm_redact(struct arena *a, const struct llm_names *names, struct str text);

/* ---- the answer ---- */

enum llm_label { LLM_HAM, LLM_BULK, LLM_SPAM, LLM_PHISH, LLM_SCAM, LLM_MALWARE, LLM_UNKNOWN };
const char *llm_label_word(enum llm_label l);

/* Why an answer counts for nothing. */
enum llm_fault {
	LLM_FINE,
	LLM_NO_REPLY,	/* no completion in it: not JSON, no choices, an error object */
	LLM_CUT,	/* the model ran out of tokens: finish_reason, empty content */
	LLM_REFUSED,	/* content filter, refusal */
	LLM_NOT_SCHEMA, /* not the one object asked for: more, less, other types, out of range */
	LLM_CANARY,	/* the canary is wrong or stands where it must not */
};
const char *llm_fault_word(enum llm_fault f);

/* Reason codes, one table (reply.c): "credential_request", "money_request", ... */
struct llm_answer {
	enum llm_fault fault;
	enum llm_label label;
	double p_spam, p_phish;		  /* 0..1, as said */
	unsigned reason[LLM_REASONS_MAX]; /* indices of llm_reason_word */
	size_t nreasons;
	struct str imitates;		/* a brand or domain, printable, at most 64 octets; "" */
	struct str note;		/* at most LLM_NOTE_MAX, printable; for logs only */
	uint64_t tokens_in, tokens_out; /* as the endpoint counts; 0: not said */
};
const char *llm_reason_word(unsigned code); /* NULL: no such */

/*
 * body: a reply of the endpoint. Strict: one object, exactly these fields, known words, numbers in
 * range, label and p_spam of one mind; anything else is a fault and no vote (label LLM_UNKNOWN).
 * Only a note that is too long is cut. Bounded in size, depth and time. What was counted
 * (tokens_in, tokens_out) is there even with a fault.
 */
void llm_reply(struct arena *a, const struct llm_model *m, const struct llm_question *q,
	       struct str body, struct llm_answer *out);

/* An answer as it is kept in the store, and back; false: it is none. */
struct str llm_answer_pack(struct arena *a, const struct llm_answer *x);
bool llm_answer_unpack(struct arena *a, struct str octets, struct llm_answer *out);

#endif
