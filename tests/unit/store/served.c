/* A store served at a socket, for tests. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit/store/served.h"

void served_dir(struct served *s)
{
	*s = (struct served){ .fd = -1 };
	snprintf(s->dir, sizeof s->dir, "/tmp/merlon-store-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->file, sizeof s->file, "%s/store.db", s->dir);
	snprintf(s->sock, sizeof s->sock, "%s/store.sock", s->dir);
}

void served_listen(struct served *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	unlink(s->sock);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", s->sock);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(s->fd, 64), 0);
}

void served_open(struct served *s, struct loop *l)
{
	struct err e;

	served_listen(s);
	s->inner = store_sqlite(l, s->file, false, &e);
	if (!s->inner)
		fail_msg("%s", e.text);
	s->server = store_server_new(l, s->inner, s->fd);
}

void served_close(struct served *s)
{
	store_server_free(s->server);
	store_free(s->inner);
	close(s->fd);
	s->server = NULL;
	s->inner = NULL;
	s->fd = -1;
}

void served_remove(struct served *s)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", s->file, ends[i]);
		unlink(path);
	}
	unlink(s->sock);
	assert_int_equal(rmdir(s->dir), 0);
}
