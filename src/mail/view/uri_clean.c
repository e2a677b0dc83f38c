/* The forms of a URI: decoded, completed, without tricks, and what it redirects to. */
#include "mail/view/header_priv.h"
#include "mail/view/uri_priv.h"

#include "base/buf.h"

static bool escape_at(struct str s, size_t i)
{
	return i + 2 < s.n && s.p[i] == '%' && ch_hex(s.p[i + 1]) >= 0 && ch_hex(s.p[i + 2]) >= 0;
}

bool uri_has_escape(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (escape_at(s, i))
			return true;
	return false;
}

struct str uri_recode(struct arena *a, struct str uri)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < uri.n; i++) {
		unsigned char c = (unsigned char)uri.p[i];
		if (escape_at(uri, i)) {
			int x = ch_hex(uri.p[i + 1]) * 16 + ch_hex(uri.p[i + 2]);
			if (x > 0x20 && x < 0x7f)
				buf_addc(&b, (char)x);
			else
				buf_add(&b, str_sub(uri, i, 3));
			i += 2;
		} else if (c <= 0x20 || c >= 0x7f || strchr("\"%<>", c)) {
			buf_addf(&b, "%%%02x", c);
		} else {
			buf_addc(&b, (char)c);
		}
	}
	return buf_str(&b);
}

static struct str joined(struct arena *a, struct str x, struct str y, struct str z)
{
	struct buf b = { .arena = a };

	buf_add(&b, x);
	buf_add(&b, y);
	buf_add(&b, z);
	return buf_str(&b);
}

/* Without line ends, and white space at the ends. */
static struct str tidy(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	if (str_chr(s, '\n') == SIZE_MAX && str_chr(s, '\r') == SIZE_MAX)
		return view_trim(s);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\n')
			buf_addc(&b, s.p[i]);
	s = view_trim(buf_str(&b));
	b.n = 0;
	b.p = NULL;
	b.cap = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r')
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

/* ---- addresses ---- */

static bool is_address(struct str s)
{
	size_t at = str_chr(s, '@');

	return str_istarts(s, STR("mailto:")) ||
	       (at != SIZE_MAX && str_chr(str_sub(s, 0, at), ':') == SIZE_MAX);
}

/* Up to the first of `stops` after "x@y"; absent: none. */
static struct str address_before(struct str s, const char *stops, char stop)
{
	size_t at = str_chr(s, '@'), i;

	if (at == SIZE_MAX || !at)
		return STR_NULL;
	for (i = at + 1; i < s.n && (!strchr(stops, s.p[i]) || !s.p[i]); i++)
		continue;
	return i > at + 1 && i < s.n && s.p[i] == stop ? str_sub(s, 0, i) : STR_NULL;
}

/* After "%20" in front of it, up to the next one. */
static struct str address_unspaced(struct str s)
{
	size_t at, i;

	if (str_starts(s, STR("mailto:")))
		s = str_skip(s, 7);
	while (str_starts(s, STR("%20")))
		s = str_skip(s, 3);
	at = str_chr(s, '@');
	if (at == SIZE_MAX || !at)
		return STR_NULL;
	for (i = at + 1; i < s.n && (!strchr("?&%", s.p[i]) || !s.p[i]); i++)
		continue;
	return i > at + 1 ? str_sub(s, 0, i) : STR_NULL;
}

/* "<x@y>" before any parameter: the last one. */
static struct str address_in_angles(struct str s)
{
	size_t end = 0;

	while (end < s.n && s.p[end] != '?' && s.p[end] != '&')
		end++;
	for (size_t i = end < s.n ? end + 1 : s.n; i-- > 0;) {
		struct str r = str_skip(s, i + 1);
		size_t at, close;
		if (s.p[i] != '<' || i > end)
			continue;
		at = str_chr(r, '@');
		close = str_chr(r, '>');
		if (at != SIZE_MAX && at && close != SIZE_MAX && close > at + 1)
			return str_sub(r, 0, close);
	}
	return STR_NULL;
}

static void clean_address(struct arena *a, struct str s, uri_forms *out)
{
	struct str x = address_before(s, "?", '?');

	if (x.p)
		VEC_PUSH(a, *out) = x;
	x = address_before(s, "?&", '&');
	if (x.p)
		VEC_PUSH(a, *out) = x;
	x = str_find(s, STR("%20")) == SIZE_MAX ? STR_NULL : address_unspaced(s);
	if (x.p)
		VEC_PUSH(a, *out) = joined(a, STR("mailto:"), x, STR(""));
	x = address_in_angles(s);
	if (x.p)
		VEC_PUSH(a, *out) = joined(a, STR("mailto:"), x, STR(""));
}

/* ---- links ---- */

static bool has_scheme(struct str s)
{
	size_t i = 0;

	while (i < s.n && (ch_alnum(s.p[i]) || s.p[i] == '-' || s.p[i] == '_'))
		i++;
	return i && i < s.n && s.p[i] == ':';
}

/* Octets of "http:" or "https:"; 0: neither. */
static size_t http_at(struct str s)
{
	if (str_istarts(s, STR("http:")))
		return 5;
	return str_istarts(s, STR("https:")) ? 6 : 0;
}

/* A numeric character reference of a printable character or a dot: its octets, and *c. */
static size_t reference_at(struct str s, char *c)
{
	static const unsigned dots[] = { 0x3002, 0xff0e, 0xff61 };
	bool hex = s.n > 2 && s.p[2] == 'x', odd = s.n > 2 && s.p[2] == 'X';
	size_t i = hex || odd ? 3 : 2, digits = 0;
	unsigned v = 0;

	if (!str_starts(s, STR("&#")))
		return 0;
	for (; i < s.n && (hex || odd ? ch_hex(s.p[i]) >= 0 : ch_digit(s.p[i])); i++) {
		v = v * (hex || odd ? 16 : 10) + (unsigned)ch_hex(s.p[i]);
		digits++;
		if (v > 0xffff)
			return 0;
	}
	if (!digits || i >= s.n || s.p[i] != ';')
		return 0;
	*c = '.';
	for (size_t k = 0; k < 3; k++)
		if (v == dots[k])
			return i + 1;
	*c = (char)v;
	return v >= 33 && v <= 126 && (!odd || v == '.') ? i + 1 : 0;
}

static struct str undo_references(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	char c = 0;

	if (str_find(s, STR("&#")) == SIZE_MAX)
		return s;
	for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
		n = s.p[i] == '&' ? reference_at(str_skip(s, i), &c) : 0;
		buf_addc(&b, n ? c : s.p[i]);
	}
	return buf_str(&b);
}

