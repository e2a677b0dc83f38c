/* An engine over a test zone. */
#include "unit/scan/world.h"

#include "base/clock.h"

static void fault(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

struct scan_setup *world_setup(struct arena *a, const struct check *const *checks, const char *conf,
			       struct err *e)
{
	const struct conf_opt *tables[SCAN_MAX_CHECKS + 2] = { scan_options };
	const struct conf *c;
	struct scan_setup *out;
	size_t n = 1;

	for (size_t i = 0; checks[i] && n < SCAN_MAX_CHECKS + 1; i++)
		if (checks[i]->options)
			tables[n++] = checks[i]->options;
	c = conf_load_text(a, "test.conf", str_c(conf), tables, fault, NULL);
	assert_non_null(c);
	return scan_setup_new(a, c, checks, &out, e) < 0 ? NULL : out;
}

static void running(void *arg, uint64_t digest)
{
	struct world *w = arg;

	if (digest)
		w->digest = digest;
}

static bool poisoned(void *arg, uint64_t digest)
{
	const struct world *w = arg;

	(void)digest;
	return w->poison;
}

void world_open(struct world *w, const struct check *const *checks, const char *conf,
		const char *zone)
{
	struct err e;

	*w = (struct world){ .a = arena_new(0), .loop = loop_new(), .zone = zone_new() };
	zone_text(w->zone, zone);
	w->trace.arena = w->a;
	w->resolver = zone_resolver_new(
		w->loop, &(struct zone_resolver_config){ .zone = w->zone, .timeout_ms = 60000 });
	w->setup = world_setup(w->a, checks, conf, &e);
	if (!w->setup)
		fail_msg("%s", e.text);
	w->env = (struct scan_env){ .setup = w->setup,
				    .loop = w->loop,
				    .resolver = w->resolver,
				    .crypto = crypto_new(),
				    .running = running,
				    .poisoned = poisoned,
				    .arg = w,
				    .now = 1700000000 };
}

void world_close(struct world *w)
{
	resolver_free(w->resolver);
	crypto_free(w->env.crypto);
	loop_free(w->loop);
	zone_free(w->zone);
	arena_free(w->a);
}

struct scan *world_scan(struct world *w, const char *profile)
{
	struct scan_client c = { .profile = str_c(profile), .host = STR("client.test") };

	assert_true(ip_parse(STR("192.0.2.1"), &c.ip));
	return scan_new(&w->env, &c, 0);
}

void world_mark(struct world *w, const char *text)
{
	buf_addf(&w->trace, "%s%s", w->trace.n ? " " : "", text);
}

const char *world_trace(struct world *w)
{
	const char *text = arena_cstr(w->a, buf_str(&w->trace));

	w->trace.n = 0;
	return text;
}

void world_done(void *arg, struct scan *s)
{
	struct world *w = arg;

	w->done++;
	world_mark(w, "done");
	if (w->free_in_done)
		scan_free(s);
}

void world_wait(struct world *w)
{
	uint64_t until = clock_mono_ms() + 2000;
	unsigned before = w->done;

	while (w->done == before && clock_mono_ms() < until)
		loop_turn(w->loop, 50);
	if (w->done == before)
		fail_msg("the end is not told");
}

void world_headers(struct scan *s, const char *text)
{
	struct str rest = str_c(text);

	while (rest.n) {
		struct str line = str_cut(&rest, '\n'), name;

		while (rest.n && ch_wsp(rest.p[0])) /* folded */
			line.n += 1 + str_cut(&rest, '\n').n;
		name = str_cut(&line, ':');
		scan_header(s, name, line);
	}
}

struct scan *world_message(struct world *w, const char *headers)
{
	struct scan *s = world_scan(w, "inbound");

	scan_helo(s, STR("client.test"));
	scan_mail(s, STR("<a@sender.test>"));
	scan_rcpt(s, STR("<b@here.test>"));
	world_headers(s, headers);
	scan_eoh(s);
	scan_body(s, STR("text\r\n"));
	w->done = 0;
	scan_eom(s, world_done, w);
	if (!w->done)
		world_wait(w);
	return s;
}
