/* One connection of the wire engine: octets -> packets -> session events -> replies in one write.
 */
#include "milter/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <libmilter/mfdef.h>

#include "base/clock.h"
#include "base/log.h"
#include "milter/reply.h"

/* ---- output ---- */

/* What the socket does not take now is kept, and nothing more is read until it is gone. */
static void keep_output(struct conn *c, struct str rest)
{
	char *p = realloc(c->out, c->nout + rest.n);

	if (!p)
		bug("milter: no memory for replies");
	memcpy(p + c->nout, rest.p, rest.n);
	c->out = p;
	c->nout += rest.n;
}

static void flush(struct conn *c)
{
	struct packet_out *o = &c->w->out;
	ssize_t sent = 0;

	if (o->n == 0)
		return;
	if (c->nout == 0)
		sent = send(c->fd, o->p, o->n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		c->closing = true;
	else if (sent < (ssize_t)o->n)
		keep_output(c, str_skip(str_of(o->p, o->n), sent < 0 ? 0 : (size_t)sent));
	o->n = 0;
	if (o->cap > WIRE_OUT_KEPT)
		packet_out_fini(o);
}

static void switch_event(struct event *ev, bool *is_on, bool on)
{
	if (*is_on == on)
		return;
	*is_on = on;
	if (on)
		event_add(ev, NULL);
	else
		event_del(ev);
}

/* Last in every handler: replies out, events right, or the connection gone. False: it is gone. */
static bool settle(struct conn *c)
{
	flush(c);
	if (c->closing || (c->finishing && c->nout == 0)) {
		wire_conn_free(c);
		return false;
	}
	if (packet_reader_idle(&c->in) && c->in.cap)
		packet_reader_fini(&c->in);
	switch_event(&c->wev, &c->writing, c->nout > 0);
	switch_event(&c->rev, &c->reading, c->nout == 0 && !(c->waiting && c->nheld >= WIRE_HELD));
	return true;
}

/* ---- time ---- */

/* Called when a packet is complete: a client that drips does not get more time by it. */
static void refresh(struct conn *c, uint64_t now)
{
	bool late = session_in_content(c->s) || c->messages > 0 || c->nout > 0;

	c->deadline = now + (late ? c->w->cfg.timeout_content : c->w->cfg.timeout_command);
	c->idle_since = now;
}

/* ---- what ends badly ---- */

static void protocol_error(struct conn *c, const char *what)
{
	c->w->m.stats.protocol_errors++;
	c->closing = true;
	LOG(LOG_LVL_WARN, "milter_protocol", F_CSTR("error", what),
	    F_STR("qid", session_queue_id(c->s)));
}

/* ---- verdicts ---- */

static void end_of_message(struct conn *c)
{
	session_end(c->s);
	c->messages++;
	if (c->scanning) {
		c->scanning = false;
		c->w->m.stats.scanning--;
	}
	refresh(c, clock_mono_ms());
}

static void answer(struct conn *c, const struct verdict *v)
{
	struct wire *w = c->w;
	const struct apply_target t = { .ops = &reply_ops,
					.arg = &w->out,
					.actions = c->neg.actions,
					.leadspc = c->neg.steps & SMFIP_HDR_LEADSPC };
	size_t undone = apply_verdict(w->scratch, v, &t);

	arena_reset(w->scratch);
	w->m.stats.messages++;
	w->m.stats.actions[v->action]++;
	w->m.stats.undone += undone;
	if (undone)
		LOG(LOG_LVL_WARN, "milter_edits_not_done", F_INT("edits", undone),
		    F_INT("rights", c->neg.actions), F_STR("qid", session_queue_id(c->s)));
	end_of_message(c);
}

static void wire_conn_run(struct conn *c, struct str in);

/* Goes on with what came while the verdict was waited for. */
static bool go_on(struct conn *c)
{
	char *held = c->held;
	size_t n = c->nheld;

	c->held = NULL;
	c->nheld = 0;
	if (n)
		wire_conn_run(c, str_of(held, n));
	free(held);
	return settle(c);
}

static void judged(void *arg, const struct verdict *v)
{
	struct conn *c = arg;
	struct wire *w = c->w;

	c->waiting = false;
	answer(c, v);
	if (c->busy)
		return;
	go_on(c);
	wire_conn_pump(w);
}

static void start_eom(struct conn *c)
{
	c->queued = false;
	c->scanning = true;
	c->waiting = true;
	c->w->m.stats.scanning++;
	session_eom(c->s, judged, c);
}

static void eom(struct conn *c)
{
	struct wire *w = c->w;

	c->progress_at = clock_mono_ms() + w->cfg.progress;
	if (w->m.stats.scanning < w->cfg.max_scanning) {
		start_eom(c);
	} else if (w->nqueued < w->cfg.queue) {
		c->queued = c->waiting = true;
		w->nqueued++;
		TAILQ_INSERT_TAIL(&w->queue, c, qlink);
	} else {
		w->m.stats.overloaded++;
		answer(c, &session_busy);
	}
}

void wire_conn_pump(struct wire *w)
{
	struct conn *c;

	while (!w->freeing && w->m.stats.scanning < w->cfg.max_scanning &&
	       (c = TAILQ_FIRST(&w->queue))) {
		TAILQ_REMOVE(&w->queue, c, qlink);
		w->nqueued--;
		c->busy = true;
		start_eom(c);
		c->busy = false;
		if (!c->waiting)
			go_on(c);
	}
}

/* ---- packets ---- */

static void reply(struct conn *c, char cmd)
{
	if (negotiate_wants_reply(&c->neg, cmd))
		packet_simple(&c->w->out, SMFIR_CONTINUE);
}

static void macros(struct conn *c, struct str data)
{
	char cmd;

	if (data.n == 0) {
		protocol_error(c, "macros of no command");
		return;
	}
	cmd = data.p[0];
	data = str_skip(data, 1);
	session_macros(c->s, cmd);
	while (data.n > 0) {
		struct str name = packet_field(&data), value = packet_field(&data);

		session_macro(c->s, cmd, name, value);
	}
}

static void optneg(struct conn *c, struct str data)
{
	if (!negotiate_read(data, &c->neg)) {
		protocol_error(c, "offer not understood");
		return;
	}
	negotiate_write(&c->neg, &c->w->out);
}

static void connect_info(struct conn *c, struct str data)
{
	struct str host;
	struct ip ip;

	if (!packet_connect(data, &host, &ip)) {
		protocol_error(c, "connection information not understood");
		return;
	}
	c->connected = true;
	session_connect(c->s, host, &ip);
}

static void header(struct conn *c, struct str data)
{
	struct str name, value;

	if (!packet_header(data, &name, &value))
		protocol_error(c, "header without name");
	else
		session_header(c->s, name, value, c->neg.steps & SMFIP_HDR_LEADSPC);
}

static void abort_message(struct conn *c)
{
	if (session_in_mail(c->s))
		c->w->m.stats.aborted++;
	session_end(c->s);
}

/* A whole command that is in its place. */
static void event(struct conn *c, const struct packet *p)
{
	struct str data = p->data;

	switch (p->cmd) {
	case SMFIC_OPTNEG:
		optneg(c, data);
		return;
	case SMFIC_CONNECT:
		connect_info(c, data);
		break;
	case SMFIC_HELO:
		session_helo(c->s, packet_field(&data));
		break;
	case SMFIC_MAIL:
		session_mail(c->s, packet_field(&data));
		break;
	case SMFIC_RCPT:
		session_rcpt(c->s, packet_field(&data));
		break;
	case SMFIC_HEADER:
		header(c, data);
		break;
	case SMFIC_EOH:
		session_eoh(c->s);
		break;
	case SMFIC_ABORT:
		abort_message(c);
		return;
	case SMFIC_QUIT:
		c->finishing = true;
		return;
	case SMFIC_QUIT_NC:
		c->connected = false;
		return;
	default: /* SMFIC_DATA, SMFIC_UNKNOWN: nothing to learn */
		break;
	}
	reply(c, p->cmd);
}

/* True if the session wants this command. */
static bool enter(struct conn *c, char cmd)
{
	bool in_mail = session_in_mail(c->s);
	enum session_answer a = session_enter(c->s, cmd);

	if (a == SESSION_CLOSE)
		protocol_error(c, "nothing negotiated");
	if (in_mail && !session_in_mail(c->s))
		c->w->m.stats.aborted++;
	return a == SESSION_GO;
}

static void body(struct conn *c, const struct packet *p)
{
	if (!c->piece)
		c->piece_go = enter(c, p->cmd);
	c->piece = !p->last;
	if (!c->piece_go)
		return;
	session_body(c->s, p->data);
	if (!p->last)
		return;
	if (p->cmd == SMFIC_BODYEOB)
		eom(c);
	else
		reply(c, p->cmd);
}

static void dispatch(struct conn *c, const struct packet *p)
{
	if (p->cmd == SMFIC_BODY || p->cmd == SMFIC_BODYEOB)
		body(c, p);
	else if (p->cmd == SMFIC_MACRO)
		macros(c, p->data);
	else if (enter(c, p->cmd))
		event(c, p);
}

static void hold(struct conn *c, struct str in)
{
	char *p;

	if (in.n == 0)
		return;
	p = realloc(c->held, c->nheld + in.n);
	if (!p)
		bug("milter: no memory for input");
	memcpy(p + c->nheld, in.p, in.n);
	c->held = p;
	c->nheld += in.n;
}

static void wire_conn_run(struct conn *c, struct str in)
{
	struct packet p;
	bool whole = false;

	c->busy = true;
	while (in.n > 0 && !c->waiting && !c->closing && !c->finishing) {
		enum packet_step step = packet_read(&c->in, &in, &p);

		if (step == PACKET_MORE)
			break;
		if (step == PACKET_BAD) {
			protocol_error(c, "no packet of the protocol");
			break;
		}
		whole = whole || p.last;
		dispatch(c, &p);
	}
	c->busy = false;
	if (c->waiting)
		hold(c, in);
	else if (whole)
		refresh(c, clock_mono_ms());
}

/* ---- events of the socket ---- */

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct wire *w = c->w;
	ssize_t n = recv(fd, w->in, WIRE_READ, MSG_DONTWAIT);
	(void)what;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		c->closing = true;
	else if (c->waiting)
		hold(c, str_of(w->in, (size_t)n));
	else
		wire_conn_run(c, str_of(w->in, (size_t)n));
	settle(c);
	wire_conn_pump(w);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	ssize_t n = send(fd, c->out, c->nout, MSG_NOSIGNAL | MSG_DONTWAIT);
	struct wire *w = c->w;
	(void)what;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->closing = true;
	if (n > 0) {
		c->nout -= (size_t)n;
		memmove(c->out, c->out + n, c->nout);
		refresh(c, clock_mono_ms());
	}
	if (c->nout == 0) {
		free(c->out);
		c->out = NULL;
	}
	settle(c);
	wire_conn_pump(w);
}

