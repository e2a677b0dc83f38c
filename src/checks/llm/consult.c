/* One consultation: the cache and whoever asks already, then the budgets, then the endpoints. */
#include "checks/llm/consult.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#define SLACK_MS 2000u	/* a claim outlives the time that its owner has */
#define LEAST_MS 300u	/* with less time left nobody is asked */
#define LOOK_MS 100u	/* between looks at what another one asks */
#define LOOKS_MAX 60u	/* of which the later ones are further apart */
#define FAULT_MS 60000u /* an answer that counts for nothing is not asked for again so long */
/* least time that an answer is kept */
#define RETRY_MAX_S 300u     /* of Retry-After that is heeded */
#define RETRY_S 10u	     /* of 429 without one */
#define REFUSED_S 300u	     /* 401, 403: somebody must do something about it */
#define TOKENS_MAX 10000000u /* of one reply that are believed */
#define HASH_OCTETS 16u	     /* of a model's version */

static void over(struct consult *c, enum opinion_skip why, const char *detail)
{
	c->out.skip = why;
	c->out.detail = detail;
	c->out.ms = clock_mono_ms() - c->began_ms;
	c->place = CONSULT_OVER;
}

void consult_note(struct consult *c, struct store_op op)
{
	if (c->nnotes < CONSULT_NOTES)
		c->note[c->nnotes++] = op;
}

static uint64_t left(const struct consult *c)
{
	uint64_t now = clock_mono_ms();

	return now < c->until_ms ? c->until_ms - now : 0;
}

/* ---- what is remembered ---- */

bool consult_answer_read(struct arena *a, const struct opinion_config *k, struct str value,
			 struct opinion *out)
{
	struct str hash = str_sub(value, 1, HASH_OCTETS);

	if (value.n < 1 + HASH_OCTETS || value.p[0] != '=' ||
	    !llm_answer_unpack(a, str_skip(value, 1 + HASH_OCTETS), &out->answer))
		return false;
	out->cached = true;
	out->p_spam = out->answer.p_spam;
	for (size_t i = 0; i < k->nendpoints; i++)
		if (str_eq(hash, str_c(k->endpoint[i].model->hash))) {
			out->endpoint = &k->endpoint[i];
			out->p_spam = llm_calibrated(k->endpoint[i].model, out->p_spam);
			break;
		}
	return true;
}

static struct str answer_record(struct consult *c, const struct llm_model *m)
{
	struct buf b = { .arena = c->s->arena };

	buf_addf(&b, "=%s", m->hash);
	buf_add(&b, llm_answer_pack(c->s->arena, &c->out.answer));
	return buf_str(&b);
}

static void remembered(struct consult *c, struct str value)
{
	if (!consult_answer_read(c->s->arena, c->config, value, &c->out))
		over(c, OPINION_SKIP_STORE, "record");
	else if (c->out.answer.fault != LLM_FINE)
		over(c, OPINION_SKIP_FAULT, llm_fault_word(c->out.answer.fault));
	else
		over(c, OPINION_GIVEN, "");
}

/* ---- the question ---- */

bool consult_question(const struct consult *c, const struct opinion_endpoint *p,
		      struct llm_question *q, struct http_request *r)
{
	struct hash_key random[2] = { hash_key_random(), hash_key_random() };

	_Static_assert(sizeof random == 32, "what llm_build takes");
	llm_build(c->s->arena, p->model, c->privacy, c->facts, (const uint8_t *)random, q);
	*r = (struct http_request){
		.method = "POST",
		.url = p->url,
		.header = p->header,
		.nheaders = p->nheaders,
		.body = llm_request(c->s->arena, p->model, q),
		.unix_path = p->unix_path,
		.tls = p->tls,
		.timeout_ms = p->timeout_ms,
		.max_octets = LLM_MAX_REPLY,
		.label = p->cell,
		.max_inflight = p->max_inflight,
	};
	return !q->empty;
}

static enum check_step begin(struct consult *c)
{
	struct hash_key me = hash_key_random();
	uint64_t until;

	c->began_ms = clock_mono_ms();
	c->wall_ms = clock_wall_ms();
	until = c->began_ms + c->config->timeout_ms;
	c->until_ms = c->until_ms && c->until_ms < until ? c->until_ms : until;
	if (!c->site->nendpoints) {
		over(c, OPINION_SKIP_ENDPOINT, "none");
		return CHECK_DONE;
	}
	if (!consult_question(c, c->site->endpoint[0], &c->q, &c->request)) {
		over(c, OPINION_SKIP_EMPTY, "");
		return CHECK_DONE;
	}
	c->out.digest = c->q.digest;
	c->out.hidden = c->q.hidden;
	c->out.cut = c->q.cut;
	c->key = budget_answer_key(c->s, c->q.digest);
	c->claim = arena_printf(c->s->arena, "?%016llx%016llx", (unsigned long long)me.k0,
				(unsigned long long)me.k1);
	consult_near_begin(c);
	c->place = CONSULT_NEAR;
	return CHECK_DONE;
}

