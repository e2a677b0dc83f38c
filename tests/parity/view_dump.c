/*
 * Prints how we see messages, one JSON object a line with the names of dump_sa.pl, for views.py.
 * Usage: view_dump [--time] < names of files. --time: nothing is printed but the milliseconds that
 * a message takes for body, rawbody and full.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "mail/msg.h"
#include "mail/view/view_priv.h"

#define MAX_FILE (64u * 1024u * 1024u)

static const char *const mime_names[] = { "Content-Type", "Content-Disposition:raw" };

static void text(struct str s)
{
	if (!s.p) {
		fputs("null", stdout);
		return;
	}
	putchar('"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void name(const char *key)
{
	printf(",\"%s\":", key);
}

static void lines(const struct view_lines *l)
{
	putchar('[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			putchar(',');
		text(l->p[i].text);
	}
	putchar(']');
}

static void html_texts(const struct sahtml *h, const char *key)
{
	size_t n;
	const struct str *t = view_html_texts(h, str_c(key), &n);

	printf(",\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		if (i)
			putchar(',');
		text(t[i]);
	}
	putchar(']');
}

static int by_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t least = x->n < y->n ? x->n : y->n;
	int order = least ? memcmp(x->p, y->p, least) : 0;

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* "types uri text/text", in order. */
static void links(struct arena *a, const struct sahtml *h)
{
	size_t n;
	const struct view_html_uri *u = sahtml_uris(h, &n);
	struct str *all = ARENA_ARRAY(a, struct str, n + 1);

	for (size_t i = 0; i < n; i++) {
		struct buf b = { .arena = a };
		struct str type[VIEW_HTML_TYPES];
		size_t types = 0;

		for (unsigned bit = 1; bit < 1u << VIEW_HTML_TYPES; bit <<= 1)
			if (u[i].types & bit)
				type[types++] = str_c(view_html_type_name(bit));
		qsort(type, types, sizeof *type, by_text);
		for (size_t k = 0; k < types; k++) {
			if (k)
				buf_addc(&b, ',');
			buf_add(&b, type[k]);
		}
		buf_addc(&b, ' ');
		buf_add(&b, u[i].uri);
		buf_addc(&b, ' ');
		for (size_t k = 0; k < u[i].anchors.n; k++) {
			if (k)
				buf_addc(&b, '/');
			buf_add(&b, u[i].anchors.p[k]);
		}
		all[i] = buf_str(&b);
	}
	qsort(all, n, sizeof *all, by_text);
	fputs(",\"links\":[", stdout);
	for (size_t i = 0; i < n; i++) {
		if (i)
			putchar(',');
		text(all[i]);
	}
	putchar(']');
}

static void html_facts(struct arena *a, const struct sahtml *h)
{
	putchar('{');
	for (size_t i = 0, n = 0; view_html_facts[i]; i++) {
		double value;

		if (view_html_fact(h, str_c(view_html_facts[i]), &value))
			printf("%s\"%s\":\"%.15g\"", n++ ? "," : "", view_html_facts[i], value);
	}
	html_texts(h, "title");
	html_texts(h, "comment");
	links(a, h);
	putchar('}');
}

static void print(struct view *v, const char *file)
{
	printf("{\"file\":\"%s\"", file);
	name("body");
	lines(view_body(v));
	name("rawbody");
	lines(view_rawbody(v));
	name("full");
	text(view_full(v)->p[0].text);
	name("visible");
	text(view_body_visible(v));
	name("invisible");
	text(view_body_invisible(v));
	name("html");
	putchar('[');
	for (size_t i = 0; i < view_html_parts(v); i++) {
		if (i)
			putchar(',');
		html_facts(v->arena, view_html_part(v, i));
	}
	putchar(']');
	name("mimeheader");
	putchar('{');
	for (size_t i = 0; i < sizeof mime_names / sizeof *mime_names; i++) {
		printf("%s\"%s\":", i ? "," : "", mime_names[i]);
		lines(view_mimeheader(v, str_c(mime_names[i])));
	}
	puts("}}");
}

struct sink {
	struct arena *a;
	struct hdr_list headers;
	struct mime *mime;
};

static void on_body(void *arg, struct str octets)
{
	struct sink *s = arg;

	if (!s->mime)
		s->mime = mime_new(s->a, &s->headers, 0);
	mime_push(s->mime, octets);
}

static struct view *read_message(struct arena *a, struct str file)
{
	struct sink *s = ARENA_NEW(a, struct sink);
	struct content *c = ARENA_NEW(a, struct content);
	struct msg_reader *r;

	s->a = a;
	hdr_init(&s->headers, a);
	r = msg_new(a, &s->headers, on_body, s);
	msg_feed(r, file);
	msg_end(r);
	on_body(s, STR(""));
	mime_end(s->mime);
	c->arena = a;
	c->mime = s->mime;
	return view_new(a, NULL, &s->headers, c, NULL, STR_NULL);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double timed(struct view *v)
{
	double start = now();

	view_body(v);
	view_rawbody(v);
	view_full(v);
	return now() - start;
}

int main(int argc, char **argv)
{
	bool times = argc > 1 && strcmp(argv[1], "--time") == 0;
	double ms = 0, worst = 0;
	size_t n = 0;
	char line[4096];

	while (fgets(line, sizeof line, stdin)) {
		struct arena *a = arena_new(65536);
		struct str file;
		struct err e = { 0 };
		struct view *v;

		line[strcspn(line, "\n")] = '\0';
		if (file_read(a, line, MAX_FILE, &file, &e) < 0) {
			fprintf(stderr, "%s: cannot be read\n", line);
			return 2;
		}
		v = read_message(a, file);
		if (times) {
			double one = timed(v);

			ms += one;
			worst = one > worst ? one : worst;
		} else {
			print(v, line);
		}
		n++;
		arena_free(a);
	}
	if (times)
		printf("%zu messages, %.3f ms on average, %.3f at worst\n", n,
		       n ? ms / (double)n : 0, worst);
	return 0;
}