void wire_conn_new(struct wire *w, const struct wire_listener *l, int fd)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		bug("milter: no memory for a connection");
	c->w = w;
	c->fd = fd;
	c->s = session_new(&w->env, l->profile, l->name);
	event_assign(&c->rev, w->base, fd, EV_READ | EV_PERSIST, on_read, c);
	event_assign(&c->wev, w->base, fd, EV_WRITE | EV_PERSIST, on_write, c);
	LIST_INSERT_HEAD(&w->conns, c, link);
	w->m.stats.connections++;
	w->m.stats.sessions++;
	refresh(c, clock_mono_ms());
	wire_tick_on(w);
	settle(c);
}

void wire_conn_free(struct conn *c)
{
	struct wire *w = c->w;

	if (session_in_mail(c->s))
		w->m.stats.aborted++;
	if (c->queued) {
		TAILQ_REMOVE(&w->queue, c, qlink);
		w->nqueued--;
	}
	if (c->scanning)
		w->m.stats.scanning--;
	w->m.stats.sessions--;
	session_free(c->s);
	switch_event(&c->rev, &c->reading, false);
	switch_event(&c->wev, &c->writing, false);
	close(c->fd);
	packet_reader_fini(&c->in);
	LIST_REMOVE(c, link);
	free(c->held);
	free(c->out);
	free(c);
}

/* ---- the clock ---- */

/* Nothing is lost with a client that has not said whom it speaks for. */
static bool drained(const struct conn *c, uint64_t now)
{
	return !c->connected && now >= c->idle_since + WIRE_LINGER;
}

void wire_conn_tick(struct conn *c, uint64_t now)
{
	struct wire *w = c->w;

	if (w->draining && (now >= w->drain_at || drained(c, now))) {
		if (c->waiting)
			packet_simple(&w->out, SMFIR_TEMPFAIL);
		c->closing = true;
	} else if (c->waiting && now >= c->progress_at) {
		packet_simple(&w->out, SMFIR_PROGRESS);
		c->progress_at = now + w->cfg.progress;
	} else if (!c->waiting && now >= c->deadline) {
		w->m.stats.timeouts++;
		c->closing = true;
		LOG(LOG_LVL_INFO, "milter_timeout", F_INT("messages", c->messages),
		    F_STR("qid", session_queue_id(c->s)));
	}
	settle(c);
}
