/* Raw messages to features: the same readers as a scan has, without a scan. */
#include "learn/features_message.h"

#include "mail/msg.h"

struct reading {
	struct arena *arena;
	struct hdr_list headers;
	struct content *content; /* NULL: still in the header block */
	char *head;
	size_t nhead;
};

static void begin_body(struct reading *r)
{
	if (!r->content)
		r->content = content_new(r->arena, NULL, &r->headers);
}

static void take_body(void *arg, struct str octets)
{
	struct reading *r = arg;
	struct str head = str_sub(octets, 0, FEATURES_RAW - r->nhead);

	begin_body(r);
	if (head.n)
		memcpy(r->head + r->nhead, head.p, head.n);
	r->nhead += head.n;
	content_push(r->content, octets);
}

static void read_message(struct reading *r, struct arena *a, struct str octets)
{
	struct msg_reader *reader;

	*r = (struct reading){ .arena = a, .head = arena_alloc(a, FEATURES_RAW) };
	hdr_init(&r->headers, a);
	reader = msg_new(a, &r->headers, take_body, r);
	msg_feed(reader, octets);
	msg_end(reader);
	begin_body(r);
	content_end(r->content);
}

void features_of_octets(struct arena *a, struct hash_key key, struct str octets,
			struct features *out)
{
	struct reading r;

	read_message(&r, a, octets);
	features_read(a, key, &r.headers, r.content, str_of(r.head, r.nhead), out);
}

void learn_event_read(struct arena *a, struct hash_key key, struct str octets,
		      struct learn_event *out)
{
	struct reading r;

	read_message(&r, a, octets);
	features_read(a, key, &r.headers, r.content, str_of(r.head, r.nhead), &out->f);
	near_read(a, key, r.content, &out->near);
	if (!pyzor_digest_content(a, &r.headers, r.content, out->pyzor))
		out->pyzor[0] = '\0';
}
