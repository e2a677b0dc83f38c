/* TLS to Redis, where hiredis has it (MERLON_REDIS_TLS). */
#ifndef STORE_REDIS_TLS_H
#define STORE_REDIS_TLS_H

#include <hiredis/async.h>
#include <stdbool.h>

#include "store/store.h"

/* The context of all connections, or NULL and *e: a file that cannot be read, no TLS here. */
void *redis_tls_new(const struct store_redis_config *c, struct err *e);
void redis_tls_free(void *tls); /* NULL is fine */

/* Before the first command. tls NULL: nothing is done. False: ac->errstr says why not. */
bool redis_tls_start(redisAsyncContext *ac, void *tls);

#endif
