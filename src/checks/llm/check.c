/* The check "llm": asks for a second opinion where the score leaves room, and keeps it in bounds.
 */
#include "checks/llm/consult.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "checks/memory/identity.h"

#define SURE_HAM 0.1   /* p of a model that is sure of ham */
#define SURE_SPAM 0.95 /* p of the classifier that is sure of spam */
#define SURE_HAM_CLASSIFIER 0.5

struct state {
	struct opinion_facts facts; /* first: what others see */
	struct consult consult;
	struct llm_facts known;
	bool begun;
};

/* ---- asking, by the scan ---- */

static const struct store_answer *ask_store(void *arg, const struct store_op *op)
{
	return scan_store(arg, op);
}

/* What is counted, and when to leave an endpoint alone, is up to consult.c. */
static const struct http_reply *ask_http(void *arg, struct str key, const struct http_request *r)
{
	return scan_http(arg, NULL, key, r);
}

static bool ask_pause(void *arg, struct str key, uint64_t ms)
{
	return scan_pause(arg, key, ms);
}

/* A mailbox provider's users have nothing to do with one another. */
static struct str author_of(struct scan *s)
{
	struct str domain = s->from.domain;

	if (!domain.n || lists_has_domain(s->lists, STR("freemail"), domain, NULL))
		return STR("");
	return identity_org(s, domain);
}

/* "" if there is no such recipient. */
static struct str rcpt_domain(struct scan *s, size_t i)
{
	struct str address = i < s->rcpts.n ? memory_rcpt(s, i) : STR("");

	return str_skip(address, address.n ? str_rchr(address, '@') + 1 : 0);
}

/* One text is sent for all its recipients: where the strictest of their sites lets it. */
static const struct opinion_site *site_of(struct scan *s, const struct opinion_config *k)
{
	const struct opinion_site *site = opinion_site(k, rcpt_domain(s, 0));
	bool joined[OPINION_SITES_MAX + 1] = { false };

	joined[site - k->site] = true;
	for (size_t i = 1; i < s->rcpts.n && k->nsites > 1; i++) {
		const struct opinion_site *more = opinion_site(k, rcpt_domain(s, i));
		if (!joined[more - k->site])
			site = opinion_site_join(s->arena, site, more);
		joined[more - k->site] = true;
	}
	return site;
}

static void begin(struct scan *s, struct state *st, const struct opinion_config *k)
{
	const struct digest_facts *digest = scan_result(s, &check_digest);
	struct consult *c = &st->consult;

	opinion_read(s, &st->known);
	*c = (struct consult){
		.s = s,
		.config = k,
		.site = st->facts.site,
		.who = { rcpt_domain(s, 0), memory_net(s), author_of(s) },
		.facts = &st->known,
		.privacy = st->facts.site->privacy,
		.copy = digest ? &digest->near : NULL,
		.board = s->env->board,
		.world = { ask_store, ask_http, ask_pause, s },
	};
	st->begun = true;
}

/* ---- what it is worth ---- */

static double classifier(const struct scan *s)
{
	const struct statistics_facts *f = scan_result(s, &check_statistics);

	return f && f->score.known ? f->score.p : -1;
}

/* Symbols with which no good opinion counts: what deceives, bites, or talks to us. */
static bool speaks_against(const struct verdict *v)
{
	static const char *const prefix[] = { "PROMPT_", "MALWARE" };
	static const char *const group[] = { "dnsbl",	  "feeds",  "scanners",
					     "lookalike", "modern", "prompt" };

	for (size_t i = 0; i < v->symbols.n; i++) {
		const struct symbol *y = &v->symbols.p[i];
		for (size_t k = 0; k < sizeof prefix / sizeof *prefix; k++)
			if (str_starts(y->name, str_c(prefix[k])))
				return true;
		for (size_t k = 0; k < sizeof group / sizeof *group; k++)
			if (y->score > 0 && str_eq(y->group, str_c(group[k])))
				return true;
	}
	return false;
}

