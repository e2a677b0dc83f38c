/* Verdicts of equal messages, kept in the store. */
#include "scan/cache.h"

#include "base/log.h"
#include "scan/priv.h"
#include "scan/stats.h"

#define CLAIM_MS 2000 /* after which another one judges a message whose judge says nothing */
#define POLL_MS 20
#define POLLS_MAX 10u /* then it is judged here too */

static const struct hash_key fixed = { 0x6d65726c6f6e2031u, 0x7665726469637473u };

static bool wanted(const struct scan *s)
{
	const struct scan_setup *c = s->env->setup;
	const unsigned never = SCAN_F_AUTH_ONLY | SCAN_F_LOCAL | SCAN_F_SUBRULES | SCAN_F_NO_CACHE |
			       SCAN_F_POISONED | SCAN_F_TRUNCATED;

	return c->cache_ms && c->judge && s->env->store && !s->env->readonly &&
	       !(s->flags & never) && !scan_passive(s);
}

void scan_cache_want(struct scan *s)
{
	if (wanted(s))
		s->priv->cache.body =
			body_hash_want(s->body, HASH_SHA256, CANON_SIMPLE, BODY_NO_LIMIT);
}

/* ---- the key ---- */

/* Of two fields of the same name only what our own side wrote in front differs between copies. */
static bool left_out(const struct scan *s, size_t i)
{
	const struct hdr *h = &s->headers.v.p[i];
	static const char *const ours[] = { "Return-Path", "Delivered-To", "X-Original-To",
					    "Envelope-To" };

	for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
		if (str_ieq(h->name, str_c(ours[k])))
			return true;
	return str_ieq(h->name, STR("Received")) && hdr_find(&s->headers, h->name, 0) == h;
}

static void feed(struct hash *h, struct str s)
{
	char n[8];

	for (size_t i = 0; i < sizeof n; i++)
		n[i] = (char)(s.n >> (8 * i));
	hash_feed(h, str_of(n, sizeof n));
	hash_feed(h, s);
}

static void feed_envelope(struct hash *h, const struct scan *s)
{
	char ip[IP_TEXT_MAX];

	feed(h, str_c(ip_format(&s->client.ip, ip)));
	feed(h, s->client.host);
	feed(h, s->client.profile);
	feed(h, s->client.tls.n ? STR("tls") : STR(""));
	feed(h, s->client.auth_user);
	feed(h, s->helo);
	feed(h, s->mail_ok ? s->mail.domain : s->mail_raw); /* lists change the local part */
	feed(h, str_of((const char *)&s->nrcpts, sizeof s->nrcpts)); /* copies of a list have one */
}

static struct str key_of(const struct scan *s)
{
	const struct scan_setup *c = s->env->setup;
	struct hash *h = hash_new(s->env->crypto, s->arena, HASH_SHA256);
	char key[3 + 32];

	feed(h, str_of((const char *)&c->generation, sizeof c->generation));
	feed_envelope(h, s);
	for (size_t i = 0; i < s->headers.v.n; i++)
		if (!left_out(s, i))
			feed(h, s->headers.v.p[i].raw);
	feed(h, body_digest(s->priv->cache.body));
	memcpy(key, "vc:", 3);
	memcpy(key + 3, hash_end(h).p, 32);
	return arena_dup(s->arena, str_of(key, sizeof key));
}

/* ---- what else it depends on ---- */

static uint64_t mark_of(const struct scan *s)
{
	const struct scan_setup *c = s->env->setup;
	uint64_t mark = s->flags & SCAN_F_DEGRADED_DNS;

	for (size_t i = 0; i < s->priv->degraded.n; i++) {
		const struct hash_key k = { mark, 1 };
		mark = hash_sip24(k, s->priv->degraded.p[i]);
	}

	for (size_t i = 0; i < c->n; i++) {
		struct hash_key k = fixed;
		const char *word;
		uint64_t own;
		if (c->deferred[i])
			continue;
		word = c->check[i]->word ? c->check[i]->word(s) : NULL;
		own = c->check[i]->mark ? c->check[i]->mark(s) : 0;
		k.k0 ^= mark;
		k.k1 ^= own;
		mark = hash_sip24(k, word ? str_c(word) : STR(""));
	}
	return mark;
}

/* ---- asking ---- */

static void count(const struct scan *s, enum scan_count what)
{
	if (s->env->stats)
		s->env->stats->n[what]++;
}

void scan_cache_begin(struct scan *s)
{
	struct scan_cache *c = &s->priv->cache;

	if (!c->body || !wanted(s))
		return;
	c->key = key_of(s);
	c->step = CACHE_ASKED;
}

