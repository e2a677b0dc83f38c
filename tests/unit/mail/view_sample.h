/* A view of a message that a test writes down. */
#ifndef TESTS_UNIT_MAIL_VIEW_SAMPLE_H
#define TESTS_UNIT_MAIL_VIEW_SAMPLE_H

#include "base/buf.h"
#include "mail/msg.h"
#include "mail/view/view.h"

struct view_sample {
	struct arena *a;
	struct hdr_list headers;
	struct mime *mime;
};

static inline void view_sample_body(void *arg, struct str octets)
{
	struct view_sample *s = arg;

	if (!s->mime)
		s->mime = mime_new(s->a, &s->headers, 0);
	mime_push(s->mime, octets);
}

/* The message's lines end in LF. */
static inline struct view *view_sample(struct arena *a, struct str message)
{
	struct view_sample *s = ARENA_NEW(a, struct view_sample);
	struct content *c = ARENA_NEW(a, struct content);
	struct msg_reader *r;

	s->a = a;
	hdr_init(&s->headers, a);
	r = msg_new(a, &s->headers, view_sample_body, s);
	msg_feed(r, message);
	msg_end(r);
	view_sample_body(s, STR(""));
	mime_end(s->mime);
	c->arena = a;
	c->mime = s->mime;
	return view_new(a, NULL, &s->headers, c, NULL, STR_NULL);
}

/* With From and the subject "S" above the fields that are given. */
static inline struct view *view_sample_of(struct arena *a, struct str fields, struct str body)
{
	struct buf b = { .arena = a };

	buf_add(&b, STR("From: a@b.example\nSubject: S\n"));
	buf_add(&b, fields);
	buf_addc(&b, '\n');
	buf_add(&b, body);
	return view_sample(a, buf_str(&b));
}

static inline struct str view_sample_join(struct arena *a, const struct view_lines *l)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < l->n; i++)
		buf_add(&b, l->p[i].text);
	return buf_str(&b);
}

#endif
