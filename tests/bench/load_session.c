/* The load generator's sessions: one client's mail through a chain of filters, as an MTA would. */
#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/bench/load.h"

struct session {
	struct worker *w;
	struct arena *arena;
	struct link *links;
	const struct mail *m;
	VEC(struct field) fields; /* with the edits of the filters so far */
	char action;		  /* 0: none is final yet */
	char queue_id[16];
	bool authres;
	uint64_t began, content, eom;
};

static void note_authres(struct session *s, const struct field *f)
{
	struct result *r = &s->w->result;

	if (!str_ieq(f->name, STR("Authentication-Results")))
		return;
	r->authres += !s->authres;
	s->authres = true;
	r->dkim_pass += str_ifind(f->value, STR("dkim=pass"));
	r->spf_pass += str_ifind(f->value, STR("spf=pass"));
	r->dmarc_pass += str_ifind(f->value, STR("dmarc=pass"));
	r->temperror += str_ifind(f->value, STR("=temperror"));
}

/* Name and value of an edit, as they would stand in the message. */
static struct field read_field(struct session *s, const struct link *k, struct str data)
{
	struct field f = { .name = arena_dup(s->arena, str_cut(&data, '\0')) };
	struct str value = str_cut(&data, '\0');

	f.value = k->protocol & SMFIP_HDR_LEADSPC ? arena_dup(s->arena, value)
						  : arena_printf(s->arena, " %.*s", STR_ARG(value));
	return f;
}

static void insert_field(struct session *s, size_t at, struct field f)
{
	note_authres(s, &f);
	if (at > s->fields.n)
		at = s->fields.n;
	VEC_PUSH(s->arena, s->fields) = f;
	memmove(s->fields.p + at + 1, s->fields.p + at, (s->fields.n - 1 - at) * sizeof f);
	s->fields.p[at] = f;
}

/* The index-th field of that name gets another value; an empty one removes it. */
static void change_field(struct session *s, size_t index, struct field f)
{
	for (size_t i = 0; i < s->fields.n; i++) {
		if (!str_ieq(s->fields.p[i].name, f.name) || --index > 0)
			continue;
		if (str_trim(f.value).n > 0) {
			s->fields.p[i].value = f.value;
			return;
		}
		s->fields.n--;
		memmove(s->fields.p + i, s->fields.p + i + 1, (s->fields.n - i) * sizeof f);
		return;
	}
}

static void edit(struct session *s, const struct link *k, char command, struct str data)
{
	uint32_t index = 0;

	if (command == SMFIR_ADDHEADER) {
		insert_field(s, s->fields.n, read_field(s, k, data));
		return;
	}
	if ((command != SMFIR_INSHEADER && command != SMFIR_CHGHEADER) || data.n < sizeof index)
		return;
	memcpy(&index, data.p, sizeof index);
	index = ntohl(index);
	data = str_skip(data, sizeof index);
	if (command == SMFIR_INSHEADER)
		insert_field(s, index, read_field(s, k, data));
	else
		change_field(s, index, read_field(s, k, data));
}

/* Reads up to the reply that ends the step; what is final for the message goes to s->action. */
static void take_reply(struct session *s, struct link *k)
{
	for (;;) {
		char command;
		struct str data;

		if (!link_read(k, &command, &data)) {
			s->action = LOAD_FAILED;
			return;
		}
		switch (command) {
		case SMFIR_CONTINUE:
		case SMFIR_SKIP:
			return;
		case SMFIR_ACCEPT:
			k->done = true;
			return;
		case SMFIR_DISCARD:
		case SMFIR_REJECT:
		case SMFIR_TEMPFAIL:
		case SMFIR_REPLYCODE:
			s->action = command;
			return;
		default:
			edit(s, k, command, data);
		}
	}
}

/*
 * Sends what is queued and takes the reply. What has no reply (because the filter said so) is kept
 * back until something has one, as Postfix does; with --eager it goes out at once, as from
 * Sendmail.
 */
static void exchange(struct session *s, struct link *k, uint32_t no_reply)
{
	bool silent = k->protocol & no_reply;

	if (silent && !s->w->opt->eager)
		return;
	if (!link_flush(k))
		s->action = LOAD_FAILED;
	else if (!silent)
		take_reply(s, k);
}

static void step(struct session *s, struct link *k, char stage)
{
	static const struct {
		char stage;
		uint32_t never, no_reply;
	} flags[] = {
		{ SMFIC_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN },
		{ SMFIC_HELO, SMFIP_NOHELO, SMFIP_NR_HELO },
		{ SMFIC_MAIL, SMFIP_NOMAIL, SMFIP_NR_MAIL },
		{ SMFIC_RCPT, SMFIP_NORCPT, SMFIP_NR_RCPT },
		{ SMFIC_DATA, SMFIP_NODATA, SMFIP_NR_DATA },
	};
	size_t f = 0, n = stage == SMFIC_RCPT ? s->m->nrcpt : 1;

	while (flags[f].stage != stage)
		f++;
	for (size_t i = 0; i < n && !k->done && !s->action; i++) {
		if (k->protocol & flags[f].never)
			return;
		if (stage == SMFIC_CONNECT)
			put_connect(&k->out, s->m);
		else if (stage == SMFIC_HELO)
			put_helo(&k->out, s->m);
		else if (stage == SMFIC_MAIL)
			put_from(&k->out, s->m);
		else if (stage == SMFIC_RCPT)
			put_rcpt(&k->out, s->m->rcpt[i]);
		else
			put_data(&k->out, s->queue_id);
		exchange(s, k, flags[f].no_reply);
	}
}

