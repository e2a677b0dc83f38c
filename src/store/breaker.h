/* A circuit breaker: after some failures in a window nobody asks for a while; then one tries. */
#ifndef STORE_BREAKER_H
#define STORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_ERRORS_MAX 64u

struct breaker {
	unsigned errors; /* that open it, at most BREAKER_ERRORS_MAX */
	uint64_t window_ms, open_ms;
	enum { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_TRYING } state;
	uint64_t since_ms;			/* it was opened */
	uint64_t failed_ms[BREAKER_ERRORS_MAX]; /* a ring of the newest */
	unsigned at, n;
	uint64_t opened; /* so often */
};

/* Whether to ask now. In half-open state one caller is told yes, who must report; the others no. */
bool breaker_ask(struct breaker *b, uint64_t now_ms, bool *trial);

/* How it went. True: the breaker has opened or closed by it. */
bool breaker_good(struct breaker *b);
bool breaker_bad(struct breaker *b, bool trial, uint64_t now_ms);

#endif
