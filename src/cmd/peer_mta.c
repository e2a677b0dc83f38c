/* One message shown to a filter, step by step, as an MTA does. */
#include "cmd/peer_mta.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/address.h"
#include "milter/packet.h"

#define CHUNK 65535u
#define MILTER_6 6u
#define ACTIONS 0x1ffu
/* The steps that may be left out, and a field's value with its leading blank. */
#define STEPS                                                                                      \
	(SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOBODY |             \
	 SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_SKIP |                \
	 SMFIP_HDR_LEADSPC)

struct dialogue {
	struct arena *arena;
	int fd;
	struct packet_out out;
	uint32_t steps;
	size_t got; /* octets of answers */
	struct peer_answer *answer;
	bool over, skip;
	struct err *e;
};

void peer_mail_read(struct arena *a, struct str name, struct str octets, struct peer_mail *out)
{
	struct buf body = { .arena = a };

	*out = (struct peer_mail){ .name = name };
	while (octets.n) {
		struct str line = str_cut(&octets, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n)
			break;
		if (ch_wsp(line.p[0]) && out->fields.n) {
			struct str *v = &out->fields.p[out->fields.n - 1].value;
			*v = arena_printf(a, "%.*s\n%.*s", STR_ARG(*v), STR_ARG(line));
			continue;
		}
		struct str field = str_cut(&line, ':');
		if (line.n && line.p[0] == ' ')
			line = str_skip(line, 1);
		if (line.p)
			VEC_PUSH(a, out->fields) = (struct peer_field){ field, line };
	}
	while (octets.n) {
		struct str line = str_cut(&octets, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		buf_add(&body, line);
		buf_add(&body, STR("\r\n"));
	}
	out->body = buf_str(&body);
}

/* ---- octets ---- */

static int broken(struct dialogue *d, const char *what)
{
	return err_set(d->e, "the filter %s", what);
}

static int flush(struct dialogue *d)
{
	struct str s = str_of(d->out.p, d->out.n);

	while (s.n) {
		ssize_t n = send(d->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return broken(d, "closed the connection");
		s = str_skip(s, (size_t)n);
	}
	d->out.n = 0;
	return 0;
}

static int take(struct dialogue *d, char *p, size_t n)
{
	while (n) {
		struct pollfd f = { .fd = d->fd, .events = POLLIN };
		ssize_t r;
		if (poll(&f, 1, (int)PEER_MTA_WAIT) <= 0)
			return broken(d, "is silent");
		r = recv(d->fd, p, n, 0);
		if (r <= 0)
			return broken(d, "closed the connection");
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static int receive(struct dialogue *d, char *cmd, struct str *data)
{
	char head[5], *p;
	struct str number = str_of(head, 4);
	uint32_t n = 0;

	if (take(d, head, sizeof head) < 0)
		return -1;
	(void)packet_u32(&number, &n);
	d->got += n;
	if (n == 0 || d->got > PEER_MTA_REPLIES_MAX)
		return broken(d, "answers nonsense");
	p = arena_alloc(d->arena, n);
	if (take(d, p, n - 1) < 0)
		return -1;
	*cmd = head[4];
	*data = str_of(p, n - 1);
	return 0;
}

/* ---- answers ---- */

/* Filters fold by LF or CRLF: with blanks in place of them a value means the same. */
static struct str unfolded(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);

	for (size_t i = 0; i < s.n; i++)
		if (p[i] == '\r' || p[i] == '\n')
			p[i] = ' ';
	return str_of(p, s.n);
}

static void edit(struct dialogue *d, char cmd, struct str data)
{
	struct peer_answer *w = d->answer;
	struct peer_field f;
	uint32_t index;

	if (cmd == SMFIR_QUARANTINE)
		w->action = "quarantine";
	if (cmd != SMFIR_ADDHEADER && cmd != SMFIR_INSHEADER && cmd != SMFIR_CHGHEADER)
		return;
	if (cmd != SMFIR_ADDHEADER && !packet_u32(&data, &index))
		return;
	f.name = packet_field(&data);
	f.value = unfolded(d->arena, str_trim(packet_field(&data)));
	if (cmd != SMFIR_CHGHEADER)
		VEC_PUSH(d->arena, w->inserted) = f;
	else if (!f.value.n)
		VEC_PUSH(d->arena, w->removed) = f.name;
}

/* Whether an answer ends a step. */
static bool ends(struct dialogue *d, char cmd)
{
	static const struct {
		char cmd;
		const char *action;
	} end[] = { { SMFIR_ACCEPT, NULL },
		    { SMFIR_REJECT, "reject" },
		    { SMFIR_TEMPFAIL, "tempfail" },
		    { SMFIR_DISCARD, "discard" },
		    { SMFIR_REPLYCODE, "reject" } };

	if (cmd == SMFIR_CONTINUE || cmd == SMFIR_SKIP) {
		d->skip = cmd == SMFIR_SKIP;
		return true;
	}
	for (size_t i = 0; i < sizeof end / sizeof *end; i++)
		if (cmd == end[i].cmd) {
			if (end[i].action)
				d->answer->action = end[i].action;
			d->over = true;
			return true;
		}
	return false;
}

/* Sends what is queued and reads answers to the end of the step. */
static int step(struct dialogue *d)
{
	struct str data;
	char cmd;

	if (flush(d) < 0)
		return -1;
	do {
		if (receive(d, &cmd, &data) < 0)
			return -1;
		if (cmd == SMFIR_REPLYCODE && data.n && data.p[0] == '4') {
			d->answer->action = "tempfail";
			d->over = true;
			return 0;
		}
		edit(d, cmd, data);
	} while (!ends(d, cmd));
	return 0;
}

/* ---- steps ---- */

static void macros(struct dialogue *d, char cmd, struct str name, struct str value)
{
	size_t p = packet_begin(&d->out, SMFIC_MACRO);

	packet_add(&d->out, str_of(&cmd, 1));
	packet_addz(&d->out, name);
	packet_addz(&d->out, value);
	packet_end(&d->out, p);
}

static int negotiate(struct dialogue *d)
{
	uint32_t version, actions;
	size_t p = packet_begin(&d->out, SMFIC_OPTNEG);
	struct str data;
	char cmd;

	packet_add_u32(&d->out, MILTER_6);
	packet_add_u32(&d->out, ACTIONS);
	packet_add_u32(&d->out, STEPS);
	packet_end(&d->out, p);
	if (flush(d) < 0 || receive(d, &cmd, &data) < 0)
		return -1;
	if (cmd != SMFIC_OPTNEG || !packet_u32(&data, &version) || !packet_u32(&data, &actions) ||
	    !packet_u32(&data, &d->steps) || (d->steps & ~(uint32_t)STEPS))
		return broken(d, "does not agree about the protocol");
	return 0;
}

static int tell_connect(struct dialogue *d, const struct peer_envelope *env)
{
	char text[IP_TEXT_MAX];
	struct str ip = str_c(ip_format(&env->ip, text));
	bool local = str_eq(ip, STR("127.0.0.1"));
	size_t p;

	macros(d, SMFIC_CONNECT, STR("j"), STR("localhost"));
	if (d->steps & SMFIP_NOCONNECT)
		return 0;
	p = packet_begin(&d->out, SMFIC_CONNECT);
	packet_addz(&d->out,
		    local ? STR("localhost") : arena_printf(d->arena, "[%.*s]", STR_ARG(ip)));
	packet_add(&d->out, env->ip.family == 6 ? STR("6\0\x19") : STR("4\0\x19"));
	packet_addz(&d->out, ip);
	packet_end(&d->out, p);
	return step(d);
}

static int tell(struct dialogue *d, char cmd, uint32_t without, struct str text)
{
	size_t p;

	if (d->over || (d->steps & without))
		return 0;
	p = packet_begin(&d->out, cmd);
	if (text.p)
		packet_addz(&d->out, text);
	packet_end(&d->out, p);
	return step(d);
}

static int tell_field(struct dialogue *d, const struct peer_field *f)
{
	size_t p;

	if (d->over || (d->steps & SMFIP_NOHDRS))
		return 0;
	p = packet_begin(&d->out, SMFIC_HEADER);
	packet_addz(&d->out, f->name);
	packet_addz(&d->out, d->steps & SMFIP_HDR_LEADSPC
				     ? arena_printf(d->arena, " %.*s", STR_ARG(f->value))
				     : f->value);
	packet_end(&d->out, p);
	return step(d);
}

static int tell_body(struct dialogue *d, struct str body)
{
	while (body.n && !d->over && !d->skip && !(d->steps & SMFIP_NOBODY)) {
		size_t p = packet_begin(&d->out, SMFIC_BODY);
		packet_add(&d->out, str_sub(body, 0, CHUNK));
		packet_end(&d->out, p);
		if (step(d) < 0)
			return -1;
		body = str_skip(body, CHUNK);
	}
	return 0;
}

static int converse(struct dialogue *d, const struct peer_envelope *env,
		    const struct peer_mail *mail)
{
	struct str from = arena_printf(d->arena, "<%.*s>", STR_ARG(env->from));
	struct str rcpt = arena_printf(d->arena, "<%.*s>", STR_ARG(env->rcpt));

	if (negotiate(d) < 0 || tell_connect(d, env) < 0 ||
	    tell(d, SMFIC_HELO, SMFIP_NOHELO, env->helo) < 0)
		return -1;
	macros(d, SMFIC_MAIL, STR("i"), STR("COMPARE1"));
	if (tell(d, SMFIC_MAIL, SMFIP_NOMAIL, from) < 0 ||
	    tell(d, SMFIC_RCPT, SMFIP_NORCPT, rcpt) < 0 ||
	    tell(d, SMFIC_DATA, SMFIP_NODATA, STR_NULL) < 0)
		return -1;
	for (size_t i = 0; i < mail->fields.n; i++)
		if (tell_field(d, &mail->fields.p[i]) < 0)
			return -1;
	if (tell(d, SMFIC_EOH, SMFIP_NOEOH, STR_NULL) < 0 || tell_body(d, mail->body) < 0)
		return -1;
	return tell(d, SMFIC_BODYEOB, 0, STR_NULL);
}

int peer_mta_show(struct arena *a, const char *path, const struct peer_envelope *env,
		  const struct peer_mail *mail, struct peer_answer *out, struct err *e)
{
	struct dialogue d = { .arena = a, .fd = -1, .answer = out, .e = e };
	struct address to;
	int r = -1;

	*out = (struct peer_answer){ .action = "accept" };
	if (!address_unix(str_c(path), &to))
		return err_set(e, "%s: the path of a socket is too long", path);
	d.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d.fd < 0 || connect(d.fd, &to.sa.any, to.len) < 0)
		err_set(e, "%s: %s", path, strerror(errno));
	else
		r = converse(&d, env, mail);
	if (d.fd >= 0)
		close(d.fd);
	packet_out_fini(&d.out);
	return r;
}
