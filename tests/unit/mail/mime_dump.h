/* A message read as MIME, and its parts as lines of text to compare. */
#ifndef TESTS_UNIT_MAIL_MIME_DUMP_H
#define TESTS_UNIT_MAIL_MIME_DUMP_H

#include "base/buf.h"
#include "mail/mime/mime.h"
#include "mail/msg.h"

/* The message, its body pushed whole (cut SIZE_MAX), in two pieces, or (cut 0) octet by octet. */
static struct mime *mime_dump_read(struct arena *a, struct str message, size_t max_kept, size_t cut)
{
	struct hdr_list *h = arena_alloc(a, sizeof *h);
	struct str body = STR(""), fields = message;
	size_t blank = str_find(message, STR("\n\n"));
	struct mime *m;

	if (blank != SIZE_MAX) {
		fields = str_sub(message, 0, blank + 1);
		body = str_skip(message, blank + 2);
	}
	hdr_init(h, a);
	for (struct msg_reader *r = msg_new(a, h, NULL, NULL); r; r = NULL) {
		msg_feed(r, fields);
		msg_end(r);
	}
	m = mime_new(a, h, max_kept);
	if (cut == 0) {
		for (size_t i = 0; i < body.n; i++)
			mime_push(m, str_sub(body, i, 1));
	} else {
		mime_push(m, str_sub(body, 0, cut));
		mime_push(m, str_skip(body, cut));
	}
	mime_end(m);
	return m;
}

static void mime_dump_flags(struct buf *b, unsigned flags)
{
	for (unsigned i = 0; i < 32; i++)
		if (flags & 1u << i)
			buf_addf(b, " %s", mime_flag_name(1u << i));
}

/* A line a part: path type "name" [data] flags. Line ends show as "|". */
static struct str mime_dump(struct arena *a, struct mime *m)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];
		struct str data = mime_data(m, i);

		buf_addf(&b, "%.*s %.*s/%.*s", STR_ARG(p->path), STR_ARG(p->type),
			 STR_ARG(p->subtype));
		if (p->name.p)
			buf_addf(&b, " \"%.*s\"", STR_ARG(p->name));
		if (p->other_name.p)
			buf_addf(&b, " or \"%.*s\"", STR_ARG(p->other_name));
		buf_add(&b, STR(" ["));
		for (size_t k = 0; !p->multipart && k < data.n; k++)
			if (data.p[k] != '\r')
				buf_addc(&b, data.p[k] == '\n' ? '|' : data.p[k]);
		buf_addc(&b, ']');
		mime_dump_flags(&b, p->flags);
		buf_addc(&b, '\n');
	}
	return buf_str(&b);
}

#endif
