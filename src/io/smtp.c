/* Messages handed to the relay, as libcurl does it. */
#include "io/smtp.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "io/address.h"
#include "io/hosts.h"
#include "io/multi.h"
#include "io/resolver.h"

#define HOSTS_FILE "/etc/hosts"
#define MAX_ADDRESSES 8u
#define WHY_MAX 200u
#define NAME_SECONDS 60L

struct smtp {
	struct loop *loop;
	struct resolver *resolver;
	struct arena *arena;
	struct hosts *hosts;
	struct smtp_config config;
	struct multi *multi; /* NULL before the first message */
	LIST_HEAD(, smtp_call) calls;
};

struct smtp_call {
	LIST_ENTRY(smtp_call) link;
	struct smtp *smtp;
	struct arena *arena;
	struct smtp_message message;
	smtp_fn *fn;
	void *arg;
	struct loop_timer *limit, *soon;

	/* where to */
	struct smtp_query {
		struct smtp_call *call;
		struct resolver_query *query;
		bool done;
	} query[2]; /* A, AAAA */
	struct ip ip[2 * MAX_ADDRESSES];
	size_t nips;

	/* the transfer */
	CURL *easy;
	struct curl_slist *to, *resolve;
	curl_socket_t fd[2 * MAX_ADDRESSES]; /* open ones */
	size_t nfds;
	size_t given; /* octets of the message */
	enum { GREETING, MAIL, RCPT, DATA } phase;
	bool bye;
	char error[CURL_ERROR_SIZE];
	struct buf line; /* the server's last one */
	struct smtp_answer reply;
};

const char *smtp_word(enum smtp_outcome o)
{
	static const char *const word[] = { "sent", "later", "refused", "no such address" };

	return word[o];
}

/* ---- how it ends ---- */

/* libcurl says QUIT when it closes, and would block until the server has said goodbye. */
static void stop_listening(struct smtp_call *c)
{
	for (size_t i = 0; i < c->nfds; i++)
		shutdown(c->fd[i], SHUT_RD);
}

static void detach(struct smtp_call *c)
{
	stop_listening(c);
	for (size_t i = 0; i < 2; i++) {
		if (c->query[i].query)
			resolver_cancel(c->query[i].query);
		c->query[i].query = NULL;
	}
	if (c->easy) {
		curl_multi_remove_handle(multi_handle(c->smtp->multi), c->easy);
		curl_easy_cleanup(c->easy);
	}
	curl_slist_free_all(c->to);
	curl_slist_free_all(c->resolve);
	c->easy = NULL;
	c->to = c->resolve = NULL;
}

static void release(struct smtp_call *c)
{
	loop_cancel(c->limit);
	loop_cancel(c->soon);
	detach(c);
	LIST_REMOVE(c, link);
}

void smtp_cancel(struct smtp_call *c)
{
	if (!c)
		return;
	release(c);
	arena_free(c->arena);
}

static void tell(void *arg)
{
	struct smtp_call *c = arg;

	c->soon = NULL;
	release(c);
	c->fn(c->arg, &c->reply);
	arena_free(c->arena);
}

