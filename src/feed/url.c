/* The one form in which URLs of feeds and of mail are compared. */
#include "feed/feed.h"

#include "base/buf.h"
#include "mail/url/host.h"

static bool unreserved(unsigned char c)
{
	return ch_alnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* One octet of path or query in its one form. */
static void add_octet(struct buf *b, unsigned char c, bool escaped)
{
	static const char digit[] = "0123456789ABCDEF";

	if (unreserved(c) || (!escaped && c > ' ' && c < 127 && c != '"' && c != '<' && c != '>')) {
		buf_addc(b, (char)c);
		return;
	}
	buf_addc(b, '%');
	buf_addc(b, digit[c >> 4]);
	buf_addc(b, digit[c & 15]);
}

static void add_piece(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int hi = i + 2 < s.n && s.p[i] == '%' ? ch_hex(s.p[i + 1]) : -1;
		int lo = hi >= 0 ? ch_hex(s.p[i + 2]) : -1;
		if (lo < 0) {
			add_octet(b, (unsigned char)s.p[i], s.p[i] == '%');
			continue;
		}
		add_octet(b, (unsigned char)(hi << 4 | lo), true);
		i += 2;
	}
}

/* A segment that is "." (1) or ".." (2), perhaps escaped. */
static unsigned dots(struct str s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; n++) {
		if (s.p[i] == '.')
			i++;
		else if (str_istarts(str_skip(s, i), STR("%2e")))
			i += 3;
		else
			return 0;
	}
	return n <= 2 ? n : 0;
}

static struct str next_segment(struct str *path)
{
	size_t n = 0;
	struct str s;

	while (n < path->n && path->p[n] != '/' && path->p[n] != '\\')
		n++;
	s = str_sub(*path, 0, n);
	*path = str_skip(*path, n + 1);
	return s;
}

static void add_path(struct buf *b, struct str path)
{
	size_t root = b->n;

	while (path.n) {
		struct str s = next_segment(&path);
		unsigned up = dots(s);
		if (up == 2)
			while (b->n > root && b->p[--b->n] != '/')
				;
		if (!s.n || up)
			continue;
		buf_addc(b, '/');
		add_piece(b, s);
	}
}

/* What stands behind the scheme; absent: a scheme that is not of the web. */
static struct str without_scheme(struct str s)
{
	static const struct str scheme[] = { STR("http"), STR("https"), STR("hxxp"), STR("hxxps"),
					     STR("ftp") };
	size_t colon = str_find(s, STR("://"));

	if (colon == SIZE_MAX || memchr(s.p, '/', colon) || memchr(s.p, '?', colon))
		return s;
	for (size_t i = 0; i < sizeof scheme / sizeof *scheme; i++)
		if (str_ieq(str_sub(s, 0, colon), scheme[i]))
			return str_skip(s, colon + 3);
	return STR_NULL;
}

/* Cuts ":port" off; false: no port. 80 and 443 are none. */
static bool cut_port(struct str *host, struct str *port)
{
	size_t colon = str_rchr(*host, ':'), close = str_rchr(*host, ']');
	uint64_t n;

	*port = STR_NULL;
	if (colon == SIZE_MAX || (close != SIZE_MAX && colon < close))
		return true;
	*port = str_skip(*host, colon + 1);
	*host = str_sub(*host, 0, colon);
	if (!port->n)
		return true;
	if (!str_u64(*port, 65535, &n))
		return false;
	while (port->n > 1 && port->p[0] == '0')
		*port = str_skip(*port, 1);
	if (n == 80 || n == 443)
		*port = STR_NULL;
	return true;
}

static bool add_host(struct arena *a, struct buf *b, struct str authority, struct feed_url *u)
{
	size_t at = str_rchr(authority, '@');
	struct url read = { 0 };
	struct str port;

	if (at != SIZE_MAX)
		authority = str_skip(authority, at + 1);
	if (!authority.n || !cut_port(&authority, &port))
		return false;
	url_host_read(a, NULL, authority, &read);
	if (!read.host.n)
		return false;
	u->host = read.host;
	buf_add(b, read.host);
	if (port.n) {
		buf_addc(b, ':');
		buf_add(b, port);
	}
	return true;
}

/* Browsers drop tabs and line ends wherever they stand. */
static struct str without_breaks(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	if (!s.n || (!memchr(s.p, '\t', s.n) && !memchr(s.p, '\n', s.n) && !memchr(s.p, '\r', s.n)))
		return s;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

bool feed_url_read(struct arena *a, struct str text, struct feed_url *u)
{
	struct buf b = { .arena = a };
	struct str rest, query;
	size_t n = 0;

	*u = (struct feed_url){ 0 };
	if (text.n > FEED_MAX_URL)
		return false;
	rest = without_scheme(without_breaks(a, str_trim(text)));
	rest = str_cut(&rest, '#');
	query = rest;
	rest = str_cut(&query, '?');
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '\\')
		n++;
	if (!add_host(a, &b, str_sub(rest, 0, n), u))
		return false;
	u->authority = b.n;
	add_path(&b, str_skip(rest, n));
	u->path = b.n;
	if (query.n) {
		buf_addc(&b, '?');
		add_piece(&b, query);
	}
	u->key = buf_str(&b);
	return true;
}
