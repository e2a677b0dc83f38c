/*
 * Fuzzes SpamAssassin's network rules: lines of rules and directives, answers of lists, a message.
 * Three texts with NUL between: rules, a test zone (lib/zone.h), header and body. Any rules are
 * refused or judge the message, which ends whatever is answered.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "checks/checks.h"
#include "checks/dnslist/dnslist.h"
#include "checks/dnslist/sa.h"
#include "lib/zone_resolver.h"
#include "ruleset/ruleset.h"

#define TURNS_MAX 10000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct check *const checks[] = {
	&check_dnslist,	 &check_dkim,	   &check_sa_rbl, &check_sa_uribl,
	&check_sa_ahead, &check_sa_askdns, NULL
};

static const char zone_always[] = "*.l.test A 127.0.0.2\n*.l.test TXT \"listed\"\n"
				  "*.com NS ns.host.net\n*.com A 192.0.2.5\n*.net A 192.0.2.6\n";
static const char rules_always[] = "util_rb_tld com net org\n";

static void heed(void *arg, const char *line)
{
	(void)arg;
	if (!line[0])
		bug("an empty fault");
}

static void refuse(void *arg, const char *line)
{
	(void)arg;
	bug("%s", line);
}

static int file_of(struct str text)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);

	if (fd < 0 || write(fd, rules_always, sizeof rules_always - 1) < 0 ||
	    write(fd, text.p ? text.p : "", text.n) != (ssize_t)text.n)
		bug("memfd");
	return fd;
}

static struct scan_setup *load(struct arena *a, struct str rules)
{
	const struct conf_opt *const tables[] = { ruleset_options, scan_options,
						  check_dnslist.options, check_dkim.options, NULL };
	int fd = file_of(rules);
	const struct conf *c = conf_load_text(
		a, "fuzz",
		arena_printf(a, "rules { dir = \"/proc/self/fd/%d\" regex_budget = 20ms }", fd),
		tables, refuse, NULL);
	struct scan_setup *setup;
	struct ruleset *set;
	struct err e;

	if (scan_setup_new(a, c, checks, &setup, &e) < 0)
		bug("%s", e.text);
	set = ruleset_load(a, c, setup, &(struct ruleset_how){ .fault = heed, .note = heed });
	close(fd);
	if (!set || scan_setup_judge(setup, ruleset_judge(set), &e) < 0)
		return NULL;
	return setup;
}

static void done(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

static bool scan_ended(const bool *ended)
{
	return *ended;
}

static void feed(struct scan *s, struct str text)
{
	while (text.n) {
		struct str line = str_cut(&text, '\n'), name;

		if (!line.n)
			break;
		name = str_cut(&line, ':');
		if (name.n)
			scan_header(s, name, line);
	}
	scan_eoh(s);
	scan_body(s, text);
}

static void judge(struct scan_setup *setup, struct zone *zone, struct str message)
{
	struct loop *loop = loop_new();
	struct scan_env env = {
		.setup = setup,
		.loop = loop,
		.resolver = zone_resolver_new(
			loop, &(struct zone_resolver_config){ .zone = zone, .timeout_ms = 1 }),
		.crypto = crypto_new(),
		.now = 1700000000,
	};
	struct scan_client client = { .profile = STR("inbound") };
	bool ended = false;
	struct scan *s;

	ip_parse(STR("198.51.100.7"), &client.ip);
	s = scan_new(&env, &client, 0);
	scan_helo(s, STR("mail.sender.com"));
	scan_mail(s, STR("<bounce@mail.sender.com>"));
	feed(s, message);
	scan_eom(s, done, &ended);
	for (unsigned i = 0; i < TURNS_MAX && !scan_ended(&ended); i++)
		loop_turn(loop, 10);
	if (!ended)
		bug("no end");
	if (scan_dns_count(s) > SCAN_MAX_QUERIES)
		bug("too many questions");
	scan_free(s);
	resolver_free(env.resolver);
	crypto_free(env.crypto);
	loop_free(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = str_of((const char *)data, n), rules = str_cut(&in, '\0'),
		   zone_lines = str_cut(&in, '\0');
	struct arena *a = arena_new(0);
	struct zone *zone = zone_new();
	struct scan_setup *setup;
	struct err e;

	/* delays and lost answers only take the fuzzer's time */
	if (str_ifind(zone_lines, STR("DELAY")))
		zone_lines = STR_NULL;
	zone_read(zone, str_c(zone_always), "always", &e);
	zone_read(zone, zone_lines, "fuzz", &e);
	setup = load(a, rules);
	if (setup)
		judge(setup, zone, in);
	zone_free(zone);
	arena_free(a);
	return 0;
}
