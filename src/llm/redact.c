/* Personal data taken out of text: the order of the passes, and what stays of URLs. */
#include "llm/priv.h"

static const char *const written[] = { "[EMAIL]", "[PHONE]",  "[IBAN]",	 "[CARD]",
				       "[NAME]",  "[NUMBER]", "[TOKEN]", "[IP]" };

size_t redact_written(struct str s, size_t at)
{
	if (s.p[at] != '[')
		return 0;
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++)
		if (str_starts(str_skip(s, at), str_c(written[i])))
			return strlen(written[i]);
	return 0;
}

static bool host_char(char c)
{
	return ch_alnum(c) || c == '.' || c == '-' || (unsigned char)c >= 0x80;
}

static bool ends_url(char c)
{
	return c == ' ' || c == '\n' || c == '"' || c == '<' || c == '>';
}

/* "192.0.2.7" */
static bool is_address(struct str s)
{
	size_t parts = 0;
	uint64_t v;

	while (s.n && parts < 5 && str_u64(str_cut(&s, '.'), 255, &v))
		parts++;
	return parts == 4 && !s.n;
}

/* A name with a dot whose last label has letters only: "example.com", and no "3.5" or "and". */
static bool is_host(struct str s)
{
	size_t dot = str_rchr(s, '.');

	if (dot == SIZE_MAX || dot == 0 || s.n - dot < 3)
		return s.n <= 15 && is_address(s);
	if (str_istarts(str_skip(s, dot + 1), STR("xn--")) || (s.n <= 15 && is_address(s)))
		return true;
	for (size_t i = dot + 1; i < s.n; i++)
		if (!ch_alpha(s.p[i]) && (unsigned char)s.p[i] < 0x80)
			return false;
	return true;
}

static size_t rest_of(struct str s, size_t at)
{
	size_t i = at;

	while (i < s.n && !ends_url(s.p[i]))
		i++;
	return i;
}

/* Octets of ":8443" at s.p[at], or none, with a path or query behind them. */
static bool path_after(struct str s, size_t at, size_t *port)
{
	size_t i = at;

	if (s.p[i] == ':')
		for (i++; i < s.n && i - at <= 5 && ch_digit(s.p[i]); i++)
			continue;
	*port = i - at;
	return *port != 1 && i + 1 < s.n && (s.p[i] == '/' || s.p[i] == '?' || s.p[i] == '#') &&
	       !ends_url(s.p[i + 1]);
}

/* What stands from "://" at at: the host goes to b. Returns where the URL ends. */
static size_t url(struct buf *b, struct str s, size_t at)
{
	size_t end = rest_of(s, at + 3), host = at + 3, stop = host, user;

	while (stop < end && s.p[stop] != '/' && s.p[stop] != '?' && s.p[stop] != '#' &&
	       s.p[stop] != '\\')
		stop++;
	user = str_rchr(str_sub(s, host, stop - host), '@');
	if (user != SIZE_MAX)
		host += user + 1;
	buf_add(b, STR("://"));
	while (host < stop && host_char(s.p[host]))
		buf_addc(b, s.p[host++]);
	if (end > stop + 1 || host < stop)
		buf_add(b, STR("/..."));
	return end;
}

struct str redact_urls(struct arena *a, struct str text)
{
	struct buf b = { .arena = a };
	size_t start = 0; /* of the run of a host's characters that at stands in */

	for (size_t at = 0; at < text.n;) {
		char c = text.p[at];
		size_t port;

		if (c == ':' && str_starts(str_skip(text, at), STR("://"))) {
			at = start = url(&b, text, at);
			continue;
		}
		if (!host_char(c) && path_after(text, at, &port) &&
		    is_host(str_sub(text, start, at - start))) {
			buf_add(&b, str_sub(text, at, port));
			buf_add(&b, STR("/..."));
			at = start = rest_of(text, at + port);
			continue;
		}
		buf_addc(&b, c);
		at++;
		if (!host_char(c))
			start = at;
	}
	return buf_str(&b);
}

struct str llm_redact(struct arena *a, const struct llm_names *names, struct str text)
{
	text = redact_urls(a, text);
	text = redact_addresses(a, text);
	text = redact_numbers(a, text);
	return redact_names(a, names, text);
}

struct str llm_unname(struct arena *a, const struct llm_names *names, struct str text)
{
	return redact_names(a, names, redact_addresses(a, redact_urls(a, text)));
}
