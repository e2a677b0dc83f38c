/* ARC sets of mail that leaves again (RFC 8617 5.1): after all our own edits. */
#include "auth/arc/seal.h"
#include "checks/checks.h"
#include "checks/sign/leaving.h"
#include "checks/sign/outgoing.h"
#include "checks/words.h"
#include "scan/ask.h"

enum sealed {
	SEALED_NOT, /* does not leave again */
	SEALED_YES,
	SEALED_KEY, /* there is no key now */
	SEALED_DMARC,
	SEALED_CHAIN, /* ended or broken */
	SEALED_SIGNER,
	SEALED_SPAM,
	SEALED_FORM, /* the MTA would break it */
};

static const char *const words[] = {
	[SEALED_NOT] = "no",	  [SEALED_YES] = "sealed",  [SEALED_KEY] = "no_key",
	[SEALED_DMARC] = "dmarc", [SEALED_CHAIN] = "chain", [SEALED_SIGNER] = "no_signer",
	[SEALED_SPAM] = "spam",	  [SEALED_FORM] = "form",
};

struct seal_state {
	enum sealed is;
	struct str reason; /* of SEALED_CHAIN */
	struct arc_draft *draft;
	struct str message, seal; /* digests */
	struct arc_set_fields fields;
};

/*
 * The state of the chain is that of its arrival (RFC 8617 5.1): what a filter or list behind us has
 * done to the body breaks the newest message signature, which was whole when it came.
 */
static const struct arc_result *chain_of(struct scan *s, const struct outgoing *o)
{
	struct arc_result *c;

	if (!scan_passive(s))
		return scan_result(s, &check_arc);
	if (o->chain.code != AUTH_FAIL || o->chain.temporary || o->chain.ended ||
	    !str_starts(o->chain.reason, STR("ARC-Message-Signature")) ||
	    !outgoing_said(s, STR("arc"), STR("pass")))
		return &o->chain;
	c = ARENA_NEW(s->arena, struct arc_result);
	*c = o->chain;
	c->code = AUTH_PASS;
	return c;
}

static struct str results_of(struct scan *s)
{
	if (scan_passive(s))
		return arc_results_of(s->arena, &s->headers, outgoing_id(s));
	return s->verdict.authentication_results.n
		       ? s->verdict.authentication_results
		       : arena_printf(s->arena, "%.*s; none", STR_ARG(outgoing_id(s)));
}

/* ---- the set ---- */

/* Our new signatures stand below it and are covered. */
static const struct hdr_list *headers_of(struct scan *s, const struct outgoing *o)
{
	const struct signed_with *w = scan_result(s, &check_sign);
	struct str value[SIGNING_MAX] = { 0 };

	for (size_t i = 0; w && i < o->choice.n; i++)
		if (signing_goes_in(s, w, i))
			value[i] = w->value[i];
	return outgoing_on_top(s->arena, o->headers, STR("DKIM-Signature"), value, SIGNING_MAX);
}

static enum sealed begin(struct scan *s, const struct outgoing *o, const struct sealing_config *k,
			 struct seal_state *st)
{
	const struct signing_use *u = k->live->chosen;
	const struct arc_result *chain = chain_of(s, o);
	const struct signing_config *sk = scan_config(s, &check_sign);
	const char *why = NULL;
	struct leaving l;
	struct arc_seal_request req = {
		.chain = chain, .head = CANON_RELAXED, .body = CANON_RELAXED, .t = s->now
	};

	if (!u || !u->ready)
		return SEALED_KEY;
	if (outgoing_failed(s))
		return SEALED_DMARC;
	if (!chain || (chain->code == AUTH_FAIL && !k->broken)) {
		st->reason = chain ? chain->reason : STR("the chain is not known");
		return SEALED_CHAIN;
	}
	leaving_make(s, headers_of(s, o), sk ? sk->line_max : 0, &l);
	if (l.fault.n) {
		st->reason = l.fault;
		return SEALED_FORM;
	}
	req.headers = l.headers;
	req.plan = &l.plan;
	req.domain = u->domain;
	req.selector = u->selector;
	req.type = u->key.type;
	req.body_digest = body_digest(o->seal_body);
	req.results = results_of(s);
	st->draft = arc_draft_new(s->arena, s->env->crypto, &req, &why);
	if (!st->draft) {
		st->reason = str_c(why);
		return SEALED_CHAIN;
	}
	st->message = arc_draft_message(st->draft);
	return SEALED_YES;
}

/* The message signature, then the seal over it: two questions, one after the other. */
static bool ask(struct scan *s, const struct sealing_config *k, struct seal_state *st)
{
	const struct sign_key *key = &k->live->chosen->key;
	const struct sign_reply *r = scan_sign(s, key, st->message);

	if (r && r->status == SIGN_OK) {
		if (!st->seal.n)
			st->seal = arc_draft_seal(st->draft, r->signature);
		r = scan_sign(s, key, st->seal);
	}
	if (!r)
		return false;
	if (r->status != SIGN_OK) {
		st->is = SEALED_SIGNER;
		scan_degraded(s, "signer");
		return true;
	}
	st->fields = arc_draft_finish(st->draft, r->signature);
	return true;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct outgoing *o = scan_result(s, &check_outgoing);
	const struct sealing_config *k = config;
	struct seal_state *st = state;

	if (!o || !o->seal || !s->env->signer)
		return CHECK_DONE;
	if (st->is == SEALED_NOT)
		st->is = begin(s, o, k, st);
	if (st->is == SEALED_YES && !ask(s, k, st))
		return CHECK_WAIT;
	scan_publish(s, &check_seal, st);
	return CHECK_DONE;
}

static void amend(struct scan *s, const void *config)
{
	const struct seal_state *st = scan_result(s, &check_seal);

	(void)config;
	if (!st || st->is != SEALED_YES || outgoing_spam(s))
		return;
	scan_insert(s, 0, STR("ARC-Authentication-Results"), st->fields.aar);
	scan_insert(s, 0, STR("ARC-Message-Signature"), st->fields.ams);
	scan_insert(s, 0, STR("ARC-Seal"), st->fields.seal);
}

/* ---- predicates ---- */

static bool seal_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct seal_state *st = scan_result(s, &check_seal);

	(void)n;
	if (!words_has(arg[0].text, words[st ? st->is : SEALED_NOT]))
		return false;
	*evidence = st ? st->reason : STR_NULL;
	return true;
}

static const struct predicate predicates[] = {
	{ "seal", "s", seal_is,
	  "how it stands with our ARC set, but for the score: sealed, no (does not leave again), "
	  "no_key, dmarc (failed), chain (ended or broken), form (the MTA would break it), "
	  "no_signer (no answer)" },
	{ 0 },
};

static const char *word(const struct scan *s)
{
	const struct seal_state *st = scan_result(s, &check_seal);

	if (!st)
		return NULL;
	return words[st->is == SEALED_YES && outgoing_spam(s) ? SEALED_SPAM : st->is];
}

static const char *const needs[] = { "outgoing", "sign", "arc", "dkim", "dmarc", "authres", NULL };

const struct check check_seal = {
	.abi = CHECK_ABI,
	.name = "seal",
	.help = "ARC sets of what leaves again (RFC 8617)",
	.stage = SCAN_EOM,
	.needs = needs,
	.options = sealing_options,
	.state_size = sizeof(struct seal_state),
	.setup = sealing_setup,
	.run = run,
	.predicates = predicates,
	.amend = amend,
	.word = word,
};
