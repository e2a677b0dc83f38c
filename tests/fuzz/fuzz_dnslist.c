/* Any answers of lists to what any message asks. The first line goes on with the line of a list,
 * the second is codes, the third makes the answers; then header and body. */
#include "checks/dnslist/desk.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "scan/setup.h"

#define ANSWER_RRS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void nothing(const struct judge *j, struct scan *s)
{
	(void)j;
	(void)s;
}

static void fault(void *arg, const char *line)
{
	(void)arg;
	bug("%s", line);
}

/* ---- answers to order ---- */

struct script {
	struct resolver resolver; /* first */
	struct arena *a;
	struct str octets;
	size_t at;
	struct resolver_stats stats;
};

static uint8_t next(struct script *r)
{
	return r->octets.n ? (uint8_t)r->octets.p[r->at++ % r->octets.n] : 0;
}

static const struct dns_answer *answer(struct resolver *face, const char *name, int type,
				       uint64_t deadline, resolver_fn *fn, void *arg,
				       struct resolver_query **q)
{
	struct script *r = (struct script *)face;
	struct resolver_answer *out = ARENA_NEW(r->a, struct resolver_answer);
	struct dns_rr *rr = ARENA_ARRAY(r->a, struct dns_rr, ANSWER_RRS);
	unsigned how = next(r);

	(void)deadline;
	(void)fn;
	(void)arg;
	(void)q;
	if (!name[0] || !type)
		__builtin_trap();
	out->ops = r->resolver.ops;
	out->dns = (struct dns_answer){ .status = (enum dns_status)(how % 5), .rr = rr };
	if (out->dns.status != DNS_OK)
		return &out->dns;
	out->dns.n = 1 + (how >> 4) % ANSWER_RRS;
	for (size_t i = 0; i < out->dns.n; i++) {
		size_t len = how & 8 ? next(r) % 20 : 4;
		char *p = arena_alloc(r->a, len + 1);
		for (size_t k = 0; k < len; k++)
			p[k] = k == 0 && (how & 128) ? 127 : (char)next(r);
		rr[i].data = str_of(p, len);
	}
	return &out->dns;
}

static void put(const struct dns_answer *a)
{
	(void)a;
}

static const struct resolver_stats *stats(const struct resolver *face)
{
	return &((const struct script *)face)->stats;
}

/* ---- a message ---- */

static void feed(struct scan *s, struct str text)
{
	while (text.n) {
		struct str line = str_cut(&text, '\n'), name;

		if (!line.n)
			break;
		name = str_cut(&line, ':');
		if (name.n)
			scan_header(s, name, line);
	}
	scan_eoh(s);
	scan_body(s, text);
}

/* What is listed is an address of 127.0.0.0/8 and no refusal, and of a list that lies nothing is.
 */
static void check_hits(const struct scan *s)
{
	const struct dnslist_desk *d = dnslist_desk(s);

	if (!d || d->asked > DNSLIST_MAX_QUERIES || scan_dns_count(s) > SCAN_MAX_QUERIES)
		__builtin_trap();
	for (size_t i = 0; i < d->hits.n; i++) {
		const struct dnslist_hit *h = &d->hits.p[i];
		if (!h->n && !h->refusal)
			__builtin_trap();
		for (size_t k = 0; k < h->n && h->seat->zone->type == DNS_A; k++)
			if (h->rr[k].data.n != 4 || h->rr[k].data.p[0] != 127 ||
			    dnslist_codes_fit(STR(DNSLIST_REFUSED), DNS_A, &h->rr[k]) ||
			    dnslist_codes_fit(h->seat->zone->refused, DNS_A, &h->rr[k]))
				__builtin_trap();
	}
}

static void done(void *arg, struct scan *s)
{
	const struct predicate *p = check_dnslist.predicates;
	struct predicate_arg with[3] = {
		{ .text = STR("l") },
		{ .text = STR("client,received,helo,mailfrom,from,replyto,dkim,url,urlhost,urlip,"
			      "fromaddr,replyaddr,bodyaddr,urlhash") },
		{ .text = *(struct str *)arg }
	};

	check_hits(s);
	for (; p->name; p++) {
		struct str evidence = STR_NULL;
		bool holds = p->test(s, with, 3, &evidence);
		if (holds && !evidence.n)
			__builtin_trap();
	}
}

static struct scan_setup *setup_with(struct arena *a, struct judge *j, struct str stanza)
{
	static const struct check *const checks[] = { &check_dnslist, &check_dnslist_ask, NULL };
	static const struct conf_opt *const tables[] = { scan_options, dnslist_options, NULL };
	struct stanza *line = ARENA_ARRAY(a, struct stanza, 2);
	struct scan_setup *setup;
	struct err e;

	line[0] = (struct stanza){ STR("dnslist"),
				   STR("l zone=l.test v6=nibble scopes=client,received,helo,"
				       "mailfrom,from,replyto,dkim,url,urlhost,urlip"),
				   "f", 1 };
	line[1] = (struct stanza){ STR("dnslist"), arena_printf(a, "l %.*s", STR_ARG(stanza)), "f",
				   2 };
	if (scan_setup_new(a, conf_load_text(a, "c", STR(""), tables, fault, NULL), checks, &setup,
			   &e) < 0)
		bug("%s", e.text);
	j->stanza = line;
	j->nstanzas = 2;
	if (scan_setup_judge(setup, j, &e) >= 0)
		return setup;
	j->nstanzas = 1; /* the line is none */
	if (scan_setup_judge(setup, j, &e) < 0)
		bug("%s", e.text);
	return setup;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct resolver_ops ops = { .ask = answer, .put = put, .stats = stats };
	struct str in = str_of((const char *)data, n), stanza = str_cut(&in, '\n'),
		   codes = str_cut(&in, '\n'), octets = str_cut(&in, '\n');
	struct arena *a = arena_new(0);
	struct predicate_arg arg[2] = { { .text = STR("l") },
					{ .text = STR("client,received,helo,mailfrom,from,"
						      "replyto,dkim,url,urlhost,urlip,fromaddr,"
						      "replyaddr,bodyaddr,urlhash") } };
	struct rule_use use = { check_dnslist.predicates, arg, 2, .rule = STR("R"), .file = "f" };
	struct judge judge = { .run = nothing, .use = &use, .nuses = 1 };
	struct script script = { { &ops }, a, octets, 0, { 0 } };
	struct scan_client client = { .profile = STR("inbound"), .ip = { 4, { 20, 0, 0, 7 } } };
	struct scan_env env = { .loop = loop_new(),
				.crypto = crypto_new(),
				.resolver = &script.resolver,
				.now = 1700000000 };
	struct scan *s;

	env.setup = setup_with(a, &judge, stanza);
	s = scan_new(&env, &client, 0);
	scan_helo(s, str_sub(in, 0, 40));
	scan_mail(s, STR("<a@b.example>"));
	scan_rcpt(s, STR("<b@here.test>"));
	feed(s, in);
	scan_eom(s, done, &codes);
	scan_free(s);
	crypto_free(env.crypto);
	loop_free(env.loop);
	arena_free(a);
	return 0;
}
