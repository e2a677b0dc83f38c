/* Listening sockets: unix with mode and group, inet and inet6. */
#include "milter/bind.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int parse_unix(struct str path, struct address *a, struct err *e)
{
	if (path.n == 0 || path.p[0] != '/' || str_chr(path, '\0') != SIZE_MAX)
		return err_set(e, "a unix socket needs an absolute path");
	if (!address_unix(path, a))
		return err_set(e, "the path of a unix socket is over %zu octets",
			       sizeof a->sa.un.sun_path - 1);
	return 0;
}

static int parse_inet(struct str s, int family, struct address *a, struct err *e)
{
	struct str port = str_cut(&s, '@');
	struct ip ip = { .family = (uint8_t)family };
	uint64_t number;

	if (!str_u64(port, 65535, &number))
		return err_set(e, "the port is a number up to 65535");
	if (str_ieq(s, STR("localhost")))
		s = family == 6 ? STR("::1") : STR("127.0.0.1");
	if (s.p && !ip_parse(s, &ip))
		return err_set(e, "an address in numbers is needed after the @");
	if (family == 6 && ip.family != 6)
		return err_set(e, "inet6 needs an IPv6 address");
	*a = address_ip(&ip, (uint16_t)number);
	return 0;
}

int bind_parse(struct str text, struct address *a, struct err *e)
{
	static const struct {
		struct str prefix;
		int family;
	} t[] = { { STR("inet:"), 4 },
		  { STR("inet6:"), 6 },
		  { STR("unix:"), 0 },
		  { STR("local:"), 0 },
		  { STR(""), 0 } };
	size_t i = 0;

	*a = (struct address){ 0 };
	while (!str_istarts(text, t[i].prefix))
		i++;
	text = str_skip(text, t[i].prefix.n);
	return t[i].family ? parse_inet(text, t[i].family, a, e) : parse_unix(text, a, e);
}

/* A socket file that nobody answers on is in the way after a crash; anything else stays. */
static bool remove_stale(const struct address *a)
{
	struct stat st;
	int fd, r;

	if (lstat(a->sa.un.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	r = connect(fd, &a->sa.any, a->len);
	r = r < 0 ? errno : 0;
	close(fd);
	return r == ECONNREFUSED && unlink(a->sa.un.sun_path) == 0;
}

static int bind_unix(int fd, const struct address *a, unsigned mode)
{
	mode_t old = umask(0777 & ~mode);
	int r = bind(fd, &a->sa.any, a->len);

	if (r < 0 && errno == EADDRINUSE) {
		if (remove_stale(a))
			r = bind(fd, &a->sa.any, a->len);
		else
			errno = EADDRINUSE;
	}
	umask(old);
	return r;
}

/* Inodes are used again: the time tells one socket file from the next. Never 0. */
static uint64_t made_of(const struct stat *st)
{
	uint64_t when = (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;

	return ((uint64_t)st->st_ino * 0x9e3779b97f4a7c15u ^ (uint64_t)st->st_dev << 48 ^ when) | 1;
}

static int own_unix(struct milter_listener *l, const char *path, struct err *e)
{
	struct stat st;

	if (l->group.n) {
		struct arena *tmp = arena_new(256);
		struct group *g = getgrnam(arena_cstr(tmp, l->group));

		arena_free(tmp);
		if (!g)
			return err_set(e, "%s: listen.group: no group \"%.*s\"", l->where,
				       STR_ARG(l->group));
		if (chown(path, (uid_t)-1, g->gr_gid) < 0)
			return err_set(e, "%s: %s: cannot give it to group %.*s: %s", l->where,
				       path, STR_ARG(l->group), strerror(errno));
	}
	if (chmod(path, l->mode) < 0 || lstat(path, &st) < 0)
		return err_set(e, "%s: %s: %s", l->where, path, strerror(errno));
	l->made = made_of(&st);
	return 0;
}

int bind_adopt(struct milter_listener *l, const char *from, const char *to, struct err *e)
{
	struct stat st;

	if (own_unix(l, from, e) < 0)
		return -1;
	if (rename(from, to) < 0 || lstat(to, &st) < 0)
		return err_set(e, "%s: %s: %s", l->where, to, strerror(errno));
	l->made = made_of(&st);
	return 0;
}

static int bind_inet(int fd, const struct address *a)
{
	int one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (a->sa.any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	return bind(fd, &a->sa.any, a->len);
}

int bind_listen(struct milter_listener *l, struct err *e)
{
	struct address a;
	struct err why;
	bool un;

	if (bind_parse(l->socket, &a, &why) < 0)
		return err_set(e, "%s: listen.socket: found \"%.*s\": %s", l->where,
			       STR_ARG(l->socket), why.text);
	un = a.sa.any.sa_family == AF_UNIX;
	l->fd = socket(a.sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 || (un ? bind_unix(l->fd, &a, l->mode) : bind_inet(l->fd, &a)) < 0) {
		err_set(e, "%s: cannot bind %.*s: %s", l->where, STR_ARG(l->socket),
			strerror(errno));
		milter_unbind(l, false);
		return -1;
	}
	if (un && own_unix(l, a.sa.un.sun_path, e) < 0) {
		(void)unlink(a.sa.un.sun_path);
		milter_unbind(l, false);
		return -1;
	}
	if (listen(l->fd, l->backlog) < 0) {
		err_set(e, "%s: cannot listen on %.*s: %s", l->where, STR_ARG(l->socket),
			strerror(errno));
		milter_unbind(l, true);
		return -1;
	}
	return 0;
}

void milter_unbind(struct milter_listener *l, bool unlink_path)
{
	struct address a;
	struct stat st;

	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (!unlink_path || l->made == 0 || bind_parse(l->socket, &a, NULL) < 0)
		return;
	if (lstat(a.sa.un.sun_path, &st) == 0 && made_of(&st) == l->made)
		(void)unlink(a.sa.un.sun_path);
	l->made = 0;
}
