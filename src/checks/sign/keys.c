/* The keys that a generation of configuration signs with: asked for, filled in, put in their
 * places.
 */
#include "base/log.h"
#include "checks/sign/policy.h"
#include "checks/sign/sealing.h"
#include "sign/keyring.h"

bool signing_wanted(const struct conf *c)
{
	return conf_bool(c, "sign.use") || conf_bool(c, "seal.use");
}

const char *signing_keys_dir(struct arena *a, const struct conf *c, const char *state)
{
	struct str dir = conf_str(c, "sign.keys");

	return dir.n ? signing_path(a, conf_where(c, "sign.keys"), dir)
		     : arena_printf(a, "%s/dkim", state).p;
}

static const void *config_of(const struct scan_setup *s, const struct check *c)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->check[i] == c)
			return s->config[i];
	return NULL;
}

/* ---- what is asked for ---- */

struct asked {
	struct arena *arena;
	struct map *by_path; /* the number of a file, + 1 */
	VEC(struct sign_file) file;
};

static void ask(struct asked *q, struct signing_use *u)
{
	size_t *number = map_get(q->by_path, str_c(u->path));

	if (!number) {
		number = ARENA_NEW(q->arena, size_t);
		*number = q->file.n;
		map_put(q->by_path, str_c(u->path), number);
		VEC_PUSH(q->arena, q->file) =
			(struct sign_file){ .path = u->path, .where = u->where };
	}
	u->file = *number;
}

static void ask_ring(struct asked *q, const struct scan_setup *s, struct signing_live *live)
{
	struct keyring ring;
	struct err e;

	live->unread =
		keyring_read(q->arena, live->state,
			     signing_keys_dir(q->arena, s->conf, live->state), &ring, &e) < 0;
	if (live->unread) {
		LOG(LOG_LVL_WARN, "keyring_unread", F_CSTR("reason", e.text));
		return;
	}
	for (size_t i = 0; i < ring.v.n; i++) {
		const struct keyring_key *key = &ring.v.p[i];
		struct signing_use *u = ARENA_NEW(q->arena, struct signing_use);

		if (key->state != KEY_ACTIVE && key->state != KEY_PENDING)
			continue;
		*u = (struct signing_use){ .domain = key->domain,
					   .selector = key->selector,
					   .path = key->path,
					   .where = "keyring",
					   .pending = key->state == KEY_PENDING };
		VEC_PUSH(q->arena, live->ring) = u;
		ask(q, u);
	}
}

struct sign_file *signing_files(const struct scan_setup *s, const char *state, size_t *n)
{
	const struct signing_config *k = config_of(s, &check_sign);
	struct asked q = { .arena = s->arena, .by_path = map_new(s->arena, false) };
	struct signing_use *seal = sealing_use(config_of(s, &check_seal));

	*n = 0;
	if (!k || !signing_wanted(s->conf))
		return NULL;
	k->live->ring.n = k->live->ring.cap = 0;
	k->live->ring.p = NULL;
	k->live->state = arena_cstr(s->arena, str_c(state));
	k->live->asked_stamp = keyring_stamp(state);
	for (size_t i = 0; i < k->named.n; i++)
		ask(&q, k->named.p[i]);
	if (seal && seal->path)
		ask(&q, seal);
	ask_ring(&q, s, k->live);
	k->live->file = q.file.p;
	k->live->nfiles = *n = q.file.n;
	return q.file.p;
}

bool signing_changed(const struct scan_setup *s)
{
	const struct signing_config *k = config_of(s, &check_sign);

	return k && k->live->state && keyring_stamp(k->live->state) != k->live->stamp;
}

/* ---- what came of it ---- */

static bool came(const struct signing_live *live, const struct signing_use *u)
{
	return live->file[u->file].known && live->file[u->file].ok;
}

static int check_named(const struct signing_live *live, const struct signing_use *u, struct err *e)
{
	return !u->named || came(live, u) ? 0
					  : err_set(e, "%s: %s: %.*s", u->where, u->path,
						    STR_ARG(live->file[u->file].fault));
}

static void settle_use(const struct signing_live *live, struct signing_use *u)
{
	const struct sign_file *f = &live->file[u->file];

	u->ready = came(live, u);
	if (u->ready)
		u->key = f->key;
	else
		LOG(LOG_LVL_WARN, "key_unusable", F_STR("domain", u->domain),
		    F_STR("selector", u->selector), F_CSTR("file", u->path),
		    F_STR("reason", f->fault));
}

static struct signing_domain *domain_at(struct arena *a, struct map *m, struct str name,
					bool subdomains)
{
	struct signing_domain *d = map_get(m, name);

	if (!d) {
		d = ARENA_NEW(a, struct signing_domain);
		d->domain = name;
		d->subdomains = subdomains;
		map_put(m, name, d);
	}
	return d;
}

static void add(struct arena *a, struct signing_domain *d, struct signing_use *u)
{
	for (size_t i = 0; i < d->uses.n; i++)
		if (str_eq(d->uses.p[i]->selector, u->selector))
			return;
	VEC_PUSH(a, d->uses) = u;
}

/* Sections first, then the keyring: the domains of both, each with its usable keys. */
static void build_domains(const struct scan_setup *s, const struct signing_config *k)
{
	struct map *m = map_new(s->arena, false);

	for (size_t i = 0; i < k->sections.n; i++) {
		const struct signing_domain *from = k->sections.p[i];
		struct signing_domain *d = domain_at(s->arena, m, from->domain, from->subdomains);
		for (size_t j = 0; j < from->uses.n; j++)
			add(s->arena, d, from->uses.p[j]);
	}
	for (size_t i = 0; i < k->live->ring.n; i++)
		if (k->live->ring.p[i]->ready && !k->live->ring.p[i]->pending)
			add(s->arena,
			    domain_at(s->arena, m, k->live->ring.p[i]->domain, k->subdomains),
			    k->live->ring.p[i]);
	k->live->domains = m;
}

int signing_settled(const struct scan_setup *s, struct err *e)
{
	const struct signing_config *k = config_of(s, &check_sign);
	const void *seal = config_of(s, &check_seal);
	struct signing_use *u = sealing_use(seal);

	if (!k || !signing_wanted(s->conf))
		return 0;
	/* All or nothing: what there was before signs on if one of them cannot be had. */
	if (k->live->unread && k->live->settled)
		return err_set(e, "%s/keyring cannot be read", k->live->state);
	for (size_t i = 0; i < k->named.n; i++)
		if (check_named(k->live, k->named.p[i], e) < 0)
			return -1;
	if (u && u->path && check_named(k->live, u, e) < 0)
		return -1;
	for (size_t i = 0; i < k->named.n; i++)
		settle_use(k->live, k->named.p[i]);
	for (size_t i = 0; i < k->live->ring.n; i++)
		settle_use(k->live, k->live->ring.p[i]);
	if (u && u->path)
		settle_use(k->live, u);
	k->live->stamp = k->live->asked_stamp;
	k->live->settled = true;
	build_domains(s, k);
	return sealing_settle(seal, k, e);
}
