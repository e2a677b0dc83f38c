/* merlon dkim: the keyring of a site, opened, and keys made in it. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "checks/checks.h"
#include "checks/sign/signing.h"
#include "cmd/keytool.h"
#include "cmd/privs.h"
#include "control/keyring/steps.h"
#include "mail/domain.h"
#include "sign/keyring.h"

void keytool_complain(const char *fmt, ...)
{
	va_list ap;

	fputs("merlon dkim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- directories ---- */

/* It is the daemon's, as the daemon itself sees to when it starts; what is made in it is too. */
static int make_state(const struct keytool_site *s, struct err *e)
{
	struct privs p;

	if (privs_find(conf_str(s->app->conf, "daemon.user").p, &p, e) < 0)
		return -1;
	if (mkdir(s->state, 0750) < 0 && errno != EEXIST)
		return err_set(e, "%s: %s", s->state, strerror(errno));
	if (p.change && chown(s->state, p.uid, p.gid) < 0)
		return err_set(e, "%s: %s", s->state, strerror(errno));
	return 0;
}

/* The account that reads private keys. */
static int signer(const struct keytool_site *s, struct privs *out, struct err *e)
{
	struct privs daemon;

	if (privs_find(conf_str(s->app->conf, "daemon.user").p, &daemon, e) < 0)
		return -1;
	return privs_find_signer(conf_str(s->app->conf, "sign.user").p, &daemon, out, e);
}

/*
 * Who owns the directory of keys may put links there: what we do in it we do as he, who is the
 * signer's account, or root. *as is for privs_return.
 */
static int enter(const struct keytool_site *s, struct privs *as, struct err *e)
{
	struct stat link, dir;

	if (signer(s, as, e) < 0)
		return -1;
	if (!as->change)
		return 0;
	if (lstat(s->keys, &link) < 0 || stat(s->keys, &dir) < 0)
		return err_set(e, "%s: %s", s->keys, strerror(errno));
	if (S_ISLNK(link.st_mode) && link.st_uid != 0)
		return err_set(e, "%s: is a link, and not root's", s->keys);
	if (dir.st_uid != 0 && dir.st_uid != as->uid)
		return err_set(e, "%s: belongs to account %u, neither to root nor to %u", s->keys,
			       (unsigned)dir.st_uid, (unsigned)as->uid);
	as->change = dir.st_uid != 0;
	return privs_lend(as, e);
}

int keytool_wipe(const struct keytool_site *s, const struct keyring_key *k, struct err *e)
{
	struct privs as;
	int rc;

	if (access(s->keys, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (enter(s, &as, e) < 0)
		return -1;
	rc = sign_key_wipe(k->path, e);
	privs_return(&as);
	return rc;
}

/* ---- the ring ---- */

bool keytool_open(struct keytool_site *s, const struct keytool_options *o, bool write)
{
	struct err e;

	*s = (struct keytool_site){ .arena = arena_new(0), .lock = -1 };
	s->app = app_load(o->conf, checks_all, 0, NULL, NULL);
	if (!s->app)
		return false;
	s->state = o->state ? o->state : conf_str(s->app->conf, "daemon.state").p;
	s->keys = signing_keys_dir(s->arena, s->app->conf, s->state);
	if (write && make_state(s, &e) == 0)
		s->lock = keyring_lock(s->state, KEYRING_LOCK_MS, &e);
	if ((!write || s->lock >= 0) &&
	    keyring_read(s->arena, s->state, s->keys, &s->ring, &e) == 0 &&
	    (!write || steps_finish(s->state, &s->ring, &e) == 0))
		return true;
	keytool_complain("%s", e.text);
	return false;
}

void keytool_close(struct keytool_site *s)
{
	keyring_unlock(s->lock);
	app_free(s->app);
	arena_free(s->arena);
}

struct str keytool_domain(struct keytool_site *s, const char *text)
{
	struct str d = domain_read(s->arena, str_c(text), DOMAIN_UNDERSCORE);

	if (!d.p)
		keytool_complain("\"%s\" is not a domain", text);
	return d;
}

struct keyring_key *keytool_key(struct keytool_site *s, const char *domain, const char *selector)
{
	struct str d = keytool_domain(s, domain);
	struct str name = arena_lower(s->arena, str_c(selector));
	struct keyring_key *k = d.p ? keyring_find(&s->ring, d, name) : NULL;

	if (d.p && !k)
		keytool_complain("there is no key %s of %s", selector, domain);
	return k;
}

/* ---- a new key ---- */

static const char *key_path(struct keytool_site *s, struct str domain, struct str selector)
{
	return arena_printf(s->arena, "%s/%.*s/%.*s.key", s->keys, STR_ARG(domain),
			    STR_ARG(selector))
		.p;
}

static int make_pair(struct keytool_site *s, struct keyring_key *k, enum key_type type,
		     unsigned bits, struct err *e)
{
	const char *dir = arena_printf(s->arena, "%s/%.*s", s->keys, STR_ARG(k->domain)).p;
	struct privs account, as;
	int rc;

	if (signer(s, &account, e) < 0 || privs_make_dir(s->keys, S_IRWXU, &account, e) < 0 ||
	    enter(s, &as, e) < 0)
		return -1;
	k->path = key_path(s, k->domain, k->selector);
	rc = privs_make_dir(dir, S_IRWXU, &account, e);
	if (rc == 0)
		rc = sign_key_make(s->arena, type, bits, k->path,
				   account.change ? account.uid : (uid_t)-1, &k->key, e);
	privs_return(&as);
	return rc;
}

/* One that no file is in the way of. */
static struct str free_selector(struct keytool_site *s, struct str domain, enum key_type type)
{
	struct str name = STR_NULL;

	for (unsigned n = 0; n < STEPS_TRIES; n++) {
		name = steps_selector(s->arena, &s->ring, domain, type, clock_wall(), n);
		if (access(key_path(s, domain, name), F_OK) < 0)
			break;
	}
	return name;
}

struct keyring_key *keytool_make(struct keytool_site *s, struct str domain, struct str selector,
				 enum key_type type, unsigned bits)
{
	struct keyring_key k = { .domain = domain, .selector = selector };
	struct err e;

	if (!k.selector.p)
		k.selector = free_selector(s, domain, type);
	if (!keyring_name_ok(s->arena, domain, k.selector)) {
		keytool_complain("\"%.*s\" is not a selector that DNS can hold with that domain",
				 STR_ARG(k.selector));
		return NULL;
	}
	if (keyring_find(&s->ring, domain, k.selector)) {
		keytool_complain("there is a key %.*s of %.*s", STR_ARG(k.selector),
				 STR_ARG(domain));
		return NULL;
	}
	if (make_pair(s, &k, type, bits, &e) < 0 ||
	    steps_pending(s->state, &k, clock_wall(), &e) < 0) {
		keytool_complain("%s", e.text);
		return NULL;
	}
	VEC_PUSH(s->ring.arena, s->ring.v) = k;
	return &s->ring.v.p[s->ring.v.n - 1];
}
