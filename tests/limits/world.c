/* The outside as attacks meet it: a test zone for DNS, a big feed, and ports where nobody is. */
#include "limits/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "io/http.h"
#include "lib/zone_resolver.h"
#include "scan/ask.h"

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"
#define LONG_NAME                                                                                  \
	L63 "." L63 "." L63 ".a2345678901234567890123456789012345678901234567890.example.com"

#define LITERAL(s)                                                                                 \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

/* Some lists list everything but their own test, names have addresses and servers. */
static const char zone_lines[] = "*.dbl.spamhaus.org A 127.0.1.2\n"
				 "*.zen.spamhaus.org A 127.0.0.2\n"
				 "*.multi.surbl.org A 127.0.0.8\n"
				 "*.com A 192.0.2.5\n"
				 "*.com MX 10 mx.host.net\n"
				 "*.com NS ns.host.net\n"
				 "*.net A 127.0.0.1\n"
				 "7.100.51.45.in-addr.arpa PTR " LONG_NAME "\n";

static void write_set(const struct world *w, size_t entries)
{
	static const struct feed_format format = { FEED_LIST, FEED_AUTO, 0, 0 };
	struct buf b = { .arena = arena_new(0) };
	const char *path;
	struct err e = { "" };
	size_t n;
	void *set;
	FILE *f;

	for (size_t i = 0; i < entries; i++)
		buf_addf(&b, i % 2 ? "h%zu.feed.example\n" : "https://h%zu.feed.example/p\n", i);
	set = feed_compile(buf_str(&b), &format, &n, &(struct feed_counts){ 0 }, &e);
	if (!set || mkdir(feeds_dir(b.arena, w->dir), 0700) < 0)
		bug("a feed: %s", e.text);
	path = feeds_path(b.arena, w->dir, STR("many"), "set");
	f = fopen(path, "we");
	if (!f || fwrite(set, 1, n, f) != n || fclose(f) != 0)
		bug("%s: %s", path, strerror(errno));
	free(set);
	arena_free(b.arena);
}

struct world *world_new(size_t entries)
{
	struct arena *a = arena_new(0);
	struct world *w = ARENA_NEW(a, struct world);

	w->arena = a;
	snprintf(w->dir, sizeof w->dir, "/tmp/merlon-limits-XXXXXX");
	if (!mkdtemp(w->dir))
		bug("%s: %s", w->dir, strerror(errno));
	write_set(w, entries);
	w->zone = zone_new();
	zone_text(w->zone, zone_lines);
	return w;
}

void world_free(struct world *w)
{
	const char *path = feeds_path(w->arena, w->dir, STR("many"), "set");

	unlink(path);
	rmdir(feeds_dir(w->arena, w->dir));
	rmdir(w->dir);
	zone_free(w->zone);
	arena_free(w->arena);
}

struct str world_conf(const struct world *w)
{
	static const char geo[] = MERLON_SRCDIR "/tests/unit/checks/outside/geo";

	return arena_printf(
		w->arena,
		"dnslist { use = yes max_queries = 64 }\n"
		"feed \"many\" { source = \"file:%s/many\" class = phish }\n"
		"redirect { use = yes follow = any max_urls = 10 max_hops = 5 }\n"
		"geo { country = \"%s/country.mmdb\" asn = \"%s/asn.mmdb\" city = \"%s/city.mmdb\" "
		"}\n"
		"antivirus { clamd = {\"inet:9@127.0.0.1\"} icap = {\"icap://127.0.0.1:9/scan\"} "
		"scan = all }\n"
		"external \"nobody\" { socket = \"unix:%s/nobody\" }\n"
		"score { reject = 1000 }\n"
		"llm { mode = on band = \"-1000..1000\" sender_calls = 0 max_size = 64M }\n"
		"llm_endpoint \"nobody\" { url = \"http://127.0.0.1:9\" model = "
		"\"" MERLON_SRCDIR "/models/llm/openai.conf\" }\n",
		w->dir, geo, geo, geo, w->dir);
}

void world_specs(struct world *w, const struct conf *c)
{
	struct err e;

	if (feed_specs_read(w->arena, c, &w->specs, &e) < 0)
		bug("%s", e.text);
}

void world_enter(const struct world *w, struct app_env *env)
{
	struct scan_env *s = &env->scan;

	http_free(s->http);
	resolver_free(s->resolver);
	s->resolver = zone_resolver_new(s->loop, &(struct zone_resolver_config){ .zone = w->zone });
	s->http = http_new(s->loop, s->resolver);
	s->feeds = feeds_new(&w->specs, w->dir);
	if (!feeds_set(s->feeds, 0))
		bug("no feed: %s", feeds_why(s->feeds, 0));
}

void world_leave(struct app_env *env)
{
	feeds_free(env->scan.feeds);
	env->scan.feeds = NULL;
}

const struct envelope *world_envelope(void)
{
	static const struct str rcpt[] = { LITERAL("<user@here.example.com>") };
	static const struct envelope envelope = {
		.ip = { .family = 4, .b = { 45, 51, 100, 7 } },
		.helo = LITERAL(LONG_NAME),
		.host = LITERAL(LONG_NAME),
		.mail_from = LITERAL("<a@" LONG_NAME ">"),
		.rcpt = rcpt,
		.nrcpt = 1,
	};

	return &envelope;
}
