/* Unix sockets: made, bound, given away, reached. */
#include "control/listen.h"

#include <errno.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

const char *control_store_path(struct arena *a, const char *state)
{
	return arena_printf(a, "%s/store.sock", state).p;
}

const char *control_path(struct arena *a, const struct conf *c, const char *state)
{
	struct str set = c ? conf_str(c, "control.socket") : STR("");

	return set.n ? arena_cstr(a, set) : arena_printf(a, "%s/control.sock", state).p;
}

static bool address(const char *path, struct sockaddr_un *un)
{
	size_t n = strlen(path);

	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	errno = ENAMETOOLONG;
	if (n >= sizeof un->sun_path)
		return false;
	memcpy(un->sun_path, path, n + 1);
	return true;
}

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int control_dial(const char *path)
{
	struct sockaddr_un un;
	int fd, why;

	if (!address(path, &un) || (fd = unix_socket()) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&un, sizeof un) == 0 || errno == EINPROGRESS)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* What a crash has left; a socket that somebody answers at, or any other file, stays. */
static bool remove_stale(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = control_dial(path);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ECONNREFUSED && unlink(path) == 0;
}

static int bind_at(int fd, const char *path, unsigned mode)
{
	struct sockaddr_un un;
	mode_t old;
	int r;

	if (!address(path, &un))
		return -1;
	old = umask(0777 & ~mode);
	r = bind(fd, (struct sockaddr *)&un, sizeof un);
	if (r < 0 && errno == EADDRINUSE && remove_stale(path))
		r = bind(fd, (struct sockaddr *)&un, sizeof un);
	umask(old);
	return r;
}

static int give_away(const struct control_socket *s, struct err *e)
{
	gid_t gid = s->gid;
	struct group *g;

	if (s->group[0]) {
		g = getgrnam(s->group);
		if (!g)
			return err_set(e, "control.group: no group \"%s\"", s->group);
		gid = g->gr_gid;
	}
	if ((s->uid == (uid_t)-1 && gid == (gid_t)-1) || chown(s->path, s->uid, gid) == 0)
		return chmod(s->path, s->mode) == 0
			       ? 0
			       : err_set(e, "%s: %s", s->path, strerror(errno));
	return err_set(e, "%s: cannot give it away: %s", s->path, strerror(errno));
}

int control_listen(struct control_socket *s, struct err *e)
{
	s->fd = unix_socket();
	if (s->fd < 0 || bind_at(s->fd, s->path, s->mode) < 0) {
		err_set(e, "cannot bind %s: %s", s->path, strerror(errno));
		control_unlisten(s, false);
		return -1;
	}
	if (give_away(s, e) < 0) {
		control_unlisten(s, true);
		return -1;
	}
	if (listen(s->fd, BACKLOG) < 0) {
		err_set(e, "cannot listen at %s: %s", s->path, strerror(errno));
		control_unlisten(s, true);
		return -1;
	}
	return 0;
}

void control_unlisten(struct control_socket *s, bool unlink_path)
{
	if (s->fd < 0)
		return;
	close(s->fd);
	s->fd = -1;
	if (unlink_path)
		(void)unlink(s->path);
}
