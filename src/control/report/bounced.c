/* Bounces of our reports. */
#include "control/report/bounced.h"

#include "base/log.h"
#include "control/report/errand.h"
#include "control/report/send.h"
#include "control/report/suppress.h"

#define BOUNCED_AT_ONCE                                                                            \
	64u /* an errand begins anew with each answer: so many of them are its work */

struct bounced {
	struct arena *arena;
	struct crypto *crypto;
	struct errand_world world;
	const struct report_settings *settings;
	/* those that are written */
	struct errand *errand;
	const struct spool_record *record;
	size_t n, at;
	collect_taken_fn *taken;
	void *token;
	bool good;
};

static bool bad(const struct store_answer *a)
{
	return a->local || a->status == STORE_FAILED || a->status == STORE_FULL;
}

/* Without a secret nothing was ever sent. */
static bool secret_of(struct errand *e, struct bounced *b, struct str *secret)
{
	struct store_op op = { .kind = STORE_GET, .key = SEND_SECRET_KEY };
	const struct store_answer *r = errand_store(e, STR("secret"), &op, 1);

	if (!r)
		return false;
	b->good = !bad(r);
	*secret = r->status == STORE_OK ? r->value : STR("");
	return true;
}

static bool run(struct errand *e, void *arg)
{
	struct bounced *b = arg;
	struct arena *a = errand_arena(e);
	struct str secret, key;
	size_t end = b->at + BOUNCED_AT_ONCE < b->n ? b->at + BOUNCED_AT_ONCE : b->n;
	bool wait = false;

	if (!secret_of(e, b, &secret))
		return false;
	for (size_t i = b->at; b->good && secret.n && i < end; i++) {
		struct store_op op = { .kind = STORE_PUT,
				       .value = STR("bounced"),
				       .ttl_ms = b->settings->suppress_ms };
		const struct store_answer *r;

		if (!suppress_bounced(a, b->crypto, b->settings->bounce, b->record[i].octets,
				      secret, &key))
			continue;
		op.key = key;
		r = errand_store(e, key, &op, 1);
		wait |= !r;
		b->good = !r || !bad(r);
	}
	return !wait || !b->good;
}

static void done(void *arg)
{
	struct bounced *b = arg;

	b->at += BOUNCED_AT_ONCE;
	b->errand = b->good && b->at < b->n ? errand_new(&b->world, run, done, b) : NULL;
	if (b->errand)
		return;
	LOG(LOG_LVL_INFO, "reports_bounced", F_INT("bounces", b->n));
	b->taken(b->token, b->good);
}

static void take(void *arg, const struct spool_record *r, size_t n, collect_taken_fn *taken,
		 void *token)
{
	struct bounced *b = arg;

	b->record = r;
	b->n = n;
	b->at = 0;
	b->taken = taken;
	b->token = token;
	b->errand = errand_new(&b->world, run, done, b);
}

struct bounced *bounced_new(struct loop *l, struct store *s, const struct report_settings *settings)
{
	struct arena *a = arena_new(0);
	struct bounced *b = ARENA_NEW(a, struct bounced);

	b->arena = a;
	b->crypto = crypto_new();
	b->world = (struct errand_world){ .loop = l, .store = s };
	b->settings = settings;
	return b;
}

void bounced_free(struct bounced *b)
{
	if (!b)
		return;
	errand_free(b->errand);
	crypto_free(b->crypto);
	arena_free(b->arena);
}

struct collect_taker bounced_taker(struct bounced *b)
{
	return (struct collect_taker){ .type = SPOOL_BOUNCE, .take = take, .arg = b };
}
