/* The envelope's sender, from what the headers tell of it where nobody else does. */
#include "mail/view/header_priv.h"

static bool usable(struct str s)
{
	return s.p && (!s.n || (s.p[0] != '@' && str_chr(s, '@') != SIZE_MAX));
}

/* The first address of the topmost field of that name; absent: none. */
static struct str first_addr(struct view *v, struct str spec)
{
	const struct view_lines *l = view_header_lines(v, spec);

	return l->n ? l->p[0].text : STR_NULL;
}

/* A list may have taken the message up after that field was written. */
static bool after_received(struct view *v, struct str name)
{
	bool received = false;

	for (size_t i = 0; i < v->headers->v.n; i++) {
		if (received && str_ieq(v->headers->v.p[i].name, name))
			return true;
		received = received || str_ieq(v->headers->v.p[i].name, STR("Received"));
	}
	return false;
}

/* fetchmail takes X-Sender of a list for the sender of its own hand-over. */
static bool fetched_from_list(struct view *v)
{
	struct str sender = first_addr(v, STR("X-Sender:first:addr"));
	const struct view_lines *l;

	if (!sender.p || str_chr(sender, '@') == SIZE_MAX)
		return false;
	l = view_header_lines(v, STR("Received"));
	for (size_t i = 0; i < l->n; i++)
		if (str_find(l->p[i].text, STR("(fetchmail")) != SIZE_MAX)
			return true;
	return false;
}

static const struct {
	const char *name, *spec;
	bool last_word; /* nothing else is believed once it is there */
} sender_fields[] = {
	{ "X-Envelope-From", "X-Envelope-From:first:addr", true },
	{ "Envelope-Sender", "Envelope-Sender:first:addr", false },
	{ "Return-Path", "Return-Path:first:addr", false },
};

/* A message without its session: the sender that was given is only what stands in the file. */
static bool from_file(struct view *v)
{
	if (v->client && v->client->ip.family)
		return false;
	return !v->mail_from.n ||
	       str_ieq(v->mail_from, first_addr(v, STR("Return-Path:first:addr")));
}

static struct str work_out(struct view *v)
{
	struct str s = v->mail_from;

	if (s.p && !from_file(v))
		return s;
	s = view_relays_envelope(v);
	if (usable(s))
		return s;
	if (fetched_from_list(v))
		return STR_NULL;
	for (size_t i = 0; i < sizeof sender_fields / sizeof *sender_fields; i++) {
		s = first_addr(v, str_c(sender_fields[i].spec));
		if (!s.p)
			continue;
		if (!after_received(v, str_c(sender_fields[i].name)))
			return s;
		if (sender_fields[i].last_word)
			break;
	}
	return STR_NULL;
}

struct str view_envelope_from(struct view *v)
{
	if (!v->head->has_envelope) {
		v->head->envelope = work_out(v);
		v->head->has_envelope = true;
	}
	return v->head->envelope;
}
