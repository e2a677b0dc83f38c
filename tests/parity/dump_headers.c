/*
 * Prints how we read the headers and links of each message file, in the form of
 * dump_sa_headers.pl, for compare_headers.py. Usage: dump_headers TLDS.cf FILE...
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "mail/msg.h"
#include "mail/view/view.h"

static const char *const specs[] = {
	"Subject",
	"Subject:raw",
	"From",
	"From:raw",
	"From:addr",
	"From:name",
	"From:name:raw",
	"From:addr:host",
	"From:addr:domain",
	"From:host",
	"From:domain",
	"To",
	"To:addr",
	"To:name",
	"To:raw",
	"ToCc",
	"ToCc:raw",
	"ToCc:addr",
	"Reply-To:addr",
	"Reply-To:name",
	"Cc:addr",
	"Received",
	"Received:raw",
	"Received:ip",
	"Message-ID",
	"Message-ID:host",
	"Message-ID:domain",
	"MESSAGEID",
	"MESSAGEID:raw",
	"Content-Type",
	"Content-Type:raw",
	"X-Mailer",
	"Date",
	"Return-Path:addr",
	"EnvelopeFrom",
	"EnvelopeFrom:first:addr:host",
	"List-Unsubscribe",
	"List-Id",
	"Sender:first:addr",
	"ALL",
	"ALL:raw",
	"ALL-TRUSTED",
	"ALL-TRUSTED:raw",
	"ALL-UNTRUSTED",
	"ALL-INTERNAL",
	"ALL-EXTERNAL",
	"X-Spam-Relays-Trusted",
	"X-Spam-Relays-Untrusted",
	"X-Spam-Relays-Internal",
	"X-Spam-Relays-External",
	"X-Spam-Relays-Untrusted:ip",
	"X-Spam-Relays-Untrusted:revip",
};

static void put(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c < 0x7f && c != '%')
			putchar(c);
		else
			printf("%%%02X", c);
	}
}

static void field(struct str s)
{
	putchar('\t');
	put(s);
}

static void dump_headers(struct view *v)
{
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct str s = view_header(v, str_c(specs[i]));
		if (!s.p)
			continue;
		printf("H\t%s", specs[i]);
		field(s);
		putchar('\n');
	}
	printf("N\tunparseable\t%zu\n", view_relays_unparseable(v));
}

static void dump_uris(struct view *v)
{
	const struct view_lines *all = view_uri(v);
	size_t n;
	const struct view_uri *d = view_uri_details(v, &n);

	for (size_t i = 0; i < n; i++) {
		printf("D");
		field(d[i].raw);
		field(d[i].type);
		putchar('\t');
		for (size_t k = 0; k < d[i].cleaned.n; k++) {
			if (k)
				putchar(' ');
			put(d[i].cleaned.p[k].text);
		}
		field(d[i].host);
		field(d[i].text);
		putchar('\n');
	}
	for (size_t i = 0; i < all->n; i++) {
		printf("U");
		field(all->p[i].text);
		putchar('\n');
	}
}

static void push_body(void *arg, struct str octets)
{
	content_push(arg, octets);
}

static void dump(const char *path, const struct view_env *env)
{
	static const struct content_env none;
	struct arena *a = arena_new(0);
	struct hdr_list h;
	struct content *c;
	struct msg_reader *r;
	struct view *v;
	struct str text;
	struct err e;

	hdr_init(&h, a);
	if (file_read(a, path, 64u << 20, &text, &e) < 0)
		return;
	c = content_new(a, &none, &h);
	r = msg_new(a, &h, push_body, c);
	msg_feed(r, text);
	msg_end(r);
	content_end(c);
	v = view_new(a, env, &h, c, NULL, STR_NULL);
	printf("F\t%s\n", path);
	dump_headers(v);
	dump_uris(v);
	arena_free(a);
}

/* The words of lines "util_rb_tld a b c" of a rule file. */
static void read_tlds(struct arena *a, const char *path, struct map *tlds[3])
{
	static const char *const names[3] = { "util_rb_tld", "util_rb_2tld", "util_rb_3tld" };
	struct str text;
	struct err e;

	if (file_read(a, path, 4u << 20, &text, &e) < 0)
		exit(2);
	while (text.p) {
		struct str line = str_cut(&text, '\n'), word = str_cut(&line, ' ');
		for (size_t k = 0; k < 3; k++)
			while (str_eq(word, str_c(names[k])) && line.p) {
				struct str w = str_cut(&line, ' ');
				if (w.n)
					map_put(tlds[k], w, tlds);
			}
	}
}

int main(int argc, char **argv)
{
	struct view_env env = { 0 };
	struct map *tlds[3];
	struct arena *a;
	char line[4096];

	if (argc < 3)
		return 0; /* nothing to show */
	a = arena_new(0);
	for (size_t k = 0; k < 3; k++)
		env.tlds[k] = tlds[k] = map_new(a, true);
	read_tlds(a, argv[1], tlds);
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "-"))
			dump(argv[i], &env);
		while (!strcmp(argv[i], "-") && fgets(line, sizeof line, stdin)) {
			line[strcspn(line, "\n")] = 0;
			dump(line, &env);
		}
	}
	arena_free(a);
	return 0;
}
