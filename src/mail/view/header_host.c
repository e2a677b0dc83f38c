/* Hosts, domains and addresses found inside a field: ":host", ":domain", ":ip". */
#include "mail/view/header_priv.h"

#define HOST_MAX 252u /* octets looked at for a host in front of its top level */

static bool label_char(char c)
{
	return ch_alnum(c) || c == '-';
}

static bool joins(char c)
{
	return c == '.' || c == '_' || c == '-';
}

/* The "." at s.p[dot] begins a listed top level after which a name can end: where it ends; 0. */
static size_t tld_end(const struct view *v, struct str s, size_t dot)
{
	size_t end = dot + 1;

	while (end < s.n && label_char(s.p[end]))
		end++;
	if (end == dot + 1 || (end < s.n && joins(s.p[end])))
		return 0;
	return view_tld_is(v, str_sub(s, dot + 1, end - dot - 1)) ? end : 0;
}

/* The longest name that begins at s.p[at], in a run without white space; 0: none. */
static size_t name_end(const struct view *v, struct str s, size_t at)
{
	size_t stop = at, end;

	while (stop < s.n && stop - at < HOST_MAX && !view_space(s.p[stop]))
		stop++;
	for (size_t i = stop; i-- > at + 1;) {
		end = s.p[i] == '.' ? tld_end(v, s, i) : 0;
		if (end)
			return end;
	}
	return 0;
}

static struct str address_host(struct str line)
{
	for (size_t at = line.n; at-- > 0;) {
		size_t end = at + 1;
		if (line.p[at] != '@')
			continue;
		while (end < line.n && !view_space(line.p[end]))
			end++;
		if (end > at + 1)
			return str_sub(line, at + 1, end - at - 1);
	}
	return STR_NULL;
}

struct str view_host_of(const struct view *v, struct str line, bool is_addr)
{
	struct str host;
	size_t end, at;

	if (is_addr)
		return address_host(line);
	for (at = line.n; at-- > 0;) {
		end = line.p[at] == '@' ? name_end(v, line, at + 1) : 0;
		host = str_sub(line, at + 1, end ? end - at - 1 : 0);
		if (end && view_fqdn_valid(host))
			return host;
		if (end)
			break;
	}
	for (at = 0; at < line.n; at++) {
		if (view_space(line.p[at]) || (at && joins(line.p[at - 1])))
			continue;
		end = name_end(v, line, at);
		if (end && view_fqdn_valid(str_sub(line, at, end - at)))
			return str_sub(line, at, end - at);
		if (end) {
			at = end - 1;
			continue;
		}
		while (at < line.n && !view_space(line.p[at]) && line.n - at <= HOST_MAX)
			at++;
	}
	return STR_NULL;
}

struct str view_ip_of(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		size_t n = view_ip_at(line, i);
		bool left = !i || (line.p[i - 1] != '.' && !ch_alnum(line.p[i - 1]));
		if (n && left && ch_alnum(line.p[i]) && ch_alnum(line.p[i + n - 1]) &&
		    (i + n >= line.n || line.p[i + n] != '.'))
			return str_sub(line, i, n);
	}
	return STR_NULL;
}
