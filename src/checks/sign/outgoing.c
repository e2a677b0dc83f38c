/* What is found out about a message that leaves, from its headers on. */
#include "checks/checks.h"
#include "checks/sign/outgoing.h"
#include "mail/domain.h"
#include "scan/ask.h"

/* Whether nobody but the author may use his domain: unknown, no, yes. */
enum policy { POLICY_WAIT, POLICY_NONE, POLICY_STRICT };

struct outgoing_state {
	struct outgoing o;
	bool begun, settled; /* settled: what is munged and who signs is known */
	struct arc *arc;
};

static const struct sealing_config *sealing(const struct scan *s)
{
	return scan_config(s, &check_seal);
}

/* ---- the author of a list's mail ---- */

static enum policy author_policy(struct scan *s)
{
	const struct dmarc_options *k = scan_config(s, &check_dmarc);
	struct dmarc_request req = { .from_domain = s->from.domain,
				     .method = k ? k->method : DMARC_RFC9989,
				     .psl = k ? k->psl : NULL };
	struct dmarc_result r;

	if (s->from.why != FROM_OK)
		return POLICY_NONE;
	if (dmarc_eval(s->arena, scan_dns(s), &req, &r) == AUTH_WAIT)
		return POLICY_WAIT;
	return r.policy_domain.n && r.policy != DMARC_P_NONE ? POLICY_STRICT : POLICY_NONE;
}

static void choose(struct scan *s, const struct from *from, struct signing_choice *out)
{
	const struct signing_config *k = scan_config(s, &check_sign);
	struct signing_facts f = { .client = &s->client, .from = from };

	signing_decide(s->arena, k, &f, out);
}

/* Whether a list of ours can have sent it on: what comes from outside says what it likes. */
static bool from_a_list(const struct scan *s, const struct sealing_config *k)
{
	return k->munge_address.n || scan_passive(s) ||
	       signing_client(scan_config(s, &check_sign), &s->client);
}

/* Who signs a munged message is decided by its new author. */
static void choose_again(struct scan *s, struct outgoing *o)
{
	struct hdr_list h;
	struct from from;

	hdr_init(&h, s->arena);
	hdr_add(&h, STR("From"), o->munged.from);
	from_read(s->arena, &h, &from);
	choose(s, &from, &o->choice);
}

/* True: known. What is ours to sign needs no other author. */
static bool settle(struct scan *s, struct outgoing_state *st)
{
	const struct sealing_config *k = sealing(s);
	struct outgoing *o = &st->o;

	if (st->settled)
		return true;
	if (o->seal && k->munge && o->choice.why != SIGNING_WANTED && from_a_list(s, k)) {
		enum policy p = author_policy(s);
		if (p == POLICY_WAIT)
			return false;
		if (p == POLICY_STRICT && munge_author(s, k, &o->munged))
			choose_again(s, o);
	}
	if (o->seal || o->choice.why == SIGNING_WANTED)
		o->headers = outgoing_headers(s, &o->munged);
	return st->settled = true;
}

/* ---- the check ---- */

static void begin(struct scan *s, struct outgoing_state *st)
{
	const struct signing_config *k = scan_config(s, &check_sign);
	const struct sealing_config *sk = sealing(s);
	bool sign = k && k->on;

	st->begun = true;
	st->o.seal = sk && sk->on && sealing_leaves(sk, s);
	if (sign)
		choose(s, &s->from, &st->o.choice);
	/* With another author it may be signed although it is not with this one. */
	if (sign && (st->o.choice.why == SIGNING_WANTED || (st->o.seal && sk->munge)))
		st->o.sign_body = body_hash_want(s->body, HASH_SHA256, k->body, BODY_NO_LIMIT);
	if (!st->o.seal)
		return;
	st->o.seal_body = body_hash_want(s->body, HASH_SHA256, CANON_RELAXED, BODY_NO_LIMIT);
	if (scan_passive(s)) {
		st->arc = arc_new(s->arena, s->env->crypto, s->body, &s->headers, s->now);
		arc_prefetch(st->arc, scan_dns(s));
	}
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct outgoing_state *st = state;

	(void)config;
	if (s->flags & SCAN_F_AUTH_ONLY)
		return CHECK_DONE;
	if (!st->begun)
		begin(s, st);
	if (!settle(s, st))
		return CHECK_WAIT;
	if (st->arc && s->stage < SCAN_EOM)
		return CHECK_WAIT;
	if (st->arc && arc_verify(st->arc, scan_dns(s), &st->o.chain) == AUTH_WAIT)
		return CHECK_WAIT;
	scan_publish(s, &check_outgoing, &st->o);
	return CHECK_DONE;
}

static void amend(struct scan *s, const void *config)
{
	const struct outgoing *o = scan_result(s, &check_outgoing);

	(void)config;
	if (!o || !o->munged.on)
		return;
	scan_delete(s, STR("From"), 1);
	scan_insert(s, 0, STR("X-Original-From"), o->munged.original);
	if (o->munged.reply_to.n)
		scan_insert(s, 0, STR("Reply-To"), o->munged.reply_to);
	scan_insert(s, 0, STR("From"), o->munged.from);
}

const struct check check_outgoing = {
	.abi = CHECK_ABI,
	.name = "outgoing",
	.help = "what of the mail that leaves is signed and sealed, from its headers on",
	.stage = SCAN_HEADERS,
	.state_size = sizeof(struct outgoing_state),
	.run = run,
	.amend = amend,
};
