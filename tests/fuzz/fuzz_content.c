/* Fuzz target: a whole message, everything that is read out of it. */
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "mail/content.h"
#include "mail/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_body(void *arg, struct str octets)
{
	buf_add(arg, octets);
}

static void check(struct content *c)
{
	const url_vec *urls = content_urls(c);
	const content_file_vec *files = content_files(c);

	if (!utf8_valid(content_visible(c)) || !utf8_valid(content_hidden(c)))
		bug("a text that is no UTF-8");
	if (urls->n > URL_MAX_KEPT || urls->n > content_urls_found(c))
		bug("links without end");
	for (size_t i = 0; i < urls->n; i++)
		if (urls->p[i].parent != UINT32_MAX && urls->p[i].parent >= i)
			bug("a link before the one that it stands in");
	for (size_t i = 0; i < files->n; i++)
		if (!files->p[i].type || files->p[i].part >= c->mime->parts.n)
			bug("a file of nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct buf body = { .arena = a };
	struct hdr_list headers;
	struct msg_reader *r;
	struct content *c;

	hdr_init(&headers, a);
	r = msg_new(a, &headers, take_body, &body);
	msg_feed(r, str_of((const char *)data, size));
	msg_end(r);
	c = content_new(a, NULL, &headers);
	content_push(c, buf_str(&body));
	content_end(c);
	check(c);
	arena_free(a);
	return 0;
}
