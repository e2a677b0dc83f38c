/* merlon dkim new, list, show, rotate, retire. */
#include <stdio.h>

#include "base/clock.h"
#include "cmd/keytool.h"
#include "control/keyring/authority.h"
#include "control/keyring/steps.h"

/* ---- keys that come ---- */

/* NULL selector: by date. With both types the selector gets a letter for each. */
static struct str selector_of(struct keytool_site *s, const struct keytool_options *o,
			      enum key_type type)
{
	struct str name = o->selector ? arena_lower(s->arena, str_c(o->selector)) : STR_NULL;

	if (!name.p || !o->rsa || !o->ed25519)
		return name;
	return arena_printf(s->arena, "%.*s%c", STR_ARG(name), type == KEY_RSA ? 'r' : 'e');
}

static bool activate(struct keytool_site *s, struct keyring_key *k)
{
	struct err e;

	if (steps_activate(s->state, &s->ring, k, clock_wall(), true, &e) < 0) {
		keytool_complain("%s", e.text);
		return false;
	}
	keytool_complain(
		"warning: %.*s is active without its record having been seen; what it signs "
		"fails until that is published",
		STR_ARG(authority_name(s->arena, k->domain, k->selector)));
	return true;
}

static void print_new(const struct keytool_site *s, const struct keytool_options *o, size_t from)
{
	json_t *all = json_array();

	for (size_t i = from; i < s->ring.v.n; i++) {
		if (o->json || o->format == KEYTOOL_JSON)
			json_array_append_new(all, keytool_json(s, &s->ring.v.p[i]));
		else
			keytool_print_record(s, &s->ring.v.p[i], o->format);
	}
	if (o->json || o->format == KEYTOOL_JSON)
		keytool_print_json(json_incref(all));
	json_decref(all);
}

static bool make_new(struct keytool_site *s, const struct keytool_options *o, struct str domain)
{
	static const enum key_type types[] = { KEY_RSA, KEY_ED25519 };

	for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
		struct keyring_key *k;

		if (types[t] == KEY_RSA ? !o->rsa : !o->ed25519)
			continue;
		k = keytool_make(s, domain, selector_of(s, o, types[t]), types[t], o->bits);
		if (!k || (o->activate && !activate(s, k)))
			return false;
	}
	return true;
}

int keytool_new(const struct keytool_options *o)
{
	int code = APP_EXIT_FAILURE;
	struct keytool_site s;

	if (keytool_open(&s, o, true)) {
		struct str domain = keytool_domain(&s, o->argument[0]);
		size_t from = s.ring.v.n;

		if (domain.p && make_new(&s, o, domain))
			code = APP_EXIT_GOOD;
		if (s.ring.v.n > from)
			print_new(&s, o, from);
	}
	keytool_close(&s);
	return code;
}

static bool has_pending(const struct keyring *r, size_t n, const struct keyring_key *k)
{
	for (size_t i = 0; i < n; i++)
		if (r->v.p[i].state == KEY_PENDING && r->v.p[i].key.type == k->key.type &&
		    str_eq(r->v.p[i].domain, k->domain))
			return true;
	return false;
}

/* A successor for each active key that has none yet. */
static int rotate(struct keytool_site *s, const struct keytool_options *o, struct str domain)
{
	size_t from = s->ring.v.n, active = 0;
	bool good = true;

	for (size_t i = 0; i < from && good; i++) {
		const struct keyring_key k = s->ring.v.p[i];

		if (k.state != KEY_ACTIVE || !str_eq(k.domain, domain))
			continue;
		active++;
		if (has_pending(&s->ring, from, &k))
			keytool_complain("%s: a new key is pending already",
					 k.key.type == KEY_RSA ? "rsa" : "ed25519");
		else
			good = keytool_make(s, domain, STR_NULL, k.key.type, k.key.bits) != NULL;
	}
	if (!active)
		keytool_complain("%.*s has no active key: new makes one", STR_ARG(domain));
	else
		print_new(s, o, from);
	if (!active || !good)
		return APP_EXIT_FAILURE;
	return s->ring.v.n > from ? APP_EXIT_GOOD : APP_EXIT_NEGATIVE;
}

int keytool_rotate(const struct keytool_options *o)
{
	int code = APP_EXIT_FAILURE;
	struct keytool_site s;

	if (keytool_open(&s, o, true)) {
		struct str domain = keytool_domain(&s, o->argument[0]);

		if (domain.p)
			code = rotate(&s, o, domain);
	}
	keytool_close(&s);
	return code;
}

/* ---- keys that are ---- */

static void print_line(const struct keytool_site *s, const struct keyring_key *k)
{
	int64_t since = k->retired    ? k->retired
			: k->retiring ? k->retiring
			: k->active   ? k->active
				      : k->made;

	printf("%-8s %.*s %-7s %4u %.*s %.*s; %.*s%s\n", key_state_word(k->state),
	       STR_ARG(keytool_time(s->arena, since)), k->key.type == KEY_RSA ? "rsa" : "ed25519",
	       k->key.bits, STR_ARG(k->domain), STR_ARG(k->selector), STR_ARG(keytool_next(s, k)),
	       k->forced ? " (was activated unseen)" : "");
}

