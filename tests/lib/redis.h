/*
 * Real Redis servers for tests: each in a directory of its own, on a unix socket and a free port of
 * 127.0.0.1, remembering nothing, ended by its own pid. Trouble aborts the test.
 */
#ifndef TESTS_LIB_REDIS_H
#define TESTS_LIB_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

#define REDIS_TEST_USER "app"
#define REDIS_TEST_PASSWORD "p w\tx" /* of the user; what needs quoting must not matter */

struct redis_server {
	pid_t pid; /* 0: it does not run */
	unsigned port;
	char dir[64];
	char socket[96];
	redisContext *ctl; /* for redis_say */
};

/* Whether there is a redis-server here; tests without one are skipped. */
bool redis_server_there(void);

/* extra: lines of its configuration, or NULL. More than the default user: user app, who needs the
 * password; the default user needs none. */
void redis_server_start(struct redis_server *s, const char *extra);
/* The same place again after a kill. */
void redis_server_again(struct redis_server *s);
void redis_server_kill(struct redis_server *s); /* -9 */
void redis_server_stop(struct redis_server *s); /* and its directory */

/* A command, its words cut at blanks, as the default user; the reply is valid until the next. */
const redisReply *redis_say(struct redis_server *s, const char *words);

/* A free TCP port of 127.0.0.1 for which port + 10000 is free, too. */
unsigned redis_free_port(void);

/* Three masters that share all slots. */
void redis_cluster_start(struct redis_server s[3]);

#endif
