/* The socket at which the MTA reached another program, as a listener of ours; its account. */
#include "cmd/peer.h"

#include <grp.h>
#include <pwd.h>

#include "milter/bind.h"

/* inet:PORT[@HOST] with an address in numbers, or unix:/path; absent: none that we can be at. */
static struct str ours(struct arena *a, struct str s)
{
	struct str kind, host;
	struct address address;

	if (s.n && s.p[0] == '/')
		s = arena_printf(a, "unix:%.*s", STR_ARG(s));
	kind = str_cut(&s, ':');
	s = str_trim(s);
	if (str_ieq(kind, STR("local")) || str_ieq(kind, STR("unix")))
		s = arena_printf(a, "unix:%.*s", STR_ARG(s));
	else if (str_ieq(kind, STR("inet")) || str_ieq(kind, STR("inet6"))) {
		struct str port = str_cut(&s, '@');
		host = s.n ? s : str_ieq(kind, STR("inet6")) ? STR("::") : STR("0.0.0.0");
		if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
			host = str_sub(host, 1, host.n - 2);
		if (str_ieq(host, STR("localhost")))
			host = str_ieq(kind, STR("inet6")) ? STR("::1") : STR("127.0.0.1");
		s = arena_printf(a, "%.*s:%.*s@%.*s", STR_ARG(kind), STR_ARG(port), STR_ARG(host));
	} else
		return STR_NULL;
	return bind_parse(s, &address, NULL) == 0 ? s : STR_NULL;
}

/* Permissions of a unix socket under a mask: those that a connection needs. */
static void take_umask(struct peer_part *p, struct peer_line *mask, struct str title)
{
	struct str text = mask->value;
	unsigned bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.n > 4 || text.p[i] < '0' || text.p[i] > '7') {
			peer_not(mask, true, "no octal number of at most four digits");
			return;
		}
		bits = bits * 8 + (unsigned)(text.p[i] - '0');
	}
	peer_set_in(p, mask, "listen", title, "mode",
		    arena_printf(p->m->arena, "%04o", 0666u & ~bits));
}

/* The group in which the socket was, so that the MTA's account still reaches it. */
static void take_group(struct peer_part *p, struct peer_line *user, struct str title)
{
	struct arena *a = p->m->arena;
	struct str rest = user->value;
	const char *name = arena_cstr(a, str_cut(&rest, ':'));
	const struct passwd *pw = getpwnam(name);
	const struct group *gr = pw ? getgrgid(pw->pw_gid) : NULL;

	if (!rest.n && gr)
		rest = arena_dup(a, str_c(gr->gr_name));
	if (rest.n)
		peer_set_in(p, user, "listen", title, "group", peer_quoted(a, rest));
	else
		peer_remark(p,
			    "the socket's group was that of account %s, which this machine does "
			    "not have: see listen.*.group",
			    name);
}

static bool listens(const struct peer_import *m)
{
	for (size_t i = 0; i < m->settings.n; i++)
		if (str_eq(m->settings.p[i].section, STR("listen")))
			return true;
	return false;
}

void peer_take_socket(struct peer_part *p)
{
	struct peer_line *l = peer_line(p, "Socket"), *mask = peer_line(p, "UMask");
	struct peer_line *user = peer_line(p, "UserID");
	struct str socket = l ? ours(p->m->arena, l->value) : STR_NULL, title = STR("inbound");
	bool file = str_starts(socket, STR("unix:"));

	if (mask)
		peer_already(mask, "Merlon makes its files so that only it can write them");
	if (!l)
		return;
	if (!socket.p) {
		peer_not(l, true,
			 "inet:PORT@ADDRESS, inet6:PORT@ADDRESS (in numbers) or "
			 "local:/path can be listened on");
		return;
	}
	if (listens(p->m)) {
		peer_not(l, false,
			 "one listener serves all of it: take this one out of the MTA's milters");
		return;
	}
	peer_set_in(p, l, "listen", title, "socket", peer_quoted(p->m->arena, socket));
	if (file && mask)
		take_umask(p, mask, title);
	if (file && user)
		take_group(p, user, title);
	if (file)
		l->reason = STR("its directory may go with the other program's service");
}

void peer_take_user(struct peer_part *p, bool keys)
{
	struct peer_line *l = peer_line(p, "UserID");
	struct str user;

	if (!l)
		return;
	user = l->value;
	user = str_cut(&user, ':');
	if (keys && user.n && !getpwnam(arena_cstr(p->m->arena, user)))
		peer_not(l, true,
			 "this machine has no such account: give the keys to root or merlon-sign");
	else if (keys && user.n)
		peer_set(p, l, "sign.user", peer_quoted(p->m->arena, user), NULL);
	else if (l->status == PEER_OPEN)
		peer_already(l, "Merlon's processes have accounts of their own");
}
