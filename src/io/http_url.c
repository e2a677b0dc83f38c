/* Which URLs are asked: read by the same reader that connects, so that nobody sees another host. */
#include <stdio.h>

#include "base/err.h"
#include "io/http_priv.h"

#define URL_MAX 8192u
#define HOST_MAX 253u

/* A part of the URL in the arena, NUL-terminated; absent if it has none. */
static struct str part(struct arena *a, CURLU *u, CURLUPart what, unsigned flags)
{
	struct str s = STR_NULL;
	char *text = NULL;

	if (curl_url_get(u, what, &text, flags) == CURLUE_OK && text)
		s = arena_dup(a, str_c(text));
	curl_free(text);
	return s;
}

static bool name_ok(struct str host)
{
	if (!host.n || host.n > HOST_MAX)
		return false;
	for (size_t i = 0; i < host.n; i++)
		if (!ch_alnum(host.p[i]) && !strchr("-._", host.p[i]))
			return false;
	return true;
}

static const char *read_host(struct arena *a, CURLU *u, struct http_call *out)
{
	struct str host = part(a, u, CURLUPART_HOST, 0);
	struct ip ip;

	if (part(a, u, CURLUPART_ZONEID, 0).p)
		return "a zone of an address";
	out->numeric = ip_parse(host, &ip);
	if (out->numeric) {
		out->ip[0] = ip;
		out->nips = 1;
	} else {
		if (host.n && host.p[host.n - 1] == '.')
			host.n--;
		if (!name_ok(host))
			return "no host, or one that is no name";
	}
	out->host = arena_lower(a, host);
	return !out->numeric && curl_url_set(u, CURLUPART_HOST, out->host.p, 0) != CURLUE_OK
		       ? "no host"
		       : NULL;
}

/* libcurl takes one slash, and three; whoever looked at the URL before saw another host. */
static bool two_slashes(struct str url)
{
	size_t colon = str_chr(url, ':');
	struct str rest = str_skip(url, colon < url.n ? colon + 1 : url.n);

	return str_starts(rest, STR("//")) && rest.n > 2 && rest.p[2] != '/';
}

static const char *read_url(struct arena *a, CURLU *u, struct str url, struct http_call *out)
{
	struct str scheme;
	uint64_t port;

	if (!str_printable(url) || str_chr(url, ' ') != SIZE_MAX || url.n > URL_MAX)
		return "it is empty, too long, or has octets that no URL has";
	if (!two_slashes(url) || curl_url_set(u, CURLUPART_URL, arena_cstr(a, url),
					      CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		return "it is no URL";
	scheme = part(a, u, CURLUPART_SCHEME, 0);
	if (!str_ieq(scheme, STR("http")) && !str_ieq(scheme, STR("https")))
		return "neither http nor https";
	if (part(a, u, CURLUPART_USER, 0).p || part(a, u, CURLUPART_PASSWORD, 0).p)
		return "a user in it";
	if (!str_u64(part(a, u, CURLUPART_PORT, CURLU_DEFAULT_PORT), 65535, &port) || !port)
		return "no such port";
	out->port = (uint16_t)port;
	return read_host(a, u, out);
}

bool http_target(struct http_call *c, char *why, size_t cap)
{
	const char *fault;

	c->url = curl_url();
	if (!c->url)
		bug("no memory for a URL");
	fault = read_url(c->arena, c->url, c->request.url, c);
	snprintf(why, cap, "%s", fault ? fault : "");
	return !fault;
}

bool http_url_ok(struct str url, char *why, size_t cap)
{
	struct arena *a = arena_new(0);
	struct http_call c = { .arena = a, .request = { .url = url } };
	bool ok = http_target(&c, why, cap);

	curl_url_cleanup(c.url);
	arena_free(a);
	return ok;
}
