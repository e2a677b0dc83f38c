/* The Pyzor server: datagrams in, operations of the store, datagrams out. */
#include "control/pyzor.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "io/address.h"

#define FILE_MAX_OCTETS (256u * 1024u)
#define UNDER_WAY_MAX 256u /* requests at the store; more are not answered */
#define BURST 64u	   /* datagrams read before others have their turn */
#define ANSWER_FACTOR 2u   /* an answer has so many times the octets of its request at most */
#define RECORD_TTL_MS (UINT64_C(120) * 86400 * 1000) /* as pyzord: four months unreported */

struct call {
	struct call *next, *prev;
	struct pyzor_server *server;
	struct arena *arena;
	struct store_call *store;
	struct sockaddr_storage from;
	socklen_t len;
	size_t octets; /* of the request */
	struct pyzor_request request;
};

struct pyzor_server {
	struct arena *arena;
	struct store *store;
	struct event ev;
	int fd;
	struct pyzor_access *access;
	struct pyzor_rate *rate;
	struct call *calls;
	size_t ncalls;
	char packet[PYZOR_PACKET_MAX + 1];
};

static bool is_listen(struct str value, char *why, size_t cap)
{
	struct str host;
	uint16_t port;
	struct ip ip;

	snprintf(why, cap, "ADDRESS@PORT, such as 127.0.0.1@24441");
	return !value.n || (pyzor_address_parse(value, &host, &port) && ip_parse(host, &ip));
}

const struct conf_opt pyzor_options[] = {
	{ .name = "pyzor.listen",
	  .type = CONF_STR,
	  .def = "",
	  .check = is_listen,
	  .help = "address and port (UDP) at which other sites' Pyzor clients are answered from "
		  "our store; empty: none are" },
	{ .name = "pyzor.accounts",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of the accounts of Pyzor clients, a line each: user : key; only what is "
		  "signed with the key is theirs; daemon.user has to be able to read it" },
	{ .name = "pyzor.access",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of what Pyzor clients may do, in pyzord's form: operations : users : "
		  "allow|deny, the last that fits counts; without it anonymous clients may check, "
		  "report, ping "
		  "and info, and accounts whitelist too" },
	{ .name = "pyzor.rate",
	  .type = CONF_FLOAT,
	  .def = "20",
	  .allow = "0.1..100000",
	  .help = "digests a second that one client address (or /64 of IPv6) may ask or report, "
		  "ten seconds' worth at once; what is over gets no answer" },
	{ 0 },
};

/* ---- files ---- */

static int read_file(struct arena *a, const struct conf *c, const char *option, struct str *out,
		     struct err *e)
{
	struct str path = conf_str(c, option);
	struct err why;

	*out = STR_NULL;
	if (!path.n)
		return 0;
	if (file_read(a, path.p, FILE_MAX_OCTETS, out, &why) == 0)
		return 0;
	return err_set(e, "%s: %s: %s: %s", conf_where(c, option), option, path.p, why.text);
}

static struct pyzor_access *read_access(struct arena *a, const struct conf *c, struct err *e)
{
	struct str accounts, rules;
	struct pyzor_access *access;
	struct err why;

	if (read_file(a, c, "pyzor.accounts", &accounts, e) < 0 ||
	    read_file(a, c, "pyzor.access", &rules, e) < 0)
		return NULL;
	access = pyzor_access_read(a, accounts, rules, &why);
	if (!access)
		err_set(e, "pyzor.accounts or pyzor.access: %s", why.text);
	return access;
}

static bool files_good(const struct conf *c, struct err *e)
{
	struct arena *a = arena_new(0);
	bool good = read_access(a, c, e) != NULL;

	arena_free(a);
	return good;
}

/* ---- the socket ---- */

/* len is 0 if it is none. */
static struct address listen_address(struct str value)
{
	struct str host;
	uint16_t port;
	struct ip ip;

	if (!pyzor_address_parse(value, &host, &port) || !ip_parse(host, &ip))
		return (struct address){ 0 };
	return address_ip(&ip, port);
}

