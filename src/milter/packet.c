/* Reads and writes packets of the milter protocol. */
#include "milter/packet.h"

#include <stdlib.h>
#include <libmilter/mfdef.h>

#include "base/err.h"

#define HEAD 5u /* length and command */

static void *must_realloc(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		bug("milter: no memory for %zu octets", n);
	return p;
}

static uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void put32(char *p, uint32_t v)
{
	p[0] = (char)(v >> 24);
	p[1] = (char)(v >> 16);
	p[2] = (char)(v >> 8);
	p[3] = (char)v;
}

static bool cmd_known(uint8_t c)
{
	static const char known[] = { SMFIC_ABORT,   SMFIC_BODY, SMFIC_CONNECT, SMFIC_MACRO,
				      SMFIC_BODYEOB, SMFIC_HELO, SMFIC_QUIT_NC, SMFIC_HEADER,
				      SMFIC_MAIL,    SMFIC_EOH,	 SMFIC_OPTNEG,	SMFIC_QUIT,
				      SMFIC_RCPT,    SMFIC_DATA, SMFIC_UNKNOWN };

	return memchr(known, c, sizeof known) != NULL;
}

/* The head is complete once this has returned true; *bad if it is none. */
static bool read_head(struct packet_reader *r, struct str *in, bool *bad)
{
	while (r->nhead < HEAD && in->n > 0) {
		r->head[r->nhead++] = (uint8_t)in->p[0];
		*in = str_skip(*in, 1);
		if (r->nhead == 4 && (be32(r->head) == 0 || be32(r->head) > PACKET_MAX))
			*bad = true;
		if (r->nhead == HEAD && !cmd_known(r->head[4]))
			*bad = true;
		if (*bad)
			return false;
		if (r->nhead == HEAD)
			r->need = be32(r->head) - 1;
	}
	return r->nhead == HEAD;
}

static struct str take(struct packet_reader *r, struct str *in)
{
	struct str got = str_sub(*in, 0, r->need);

	*in = str_skip(*in, got.n);
	r->need -= (uint32_t)got.n;
	return got;
}

/* Grows by what has come, not by what the length promises. */
static void keep(struct packet_reader *r, struct str s)
{
	if (s.n > r->cap - r->n) {
		r->cap = (r->n + s.n) + (r->n + s.n) / 2;
		r->p = must_realloc(r->p, r->cap);
	}
	if (s.n)
		memcpy(r->p + r->n, s.p, s.n);
	r->n += s.n;
}

static enum packet_step read_piece(struct packet_reader *r, struct str *in, struct packet *out)
{
	out->data = take(r, in);
	out->last = r->need == 0;
	if (out->last)
		r->nhead = 0;
	return out->last || out->data.n ? PACKET_READY : PACKET_MORE;
}

static enum packet_step read_whole(struct packet_reader *r, struct str *in, struct packet *out)
{
	struct str got = take(r, in);

	if (r->need || r->n) {
		keep(r, got);
		got = str_of(r->p, r->n);
	}
	if (r->need)
		return PACKET_MORE;
	r->nhead = 0;
	r->n = 0;
	out->data = got;
	out->last = true;
	return PACKET_READY;
}

enum packet_step packet_read(struct packet_reader *r, struct str *in, struct packet *out)
{
	bool bad = false;

	if (!read_head(r, in, &bad))
		return bad ? PACKET_BAD : PACKET_MORE;
	out->cmd = (char)r->head[4];
	if (out->cmd == SMFIC_BODY || out->cmd == SMFIC_BODYEOB)
		return read_piece(r, in, out);
	return read_whole(r, in, out);
}

bool packet_reader_idle(const struct packet_reader *r)
{
	return r->nhead == 0;
}

void packet_reader_fini(struct packet_reader *r)
{
	free(r->p);
	r->p = NULL;
	r->n = r->cap = 0;
}

struct str packet_field(struct str *data)
{
	if (data->n == 0)
		return STR_NULL;
	return str_cut(data, '\0');
}

bool packet_u32(struct str *data, uint32_t *v)
{
	if (data->n < 4)
		return false;
	*v = be32((const uint8_t *)data->p);
	*data = str_skip(*data, 4);
	return true;
}

bool packet_connect(struct str data, struct str *host, struct ip *ip)
{
	char family;

	*ip = (struct ip){ 0 };
	if (str_chr(data, '\0') == SIZE_MAX)
		return false;
	*host = packet_field(&data);
	if (data.n == 0)
		return false;
	family = data.p[0];
	if (family == SMFIA_UNKNOWN)
		return true;
	if (data.n < 3) /* the port, of no interest */
		return false;
	data = str_skip(data, 3);
	if (family == SMFIA_INET || family == SMFIA_INET6)
		(void)ip_parse(packet_field(&data), ip);
	else if (family != SMFIA_UNIX)
		return false;
	return true;
}

bool packet_header(struct str data, struct str *name, struct str *value)
{
	*name = packet_field(&data);
	if (data.n > 0 && data.p[data.n - 1] == '\0')
		data.n--;
	*value = data.p ? data : STR("");
	return name->n > 0;
}

static char *room(struct packet_out *o, size_t n)
{
	if (n > o->cap - o->n) {
		o->cap = (o->n + n) * 2 < 1024 ? 1024 : (o->n + n) * 2;
		o->p = must_realloc(o->p, o->cap);
	}
	return o->p + o->n;
}

size_t packet_begin(struct packet_out *o, char cmd)
{
	size_t begun = o->n;
	char *p = room(o, HEAD);

	put32(p, 1);
	p[4] = cmd;
	o->n += HEAD;
	return begun;
}

void packet_add(struct packet_out *o, struct str s)
{
	char *p = room(o, s.n);

	if (s.n)
		memcpy(p, s.p, s.n);
	o->n += s.n;
}

void packet_add_u32(struct packet_out *o, uint32_t v)
{
	put32(room(o, 4), v);
	o->n += 4;
}

void packet_addz(struct packet_out *o, struct str s)
{
	char *p = room(o, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\0')
			*p++ = s.p[i];
	*p++ = '\0';
	o->n = (size_t)(p - o->p);
}

void packet_end(struct packet_out *o, size_t begun)
{
	put32(o->p + begun, (uint32_t)(o->n - begun - 4));
}

void packet_simple(struct packet_out *o, char cmd)
{
	packet_begin(o, cmd);
}

void packet_out_fini(struct packet_out *o)
{
	free(o->p);
	*o = (struct packet_out){ 0 };
}
