/*
 * Signs and seals for the conformance runners, with the functions that the daemon uses. A line of
 * input holds "name=value" words between tabs: do (dkim or arc), key (a PEM file), d, s, c, t, x,
 * i, file (the message), and for arc zone (of the chain's keys), srv (authserv-id), h (names, as
 * they are, and the form of the public suite; else the default plan), results (else those of the
 * message), before (the message as it was when it was verified; else as it is). Each gives one line
 * of JSON: {"fields": [[name, value], ...]}, to be put on top of the message in this order, or
 * {"why": why not}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "auth/arc/seal.h"
#include "auth/dkim/sign.h"
#include "base/err.h"
#include "lib/sign.h"
#include "lib/zone.h"
#include "mail/msg.h"

#define PLAN_MAX 64u

struct job {
	struct arena *arena;
	struct crypto *crypto;
	struct str line;
	struct signer *key;
	struct hdr_list headers;
	struct buf body;
	enum canon head, canon;
	int64_t t, x;
};

static struct str word(const struct job *j, const char *name)
{
	struct str rest = j->line;

	while (rest.p) {
		struct str value = str_cut(&rest, '\t'), key = str_cut(&value, '=');

		if (str_eq(key, str_c(name)))
			return value;
	}
	return STR_NULL;
}

static int64_t number(const struct job *j, const char *name)
{
	struct str s = word(j, name);
	uint64_t n = 0;

	if (s.p && !str_u64(s, INT64_MAX, &n))
		bug("bad %s=", name);
	return (int64_t)n;
}

static void add_body(void *arg, struct str octets)
{
	struct job *j = arg;

	buf_add(&j->body, octets);
}

static void read_message(struct job *j, struct str file)
{
	struct buf b = { .arena = j->arena };
	char *path = arena_cstr(j->arena, file);
	FILE *f = fopen(path, "rb");
	struct msg_reader *m;
	size_t n;

	if (!f)
		bug("cannot read %s", path);
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.n += n;
	fclose(f);
	hdr_init(&j->headers, j->arena);
	j->body = (struct buf){ .arena = j->arena };
	m = msg_new(j->arena, &j->headers, add_body, j);
	msg_feed(m, buf_str(&b));
	msg_end(m);
}

static struct str body_digest_of(struct job *j)
{
	struct body_hash *b = body_hash_new(j->arena, j->crypto);
	struct body_want *w = body_hash_want(b, HASH_SHA256, j->canon, BODY_NO_LIMIT);

	body_hash_feed(b, buf_str(&j->body));
	body_hash_end(b);
	return body_digest(w);
}

/* ---- JSON ---- */

static void add_text(struct buf *out, struct str s)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 32 || c > 126 || c == '"' || c == '\\')
			buf_addf(out, "\\u%04x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, '"');
}

static void add_field(struct buf *out, const char *before, const char *name, struct str value)
{
	buf_addf(out, "%s[\"%s\",", before, name);
	add_text(out, value);
	buf_addc(out, ']');
}

static void add_why(struct buf *out, const char *why)
{
	buf_addf(out, "{\"why\":\"%s\"}", why);
}

/* ---- what is done ---- */

static void do_dkim(struct job *j, struct buf *out)
{
	struct dkim_sign_request req = {
		.headers = &j->headers,
		.plan = &dkim_plan_default,
		.domain = word(j, "d"),
		.selector = word(j, "s"),
		.identity = word(j, "i"),
		.type = signer_type(j->key),
		.head = j->head,
		.body = j->canon,
		.body_digest = body_digest_of(j),
		.t = j->t,
		.x = j->x,
	};
	struct dkim_draft d;

	if (!dkim_draft(j->arena, j->crypto, &req, &d)) {
		add_why(out, "no signature would verify");
		return;
	}
	add_field(out, "{\"fields\":[", "DKIM-Signature",
		  dkim_sign_value(j->arena, &d, signer_sign(j->arena, j->key, d.digest)));
	buf_add(out, STR("]}"));
}