int pyzor_bind(const struct conf *c, int *fd, struct err *e)
{
	struct str value = conf_str(c, "pyzor.listen");
	struct address at;

	*fd = -1;
	if (!value.n)
		return 0;
	if (!files_good(c, e))
		return -1;
	at = listen_address(value);
	*fd = socket(at.sa.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd >= 0 && bind(*fd, &at.sa.any, at.len) == 0)
		return 0;
	err_set(e, "%s: pyzor.listen: %s", conf_where(c, "pyzor.listen"), strerror(errno));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -1;
}

/* ---- answers ---- */

/* Who writes the address of somebody else on little requests shall not get him large answers. */
static void answer(struct pyzor_server *p, const struct call *k, const struct pyzor_reply *r)
{
	struct str s = pyzor_reply_format(k->arena, r, k->request.verb);

	if (s.n > ANSWER_FACTOR * k->octets)
		return;
	/* a client that is gone, or a full buffer: it asks again */
	if (sendto(p->fd, s.p, s.n, MSG_DONTWAIT, (const struct sockaddr *)&k->from, k->len) < 0)
		return;
}

static void refuse(struct pyzor_server *p, const struct call *k, unsigned code, const char *why)
{
	struct pyzor_reply r = { .thread = k->request.thread, .code = code, .diag = str_c(why) };

	answer(p, k, &r);
}

static void call_free(struct call *k)
{
	struct pyzor_server *p = k->server;

	if (k->prev)
		k->prev->next = k->next;
	else
		p->calls = k->next;
	if (k->next)
		k->next->prev = k->prev;
	p->ncalls--;
	arena_free(k->arena);
}

static uint64_t count(double sum)
{
	return sum > 0 && sum < 1e18 ? (uint64_t)(sum + 0.5) : 0;
}

static void take_record(const struct store_answer *a, uint64_t *n, int64_t *entered,
			int64_t *updated)
{
	*n = a->status == STORE_OK ? count(a->sum[0]) : 0;
	*entered = *updated = -1;
	if (*n) {
		*entered = a->created_ms / 1000;
		*updated = a->updated_ms / 1000;
	}
}

static bool any_failed(const struct store_answer *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].status == STORE_FAILED || a[i].status == STORE_FULL || a[i].local)
			return true;
	return false;
}

static void stored(void *arg, const struct store_answer *a, size_t n)
{
	struct call *k = arg;
	struct pyzor_reply r = { .thread = k->request.thread, .code = 200, .diag = STR("OK") };

	if (any_failed(a, n)) {
		refuse(k->server, k, 500, "Internal Server Error: no store");
	} else {
		if (k->request.verb == PYZOR_CHECK || k->request.verb == PYZOR_INFO) {
			take_record(&a[0], &r.count, &r.entered, &r.updated);
			take_record(&a[1], &r.wl_count, &r.wl_entered, &r.wl_updated);
		}
		answer(k->server, k, &r);
	}
	call_free(k);
}

/* ---- questions ---- */

static struct store_op record(struct arena *a, const char *kind, struct str digest, double add)
{
	struct str hex = arena_lower(a, digest);

	return (struct store_op){
		.kind = STORE_ADD,
		.key = arena_printf(a, "pz:%s:%.*s", kind, STR_ARG(hex)),
		.ttl_ms = RECORD_TTL_MS,
		.delta = { add },
	};
}

static size_t operations(struct call *k, struct store_op op[PYZOR_BATCH])
{
	const struct pyzor_request *r = &k->request;

	if (r->verb == PYZOR_REPORT || r->verb == PYZOR_WHITELIST) {
		for (size_t i = 0; i < r->ndigests; i++)
			op[i] = record(k->arena, r->verb == PYZOR_REPORT ? "r" : "w", r->digest[i],
				       1);
		return r->ndigests;
	}
	op[0] = record(k->arena, "r", r->digest[0], 0);
	op[1] = record(k->arena, "w", r->digest[0], 0);
	return 2;
}

/* NULL: it may. */
static const char *forbidden(const struct pyzor_server *p, const struct pyzor_request *r,
			     unsigned *code)
{
	const struct pyzor_account *who = pyzor_access_account(p->access, r->user);

	*code = 401;
	if (!str_eq(r->user, STR("anonymous"))) {
		if (!who)
			return "Unauthorized: Signature Error: Unknown user.";
		if (!pyzor_request_genuine(r, who, clock_wall()))
			return "Unauthorized: Signature Error: Invalid signature.";
	}
	*code = 403;
	if (!pyzor_access_may(p->access, r->user, r->verb))
		return "Forbidden: User is not authorized to request the operation.";
	return NULL;
}

