/* The addresses of the host of a request: a number, the hosts file, or our resolver. */
#include "base/clock.h"
#include "io/http_priv.h"

static void add(struct http_call *c, const struct dns_rr *rr, int type)
{
	struct ip ip = { .family = type == DNS_A ? 4 : 6 };

	if (rr->data.n != (type == DNS_A ? 4u : 16u))
		return;
	memcpy(ip.b, rr->data.p, rr->data.n);
	c->ip[c->nips++] = ip_unmapped(ip);
}

/* What may not be connected to is left out here, and asked about again when it is connected to. */
static void addressed(struct http_call *c)
{
	size_t n = 0;

	http_resolve_cancel(c);
	for (size_t i = 0; i < c->nips; i++)
		if (!c->request.may_connect || c->request.may_connect(c->request.arg, &c->ip[i]))
			c->ip[n++] = c->ip[i];
	if (n)
		c->nips = n;
	if (!c->nips)
		http_end(c, HTTP_UNREACHABLE, "the name has no address");
	else if (!n)
		http_end(c, HTTP_FORBIDDEN, "an address that is not connected to");
	else
		http_go(c);
}

static void second_is_late(void *arg)
{
	struct http_call *c = arg;

	c->soon = NULL;
	addressed(c);
}

static void step(struct http_call *c)
{
	if (c->query[0].done && c->query[1].done) {
		loop_cancel(c->soon);
		c->soon = NULL;
		addressed(c);
	} else if (c->nips && !c->soon) {
		c->soon = loop_after(c->http->loop, HTTP_SECOND_FAMILY_MS, second_is_late, c);
	}
}

static void take(struct http_query *q, const struct dns_answer *answer)
{
	int type = q == &q->call->query[0] ? DNS_A : DNS_AAAA;

	q->query = NULL;
	q->done = true;
	if (answer->status == DNS_OK)
		for (size_t i = 0; i < answer->n && i < HTTP_MAX_ADDRESSES; i++)
			add(q->call, &answer->rr[i], type);
	resolver_put(answer);
}

static void came(void *arg, const struct dns_answer *answer)
{
	struct http_query *q = arg;

	take(q, answer);
	step(q->call);
}

void http_resolve_cancel(struct http_call *c)
{
	for (size_t i = 0; i < 2; i++) {
		if (c->query[i].query)
			resolver_cancel(c->query[i].query);
		c->query[i].query = NULL;
	}
}

void http_resolve(struct http_call *c)
{
	static const int type[] = { DNS_A, DNS_AAAA };
	const struct dns_answer *answer;

	if (!c->nips)
		c->nips = hosts_find(c->http->hosts, c->host, c->ip, HTTP_MAX_ADDRESSES);
	if (c->nips || !c->http->resolver) {
		addressed(c);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		c->query[i].call = c;
		answer = resolver_ask(c->http->resolver, c->host.p, type[i],
				      clock_mono_ms() + c->request.timeout_ms, came, &c->query[i],
				      &c->query[i].query);
		if (answer)
			take(&c->query[i], answer);
	}
	step(c);
}