/* Of the message as it came in. */
static void verify_chain(const struct job *out, struct arc_result *res)
{
	struct job in = *out, *j = &in;
	struct body_hash *b = body_hash_new(j->arena, j->crypto);
	struct arc *x;
	struct zone *zone = zone_new();
	struct err e;

	if (word(j, "before").p)
		read_message(j, word(j, "before"));
	x = arc_new(j->arena, j->crypto, b, &j->headers, j->t);
	if (zone_load(zone, arena_cstr(j->arena, word(j, "zone")), &e) != 0)
		bug("%s", e.text);
	body_hash_feed(b, buf_str(&j->body));
	body_hash_end(b);
	if (arc_verify(x, zone_dns(zone, ZONE_NOW), res) != AUTH_DONE)
		bug("arc_verify waits");
	zone_free(zone);
}

static void read_plan(struct str h, struct dkim_plan_name *name, struct dkim_plan *plan)
{
	size_t n = 0;

	while (h.p && n < PLAN_MAX)
		name[n++] = (struct dkim_plan_name){ str_cut(&h, ':'), false };
	*plan = (struct dkim_plan){ n, name };
}

static void do_arc(struct job *j, struct buf *out)
{
	struct arc_result chain;
	struct dkim_plan_name name[PLAN_MAX];
	struct dkim_plan plan = dkim_plan_default;
	struct arc_seal_request req = {
		.headers = &j->headers,
		.chain = &chain,
		.domain = word(j, "d"),
		.selector = word(j, "s"),
		.type = signer_type(j->key),
		.head = j->head,
		.body = j->canon,
		.body_digest = body_digest_of(j),
		.plan = &plan,
		.results = word(j, "results"),
		.t = j->t,
		.plain = word(j, "h").p != NULL,
	};
	struct arc_set_fields set;
	struct arc_draft *d;
	struct str signature;
	const char *why;

	verify_chain(j, &chain);
	if (req.plain)
		read_plan(word(j, "h"), name, &plan);
	if (!req.results.p)
		req.results = arc_results_of(j->arena, &j->headers, word(j, "srv"));
	d = arc_draft_new(j->arena, j->crypto, &req, &why);
	if (!d) {
		add_why(out, why);
		return;
	}
	signature = signer_sign(j->arena, j->key, arc_draft_message(d));
	signature = signer_sign(j->arena, j->key, arc_draft_seal(d, signature));
	set = arc_draft_finish(d, signature);
	add_field(out, "{\"fields\":[", "ARC-Seal", set.seal);
	add_field(out, ",", "ARC-Message-Signature", set.ams);
	add_field(out, ",", "ARC-Authentication-Results", set.aar);
	buf_add(out, STR("]}"));
}

static void do_line(struct crypto *c, struct str line)
{
	struct job j = { .arena = arena_new(65536), .crypto = c, .line = line };
	struct buf out = { .arena = j.arena };
	struct str canon = word(&j, "c");

	j.key = signer_load(j.arena, arena_cstr(j.arena, word(&j, "key")));
	j.head = str_starts(canon, STR("simple")) ? CANON_SIMPLE : CANON_RELAXED;
	j.canon = str_iends(canon, STR("/simple")) ? CANON_SIMPLE : CANON_RELAXED;
	j.t = number(&j, "t");
	j.x = number(&j, "x");
	read_message(&j, word(&j, "file"));
	if (str_eq(word(&j, "do"), STR("arc")))
		do_arc(&j, &out);
	else
		do_dkim(&j, &out);
	printf("%.*s\n", STR_ARG(buf_str(&out)));
	fflush(stdout);
	arena_free(j.arena);
}

int main(void)
{
	struct crypto *c = crypto_new();
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0)
		do_line(c, str_of(line, (size_t)n - (line[n - 1] == '\n')));
	free(line);
	crypto_free(c);
	return 0;
}
