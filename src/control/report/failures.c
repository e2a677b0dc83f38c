/* Failed messages into failure reports: one record after the other, each an errand of its own. */
#include "control/report/failures.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "control/report/errand.h"
#include "control/report/outbox.h"
#include "control/report/send.h"
#include "control/report/suppress.h"
#include "report/failure.h"

#define DAY_S 86400

struct failures {
	struct arena *arena;
	struct crypto *crypto;
	struct errand_world world;
	const struct report_settings *settings;
	struct failures_stats stats;
	struct hash_key key;
	uint64_t full[FAILURES_FULL_MAX]; /* domains and days that have no room any more */
	size_t nfull;
	int64_t told_day; /* that all domains together have had theirs */
	/* those that are taken */
	struct errand *errand;
	const struct spool_record *record;
	size_t n, at;
	collect_taken_fn *taken;
	void *token;
	/* the one under way */
	enum { ONE_OUT, ONE_OVER, ONE_TOO_MANY, ONE_FAILED } outcome;
	struct failure failure;
};

static bool bad(const struct store_answer *a)
{
	return a->local || a->status == STORE_FAILED || a->status == STORE_FULL;
}

/* ---- domains that had theirs ---- */

static uint64_t name_of(const struct failures *f)
{
	return hash_sip24(f->key, f->failure.policy_domain) +
	       (uint64_t)(f->failure.what.arrival / DAY_S);
}

static bool is_full(const struct failures *f)
{
	uint64_t name = name_of(f);
	size_t n = f->nfull < FAILURES_FULL_MAX ? f->nfull : FAILURES_FULL_MAX;

	for (size_t i = 0; i < n; i++)
		if (f->full[i] == name)
			return true;
	return false;
}

static void set_full(struct failures *f)
{
	f->full[f->nfull++ % FAILURES_FULL_MAX] = name_of(f);
}

/* ---- one of them ---- */

static struct str id_of(struct arena *a, const struct failures *f)
{
	struct buf b = { .arena = a };

	buf_hex(&b, f->failure.id, FAILURE_ID_SIZE);
	return buf_str(&b);
}

/* The secret of all reports, made by whoever is first. What hashes addresses is made of it, so that
 * no hash that is seen in a report is of use anywhere else. False: not yet. */
static bool secret_of(struct errand *e, struct failures *f, struct str *out)
{
	struct hash_key k[2] = { hash_key_random(), hash_key_random() };
	struct store_op op = { .kind = STORE_NEW,
			       .key = SEND_SECRET_KEY,
			       .value = str_of((const char *)k, SUPPRESS_SECRET) };
	const struct store_answer *r = errand_store(e, STR("secret"), &op, 1);
	struct buf b = { .arena = errand_arena(e) };

	_Static_assert(sizeof k == SUPPRESS_SECRET, "two keys are a secret");
	if (r && r->status == STORE_NONE && !r->local) /* ours it is: read it like the others */
		r = errand_store(e, STR("secret again"),
				 &(struct store_op){ .kind = STORE_GET, .key = SEND_SECRET_KEY },
				 1);
	if (!r)
		return false;
	if (bad(r) || r->status != STORE_OK)
		f->outcome = ONE_FAILED;
	buf_add(&b, r->value);
	buf_add(&b, STR("failure reports"));
	*out = buf_str(&b);
	return true;
}

/* A place among the reports of the day, the same one when it is asked for again. False: not yet. */
static bool take_slot(struct errand *e, struct failures *f, struct str id)
{
	for (unsigned i = 0; i < f->settings->failures_per_day; i++) {
		struct store_op op = { .kind = STORE_NEW,
				       .key = failure_slot(errand_arena(e),
							   f->failure.policy_domain,
							   f->failure.what.arrival, i),
				       .value = id,
				       .ttl_ms = FAILURES_SLOT_MS };
		const struct store_answer *r = errand_store(e, op.key, &op, 1);

		if (!r)
			return false;
		if (bad(r))
			f->outcome = ONE_FAILED;
		if (bad(r) || r->status == STORE_NONE || str_eq(r->value, id))
			return true;
	}
	f->outcome = ONE_OVER;
	return true;
}

/* Of all domains' reports of the day. False: not yet. */
static bool take_day(struct errand *e, struct failures *f, struct str id)
{
	struct store_op op = { .kind = STORE_JOIN,
			       .key = failure_day(errand_arena(e), f->failure.what.arrival),
			       .member = id,
			       .limit = FAILURE_DAY_MAX + 1,
			       .ttl_ms = FAILURES_SLOT_MS };
	const struct store_answer *r = errand_store(e, op.key, &op, 1);

	if (!r)
		return false;
	if (bad(r))
		f->outcome = ONE_FAILED;
	else if (r->sum[0] > FAILURE_DAY_MAX)
		f->outcome = ONE_TOO_MANY;
	return true;
}

