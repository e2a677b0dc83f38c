/* Budgets: keys, limits and sums. */
#include "checks/llm/budget.h"

#include "base/clock.h"
#include "checks/memory/memory.h"

#define LATER_MS UINT64_C(600000) /* a correction may come when its span is over */
#define LOCAL_WINDOW_MS UINT64_C(600000)

const char *const budget_span_word[OPINION_SPANS] = { "minute", "day" };
const uint64_t budget_span_ms[OPINION_SPANS] = { 60000, 86400000 };

static struct str span_number(struct scan *s, int64_t now_ms, uint64_t span_ms)
{
	return arena_printf(s->arena, "%llu",
			    (unsigned long long)((uint64_t)now_ms / (span_ms ? span_ms : 1)));
}

static struct budget_row *add(struct budget_row *out, size_t *n, struct str key, uint64_t ms)
{
	struct budget_row *r = &out[(*n)++];

	*r = (struct budget_row){ .key = key, .ttl_ms = ms + LATER_MS };
	return r;
}

static void add_spans(struct scan *s, const struct opinion_limits *limit, struct str scope,
		      struct str name, int64_t now_ms, struct budget_row *out, size_t *n)
{
	for (size_t i = 0; i < OPINION_SPANS; i++) {
		struct str span = str_c(budget_span_word[i]),
			   number = span_number(s, now_ms, budget_span_ms[i]);
		struct str whole[] = { scope, span, number }, one[] = { scope, name, span, number };
		struct budget_row *r =
			add(out, n,
			    name.p ? memory_key(s, "llm", one, 4) : memory_key(s, "llm", whole, 3),
			    budget_span_ms[i]);
		r->limit = limit[i];
		r->what = budget_span_word[i];
	}
}

static void add_sender(struct scan *s, const struct opinion_config *k, struct str scope,
		       struct str name, int64_t now_ms, struct budget_row *out, size_t *n)
{
	struct str part[] = { scope, name, span_number(s, now_ms, k->sender_window_ms) };
	struct budget_row *r;

	if (!name.n || !k->sender_calls)
		return;
	r = add(out, n, memory_key(s, "llm", part, 3), k->sender_window_ms);
	r->limit.requests = k->sender_calls;
	r->sender = true;
	r->what = "sender";
}

size_t budget_rows(struct scan *s, const struct opinion_config *k, const struct opinion_site *site,
		   const struct budget_who *who, int64_t now_ms, bool local,
		   struct budget_row out[BUDGET_ROWS])
{
	struct str here[] = { STR("local"), span_number(s, now_ms, LOCAL_WINDOW_MS) };
	size_t n = 0;

	add_spans(s, k->limit, STR("all"), STR_NULL, now_ms, out, &n);
	if (who->site.n)
		add_spans(s, site->limit, STR("site"), who->site, now_ms, out, &n);
	add_sender(s, k, STR("net"), who->net, now_ms, out, &n);
	add_sender(s, k, STR("author"), who->author, now_ms, out, &n);
	if (local) {
		struct budget_row *r = add(out, &n, memory_key(s, "llm", here, 2), LOCAL_WINDOW_MS);
		r->limit.requests = k->local_calls;
		r->what = "without the store";
	}
	return n;
}

struct store_op budget_op(const struct budget_row *r, const struct spending *x, bool give)
{
	struct store_op op = { .kind = STORE_ADD, .key = r->key, .ttl_ms = r->ttl_ms };

	for (size_t i = 0; i < STORE_SUMS; i++)
		op.delta[i] = (give ? -1.0 : 1.0) * (double)x->sum[i];
	return op;
}

bool budget_correct(const struct budget_row *r, const struct spending *was,
		    const struct spending *is, struct store_op *out)
{
	bool any = false;

	*out = budget_op(r, is, false);
	for (size_t i = 0; i < STORE_SUMS; i++) {
		out->delta[i] -= (double)was->sum[i];
		any |= was->sum[i] != is->sum[i];
	}
	return any;
}

const char *budget_over(const struct opinion_limits *l, const double sum[STORE_SUMS])
{
	if (l->requests && sum[BUDGET_REQUESTS] > (double)l->requests + 0.5)
		return "requests";
	if (l->tokens && sum[BUDGET_TOKENS_IN] + sum[BUDGET_TOKENS_OUT] > (double)l->tokens + 0.5)
		return "tokens";
	if (l->micros && sum[BUDGET_MICROS] > (double)l->micros + 0.5)
		return "money";
	return NULL;
}

struct str budget_spent_key(struct scan *s)
{
	return memory_key(s, "llm", (struct str[]){ STR("spent") }, 1);
}

struct str budget_endpoint_key(struct scan *s, struct str name, int64_t now_ms)
{
	struct str part[] = { STR("endpoint"), name, STR("day"),
			      span_number(s, now_ms, budget_span_ms[OPINION_DAY]) };

	return memory_key(s, "llm", part, 4);
}

struct str budget_answer_key(struct scan *s, struct str digest)
{
	return memory_key(s, "llm", (struct str[]){ STR("answer"), digest }, 2);
}

struct spending budget_estimate(const struct opinion_endpoint *p, const struct llm_question *q)
{
	uint64_t out = p->model->max_tokens;

	return (struct spending){ { 1, q->tokens, out, opinion_cost(p, q->tokens, out) } };
}

/* Another model's prompt may be longer, and its marks of another length. */
static size_t tokens_for(const struct llm_model *m, const struct llm_question *q)
{
	size_t prompt = q->system.n > m->prompt.n ? q->system.n : m->prompt.n;

	return (size_t)((double)(prompt + q->user.n) * m->tokens_per_octet) + 1;
}

struct spending budget_most(const struct opinion_site *site, const struct llm_question *q)
{
	struct spending most = budget_estimate(site->endpoint[0], q);

	for (size_t i = 1; i < site->nendpoints; i++) {
		struct llm_question other = *q;
		struct spending x;
		other.tokens = tokens_for(site->endpoint[i]->model, q);
		x = budget_estimate(site->endpoint[i], &other);
		for (size_t k = 0; k < STORE_SUMS; k++)
			if (x.sum[k] > most.sum[k])
				most.sum[k] = x.sum[k];
	}
	return most;
}
