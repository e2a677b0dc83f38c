/* hiredis's hooks onto libevent. */
#include "store/redis/door.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "base/err.h"

struct door {
	redisAsyncContext *ac;
	struct event read, write;
	door_read_fn *readable;
	door_gone_fn *gone;
	void *arg;
};

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;
	(void)fd;
	(void)what;

	d->readable(d->arg, d->ac);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;
	(void)fd;
	(void)what;

	redisAsyncHandleWrite(d->ac);
}

static void add_read(void *arg)
{
	event_add(&((struct door *)arg)->read, NULL);
}

static void del_read(void *arg)
{
	event_del(&((struct door *)arg)->read);
}

static void add_write(void *arg)
{
	event_add(&((struct door *)arg)->write, NULL);
}

static void del_write(void *arg)
{
	event_del(&((struct door *)arg)->write);
}

static void cleanup(void *arg)
{
	struct door *d = arg;

	event_del(&d->read);
	event_del(&d->write);
	d->gone(d->arg, d->ac);
	free(d);
}

void door_attach(struct event_base *base, redisAsyncContext *ac, door_read_fn *readable,
		 door_gone_fn *gone, void *arg)
{
	struct door *d = calloc(1, sizeof *d);

	if (!d)
		bug("no memory for a connection to Redis");
	*d = (struct door){ .ac = ac, .readable = readable, .gone = gone, .arg = arg };
	event_assign(&d->read, base, ac->c.fd, EV_READ | EV_PERSIST, on_read, d);
	event_assign(&d->write, base, ac->c.fd, EV_WRITE, on_write, d);
	ac->ev.addRead = add_read;
	ac->ev.delRead = del_read;
	ac->ev.addWrite = add_write;
	ac->ev.delWrite = del_write;
	ac->ev.cleanup = cleanup;
	ac->ev.data = d;
	event_add(&d->read, NULL);
	event_add(&d->write, NULL);
}
