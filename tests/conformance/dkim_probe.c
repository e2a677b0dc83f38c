/*
 * Verifies DKIM and ARC for the conformance runners. Each line of input is
 * "NOW <TAB> FROM-DOMAIN <TAB> L-POLICY <TAB> ZONE-FILE <TAB> MESSAGE-FILE"; each gives one line of
 * JSON. Every message is verified with answers at once and, in small pieces, with answers in
 * rounds; a difference between the two ends the run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/arc/arc.h"
#include "auth/dkim/dkim.h"
#include "base/buf.h"
#include "base/err.h"
#include "lib/zone.h"
#include "mail/msg.h"

struct job {
	int64_t now;
	struct str from;
	enum dkim_l_policy l_policy;
	struct zone *zone;
	struct str message;
};

struct run {
	struct arena *arena;
	struct body_hash *body;
	struct hdr_list headers;
	struct dkim *dkim;
	struct arc *arc;
	const struct job *job;
	struct crypto *crypto;
	struct buf early; /* body octets that came before the headers were known to be complete */
};

static void add_body(void *arg, struct str octets)
{
	struct run *r = arg;

	if (r->dkim)
		body_hash_feed(r->body, octets);
	else
		buf_add(&r->early, octets);
}

static void begin(struct run *r)
{
	struct dkim_request req = { .headers = &r->headers,
				    .from_domain = r->job->from,
				    .now = r->job->now,
				    .l_policy = r->job->l_policy };

	r->dkim = dkim_new(r->arena, r->crypto, r->body, &req);
	r->arc = arc_new(r->arena, r->crypto, r->body, &r->headers, r->job->now);
	if (r->early.n)
		body_hash_feed(r->body, buf_str(&r->early));
}

static void feed(struct run *r, size_t piece)
{
	struct msg_reader *m = msg_new(r->arena, &r->headers, add_body, r);
	struct str rest = r->job->message;

	while (rest.n) {
		msg_feed(m, str_sub(rest, 0, piece));
		rest = str_skip(rest, piece);
		if (!r->dkim && msg_in_body(m))
			begin(r);
	}
	msg_end(m);
	if (!r->dkim)
		begin(r);
	body_hash_end(r->body);
}

static void verify(struct run *r, enum zone_mode mode, struct dkim_result *dkim,
		   struct arc_result *arc)
{
	struct dns *dns = zone_dns(r->job->zone, mode);

	dkim_prefetch(r->dkim, dns);
	arc_prefetch(r->arc, dns);
	while (dkim_verify(r->dkim, dns, dkim) == AUTH_WAIT)
		if (!zone_round(r->job->zone))
			bug("dkim_verify waits for nothing");
	while (arc_verify(r->arc, dns, arc) == AUTH_WAIT)
		if (!zone_round(r->job->zone))
			bug("arc_verify waits for nothing");
	if (zone_rounds(r->job->zone) > 1)
		bug("prefetch missed a key");
}

static void add_json(struct buf *out, const char *key, struct str s)
{
	buf_addf(out, "\"%s\":", key);
	if (!s.p) {
		buf_add(out, STR("null,"));
		return;
	}
	buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 32 || c > 126 || c == '"' || c == '\\')
			buf_addf(out, "\\u%04x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_add(out, STR("\","));
}

static void add_sig(struct buf *out, const struct dkim_sig *s)
{
	add_json(out, "result", str_c(auth_word(s->result)));
	add_json(out, "domain", s->domain);
	add_json(out, "selector", s->selector);
	add_json(out, "identity", s->identity);
	add_json(out, "algorithm", str_c(s->algorithm));
	add_json(out, "b", s->b8);
	add_json(out, "reason", s->reason);
	buf_addf(out, "\"key_bits\":%u,\"dmarc_ok\":%s,\"partial\":%s,\"unsigned\":%u", s->key_bits,
		 s->dmarc_ok ? "true" : "false", s->partial ? "true" : "false", s->unsigned_fields);
}

static struct str run(const struct job *job, struct crypto *c, struct arena *a, enum zone_mode mode,
		      size_t piece)
{
	struct run r = { .arena = a, .job = job, .crypto = c, .early = { .arena = a } };
	struct buf out = { .arena = a };
	struct dkim_result dkim;
	struct arc_result arc;

	hdr_init(&r.headers, a);
	r.body = body_hash_new(a, c);
	feed(&r, piece);
	verify(&r, mode, &dkim, &arc);
	buf_add(&out, STR("{\"dkim\":["));
	for (size_t i = 0; i < dkim.n; i++) {
		buf_add(&out, i ? STR(",{") : STR("{"));
		add_sig(&out, &dkim.sig[i]);
		buf_addc(&out, '}');
	}
	buf_add(&out, STR("],\"arc\":{"));
	add_json(&out, "result", str_c(auth_word(arc.code)));
	add_json(&out, "reason", arc.reason);
	buf_addf(&out, "\"instances\":%u,\"oldest_pass\":%d,\"temporary\":%s}}", arc.instances,
		 arc.oldest_pass, arc.temporary ? "true" : "false");
	return buf_str(&out);
}

static struct str read_file(struct arena *a, const char *path)
{
	struct buf b = { .arena = a };
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		bug("cannot read %s", path);
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.n += n;
	fclose(f);
	return buf_str(&b);
}

static void do_line(struct crypto *c, struct str line)
{
	struct arena *a = arena_new(65536);
	struct job job = { 0 };
	struct err e;
	uint64_t n;
	struct str now, rounds;

	if (!str_u64(str_cut(&line, '\t'), INT64_MAX, &n))
		bug("no NOW");
	job.now = (int64_t)n;
	job.from = str_cut(&line, '\t');
	if (!str_u64(str_cut(&line, '\t'), DKIM_L_FAIL, &n))
		bug("no L-POLICY");
	job.l_policy = (enum dkim_l_policy)n;
	job.zone = zone_new();
	if (zone_load(job.zone, arena_cstr(a, str_cut(&line, '\t')), &e) != 0)
		bug("%s", e.text);
	job.message = read_file(a, arena_cstr(a, line));
	now = run(&job, c, a, ZONE_NOW, SIZE_MAX);
	rounds = run(&job, c, a, ZONE_ROUNDS, 7);
	if (!str_eq(now, rounds))
		bug("rounds differ: %.*s / %.*s", STR_ARG(now), STR_ARG(rounds));
	printf("%.*s\n", STR_ARG(now));
	zone_free(job.zone);
	arena_free(a);
}

int main(void)
{
	struct crypto *c = crypto_new();
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0)
		do_line(c, str_trim(str_of(line, (size_t)n)));
	free(line);
	crypto_free(c);
	return 0;
}
