/* A connection to Redis: its states, its introduction, its stalls. */
#include "store/redis/conn.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "io/loop.h"
#include "store/redis/door.h"
#include "store/redis/tls.h"

#define HELLO_MAX (4 + SCRIPT_COUNT)
#define CONN_WORDS_MAX 6 /* of what we send ourselves */

/* What belongs to one hiredis context, and goes with it. */
struct line {
	struct conn *conn; /* NULL: given up */
	redisAsyncContext *ac;
	struct reader reader;
};

enum state { CLOSED, OPENING, UP };

struct conn {
	struct loop *loop;
	const struct conn_config *cfg;
	struct scripts *scripts;
	struct conn_events ev;
	void *arg;
	struct line *line;
	enum state state;
	struct loop_timer *open_timer, *stall_timer;
	struct conn_cmd hello[HELLO_MAX], query, time;
	conn_query_fn *query_fn; /* NULL: none is under way */
	void *query_arg;
	unsigned hello_at, hello_n; /* answered, sent */
	unsigned script_from;	    /* the first of hello that loads a script */
	size_t pending, slow;	    /* commands whose fn has not run, those of them that are slow */
	bool timing;		    /* TIME is under way */
	uint64_t timed_ms;	    /* it was asked last */
	int64_t ahead_ms;	    /* Redis's clock is */
	int64_t asked_wall_ms;	    /* our clock when it was asked */
	uint64_t heard_ms;	    /* when the last octet came, or the first of pending was sent */
	char why[160];
	bool dead; /* conn_free: only commands that are pending keep it */
};

struct conn *conn_new(struct loop *l, const struct conn_config *cfg, struct scripts *scripts,
		      const struct conn_events *ev, void *arg)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		bug("no memory for a connection");
	*c = (struct conn){ .loop = l, .cfg = cfg, .scripts = scripts, .ev = *ev, .arg = arg };
	return c;
}

bool conn_is_open(const struct conn *c)
{
	return c->state != CLOSED;
}

bool conn_is_up(const struct conn *c)
{
	return c->state == UP;
}

bool conn_is_idle(const struct conn *c)
{
	return c->pending == 0;
}

static void stop_timers(struct conn *c)
{
	loop_cancel(c->open_timer);
	loop_cancel(c->stall_timer);
	c->open_timer = c->stall_timer = NULL;
}

static void say_why(struct conn *c, const char *why)
{
	snprintf(c->why, sizeof c->why, "%s", why && *why ? why : "connection closed");
}

static void went_down(struct conn *c)
{
	bool was_up = c->state == UP;

	c->state = CLOSED;
	c->line = NULL;
	stop_timers(c);
	c->ev.down(c->arg, c->why, was_up);
}

/* ---- hiredis's side ---- */

static void on_gone(void *arg, redisAsyncContext *ac)
{
	struct line *line = arg;
	struct conn *c = line->conn;

	if (c && c->line == line) {
		say_why(c, ac->err ? ac->errstr : "connection closed");
		went_down(c);
	}
	reader_fini(&line->reader);
	free(line);
}

static void on_readable(void *arg, redisAsyncContext *ac)
{
	struct line *line = arg;

	if (reader_full(ac->c.reader)) {
		if (line->conn)
			conn_close(line->conn, "a reply over the limit");
		else
			redisAsyncFree(ac);
		return;
	}
	if (line->conn)
		line->conn->heard_ms = clock_mono_ms();
	redisAsyncHandleRead(ac);
}

static bool awaited(void *arg)
{
	return ((struct line *)arg)->ac->replies.head != NULL;
}

/* ---- closing ---- */

/* Takes the context from c; its commands come back with NULL, now or when hiredis returns. */
static void cut(struct conn *c)
{
	struct line *line = c->line;

	c->line = NULL;
	if (!line)
		return;
	line->conn = NULL;
	redisAsyncFree(line->ac);
}

void conn_close(struct conn *c, const char *why)
{
	struct line *line = c->line;

	if (c->state == CLOSED)
		return;
	say_why(c, why);
	if (line)
		line->conn = NULL;
	went_down(c);
	if (line)
		redisAsyncFree(line->ac);
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	stop_timers(c);
	c->state = CLOSED;
	c->dead = true;
	c->pending++; /* not freed inside of cut */
	cut(c);
	if (--c->pending == 0)
		free(c);
}

/* ---- commands ---- */

static void on_stall(void *arg);

