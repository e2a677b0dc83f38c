/*
 * Events on their way from a worker to the control process, without waiting: what it sees to be
 * learnt goes into a queue, and from there over the control socket when it can. An event stays in
 * the queue until it is acknowledged; after a break it is sent again (learning twice is once).
 */
#ifndef CONTROL_COURIER_H
#define CONTROL_COURIER_H

#include "learn/event.h"

struct loop;
struct courier;

#define COURIER_MAX 256u /* events of the queue; further ones are dropped, counted and logged */

/* Connects when there is something to send, again and again. */
struct courier *courier_new(struct loop *l, const char *path);

/* Copied. */
void courier_send(struct courier *f, const struct learn_event *e);

/* Turns the loop until the queue is empty, at most a second while somebody takes it; then gives
 * up what is left. NULL is fine. */
void courier_free(struct courier *f);

struct courier_stats {
	uint64_t sent, learnt, dropped; /* sent: acknowledged, with any result */
	size_t waiting;
};
struct courier_stats courier_stats(const struct courier *f);

#endif
