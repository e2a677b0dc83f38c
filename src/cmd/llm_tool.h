/* What `merlon llm` consists of: a message judged without anybody being asked, and then one
 * consultation about it, by the same code as the daemon's, over a loop of the tool's own. */
#ifndef CMD_LLM_TOOL_H
#define CMD_LLM_TOOL_H

#include "checks/llm/consult.h"
#include "cmd/app.h"
#include "cmd/source.h"

struct llm_tool {
	struct app *app;
	struct app_env *env;
	struct store *store; /* NULL: not opened */
	const struct opinion_config *config;
	unsigned flags;		  /* enum scan_flag, of the scans */
	struct opinion_site site; /* which endpoints, which mode of privacy, which limits */
};

struct llm_options {
	const char *conf, *state, *endpoint, *plugins;
	int privacy; /* enum llm_privacy; -1: as configured */
	bool json, store;
	bool local; /* nobody is asked about the message itself */
};

/* The configuration, rules, an environment, and with o->store what counts and remembers. False:
 * said why. llm_tool_close is due in any case. */
bool llm_tool_open(struct llm_tool *t, struct arena *a, const struct llm_options *o);
void llm_tool_close(struct llm_tool *t);

/* What the options of the check llm came to. */
const struct opinion_config *llm_config_of(const struct scan_setup *s);

/* "full", "redacted", "features"; -1: none of these. */
int llm_privacy_find(const char *word);
const char *llm_privacy_word(enum llm_privacy p);

/* One message; its arena is that of the scan. */
struct llm_task {
	struct llm_tool *tool;
	struct scan *s;
	struct llm_facts facts;
	struct consult consult;
	void (*done)(void *arg,
		     struct llm_task *task); /* when everything is written; may free it */
	void *arg;
	struct llm_reply *replies; /* of the world, memorised */
	bool over;
};

/* Reads a message and everything that is known of it. NULL: it cannot be read at all. */
struct llm_task *llm_task_new(struct llm_tool *t, const struct envelope *e, struct str octets);
/* Asks; done is called from the loop. */
void llm_task_ask(struct llm_task *task, void (*done)(void *arg, struct llm_task *task), void *arg);
void llm_task_free(struct llm_task *task);

int llm_test_main(int argc, char **argv);
int llm_eval_main(int argc, char **argv);
int llm_budget_main(int argc, char **argv);

#endif