/* ---- nearly equal texts ---- */

static enum check_step near_look(struct consult *c)
{
	if (consult_near_look(c) == CHECK_WAIT)
		return CHECK_WAIT;
	c->place = c->twin.n ? CONSULT_TWIN : CONSULT_CLAIM;
	return CHECK_DONE;
}

static enum check_step near_take(struct consult *c)
{
	bool taken;

	if (consult_near_take(c, &taken) == CHECK_WAIT)
		return CHECK_WAIT;
	if (taken)
		over(c, OPINION_GIVEN, "near");
	else
		c->place = CONSULT_CLAIM;
	return CHECK_DONE;
}

/* ---- one asks for all ---- */

static enum check_step claim(struct consult *c)
{
	struct store_op op = {
		.kind = STORE_NEW, .key = c->key, .value = c->claim, .ttl_ms = left(c) + SLACK_MS
	};
	const struct store_answer *a = c->world.store(c->world.arg, &op);

	if (!a)
		return CHECK_WAIT;
	c->local = a->local;
	if (a->status == STORE_NONE)
		c->place = CONSULT_BUDGET;
	else if (a->status != STORE_OK)
		over(c, OPINION_SKIP_STORE, "down");
	else if (a->value.n && a->value.p[0] == '?')
		c->place = CONSULT_WAIT;
	else
		remembered(c, a->value);
	return CHECK_DONE;
}

/* Another one asks: what he hears is for us too. Looks get rarer. */
static enum check_step wait_for_other(struct consult *c)
{
	char name[24];
	struct store_op op = { .kind = STORE_GET, .key = c->key };
	const struct store_answer *a;

	snprintf(name, sizeof name, "llm look %u", c->looks);
	op.member = str_c(name);
	if (!c->world.pause(c->world.arg, op.member, LOOK_MS * (1 + c->looks / 8)))
		return CHECK_WAIT;
	a = c->world.store(c->world.arg, &op);
	if (!a)
		return CHECK_WAIT;
	if (a->status == STORE_NONE)
		over(c, OPINION_SKIP_OTHER, "gave up");
	else if (a->status != STORE_OK)
		over(c, OPINION_SKIP_STORE, "down");
	else if (!a->value.n || a->value.p[0] != '?')
		remembered(c, a->value);
	else if (++c->looks == LOOKS_MAX || !left(c))
		over(c, OPINION_SKIP_OTHER, "timeout");
	return CHECK_DONE;
}

static void give_up_claim(struct consult *c)
{
	consult_note(c, (struct store_op){ .kind = STORE_DEL, .key = c->key });
}

/* ---- budgets ---- */

static void refused(struct consult *c, const struct budget_row *r, const char *what)
{
	for (size_t i = 0; i < c->nrows; i++)
		if (c->took >> i & 1)
			consult_note(c, budget_op(&c->row[i], &c->reserved, true));
	give_up_claim(c);
	over(c, r->sender ? OPINION_SKIP_SENDER : OPINION_SKIP_BUDGET,
	     arena_printf(c->s->arena, "%s %s", what, r->what).p);
}

static enum check_step budget(struct consult *c)
{
	const struct store_answer *a[BUDGET_ROWS];
	bool here = true, local = false, unknown = false;

	if (!c->nrows) {
		c->nrows = budget_rows(c->s, c->config, c->site, &c->who, c->wall_ms, c->local,
				       c->row);
		c->reserved = budget_most(c->site, &c->q);
	}
	for (size_t i = 0; i < c->nrows; i++) {
		struct store_op op = budget_op(&c->row[i], &c->reserved, false);
		a[i] = c->world.store(c->world.arg, &op);
		here &= a[i] != NULL;
		local |= a[i] && a[i]->local;
		unknown |= a[i] && a[i]->status != STORE_OK;
		c->took |= a[i] && a[i]->status == STORE_OK ? 1u << i : 0u;
	}
	if (!here)
		return CHECK_WAIT;
	for (size_t i = 0; i < c->nrows; i++) {
		const char *what = budget_over(&c->row[i].limit, a[i]->sum);
		if (what) {
			refused(c, &c->row[i], what);
			return CHECK_DONE;
		}
	}
	if (unknown || (local && !c->local)) { /* it went down between two questions */
		refused(c, &c->row[0], "store");
		over(c, OPINION_SKIP_STORE, "down");
		return CHECK_DONE;
	}
	c->place = CONSULT_ASK;
	return CHECK_DONE;
}