static void decide(struct scan *s, bool hit)
{
	struct scan_cache *c = &s->priv->cache;

	loop_cancel(c->timer);
	c->timer = NULL;
	c->step = hit ? CACHE_HIT : CACHE_MISS;
	count(s, hit ? COUNT_CACHE_HIT : COUNT_CACHE_MISS);
	for (size_t i = 0; i < s->env->setup->n; i++)
		s->priv->slot[i].dirty = true;
}

static void polled(void *arg, const struct store_answer *a, size_t n);

static void poll_now(void *arg)
{
	struct scan *s = arg;
	struct scan_cache *c = &s->priv->cache;
	struct store_op op = {
		.kind = STORE_NEW, .key = c->key, .value = STR("C"), .ttl_ms = CLAIM_MS
	};

	c->timer = NULL;
	c->call = store_send(s->env->store, &op, 1, 0, polled, s);
}

/* A record was there, or ours is now. */
static void take(struct scan *s, const struct store_answer *a)
{
	struct scan_cache *c = &s->priv->cache;

	if (a->status != STORE_OK) {
		c->ours = a->status == STORE_NONE;
		decide(s, false);
	} else if (!str_eq(a->value, STR("C"))) {
		c->found = arena_dup(s->arena, a->value);
		c->step = CACHE_FOUND;
	} else if (c->polls++ < POLLS_MAX) {
		c->step = CACHE_WAIT;
		c->timer = loop_after(s->env->loop, POLL_MS, poll_now, s);
		if (c->polls == 1)
			count(s, COUNT_CACHE_WAIT);
	} else {
		decide(s, false);
	}
}

static void polled(void *arg, const struct store_answer *a, size_t n)
{
	struct scan *s = arg;

	s->priv->cache.call = NULL;
	if (n)
		take(s, a);
	scan_kick(s);
}

bool scan_cache_go(struct scan *s, bool others_done)
{
	struct scan_cache *c = &s->priv->cache;
	enum cache_step before = c->step;

	if (c->step == CACHE_ASKED) {
		const struct store_answer *a =
			scan_store(s, &(struct store_op){ .kind = STORE_NEW,
							  .key = c->key,
							  .value = STR("C"),
							  .ttl_ms = CLAIM_MS });
		if (a)
			take(s, a);
	}
	if (c->step == CACHE_FOUND && others_done) {
		struct cached v;
		decide(s, cache_parse(s->arena, c->found, &v) && v.mark == mark_of(s));
	}
	return c->step != before;
}

bool scan_cache_open(const struct scan *s)
{
	enum cache_step step = s->priv->cache.step;

	return step == CACHE_ASKED || step == CACHE_WAIT || step == CACHE_FOUND;
}

bool scan_cache_apply(struct scan *s)
{
	const struct scan_cache *c = &s->priv->cache;
	struct cached v;

	if (c->step != CACHE_HIT || !cache_parse(s->arena, c->found, &v))
		return false;
	for (size_t i = 0; i < v.symbols.n; i++)
		scan_symbol(s, v.symbols.p[i].name, v.symbols.p[i].score, v.symbols.p[i].evidence,
			    v.symbols.p[i].group);
	s->flags |= SCAN_F_CACHED;
	return true;
}

void scan_cache_keep(struct scan *s)
{
	const struct scan_cache *c = &s->priv->cache;
	const unsigned partial = SCAN_F_DEADLINE | SCAN_F_DEGRADED_DNS | SCAN_F_DEGRADED_STORE |
				 SCAN_F_PATTERNS | SCAN_F_CPU | SCAN_F_TRUNCATED;
	struct store_op op = { .kind = STORE_PUT,
			       .key = c->key,
			       .ttl_ms = s->env->setup->cache_ms };

	if (c->step != CACHE_MISS || (!c->ours && !c->found.p))
		return;
	if (s->verdict.symbols.n <= CACHE_SYMBOLS_MAX)
		op.value = cache_format(s->arena, mark_of(s), s->verdict.symbols.p,
					s->verdict.symbols.n);
	if (s->flags & partial || !op.value.n || op.value.n > CACHE_RECORD_MAX)
		op = (struct store_op){ .kind = STORE_DEL, .key = c->key };
	scan_store_note(s, &op);
}

void scan_cache_close(struct scan *s)
{
	struct scan_cache *c = &s->priv->cache;

	loop_cancel(c->timer);
	c->timer = NULL;
	store_cancel(c->call);
	c->call = NULL;
	if (scan_cache_open(s) && c->step != CACHE_ASKED)
		c->step = CACHE_MISS;
}
