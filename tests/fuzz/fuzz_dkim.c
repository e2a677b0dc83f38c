/*
 * Fuzzes DKIM and ARC verification of a message. The input is what DNS answers to every question
 * (status, then TXT texts, each ended by a 0 octet; an empty one ends them), then the message.
 * Nothing it can say may pass, since a fuzzer cannot sign (the seeds hold no good signature).
 */
#include <stdlib.h>

#include "auth/arc/arc.h"
#include "auth/dkim/dkim.h"
#include "base/buf.h"
#include "mail/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	struct dns dns;
	struct dns_answer answer;
	struct dns_rr rr[4];
	bool late; /* the next question is answered only when asked again */
};

static const struct dns_answer *ask(struct dns *dns, const char *name, int type)
{
	struct script *s = (struct script *)(void *)dns;

	if (type != DNS_TXT || strlen(name) > 253)
		abort();
	s->late = !s->late;
	return s->late ? NULL : &s->answer;
}

static void read_answer(struct script *s, struct str *in)
{
	s->dns.ask = ask;
	s->answer.rr = s->rr;
	if (in->n) {
		s->answer.status = (enum dns_status)((unsigned char)in->p[0] % (DNS_BOGUS + 1));
		*in = str_skip(*in, 1);
	}
	while (s->answer.n < 4 && in->p) {
		struct str txt = str_cut(in, '\0');

		if (!txt.n)
			break;
		s->rr[s->answer.n++].data = txt;
	}
	if (!s->answer.n && s->answer.status == DNS_OK)
		s->answer.status = DNS_NODATA;
}

static void add_body(void *arg, struct str octets)
{
	struct buf *b = arg;

	buf_add(b, octets);
}

static void check(bool good)
{
	if (!good)
		abort();
}

static void verify(struct crypto *c, struct arena *a, struct script *s, struct str message)
{
	struct hdr_list headers;
	struct buf octets = { .arena = a };
	struct msg_reader *m;
	struct body_hash *body = body_hash_new(a, c);
	struct dkim_request req = { .headers = &headers,
				    .from_domain = STR("example.com"),
				    .now = 1700000000,
				    .l_policy = DKIM_L_ACCEPT };
	struct dkim_result dkim;
	struct arc_result arc;
	struct dkim *d;
	struct arc *x;

	hdr_init(&headers, a);
	m = msg_new(a, &headers, add_body, &octets);
	msg_feed(m, message);
	msg_end(m);
	d = dkim_new(a, c, body, &req);
	x = arc_new(a, c, body, &headers, req.now);
	body_hash_feed(body, buf_str(&octets));
	body_hash_end(body);
	while (dkim_verify(d, &s->dns, &dkim) == AUTH_WAIT)
		;
	while (arc_verify(x, &s->dns, &arc) == AUTH_WAIT)
		;
	check(dkim.n == dkim.total);
	for (size_t i = 0; i < dkim.n; i++)
		check(dkim.sig[i].result != AUTH_NONE && dkim.sig[i].result != AUTH_PASS &&
		      !dkim.sig[i].dmarc_ok && dkim.sig[i].reason.n);
	check(arc.code == AUTH_NONE || arc.code == AUTH_FAIL);
	check(arc.instances <= ARC_MAX_SETS && arc.oldest_pass == -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct str in = str_of((const char *)data, size);
	struct script s = { 0 };
	struct arena *a = arena_new(0);

	if (!c)
		c = crypto_new();
	read_answer(&s, &in);
	if (in.p)
		verify(c, a, &s, in);
	arena_free(a);
	return 0;
}