static void watch_stall(struct conn *c)
{
	uint64_t limit = c->slow ? CONN_SLOW_MS : CONN_STALL_MS;
	uint64_t quiet = clock_mono_ms() - c->heard_ms;

	c->stall_timer = loop_after(c->loop, quiet < limit ? limit - quiet : 0, on_stall, c);
}

static void on_stall(void *arg)
{
	struct conn *c = arg;
	uint64_t limit = c->slow ? CONN_SLOW_MS : CONN_STALL_MS;

	c->stall_timer = NULL;
	if (c->pending == 0 || c->state == CLOSED)
		return;
	if (clock_mono_ms() - c->heard_ms >= limit)
		conn_close(c, "no answer in time");
	else
		watch_stall(c);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *arg)
{
	struct conn_cmd *cmd = arg;
	struct conn *c = cmd->conn;
	(void)ac;

	c->slow -= cmd->slow;
	cmd->fn(cmd, reply);
	if (c->line && c->line->ac == ac)
		reader_release(&c->line->reader);
	if (--c->pending == 0 && c->dead)
		free(c);
}

static bool send_on(struct conn *c, struct conn_cmd *cmd, int argc, const char **argv,
		    const size_t *argvlen)
{
	redisAsyncContext *ac = c->line->ac;

	cmd->conn = c;
	if (sdslen(ac->c.obuf) > CONN_OUT_MAX ||
	    redisAsyncCommandArgv(ac, on_reply, cmd, argc, argv, argvlen) != REDIS_OK)
		return false;
	c->slow += cmd->slow;
	if (c->pending++ == 0)
		c->heard_ms = clock_mono_ms();
	return true;
}

/* ---- its clock ---- */

int64_t conn_now_ms(const struct conn *c)
{
	return clock_wall_ms() + c->ahead_ms;
}

/* It was read between our asking and now: clocks that may agree are taken to agree. */
static void set_clock(struct conn *c, int64_t read_ms)
{
	int64_t least = read_ms - clock_wall_ms(), most = read_ms - c->asked_wall_ms;

	c->ahead_ms = least > 0 ? least : most < 0 ? most : 0;
}

static void on_time(struct conn_cmd *cmd, const redisReply *r)
{
	struct conn *c = cmd->conn;
	uint64_t s, us;

	c->timing = false;
	if (r && r->type == REDIS_REPLY_ARRAY && r->elements == 2 &&
	    str_u64(reply_str(r->element[0]), INT64_MAX / 1000000, &s) &&
	    str_u64(reply_str(r->element[1]), 999999, &us))
		set_clock(c, (int64_t)(s * 1000 + us / 1000));
}

/* On its way with other commands, so that it costs no round trip. */
static void ask_time(struct conn *c)
{
	static const char *const word[] = { "TIME" };
	static const size_t len[] = { 4 };

	c->timed_ms = clock_mono_ms();
	if (c->timing)
		return;
	c->asked_wall_ms = clock_wall_ms();
	c->time = (struct conn_cmd){ .fn = on_time };
	c->timing = send_on(c, &c->time, 1, (const char **)(uintptr_t)word, len);
}

bool conn_send(struct conn *c, struct conn_cmd *cmd, int argc, const char **argv,
	       const size_t *argvlen)
{
	if (c->state != UP || !c->line || !send_on(c, cmd, argc, argv, argvlen))
		return false;
	if (clock_mono_ms() - c->timed_ms >= CONN_TIME_MS && c->cfg->scripts && !cmd->alone)
		ask_time(c);
	if (!c->stall_timer)
		watch_stall(c);
	return true;
}

static bool send_words(struct conn *c, struct conn_cmd *cmd, const struct str *word, int n)
{
	const char *argv[CONN_WORDS_MAX];
	size_t len[CONN_WORDS_MAX];

	for (int i = 0; i < n; i++) {
		argv[i] = word[i].p;
		len[i] = word[i].n;
	}
	return send_on(c, cmd, n, argv, len);
}

static void on_query(struct conn_cmd *cmd, const redisReply *r)
{
	struct conn *c = cmd->conn;
	conn_query_fn *fn = c->query_fn;

	c->query_fn = NULL;
	if (!c->dead)
		fn(c->query_arg, r);
}