/* ---- the endpoints ---- */

/* A request that may have been read and judged costs as much as it can, unless it is said what. */
static void spent(struct consult *c, const struct opinion_endpoint *p, bool maybe,
		  uint64_t tokens_in, uint64_t tokens_out)
{
	struct spending most = budget_estimate(p, &c->q);
	uint64_t cost;

	if (maybe) {
		tokens_in = most.sum[BUDGET_TOKENS_IN];
		tokens_out = most.sum[BUDGET_TOKENS_OUT];
	}
	cost = opinion_cost(p, tokens_in, tokens_out);
	c->spent.sum[BUDGET_REQUESTS]++;
	c->spent.sum[BUDGET_TOKENS_IN] += tokens_in;
	c->spent.sum[BUDGET_TOKENS_OUT] += tokens_out;
	c->spent.sum[BUDGET_MICROS] += cost;
}

static void count_call(struct consult *c, const struct opinion_endpoint *p, bool good,
		       const struct spending *before)
{
	struct board_cell *cell = board_cell(c->board, p->cell);
	uint64_t ms = clock_mono_ms() - c->asked_ms;
	uint64_t micros = c->spent.sum[BUDGET_MICROS] - before->sum[BUDGET_MICROS];

	board_add(cell, BOARD_TOKENS_IN,
		  c->spent.sum[BUDGET_TOKENS_IN] - before->sum[BUDGET_TOKENS_IN]);
	board_add(cell, BOARD_TOKENS_OUT,
		  c->spent.sum[BUDGET_TOKENS_OUT] - before->sum[BUDGET_TOKENS_OUT]);
	board_add(cell, BOARD_MICROS, micros);
	board_add(cell, BOARD_MS, ms);
	consult_note(c, (struct store_op){ .kind = STORE_ADD,
					   .key = budget_endpoint_key(c->s, p->name, c->wall_ms),
					   .ttl_ms = 2 * budget_span_ms[OPINION_DAY],
					   .delta = { [ENDPOINT_CALLS] = 1,
						      [ENDPOINT_FAILED] = good ? 0 : 1,
						      [ENDPOINT_MS] = (double)ms,
						      [ENDPOINT_MICROS] = (double)micros } });
}

static uint64_t retry_ms(const struct http_reply *r)
{
	uint64_t s;

	if (!str_u64(str_trim(r->retry_after), RETRY_MAX_S, &s))
		s = r->retry_after.n ? RETRY_MAX_S : RETRY_S;
	return (s ? s : 1) * 1000;
}

/* Whether it may have been billed: it was sent, and whoever took it may have worked on it. */
static bool worked(const struct http_reply *r)
{
	return r->outcome == HTTP_OK ? r->status == 408 || r->status == 504
				     : r->sent && r->outcome != HTTP_TLS;
}

/* An endpoint that does not answer, or not what it should. */
static void failed(struct consult *c, const struct opinion_endpoint *p, const struct http_reply *r)
{
	struct board_cell *cell = board_cell(c->board, p->cell);
	struct spending before = c->spent;
	const char *why = r->outcome == HTTP_OK
				  ? arena_printf(c->s->arena, "status %u", r->status).p
				  : http_word(r->outcome);

	if (r->outcome == HTTP_BUSY || r->outcome == HTTP_FORBIDDEN || r->outcome == HTTP_OFF) {
		board_add(cell, BOARD_SKIPPED, 1);
		return;
	}
	c->out.calls++;
	c->out.endpoint = p;
	c->out.detail = why;
	spent(c, p, worked(r), 0, 0);
	count_call(c, p, false, &before);
	if (r->outcome == HTTP_OK && r->status == 429)
		board_off(cell, retry_ms(r), "429");
	else if (r->outcome == HTTP_OK && (r->status == 401 || r->status == 403)) {
		board_add(cell, BOARD_REFUSED, 1);
		board_off(cell, REFUSED_S * 1000, "refused");
	}
	if (board_failed(cell, r->outcome == HTTP_OK ? "status" : http_word(r->outcome)))
		LOG(LOG_LVL_WARN, "llm_off", F_STR("endpoint", p->name), F_CSTR("why", why));
}

/* Budgets get what was really spent; what was answered is there for the next one. */
static void settle_accounts(struct consult *c)
{
	struct store_op op;

	for (size_t i = 0; i < c->nrows; i++)
		if (budget_correct(&c->row[i], &c->reserved, &c->spent, &op))
			consult_note(c, op);
	if (c->spent.sum[BUDGET_REQUESTS]) {
		struct budget_row all = { .key = budget_spent_key(c->s) };
		consult_note(c, budget_op(&all, &c->spent, false));
	}
	c->out.tokens_in = c->spent.sum[BUDGET_TOKENS_IN];
	c->out.tokens_out = c->spent.sum[BUDGET_TOKENS_OUT];
	c->out.micros = c->spent.sum[BUDGET_MICROS];
}

