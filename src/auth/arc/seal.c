/* ARC sets made: what may be added to a chain, the message signature, the seal over it all. */
#include "auth/arc/seal.h"

#include "auth/arc/chain.h"
#include "auth/arc/results.h"
#include "auth/dkim/compose.h"

#define AAR STR("ARC-Authentication-Results")
#define AMS STR("ARC-Message-Signature")
#define SEAL STR("ARC-Seal")

struct arc_draft {
	struct arena *arena;
	struct crypto *crypto;
	struct arc_seal_request req;
	struct str domain, selector;
	struct arc_chain chain;
	struct canon_headers headers;
	unsigned instance;
	enum arc_cv cv;
	struct compose_value ams, seal;
	struct arc_set_fields out;
	struct str ams_digest;
};

/* ---- may there be another set? ---- */

static bool says_fail(const struct arc_chain *chain)
{
	for (size_t i = 0; i < chain->highest; i++)
		if (chain->set[i].as && chain->set[i].as->cv == CV_FAIL)
			return true;
	return false;
}

/* Whether a limit kept out a field that belongs to the chain. */
static bool is_hidden(const struct hdr_list *list)
{
	for (size_t i = 0; i < list->gone.n; i++)
		if (str_istarts(list->gone.p[i].name, STR("ARC-")))
			return true;
	return list->dropped > list->gone.n;
}

static const char *refusal(const struct arc_draft *d)
{
	const struct arc_chain *chain = &d->chain;

	if (d->req.chain->ended || chain->ended || says_fail(chain))
		return "the chain was ended by cv=fail";
	if (is_hidden(d->req.headers))
		return "header fields over the limit";
	if (chain->fields > 3 * (size_t)ARC_MAX_SETS)
		return "too many ARC fields";
	if (chain->fields && !chain->highest)
		return "the chain's instances cannot be read";
	if (chain->highest >= ARC_MAX_SETS)
		return "the chain has as many sets as there can be";
	if (chain->fields && d->req.chain->code == AUTH_NONE)
		return "the chain was not verified";
	if (d->req.chain->code == AUTH_FAIL && d->req.chain->temporary)
		return "keys of the chain could not be fetched";
	return NULL;
}

/* What our own verification said, unless the chain has changed since. */
static enum arc_cv status(const struct arc_draft *d)
{
	if (!d->chain.fields)
		return CV_NONE;
	return d->req.chain->code == AUTH_PASS && !d->chain.fault ? CV_PASS : CV_FAIL;
}

/* ---- the message signature ---- */

/* h= in plain mode: as it is given. */
static void names_plain(struct arc_draft *d, struct compose_names *h)
{
	const struct dkim_plan *plan = d->req.plan;

	h->n = 0;
	h->name = ARENA_ARRAY(d->arena, struct str, plan->n + 1);
	for (size_t i = 0; i < plan->n && h->n < DKIM_SIGN_MAX_H; i++)
		if (dkim_may_sign(plan->name[i].name))
			h->name[h->n++] = plan->name[i].name;
}

static bool draft_message(struct arc_draft *d)
{
	const struct arc_seal_request *req = &d->req;
	struct arena *a = d->arena;
	struct compose_names h;
	struct compose_tag tag[COMPOSE_TAGS];
	size_t n = 0;
	bool ok = compose_plan(a, &d->headers, req->plan, STR("DKIM-Signature"), &h);

	if (req->plain)
		names_plain(d, &h);
	tag[n++] = (struct compose_tag){ "i", compose_number(a, d->instance) };
	tag[n++] = (struct compose_tag){ "a", compose_algorithm(req->type) };
	tag[n++] = (struct compose_tag){ "c", compose_canon(a, req->head, req->body) };
	tag[n++] = (struct compose_tag){ "d", d->domain };
	tag[n++] = (struct compose_tag){ "s", d->selector };
	if (req->t > 0)
		tag[n++] = (struct compose_tag){ "t", compose_number(a, req->t) };
	tag[n++] = (struct compose_tag){ "h", compose_join(a, &h) };
	tag[n++] = (struct compose_tag){ "bh", base64_encode(a, req->body_digest) };
	tag[n++] = (struct compose_tag){ "b", STR("") };
	compose(a, AMS, tag, n, req->plain, &d->ams);
	d->ams_digest = compose_digest(a, d->crypto, &d->headers, &h, &d->ams, req->head);
	return ok;
}