/* One SMTP command: the client's pause before it, then each filter in turn. */
static void command(struct session *s, char stage)
{
	struct timespec gap = { .tv_nsec = (long)s->w->opt->gap_ms * 1000000 };

	if (stage != SMFIC_CONNECT && s->w->opt->gap_ms > 0)
		nanosleep(&gap, NULL);
	for (size_t i = 0; i < s->w->opt->nfilters && !s->action; i++)
		step(s, &s->links[i], stage);
}

static void send_headers(struct session *s, struct link *k)
{
	if (!(k->protocol & SMFIP_NOHDRS))
		for (size_t i = 0; i < s->fields.n && !k->done && !s->action; i++) {
			put_header(&k->out, &s->fields.p[i], k->protocol & SMFIP_HDR_LEADSPC);
			if (!(k->protocol & SMFIP_NR_HDR))
				exchange(s, k, 0);
		}
	if (k->done || s->action || (k->protocol & SMFIP_NOEOH))
		return;
	put_eoh(&k->out);
	if (!(k->protocol & SMFIP_NR_EOH))
		exchange(s, k, 0);
}

static void send_body(struct session *s, struct link *k)
{
	if (k->protocol & SMFIP_NOBODY)
		return;
	for (size_t at = 0; at < s->m->body.n && !k->done && !s->action; at += LOAD_BODY_CHUNK) {
		put_body(&k->out, str_sub(s->m->body, at, LOAD_BODY_CHUNK));
		if (!(k->protocol & SMFIP_NR_BODY))
			exchange(s, k, 0);
	}
}

/* Headers, body and end of message in one burst, as far as the filter lets us. */
static void send_content(struct session *s, struct link *k)
{
	uint64_t sent;

	if (k->done)
		return;
	send_headers(s, k);
	send_body(s, k);
	if (k->done || s->action)
		return;
	put_eom(&k->out, s->queue_id);
	if (!link_flush(k)) {
		s->action = LOAD_FAILED;
		return;
	}
	sent = clock_mono_us();
	take_reply(s, k);
	s->eom += clock_mono_us() - sent;
}

static void record(struct session *s)
{
	struct result *r = &s->w->result;
	uint64_t now = clock_mono_us();

	r->messages++;
	r->actions[s->action & 127]++;
	r->cut_off += s->action == LOAD_FAILED && s->content > 0;
	if (s->action == LOAD_FAILED && s->w->opt->until_failure)
		atomic_store(s->w->next, s->w->opt->messages);
	VEC_PUSH(s->w->arena, r->total) = (uint32_t)(now - s->began);
	if (s->content > 0)
		VEC_PUSH(s->w->arena, r->content) = (uint32_t)(now - s->content);
	VEC_PUSH(s->w->arena, r->eom) = (uint32_t)s->eom;
}

/* From MAIL to the final reply. */
static void carry(struct session *s, size_t number)
{
	struct timespec gap = { .tv_nsec = (long)s->w->opt->gap_ms * 1000000 };

	snprintf(s->queue_id, sizeof s->queue_id, "%zX", number + 0x4000000);
	s->fields.n = 0;
	s->authres = false;
	s->eom = s->content = 0;
	for (size_t i = 0; i < s->m->nfields; i++)
		VEC_PUSH(s->arena, s->fields) = s->m->fields[i];
	command(s, SMFIC_MAIL);
	command(s, SMFIC_RCPT);
	command(s, SMFIC_DATA);
	if (s->w->opt->gap_ms > 0)
		nanosleep(&gap, NULL);
	if (!s->action)
		s->content = clock_mono_us();
	for (size_t i = 0; i < s->w->opt->nfilters && !s->action; i++)
		send_content(s, &s->links[i]);
	if (!s->action)
		s->action = SMFIR_ACCEPT;
	record(s);
}

static void open_links(struct session *s)
{
	const struct options *opt = s->w->opt;

	for (size_t i = 0; i < opt->nfilters; i++)
		s->links[i].fd = -1;
	for (size_t i = 0; i < opt->nfilters && !s->action; i++) {
		struct link *k = &s->links[i];

		if (!link_open(k, opt, &opt->filter[i], s->arena) || !link_negotiate(k))
			s->action = LOAD_FAILED;
	}
	if (!s->action)
		command(s, SMFIC_CONNECT);
	command(s, SMFIC_HELO);
}

static void run_session(struct session *s, size_t number)
{
	const struct options *opt = s->w->opt;
	const struct corpus *c = s->w->corpus;

	s->m = &c->mail[number % c->n];
	s->action = 0;
	s->began = clock_mono_us();
	open_links(s);
	for (size_t n = 1;; n++) {
		carry(s, number);
		if (n == opt->per_session || s->action == LOAD_FAILED)
			break;
		number = atomic_fetch_add(s->w->next, 1);
		if (number >= opt->messages)
			break;
		s->m = &c->mail[number % c->n];
		s->action = 0;
		s->began = clock_mono_us();
		for (size_t i = 0; i < opt->nfilters; i++)
			s->links[i].done = false;
	}
	for (size_t i = 0; i < opt->nfilters; i++)
		link_close(&s->links[i]);
}

void worker_run(struct worker *w)
{
	struct session s = { .w = w, .arena = arena_new(0) };
	size_t number;

	s.links = ARENA_ARRAY(w->arena, struct link, w->opt->nfilters);
	while ((number = atomic_fetch_add(w->next, 1)) < w->opt->messages) {
		run_session(&s, number);
		arena_reset(s.arena);
		s.fields.p = NULL;
		s.fields.cap = 0;
	}
	arena_free(s.arena);
}
