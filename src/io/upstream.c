/*
 * libunbound as a client of one forwarder.
 *
 * Measured with libunbound 1.17.1 against a server that can be slow, silent or wrong:
 *
 * - A first question of a fresh context costs one round trip and one query; so do 40 in parallel.
 *   No priming, no DNSKEY, no file is read.
 * - Of a CNAME chain in an answer it keeps only the first link (against poisoned caches) and asks
 *   for each target anew: one more round trip, sequential, for each alias. A caching forwarder
 *   has the targets at hand by then. There is no option against it.
 * - It remembers how long a server takes, doubles that at each time-out, and after some silent
 *   names calls the server dead for everybody: questions for all other names fail at once, with
 *   infra-keep-probing too. A stranger's name server must not be able to do that, so its memory
 *   of servers is made to expire before it is read (infra-host-ttl -1): every try has the same
 *   patience, and resolver.c does the choosing between servers. With infra-host-ttl 0 the memory
 *   lives on to the end of the second, and other names do fail in it.
 * - One try is two datagrams, the second after the patience; a reply to the first that comes later
 *   than that is lost, which a server that is busy resolving makes good by answering the second.
 *   So the patience is half of the question's time, but not over PATIENCE_MAX.
 * - A SERVFAIL is tried again at once, outbound-msg-retry times (by default 5).
 * - The callback may come from inside ub_resolve_event (cache, failure).
 * - After ub_cancel there is no callback; the datagrams still to be sent are sent.
 */
#include "io/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <unbound.h>
#include <unbound-event.h>

#define CLASS_IN 1
#define TRIES_MAX 5u
#define PATIENCE_MIN 100u
#define PATIENCE_MAX 2500u
#define ESCAPED_MAX 1024u /* 255 octets, each as \DDD */

struct upstream {
	struct ub_ctx *ctx;
};

/* Never changed: no validation, caches as small as they get, room for all that resolver.h allows.
 */
static const struct {
	const char *name, *value;
} options[] = {
	{ "module-config:", "iterator" },
	{ "do-not-query-localhost:", "no" },
	{ "qname-minimisation:", "no" },
	{ "target-fetch-policy:", "0 0 0 0 0" },
	{ "edns-buffer-size:", "1232" },
	{ "outgoing-range:", "4096" },
	{ "num-queries-per-thread:", "4096" },
	{ "outgoing-num-tcp:", "64" },
	{ "infra-host-ttl:", "-1" },
	{ "infra-keep-probing:", "yes" },
	{ "infra-cache-slabs:", "1" },
	{ "msg-cache-slabs:", "1" },
	{ "msg-cache-size:", "0" },
	{ "rrset-cache-slabs:", "1" },
	{ "rrset-cache-size:", "0" },
	{ "key-cache-slabs:", "1" },
	{ "key-cache-size:", "0" },
	{ "neg-cache-size:", "0" },
	{ "harden-below-nxdomain:", "no" },
	{ "prefetch:", "no" },
	{ "serve-expired:", "no" },
	{ "rrset-roundrobin:", "no" },
	{ "minimal-responses:", "no" },
	{ "unblock-lan-zones:", "yes" },
	{ "use-syslog:", "no" },
};

/* What libunbound would answer by itself; the site's own resolver is to say what these are. */
static const char *const own_zones[] = {
	"localhost",
	"127.in-addr.arpa",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
	"home.arpa",
	"onion",
	"test",
	"invalid",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int set(struct upstream *u, const char *name, const char *value, struct err *e)
{
	int rc = ub_ctx_set_option(u->ctx, name, value);

	return rc == 0 ? 0 : err_set(e, "libunbound: %s %s %s", name, value, ub_strerror(rc));
}

static int set_number(struct upstream *u, const char *name, uint64_t value, struct err *e)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	return set(u, name, text, e);
}

static int set_patience(struct upstream *u, uint64_t timeout_ms, struct err *e)
{
	uint64_t patience = timeout_ms / 2, tries;

	patience = patience > PATIENCE_MAX ? PATIENCE_MAX : patience;
	patience = patience < PATIENCE_MIN ? PATIENCE_MIN : patience;
	tries = (timeout_ms + 2 * patience - 1) / (2 * patience);
	tries = tries < 1 ? 1 : tries;
	tries = tries > TRIES_MAX ? TRIES_MAX : tries;
	if (set_number(u, "unknown-server-time-limit:", patience, e) != 0 ||
	    set_number(u, "infra-cache-min-rtt:", patience, e) != 0)
		return -1;
	return set_number(u, "outbound-msg-retry:", tries, e);
}