/* As a browser takes it: slashes, scheme, a path, no references. */
static struct str complete(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	size_t n, i;

	for (i = 0; i < s.n; i++)
		buf_addc(&b, s.p[i] == '\\' ? '/' : s.p[i]);
	s = buf_str(&b);
	n = http_at(s);
	if (n) {
		for (i = n; i < s.n && i < n + 2 && s.p[i] == '/'; i++)
			continue;
		s = joined(a, str_sub(s, 0, n), STR("//"), str_skip(s, i));
	}
	if (uri_has_escape(s))
		s = uri_recode(a, s);
	if (!has_scheme(s))
		s = joined(a, str_starts(s, STR("ftp.")) ? STR("ftp://") : STR("http://"), s,
			   STR(""));
	n = http_at(s);
	if (n && str_starts(str_skip(s, n), STR("//"))) {
		for (i = n + 2; i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#'; i++)
			continue;
		if (i > n + 2 && i < s.n && s.p[i] != '/')
			s = joined(a, str_sub(s, 0, i), STR("/"), str_skip(s, i));
	}
	return undo_references(a, s);
}

struct http {
	struct str proto, auth, host, rest, port;
};

static bool read_http(struct str s, struct http *h)
{
	size_t n = http_at(s), end, i;
	struct str r = str_skip(s, n + 2);

	if (!n || !str_starts(str_skip(s, n), STR("//")))
		return false;
	*h = (struct http){ .proto = str_sub(s, 0, n + 2), .auth = STR("") };
	for (end = 0; end < r.n && r.p[end] != '/' && r.p[end] != '?' && r.p[end] != '#'; end++)
		continue;
	i = str_chr(str_sub(r, 0, end), '@');
	if (i != SIZE_MAX && i + 1 < end && r.p[i + 1] != ':') {
		h->auth = str_sub(r, 0, i + 1);
		r = str_skip(r, i + 1);
		end -= i + 1;
	}
	for (i = 0; i < end && r.p[i] != ':'; i++)
		continue;
	h->host = str_sub(r, 0, i);
	h->rest = str_skip(r, i);
	if (i < r.n && r.p[i] == ':')
		for (n = ++i; i < r.n && ch_digit(r.p[i]); i++)
			h->port = str_sub(r, n, i + 1 - n);
	return h->host.n > 0;
}

static bool plain_http(const struct http *h)
{
	return str_eq(h->proto, STR("http://"));
}

static bool word_char(char c)
{
	return ch_alnum(c) || c == '_';
}

static void add_without_port(struct arena *a, const struct http *h, uri_forms *out)
{
	struct str port = plain_http(h) ? STR(":80") : STR(":443");

	if (h->port.n && str_starts(h->rest, port) &&
	    (h->rest.n == port.n || !word_char(h->rest.p[port.n])))
		VEC_PUSH(a, *out) = joined(a, h->proto, h->host, str_skip(h->rest, port.n));
}

/* Another link in its path or query; absent: none. */
static struct str inner_link(struct str rest)
{
	for (size_t i = 0; i < rest.n; i++) {
		struct str r = str_skip(rest, i);
		size_t n = ch_lower(r.p[0]) == 'h' ? http_at(r) : 0, end = n;
		if (!n)
			continue;
		while (end < r.n && r.p[end] != '&' && r.p[end] != '#')
			end++;
		if (end == n)
			continue;
		r.n = end;
		return str_chr(r, '.') == SIZE_MAX ? STR_NULL : r;
	}
	return STR_NULL;
}

static void add_target(const struct view *v, struct arena *a, const struct http *h, uri_forms *todo)
{
	struct str to = STR_NULL;

	if (todo->n > VIEW_MAX_REDIRECTS)
		return;
	if (!v->env.redirect ||
	    !v->env.redirect(v->env.redirect_arg, joined(a, h->proto, h->host, h->rest), &to))
		to = inner_link(h->rest);
	if (to.p)
		VEC_PUSH(a, *todo) = to;
}

/* "0x7f", "0177", "127", with or without a dot behind it, as decimal. */
static void add_octet(struct buf *b, struct str s)
{
	uint64_t v = 0;
	bool hex = str_istarts(s, STR("0x")), oct;
	size_t i = hex ? 2 : 0;

	while (i < s.n && s.p[i] == '0')
		i++;
	if (hex) {
		for (; i < s.n; i++)
			v = v > UINT64_MAX >> 4 ? UINT64_MAX : v * 16 + (uint64_t)ch_hex(s.p[i]);
		if (v)
			buf_addf(b, "%lld", (long long)v);
		return;
	}
	oct = i > 0 && i < s.n && s.n - i <= (s.p[i] <= '3' ? 3u : 2u);
	for (size_t k = i; k < s.n; k++) {
		oct = oct && s.p[k] <= '7';
		v = v * 8 + (uint64_t)(s.p[k] - '0');
	}
	if (oct)
		buf_addf(b, "%llu", (unsigned long long)v);
	else
		buf_add(b, str_skip(s, i));
}

static bool number(struct str s, bool *hex)
{
	size_t i = str_istarts(s, STR("0x")) ? 2 : 0;

	*hex = i > 0;
	if (i == s.n)
		return false;
	for (; i < s.n; i++)
		if (*hex ? ch_hex(s.p[i]) < 0 : !ch_digit(s.p[i]))
			return false;
	return true;
}

/* Four numbers with dots between; false: not such a host. */
static bool add_quad(struct arena *a, const struct http *h, uri_forms *out)
{
	struct buf b = { .arena = a };
	struct str s = h->host, part;
	bool hex;

	buf_add(&b, h->proto);
	for (int i = 0; i < 4; i++) {
		part = str_cut(&s, '.');
		if (!number(part, &hex) || (i < 3 && !s.p) || (i == 3 && s.p))
			return false;
		add_octet(&b, part);
		if (i < 3)
			buf_addc(&b, '.');
	}
	buf_add(&b, h->rest);
	VEC_PUSH(a, *out) = buf_str(&b);
	return true;
}

/* One number: the address that its first four octets are. */
static void add_long(struct arena *a, const struct http *h, bool hex, uri_forms *out)
{
	struct str s = hex ? str_skip(h->host, 2) : h->host;
	uint64_t v = 0;
	struct str text;
	int b[4] = { 0 };

	if (hex && s.n > 8)
		s = str_skip(s, s.n - 8);
	for (size_t i = 0; i < s.n; i++) {
		uint64_t d = (uint64_t)ch_hex(s.p[i]), base = hex ? 16 : 10;
		v = v > (UINT64_MAX - d) / base ? UINT64_MAX : v * base + d;
	}
	text = arena_printf(a, "%08llx0", (unsigned long long)v);
	for (int i = 0; i < 4; i++)
		b[i] = ch_hex(text.p[2 * i]) * 16 + ch_hex(text.p[2 * i + 1]);
	VEC_PUSH(a, *out) = joined(a, h->proto,
				   arena_printf(a, "%d.%d.%d.%d", b[0], b[1], b[2], b[3]), h->rest);
}

/* "http://foo" is "http://www.foo.com" to some browsers. */
static void add_guess(const struct view *v, struct arena *a, const struct http *h, struct str host,
		      uri_forms *out)
{
	struct str name;

	if (!plain_http(h) || h->auth.n || (h->port.n && !str_eq(h->port, STR("80"))) ||
	    str_ieq(host, STR("localhost")))
		return;
	host = name = arena_lower(a, host);
	if (str_starts(host, STR("www.")) && host.n > 4)
		name = str_skip(host, 4);
	if (str_chr(name, '.') != SIZE_MAX || view_tld_valid(v, host))
		return;
	VEC_PUSH(a, *out) = joined(a, joined(a, h->proto, STR("www."), name), STR(".com"), h->rest);
}

static struct str without_controls(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x20)
			buf_addc(&b, s.p[i]);
	return b.n == s.n ? s : buf_str(&b);
}

