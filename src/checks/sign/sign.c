/* DKIM signatures of what our users send: asked for, and put in if the message deserves it. */
#include "checks/checks.h"
#include "checks/sign/leaving.h"
#include "checks/sign/outgoing.h"
#include "checks/words.h"
#include "scan/ask.h"

struct sign_state {
	struct signed_with with;
	struct dkim_draft draft[SIGNING_MAX];
	bool drafted[SIGNING_MAX];
	bool begun;
};

static void draft(struct scan *s, const struct signing_config *k, struct sign_state *st)
{
	const struct outgoing *o = st->with.o;
	struct leaving l;
	bool any = false;

	st->begun = true;
	leaving_make(s, o->headers, k->line_max, &l);
	st->with.fault = l.fault;
	if (l.fault.n)
		return;
	for (size_t i = 0; i < o->choice.n; i++) {
		const struct signing_use *u = o->choice.sig[i].use;
		struct dkim_sign_request req = {
			.headers = l.headers,
			.plan = &l.plan,
			.domain = u->domain,
			.selector = u->selector,
			.identity = o->choice.sig[i].identity,
			.type = u->key.type,
			.head = k->head,
			.body = k->body,
			.body_digest = body_digest(o->sign_body),
			.t = s->now,
			.x = k->expire ? s->now + k->expire : 0,
		};
		st->drafted[i] = dkim_draft(s->arena, s->env->crypto, &req, &st->draft[i]);
		any |= st->drafted[i];
	}
	if (!any)
		st->with.fault = STR("more header fields than can be signed");
}

/* Asks for all of them at once; false: one is still under way. */
static bool ask(struct scan *s, struct sign_state *st)
{
	struct signed_with *w = &st->with;
	bool all = true;

	w->failed = false;
	for (size_t i = 0; i < w->o->choice.n; i++) {
		const struct sign_reply *r;

		if (!st->drafted[i])
			continue;
		r = scan_sign(s, &w->o->choice.sig[i].use->key, st->draft[i].digest);
		if (!r)
			all = false;
		else if (r->status != SIGN_OK)
			w->failed = true;
		else if (!w->value[i].n)
			w->value[i] = dkim_sign_value(s->arena, &st->draft[i], r->signature);
	}
	return all;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct outgoing *o = scan_result(s, &check_outgoing);
	struct sign_state *st = state;

	if (!o)
		return CHECK_DONE;
	st->with.o = o;
	if (o->choice.why == SIGNING_WANTED && s->env->signer && o->sign_body) {
		if (!st->begun)
			draft(s, config, st);
		st->with.asked = !st->with.fault.n;
		if (!ask(s, st))
			return CHECK_WAIT;
		if (st->with.failed)
			scan_degraded(s, "signer");
	}
	scan_publish(s, &check_sign, &st->with);
	return CHECK_DONE;
}

/* ---- what goes in ---- */

static bool signed_before(const struct scan *s, const struct signing_use *u)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->sig[i].result == AUTH_PASS && str_eq(r->sig[i].domain, u->domain) &&
		    str_eq(r->sig[i].selector, u->selector))
			return true;
	return false;
}

/* What came from elsewhere and did not pass does not become ours. What begins here fails where only
 * our signature would have made it pass. */
static bool failed_on_the_way(const struct scan *s)
{
	const struct dmarc_facts *f = scan_result(s, &check_dmarc);
	bool passed;

	if (!scan_passive(s) && scan_outbound(s))
		return false;
	if (scan_passive(s) && outgoing_failed(s))
		return true;
	passed = scan_passive(s) ? outgoing_said(s, STR("dmarc"), STR("pass"))
				 : f && (f->r.code == AUTH_PASS || f->override != OVERRIDE_NONE);
	return !passed && signing_came_through(s->arena, scan_config(s, &check_sign), &s->headers);
}

