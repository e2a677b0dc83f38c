/*
 * One consultation: has this text been judged, is somebody asking just now, may it cost something,
 * which endpoint answers. Written like a check: run again, from its start, when an answer has come.
 * Whoever runs it brings the world: the asks of a scan in the daemon, a loop of its own in a tool.
 */
#ifndef CHECKS_LLM_CONSULT_H
#define CHECKS_LLM_CONSULT_H

#include "checks/llm/budget.h"
#include "learn/digest/near.h"

/* As scan_store, scan_http and scan_pause (scan/ask.h): the same question has the same answer. */
struct consult_world {
	const struct store_answer *(*store)(void *arg, const struct store_op *op);
	const struct http_reply *(*http)(void *arg, struct str key, const struct http_request *r);
	bool (*pause)(void *arg, struct str key, uint64_t ms);
	void *arg;
};

#define CONSULT_NOTES (BUDGET_ROWS + 2u + OPINION_ENDPOINTS_MAX + NEAR_BANDS)

enum consult_place {
	CONSULT_BEGIN,
	CONSULT_NEAR,
	CONSULT_TWIN,
	CONSULT_CLAIM,
	CONSULT_WAIT,
	CONSULT_BUDGET,
	CONSULT_ASK,
	CONSULT_OVER
};

struct consult {
	/* given, and longer than the consultation: */
	struct scan *s; /* for its arena and keys */
	const struct opinion_config *config;
	const struct opinion_site *site;
	struct budget_who who;
	const struct llm_facts *facts;
	enum llm_privacy privacy;
	const struct near *copy; /* for nearly equal texts; NULL: not looked for */
	struct board *board;
	uint64_t until_ms; /* monotonic clock: no later */
	struct consult_world world;

	/* found: */
	struct opinion out;
	/* to be written by whoever runs it, when it is over: corrections, the answer, counts */
	struct store_op note[CONSULT_NOTES];
	size_t nnotes;

	/* its own: */
	enum consult_place place;
	struct llm_question q; /* of the endpoint in turn */
	struct http_request request;
	struct str key, claim;
	struct str near[NEAR_BANDS], twin; /* keys; the digest of a nearly equal text */
	size_t nnear;
	struct budget_row row[BUDGET_ROWS];
	size_t nrows;
	struct spending reserved, spent;
	unsigned took; /* bit i: row i has what was reserved */
	bool local, asking;
	unsigned looks;
	size_t turn;
	uint64_t began_ms, asked_ms;
	int64_t wall_ms;
};

/* DONE: out and note are there. */
enum check_step consult_run(struct consult *c);

/* What an endpoint is asked: the question, and its request. False: there is nothing to judge. */
bool consult_question(const struct consult *c, const struct opinion_endpoint *p,
		      struct llm_question *q, struct http_request *r);

/* ---- near.c ---- */

#define CONSULT_NEAR_SAME 4u /* bands of a text that count as the same */

/* Nearly equal texts that were called spam or worse are not asked about again: whoever varies his
 * text would spend our money. A good opinion holds for the very text only. */
void consult_near_begin(struct consult *c);
enum check_step consult_near_look(struct consult *c); /* fills twin, "" if there is none */
enum check_step consult_near_take(struct consult *c, bool *taken);
void consult_near_keep(struct consult *c);

/* Something to write when it is over. */
void consult_note(struct consult *c, struct store_op op);

/* A record of what was answered. False: it is another's claim, or none. */
bool consult_answer_read(struct arena *a, const struct opinion_config *k, struct str value,
			 struct opinion *out);

#endif
