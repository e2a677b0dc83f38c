/* Events of the milter protocol -> events of scans, one scan a message. */
#include "milter/session.h"

#include <stdlib.h>
#include <libmilter/mfdef.h>

#include "base/err.h"

/* A string of the connection that can be set again and again. */
struct slot {
	char *p;
	size_t n, cap;
	bool set;
};

/* The commands as states, in the order of a session. */
enum state {
	ST_NEW,
	ST_OPTNEG,
	ST_CONNECT,
	ST_HELO,
	ST_MAIL,
	ST_RCPT,
	ST_DATA,
	ST_HEADER,
	ST_EOH,
	ST_BODY,
	ST_EOM,
	ST_QUIT,
	ST_ABORT,
	ST_UNKNOWN,
	ST_QUIT_NC,
};

struct session {
	const struct scan_env *env;
	struct scan *scan;
	enum state state;
	bool in_mail, eoh;
	bool judging, ended; /* inside scan_eom, which must return before its scan is freed */
	bool told_id, told_auth, told_tls; /* what the scan has been told */
	struct ip ip;
	struct slot profile, listener, host, helo, tls, mta; /* of the connection */
	struct slot queue_id, mail_auth, mail_tls;	     /* of the message */
	session_done_fn *done;
	void *arg;
};

static void slot_set(struct slot *t, struct str v)
{
	if (v.n > SESSION_MAX_TEXT)
		v.n = SESSION_MAX_TEXT;
	if (v.n > t->cap) {
		t->p = realloc(t->p, v.n);
		t->cap = v.n;
		if (!t->p)
			bug("milter: no memory for a session");
	}
	if (v.n)
		memcpy(t->p, v.p, v.n);
	t->n = v.n;
	t->set = true;
}

/* Absent until it is set; then present, even if empty. */
static struct str slot_str(const struct slot *t)
{
	return t->set ? str_of(t->p ? t->p : "", t->n) : STR_NULL;
}

static void slot_forget(struct slot *t)
{
	t->n = 0;
	t->set = false;
}

struct session *session_new(const struct scan_env *env, struct str profile, struct str listener)
{
	struct session *s = calloc(1, sizeof *s);

	if (!s)
		bug("milter: no memory for a session");
	s->env = env;
	slot_set(&s->profile, profile);
	slot_set(&s->listener, listener);
	return s;
}

static void drop_scan(struct session *s)
{
	scan_free(s->scan);
	s->scan = NULL;
	s->in_mail = s->eoh = false;
	s->told_id = s->told_auth = s->told_tls = false;
}

void session_free(struct session *s)
{
	struct slot *slots[9];

	if (!s)
		return;
	drop_scan(s);
	slots[0] = &s->profile, slots[1] = &s->host, slots[2] = &s->helo, slots[3] = &s->tls;
	slots[4] = &s->queue_id, slots[5] = &s->mail_auth, slots[6] = &s->mail_tls;
	slots[7] = &s->listener, slots[8] = &s->mta;
	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		free(slots[i]->p);
	free(s);
}

/* ---- the order of commands ---- */

#define AFTER(st) (1u << (st))

/* Which states may follow. */
static const unsigned next_of[] = {
	[ST_NEW] = AFTER(ST_OPTNEG),
	[ST_OPTNEG] = AFTER(ST_CONNECT) | AFTER(ST_UNKNOWN),
	[ST_CONNECT] = AFTER(ST_HELO) | AFTER(ST_MAIL) | AFTER(ST_UNKNOWN),
	[ST_HELO] = AFTER(ST_HELO) | AFTER(ST_MAIL) | AFTER(ST_UNKNOWN),
	[ST_MAIL] = AFTER(ST_RCPT) | AFTER(ST_ABORT) | AFTER(ST_UNKNOWN),
	[ST_RCPT] = AFTER(ST_RCPT) | AFTER(ST_DATA) | AFTER(ST_HEADER) | AFTER(ST_EOH) |
		    AFTER(ST_BODY) | AFTER(ST_EOM) | AFTER(ST_ABORT) | AFTER(ST_UNKNOWN),
	[ST_DATA] = AFTER(ST_HEADER) | AFTER(ST_EOH) | AFTER(ST_ABORT),
	[ST_HEADER] = AFTER(ST_HEADER) | AFTER(ST_EOH) | AFTER(ST_ABORT),
	[ST_EOH] = AFTER(ST_BODY) | AFTER(ST_EOM) | AFTER(ST_ABORT),
	[ST_BODY] = AFTER(ST_BODY) | AFTER(ST_EOM) | AFTER(ST_ABORT),
	[ST_EOM] = AFTER(ST_MAIL) | AFTER(ST_UNKNOWN),
	[ST_QUIT] = 0,
	[ST_ABORT] = 0,
	[ST_UNKNOWN] = AFTER(ST_HELO) | AFTER(ST_MAIL) | AFTER(ST_RCPT) | AFTER(ST_DATA) |
		       AFTER(ST_BODY) | AFTER(ST_ABORT) | AFTER(ST_UNKNOWN),
	[ST_QUIT_NC] = AFTER(ST_CONNECT) | AFTER(ST_UNKNOWN),
};

