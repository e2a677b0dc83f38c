/* The event loop of one process: a thin door to libevent, so that other rooms see timers and one
 * base. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;
struct loop_timer;

struct loop *loop_new(void);
void loop_free(struct loop *l); /* NULL is fine */
struct event_base *loop_base(struct loop *l);

/* Runs until loop_stop; loop_turn waits for and handles at least one event (or max_ms). */
void loop_run(struct loop *l);
void loop_turn(struct loop *l, uint64_t max_ms);
void loop_stop(struct loop *l);

/* Calls fn(arg) once, ms from now, from the loop and never from inside this call. The timer is
 * gone when it has fired; cancel it before that or not at all. NULL may be cancelled. */
typedef void loop_fn(void *arg);
struct loop_timer *loop_after(struct loop *l, uint64_t ms, loop_fn *fn, void *arg);
void loop_cancel(struct loop_timer *t);

#endif
