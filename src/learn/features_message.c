/* Raw messages to features: the same readers as a scan has, without a scan. */
#include "learn/features_message.h"

#include "mail/msg.h"

struct reading {
	struct arena *arena;
	struct features_message *m;
	char *head;
};

static void begin_body(struct reading *r)
{
	if (!r->m->content)
		r->m->content = content_new(r->arena, NULL, &r->m->headers);
}

static void take_body(void *arg, struct str octets)
{
	struct reading *r = arg;
	struct str head = str_sub(octets, 0, FEATURES_RAW - r->m->head.n);

	begin_body(r);
	if (head.n)
		memcpy(r->head + r->m->head.n, head.p, head.n);
	r->m->head.n += head.n;
	content_push(r->m->content, octets);
}

void features_message_read(struct arena *a, struct str octets, struct features_message *out)
{
	struct reading r = { .arena = a, .m = out, .head = arena_alloc(a, FEATURES_RAW) };
	struct msg_reader *reader;

	*out = (struct features_message){ .head = { r.head, 0 } };
	hdr_init(&out->headers, a);
	reader = msg_new(a, &out->headers, take_body, &r);
	msg_feed(reader, octets);
	msg_end(reader);
	begin_body(&r);
	content_end(out->content);
}

void features_of_octets(struct arena *a, struct hash_key key, struct str octets,
			struct features *out)
{
	struct features_message *m = ARENA_NEW(a, struct features_message);

	features_message_read(a, octets, m);
	features_read(a, key, &m->headers, m->content, m->head, out);
}