bool conn_query(struct conn *c, const struct str *word, int n, conn_query_fn *fn, void *arg)
{
	if (c->state != UP || c->query_fn)
		return false;
	c->query = (struct conn_cmd){ .fn = on_query };
	if (!send_words(c, &c->query, word, n))
		return false;
	c->query_fn = fn;
	c->query_arg = arg;
	if (!c->stall_timer)
		watch_stall(c);
	return true;
}

/* ---- opening ---- */

static bool role_is_master(const redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements > 0 &&
	       str_eq(reply_str(r->element[0]), STR("master"));
}

/* The reply to the command i of our introduction: why we are not let in, or NULL. */
static const char *hello_fault(struct conn *c, unsigned i, const redisReply *r)
{
	if (r->type == REDIS_REPLY_ERROR)
		return r->str;
	if (i >= c->script_from)
		return script_named(c->scripts, (enum script_id)(i - c->script_from), reply_str(r))
			       ? NULL
			       : "SCRIPT LOAD was not answered with a hash";
	if (r->type == REDIS_REPLY_ARRAY && c->cfg->master && !role_is_master(r))
		return "READONLY it is a replica";
	return NULL;
}

static void on_hello(struct conn_cmd *cmd, const redisReply *r)
{
	struct conn *c = cmd->conn;
	const char *fault;

	if (!r || c->dead || c->state != OPENING)
		return;
	fault = hello_fault(c, (unsigned)(cmd - c->hello), r);
	if (fault) {
		conn_close(c, fault);
		return;
	}
	if (++c->hello_at < c->hello_n)
		return;
	c->state = UP;
	loop_cancel(c->open_timer);
	c->open_timer = NULL;
	c->ev.up(c->arg);
}

static void hello(struct conn *c, const struct str *word, int n)
{
	struct conn_cmd *cmd = &c->hello[c->hello_n];

	*cmd = (struct conn_cmd){ .fn = on_hello };
	c->hello_n += send_words(c, cmd, word, n);
}

/* All in one write; the connection is up when all of it is answered well. */
static void introduce(struct conn *c)
{
	const struct conn_config *cfg = c->cfg;
	char number[16];

	c->hello_at = c->hello_n = 0;
	if (cfg->password.n && cfg->user.n)
		hello(c, (struct str[]){ STR("AUTH"), cfg->user, cfg->password }, 3);
	else if (cfg->password.n)
		hello(c, (struct str[]){ STR("AUTH"), cfg->password }, 2);
	snprintf(number, sizeof number, "%u", cfg->database);
	if (cfg->database)
		hello(c, (struct str[]){ STR("SELECT"), str_c(number) }, 2);
	if (cfg->master)
		hello(c, (struct str[]){ STR("ROLE") }, 1);
	else
		hello(c, (struct str[]){ STR("PING") }, 1);
	if (cfg->scripts)
		ask_time(c);
	c->script_from = c->hello_n;
	for (unsigned i = 0; cfg->scripts && i < SCRIPT_COUNT; i++)
		hello(c, (struct str[]){ STR("SCRIPT"), STR("LOAD"), script_text(i) }, 3);
}

static void on_open_late(void *arg)
{
	struct conn *c = arg;

	c->open_timer = NULL;
	conn_close(c, c->line ? "not connected in time" : c->why);
}

static bool dial(struct conn *c, const struct redis_addr *a)
{
	redisAsyncContext *ac =
		a->port ? redisAsyncConnect(a->host, (int)a->port) : redisAsyncConnectUnix(a->host);
	struct line *line;

	if (!ac)
		bug("no memory for a connection to Redis");
	if (ac->err || !redis_tls_start(ac, c->cfg->tls)) {
		say_why(c, ac->errstr);
		redisAsyncFree(ac);
		return false;
	}
	line = calloc(1, sizeof *line);
	if (!line)
		bug("no memory for a connection to Redis");
	*line = (struct line){ .conn = c, .ac = ac };
	reader_init(&line->reader);
	line->reader.awaited = awaited;
	line->reader.arg = line;
	reader_bind(&line->reader, ac->c.reader);
	c->line = line;
	door_attach(loop_base(c->loop), ac, on_readable, on_gone, line);
	return true;
}

void conn_open(struct conn *c, const struct redis_addr *a)
{
	bool dialled;

	c->state = OPENING;
	c->heard_ms = clock_mono_ms();
	dialled = dial(c, a);
	c->open_timer = loop_after(c->loop, dialled ? CONN_OPEN_MS : 0, on_open_late, c);
	if (dialled)
		introduce(c);
}