static void end(struct smtp_call *c, enum smtp_outcome o, struct str why)
{
	char *copy = arena_cstr(c->arena, str_sub(str_trim(why), 0, WHY_MAX));

	for (char *p = copy; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	loop_cancel(c->limit);
	loop_cancel(c->soon);
	c->limit = NULL;
	detach(c);
	c->reply.outcome = o;
	c->reply.given = c->phase == RCPT || c->phase == DATA;
	c->reply.why = str_c(copy);
	c->soon = loop_after(c->smtp->loop, 0, tell, c);
}

static void time_up(void *arg)
{
	struct smtp_call *c = arg;

	c->limit = NULL;
	end(c, SMTP_LATER, STR("no answer in time"));
}

/* What a relay refuses before it knows for whom, or because of its own state, is not the fault of
 * an address. */
static enum smtp_outcome outcome(const struct smtp_call *c, CURLcode code)
{
	if (code == CURLE_OK)
		return SMTP_SENT;
	if (c->reply.status < 500 || code == CURLE_OPERATION_TIMEDOUT)
		return SMTP_LATER;
	if (c->phase == MAIL)
		return SMTP_REFUSED;
	return c->phase == RCPT || c->phase == DATA ? SMTP_NO_SUCH : SMTP_LATER;
}

static void ended(void *private, CURLcode code)
{
	struct smtp_call *c = private;
	struct str why = buf_str(&c->line);
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	c->reply.status = status > 0 && status < 1000 ? (unsigned)status : 0;
	if (code != CURLE_OK && (c->phase == GREETING || !why.n))
		why = str_c(c->error[0] ? c->error : curl_easy_strerror(code));
	end(c, outcome(c, code), arena_dup(c->arena, why));
}

/* ---- the transfer ---- */

static size_t on_read(char *p, size_t size, size_t count, void *arg)
{
	struct smtp_call *c = arg;
	struct str left = str_sub(c->message.octets, c->given, size * count);

	if (left.n)
		memcpy(p, left.p, left.n);
	c->given += left.n;
	return left.n;
}

static size_t on_write(char *p, size_t size, size_t count, void *arg)
{
	(void)p;
	(void)arg;
	return size * count;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct smtp_call *c = arg;
	curl_socket_t fd = CURL_SOCKET_BAD;

	(void)purpose;
	if (c->nfds < sizeof c->fd / sizeof *c->fd)
		fd = socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
	if (fd >= 0)
		c->fd[c->nfds++] = fd;
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct smtp_call *c = arg;
	size_t n = 0;

	for (size_t i = 0; i < c->nfds; i++)
		if (c->fd[i] != fd)
			c->fd[n++] = c->fd[i];
	c->nfds = n;
	return close(fd);
}

static void on_command(struct smtp_call *c, struct str s)
{
	if (str_starts(s, STR("MAIL ")))
		c->phase = MAIL;
	else if (str_starts(s, STR("RCPT ")))
		c->phase = RCPT;
	else if (str_starts(s, STR("DATA")))
		c->phase = DATA;
	else if (str_starts(s, STR("QUIT")))
		c->bye = true;
	if (c->bye)
		stop_listening(c);
}

/* libcurl says only here what the server said, and what it is about to say itself. */
static int on_debug(CURL *easy, curl_infotype type, char *p, size_t n, void *arg)
{
	struct smtp_call *c = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		on_command(c, str_of(p, n));
	if (type == CURLINFO_HEADER_IN && n > 3 && ch_digit(p[0]) && !c->bye) {
		c->line.n = 0;
		buf_add(&c->line, str_sub(str_of(p, n), 0, WHY_MAX));
	}
	return 0;
}

#define SET(c, option, ...) (void)curl_easy_setopt((c)->easy, option, __VA_ARGS__)

static bool loopback(const struct smtp_call *c)
{
	for (size_t i = 0; i < c->nips; i++)
		if (!ip_is_loopback(&c->ip[i]))
			return false;
	return c->nips;
}

static void set_security(struct smtp_call *c)
{
	const struct smtp_config *k = &c->smtp->config;
	static const long use[] = { CURLUSESSL_TRY, CURLUSESSL_ALL, CURLUSESSL_NONE };
	bool secret = k->user.n > 0, verify = k->tls == SMTP_TLS_VERIFY;

	SET(c, CURLOPT_USE_SSL, secret && !loopback(c) ? (long)CURLUSESSL_ALL : use[k->tls]);
	SET(c, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	SET(c, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	SET(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (secret) {
		SET(c, CURLOPT_USERNAME, k->user.p);
		SET(c, CURLOPT_PASSWORD, k->password.p);
	}
}

/* "+name:port:address,..." of CURLOPT_RESOLVE; the plus lets it expire. */
static void set_addresses(struct smtp_call *c)
{
	const struct smtp_config *k = &c->smtp->config;
	struct buf b = { .arena = c->arena };
	char text[IP_TEXT_MAX];

	if (ip_parse(k->host, &c->ip[0]))
		return;
	buf_addf(&b, "+%s:%u:", k->host.p, k->port);
	for (size_t i = 0; i < c->nips; i++) {
		bool six = c->ip[i].family == 6;

		buf_addf(&b, "%s%s%s%s", i ? "," : "", six ? "[" : "", ip_format(&c->ip[i], text),
			 six ? "]" : "");
	}
	buf_addc(&b, '\0');
	c->resolve = curl_slist_append(NULL, b.p);
	SET(c, CURLOPT_RESOLVE, c->resolve);
	SET(c, CURLOPT_DNS_CACHE_TIMEOUT, NAME_SECONDS);
}

static void set_target(struct smtp_call *c)
{
	const struct smtp_config *k = &c->smtp->config;
	struct str host = k->host;
	struct ip ip;

	if (ip_parse(host, &ip)) {
		char text[IP_TEXT_MAX];

		ip_format(&ip, text);
		host = arena_printf(c->arena, ip.family == 6 ? "[%s]" : "%s", text);
	}
	SET(c, CURLOPT_URL,
	    arena_printf(c->arena, "smtp://%.*s:%u/%.*s", STR_ARG(host), k->port, STR_ARG(k->helo))
		    .p);
}

static void set_message(struct smtp_call *c)
{
	const struct smtp_message *m = &c->message;

	SET(c, CURLOPT_MAIL_FROM, arena_printf(c->arena, "<%.*s>", STR_ARG(m->from)).p);
	c->to = curl_slist_append(NULL, arena_printf(c->arena, "<%.*s>", STR_ARG(m->to)).p);
	SET(c, CURLOPT_MAIL_RCPT, c->to);
	SET(c, CURLOPT_UPLOAD, 1L);
	SET(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->octets.n);
	SET(c, CURLOPT_READFUNCTION, on_read);
	SET(c, CURLOPT_READDATA, c);
}

static void go(struct smtp_call *c)
{
	struct smtp *s = c->smtp;
	long ms = (long)(s->config.timeout_ms < INT32_MAX ? s->config.timeout_ms : INT32_MAX);

	c->easy = curl_easy_init();
	if (!c->easy)
		bug("no memory for a message");
	SET(c, CURLOPT_NOSIGNAL, 1L);
	SET(c, CURLOPT_PROTOCOLS_STR, "smtp");
	SET(c, CURLOPT_PROXY, "");
	SET(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(c, CURLOPT_CONNECTTIMEOUT_MS, ms);
	SET(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, ms / 1000 + 1);
	SET(c, CURLOPT_FRESH_CONNECT, 1L);
	SET(c, CURLOPT_FORBID_REUSE, 1L);
	SET(c, CURLOPT_PRIVATE, (void *)c);
	SET(c, CURLOPT_ERRORBUFFER, c->error);
	SET(c, CURLOPT_WRITEFUNCTION, on_write);
	SET(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(c, CURLOPT_OPENSOCKETDATA, c);
	SET(c, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(c, CURLOPT_CLOSESOCKETDATA, c);
	SET(c, CURLOPT_DEBUGFUNCTION, on_debug);
	SET(c, CURLOPT_DEBUGDATA, c);
	SET(c, CURLOPT_VERBOSE, 1L);
	set_security(c);
	set_addresses(c);
	set_target(c);
	set_message(c);
	if (curl_multi_add_handle(multi_handle(s->multi), c->easy) != CURLM_OK)
		bug("a message that cannot be started");
}

/* ---- where to ---- */

static void add(struct smtp_call *c, const struct dns_answer *answer, int type)
{
	size_t size = type == DNS_A ? 4 : 16;

	for (size_t i = 0; answer->status == DNS_OK && i < answer->n && i < MAX_ADDRESSES; i++) {
		struct ip ip = { .family = type == DNS_A ? 4 : 6 };

		if (answer->rr[i].data.n != size)
			continue;
		memcpy(ip.b, answer->rr[i].data.p, size);
		c->ip[c->nips++] = ip_unmapped(ip);
	}
}

static void addressed(struct smtp_call *c)
{
	if (c->nips)
		go(c);
	else
		end(c, SMTP_LATER, STR("the relay's name has no address"));
}

static void take(struct smtp_query *q, const struct dns_answer *answer)
{
	q->query = NULL;
	q->done = true;
	add(q->call, answer, q == &q->call->query[0] ? DNS_A : DNS_AAAA);
	resolver_put(answer);
}

static void came(void *arg, const struct dns_answer *answer)
{
	struct smtp_query *q = arg;

	take(q, answer);
	if (q->call->query[0].done && q->call->query[1].done)
		addressed(q->call);
}

static void resolve(struct smtp_call *c)
{
	static const int type[] = { DNS_A, DNS_AAAA };
	struct smtp *s = c->smtp;

	c->nips = ip_parse(s->config.host, &c->ip[0])
			  ? 1
			  : hosts_find(s->hosts, s->config.host, c->ip, MAX_ADDRESSES);
	if (c->nips || !s->resolver) {
		addressed(c);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		const struct dns_answer *answer;

		c->query[i].call = c;
		answer = resolver_ask(s->resolver, s->config.host.p, type[i],
				      clock_mono_ms() + s->config.timeout_ms, came, &c->query[i],
				      &c->query[i].query);
		if (answer)
			take(&c->query[i], answer);
	}
	if (c->query[0].done && c->query[1].done)
		addressed(c);
}

/* ---- the face ---- */

/* What would be another command, or another address. */
static bool address_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' || s.p[i] == '>')
			return false;
	return true;
}

struct smtp *smtp_new(struct loop *l, struct resolver *r, const struct smtp_config *config)
{
	struct arena *a = arena_new(0);
	struct smtp *s = ARENA_NEW(a, struct smtp);
	struct smtp_config *k = &s->config;

	*s = (struct smtp){ .loop = l, .resolver = r, .arena = a, .config = *config };
	k->host = arena_dup(a, k->host);
	k->helo = arena_dup(a, k->helo);
	k->user = arena_dup(a, k->user);
	k->password = arena_dup(a, k->password);
	s->hosts = hosts_read(a, HOSTS_FILE);
	LIST_INIT(&s->calls);
	return s;
}

void smtp_free(struct smtp *s)
{
	if (!s)
		return;
	for (struct smtp_call *c; (c = LIST_FIRST(&s->calls));)
		smtp_cancel(c);
	multi_free(s->multi);
	arena_free(s->arena);
}

struct smtp_call *smtp_send(struct smtp *s, const struct smtp_message *m, smtp_fn *fn, void *arg)
{
	struct arena *a = arena_new(0);
	struct smtp_call *c = ARENA_NEW(a, struct smtp_call);

	*c = (struct smtp_call){ .smtp = s, .arena = a, .fn = fn, .arg = arg };
	c->line.arena = a;
	c->message = (struct smtp_message){ arena_dup(a, m->from), arena_dup(a, m->to), m->octets };
	LIST_INSERT_HEAD(&s->calls, c, link);
	if (!s->multi)
		s->multi = multi_new(s->loop, 0, ended);
	c->limit = loop_after(s->loop, s->config.timeout_ms, time_up, c);
	if (!s->multi)
		end(c, SMTP_LATER, STR("no library"));
	else if (!m->to.n || !address_ok(m->to) || !address_ok(m->from))
		end(c, SMTP_REFUSED, STR("an address that cannot be sent"));
	else
		resolve(c);
	return c;
}
