/* merlon dkim check: what every name server shows of the keys. */
#include <stdio.h>

#include "base/clock.h"
#include "cmd/keytool.h"
#include "cmd/show.h"
#include "io/loop.h"
#include "control/keyring/authority.h"
#include "control/keyring/steps.h"
#include "scan/report.h"

struct run {
	struct keytool_site site;
	const struct keytool_options *o;
	struct authority_args args;
	struct keyring_key *key; /* the one that is asked about */
	bool seen, ended;
	json_t *all, *servers;
	struct str fault;
	int code;
};

static void print_server(const struct authority_report *r, const struct authority_server *s)
{
	char ip[IP_TEXT_MAX];

	printf("  %-4s ", authority_good(r, s) ? "ok" : "NO");
	show_text(stdout, s->server, NULL);
	printf(" %s: %s", s->ip.family ? ip_format(&s->ip, ip) : "-", published_word(s->what));
	if (s->detail.n) {
		fputs(", ", stdout);
		show_text(stdout, s->detail, NULL);
	}
	putchar('\n');
}

static json_t *server_json(const struct authority_report *r, const struct authority_server *s)
{
	json_t *j = json_object();
	char ip[IP_TEXT_MAX];

	json_object_set_new(j, "name", report_str(s->name));
	json_object_set_new(j, "zone", report_str(s->zone));
	json_object_set_new(j, "server", report_str(s->server));
	json_object_set_new(j, "address",
			    s->ip.family ? json_string(ip_format(&s->ip, ip)) : json_null());
	json_object_set_new(j, "result", json_string(published_word(s->what)));
	json_object_set_new(j, "detail", s->detail.n ? report_str(s->detail) : json_null());
	json_object_set_new(j, "good", json_boolean(authority_good(r, s)));
	return j;
}

static void told(void *arg, const struct authority_report *r)
{
	struct run *run = arg;

	run->ended = true;
	run->seen = r->seen;
	run->fault = r->fault.p ? arena_dup(run->site.arena, r->fault) : STR_NULL;
	if (!run->o->json && r->fault.p)
		printf("  NO   %.*s\n", STR_ARG(r->fault));
	for (size_t i = 0; i < r->n; i++) {
		if (run->o->json)
			json_array_append_new(run->servers, server_json(r, &r->server[i]));
		else
			print_server(r, &r->server[i]);
	}
}

/* Under the lock, on a ring read anew: others may have changed it while servers were asked. */
static bool activate(struct run *run)
{
	struct keytool_site s;
	struct keyring_key *k = NULL;
	struct err e;
	bool good = false;

	if (keytool_open(&s, run->o, true))
		k = keyring_find(&s.ring, run->key->domain, run->key->selector);
	if (k && k->state == KEY_PENDING) {
		good = steps_activate(s.state, &s.ring, k, clock_wall(), !run->seen, &e) == 0;
		if (!good)
			keytool_complain("%s", e.text);
		else
			run->key->state = KEY_ACTIVE;
		if (good && !run->seen)
			keytool_complain("warning: %.*s of %.*s is active though not every server "
					 "shows it; what it signs may fail",
					 STR_ARG(k->selector), STR_ARG(k->domain));
	} else if (k && k->state == KEY_ACTIVE) {
		good = true; /* the daemon was faster */
		run->key->state = KEY_ACTIVE;
	} else if (s.lock >= 0) {
		keytool_complain("%.*s of %.*s is not pending any more",
				 STR_ARG(run->key->selector), STR_ARG(run->key->domain));
	}
	keytool_close(&s);
	return good;
}

static void add_json(struct run *run, bool activated)
{
	const struct keyring_key *k = run->key;
	struct str note = keytool_note(&run->site, k);
	json_t *j = json_object();

	json_object_set_new(j, "domain", report_str(k->domain));
	json_object_set_new(j, "selector", report_str(k->selector));
	json_object_set_new(j, "type", json_string(k->key.type == KEY_RSA ? "rsa" : "ed25519"));
	json_object_set_new(j, "state", json_string(key_state_word(k->state)));
	json_object_set_new(j, "seen", json_boolean(run->seen));
	json_object_set_new(j, "activated", json_boolean(activated));
	json_object_set_new(j, "fault", run->fault.p ? report_str(run->fault) : json_null());
	json_object_set_new(j, "note", note.p ? report_str(note) : json_null());
	json_object_set_new(j, "servers", run->servers);
	json_array_append_new(run->all, j);
}

static void one(struct run *run, struct keyring_key *k)
{
	bool activated = false;

	run->key = k;
	run->ended = run->seen = false;
	run->servers = run->o->json ? json_array() : NULL;
	if (!run->o->json)
		printf("%.*s of %.*s, %s:\n", STR_ARG(k->selector), STR_ARG(k->domain),
		       key_state_word(k->state));
	authority_ask(&run->args, k->domain, k->selector, &k->key, told, run);
	while (!run->ended)
		loop_turn(run->args.loop, 1000);
	if (!run->seen && run->code == APP_EXIT_GOOD)
		run->code = APP_EXIT_NEGATIVE;
	if (run->o->activate && k->state == KEY_PENDING) {
		activated = activate(run);
		if (!activated)
			run->code = APP_EXIT_FAILURE;
	}
	if (run->o->json)
		add_json(run, activated);
	else
		printf("  %s%s\n",
		       run->seen ? "every server shows it" : "not every server shows it",
		       activated ? "; it is active now" : "");
	if (!run->o->json && keytool_note(&run->site, k).p)
		printf("  it is not active yet: %.*s\n", STR_ARG(keytool_note(&run->site, k)));
	fflush(stdout);
}

/* Those whose record is to be there; others only if they are named. */
static size_t check_all(struct run *run)
{
	const struct keytool_options *o = run->o;
	struct str domain = STR_NULL;
	size_t n = 0;

	if (o->narguments && !(domain = keytool_domain(&run->site, o->argument[0])).p)
		return 0;
	for (size_t i = 0; i < run->site.ring.v.n; i++) {
		struct keyring_key *k = &run->site.ring.v.p[i];

		if ((domain.p && !str_eq(domain, k->domain)) ||
		    (o->narguments > 1 ? !str_ieq(k->selector, str_c(o->argument[1]))
				       : k->state == KEY_RETIRED))
			continue;
		n++;
		one(run, k);
	}
	if (!n)
		keytool_complain("there is no such key");
	return n;
}

static bool open_resolver(struct run *run)
{
	const struct conf *c = run->site.app->conf;
	struct str dns = str_c(run->o->dns);
	struct err e;

	run->args.port = (uint16_t)conf_int(c, "sign.dns_port");
	run->args.loop = loop_new();
	run->args.resolver = app_resolver(run->args.loop, c, &dns, run->o->dns != NULL, &e);
	if (!run->args.resolver)
		keytool_complain("%s", e.text);
	return run->args.resolver != NULL;
}

int keytool_check(const struct keytool_options *o)
{
	struct run run = { .o = o, .code = APP_EXIT_GOOD, .all = json_array() };

	if (!keytool_open(&run.site, o, false) || !open_resolver(&run) || !check_all(&run))
		run.code = APP_EXIT_FAILURE;
	else if (o->json)
		keytool_print_json(json_incref(run.all));
	json_decref(run.all);
	resolver_free(run.args.resolver);
	loop_free(run.args.loop);
	keytool_close(&run.site);
	return run.code;
}
