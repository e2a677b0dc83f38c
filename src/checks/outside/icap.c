/* What is written to an ICAP server. */
#include "checks/outside/icap.h"

#include <stdio.h>

#include "base/buf.h"

#define SCHEME STR("icap://")
#define SERVICE_MAX 256u
#define END STR("\r\n0\r\n\r\n")

static bool service_ok(struct str s)
{
	if (s.n < 2 || s.n > SERVICE_MAX || s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static bool port_parse(struct str s, uint16_t *port)
{
	uint64_t n;

	if (!str_u64(s, UINT16_MAX, &n) || !n)
		return false;
	*port = (uint16_t)n;
	return true;
}

bool icap_url_parse(struct str text, struct icap_url *u, char *why, size_t cap)
{
	struct str rest = str_skip(text, SCHEME.n), ip;
	size_t slash = str_chr(rest, '/'), colon, end;

	snprintf(why, cap, "icap://ADDRESS[:PORT]/SERVICE, the address a number");
	*u = (struct icap_url){ .port = ICAP_PORT, .text = text };
	if (!str_istarts(text, SCHEME) || slash == SIZE_MAX)
		return false;
	u->host = str_sub(rest, 0, slash);
	u->service = str_skip(rest, slash);
	end = str_rchr(u->host, ']');
	colon = str_rchr(u->host, ':');
	if (colon == SIZE_MAX || (end != SIZE_MAX && colon < end))
		colon = u->host.n;
	else if (!port_parse(str_skip(u->host, colon + 1), &u->port))
		return false;
	ip = str_sub(u->host, 0, colon);
	if (end == SIZE_MAX && str_chr(ip, ':') != SIZE_MAX)
		return false;
	return service_ok(u->service) && ip_parse(ip, &u->ip);
}

/* The answer of an imagined web server, whose body is the object. */
static struct str encapsulated(struct arena *a, const struct scanner_object *o, size_t *answer_at)
{
	static const char ask[] =
		"GET http://mail.invalid/%s HTTP/1.1\r\nHost: mail.invalid\r\n\r\n";
	struct buf b = { .arena = a };

	buf_addf(&b, ask, o->message ? "message.eml" : "file");
	*answer_at = b.n;
	buf_addf(&b, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %llu\r\n\r\n",
		 o->message ? "message/rfc822" : "application/octet-stream",
		 (unsigned long long)o->octets);
	return buf_str(&b);
}

const struct str *icap_request(struct arena *a, const struct icap_url *u,
			       const struct scanner_object *o, size_t *n)
{
	struct str *piece = ARENA_ARRAY(a, struct str, o->npieces + 2);
	struct buf head = { .arena = a };
	size_t answer_at = 0;
	struct str http = encapsulated(a, o, &answer_at);

	buf_addf(&head,
		 "RESPMOD %.*s ICAP/1.0\r\nHost: %.*s\r\nUser-Agent: merlon\r\nAllow: 204\r\n"
		 "Connection: close\r\nEncapsulated: req-hdr=0, res-hdr=%zu, res-body=%zu\r\n\r\n",
		 STR_ARG(u->text), STR_ARG(u->host), answer_at, http.n);
	buf_add(&head, http);
	if (o->octets)
		buf_addf(&head, "%llx\r\n", (unsigned long long)o->octets);
	piece[0] = buf_str(&head);
	memcpy(piece + 1, o->piece, o->npieces * sizeof *piece);
	piece[o->npieces + 1] = o->octets ? END : str_skip(END, 2);
	*n = o->npieces + 2;
	return piece;
}
