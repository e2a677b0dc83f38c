/* Scans that obey the message: for tests of what stands in front of them. */
#include "fake_scan.h"

#include <stdlib.h>

#include "base/err.h"
#include "io/loop.h"

struct scan_priv {
	struct fake *fake;
	scan_done_fn *done;
	void *arg;
	struct loop_timer *timer;
	bool hold, later, eoh;
};

void fake_env(struct fake *f, struct loop *loop, struct scan_env *env)
{
	*env = (struct scan_env){ .loop = loop, .arg = f };
}

static void note(struct scan *s, const char *what, struct str v)
{
	struct fake *f = s->priv->fake;

	if (!f->arena)
		return;
	buf_addf(&f->log, "%s%s ", f->log.n ? "; " : "", what);
	buf_add(&f->log, v);
}

struct scan *scan_new(const struct scan_env *env, const struct scan_client *client, unsigned flags)
{
	struct arena *a = arena_new(512);
	struct scan *s = ARENA_NEW(a, struct scan);
	char ip[IP_TEXT_MAX];
	(void)flags;

	s->arena = a;
	s->priv = ARENA_NEW(a, struct scan_priv);
	s->priv->fake = env->arg;
	s->env = env;
	s->priv->fake->live++;
	s->priv->fake->made++;
	note(s, "new", str_c(ip_format(&client->ip, ip)));
	if (client->tls.p)
		note(s, "tls", client->tls);
	if (client->mta.p)
		note(s, "mta", client->mta);
	note(s, "host", client->host);
	return s;
}

void scan_free(struct scan *s)
{
	struct fake *f;

	if (!s)
		return;
	f = s->priv->fake;
	loop_cancel(s->priv->timer);
	for (size_t i = 0; i < f->nheld; i++)
		if (f->held[i] == s) {
			f->held[i] = f->held[--f->nheld];
			break;
		}
	f->live--;
	arena_free(s->arena);
}

void scan_helo(struct scan *s, struct str name)
{
	note(s, "helo", name);
}

void scan_mail(struct scan *s, struct str path)
{
	note(s, "mail", path);
}

void scan_rcpt(struct scan *s, struct str path)
{
	note(s, "rcpt", path);
}

void scan_set_queue_id(struct scan *s, struct str id)
{
	note(s, "id", id);
}

void scan_set_auth(struct scan *s, struct str user)
{
	note(s, "auth", user);
}

void scan_set_tls(struct scan *s, struct str version)
{
	note(s, "tls", version);
}

static void add_edit(struct scan *s, enum edit_op op, unsigned index, struct str name,
		     struct str value)
{
	VEC_PUSH(s->arena, s->verdict.edits) =
		(struct edit){ .op = op, .index = index, .name = name, .value = value };
}

static void add_edits(struct scan *s)
{
	add_edit(s, EDIT_DELETE, 2, STR("Authentication-Results"), STR_NULL);
	add_edit(s, EDIT_DELETE, 1, STR("Authentication-Results"), STR_NULL);
	add_edit(s, EDIT_INSERT, 0, STR("Authentication-Results"),
		 STR("mx.example;\r\n\tspf=pass smtp.mailfrom=a@b"));
	add_edit(s, EDIT_ADD_RCPT, 0, STR_NULL, STR("<trap@example.org>"));
	add_edit(s, EDIT_DEL_RCPT, 0, STR_NULL, STR("<to@example.org>"));
}

static void add_body(struct scan *s)
{
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; i < 5000; i++)
		buf_add(&b, STR("0123456789 another body\r\n"));
	add_edit(s, EDIT_REPLACE_BODY, 0, STR_NULL, buf_str(&b));
}

static void order(struct scan *s, struct str word)
{
	static const struct {
		const char *word;
		enum action action;
	} t[] = { { "reject", ACT_REJECT },	{ "tempfail", ACT_TEMPFAIL },
		  { "discard", ACT_DISCARD },	{ "quarantine", ACT_QUARANTINE },
		  { "greylist", ACT_GREYLIST }, { "tag", ACT_TAG } };
	struct verdict *v = &s->verdict;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (str_eq(word, str_c(t[i].word)))
			v->action = t[i].action;
	if (str_eq(word, STR("edits")))
		add_edits(s);
	else if (str_eq(word, STR("body")))
		add_body(s);
	else if (str_eq(word, STR("percent")))
		v->action = ACT_REJECT, v->reply.text = STR("100% spam\r\n250 ok\xc3\xa9");
	else if (str_eq(word, STR("inject")))
		add_edit(s, EDIT_INSERT, 1, STR("X-In"), STR("a\r\nBcc: b\nc\rd"));
	s->priv->hold |= str_eq(word, STR("hold"));
	s->priv->later |= str_eq(word, STR("later"));
}

void scan_header(struct scan *s, struct str name, struct str value)
{
	if (s->priv->eoh)
		bug("header after the end of headers");
	note(s, "header", name);
	note(s, "=", value);
	if (str_ieq(name, STR("X-Do")))
		order(s, str_trim(value));
}

void scan_eoh(struct scan *s)
{
	if (s->priv->eoh)
		bug("two ends of headers");
	s->priv->eoh = true;
	note(s, "eoh", STR(""));
}

void scan_body(struct scan *s, struct str octets)
{
	if (!s->priv->eoh)
		bug("body before the end of headers");
	s->body_octets += octets.n;
}

static void judge(void *arg)
{
	struct scan *s = arg;

	s->priv->timer = NULL;
	s->priv->fake->judged++;
	s->priv->done(s->priv->arg, s);
}

void scan_eom(struct scan *s, scan_done_fn *done, void *arg)
{
	struct fake *f = s->priv->fake;

	if (!s->priv->eoh || s->priv->done)
		bug("end of message out of place");
	note(s, "eom", arena_printf(s->arena, "%zu", (size_t)s->body_octets));
	s->priv->done = done;
	s->priv->arg = arg;
	if (s->priv->hold) {
		if (f->nheld == sizeof f->held / sizeof *f->held)
			bug("too many held");
		f->held[f->nheld++] = s;
		f->peak = f->nheld > f->peak ? f->nheld : f->peak;
	} else if (s->priv->later) {
		s->priv->timer = loop_after(s->env->loop, 1, judge, s);
	} else {
		judge(s);
	}
}

void fake_release(struct fake *f, size_t i)
{
	struct scan *s = f->held[i];

	f->held[i] = f->held[--f->nheld];
	judge(s);
}
