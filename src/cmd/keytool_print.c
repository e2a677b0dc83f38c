/* merlon dkim: keys on paper. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cmd/keytool.h"
#include "control/keyring/authority.h"
#include "control/keyring/life.h"
#include "control/keyring/options.h"
#include "control/keyring/record.h"
#include "scan/report.h"

struct str keytool_time(struct arena *a, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char text[32];

	if (!t || !gmtime_r(&when, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return STR("never");
	return arena_dup(a, str_c(text));
}

int64_t keytool_until(const struct keytool_site *s, const struct keyring_key *k)
{
	return k->retiring ? k->retiring + keyring_keep_s(s->app->conf) : 0;
}

static struct str next_of_active(const struct keytool_site *s, const struct keyring_key *k)
{
	int64_t age = (int64_t)(conf_time_ms(s->app->conf, "sign.rotate") / 1000);
	struct stat st;

	if (stat(k->path, &st) < 0 && errno == ENOENT)
		return STR("its private half is gone: rotate");
	if (age == 0)
		return STR("nothing");
	return arena_printf(s->arena, "a successor is made on %.10s",
			    keytool_time(s->arena, k->active + age).p);
}

struct str keytool_note(const struct keytool_site *s, const struct keyring_key *k)
{
	return k->state == KEY_PENDING ? keyring_noted(s->arena, s->state, k) : STR_NULL;
}

static struct str next_of_pending(const struct keytool_site *s, const struct keyring_key *k)
{
	struct str why = keytool_note(s, k);

	return why.p ? arena_printf(s->arena, "its record is seen, but %.*s", STR_ARG(why))
		     : STR("publish its record");
}

struct str keytool_next(const struct keytool_site *s, const struct keyring_key *k)
{
	switch (k->state) {
	case KEY_PENDING:
		return next_of_pending(s, k);
	case KEY_ACTIVE:
		return next_of_active(s, k);
	case KEY_RETIRING:
		return arena_printf(s->arena, "keep its record until %.*s",
				    STR_ARG(keytool_time(s->arena, keytool_until(s, k))));
	case KEY_RETIRED:
		return STR("delete its record, if it is still there");
	}
	return STR("");
}

static json_t *time_json(int64_t t)
{
	return t ? json_integer(t) : json_null();
}

json_t *keytool_json(const struct keytool_site *s, const struct keyring_key *k)
{
	struct arena *a = s->arena;
	struct str name = authority_name(a, k->domain, k->selector);
	struct str record = sign_key_record(a, &k->key);
	bool retired = k->state == KEY_RETIRED;
	json_t *j = json_object();

	json_object_set_new(j, "domain", report_str(k->domain));
	json_object_set_new(j, "selector", report_str(k->selector));
	json_object_set_new(j, "type", json_string(k->key.type == KEY_RSA ? "rsa" : "ed25519"));
	json_object_set_new(j, "bits", json_integer(k->key.bits));
	json_object_set_new(j, "state", json_string(key_state_word(k->state)));
	json_object_set_new(j, "forced", json_boolean(k->forced));
	json_object_set_new(j, "made", time_json(k->made));
	json_object_set_new(j, "active", time_json(k->active));
	json_object_set_new(j, "retiring", time_json(k->retiring));
	json_object_set_new(j, "retired", time_json(k->retired));
	json_object_set_new(j, "until", time_json(keytool_until(s, k)));
	json_object_set_new(j, "next", report_str(keytool_next(s, k)));
	json_object_set_new(j, "file", json_string(k->path));
	json_object_set_new(j, "name", report_str(name));
	json_object_set_new(j, "record", report_str(record));
	json_object_set_new(j, "bind", report_str(record_bind(a, name, record)));
	json_object_set_new(j, "nsupdate",
			    report_str(retired ? record_nsupdate_delete(a, name)
					       : record_nsupdate(a, name, record)));
	return j;
}

void keytool_print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

void keytool_print_record(const struct keytool_site *s, const struct keyring_key *k,
			  enum keytool_format format)
{
	struct arena *a = s->arena;
	struct str name = authority_name(a, k->domain, k->selector);
	struct str record = sign_key_record(a, &k->key), text = STR("");

	if (k->state == KEY_RETIRED && format == KEYTOOL_NSUPDATE)
		text = record_nsupdate_delete(a, name);
	else if (k->state == KEY_RETIRED)
		text = arena_printf(a, "; to be deleted: %.*s. TXT\n", STR_ARG(name));
	else if (format == KEYTOOL_PLAIN)
		text = record_plain(a, name, record);
	else if (format == KEYTOOL_NSUPDATE)
		text = record_nsupdate(a, name, record);
	else
		text = record_bind(a, name, record);
	fwrite(text.p, 1, text.n, stdout);
}
