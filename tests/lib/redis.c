/* Starts and stops real Redis servers for tests. */
#include "lib/redis.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

extern char **environ;

static const char *program(void)
{
	static const char *const at[] = { "/usr/bin/redis-server", "/usr/local/bin/redis-server",
					  "/usr/sbin/redis-server" };

	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		if (access(at[i], X_OK) == 0)
			return at[i];
	return NULL;
}

bool redis_server_there(void)
{
	return program() != NULL;
}

static bool bindable(unsigned port, unsigned *got)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	good = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
	       getsockname(fd, (struct sockaddr *)&a, &len) == 0;
	*got = ntohs(a.sin_port);
	if (fd >= 0)
		close(fd);
	return good;
}

unsigned redis_free_port(void)
{
	unsigned port, bus;

	for (int i = 0; i < 100; i++)
		if (bindable(0, &port) && port < 55000 && bindable(port + 10000, &bus))
			return port;
	bug("no free port");
}

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void spawn(struct redis_server *s)
{
	char conf[96];
	char *argv[] = { (char *)(uintptr_t) "redis-server", conf, NULL };
	int rc;

	snprintf(conf, sizeof conf, "%s/conf", s->dir);
	rc = posix_spawn(&s->pid, program(), NULL, NULL, argv, environ);
	if (rc)
		bug("redis-server: %s", strerror(rc));
}

/* Up to 10 s: a machine may be slow. */
static void wait_until_there(struct redis_server *s)
{
	for (int i = 0; i < 1000; i++, nap(10)) {
		redisReply *r;
		bool pong;

		s->ctl = redisConnectUnix(s->socket);
		r = s->ctl && !s->ctl->err ? redisCommand(s->ctl, "PING") : NULL;
		pong = r && r->type == REDIS_REPLY_STATUS;
		if (r)
			freeReplyObject(r);
		if (pong)
			return;
		if (s->ctl)
			redisFree(s->ctl);
		s->ctl = NULL;
	}
	bug("redis-server at %s does not answer", s->socket);
}

void redis_server_start(struct redis_server *s, const char *extra)
{
	char conf[96];
	FILE *f;

	*s = (struct redis_server){ .port = redis_free_port() };
	snprintf(s->dir, sizeof s->dir, "/tmp/merlon-redis-XXXXXX");
	if (!mkdtemp(s->dir))
		bug("mkdtemp: %s", strerror(errno));
	snprintf(s->socket, sizeof s->socket, "%s/redis.sock", s->dir);
	snprintf(conf, sizeof conf, "%s/conf", s->dir);
	f = fopen(conf, "w");
	if (!f)
		bug("%s: %s", conf, strerror(errno));
	fprintf(f,
		"bind 127.0.0.1\nport %u\nunixsocket %s\nunixsocketperm 700\ndir %s\n"
		"save \"\"\nappendonly no\ndaemonize no\nlogfile %s/log\n"
		"enable-debug-command yes\n"
		"user " REDIS_TEST_USER " on \">%s\" ~* &* +@all\n%s\n",
		s->port, s->socket, s->dir, s->dir, "p w\\tx", extra ? extra : "");
	fclose(f);
	redis_server_again(s);
}

void redis_server_again(struct redis_server *s)
{
	spawn(s);
	wait_until_there(s);
}

void redis_server_kill(struct redis_server *s)
{
	if (s->ctl)
		redisFree(s->ctl);
	s->ctl = NULL;
	if (s->pid) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

void redis_server_stop(struct redis_server *s)
{
	static const char *const files[] = { "conf", "log", "redis.sock", "nodes.conf" };
	char path[160];

	redis_server_kill(s);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", s->dir, files[i]);
		unlink(path);
	}
	rmdir(s->dir);
}

const redisReply *redis_say(struct redis_server *s, const char *words)
{
	static redisReply *last;
	char copy[1024];
	const char *argv[64];
	int argc = 0;
	char *p = copy;

	snprintf(copy, sizeof copy, "%s", words);
	for (char *word; argc < 64 && (word = strsep(&p, " "));)
		if (*word)
			argv[argc++] = word;
	if (last)
		freeReplyObject(last);
	last = redisCommandArgv(s->ctl, argc, argv, NULL);
	if (!last)
		bug("redis: %s: %s", words, s->ctl->errstr);
	return last;
}

static bool cluster_good(struct redis_server *s)
{
	const redisReply *r = redis_say(s, "CLUSTER INFO");

	return r->str && strstr(r->str, "cluster_state:ok") &&
	       strstr(r->str, "cluster_known_nodes:3");
}

void redis_cluster_start(struct redis_server s[3])
{
	static const char *const slots[] = { "CLUSTER ADDSLOTSRANGE 0 5460",
					     "CLUSTER ADDSLOTSRANGE 5461 10922",
					     "CLUSTER ADDSLOTSRANGE 10923 16383" };
	char meet[64];

	for (int i = 0; i < 3; i++) {
		redis_server_start(&s[i], "cluster-enabled yes\ncluster-node-timeout 2000\n"
					  "cluster-require-full-coverage no\n");
		redis_say(&s[i], slots[i]);
	}
	for (int i = 1; i < 3; i++) {
		snprintf(meet, sizeof meet, "CLUSTER MEET 127.0.0.1 %u", s[i].port);
		redis_say(&s[0], meet);
	}
	for (int i = 0; i < 2000; i++, nap(10))
		if (cluster_good(&s[0]) && cluster_good(&s[1]) && cluster_good(&s[2]))
			return;
	bug("the cluster does not come together");
}
