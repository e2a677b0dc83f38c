/* The signals of a child of the supervisor, which blocks those that it waits for itself. */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include <event2/event.h>

#include "io/loop.h"

/* From here on only SIGTERM means something: terminate(arg), from the loop. The caller's to
 * event_free. */
struct event *signals_take(struct loop *l, event_callback_fn terminate, void *arg);

/* SIGTERM waits: who is told twice to end does not die of it. */
void signals_hold(void);

#endif