/* False: not yet. */
static bool write_one(struct errand *e, struct failures *f, struct str id, struct str secret)
{
	struct arena *a = errand_arena(e);
	struct failure *x = &f->failure;
	struct job j = { .kind = JOB_FAILURE,
			 .id = id,
			 .domain = x->policy_domain,
			 .rua = x->ruf,
			 .begin = x->what.arrival,
			 .end = x->what.arrival,
			 .made = clock_wall(),
			 .rows = 1,
			 .messages = 1 };
	struct store_op *op = ARENA_ARRAY(a, struct store_op, OUTBOX_OPS);
	struct str results = x->what.auth_results;
	const struct store_answer *r;
	size_t n;

	x->what.id = id;
	x->what.auth_results =
		arena_printf(a, "%.*s; %.*s", STR_ARG(f->settings->submitter), STR_ARG(results));
	n = job_write(a, &j, afrf_content(a, f->crypto, &x->what, secret), op);
	x->what.auth_results = results;
	r = errand_store(e, STR("written"), op, n);
	for (size_t i = 0; r && i < n; i++)
		if (bad(&r[i]))
			f->outcome = ONE_FAILED;
	return r != NULL;
}

static bool run(struct errand *e, void *arg)
{
	struct failures *f = arg;
	struct str id = id_of(errand_arena(e), f), secret;

	f->outcome = ONE_OUT;
	if (!secret_of(e, f, &secret))
		return false;
	if (f->outcome == ONE_OUT && !take_slot(e, f, id))
		return false;
	if (f->outcome == ONE_OUT && !take_day(e, f, id))
		return false;
	return f->outcome != ONE_OUT || write_one(e, f, id, secret);
}

/* ---- all of them ---- */

static void next(struct failures *f);

/* Once a day. */
static void tell_too_many(struct failures *f)
{
	int64_t day = f->failure.what.arrival / DAY_S;

	if (f->told_day != day)
		LOG(LOG_LVL_WARN, "failure_reports_too_many", F_INT("reports", FAILURE_DAY_MAX));
	f->told_day = day;
}

static void done(void *arg)
{
	struct failures *f = arg;

	f->errand = NULL;
	switch (f->outcome) {
	case ONE_OUT:
		f->stats.reports++;
		LOG(LOG_LVL_INFO, "failure_report", F_STR("domain", f->failure.policy_domain));
		break;
	case ONE_TOO_MANY:
		tell_too_many(f);
		f->stats.over++;
		set_full(f);
		break;
	case ONE_OVER:
		f->stats.over++;
		set_full(f);
		break;
	case ONE_FAILED:
		f->taken(f->token, false);
		return;
	}
	f->at++;
	next(f);
}

/* Without asking anybody. */
static bool is_dropped(struct failures *f)
{
	int64_t now = clock_wall();
	struct failure *x = &f->failure;

	if (!f->settings->use || !f->settings->failures ||
	    !failure_parse(f->record[f->at].octets, x) ||
	    report_excluded(f->settings, x->policy_domain) ||
	    x->what.arrival + FAILURES_OLD_S < now || x->what.arrival > now + DAY_S) {
		f->stats.dropped++;
		return true;
	}
	f->stats.over += is_full(f);
	return is_full(f);
}

static void next(struct failures *f)
{
	while (f->at < f->n && is_dropped(f))
		f->at++;
	if (f->at == f->n)
		f->taken(f->token, true);
	else
		f->errand = errand_new(&f->world, run, done, f);
}

static void take(void *arg, const struct spool_record *r, size_t n, collect_taken_fn *taken,
		 void *token)
{
	struct failures *f = arg;

	f->record = r;
	f->n = n;
	f->at = 0;
	f->taken = taken;
	f->token = token;
	next(f);
}

/* ---- the face ---- */

struct failures *failures_new(struct loop *l, struct store *s,
			      const struct report_settings *settings)
{
	struct arena *a = arena_new(0);
	struct failures *f = ARENA_NEW(a, struct failures);

	f->arena = a;
	f->crypto = crypto_new();
	f->world = (struct errand_world){ .loop = l, .store = s };
	f->settings = settings;
	f->key = hash_key_random();
	return f;
}

void failures_free(struct failures *f)
{
	if (!f)
		return;
	errand_free(f->errand);
	crypto_free(f->crypto);
	arena_free(f->arena);
}

struct collect_taker failures_taker(struct failures *f)
{
	return (struct collect_taker){ .type = SPOOL_FAILURE, .take = take, .arg = f };
}

const struct failures_stats *failures_stats(const struct failures *f)
{
	return &f->stats;
}