static const struct {
	char cmd;
	enum state state;
} state_of[] = {
	{ SMFIC_HEADER, ST_HEADER }, { SMFIC_BODY, ST_BODY },	    { SMFIC_RCPT, ST_RCPT },
	{ SMFIC_MAIL, ST_MAIL },     { SMFIC_EOH, ST_EOH },	    { SMFIC_BODYEOB, ST_EOM },
	{ SMFIC_HELO, ST_HELO },     { SMFIC_CONNECT, ST_CONNECT }, { SMFIC_DATA, ST_DATA },
	{ SMFIC_ABORT, ST_ABORT },   { SMFIC_UNKNOWN, ST_UNKNOWN }, { SMFIC_OPTNEG, ST_OPTNEG },
	{ SMFIC_QUIT, ST_QUIT },     { SMFIC_QUIT_NC, ST_QUIT_NC },
};

static enum state find_state(char cmd)
{
	for (size_t i = 0; i < sizeof state_of / sizeof *state_of; i++)
		if (state_of[i].cmd == cmd)
			return state_of[i].state;
	bug("milter: no state for command %d", cmd);
}

enum session_answer session_enter(struct session *s, char cmd)
{
	enum state to = find_state(cmd);

	if (to == ST_QUIT)
		return SESSION_GO;
	if (s->state == ST_NEW && to != ST_OPTNEG)
		return SESSION_CLOSE;
	if (to == ST_QUIT_NC) {
		session_reset(s);
		return SESSION_GO;
	}
	if (!(next_of[s->state] & AFTER(to))) {
		if (s->in_mail)
			drop_scan(s);
		s->state = ST_HELO;
		if (!(next_of[ST_HELO] & AFTER(to)))
			return SESSION_IGNORE;
	}
	s->state = to;
	return SESSION_GO;
}

/* ---- events ---- */

static void start_scan(struct session *s)
{
	struct scan_client c = { .ip = s->ip,
				 .host = s->host.n ? slot_str(&s->host) : STR(""),
				 .tls = slot_str(&s->tls),
				 .mta = slot_str(&s->mta),
				 .profile = slot_str(&s->profile),
				 .listener = slot_str(&s->listener) };

	s->scan = scan_new(s->env, &c, 0);
	if (s->helo.set)
		scan_helo(s->scan, slot_str(&s->helo));
}

void session_connect(struct session *s, struct str host, const struct ip *ip)
{
	drop_scan(s);
	slot_set(&s->host, host);
	slot_forget(&s->helo);
	s->ip = *ip;
	start_scan(s);
}

void session_helo(struct session *s, struct str name)
{
	bool again = s->helo.set;

	/* As after STARTTLS: what was asked ahead stays asked. */
	if (again && s->scan && !s->in_mail && str_eq(name, slot_str(&s->helo)))
		return;
	slot_set(&s->helo, name);
	if (s->in_mail || again || !s->scan) {
		drop_scan(s);
		start_scan(s);
		return;
	}
	scan_helo(s->scan, slot_str(&s->helo));
}

static void forget_message(struct session *s)
{
	slot_forget(&s->queue_id);
	slot_forget(&s->mail_auth);
	slot_forget(&s->mail_tls);
}

void session_macros(struct session *s, char cmd)
{
	if (cmd == SMFIC_MAIL)
		forget_message(s);
	if (cmd == SMFIC_CONNECT || cmd == SMFIC_HELO)
		slot_forget(&s->tls);
}

/* Tells the scan of a message what it does not know yet: with an event, since macros that come
 * now may be those of the next message. */
