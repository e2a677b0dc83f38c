/* Addresses of DNS servers, and the nameserver lines of resolv.conf. */
#include "io/servers.h"

#include <net/if.h>
#include <stdio.h>

#define RESOLV_CONF_MAX 65536u
#define PORT_DNS 53u

/* A zone is an interface's name or number; libunbound wants the number. */
static bool scope_parse(struct str zone, unsigned *scope)
{
	char name[IF_NAMESIZE];
	uint64_t number;

	if (str_u64(zone, UINT32_MAX, &number)) {
		*scope = (unsigned)number;
		return number > 0;
	}
	if (zone.n == 0 || zone.n >= sizeof name || memchr(zone.p, 0, zone.n))
		return false;
	memcpy(name, zone.p, zone.n);
	name[zone.n] = '\0';
	*scope = if_nametoindex(name);
	return *scope > 0;
}

int server_parse(struct str text, struct server *out, struct err *e)
{
	struct str rest = text, zone = str_cut(&rest, '@'), addr = str_cut(&zone, '%');
	uint64_t port = PORT_DNS;
	unsigned scope = 0;
	char buf[IP_TEXT_MAX];
	struct ip ip;

	if (!ip_parse(addr, &ip) || (rest.p && (!str_u64(rest, UINT16_MAX, &port) || port == 0)))
		return err_set(e, "\"%.*s\" is not a DNS server (ADDRESS or ADDRESS@PORT)",
			       STR_ARG(text));
	if (zone.p && (ip.family != 6 || !scope_parse(zone, &scope)))
		return err_set(e, "\"%.*s\": no such interface", STR_ARG(text));
	ip_format(&ip, buf);
	if (scope)
		snprintf(out->text, sizeof out->text, "%s%%%u@%u", buf, scope, (unsigned)port);
	else
		snprintf(out->text, sizeof out->text, "%s@%u", buf, (unsigned)port);
	return 0;
}

int servers_parse(const struct str *list, size_t n, struct servers *out, struct err *e)
{
	if (n > SERVERS_MAX)
		return err_set(e, "%zu DNS servers, at most %u are used", n, SERVERS_MAX);
	for (out->n = 0; out->n < n; out->n++)
		if (server_parse(list[out->n], &out->s[out->n], e) != 0)
			return -1;
	return 0;
}

/* A line that is no address is passed over, as the system's resolver does. */
static void read_line(struct str line, struct servers *out)
{
	struct str key = str_word(&line), value = str_word(&line);
	struct err ignored;

	if (str_eq(key, STR("nameserver")) && out->n < SERVERS_MAX &&
	    str_chr(value, '@') == SIZE_MAX && server_parse(value, &out->s[out->n], &ignored) == 0)
		out->n++;
}

int servers_load(const char *path, struct servers *out, struct err *e)
{
	struct arena *a = arena_new(RESOLV_CONF_MAX);
	char *text = arena_alloc(a, RESOLV_CONF_MAX);
	FILE *f = fopen(path, "rb");
	struct str left = str_of(text, f ? fread(text, 1, RESOLV_CONF_MAX, f) : 0);

	out->n = 0;
	while (left.n > 0)
		read_line(str_cut(&left, '\n'), out);
	arena_free(a);
	if (!f)
		return err_at(e, path, 0, "cannot be opened");
	fclose(f);
	return out->n > 0 ? 0 : err_at(e, path, 0, "names no DNS server");
}
