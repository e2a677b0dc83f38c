/* Programs of others, and our daemon, as children for as long as a comparison lasts. */
#include "cmd/peer_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "io/address.h"

#define START_TRIES 600 /* of 50 ms: a busy machine compiles rules for a while */
#define STOP_TRIES 200
#define LOG_SHOWN 600u
#define DAEMON_PATH "/usr/local/sbin:/usr/sbin:/sbin"

extern char **environ;

static void nap(void)
{
	struct timespec t = { .tv_nsec = 50000000 };

	nanosleep(&t, NULL);
}

static const char *in_path(struct arena *a, struct str path, const char *name)
{
	while (path.n) {
		struct str dir = str_cut(&path, ':');
		const char *p = arena_printf(a, "%.*s/%s", STR_ARG(dir), name).p;
		if (dir.n && dir.p[0] == '/' && access(p, X_OK) == 0)
			return p;
	}
	return NULL;
}

const char *peer_program(struct arena *a, const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	struct str dir = n > 0 ? str_of(self, (size_t)n) : STR_NULL;
	const char *found;

	dir = str_sub(dir, 0, n > 0 ? str_rchr(dir, '/') : 0);
	found = in_path(a, dir, name);
	if (!found)
		found = in_path(a, str_c(getenv("PATH")), name);
	return found ? found : in_path(a, STR(DAEMON_PATH), name);
}

/* Whether it answers the first packet of an MTA: a socket may be bound by a program that is about
 * to give up. */
static bool greets(int fd)
{
	static const char hello[] = "\0\0\0\x0dO\0\0\0\6\0\0\1\xff\0\0\0";
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return send(fd, hello, sizeof hello, MSG_NOSIGNAL) == sizeof hello &&
	       poll(&p, 1, 1000) == 1 && recv(fd, &c, 1, 0) == 1;
}

static bool answers(const char *path)
{
	struct address to;
	bool ok;
	int fd;

	if (!address_unix(str_c(path), &to))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = connect(fd, &to.sa.any, to.len) == 0 && greets(fd);
	close(fd);
	return ok;
}

static int failed(struct arena *a, struct peer_run *r, const char *program, const char *what,
		  struct err *e)
{
	struct str text = STR_NULL;

	peer_run_stop(r);
	(void)file_read(a, r->log, 1u << 20, &text, NULL);
	text = str_trim(text);
	if (text.n > LOG_SHOWN)
		text = str_skip(text, text.n - LOG_SHOWN);
	return err_set(e, "%s %s: %.*s", program, what, STR_ARG(text));
}

int peer_run_start(struct arena *a, struct peer_run *r, const char *const *argv, struct err *e)
{
	posix_spawn_file_actions_t files;
	int rc, status;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, r->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	rc = posix_spawn(&r->pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (rc) {
		r->pid = 0;
		return err_set(e, "%s: %s", argv[0], strerror(rc));
	}
	for (int i = 0; i < START_TRIES; i++, nap()) {
		if (answers(r->socket))
			return 0;
		if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
			r->pid = 0;
			return failed(a, r, argv[0], "ended", e);
		}
	}
	return failed(a, r, argv[0], "does not answer", e);
}

void peer_run_stop(struct peer_run *r)
{
	int status;

	if (r->pid <= 0)
		return;
	kill(r->pid, SIGTERM);
	for (int i = 0; i < STOP_TRIES; i++, nap())
		if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
			r->pid = 0;
			return;
		}
	kill(r->pid, SIGKILL);
	waitpid(r->pid, &status, 0);
	r->pid = 0;
}
