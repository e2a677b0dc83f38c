/* The state directory and its pid file, whose lock keeps a second merlond out. */
#include "cmd/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* We may still be root here, in a directory that belongs to somebody else: no link is followed. */
static int open_pid_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	struct stat st;

	if (fd < 0)
		return err_set(e, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fd;
	close(fd);
	return err_set(e, "%s: not a file of our own", path);
}

/* What a tool of root's made before the first start would stay out of the account's reach. */
static void give(struct arena *a, const char *dir, const struct privs *p)
{
	static const char *const name[] = { "store.db", "store.db-wal", "store.db-shm" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		const char *path = arena_printf(a, "%s/%s", dir, name[i]).p;
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		struct stat st;
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
		    fchown(fd, p->uid, p->gid) < 0)
			st.st_nlink = 0; /* the store says that it cannot be opened */
		close(fd);
	}
}

int state_open(struct arena *a, const char *dir, const struct privs *p, struct state *out,
	       struct err *e)
{
	char text[32];
	int n;

	*out = (struct state){ .fd = -1, .pid_path = arena_printf(a, "%s/merlond.pid", dir).p };
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return err_set(e, "state directory %s: %s", dir, strerror(errno));
	if (p->change && chown(dir, p->uid, p->gid) < 0)
		return err_set(e, "state directory %s: %s", dir, strerror(errno));
	if (p->change)
		give(a, dir, p);
	out->fd = open_pid_file(out->pid_path, e);
	if (out->fd < 0)
		return -1;
	if (flock(out->fd, LOCK_EX | LOCK_NB) < 0) {
		state_leave(out); /* the file is the other one's */
		return err_set(e, "%s: another merlond runs with this state directory", dir);
	}
	n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(out->fd, 0) < 0 || write(out->fd, text, (size_t)n) != n)
		return err_set(e, "%s: %s", out->pid_path, strerror(errno));
	return 0;
}

void state_leave(struct state *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void state_close(struct state *s)
{
	if (s->fd >= 0)
		unlink(s->pid_path);
	state_leave(s);
}
