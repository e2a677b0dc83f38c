/* One hiredis connection on the loop: who is told when the socket is ready. */
#ifndef STORE_REDIS_DOOR_H
#define STORE_REDIS_DOOR_H

#include <hiredis/async.h>

struct event_base;

/* The connection is gone (refused, broken or freed): ac is not to be touched any more. Runs once.
 */
typedef void door_gone_fn(void *arg, redisAsyncContext *ac);
/* There is something to read: calls redisAsyncHandleRead, or redisAsyncFree. */
typedef void door_read_fn(void *arg, redisAsyncContext *ac);

void door_attach(struct event_base *base, redisAsyncContext *ac, door_read_fn *readable,
		 door_gone_fn *gone, void *arg);

#endif
