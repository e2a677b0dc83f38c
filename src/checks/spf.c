/* SPF of the HELO name and of MAIL FROM, kept apart (RFC 7208 2.3, 2.4). */
#include "checks/checks.h"
#include "checks/words.h"
#include "scan/ask.h"
#include "scan/report.h"

#include "mail/domain.h"

static const struct conf_opt options[] = {
	{ .name = "spf.explanation",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "look up the sender's explanation (exp=) when SPF fails" },
	{ 0 },
};

struct spf_config {
	bool explanation;
	struct str receiver;
};

/*
 * Questions that each identity may cause. The records are the sender's, who may make them as dear
 * as he likes; what is left of SCAN_MAX_QUERIES is enough for the DMARC records and the keys of the
 * domain that he says he is. Those of MAIL FROM are kept back, since it may deny him.
 */
#define HELO_QUERIES 16u
#define MAIL_QUERIES SPF_MAX_QUERIES

struct spf_state {
	struct spf_facts facts;
	unsigned helo_asked, mail_asked;
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct spf_config *k = ARENA_NEW(a, struct spf_config);

	(void)e;
	k->explanation = conf_bool(c, "spf.explanation");
	k->receiver = authres_id(a, c);
	*config = k;
	return 0;
}

static struct spf_request request(const struct scan *s, const struct spf_config *k)
{
	return (struct spf_request){
		.ip = s->client.ip,
		.helo = s->helo,
		.receiver = k->receiver,
		.now = s->now,
		.want_explanation = k->explanation,
	};
}

static enum auth_step eval_helo(struct scan *s, const struct spf_config *k, struct spf_result *r)
{
	struct spf_request req = request(s, k);

	req.domain = s->helo;
	req.want_explanation = false;
	return spf_eval(s->arena, scan_dns(s), &req, r);
}

static enum auth_step eval_mail(struct scan *s, const struct spf_config *k, struct spf_facts *f)
{
	struct spf_request req = request(s, k);

	f->null_sender = s->mail_ok && !s->mail.domain.n && !s->mail.local.n;
	if (!s->mail_ok) {
		f->mailfrom = (struct spf_result){ .code = AUTH_NONE,
						   .domain = s->mail_raw,
						   .reason = STR("MAIL FROM is not an address") };
		return AUTH_DONE;
	}
	req.local = f->null_sender ? STR("postmaster") : s->mail.local;
	req.domain = f->null_sender ? s->helo : s->mail.domain;
	return spf_eval(s->arena, scan_dns(s), &req, &f->mailfrom);
}

/* Not of what is kept back for MAIL FROM. */
static unsigned helo_allowance(const struct scan *s, const struct spf_state *x)
{
	unsigned used = scan_dns_count(s) + MAIL_QUERIES - x->mail_asked;
	unsigned room = used < SCAN_MAX_QUERIES ? SCAN_MAX_QUERIES - used : 0;
	unsigned left = HELO_QUERIES - x->helo_asked;

	return left < room ? left : room;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct spf_state *x = state;
	struct spf_facts *f = &x->facts;
	unsigned before = scan_dns_count(s);
	bool wait;

	if (scan_passive(s))
		return CHECK_DONE;
	scan_dns_allow(s, helo_allowance(s, x));
	wait = eval_helo(s, config, &f->helo) == AUTH_WAIT;
	x->helo_asked += scan_dns_count(s) - before;
	if (s->stage < SCAN_MAIL)
		return CHECK_WAIT;
	before = scan_dns_count(s);
	scan_dns_allow(s, MAIL_QUERIES - x->mail_asked);
	wait |= eval_mail(s, config, f) == AUTH_WAIT;
	x->mail_asked += scan_dns_count(s) - before;
	scan_dns_reserve(s, MAIL_QUERIES - x->mail_asked);
	if (wait)
		return CHECK_WAIT;
	scan_publish(s, &check_spf, f);
	return CHECK_DONE;
}

/* ---- predicates ---- */

static bool is(struct scan *s, const struct spf_result *r, struct str words, struct str *evidence)
{
	if (scan_outbound(s) || !words_has(words, auth_word(r->code)))
		return false;
	*evidence = r->reason.n ? arena_printf(s->arena, "%.*s: %.*s", STR_ARG(r->domain),
					       STR_ARG(r->reason))
				: r->domain;
	return true;
}

static bool spf_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	(void)n;
	return f && is(s, &f->mailfrom, arg[0].text, evidence);
}

static bool spf_helo_is(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	(void)n;
	return f && is(s, &f->helo, arg[0].text, evidence);
}

static bool spf_permissive(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct spf_facts *f = scan_result(s, &check_spf);

	(void)arg;
	(void)n;
	if (!f || scan_outbound(s) || f->mailfrom.code != AUTH_PASS || !f->mailfrom.permissive)
		return false;
	*evidence = f->mailfrom.mechanism;
	return true;
}

static const struct predicate predicates[] = {
	{ "spf", "s", spf_is,
	  "SPF of MAIL FROM has one of these results (pass,fail,softfail,...)" },
	{ "spf_helo", "s", spf_helo_is, "SPF of the HELO name has one of these results" },
	{ "spf_permissive", "", spf_permissive,
	  "SPF passed by a range so wide that it says little (over /16 or /32, or all)" },
	{ 0 },
};

/* ---- report ---- */

/* Null for what is no domain at all: nothing, a literal, octets that no name has. */
static json_t *domain(struct arena *a, const struct spf_result *r)
{
	struct str name = domain_read(a, r->domain, DOMAIN_UNDERSCORE);

	return report_str(name.p || r->code == AUTH_NONE ? name : r->domain);
}

static json_t *one(struct arena *a, const struct spf_result *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "result", report_word(auth_word(r->code)));
	json_object_set_new(j, "domain", domain(a, r));
	json_object_set_new(j, "explanation", report_str(r->explanation));
	json_object_set_new(j, "lookups", json_integer(r->lookups));
	json_object_set_new(j, "void", json_integer(r->voids));
	json_object_set_new(j, "reason", report_str(r->reason));
	return j;
}

static void report(struct scan *s, json_t *root)
{
	const struct spf_facts *f = scan_result(s, &check_spf);
	json_t *j = json_null();

	if (f) {
		j = json_object();
		json_object_set_new(j, "helo", one(s->arena, &f->helo));
		json_object_set_new(j, "mailfrom", one(s->arena, &f->mailfrom));
	}
	json_object_set_new(json_object_get(root, "auth"), "spf", j);
}

static const char *word(const struct scan *s)
{
	const struct spf_facts *r = scan_result(s, &check_spf);

	return r ? auth_word(r->mailfrom.code) : NULL;
}

const struct check check_spf = {
	.abi = CHECK_ABI,
	.name = "spf",
	.help = "Sender Policy Framework (RFC 7208) for HELO and MAIL FROM",
	.stage = SCAN_HELO,
	.options = options,
	.state_size = sizeof(struct spf_state),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.report = report,
	.word = word,
};
