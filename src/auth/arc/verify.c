/* Validates an ARC chain (RFC 8617 5.2 steps 4 to 6). */
#include "auth/arc/arc.h"

#include "auth/arc/chain.h"
#include "auth/dkim/check.h"
#include "auth/dkim/dkim.h"

/* What was found out about one signature, kept over AUTH_WAIT. */
struct outcome {
	bool done;
	struct check_result res;
};

struct link {
	struct body_want *body; /* NULL: its AMS is not evaluated */
	struct outcome ams, as;
	struct str digest; /* what the seal signs */
};

struct arc {
	struct checker check;
	struct canon_headers headers;
	struct arc_chain chain;
	struct link *link; /* chain.n of them; NULL: nothing to validate */
	int64_t now;
};

/* The newest AMS always; older ones while the budget lasts, and only if they cover all of the body,
 * so that they ask for no more than two more body hashes. */
static void choose_ams(struct arc *x, struct body_hash *body)
{
	size_t n = x->chain.n, budget = ARC_MAX_VERIFY - n;

	for (size_t i = n; i-- > 0 && budget > 0; budget--) {
		const struct signature *ams = x->chain.set[i].ams;

		if (ams->fault || !ams->query || (i + 1 < n && ams->length != BODY_NO_LIMIT))
			return;
		x->link[i].body = body_hash_want(body, HASH_SHA256, ams->body, ams->length);
	}
}

struct arc *arc_new(struct arena *a, struct crypto *c, struct body_hash *body,
		    const struct hdr_list *headers, int64_t now)
{
	struct arc *x = ARENA_NEW(a, struct arc);

	x->now = now;
	x->check = (struct checker){ .arena = a, .crypto = c, .headers = &x->headers };
	arc_chain_read(a, headers, &x->chain);
	if (!x->chain.n || x->chain.ended)
		return x;
	canon_headers_init(&x->headers, a, headers);
	x->link = ARENA_ARRAY(a, struct link, x->chain.n);
	choose_ams(x, body);
	return x;
}

void arc_prefetch(struct arc *x, struct dns *dns)
{
	for (size_t i = x->link ? x->chain.n : 0; i-- > 0;) {
		if (x->link[i].body)
			dns_ask(dns, x->chain.set[i].ams->query, DNS_TXT);
		dns_ask(dns, x->chain.set[i].as->query, DNS_TXT);
	}
}

/* What each seal signs (5.1.1): the sets up to its own, in order, always relaxed, itself without
 * its b=. One running hash, forked for each, so that all of them cost one pass. */
static void make_digests(struct arc *x)
{
	struct hash *all = hash_new(x->check.crypto, x->check.arena, HASH_SHA256);
	struct buf text = { .arena = x->check.arena };

	for (size_t i = 0; i < x->chain.n; i++) {
		const struct arc_parts *set = &x->chain.set[i];
		struct hash *own;

		text.n = 0;
		canon_field(&text, set->aar, CANON_RELAXED);
		canon_field(&text, set->ams->field, CANON_RELAXED);
		hash_feed(all, buf_str(&text));
		own = hash_fork(all);
		text.n = 0;
		canon_signature(&text, set->as->field, set->as->b_raw, CANON_RELAXED);
		hash_feed(own, buf_str(&text));
		x->link[i].digest = hash_end(own);
		text.n = 0;
		canon_field(&text, set->as->field, CANON_RELAXED);
		hash_feed(all, buf_str(&text));
	}
}

static enum auth_step check_ams(struct arc *x, struct dns *dns, size_t i)
{
	struct link *l = &x->link[i];
	struct check_result *res = &l->ams.res;

	if (l->ams.done)
		return AUTH_DONE;
	if (check_signature(&x->check, dns, x->chain.set[i].ams, l->body, res) == AUTH_WAIT)
		return AUTH_WAIT;
	/* Octets that nobody signed are not vouched for. */
	if (res->result == AUTH_PASS && res->partial) {
		res->result = AUTH_FAIL;
		res->reason = "l= leaves part of the body unsigned";
	}
	l->ams.done = true;
	return AUTH_DONE;
}

static enum auth_step check_seal(struct arc *x, struct dns *dns, size_t i)
{
	struct link *l = &x->link[i];

	if (l->as.done)
		return AUTH_DONE;
	if (!l->digest.p)
		make_digests(x);
	if (check_signed(&x->check, dns, x->chain.set[i].as, l->digest, &l->as.res) == AUTH_WAIT)
		return AUTH_WAIT;
	l->as.done = true;
	return AUTH_DONE;
}

/* ---- the result ---- */

static void fail(struct arc_result *res, struct arena *a, const char *what, size_t i,
		 const struct check_result *why)
{
	res->code = AUTH_FAIL;
	res->temporary = why->result == AUTH_TEMPERROR;
	res->reason = arena_printf(a, "%s i=%zu: %s", what, i + 1, why->reason);
}

