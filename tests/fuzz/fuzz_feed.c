/* Readers of feeds, and look-ups in sets whose octets are anything. */
#include <stdlib.h>

#include "feed/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct feed_set *s, struct str text)
{
	struct arena *a = arena_new(0);
	struct feed_url u, again;
	struct ip ip = { .family = text.n % 2 ? 4 : 6 };

	memcpy(ip.b, text.p, text.n < sizeof ip.b ? text.n : sizeof ip.b);
	feed_has_ip(s, &ip);
	feed_has_host(s, text);
	feed_has_address(s, text);
	feed_has_digest(s, (const uint8_t *)text.p, text.n);
	if (feed_url_read(a, text, &u)) {
		feed_has_url(s, &u);
		if (u.authority > u.path || u.path > u.key.n || !u.host.n)
			abort();
		if (u.key.n <= FEED_MAX_URL && str_chr(u.host, ':') == SIZE_MAX &&
		    (!feed_url_read(a, u.key, &again) || !str_eq(u.key, again.key)))
			abort();
	}
	arena_free(a);
}

static void read_feed(uint8_t how, struct str text)
{
	const struct feed_format f = { .form = (enum feed_form)(how & 3),
				       .kind = (enum feed_kind)((how >> 2) % 6),
				       .column = 1 + (how >> 7),
				       .separator = ',' };
	struct feed_counts c;
	struct feed_set *s;
	struct err e;
	size_t n;
	void *p = feed_compile(text, &f, &n, &c, &e);

	if (!p)
		return;
	s = feed_of(p, n, &e);
	if (!s || feed_entries(s) != c.entries)
		abort();
	ask(s, text);
	feed_close(s);
	free(p);
}

/* As it is, and with its sum and sizes put right. */
static void read_set(struct str octets)
{
	size_t n = octets.n < sizeof(struct set_head) ? sizeof(struct set_head) : octets.n;
	struct set_head *h = calloc(1, n);
	struct feed_set *s;
	struct err e;

	if (!h)
		return;
	memcpy(h, octets.p, octets.n);
	feed_close(feed_of(h, octets.n, &e));
	memcpy(h->magic, SET_MAGIC, sizeof h->magic);
	h->order = SET_ORDER;
	h->n = (n - sizeof *h) / 12;
	if (h->n) {
		n = set_size((size_t)h->n);
		h->seal = set_seal(h, n);
		s = feed_of(h, n, &e);
		if (s)
			ask(s, str_sub(octets, octets.n / 2, 64));
		feed_close(s);
	}
	free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;

	if (size < 1)
		return 0;
	text = str_of((const char *)data + 1, size - 1);
	if (data[0] == 255)
		read_set(text);
	else
		read_feed(data[0], text);
	return 0;
}
