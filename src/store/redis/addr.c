/* Addresses of Redis servers: out of the configuration, and out of Redis's own mouth. */
#include "store/redis/addr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

static int bad(struct err *e, struct str text, const char *why)
{
	return err_set(e, "Redis server \"%.*s\": %s", STR_ARG(text), why);
}

static int unix_addr(struct str text, struct str path, struct redis_addr *out, struct err *e)
{
	if (path.n == 0 || path.p[0] != '/')
		return bad(e, text, "the path of a unix socket begins with \"/\"");
	if (path.n >= sizeof out->host || str_chr(path, '\0') != SIZE_MAX)
		return bad(e, text, "the path is too long for a unix socket");
	*out = (struct redis_addr){ .port = 0 };
	memcpy(out->host, path.p, path.n);
	return 0;
}

/* Splits "host", "host:port", "[v6]:port" and a bare v6. */
static bool split(struct str text, struct str *host, uint64_t *port)
{
	struct str rest = text;
	size_t colon = str_rchr(text, ':');

	if (text.n && text.p[0] == '[') {
		rest = str_skip(text, 1);
		*host = str_cut(&rest, ']');
		if (!rest.p || (rest.n && rest.p[0] != ':'))
			return false;
		return !rest.n || str_u64(str_skip(rest, 1), 65535, port);
	}
	*host = text;
	if (colon == SIZE_MAX || str_chr(text, ':') != colon)
		return true;
	*host = str_sub(text, 0, colon);
	return str_u64(str_skip(text, colon + 1), 65535, port);
}

static bool numeric_of(const struct sockaddr *sa, socklen_t len, uint64_t port,
		       struct redis_addr *out)
{
	*out = (struct redis_addr){ .port = (unsigned)port };
	return getnameinfo(sa, len, out->host, sizeof out->host, NULL, 0, NI_NUMERICHOST) == 0;
}

static int look_up(struct str text, struct str host, uint64_t port, struct redis_addr *out,
		   size_t cap, size_t *n, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char name[256];
	size_t before = *n;
	int rc;

	if (host.n == 0 || host.n >= sizeof name || !str_printable(host) || port == 0)
		return bad(e, text, "not \"host:port\", \"[address]:port\" or \"unix:/path\"");
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	rc = getaddrinfo(name, NULL, &hints, &list);
	if (rc)
		return bad(e, text, gai_strerror(rc));
	for (struct addrinfo *i = list; i && *n < cap; i = i->ai_next)
		*n += numeric_of(i->ai_addr, i->ai_addrlen, port, &out[*n]);
	freeaddrinfo(list);
	return *n > before ? 0 : bad(e, text, "no address, or more servers than there is room for");
}

int redis_addr_parse(struct str text, unsigned port, struct redis_addr *out, size_t cap, size_t *n,
		     struct err *e)
{
	uint64_t p = port;
	struct str host;

	if (*n >= cap)
		return bad(e, text, "more servers than there is room for");
	if (str_starts(text, STR("unix:")) || str_starts(text, STR("/"))) {
		struct str path = text.p[0] == '/' ? text : str_skip(text, 5);

		return unix_addr(text, path, &out[*n], e) ? -1 : ((*n)++, 0);
	}
	if (!split(text, &host, &p))
		return bad(e, text, "not \"host:port\", \"[address]:port\" or \"unix:/path\"");
	return look_up(text, host, p, out, cap, n, e);
}

bool redis_addr_numeric(struct str host, uint64_t port, struct redis_addr *out)
{
	unsigned char ip[16];

	*out = (struct redis_addr){ .port = (unsigned)port };
	if (host.n == 0 || host.n >= sizeof out->host || port == 0 || port > 65535)
		return false;
	memcpy(out->host, host.p, host.n);
	return inet_pton(AF_INET, out->host, ip) == 1 || inet_pton(AF_INET6, out->host, ip) == 1;
}

bool redis_addr_eq(const struct redis_addr *a, const struct redis_addr *b)
{
	return a->port == b->port && str_eq(str_c(a->host), str_c(b->host));
}

struct str redis_addr_text(struct arena *a, const struct redis_addr *r)
{
	if (!r->port)
		return arena_printf(a, "unix:%s", r->host);
	return arena_printf(a, str_chr(str_c(r->host), ':') == SIZE_MAX ? "%s:%u" : "[%s]:%u",
			    r->host, r->port);
}