static void ignore(void *arg, int rcode, void *packet, int len, int sec, char *why, int limited)
{
	(void)arg;
	(void)rcode;
	(void)packet;
	(void)len;
	(void)sec;
	(void)why;
	(void)limited;
}

/*
 * libunbound builds its machinery at the first question (4 ms): one that it answers by itself,
 * while it still has its own zones, takes that away from the first message.
 */
static int warm_up(struct upstream *u, struct err *e)
{
	int rc = ub_resolve_event(u->ctx, "invalid.", 1, CLASS_IN, NULL, ignore, NULL);

	for (size_t i = 0; rc == 0 && i < COUNT(own_zones); i++)
		rc = ub_ctx_zone_remove(u->ctx, own_zones[i]);
	return rc == 0 ? 0 : err_set(e, "libunbound: %s", ub_strerror(rc));
}

static int configure(struct upstream *u, const struct server *s, uint64_t timeout_ms, struct err *e)
{
	int rc;

	/* What goes wrong with one server is counted and answered, not printed. */
	ub_ctx_debugout(u->ctx, NULL);
	for (size_t i = 0; i < COUNT(options); i++)
		if (set(u, options[i].name, options[i].value, e) != 0)
			return -1;
	if (set_patience(u, timeout_ms, e) != 0)
		return -1;
	if ((rc = ub_ctx_set_fwd(u->ctx, s->text)) != 0)
		return err_set(e, "DNS server %s: %s", s->text, ub_strerror(rc));
	return warm_up(u, e);
}

struct upstream *upstream_new(struct loop *l, const struct server *s, uint64_t timeout_ms,
			      struct err *e)
{
	struct upstream *u = calloc(1, sizeof *u);

	if (!u)
		bug("no memory for a DNS server");
	u->ctx = ub_ctx_create_event(loop_base(l));
	if (!u->ctx)
		err_set(e, "libunbound gives no context");
	if (u->ctx && configure(u, s, timeout_ms, e) == 0)
		return u;
	upstream_free(u);
	return NULL;
}

void upstream_free(struct upstream *u)
{
	if (!u)
		return;
	if (u->ctx)
		ub_ctx_delete(u->ctx);
	free(u);
}

/* libunbound reads names as zone files do (RFC 1035 5.1): what is special there is escaped. */
static void escape(struct str wire, char out[ESCAPED_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < wire.n && wire.p[i] != 0;) {
		size_t len = (unsigned char)wire.p[i++];

		for (size_t j = 0; j < len; j++, i++) {
			unsigned char c = (unsigned char)wire.p[i];

			if (ch_alnum((char)c) || c == '-' || c == '_')
				out[n++] = (char)c;
			else
				n += (size_t)snprintf(out + n, ESCAPED_MAX - n, "\\%03u", c);
		}
		out[n++] = '.';
	}
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
}

static void on_reply(void *arg, int rcode, void *packet, int len, int sec, char *why, int limited)
{
	struct upstream_reply reply = { .secure = sec == 2, .bogus = sec == 1 };
	struct upstream_query *q = arg;
	(void)why;
	(void)limited;

	if (rcode == 0 && packet && len > 0)
		reply.pkt = str_of(packet, (size_t)len);
	q->live = false;
	q->fn(q->arg, &reply);
}

void upstream_ask(struct upstream *u, struct str wire, int type, upstream_fn *fn, void *arg,
		  struct upstream_query *q)
{
	static const struct upstream_reply none = { .pkt = { NULL, 0 } };
	char name[ESCAPED_MAX];

	*q = (struct upstream_query){ .up = u, .fn = fn, .arg = arg, .live = true };
	escape(wire, name);
	if (ub_resolve_event(u->ctx, name, type, CLASS_IN, q, on_reply, &q->id) == 0)
		return;
	q->live = false;
	fn(arg, &none);
}

void upstream_cancel(struct upstream_query *q)
{
	if (q->live)
		ub_cancel(q->up->ctx, q->id);
	q->live = false;
}
