/* OpenDKIM's lists of hosts: names, addresses and networks, and what is excepted from them. */
#include "checks/sign/opendkim.h"

#include <stdio.h>

enum listed { LISTED_NO, LISTED_YES, LISTED_UNKNOWN };

/* An entry "!key" says no, "key" yes. A pattern "*..." is not meant for what begins with "!". */
static enum listed look(const struct odk_set *s, struct str key)
{
	const struct odk_row *row[ODK_SIGNERS_MAX];
	char not [ODK_QUERY_MAX + 2];
	size_t n;

	if (!key.n || key.n > ODK_QUERY_MAX)
		return LISTED_UNKNOWN;
	n = (size_t)snprintf(not, sizeof not, "!%.*s", STR_ARG(key));
	n = odk_matches(s, str_of(not, n), row, ODK_SIGNERS_MAX);
	for (size_t i = 0; i < n; i++)
		if (row[i]->key.p[0] == '!')
			return LISTED_NO;
	return odk_find(s, key) ? LISTED_YES : LISTED_UNKNOWN;
}

static enum listed look_name(const struct odk_set *s, struct str host)
{
	enum listed l;
	size_t dot;

	if (!host.n || host.n > 255 || host.p[0] == '[')
		return LISTED_UNKNOWN;
	l = look(s, host);
	while (l == LISTED_UNKNOWN && (dot = str_chr(host, '.')) != SIZE_MAX) {
		l = look(s, str_skip(host, dot)); /* ".example.com" */
		host = str_skip(host, dot + 1);
	}
	return l;
}

/* With the square brackets that Sendmail writes, and without; suffix: "/24" or "". */
static enum listed look_text(const struct odk_set *s, const char *text, const char *suffix)
{
	char key[IP_TEXT_MAX + 16];
	int n = snprintf(key, sizeof key, "%s%s", text, suffix);
	enum listed l = look(s, str_of(key, (size_t)n));

	if (l != LISTED_UNKNOWN)
		return l;
	n = snprintf(key, sizeof key, "[%s]%s", text, suffix);
	return look(s, str_of(key, (size_t)n));
}

static void mask(struct ip *ip, unsigned bits)
{
	size_t octets = ip->family == 4 ? 4 : 16;

	for (size_t i = 0; i < octets; i++) {
		unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * (unsigned)i : 0;
		ip->b[i] = (uint8_t)(ip->b[i] & (0xff00u >> keep));
	}
}

static enum listed look_address(const struct odk_set *s, const struct ip *ip)
{
	unsigned bits = ip->family == 4 ? 32 : 128;
	char text[IP_TEXT_MAX], suffix[8];
	struct ip net = *ip;
	enum listed l;

	if (!ip->family)
		return LISTED_UNKNOWN;
	l = look_text(s, ip_format(ip, text), "");
	for (unsigned b = bits + 1; b-- > 0 && l == LISTED_UNKNOWN;) {
		mask(&net, b);
		snprintf(suffix, sizeof suffix, "/%u", b);
		l = look_text(s, ip_format(&net, text), suffix);
	}
	return l;
}

bool odk_host_listed(const struct odk_set *s, struct str host, const struct ip *ip)
{
	enum listed l;

	if (s->rows.n == 0)
		return false;
	l = look_name(s, host);
	if (l == LISTED_UNKNOWN)
		l = look_address(s, ip);
	return l == LISTED_YES;
}