static bool says_ham(const struct opinion_facts *f)
{
	return f->o.skip == OPINION_GIVEN && f->o.answer.label == LLM_HAM && f->o.p_spam < SURE_HAM;
}

/* Two of those who can be sure say spam: whoever says ham then was talked round, or knows nothing.
 */
static bool disagrees(struct scan *s, const struct opinion_facts *f)
{
	const struct verdict *v = scan_preliminary(s);
	unsigned against = 0;

	if (!says_ham(f))
		return false;
	against += v->score >= v->tag_at;
	against += classifier(s) >= SURE_SPAM;
	against += (memory_evidence(s) & EVIDENCE_SPAM) != 0;
	return against >= 2;
}

static void bound(struct scan *s, const struct opinion_config *k, const struct opinion_facts *f)
{
	const struct dmarc_facts *dmarc = scan_result(s, &check_dmarc);
	bool genuine = dmarc && dmarc->r.code == AUTH_PASS;
	bool down = genuine && says_ham(f) && !f->disagrees && !f->o.hidden &&
		    !speaks_against(scan_preliminary(s)) && !(memory_evidence(s) & EVIDENCE_SPAM);
	double p = classifier(s);

	scan_late(s, down ? k->effect_min : 0, k->effect_max, p >= 0 && p < SURE_HAM_CLASSIFIER);
}

/* ---- telling ---- */

static struct str reasons(struct scan *s, const struct llm_answer *x)
{
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; i < x->nreasons; i++)
		buf_addf(&b, "%s%s", b.n ? ", " : "", llm_reason_word(x->reason[i]));
	return buf_str(&b);
}

static struct str thousandths(struct scan *s, double p)
{
	return arena_printf(s->arena, "%.3f", p);
}

static const char *why_asked(const struct opinion_facts *f)
{
	return f->audit ? "audit" : f->counts ? "on" : "shadow";
}

static void log_opinion(struct scan *s, const struct opinion_facts *f)
{
	const struct opinion *o = &f->o;
	const struct llm_answer *x = &o->answer;
	bool given = o->skip == OPINION_GIVEN;

	LOG(LOG_LVL_INFO, "llm", F_STR("qid", s->client.queue_id), F_CSTR("mode", why_asked(f)),
	    F_STR("endpoint", o->endpoint ? o->endpoint->name : STR_NULL),
	    F_STR("region", o->endpoint && o->endpoint->region.n ? o->endpoint->region : STR_NULL),
	    F_CSTR("model", o->endpoint ? o->endpoint->model->hash : NULL),
	    F_STR("digest", o->digest), F_CSTR("cached", o->cached ? "yes" : "no"),
	    F_INT("calls", o->calls), F_INT("ms", o->ms), F_INT("tokens_in", o->tokens_in),
	    F_INT("tokens_out", o->tokens_out), F_INT("micros", o->micros),
	    F_STR("label", given ? str_c(llm_label_word(x->label)) : STR_NULL),
	    F_STR("p_said", given ? thousandths(s, x->p_spam) : STR_NULL),
	    F_STR("p_spam", given ? thousandths(s, o->p_spam) : STR_NULL),
	    F_STR("p_phish", given ? thousandths(s, x->p_phish) : STR_NULL),
	    F_STR("reasons", given ? reasons(s, x) : STR_NULL),
	    F_STR("skip", given ? STR_NULL : str_c(opinion_skip_word(o->skip))),
	    F_STR("why", given ? STR_NULL : str_c(o->detail)),
	    F_STR("disagrees", f->disagrees ? STR("yes") : STR_NULL));
	if (given && x->note.n)
		LOG(LOG_LVL_DEBUG, "llm_note", F_STR("qid", s->client.queue_id),
		    F_STR("note", x->note));
}

