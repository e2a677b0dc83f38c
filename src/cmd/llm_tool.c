/* One consultation in a tool: the world of consult.h over the tool's loop. */
#include "cmd/llm_tool.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/remembered.h"

static const char *const privacy_words[] = { "full", "redacted", "features" };

int llm_privacy_find(const char *word)
{
	for (int i = 0; i < (int)(sizeof privacy_words / sizeof *privacy_words); i++)
		if (strcmp(word, privacy_words[i]) == 0)
			return i;
	return -1;
}

const char *llm_privacy_word(enum llm_privacy p)
{
	return privacy_words[p];
}

/* ---- opening ---- */

const struct opinion_config *llm_config_of(const struct scan_setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->check[i] == &check_llm)
			return s->config[i];
	return NULL;
}

static bool choose(struct llm_tool *t, struct arena *a, const struct llm_options *o)
{
	const struct opinion_endpoint **one = ARENA_ARRAY(a, const struct opinion_endpoint *, 1);

	t->site = t->config->site[0];
	if (o->privacy >= 0)
		t->site.privacy = (enum llm_privacy)o->privacy;
	if (!t->site.nendpoints) {
		fputs("merlon: there is no section llm_endpoint in the configuration\n", stderr);
		return false;
	}
	if (!o->endpoint)
		return true;
	for (size_t i = 0; i < t->config->nendpoints; i++)
		if (str_eq(t->config->endpoint[i].name, str_c(o->endpoint)))
			one[0] = &t->config->endpoint[i];
	if (!one[0])
		fprintf(stderr, "merlon: there is no llm_endpoint \"%s\"\n", o->endpoint);
	t->site.endpoint = one;
	t->site.nendpoints = 1;
	return one[0] != NULL;
}

bool llm_tool_open(struct llm_tool *t, struct arena *a, const struct llm_options *o)
{
	struct err e = { 0 };

	*t = (struct llm_tool){ 0 };
	t->app = app_load(o->conf, app_checks(a, o->plugins), APP_RULES, NULL, NULL);
	if (!t->app)
		return false;
	t->config = llm_config_of(t->app->setup);
	if (!choose(t, a, o))
		return false;
	t->env = app_env_new(t->app, NULL, 0, NULL, &e);
	if (!t->env) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return false;
	}
	t->flags = SCAN_F_NO_CACHE | (o->local ? SCAN_F_LOCAL : 0u);
	t->env->scan.readonly = true;
	if (o->store) { /* a first try may come before any daemon; what is wrong is said below */
		mkdir(o->state ? o->state : conf_str(t->app->conf, "daemon.state").p, 0750);
		t->store = remembered_store(a, t->env->scan.loop, t->app->conf, o->state, false);
	}
	return t->store || !o->store;
}

void llm_tool_close(struct llm_tool *t)
{
	store_free(t->store);
	app_env_free(t->env);
	app_free(t->app);
}

/* ---- questions, each asked once ---- */

struct llm_reply {
	struct llm_reply *next;
	struct llm_task *task;
	enum { REPLY_STORE, REPLY_HTTP, REPLY_PAUSE } kind;
	struct str key, member;
	enum store_kind op;
	bool here;
	struct store_answer answer;
	struct http_reply reply;
};

static void go_on(struct llm_task *task);

static struct llm_reply *find(struct llm_task *task, const struct llm_reply *want, bool *made)
{
	struct llm_reply *r = task->replies;

	while (r && !(r->kind == want->kind && r->op == want->op && str_eq(r->key, want->key) &&
		      str_eq(r->member, want->member)))
		r = r->next;
	*made = !r;
	if (r)
		return r;
	r = ARENA_NEW(task->s->arena, struct llm_reply);
	*r = *want;
	r->key = arena_dup(task->s->arena, want->key);
	r->member = arena_dup(task->s->arena, want->member);
	r->task = task;
	r->next = task->replies;
	task->replies = r;
	return r;
}

static void came(struct llm_reply *r)
{
	r->here = true;
	go_on(r->task);
}

static void store_came(void *arg, const struct store_answer *a, size_t n)
{
	struct llm_reply *r = arg;

	r->answer = n ? *a : (struct store_answer){ .status = STORE_FAILED };
	r->answer.value = arena_dup(r->task->s->arena, r->answer.value);
	came(r);
}

static const struct store_answer *ask_store(void *arg, const struct store_op *op)
{
	struct llm_task *task = arg;
	struct llm_reply want = {
		.kind = REPLY_STORE, .op = op->kind, .key = op->key, .member = op->member
	};
	bool made;
	struct llm_reply *r = find(task, &want, &made);

	if (made)
		store_send(task->tool->store, op, 1, STORE_SLOW, store_came, r);
	return r->here ? &r->answer : NULL;
}

static void http_came(void *arg, const struct http_reply *reply)
{
	struct llm_reply *r = arg;

	r->reply = http_reply_keep(r->task->s->arena, reply);
	came(r);
}

static const struct http_reply *ask_http(void *arg, struct str key, const struct http_request *q)
{
	struct llm_task *task = arg;
	struct llm_reply want = { .kind = REPLY_HTTP, .key = key };
	bool made;
	struct llm_reply *r = find(task, &want, &made);

	if (made)
		http_send(task->tool->env->scan.http, q, http_came, r);
	return r->here ? &r->reply : NULL;
}

static void pause_came(void *arg)
{
	came(arg);
}

static bool ask_pause(void *arg, struct str key, uint64_t ms)
{
	struct llm_task *task = arg;
	struct llm_reply want = { .kind = REPLY_PAUSE, .key = key };
	bool made;
	struct llm_reply *r = find(task, &want, &made);

	if (made)
		loop_after(task->tool->env->scan.loop, ms, pause_came, r);
	return r->here;
}

/* ---- one message ---- */

static void judged(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

struct llm_task *llm_task_new(struct llm_tool *t, const struct envelope *e, struct str octets)
{
	bool done = false;
	struct scan *s = source_scan(&t->env->scan, e, octets, t->flags, judged, &done);
	struct llm_task *task;

	while (!done)
		loop_turn(t->env->scan.loop, 100);
	if (!s->content) {
		scan_free(s);
		return NULL;
	}
	task = ARENA_NEW(s->arena, struct llm_task);
	task->tool = t;
	task->s = s;
	opinion_read(s, &task->facts);
	task->consult = (struct consult){
		.s = s,
		.config = t->config,
		.site = &t->site,
		.who = { STR(""), STR(""), STR("") },
		.facts = &task->facts,
		.privacy = t->site.privacy,
		.board = t->env->scan.board,
		.world = { ask_store, ask_http, ask_pause, task },
	};
	return task;
}

void llm_task_free(struct llm_task *task)
{
	scan_free(task->s);
}

static void finished(void *arg)
{
	struct llm_task *task = arg;

	task->done(task->arg, task);
}

static void written(void *arg, const struct store_answer *a, size_t n)
{
	(void)a;
	(void)n;
	finished(arg);
}

static void go_on(struct llm_task *task)
{
	struct consult *c = &task->consult;

	if (task->over || consult_run(c) == CHECK_WAIT)
		return;
	task->over = true;
	if (c->nnotes)
		store_send(task->tool->store, c->note, c->nnotes, STORE_SLOW, written, task);
	else
		loop_after(task->tool->env->scan.loop, 0, finished, task);
}

void llm_task_ask(struct llm_task *task, void (*done)(void *arg, struct llm_task *task), void *arg)
{
	task->done = done;
	task->arg = arg;
	go_on(task);
}
