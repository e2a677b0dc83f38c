/* Datagrams that a scan sends, and the answers. */
#include "io/udp.h"
#include "scan/ask.h"
#include "scan/priv.h"

static const struct udp_reply nothing;

struct udp_wait {
	struct udp_wait *next;
	struct scan *scan;
	struct ip to;
	uint16_t port;
	struct str datagram;
	struct udp_query *query; /* under way */
	struct udp_reply reply;
	bool answered;
	uint64_t waiting;
};

static void settle(struct udp_wait *w, struct str octets)
{
	struct scan *s = w->scan;

	w->query = NULL;
	w->answered = true;
	w->reply.ok = octets.p != NULL;
	if (octets.p)
		w->reply.octets = arena_dup(s->arena, octets);
	scan_asks_wake(s, w->waiting);
}

static void came(void *arg, struct str octets)
{
	struct udp_wait *w = arg;

	settle(w, octets);
	scan_kick(w->scan);
}

static struct udp_wait *find(const struct scan_priv *p, const struct ip *to, uint16_t port,
			     struct str datagram)
{
	for (struct udp_wait *w = p->udps; w; w = w->next)
		if (w->port == port && ip_eq(&w->to, to) && str_eq(w->datagram, datagram))
			return w;
	return NULL;
}

const struct udp_reply *scan_udp(struct scan *s, const struct ip *to, uint16_t port,
				 struct str datagram, uint64_t timeout_ms)
{
	struct scan_priv *p = s->priv;
	struct udp_wait *w = find(p, to, port, datagram);

	if (s->flags & SCAN_F_LOCAL)
		return &nothing;
	if (!w) {
		if (p->closed || p->nudps == SCAN_MAX_UDP)
			return &nothing;
		w = ARENA_NEW(s->arena, struct udp_wait);
		*w = (struct udp_wait){ .next = p->udps,
					.scan = s,
					.to = *to,
					.port = port,
					.datagram = arena_dup(s->arena, datagram) };
		p->udps = w;
		p->nudps++;
		w->query = udp_ask(s->env->loop, to, port, w->datagram, timeout_ms, came, w);
		w->answered = !w->query;
	}
	if (!w->answered && p->running < SCAN_MAX_CHECKS)
		w->waiting |= UINT64_C(1) << p->running;
	return w->answered ? &w->reply : NULL;
}

void scan_udps_close(struct scan *s)
{
	for (struct udp_wait *w = s->priv->udps; w; w = w->next) {
		udp_cancel(w->query);
		if (!w->answered)
			settle(w, STR_NULL);
	}
}