static void add_host_forms(const struct view *v, struct arena *a, struct http *h, uri_forms *out,
			   uri_forms *todo)
{
	struct str host = h->host, first = host;
	size_t at;
	bool hex;

	h->host = without_controls(a, host);
	if (h->host.n != host.n)
		VEC_PUSH(a, *out) = joined(a, h->proto, h->host, h->rest);
	add_target(v, a, h, todo);
	at = str_chr(h->host, '@');
	if (at != SIZE_MAX && at) {
		h->host = str_skip(h->host, at + 1);
		VEC_PUSH(a, *out) = joined(a, h->proto, h->host, h->rest);
	}
	host = h->host;
	while (h->host.n && !ch_alnum(h->host.p[h->host.n - 1]))
		h->host.n--;
	if (h->host.n != host.n)
		VEC_PUSH(a, *out) = joined(a, h->proto, h->host, h->rest);
	if (add_quad(a, h, out))
		return;
	if (number(h->host, &hex))
		add_long(a, h, hex, out);
	else
		add_guess(v, a, h, first, out);
}

static void clean_one(const struct view *v, struct arena *a, struct str uri, uri_forms *out,
		      uri_forms *todo)
{
	struct str s;
	struct http h;

	if (uri.n <= 1 || strchr("#?&", uri.p[0]) ||
	    (uri.p[0] == '/' && (uri.n < 2 || uri.p[1] != '/')))
		return;
	if (is_address(uri)) {
		clean_address(a, uri, out);
		return;
	}
	s = complete(a, uri);
	if (!str_eq(s, uri))
		VEC_PUSH(a, *out) = s;
	if (!read_http(s, &h))
		return;
	add_without_port(a, &h, out);
	add_host_forms(v, a, &h, out, todo);
}

void uri_clean(const struct view *v, struct arena *a, struct str uri, uri_forms *out)
{
	uri_forms todo = { 0 };

	VEC_PUSH(a, todo) = uri;
	for (size_t i = 0; i < todo.n; i++) {
		todo.p[i] = tidy(a, todo.p[i]);
		VEC_PUSH(a, *out) = todo.p[i];
		clean_one(v, a, todo.p[i], out, &todo);
	}
}
