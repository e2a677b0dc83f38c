/* Any message as SpamAssassin's rules would see it: every body view, every fact. */
#include <stdlib.h>

#include "unit/mail/view_sample.h"

#define MUST(c)                                                                                    \
	do {                                                                                       \
		if (!(c))                                                                          \
			abort();                                                                   \
	} while (0)

static size_t octets(struct str s)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

static size_t check(const struct view_lines *l, size_t longest)
{
	size_t sum = 0;

	for (size_t i = 0; i < l->n; i++) {
		MUST(l->p[i].text.n <= longest);
		sum += octets(l->p[i].text);
	}
	return sum;
}

static void html(struct view *v)
{
	for (size_t i = 0; i < view_html_parts(v); i++) {
		const struct sahtml *h = view_html_part(v, i);
		size_t n;

		for (size_t k = 0; view_html_facts[k]; k++) {
			double value = 0;

			if (view_html_fact(h, str_c(view_html_facts[k]), &value))
				MUST(value == value);
		}
		view_html_texts(h, STR("title"), &n);
		view_html_texts(h, STR("anchor"), &n);
		view_html_inside(h, STR("a"), &n);
		view_html_has_uri_of(h, STR("img"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct view *v = view_sample(a, str_of((const char *)data, size));
	size_t sum = check(view_body(v), 2049);
	sum += check(view_rawbody(v), 4096);
	sum += check(view_full(v), SIZE_MAX);
	sum += octets(view_body_visible(v)) + octets(view_body_invisible(v));
	sum += check(view_mimeheader(v, STR("Content-Type")), SIZE_MAX);
	sum += check(view_mimeheader(v, STR("ALL:raw")), SIZE_MAX);
	html(v);
	arena_free(a);
	MUST(sum < SIZE_MAX); /* every octet was read */
	return 0;
}
