/* Speaks the milter protocol as an MTA does, and as one should not. */
#include "lib/mta.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#define ALL_STEPS 0x001fffffu

void mta_open(struct mta *m, struct loop *loop, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	*m = (struct mta){ .loop = loop };
	snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0 || connect(m->fd, (struct sockaddr *)&un, sizeof un) < 0)
		bug("mta: %s: %s", path, strerror(errno));
}

void mta_close(struct mta *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
	packet_out_fini(&m->out);
	packet_out_fini(&m->in);
}

void mta_packet(struct mta *m, char cmd, struct str data)
{
	size_t p = packet_begin(&m->out, cmd);

	packet_add(&m->out, data);
	packet_end(&m->out, p);
}

void mta_optneg(struct mta *m, uint32_t version, uint32_t actions, uint32_t steps)
{
	size_t p = packet_begin(&m->out, SMFIC_OPTNEG);

	packet_add_u32(&m->out, version);
	packet_add_u32(&m->out, actions);
	packet_add_u32(&m->out, steps);
	packet_end(&m->out, p);
}

void mta_macros(struct mta *m, char cmd, const char *const *pairs)
{
	size_t p = packet_begin(&m->out, SMFIC_MACRO);

	packet_add(&m->out, str_of(&cmd, 1));
	for (size_t i = 0; pairs[i]; i++)
		packet_addz(&m->out, str_c(pairs[i]));
	packet_end(&m->out, p);
}

void mta_connect(struct mta *m, const char *host, char family, const char *address)
{
	size_t p = packet_begin(&m->out, SMFIC_CONNECT);

	packet_addz(&m->out, str_c(host));
	packet_add(&m->out, str_of(&family, 1));
	if (family != SMFIA_UNKNOWN) {
		packet_add(&m->out, str_of("\0\x19", 2));
		packet_addz(&m->out, str_c(address));
	}
	packet_end(&m->out, p);
}

void mta_string(struct mta *m, char cmd, const char *s)
{
	size_t p = packet_begin(&m->out, cmd);

	packet_addz(&m->out, str_c(s));
	packet_end(&m->out, p);
}

void mta_header(struct mta *m, const char *name, const char *value)
{
	size_t p = packet_begin(&m->out, SMFIC_HEADER);

	packet_addz(&m->out, str_c(name));
	packet_addz(&m->out, str_c(value));
	packet_end(&m->out, p);
}

static void turn(struct mta *m, uint64_t ms)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	if (m->loop)
		loop_turn(m->loop, ms);
	else
		(void)poll(&p, 1, (int)ms);
}

/* A filter that has closed is found out when its answer is looked for. */
static bool send_some(struct mta *m, struct str *s, size_t step)
{
	ssize_t n = send(m->fd, s->p, s->n < step ? s->n : step, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		return false;
	if (n < 0)
		turn(m, 10);
	else
		*s = str_skip(*s, (size_t)n);
	return true;
}

void mta_send(struct mta *m)
{
	struct str s = str_of(m->out.p, m->out.n);

	while (s.n > 0 && send_some(m, &s, s.n))
		;
	m->out.n = 0;
}

void mta_send_slowly(struct mta *m, size_t step)
{
	struct str s = str_of(m->out.p, m->out.n);

	while (s.n > 0 && send_some(m, &s, step))
		turn(m, 0);
	m->out.n = 0;
}

/* False: closed. */
static bool receive(struct mta *m)
{
	char buf[65536];
	ssize_t n = recv(m->fd, buf, sizeof buf, MSG_DONTWAIT);

	if (n > 0)
		packet_add(&m->in, str_of(buf, (size_t)n));
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* The packet at the front of what was received. */
static bool take(struct mta *m, char *cmd, struct str *data)
{
	struct str s = str_skip(str_of(m->in.p, m->in.n), m->off);
	uint32_t n;

	if (!packet_u32(&s, &n) || s.n < n || n == 0)
		return false;
	*cmd = s.p[0];
	*data = str_sub(s, 1, n - 1);
	m->off += 4 + n;
	return true;
}

enum mta_got mta_get(struct mta *m, uint64_t ms, char *cmd, struct str *data)
{
	uint64_t end = clock_mono_ms() + ms;

	if (m->off == m->in.n)
		m->off = m->in.n = 0;
	for (;;) {
		bool open = receive(m);

		if (take(m, cmd, data))
			return MTA_PACKET;
		if (!open)
			return MTA_CLOSED;
		if (clock_mono_ms() >= end)
			return MTA_SILENT;
		turn(m, 5);
	}
}

enum mta_got mta_get_optneg(struct mta *m, uint64_t ms)
{
	struct str data;
	char cmd;
	enum mta_got got = mta_get(m, ms, &cmd, &data);

	if (got == MTA_PACKET && (cmd != SMFIC_OPTNEG || !packet_u32(&data, &m->version) ||
				  !packet_u32(&data, &m->actions) || !packet_u32(&data, &m->steps)))
		bug("mta: no answer to the offer: %d", cmd);
	return got;
}

static void add_text(struct buf *b, char cmd, struct str data)
{
	buf_addf(b, "%s%c[", b->n ? " " : "", cmd);
	for (size_t i = 0; i < data.n; i++) {
		unsigned char c = (unsigned char)data.p[i];

		if (c == 0)
			buf_addc(b, '|');
		else if (c < 32 || c > 126)
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, ']');
}

struct str mta_answers(struct mta *m, struct arena *a, uint64_t ms)
{
	struct buf b = { .arena = a };
	struct str data;
	enum mta_got got;
	char cmd;

	while ((got = mta_get(m, ms, &cmd, &data)) == MTA_PACKET) {
		if (m->owed > 0 && cmd == SMFIR_CONTINUE) {
			m->owed--;
			continue;
		}
		add_text(&b, cmd, data);
		if (memchr("acdrtyf", cmd, 7))
			return buf_str(&b);
	}
	buf_addf(&b, "%s%s", b.n ? " " : "", got == MTA_CLOSED ? "closed" : "silent");
	return buf_str(&b);
}

static void owe(struct mta *m, uint32_t no_reply)
{
	if (!(m->steps & no_reply))
		m->owed++;
}

void mta_hello(struct mta *m)
{
	mta_optneg(m, 6, 0x1ff, ALL_STEPS);
	mta_connect(m, "client.example", SMFIA_INET, "192.0.2.1");
	mta_string(m, SMFIC_HELO, "client.example");
	mta_send(m);
	if (mta_get_optneg(m, 5000) != MTA_PACKET)
		bug("mta: no answer to the offer");
	owe(m, SMFIP_NR_CONN);
	owe(m, SMFIP_NR_HELO);
}

void mta_message(struct mta *m, const char *from, const char *x_do)
{
	mta_string(m, SMFIC_MAIL, from);
	mta_string(m, SMFIC_RCPT, "<to@example.org>");
	mta_header(m, "Subject", " a message");
	if (x_do)
		mta_header(m, "X-Do", x_do);
	mta_packet(m, SMFIC_EOH, STR(""));
	mta_packet(m, SMFIC_BODY, STR("Some text.\r\n"));
	mta_packet(m, SMFIC_BODYEOB, STR(""));
	owe(m, SMFIP_NR_MAIL);
	owe(m, SMFIP_NR_RCPT);
	owe(m, SMFIP_NR_HDR);
	if (x_do)
		owe(m, SMFIP_NR_HDR);
	owe(m, SMFIP_NR_EOH);
	owe(m, SMFIP_NR_BODY);
}
