/* Servers of a test: one child that accepts, and one for each connection. */
#include "lib/serve.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	abort();
}

static _Noreturn void accept_all(int fd, serve_fn *fn, void *arg)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned n = 0;; n++) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0)
			_exit(1);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			fn(peer, n, arg);
			_exit(0);
		}
		close(peer);
	}
}

static void start(struct serve *s, int fd, serve_fn *fn, void *arg)
{
	pid_t parent = getpid();

	if (listen(fd, 64) < 0)
		die("listen");
	s->pid = fork();
	if (s->pid < 0)
		die("fork");
	if (s->pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		accept_all(fd, fn, arg);
	}
	setpgid(s->pid, s->pid);
	close(fd);
}

static int bound(const struct sockaddr *at, socklen_t len)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, at, len) < 0)
		die("bind");
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 at;
	socklen_t len = sizeof at;

	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		die("getsockname");
	return ntohs(at.sin6_port); /* stands in the same place of both */
}

struct serve serve_tcp(serve_fn *fn, void *arg)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct serve s = { 0 };
	int fd;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = bound((struct sockaddr *)&at, sizeof at);
	s.port = port_of(fd);
	start(&s, fd, fn, arg);
	return s;
}

struct serve serve_tcp6(serve_fn *fn, void *arg)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct serve s = { 0 };
	int fd = bound((struct sockaddr *)&at, sizeof at);

	s.port = port_of(fd);
	start(&s, fd, fn, arg);
	return s;
}

struct serve serve_unix(serve_fn *fn, void *arg)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct serve s = { 0 };
	char dir[] = "/tmp/merlon-serve-XXXXXX";

	if (!mkdtemp(dir))
		die("mkdtemp");
	snprintf(s.path, sizeof s.path, "%s/s", dir);
	memcpy(at.sun_path, s.path, strlen(s.path) + 1);
	start(&s, bound((struct sockaddr *)&at, sizeof at), fn, arg);
	return s;
}

void serve_stop(struct serve *s)
{
	if (s->pid <= 0)
		return;
	kill(-s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
	if (!s->path[0])
		return;
	unlink(s->path);
	*strrchr(s->path, '/') = '\0';
	rmdir(s->path);
}

uint16_t serve_nobody(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	uint16_t port;
	int fd;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = bound((struct sockaddr *)&at, sizeof at);
	port = port_of(fd);
	close(fd);
	return port;
}

size_t serve_read(int fd, char *text, size_t cap, const char *end)
{
	size_t n = 0, tail = strlen(end);
	ssize_t r;

	while (n + 1 < cap && (n < tail || memcmp(text + n - tail, end, tail) != 0)) {
		r = read(fd, text + n, 1);
		if (r <= 0)
			break;
		n++;
	}
	text[n] = '\0';
	return n;
}

void serve_write(int fd, const void *octets, size_t n)
{
	const char *p = octets;

	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return;
		p += w;
		n -= (size_t)w;
	}
}

void serve_say(int fd, const char *text)
{
	serve_write(fd, text, strlen(text));
}
