/* A request as libcurl does it. */
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/address.h"
#include "io/http_priv.h"
#include "io/multi.h"

#define IDLE_CONNECTIONS 16L
#define NAME_SECONDS 60L /* libcurl's own table of names, into which we put what we asked */

/* ---- how a transfer ended ---- */

static enum http_outcome outcome(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum http_outcome outcome;
	} t[] = {
		{ CURLE_OK, HTTP_OK },
		{ CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT },
		{ CURLE_SSL_CONNECT_ERROR, HTTP_TLS },
		{ CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS },
		{ CURLE_SSL_CERTPROBLEM, HTTP_TLS },
		{ CURLE_SSL_CACERT_BADFILE, HTTP_TLS },
		{ CURLE_SSL_CIPHER, HTTP_TLS },
		{ CURLE_SSL_ENGINE_INITFAILED, HTTP_TLS },
		{ CURLE_SSL_CLIENTCERT, HTTP_TLS },
		{ CURLE_UNSUPPORTED_PROTOCOL, HTTP_GARBAGE }, /* what came is no HTTP/1 */
		{ CURLE_WEIRD_SERVER_REPLY, HTTP_GARBAGE },
		{ CURLE_BAD_CONTENT_ENCODING, HTTP_GARBAGE },
		{ CURLE_FILESIZE_EXCEEDED, HTTP_TOO_LARGE },
		{ CURLE_OUT_OF_MEMORY, HTTP_TOO_LARGE }, /* a header line of over 100 KiB */
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (t[i].code == code)
			return t[i].outcome;
	return HTTP_UNREACHABLE;
}

static void ended(void *private, CURLcode code)
{
	struct http_call *c = private;
	const char *why = c->error[0] ? c->error : code == CURLE_OK ? "" : curl_easy_strerror(code);
	enum http_outcome o = outcome(code);
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	c->reply.status = status > 0 && status < 1000 ? (unsigned)status : 0;
	if (c->forbidden) {
		o = HTTP_FORBIDDEN;
		why = "an address that is not connected to";
	} else if (c->too_large) {
		o = HTTP_TOO_LARGE;
		why = "over the limit";
	} else if (c->full) {
		o = HTTP_OK;
		why = "";
	} else if (o == HTTP_UNREACHABLE && str_ifind(str_c(c->error), STR("chunked"))) {
		o = HTTP_GARBAGE; /* libcurl has no code for it */
	}
	http_end(c, o, o == HTTP_OK ? "" : why);
}

bool http_multi(struct http *h)
{
	if (!h->multi)
		h->multi = multi_new(h->loop, IDLE_CONNECTIONS, ended);
	return h->multi;
}

/* ---- what comes ---- */

static void room(struct http_call *c, size_t n)
{
	size_t cap = c->body_cap ? c->body_cap : 4096;

	while (cap < c->nbody + n)
		cap *= 2;
	if (cap == c->body_cap)
		return;
	c->body = realloc(c->body, cap);
	if (!c->body)
		bug("no memory for a reply");
	c->body_cap = cap;
}

/* Whether the reply says itself that it is too large. */
static bool announced(struct http_call *c)
{
	curl_off_t n = -1;

	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
	return n >= 0 && (uint64_t)n > c->request.max_octets && !c->request.cut;
}

static size_t on_body(char *p, size_t size, size_t count, void *arg)
{
	struct http_call *c = arg;
	size_t n = size * count, left = c->request.max_octets - c->nbody, take = n;

	c->in_body = true;
	c->too_large = announced(c) || (n > left && !c->request.cut);
	c->full = n > left && c->request.cut;
	if (c->too_large)
		return n ? 0 : 1;
	if (take > left)
		take = left;
	room(c, take);
	if (take)
		memcpy(c->body + c->nbody, p, take);
	c->nbody += take;
	return take; /* not all: the transfer ends */
}

