/* The tests of rules that need a scan. */
#include "cmd/rule_tests.h"

#include "cmd/source.h"

static void finished(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

static bool has(const struct scan *s, struct str name)
{
	for (size_t i = 0; i < s->verdict.symbols.n; i++)
		if (str_eq(s->verdict.symbols.p[i].name, name))
			return true;
	for (size_t i = 0; i < s->verdict.subrules.n; i++)
		if (str_eq(s->verdict.subrules.p[i], name))
			return true;
	return false;
}

static bool run(struct app_env *env, const struct ruleset_case *c)
{
	const struct envelope from = { .ip = c->client,
				       .helo = c->helo,
				       .host = c->host,
				       .mail_from = c->from,
				       .tls = c->tls,
				       .auth_user = c->auth_user,
				       .rcpt = c->rcpt,
				       .nrcpt = c->nrcpt };
	bool done = false, hit;
	struct scan *s = source_scan(&env->scan, &from, c->message, SCAN_F_LOCAL | SCAN_F_SUBRULES,
				     finished, &done);

	while (!done)
		loop_turn(env->scan.loop, 1000);
	hit = has(s, c->rule);
	scan_free(s);
	return hit == c->ok;
}

static bool wanted(const struct str *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return true;
	return n == 0;
}

int rule_tests_run(const struct app *app, const struct ruleset *set, const struct str *names,
		   size_t n, rule_test_fn *tell, void *arg, struct err *e)
{
	struct arena *a = arena_new(0);
	struct app_env *env = NULL;
	struct ruleset_case c;
	int failed = 0;

	for (size_t i = 0; failed >= 0 && ruleset_case(set, a, i, &c); i++) {
		bool good;
		if (!wanted(names, n, c.rule))
			continue;
		if (!env)
			env = app_env_new(app, NULL, 0, NULL, e);
		if (!env) {
			failed = -1;
			break;
		}
		good = run(env, &c);
		failed += !good;
		tell(arg, &c, good);
	}
	app_env_free(env);
	arena_free(a);
	return failed;
}