struct arc_draft *arc_draft_new(struct arena *a, struct crypto *c,
				const struct arc_seal_request *req, const char **why)
{
	struct arc_draft *d = ARENA_NEW(a, struct arc_draft);
	bool ok = true;

	d->arena = a;
	d->crypto = c;
	d->req = *req;
	d->domain = req->domain;
	d->selector = req->selector;
	arc_chain_read(a, req->headers, &d->chain);
	*why = refusal(d);
	if (*why)
		return NULL;
	d->instance = d->chain.highest + 1;
	d->cv = status(d);
	compose_key_name(a, &d->domain, &d->selector, &ok);
	if (!ok) {
		*why = "domain and selector are no names";
		return NULL;
	}
	canon_headers_init(&d->headers, a, req->headers);
	if (!draft_message(d)) {
		*why = "header fields over the limit";
		return NULL;
	}
	d->out.aar = arc_results_fold(a, d->instance, req->results);
	return d;
}

struct str arc_draft_message(const struct arc_draft *d)
{
	return d->ams_digest;
}

/* ---- the seal ---- */

static void write_seal(struct arc_draft *d)
{
	static const char *const words[] = {
		[CV_NONE] = "none", [CV_PASS] = "pass", [CV_FAIL] = "fail"
	};
	const struct arc_seal_request *req = &d->req;
	struct arena *a = d->arena;
	struct compose_tag tag[COMPOSE_TAGS];
	size_t n = 0;

	tag[n++] = (struct compose_tag){ "i", compose_number(a, d->instance) };
	tag[n++] = (struct compose_tag){ "a", compose_algorithm(req->type) };
	tag[n++] = (struct compose_tag){ "cv", str_c(words[d->cv]) };
	tag[n++] = (struct compose_tag){ "d", d->domain };
	tag[n++] = (struct compose_tag){ "s", d->selector };
	if (req->t > 0)
		tag[n++] = (struct compose_tag){ "t", compose_number(a, req->t) };
	tag[n++] = (struct compose_tag){ "b", STR("") };
	compose(a, SEAL, tag, n, req->plain, &d->seal);
}

static void feed(struct arc_draft *d, struct hash *h, const struct hdr *f)
{
	struct buf text = { .arena = d->arena };

	canon_field(&text, f, CANON_RELAXED);
	hash_feed(h, buf_str(&text));
}

static void feed_new(struct arc_draft *d, struct hash *h, struct str name, struct str value)
{
	struct hdr f = compose_field(d->arena, name, value);

	feed(d, h, &f);
}

/* 5.1.1: the sets in order, always relaxed; of a chain that fails only the new one (5.1.2). */
struct str arc_draft_seal(struct arc_draft *d, struct str message_signature)
{
	struct hash *h = hash_new(d->crypto, d->arena, HASH_SHA256);
	struct buf text = { .arena = d->arena }, value = { .arena = d->arena };
	struct hdr own;

	d->out.ams = compose_signed(d->arena, &d->ams, message_signature, d->req.plain);
	for (size_t i = 0; d->cv == CV_PASS && i < d->chain.n; i++) {
		feed(d, h, d->chain.set[i].aar);
		feed(d, h, d->chain.set[i].ams->field);
		feed(d, h, d->chain.set[i].as->field);
	}
	feed_new(d, h, AAR, d->out.aar);
	feed_new(d, h, AMS, d->out.ams);
	write_seal(d);
	buf_add(&value, d->seal.head);
	buf_add(&value, d->seal.tail);
	own = compose_field(d->arena, SEAL, buf_str(&value));
	canon_signature(&text, &own, str_sub(own.value, 1 + d->seal.head.n, 0), CANON_RELAXED);
	hash_feed(h, buf_str(&text));
	return hash_end(h);
}

struct arc_set_fields arc_draft_finish(struct arc_draft *d, struct str seal_signature)
{
	d->out.seal = compose_signed(d->arena, &d->seal, seal_signature, d->req.plain);
	return d->out;
}