static void tell_scan(struct session *s)
{
	if (!s->in_mail)
		return;
	if (s->queue_id.set && !s->told_id)
		scan_set_queue_id(s->scan, slot_str(&s->queue_id)), s->told_id = true;
	if (s->mail_auth.set && !s->told_auth)
		scan_set_auth(s->scan, slot_str(&s->mail_auth)), s->told_auth = true;
	if (s->mail_tls.set && !s->told_tls)
		scan_set_tls(s->scan, slot_str(&s->mail_tls)), s->told_tls = true;
}

void session_macro(struct session *s, char cmd, struct str name, struct str value)
{
	bool conn = cmd == SMFIC_CONNECT || cmd == SMFIC_HELO;

	if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		name = str_sub(name, 1, name.n - 2);
	if (value.n == 0)
		return;
	if (str_eq(name, STR("tls_version")))
		slot_set(conn ? &s->tls : &s->mail_tls, value);
	else if (str_eq(name, STR("v")))
		slot_set(&s->mta, value);
	else if (str_eq(name, STR("i")) && !conn)
		slot_set(&s->queue_id, value);
	else if (str_eq(name, STR("auth_authen")) && !conn)
		slot_set(&s->mail_auth, value);
}

void session_mail(struct session *s, struct str path)
{
	if (s->in_mail)
		drop_scan(s);
	if (!s->scan)
		start_scan(s);
	s->in_mail = true;
	if (s->tls.set && !s->mail_tls.set)
		scan_set_tls(s->scan, slot_str(&s->tls)), s->told_tls = true;
	tell_scan(s);
	scan_mail(s->scan, path);
}

void session_rcpt(struct session *s, struct str path)
{
	tell_scan(s);
	if (s->in_mail)
		scan_rcpt(s->scan, path);
}

void session_header(struct session *s, struct str name, struct str value, bool leadspc)
{
	char small[2048];
	char *p = small;

	if (!s->in_mail || s->eoh)
		return;
	if (leadspc || value.n == 0) {
		scan_header(s->scan, name, value);
		return;
	}
	if (value.n + 1 > sizeof small && !(p = malloc(value.n + 1)))
		bug("milter: no memory for a header");
	p[0] = ' ';
	memcpy(p + 1, value.p, value.n);
	scan_header(s->scan, name, str_of(p, value.n + 1));
	if (p != small)
		free(p);
}

void session_eoh(struct session *s)
{
	if (!s->in_mail || s->eoh)
		return;
	s->eoh = true;
	tell_scan(s);
	scan_eoh(s->scan);
}

void session_body(struct session *s, struct str octets)
{
	session_eoh(s);
	if (s->in_mail && octets.n)
		scan_body(s->scan, octets);
}

static void judged(void *arg, struct scan *scan)
{
	struct session *s = arg;

	s->done(s->arg, &scan->verdict);
}

void session_eom(struct session *s, session_done_fn *done, void *arg)
{
	/* An MTA that ends what it never began: nothing was looked at. */
	static const struct verdict nothing = { .action = ACT_TEMPFAIL };

	if (!s->in_mail) {
		done(arg, &nothing);
		return;
	}
	session_eoh(s);
	tell_scan(s);
	s->done = done;
	s->arg = arg;
	s->judging = true;
	scan_eom(s->scan, judged, s);
	s->judging = false;
	if (s->ended)
		session_end(s);
}

/* The MTA shall keep the message and come again. */
const struct verdict session_busy = {
	.action = ACT_TEMPFAIL,
	.reply = { 451, STR("4.3.2"), STR("Too busy, try again later") },
};

void session_end(struct session *s)
{
	s->ended = s->judging;
	if (s->ended)
		return;
	if (s->in_mail)
		drop_scan(s);
	forget_message(s);
}

void session_reset(struct session *s)
{
	drop_scan(s);
	forget_message(s);
	slot_forget(&s->host);
	slot_forget(&s->helo);
	slot_forget(&s->tls);
	s->ip = (struct ip){ 0 };
	s->state = ST_QUIT_NC;
}

bool session_in_mail(const struct session *s)
{
	return s->in_mail;
}

bool session_in_content(const struct session *s)
{
	return s->in_mail && s->state >= ST_DATA && s->state <= ST_EOM;
}

struct str session_queue_id(const struct session *s)
{
	return slot_str(&s->queue_id);
}