/* True: it waits for the store. */
static bool handle(struct pyzor_server *p, struct call *k, struct str packet)
{
	struct store_op op[PYZOR_BATCH];
	const char *why;
	unsigned code;

	if (!pyzor_request_parse(k->arena, arena_dup(k->arena, packet), &k->request)) {
		if (k->request.thread)
			refuse(p, k, 400, "Bad request");
		return false;
	}
	why = forbidden(p, &k->request, &code);
	if (why) {
		refuse(p, k, code, why);
		return false;
	}
	if (k->request.verb == PYZOR_PING) {
		refuse(p, k, 200, "OK");
		return false;
	}
	k->store = store_send(p->store, op, operations(k, op), 0, stored, k);
	return true;
}

static struct str who(const struct sockaddr_storage *from)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET)
		return str_of((const char *)&v4->sin_addr, 4);
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return str_of((const char *)&v6->sin6_addr + 12, 4);
	return str_of((const char *)&v6->sin6_addr, 8);
}

/* What it costs, before anything is read of it: a request for each digest that there may be. */
static double cost(struct str packet)
{
	double n = 0;

	while (packet.n && n < PYZOR_BATCH)
		n += str_istarts(str_cut(&packet, '\n'), STR("Op-Digest:"));
	return n > 0 ? n : 1;
}

static void take(struct pyzor_server *p, struct str packet, const struct sockaddr_storage *from,
		 socklen_t len)
{
	struct arena *a;
	struct call *k;

	if (packet.n > PYZOR_PACKET_MAX || p->ncalls >= UNDER_WAY_MAX ||
	    (from->ss_family != AF_INET && from->ss_family != AF_INET6) ||
	    !pyzor_rate_take(p->rate, who(from), cost(packet), clock_mono_ms()))
		return;
	a = arena_new(0);
	k = ARENA_NEW(a, struct call);
	k->arena = a;
	k->server = p;
	k->from = *from;
	k->len = len;
	k->octets = packet.n;
	k->next = p->calls;
	if (k->next)
		k->next->prev = k;
	p->calls = k;
	p->ncalls++;
	if (!handle(p, k, packet))
		call_free(k);
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	struct pyzor_server *p = arg;

	(void)what;
	for (unsigned i = 0; i < BURST; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, p->packet, sizeof p->packet, MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		take(p, str_of(p->packet, (size_t)n), &from, len);
	}
}

/* ---- life ---- */

struct pyzor_server *pyzor_server_new(struct loop *l, const struct conf *c, struct store *store,
				      int fd, struct err *e)
{
	struct arena *a = arena_new(0);
	struct pyzor_server *p = ARENA_NEW(a, struct pyzor_server);

	p->arena = a;
	p->store = store;
	p->fd = fd;
	p->access = read_access(a, c, e);
	if (!p->access) {
		arena_free(a);
		return NULL;
	}
	if (conf_str(c, "pyzor.accounts").n && file_world_readable(conf_str(c, "pyzor.accounts").p))
		LOG(LOG_LVL_WARN, "secret_readable_by_all", F_CSTR("option", "pyzor.accounts"),
		    F_CSTR("file", conf_str(c, "pyzor.accounts").p));
	p->rate = pyzor_rate_new(a, conf_float(c, "pyzor.rate"));
	event_assign(&p->ev, loop_base(l), fd, EV_READ | EV_PERSIST, readable, p);
	event_add(&p->ev, NULL);
	LOG(LOG_LVL_INFO, "pyzor_server", F_CSTR("listen", conf_str(c, "pyzor.listen").p));
	return p;
}

void pyzor_server_free(struct pyzor_server *p)
{
	if (!p)
		return;
	event_del(&p->ev);
	while (p->calls) {
		store_cancel(p->calls->store);
		call_free(p->calls);
	}
	close(p->fd);
	arena_free(p->arena);
}