int keytool_list(const struct keytool_options *o)
{
	json_t *all = json_array();
	int code = APP_EXIT_FAILURE;
	struct keytool_site s;

	if (keytool_open(&s, o, false)) {
		struct str domain = STR_NULL;

		code = APP_EXIT_GOOD;
		if (o->narguments && !(domain = keytool_domain(&s, o->argument[0])).p)
			code = APP_EXIT_FAILURE;
		for (size_t i = 0; i < s.ring.v.n && code == APP_EXIT_GOOD; i++) {
			const struct keyring_key *k = &s.ring.v.p[i];

			if (domain.p && !str_eq(domain, k->domain))
				continue;
			if (o->json)
				json_array_append_new(all, keytool_json(&s, k));
			else
				print_line(&s, k);
		}
		if (o->json && code == APP_EXIT_GOOD)
			keytool_print_json(json_incref(all));
	}
	json_decref(all);
	keytool_close(&s);
	return code;
}

static void print_whole(const struct keytool_site *s, const struct keyring_key *k,
			enum keytool_format format)
{
	struct arena *a = s->arena;

	printf("; %.*s of %.*s: %s, %s of %u bits%s\n", STR_ARG(k->selector), STR_ARG(k->domain),
	       key_state_word(k->state), k->key.type == KEY_RSA ? "RSA" : "Ed25519", k->key.bits,
	       k->forced ? ", activated unseen" : "");
	printf("; made %.*s, active %.*s, retiring %.*s, retired %.*s\n",
	       STR_ARG(keytool_time(a, k->made)), STR_ARG(keytool_time(a, k->active)),
	       STR_ARG(keytool_time(a, k->retiring)), STR_ARG(keytool_time(a, k->retired)));
	printf("; next: %.*s\n", STR_ARG(keytool_next(s, k)));
	keytool_print_record(s, k, format);
}

int keytool_show(const struct keytool_options *o)
{
	int code = APP_EXIT_FAILURE;
	struct keytool_site s;
	size_t n = 0;

	if (keytool_open(&s, o, false)) {
		struct str domain = keytool_domain(&s, o->argument[0]);
		json_t *all = json_array();

		for (size_t i = 0; i < s.ring.v.n && domain.p; i++) {
			const struct keyring_key *k = &s.ring.v.p[i];

			if (!str_eq(k->domain, domain) ||
			    (o->narguments > 1 && !str_ieq(k->selector, str_c(o->argument[1]))))
				continue;
			n++;
			if (o->json || o->format == KEYTOOL_JSON)
				json_array_append_new(all, keytool_json(&s, k));
			else
				print_whole(&s, k, o->format);
		}
		if (n && (o->json || o->format == KEYTOOL_JSON))
			keytool_print_json(json_incref(all));
		json_decref(all);
		if (n)
			code = APP_EXIT_GOOD;
		else if (domain.p)
			keytool_complain("there is no such key of %.*s", STR_ARG(domain));
	}
	keytool_close(&s);
	return code;
}

/* ---- keys that go ---- */

static bool is_last(const struct keyring *r, const struct keyring_key *k)
{
	for (size_t i = 0; i < r->v.n; i++)
		if (&r->v.p[i] != k && r->v.p[i].state == KEY_ACTIVE &&
		    str_eq(r->v.p[i].domain, k->domain))
			return false;
	return k->state == KEY_ACTIVE;
}

/* A pending key has signed nothing, so nothing waits for it. */
static int retire(struct keytool_site *s, const struct keytool_options *o, struct keyring_key *k,
		  struct err *e)
{
	bool whole = o->now || k->state == KEY_PENDING;

	if (k->state == KEY_ACTIVE && steps_retire(s->state, k, clock_wall(), e) < 0)
		return -1;
	if (!whole)
		return 0;
	return keytool_wipe(s, k, e) < 0 ? -1 : steps_retired(s->state, k, clock_wall(), e);
}

/* Verifiers that do not know Ed25519 (RFC 8463) are many. */
static void warn_of_ed25519(const struct keytool_site *s, struct str domain)
{
	if (steps_active(&s->ring, domain, KEY_ED25519) && !steps_active(&s->ring, domain, KEY_RSA))
		keytool_complain("warning: mail of %.*s is signed by Ed25519 alone, which many "
				 "cannot verify",
				 STR_ARG(domain));
}

int keytool_retire(const struct keytool_options *o)
{
	int code = APP_EXIT_FAILURE;
	struct keyring_key *k = NULL;
	struct keytool_site s;
	struct err e;

	if (keytool_open(&s, o, true))
		k = keytool_key(&s, o->argument[0], o->argument[1]);
	if (k && k->state == KEY_RETIRED) {
		keytool_complain("it is retired already");
		code = APP_EXIT_NEGATIVE;
	} else if (k && is_last(&s.ring, k) && !o->last) {
		keytool_complain(
			"it is the only key that mail of %.*s is signed with: rotate makes "
			"another, --last ends signing",
			STR_ARG(k->domain));
	} else if (k && retire(&s, o, k, &e) < 0) {
		keytool_complain("%s", e.text);
	} else if (k) {
		code = APP_EXIT_GOOD;
		warn_of_ed25519(&s, k->domain);
		if (o->json)
			keytool_print_json(keytool_json(&s, k));
		else
			print_whole(&s, k, o->format);
	}
	keytool_close(&s);
	return code;
}
