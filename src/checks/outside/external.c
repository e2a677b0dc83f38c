/*
 * The site's own checks: programs that are asked about each message and name what they see. Rules
 * of the site give these names a score; a score of their own counts in steps, and within bounds.
 */
#include "checks/outside/external.h"

#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "scan/report.h"

struct external_site {
	struct str name;
	const char *cell;
	struct stream_address address;
	uint64_t timeout_ms;
	enum external_send send;
	double min, max;
};

struct external_config {
	struct external_site site[EXTERNAL_MAX];
	size_t n;
};

struct external_answer {
	struct external_reply reply;
	const char *why; /* NULL: it has answered */
};

struct external_state {
	struct external_answer answer[EXTERNAL_MAX];
	struct stream_request *request[EXTERNAL_MAX];
	const struct external_config *config;
};

/* ---- options ---- */

static const struct conf_opt options[] = {
	{ .name = "external.*.socket",
	  .type = CONF_STR,
	  .check = stream_address_ok,
	  .help = "where the check listens, unix:/path or inet:port@address" },
	{ .name = "external.*.send",
	  .type = CONF_ENUM,
	  .def = "features",
	  .allow = "features|headers|message",
	  .help = "what it is told: features: who sent the message to whom, how it was "
		  "authenticated, its subject and files; headers: its header fields too; message: "
		  "the whole message too" },
	{ .name = "external.*.timeout",
	  .type = CONF_TIME,
	  .def = "2s",
	  .allow = "50ms..20s",
	  .help = "how long a message waits for it" },
	{ .name = "external.*.min",
	  .type = CONF_FLOAT,
	  .def = "-5",
	  .allow = "-100..0",
	  .help = "the lowest score, or value of a symbol, that is taken from it" },
	{ .name = "external.*.max",
	  .type = CONF_FLOAT,
	  .def = "5",
	  .allow = "0..100",
	  .help = "the highest" },
	{ 0 },
};

static int read_section(struct arena *a, const struct conf *c, size_t i, struct external_site *x,
			struct err *e)
{
	struct str socket = conf_sec_str(c, "external", i, "socket");
	char why[200];

	x->name = conf_section_title(c, "external", i);
	if (!socket.n)
		return err_set(e, "%s: external \"%.*s\": found no socket, expected one",
			       conf_sec_where(c, "external", i, "socket"), STR_ARG(x->name));
	if (!stream_address_parse(a, socket, &x->address, why, sizeof why))
		return err_set(e, "%s: external \"%.*s\": expected %s",
			       conf_sec_where(c, "external", i, "socket"), STR_ARG(x->name), why);
	x->cell = arena_printf(a, "external:%.*s", STR_ARG(x->name)).p;
	x->timeout_ms = conf_sec_time_ms(c, "external", i, "timeout");
	x->send = (enum external_send)conf_sec_enum(c, "external", i, "send");
	x->min = conf_sec_float(c, "external", i, "min");
	x->max = conf_sec_float(c, "external", i, "max");
	return 0;
}

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct external_config *k = ARENA_NEW(a, struct external_config);

	k->n = conf_sections(c, "external");
	if (k->n > EXTERNAL_MAX)
		return err_set(e, "external: at most %u sections", EXTERNAL_MAX);
	for (size_t i = 0; i < k->n; i++)
		if (read_section(a, c, i, &k->site[i], e) < 0)
			return -1;
	*config = k;
	return 0;
}

/* ---- asking ---- */

static double clamped(const struct external_site *x, double n)
{
	return n < x->min ? x->min : n > x->max ? x->max : n;
}

static void take(struct scan *s, const struct external_site *x, const struct stream_reply *r,
		 struct external_answer *out)
{
	out->why = stream_word(r->outcome);
	if (r->outcome != STREAM_OK ||
	    !external_reply_read(s->arena, r->octets, &out->reply, &out->why)) {
		out->reply = (struct external_reply){ 0 };
		scan_degraded(s, x->cell);
		return;
	}
	out->why = NULL;
	out->reply.score = clamped(x, out->reply.score);
	for (size_t i = 0; i < out->reply.n; i++)
		out->reply.symbol[i].value = clamped(x, out->reply.symbol[i].value);
}

/* False: not yet. */
static bool ask(struct scan *s, struct external_state *st, size_t i)
{
	const struct external_site *x = &st->config->site[i];
	struct stream_request **r = &st->request[i];
	const struct stream_reply *a;

	if (!*r) {
		*r = ARENA_NEW(s->arena, struct stream_request);
		**r = (struct stream_request){ .to = x->address,
					       .max_octets = EXTERNAL_REPLY_MAX,
					       .timeout_ms = x->timeout_ms,
					       .whole = external_whole };
		(*r)->piece = external_request(s, x->name, x->send, &(*r)->npieces);
	}
	a = scan_stream(s, board_cell(s->env->board, str_c(x->cell)), str_c(x->cell), *r);
	if (a)
		take(s, x, a, &st->answer[i]);
	return a != NULL;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct external_state *st = state;
	bool here = true;

	st->config = config;
	if (!st->config->n || scan_passive(s) || s->flags & SCAN_F_LOCAL)
		return CHECK_DONE;
	for (size_t i = 0; i < st->config->n; i++)
		here &= ask(s, st, i);
	if (!here)
		return CHECK_WAIT;
	scan_publish(s, &check_external, st);
	return CHECK_DONE;
}

static void after(struct scan *s, const void *config)
{
	const struct external_state *f = scan_result(s, &check_external);

	(void)config;
	for (size_t i = 0; f && i < f->config->n; i++)
		board_add(board_cell(s->env->board, str_c(f->config->site[i].cell)), BOARD_HITS,
			  f->answer[i].reply.n > 0);
}

