/* A circuit breaker. */
#include "store/breaker.h"

bool breaker_ask(struct breaker *b, uint64_t now_ms, bool *trial)
{
	*trial = b->state == BREAKER_OPEN && now_ms - b->since_ms >= b->open_ms;
	if (*trial)
		b->state = BREAKER_TRYING;
	return *trial || b->state == BREAKER_CLOSED;
}

/* An answer that comes from before it was opened closes it, too: somebody is there. */
bool breaker_good(struct breaker *b)
{
	if (b->state == BREAKER_CLOSED)
		return false;
	b->state = BREAKER_CLOSED;
	b->n = 0;
	return true;
}

static void open_it(struct breaker *b, uint64_t now_ms)
{
	b->state = BREAKER_OPEN;
	b->since_ms = now_ms;
}

bool breaker_bad(struct breaker *b, bool trial, uint64_t now_ms)
{
	if (trial && b->state == BREAKER_TRYING)
		open_it(b, now_ms);
	if (b->state != BREAKER_CLOSED)
		return false;
	b->failed_ms[b->at] = now_ms;
	b->at = (b->at + 1) % b->errors;
	b->n += b->n < b->errors;
	if (b->n < b->errors || now_ms - b->failed_ms[b->at] > b->window_ms)
		return false;
	open_it(b, now_ms);
	b->opened++;
	return true;
}