static void all_failed(struct consult *c)
{
	settle_accounts(c);
	give_up_claim(c);
	if (c->out.calls)
		over(c, OPINION_SKIP_FAILED, c->out.detail);
	else
		over(c, OPINION_SKIP_ENDPOINT, "off");
}

static void answered(struct consult *c, const struct opinion_endpoint *p,
		     const struct http_reply *r)
{
	struct board_cell *cell = board_cell(c->board, p->cell);
	struct llm_answer *x = &c->out.answer;
	struct spending before = c->spent;
	bool good;

	llm_reply(c->s->arena, p->model, &c->q, r->body, x);
	good = x->fault == LLM_FINE;
	c->out.calls++;
	c->out.endpoint = p;
	c->out.p_spam = llm_calibrated(p->model, x->p_spam);
	spent(c, p, !x->tokens_in || x->tokens_in > TOKENS_MAX || x->tokens_out > TOKENS_MAX,
	      x->tokens_in, x->tokens_out);
	count_call(c, p, good, &before);
	if (good)
		board_good(cell);
	else if (x->fault == LLM_REFUSED || x->fault == LLM_CANARY)
		board_add(cell, BOARD_FAILED, 1); /* says more of the mail than of the endpoint */
	else if (board_failed(cell, llm_fault_word(x->fault)))
		LOG(LOG_LVL_WARN, "llm_off", F_STR("endpoint", p->name),
		    F_CSTR("why", llm_fault_word(x->fault)));
	if (good && x->label != LLM_HAM && x->label != LLM_BULK && x->label != LLM_UNKNOWN)
		board_add(cell, BOARD_HITS, 1);
	settle_accounts(c);
	consult_note(c, (struct store_op){ .kind = STORE_PUT,
					   .key = c->key,
					   .value = answer_record(c, p->model),
					   .ttl_ms = good ? c->config->cache_ms : FAULT_MS });
	if (good)
		consult_near_keep(c);
	over(c, good ? OPINION_GIVEN : OPINION_SKIP_FAULT, good ? "" : llm_fault_word(x->fault));
}

/* Its question is asked once; another model has another one. */
static bool prepare(struct consult *c, const struct opinion_endpoint *p)
{
	uint64_t time = left(c);

	if (time < LEAST_MS || !board_ask(board_cell(c->board, p->cell)))
		return false;
	if (c->turn)
		consult_question(c, p, &c->q, &c->request);
	if (c->request.timeout_ms > time)
		c->request.timeout_ms = time;
	c->asked_ms = clock_mono_ms();
	c->asking = true;
	return true;
}

/* A reply of the model; of filters before it also one that says with 400 what they refuse. */
static bool is_reply(const struct consult *c, const struct opinion_endpoint *p,
		     const struct http_reply *r)
{
	struct llm_answer x;

	if (r->outcome != HTTP_OK || r->status != 400)
		return r->outcome == HTTP_OK && r->status == 200;
	llm_reply(c->s->arena, p->model, &c->q, r->body, &x);
	return x.fault == LLM_REFUSED;
}

static enum check_step ask(struct consult *c)
{
	const struct opinion_endpoint *p;
	const struct http_reply *r;

	if (c->turn == c->site->nendpoints) {
		all_failed(c);
		return CHECK_DONE;
	}
	p = c->site->endpoint[c->turn];
	if (!c->asking && !prepare(c, p)) {
		c->turn++;
		return CHECK_DONE;
	}
	r = c->world.http(c->world.arg, p->cell, &c->request);
	if (!r)
		return CHECK_WAIT;
	if (is_reply(c, p, r)) {
		answered(c, p, r);
		return CHECK_DONE;
	}
	failed(c, p, r);
	c->asking = false;
	c->turn++;
	return CHECK_DONE;
}

enum check_step consult_run(struct consult *c)
{
	static enum check_step (*const step[])(struct consult *) = {
		[CONSULT_BEGIN] = begin,
		[CONSULT_NEAR] = near_look,
		[CONSULT_TWIN] = near_take,
		[CONSULT_CLAIM] = claim,
		[CONSULT_WAIT] = wait_for_other,
		[CONSULT_BUDGET] = budget,
		[CONSULT_ASK] = ask,
	};

	while (c->place != CONSULT_OVER)
		if (step[c->place](c) == CHECK_WAIT)
			return CHECK_WAIT;
	return CHECK_DONE;
}
