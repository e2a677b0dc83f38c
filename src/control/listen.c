/* Unix sockets: made, bound, given away, reached. */
#include "control/listen.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/address.h"

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

/* The path of a socket that is too long sets errno. */
static bool at_path(const char *path, struct address *at)
{
	errno = ENAMETOOLONG;
	return address_unix(str_c(path), at);
}

int control_dial(const char *path)
{
	struct address at;

	return at_path(path, &at) ? address_dial(&at) : -1;
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
	struct address at;
	mode_t old;
	int r;

	if (!at_path(path, &at))
		return -1;
	old = umask(0777 & ~mode);
	r = bind(fd, &at.sa.any, at.len);
	if (r < 0 && errno == EADDRINUSE && remove_stale(path))
		r = bind(fd, &at.sa.any, at.len);
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
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
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