static void keep_field(struct http_call *c, struct str name, struct str value)
{
	struct http_reply *r = &c->reply;
	const struct {
		struct str name;
		struct str *to;
	} t[] = {
		{ STR("location"), &r->location },
		{ STR("etag"), &r->etag },
		{ STR("last-modified"), &r->last_modified },
		{ STR("content-type"), &r->content_type },
		{ STR("retry-after"), &r->retry_after },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (str_ieq(name, t[i].name) && !t[i].to->n)
			*t[i].to = arena_dup(c->arena, str_trim(value));
}

static size_t on_header(char *p, size_t size, size_t count, void *arg)
{
	struct http_call *c = arg;
	struct str value = str_of(p, size * count), name;
	size_t n = value.n;

	c->header_octets += n;
	if (c->header_octets > HTTP_MAX_HEADER) {
		c->too_large = true;
		return n ? 0 : 1;
	}
	if (str_istarts(value, STR("HTTP/"))) {
		c->reply = (struct http_reply){ 0 }; /* of a 1xx before it */
		return n;
	}
	name = str_cut(&value, ':');
	if (!c->in_body)
		keep_field(c, name, value);
	return n;
}

/* ---- where it connects to ---- */

static bool known(const struct http_call *c, const struct ip *ip)
{
	for (size_t i = 0; i < c->nips; i++)
		if (ip_eq(&c->ip[i], ip))
			return true;
	return false;
}

/* Whatever libcurl thinks, it gets a socket to an address of our list only. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_call *c = arg;
	struct ip ip = address_get_ip(&to->addr);
	bool ok = to->family == AF_UNIX && c->request.unix_path.n;

	(void)purpose;
	if (ip.family && !c->request.unix_path.n)
		ok = known(c, &ip) &&
		     (!c->request.may_connect || c->request.may_connect(c->request.arg, &ip));
	if (!ok) {
		c->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
}

/* A look-up of libcurl's own would be a thread that blocks. */
static int on_resolve(void *state, void *reserved, void *arg)
{
	struct http_call *c = arg;

	(void)state;
	(void)reserved;
	return c->numeric || c->request.unix_path.n ? 0 : 1;
}

/* "+name:port:address,..." of CURLOPT_RESOLVE; the plus lets it expire. */
static struct curl_slist *names(struct http_call *c)
{
	struct buf b = { .arena = c->arena };
	char text[IP_TEXT_MAX];

	buf_addf(&b, "+%s:%u:", c->host.p, c->port);
	for (size_t i = 0; i < c->nips; i++) {
		bool six = c->ip[i].family == 6;

		buf_addf(&b, "%s%s%s%s", i ? "," : "", six ? "[" : "", ip_format(&c->ip[i], text),
			 six ? "]" : "");
	}
	buf_addc(&b, '\0');
	return curl_slist_append(NULL, b.p);
}

/* ---- the transfer ---- */

#define SET(c, option, ...) (void)curl_easy_setopt((c)->easy, option, __VA_ARGS__)

static void set_limits(struct http_call *c)
{
	uint64_t ms = c->request.connect_ms ? c->request.connect_ms : c->request.timeout_ms;

	SET(c, CURLOPT_NOSIGNAL, 1L);
	SET(c, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(c, CURLOPT_FOLLOWLOCATION, 0L);
	SET(c, CURLOPT_PROXY, "");
	SET(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(ms < INT32_MAX ? ms : INT32_MAX));
	SET(c, CURLOPT_DNS_CACHE_TIMEOUT, NAME_SECONDS);
	if (c->request.may_connect) {
		SET(c, CURLOPT_FRESH_CONNECT, 1L);
		SET(c, CURLOPT_FORBID_REUSE, 1L);
	}
}

static void set_blob(struct http_call *c, CURLoption option, struct str pem)
{
	struct curl_blob blob = { (void *)(uintptr_t)pem.p, pem.n, CURL_BLOB_NOCOPY };

	if (pem.n)
		SET(c, option, &blob);
}

/* The system's roots are a file, which libcurl reads and keeps once. */
static void set_tls(struct http_call *c)
{
	const struct http_tls *t = c->request.tls;

	SET(c, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(c, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(c, CURLOPT_CAPATH, NULL);
	SET(c, CURLOPT_CA_CACHE_TIMEOUT, -1L);
	if (!t)
		return;
	set_blob(c, CURLOPT_CAINFO_BLOB, t->ca);
	set_blob(c, CURLOPT_SSLCERT_BLOB, t->cert);
	set_blob(c, CURLOPT_SSLKEY_BLOB, t->key);
}

static void set_request(struct http_call *c)
{
	const struct http_request *r = &c->request;

	SET(c, CURLOPT_CURLU, c->url);
	if (strcmp(r->method, "HEAD") == 0)
		SET(c, CURLOPT_NOBODY, 1L);
	if (strcmp(r->method, "POST") == 0) {
		SET(c, CURLOPT_POST, 1L);
		SET(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
		SET(c, CURLOPT_POSTFIELDS, r->body.p ? r->body.p : "");
	}
	c->header = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; i < r->nheaders; i++)
		c->header = curl_slist_append(c->header, r->header[i].p);
	SET(c, CURLOPT_HTTPHEADER, c->header);
	if (r->decode)
		SET(c, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	if (r->unix_path.n) {
		SET(c, CURLOPT_UNIX_SOCKET_PATH, r->unix_path.p);
	} else if (!c->numeric) {
		c->resolve = names(c);
		SET(c, CURLOPT_RESOLVE, c->resolve);
	}
}

static void set_functions(struct http_call *c)
{
	SET(c, CURLOPT_PRIVATE, (void *)c);
	SET(c, CURLOPT_ERRORBUFFER, c->error);
	SET(c, CURLOPT_WRITEFUNCTION, on_body);
	SET(c, CURLOPT_WRITEDATA, c);
	SET(c, CURLOPT_HEADERFUNCTION, on_header);
	SET(c, CURLOPT_HEADERDATA, c);
	SET(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(c, CURLOPT_OPENSOCKETDATA, c);
	SET(c, CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
	SET(c, CURLOPT_RESOLVER_START_DATA, c);
}

void http_go(struct http_call *c)
{
	c->easy = curl_easy_init();
	if (!c->easy)
		bug("no memory for a request");
	set_limits(c);
	set_tls(c);
	set_functions(c);
	set_request(c);
	if (curl_multi_add_handle(multi_handle(c->http->multi), c->easy) != CURLM_OK)
		bug("a request that cannot be started");
}

bool http_sent(const struct http_call *c)
{
	long octets = 0;

	if (c->easy)
		curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &octets);
	return octets > 0;
}

void http_detach(struct http_call *c)
{
	if (c->easy) {
		curl_multi_remove_handle(multi_handle(c->http->multi), c->easy);
		curl_easy_cleanup(c->easy);
	}
	curl_slist_free_all(c->header);
	curl_slist_free_all(c->resolve);
	c->easy = NULL;
	c->header = c->resolve = NULL;
}