static void finish(struct scan *s, struct state *st, const struct opinion_config *k)
{
	struct opinion_facts *f = &st->facts;
	const struct opinion *o = &f->o;
	struct board_cell *cell;

	f->o = st->consult.out;
	f->counts = f->site->mode == OPINION_ON && !f->audit;
	f->disagrees = disagrees(s, f);
	if (f->counts && (o->skip == OPINION_SKIP_FAILED || o->skip == OPINION_SKIP_ENDPOINT))
		scan_degraded(s, "llm");
	cell = board_cell(s->env->board,
			  f->site->nendpoints ? f->site->endpoint[0]->cell : STR("llm:none"));
	if (o->cached)
		board_add(cell, BOARD_CACHED, 1);
	else if (!o->calls && opinion_wanted(o->skip))
		board_add(cell, BOARD_SKIPPED, 1);
	if (o->skip != OPINION_SKIP_EMPTY)
		log_opinion(s, f);
	if (f->counts && (o->skip == OPINION_GIVEN || opinion_wanted(o->skip)))
		bound(s, k, f);
}

/* ---- the check ---- */

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct opinion_config *k = config;
	struct state *st = state;

	if (!st->begun) {
		st->facts.site = site_of(s, k);
		st->facts.o.skip = opinion_gate(s, k, st->facts.site, &st->facts.audit);
		st->facts.o.detail = "";
		if (st->facts.o.skip != OPINION_GIVEN) {
			scan_publish(s, &check_llm, &st->facts);
			return CHECK_DONE;
		}
		begin(s, st, k);
	}
	if (consult_run(&st->consult) == CHECK_WAIT)
		return CHECK_WAIT;
	finish(s, st, k);
	scan_publish(s, &check_llm, &st->facts);
	return CHECK_DONE;
}

/* Label and codes only: nothing that a mail can have dictated. */
static void settle(struct scan *s, const void *config)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);
	struct str why;

	(void)config;
	if (!f || !f->counts || f->o.skip != OPINION_GIVEN)
		return;
	why = reasons(s, &f->o.answer);
	scan_insert(s, 0, STR("X-Merlon-LLM"),
		    arena_printf(s->arena, "%s%s%.*s", llm_label_word(f->o.answer.label),
				 why.n ? "; " : "", STR_ARG(why)));
}

static void after(struct scan *s, const void *config)
{
	const struct state *st = scan_result(s, &check_llm);

	(void)config;
	for (size_t i = 0; st && i < st->consult.nnotes; i++)
		scan_store_note(s, &st->consult.note[i]);
}

static const char *word(const struct scan *s)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);

	if (!f || f->o.skip == OPINION_SKIP_OFF || f->o.skip == OPINION_SKIP_LOCAL)
		return NULL;
	return f->o.skip == OPINION_GIVEN ? llm_label_word(f->o.answer.label)
					  : opinion_skip_word(f->o.skip);
}

static void report(struct scan *s, json_t *root)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);
	const struct opinion *o = f && f->o.skip != OPINION_SKIP_OFF ? &f->o : NULL;
	bool given = o && o->skip == OPINION_GIVEN;
	json_t *j = o ? json_object() : json_null(), *codes;

	json_object_set_new(root, "llm", j);
	if (!o)
		return;
	codes = json_array();
	for (size_t i = 0; given && i < o->answer.nreasons; i++)
		json_array_append_new(codes, json_string(llm_reason_word(o->answer.reason[i])));
	json_object_set_new(j, "skipped",
			    given ? json_null() : json_string(opinion_skip_word(o->skip)));
	json_object_set_new(j, "label",
			    given ? json_string(llm_label_word(o->answer.label)) : json_null());
	json_object_set_new(j, "p_spam", given ? json_real(o->p_spam) : json_null());
	json_object_set_new(j, "reasons", codes);
	json_object_set_new(j, "counts", json_boolean(f->counts));
}

const struct check check_llm = {
	.abi = CHECK_ABI,
	.name = "llm",
	.help = "the second opinion of a language model, where rules and statistics are unsure",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_LATE,
	.options = opinion_options,
	.state_size = sizeof(struct state),
	.setup = opinion_setup,
	.run = run,
	.predicates = opinion_predicates,
	.report = report,
	.settle = settle,
	.after = after,
	.word = word,
};