/* Dates count for the newest AMS only: the older ones were good when the next hop saw them. */
static const char *untimely(const struct arc *x, const struct signature *ams)
{
	if (ams->expires && x->now > ams->x)
		return "expired";
	return ams->t > DKIM_FUTURE_SLACK && ams->t - DKIM_FUTURE_SLACK > x->now
		       ? "signed in the future"
		       : NULL;
}

/* Step 4: the newest AMS. AUTH_DONE with res->code fail, or none yet. */
static enum auth_step newest(struct arc *x, struct dns *dns, struct arc_result *res)
{
	size_t last = x->chain.n - 1;
	const struct signature *ams = x->chain.set[last].ams;
	struct check_result bad = { .result = AUTH_FAIL, .reason = ams->fault };

	if (!bad.reason && x->link[last].body)
		bad.reason = untimely(x, ams);
	if (!x->link[last].body || bad.reason) {
		bad.reason = bad.reason ? bad.reason : "s= and d= are no name";
		fail(res, x->check.arena, "ARC-Message-Signature", last, &bad);
		return AUTH_DONE;
	}
	if (check_ams(x, dns, last) == AUTH_WAIT)
		return AUTH_WAIT;
	if (x->link[last].ams.res.result != AUTH_PASS)
		fail(res, x->check.arena, "ARC-Message-Signature", last, &x->link[last].ams.res);
	return AUTH_DONE;
}

/* Step 5: every seal, newest first. */
static enum auth_step seals(struct arc *x, struct dns *dns, struct arc_result *res)
{
	for (size_t i = x->chain.n; i-- > 0;) {
		if (check_seal(x, dns, i) == AUTH_WAIT)
			return AUTH_WAIT;
		if (x->link[i].as.res.result != AUTH_PASS) {
			fail(res, x->check.arena, "ARC-Seal", i, &x->link[i].as.res);
			return AUTH_DONE;
		}
	}
	return AUTH_DONE;
}

/* Step 6: down to the first older AMS that does not verify any more. */
static enum auth_step older(struct arc *x, struct dns *dns, struct arc_result *res)
{
	size_t i = x->chain.n - 1;

	while (i > 0 && x->link[i - 1].body) {
		if (check_ams(x, dns, i - 1) == AUTH_WAIT)
			return AUTH_WAIT;
		if (x->link[i - 1].ams.res.result != AUTH_PASS)
			break;
		i--;
	}
	res->oldest_pass = i ? (int)i + 1 : 0;
	return AUTH_DONE;
}

/* Nothing makes an ARC-Message-Signature cover From, but only then is the author vouched for. */
static bool signs_from(const struct arc *x, const struct signature *ams)
{
	size_t covered = signature_names(ams, STR("From"));

	return covered && covered >= canon_count(&x->headers, STR("From"));
}

static void list_sets(struct arc *x, struct arc_result *res)
{
	struct arena *a = x->check.arena;

	res->n = x->chain.n;
	res->set = ARENA_ARRAY(a, struct arc_set, res->n);
	for (size_t i = 0; i < res->n; i++) {
		const struct arc_parts *parts = &x->chain.set[i];
		const struct outcome *ams = x->link ? &x->link[i].ams : NULL;

		res->set[i] = (struct arc_set){
			.instance = (unsigned)i + 1,
			.sealer = parts->as->domain,
			.selector = parts->as->selector,
			.aar = hdr_unfold(a, parts->payload),
			.ams_known = ams && ams->done,
			.ams_pass = ams && ams->done && ams->res.result == AUTH_PASS,
			.from_signed = x->link && signs_from(x, parts->ams),
		};
	}
}

/* Steps 4 to 6 in order, each only if the one before left the chain whole. */
static enum auth_step validate(struct arc *x, struct dns *dns, struct arc_result *res)
{
	if (newest(x, dns, res) == AUTH_WAIT)
		return AUTH_WAIT;
	if (res->code == AUTH_NONE && seals(x, dns, res) == AUTH_WAIT)
		return AUTH_WAIT;
	if (res->code != AUTH_NONE)
		return AUTH_DONE;
	if (older(x, dns, res) == AUTH_WAIT)
		return AUTH_WAIT;
	res->code = AUTH_PASS;
	return AUTH_DONE;
}

enum auth_step arc_verify(struct arc *x, struct dns *dns, struct arc_result *res)
{
	*res = (struct arc_result){ .code = AUTH_NONE,
				    .instances = x->chain.highest,
				    .ended = x->chain.ended,
				    .reason = str_c(x->chain.fault),
				    .oldest_pass = -1 };
	if (x->chain.fault && !x->chain.ended)
		res->code = AUTH_FAIL;
	if (x->link) {
		arc_prefetch(x, dns);
		if (validate(x, dns, res) == AUTH_WAIT)
			return AUTH_WAIT;
	}
	if (x->chain.n)
		list_sets(x, res);
	return AUTH_DONE;
}
