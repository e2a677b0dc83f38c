/* TLS to Redis over hiredis_ssl, or a clear word that there is none. */
#include "store/redis/tls.h"

#ifdef MERLON_REDIS_TLS
#include <hiredis/hiredis_ssl.h>

#define SYSTEM_CERTS "/etc/ssl/certs" /* where no file of authorities is named */

static const char *file_of(struct arena *a, struct str path)
{
	return path.n ? arena_cstr(a, path) : NULL;
}

void *redis_tls_new(const struct store_redis_config *c, struct err *e)
{
	redisSSLContextError why = REDIS_SSL_CTX_NONE;
	struct arena *a = arena_new(0);
	redisSSLContext *ctx;

	redisInitOpenSSL();
	/* The chain is checked, the name is not: releases of hiredis that can do that are few. */
	ctx = redisCreateSSLContext(file_of(a, c->ca), c->ca.n ? NULL : SYSTEM_CERTS,
				    file_of(a, c->cert), file_of(a, c->key), NULL, &why);
	if (!ctx)
		err_set(e, "TLS to Redis: %s", redisSSLContextGetError(why));
	arena_free(a);
	return ctx;
}

void redis_tls_free(void *tls)
{
	if (tls)
		redisFreeSSLContext(tls);
}

bool redis_tls_start(redisAsyncContext *ac, void *tls)
{
	if (!tls || redisInitiateSSLWithContext(&ac->c, tls) == REDIS_OK)
		return true;
	ac->errstr = ac->c.errstr;
	return false;
}
#else
void *redis_tls_new(const struct store_redis_config *c, struct err *e)
{
	(void)c;
	err_set(e, "TLS to Redis needs hiredis 1.0 or later with its TLS library; this is %d.%d",
		HIREDIS_MAJOR, HIREDIS_MINOR);
	return NULL;
}

void redis_tls_free(void *tls)
{
	(void)tls;
}

bool redis_tls_start(redisAsyncContext *ac, void *tls)
{
	(void)ac;
	return !tls;
}
#endif