bool signing_goes_in(const struct scan *s, const struct signed_with *w, size_t i)
{
	return w->value[i].n && !signed_before(s, w->o->choice.sig[i].use) && !failed_on_the_way(s);
}

enum signing_why signing_state(const struct scan *s)
{
	const struct signed_with *w = scan_result(s, &check_sign);
	bool any = false, before = false;

	if (!w)
		return SIGNING_OFF;
	if (w->o->choice.why != SIGNING_WANTED)
		return w->o->choice.why;
	if (failed_on_the_way(s))
		return SIGNING_DMARC;
	if (w->fault.n)
		return SIGNING_FORM;
	for (size_t i = 0; i < w->o->choice.n; i++) {
		bool b = signed_before(s, w->o->choice.sig[i].use);
		before |= b;
		any |= w->value[i].n && !b;
	}
	return any ? SIGNING_WANTED : before ? SIGNING_SIGNED : SIGNING_NO_SIGNER;
}

/* sign.on_failure: as long as the action can still be chosen. */
static void demand(struct scan *s, const void *config)
{
	const struct signing_config *k = config;
	const struct signed_with *w = scan_result(s, &check_sign);
	static const struct smtp_reply reply = { .code = 451,
						 .enhanced = { "4.7.0", 5 },
						 .text = { "Message cannot be signed now", 28 } };

	if (k->tempfail && w && w->asked && signing_state(s) == SIGNING_NO_SIGNER)
		scan_require(s, ACT_TEMPFAIL, &reply, STR("signer"));
}

static void amend(struct scan *s, const void *config)
{
	const struct signed_with *w = scan_result(s, &check_sign);

	(void)config;
	if (!w || w->o->choice.why != SIGNING_WANTED || outgoing_spam(s))
		return;
	for (size_t i = w->o->choice.n; i-- > 0;)
		if (signing_goes_in(s, w, i))
			scan_insert(s, 0, STR("DKIM-Signature"), w->value[i]);
}

/* ---- predicates ---- */

static bool sign_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct signed_with *w = scan_result(s, &check_sign);

	(void)n;
	if (!w || !words_has(arg[0].text, signing_why_word(signing_state(s))))
		return false;
	*evidence = w->fault.n ? w->fault : w->o->choice.evidence;
	return true;
}

static bool sign_outsider(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct signed_with *w = scan_result(s, &check_sign);

	(void)arg;
	(void)n;
	if (!w || w->o->choice.why != SIGNING_CLIENT || !w->o->choice.known_domain ||
	    w->o->choice.trusted || scan_passive(s))
		return false;
	*evidence = w->o->choice.evidence;
	return true;
}

static const struct predicate predicates[] = {
	{ "sign", "s", sign_is,
	  "how it stands with our DKIM signature, but for the score: signed, client (not one of "
	  "ours), author (no single one), foreign (From is not the user's), no_key, signed_before, "
	  "dmarc (came through and failed), form (the MTA would break it), no_signer (no answer), "
	  "off" },
	{ "sign_outsider", "", sign_outsider,
	  "a client that is not ours uses an author domain that we sign for, and is not in "
	  "sign.trusted_hosts" },
	{ 0 },
};

static const char *word(const struct scan *s)
{
	enum signing_why why = signing_state(s);

	if (why == SIGNING_OFF || why == SIGNING_CLIENT)
		return NULL;
	if (why == SIGNING_WANTED && outgoing_spam(s))
		why = SIGNING_SPAM;
	return signing_why_word(why);
}

static const char *const needs[] = { "outgoing", NULL };

const struct check check_sign = {
	.abi = CHECK_ABI,
	.name = "sign",
	.help = "DKIM signatures of what our users send (RFC 6376, 8463)",
	.stage = SCAN_EOM,
	.needs = needs,
	.options = signing_options,
	.state_size = sizeof(struct sign_state),
	.setup = signing_setup,
	.run = run,
	.predicates = predicates,
	.settle = demand,
	.amend = amend,
	.word = word,
};