/* ---- what rules ask ---- */

static bool site_fits(const struct external_site *x, struct str pattern)
{
	return str_glob(pattern, x->name);
}

/* One symbol that fits goes into the evidence. */
static void show(struct buf *out, const struct external_site *x, const struct external_symbol *y)
{
	buf_addf(out, "%s%.*s: %.*s=%.2f", out->n ? ", " : "", STR_ARG(x->name), STR_ARG(y->name),
		 y->value);
	if (y->evidence.n)
		buf_addf(out, " (%.*s)", STR_ARG(y->evidence));
}

static bool external(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct external_state *f = scan_result(s, &check_external);
	struct buf out = { .arena = s->arena };

	for (size_t i = 0; f && i < f->config->n; i++) {
		const struct external_site *x = &f->config->site[i];
		const struct external_reply *r = &f->answer[i].reply;
		for (size_t k = 0; k < r->n && site_fits(x, arg[0].text); k++)
			if (str_glob(arg[1].text, r->symbol[k].name) &&
			    (n < 3 || r->symbol[k].value >= arg[2].number))
				show(&out, x, &r->symbol[k]);
	}
	*evidence = buf_str(&out);
	return out.n > 0;
}

static bool external_score(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct external_state *f = scan_result(s, &check_external);
	struct buf out = { .arena = s->arena };
	double sum = 0;

	(void)n;
	for (size_t i = 0; f && i < f->config->n; i++) {
		double score = f->answer[i].reply.score;
		if (score == 0)
			continue;
		sum += score;
		buf_addf(&out, "%s%.*s=%.2f", out.n ? ", " : "", STR_ARG(f->config->site[i].name),
			 score);
	}
	*evidence = buf_str(&out);
	return out.n && sum >= arg[0].number && sum < arg[1].number;
}

static bool external_failed(struct scan *s, const struct predicate_arg *arg, size_t n,
			    struct str *evidence)
{
	const struct external_state *f = scan_result(s, &check_external);

	(void)n;
	for (size_t i = 0; f && i < f->config->n; i++) {
		const struct external_site *x = &f->config->site[i];
		if (!f->answer[i].why || !site_fits(x, arg[0].text))
			continue;
		*evidence = arena_printf(s->arena, "%.*s: %s", STR_ARG(x->name), f->answer[i].why);
		return true;
	}
	return false;
}

static const struct predicate predicates[] = {
	{ "external", "ss|n", external,
	  "a check of the site (external \"name\"; * and ? as in a shell) names this symbol, or "
	  "one "
	  "that fits; with a number: and its value is at least that" },
	{ "external_score", "nn", external_score,
	  "the scores that checks of the site give, each within its bounds, are in sum at least "
	  "this and below that" },
	{ "external_failed", "s", external_failed,
	  "this check of the site, or one that fits, did not answer" },
	{ 0 },
};

/* ---- what it tells ---- */

/* Names, and values in whole numbers. */
static uint64_t mark(const struct scan *s)
{
	const struct external_state *f = scan_result(s, &check_external);
	uint64_t sum = 0;

	for (size_t i = 0; f && i < f->config->n; i++) {
		const struct external_answer *a = &f->answer[i];
		struct hash_key key = { i, a->why ? 1 : (uint64_t)llround(a->reply.score + 200) };
		sum += hash_sip24(key, STR("external"));
		for (size_t k = 0; k < a->reply.n; k++) {
			key.k1 = (uint64_t)llround(a->reply.symbol[k].value + 200);
			sum += hash_sip24(key, a->reply.symbol[k].name);
		}
	}
	return sum;
}

static json_t *answer_json(const struct external_site *x, const struct external_answer *a)
{
	json_t *j = json_object(), *symbols = json_array();

	for (size_t i = 0; i < a->reply.n; i++) {
		const struct external_symbol *y = &a->reply.symbol[i];
		json_t *o = json_object();
		json_object_set_new(o, "name", report_str(y->name));
		json_object_set_new(o, "value", json_real(y->value));
		json_object_set_new(o, "evidence", report_str(y->evidence));
		json_array_append_new(symbols, o);
	}
	json_object_set_new(j, "check", report_str(x->name));
	json_object_set_new(j, "score", json_real(a->reply.score));
	json_object_set_new(j, "symbols", symbols);
	json_object_set_new(j, "failure", report_word(a->why));
	return j;
}

static void report(struct scan *s, json_t *root)
{
	const struct external_state *f = scan_result(s, &check_external);
	json_t *all = json_array();

	for (size_t i = 0; f && i < f->config->n; i++)
		json_array_append_new(all, answer_json(&f->config->site[i], &f->answer[i]));
	json_object_set_new(root, "external", all);
}

static const char *word(const struct scan *s)
{
	const struct external_state *f = scan_result(s, &check_external);
	bool hit = false;

	if (!f)
		return NULL;
	for (size_t i = 0; i < f->config->n; i++) {
		if (f->answer[i].why)
			return "failed";
		hit |= f->answer[i].reply.n || f->answer[i].reply.score != 0;
	}
	return hit ? "hit" : "nothing";
}

static const char *const needs[] = { "iprev", "spf", "dkim", "arc", "dmarc", NULL };

const struct check check_external = {
	.abi = CHECK_ABI,
	.name = "external",
	.help = "what checks of the site say (external \"name\")",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY, /* they may count what they see */
	.options = options,
	.state_size = sizeof(struct external_state),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.report = report,
	.mark = mark,
	.after = after,
	.word = word,
};
