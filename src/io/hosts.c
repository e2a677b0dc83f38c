/* The hosts file: names and their addresses, in a map. */
#include "io/hosts.h"

#include "base/err.h"
#include "base/file.h"
#include "base/map.h"

struct entry {
	struct ip ip;
	struct entry *next; /* of the same name */
};

struct named {
	struct entry *first, *last;
};

struct hosts {
	struct map *names; /* -> struct named */
};

static void add(struct hosts *h, struct arena *a, struct str name, const struct ip *ip)
{
	struct entry *e = ARENA_NEW(a, struct entry);
	struct named *n = map_get(h->names, name);

	e->ip = *ip;
	if (!n) {
		n = ARENA_NEW(a, struct named);
		map_put(h->names, arena_dup(a, name), n);
		n->first = e;
	} else {
		n->last->next = e;
	}
	n->last = e;
}

struct hosts *hosts_parse(struct arena *a, struct str text)
{
	struct hosts *h = ARENA_NEW(a, struct hosts);
	size_t left = HOSTS_MAX_NAMES;

	h->names = map_new(a, true);
	while (text.n && left) {
		struct str all = str_cut(&text, '\n'), line = str_cut(&all, '#'), name;
		struct ip ip;

		if (!ip_parse(str_word(&line), &ip))
			continue;
		while (left && (name = str_word(&line)).n) {
			add(h, a, name, &ip);
			left--;
		}
	}
	return h;
}

struct hosts *hosts_read(struct arena *a, const char *path)
{
	struct str text = STR("");
	struct arena *tmp = arena_new(0);
	struct hosts *h;
	struct err e;

	(void)file_read(tmp, path, HOSTS_MAX_OCTETS, &text, &e);
	h = hosts_parse(a, text);
	arena_free(tmp);
	return h;
}

static size_t localhost(struct ip *out, size_t max)
{
	static const struct ip loopback[] = { { .family = 4, .b = { 127, 0, 0, 1 } },
					      { .family = 6, .b = { [15] = 1 } } };
	size_t n = 0;

	for (; n < max && n < sizeof loopback / sizeof *loopback; n++)
		out[n] = loopback[n];
	return n;
}

size_t hosts_find(const struct hosts *h, struct str name, struct ip *out, size_t max)
{
	const struct named *n = map_get(h->names, name);
	size_t found = 0;

	if (!n)
		return str_ieq(name, STR("localhost")) || str_iends(name, STR(".localhost"))
			       ? localhost(out, max)
			       : 0;
	for (const struct entry *e = n->first; e && found < max; e = e->next)
		out[found++] = e->ip;
	return found;
}
