/* Packets between the keeper and who asks it. */
#include "sign/talk.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/octets.h"

#define MAGIC 0x4d4bu /* "MK" */
#define TALK_VERSION 1u
#define LABEL_MAX 63u

enum { INDEX = 1, OK = 2, KEY = 4, PATH = 8, NAMES = 16, FAULT = 32, ID = 64 };

static const unsigned fields[TALK_TYPES] = {
	[TALK_FILE] = INDEX | PATH, [TALK_KEEP] = ID,
	[TALK_LOAD] = INDEX,	    [TALK_RESULT] = INDEX | OK | KEY | FAULT,
	[TALK_LOADED] = OK | FAULT, [TALK_MAKE] = KEY | NAMES,
	[TALK_WIPE] = NAMES,	    [TALK_DONE] = OK | KEY | FAULT,
};

static void format_key(struct buf *b, const struct sign_key *key)
{
	octets_u(b, key->type, 1);
	octets_u(b, key->bits, 4);
	buf_add(b, str_of((const char *)key->id, SIGN_ID));
	octets_str(b, key->public);
}

struct str talk_format(struct arena *a, const struct talk *t)
{
	struct buf b = { .arena = a };
	unsigned has = fields[t->type];

	octets_u(&b, MAGIC, 2);
	octets_u(&b, TALK_VERSION, 1);
	octets_u(&b, t->type, 1);
	octets_u(&b, t->number, 8);
	if (has & INDEX)
		octets_u(&b, t->index, 4);
	if (has & OK)
		octets_u(&b, t->ok, 1);
	if (has & KEY)
		format_key(&b, &t->key);
	if (has & ID)
		buf_add(&b, str_of((const char *)t->key.id, SIGN_ID));
	if (has & PATH)
		octets_str(&b, t->path);
	if (has & NAMES) {
		octets_str(&b, t->domain);
		octets_str(&b, t->selector);
	}
	if (has & FAULT)
		octets_str(&b, str_sub(t->fault, 0, TALK_FAULT_MAX));
	return buf_str(&b);
}

/* A number of at most max. */
static uint64_t get_max(struct octets *o, unsigned size, uint64_t max)
{
	uint64_t v = octets_get_u(o, size);

	o->bad = o->bad || v > max;
	return v;
}

static void parse_id(struct octets *o, struct sign_key *key)
{
	struct str id = octets_get_run(o, SIGN_ID);

	if (id.n == SIGN_ID)
		memcpy(key->id, id.p, SIGN_ID);
}

static void parse_key(struct octets *o, struct sign_key *key)
{
	key->type = (enum key_type)get_max(o, 1, KEY_ED25519);
	key->bits = (unsigned)get_max(o, 4, KEY_RSA_MAX);
	parse_id(o, key);
	key->public = octets_get_text(o, TALK_PUBLIC_MAX);
}

static struct str get_path(struct octets *o)
{
	struct str path = octets_get_text(o, TALK_PATH_MAX);

	o->bad = o->bad || !path.n || str_chr(path, '\0') != SIZE_MAX;
	return path;
}

bool talk_parse(struct str packet, struct talk *t)
{
	struct octets o = { .left = packet };
	unsigned has;

	*t = (struct talk){ 0 };
	if (octets_get_u(&o, 2) != MAGIC || octets_get_u(&o, 1) != TALK_VERSION)
		return false;
	t->type = (enum talk_type)get_max(&o, 1, TALK_TYPES - 1);
	t->number = octets_get_u(&o, 8);
	if (o.bad)
		return false;
	has = fields[t->type];
	if (has & INDEX)
		t->index = (uint32_t)get_max(&o, 4, SIGN_KEYS_MAX);
	if (has & OK)
		t->ok = get_max(&o, 1, 1) != 0;
	if (has & KEY)
		parse_key(&o, &t->key);
	if (has & ID)
		parse_id(&o, &t->key);
	if (has & PATH)
		t->path = get_path(&o);
	if (has & NAMES) {
		t->domain = octets_get_text(&o, TALK_NAME_MAX);
		t->selector = octets_get_text(&o, TALK_NAME_MAX);
	}
	if (has & FAULT)
		t->fault = octets_get_text(&o, TALK_FAULT_MAX);
	return octets_done(&o);
}

/* ---- sockets ---- */

static int wait_for(int fd, short what, uint64_t deadline_ms, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = what };
		uint64_t now = clock_mono_ms();
		int got;

		if (now >= deadline_ms)
			return err_set(e, "no answer in time");
		got = poll(&p, 1, (int)(deadline_ms - now < 1000 ? deadline_ms - now : 1000));
		if (got > 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return err_set(e, "%s", strerror(errno));
	}
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM;
}

int talk_send(int fd, struct str packet, uint64_t deadline_ms, struct err *e)
{
	for (;;) {
		if (send(fd, packet.p, packet.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (!again())
			return err_set(e, "%s", strerror(errno));
		if (wait_for(fd, POLLOUT, deadline_ms, e) < 0)
			return -1;
	}
}

int talk_receive(int fd, char in[TALK_MAX], uint64_t deadline_ms, struct err *e)
{
	for (;;) {
		ssize_t got = recv(fd, in, TALK_MAX, MSG_DONTWAIT | MSG_TRUNC);
		if (got >= 0)
			return (int)got;
		if (errno == ECONNRESET)
			return 0;
		if (!again())
			return err_set(e, "%s", strerror(errno));
		if (wait_for(fd, POLLIN, deadline_ms, e) < 0)
			return -1;
	}
}

/* ---- names ---- */

static bool label_ok(struct str label)
{
	if (!label.n || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];
		if (c != '-' && c != '_' && !ch_digit(c) && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return true;
}

bool talk_name_ok(struct str name)
{
	struct str rest = name;

	if (!name.n || name.n > TALK_NAME_MAX || name.p[name.n - 1] == '.')
		return false;
	while (rest.n)
		if (!label_ok(str_cut(&rest, '.')))
			return false;
	return true;
}
