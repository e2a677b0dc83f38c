/*
 * Virus scanners asked about a message: ClamAV's daemon, ICAP servers. What they say of the same
 * octets is remembered. Who does not answer delays a message for a while and never refuses it.
 */
#include "checks/outside/scanner.h"

#include "base/buf.h"
#include "scan/report.h"

struct scanner_state {
	struct scanner_result result; /* first */
	struct body_want *body;
	bool chosen;
	/* Made once: the same question is asked again at every run. */
	struct stream_request *request[SCANNER_ENGINES][SCANNER_OBJECTS_MAX][SCANNER_SERVERS_MAX];
};

/* What one question is about. */
struct place {
	size_t engine, object;
};

/* ---- what is remembered ---- */

static struct store_op record_op(struct scan *s, const struct scanner_engine *engine,
				 const struct scanner_object *o)
{
	struct buf key = { .arena = s->arena };

	/* The digest of a message is made of two, which a file could hold as its octets. */
	buf_addf(&key, "av:%c%c", engine->letter, o->message ? 'm' : 'f');
	buf_add(&key, str_of((const char *)o->sha256, sizeof o->sha256));
	return (struct store_op){ .kind = STORE_GET, .key = buf_str(&key) };
}

/* False: the store has not answered yet. */
static bool look(struct scan *s, const struct scanner_config *k, struct scanner_state *st,
		 struct place at)
{
	struct scanner_outcome *out = &st->result.outcome[at.engine][at.object];
	struct store_op op =
		record_op(s, &k->engine[at.engine], &st->result.plan.object[at.object]);
	const struct store_answer *a;

	if (!k->cache_ms || out->cached)
		return true;
	a = scan_store(s, &op);
	if (!a)
		return false;
	if (a->status != STORE_OK || !scanner_record_read(a->value, &out->reply))
		return true;
	out->reply.name = arena_dup(s->arena, out->reply.name);
	out->answered = out->cached = true;
	return true;
}

static void remember(struct scan *s, const struct scanner_config *k, const struct scanner_result *f,
		     struct place at)
{
	const struct scanner_outcome *out = &f->outcome[at.engine][at.object];
	struct store_op op = record_op(s, &k->engine[at.engine], &f->plan.object[at.object]);

	op.kind = STORE_PUT;
	op.ttl_ms = k->cache_ms;
	op.value = scanner_record_write(s->arena, &out->reply);
	if (op.value.n)
		scan_store_note(s, &op);
}

/* ---- the question ---- */

static struct board_cell *cell_of(const struct scan *s, const struct scanner_server *server)
{
	return board_cell(s->env->board, str_c(server->where));
}

static const struct stream_reply *ask_server(struct scan *s, const struct scanner_config *k,
					     struct scanner_state *st, struct place at, size_t i)
{
	const struct scanner_engine *engine = &k->engine[at.engine];
	const struct scanner_object *o = &st->result.plan.object[at.object];
	struct stream_request **r = &st->request[at.engine][at.object][i];

	if (!*r) {
		*r = ARENA_NEW(s->arena, struct stream_request);
		**r = (struct stream_request){ .to = engine->server[i].address,
					       .max_octets = engine->max_octets,
					       .timeout_ms = k->timeout_ms,
					       .whole = engine->whole };
		(*r)->piece = engine->request(s->arena, &engine->server[i], o, &(*r)->npieces);
	}
	return scan_stream(s, cell_of(s, &engine->server[i]),
			   arena_printf(s->arena, "av:%zu:%zu:%zu", at.engine, at.object, i), *r);
}

/* One after another, until one answers. False: not yet. */
static bool ask_servers(struct scan *s, const struct scanner_config *k, struct scanner_state *st,
			struct place at)
{
	const struct scanner_engine *engine = &k->engine[at.engine];
	const struct scanner_object *o = &st->result.plan.object[at.object];
	struct scanner_outcome *out = &st->result.outcome[at.engine][at.object];

	for (size_t i = 0; i < engine->nservers; i++) {
		const struct stream_reply *a = ask_server(s, k, st, at, i);
		if (!a)
			return false;
		out->where = engine->server[i].where;
		out->why = stream_word(a->outcome);
		if (a->outcome != STREAM_OK)
			continue;
		out->why = "garbage";
		if (!engine->read(s->arena, a->octets, o, &out->reply))
			continue;
		out->why = "too large for it";
		out->answered = out->reply.code != SCANNER_TOO_LARGE;
		if (out->answered)
			return true;
	}
	return true;
}

static bool ask(struct scan *s, const struct scanner_config *k, struct scanner_state *st,
		struct place at)
{
	const struct scanner_outcome *out = &st->result.outcome[at.engine][at.object];

	if (out->answered)
		return true;
	return look(s, k, st, at) && (out->answered || ask_servers(s, k, st, at));
}

/* ---- the answer ---- */

static void add_finding(const struct scanner_config *k, struct scanner_result *f,
			const struct scanner_reply *r)
{
	struct scanner_finding *new = &f->found[f->nfound];
	enum antivirus_word word;

	for (size_t i = 0; i < f->nfound; i++)
		if (str_eq(f->found[i].name, r->name))
			return;
	if (f->nfound == SCANNER_FOUND_MAX)
		new --;
	*new = (struct scanner_finding){ .name = r->name, .blocked = r->code == SCANNER_BLOCKED };
	new->heuristic = new->blocked || scanner_name_in(r->name, k->heuristics, k->nheuristics);
	f->nfound += f->nfound < SCANNER_FOUND_MAX;
	word = new->heuristic ? ANTIVIRUS_HEURISTIC : ANTIVIRUS_MALWARE;
	if (word > f->facts.word) {
		f->facts.word = word;
		f->facts.name = r->name;
	}
}

static void add_failure(struct scan *s, const struct scanner_engine *engine,
			const struct scanner_outcome *out, struct scanner_result *f)
{
	if (f->facts.word < ANTIVIRUS_FAILED)
		f->facts.word = ANTIVIRUS_FAILED;
	f->why = arena_printf(s->arena, "%.*s%s%s: %s", STR_ARG(f->why), f->why.n ? ", " : "",
			      out->where, out->why);
	scan_degraded(s, engine->name);
}

static void sum_up_engine(struct scan *s, const struct scanner_config *k, struct scanner_result *f,
			  size_t e)
{
	bool failed = false;

	for (size_t i = 0; i < f->plan.n; i++) {
		const struct scanner_outcome *out = &f->outcome[e][i];
		if (out->answered && out->reply.code != SCANNER_CLEAN)
			add_finding(k, f, &out->reply);
		if (!out->answered && !failed)
			add_failure(s, &k->engine[e], out, f);
		failed |= !out->answered;
	}
}

static void sum_up(struct scan *s, const struct scanner_config *k, struct scanner_result *f)
{
	f->facts.word = f->plan.n ? ANTIVIRUS_CLEAN : ANTIVIRUS_NONE;
	f->facts.partly = f->plan.partly;
	for (size_t e = 0; e < k->nengines; e++)
		sum_up_engine(s, k, f, e);
}

/* A message that crashed us before is not parsed again, and only of what is parsed do we know what
 * to send. */
static enum check_step unread(struct scan *s, struct scanner_result *f)
{
	if (!(s->flags & SCAN_F_POISONED))
		return CHECK_DONE;
	f->facts.word = ANTIVIRUS_FAILED;
	f->why = STR("the message is not read");
	scan_degraded(s, "antivirus");
	scan_publish(s, &check_antivirus, f);
	return CHECK_DONE;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct scanner_config *k = config;
	struct scanner_state *st = state;
	bool here = true;

	if (!k->nengines || scan_passive(s) || s->flags & SCAN_F_LOCAL)
		return CHECK_DONE;
	if (!s->content)
		return unread(s, &st->result);
	if (!st->body)
		st->body = body_hash_want(s->body, HASH_SHA256, CANON_SIMPLE, BODY_NO_LIMIT);
	if (s->stage < SCAN_EOM)
		return CHECK_WAIT;
	if (!st->chosen)
		scanner_choose(s, k, body_digest(st->body), &st->result.plan);
	st->chosen = true;
	for (size_t e = 0; e < k->nengines; e++)
		for (size_t i = 0; i < st->result.plan.n; i++)
			here &= ask(s, k, st, (struct place){ e, i });
	if (!here)
		return CHECK_WAIT;
	sum_up(s, k, &st->result);
	scan_publish(s, &check_antivirus, &st->result);
	return CHECK_DONE;
}

/* ---- what follows ---- */

/* A name goes into a reply: only what can stand in a word of it. */
static struct str refusal(struct scan *s, struct str name)
{
	struct buf b = { .arena = s->arena };

	buf_add(&b, STR("the message carries malware ("));
	for (size_t i = 0; i < name.n; i++)
		buf_addc(&b, ch_alnum(name.p[i]) || memchr("._-", name.p[i], 3) ? name.p[i] : '_');
	buf_addc(&b, ')');
	return buf_str(&b);
}

static void settle(struct scan *s, const void *config)
{
	const struct scanner_config *k = config;
	const struct scanner_result *f = scan_result(s, &check_antivirus);

	if (!f)
		return;
	if (f->facts.word == ANTIVIRUS_MALWARE && k->action == SCANNER_REJECT) {
		struct smtp_reply reply = { 550, STR("5.7.1"), refusal(s, f->facts.name) };
		scan_require(s, ACT_REJECT, &reply, STR("virus"));
	} else if (f->facts.word == ANTIVIRUS_MALWARE && k->action == SCANNER_QUARANTINE) {
		scan_require(s, ACT_QUARANTINE, NULL, STR("virus"));
	}
	if (f->why.p && k->tempfail)
		scan_require(s, ACT_TEMPFAIL, NULL, STR("antivirus"));
}

static void after(struct scan *s, const void *config)
{
	const struct scanner_config *k = config;
	const struct scanner_result *f = scan_result(s, &check_antivirus);

	if (!f)
		return;
	for (size_t e = 0; e < k->nengines; e++) {
		struct board_cell *cell = cell_of(s, &k->engine[e].server[0]);
		board_add(cell, BOARD_SKIPPED, f->plan.partly != NULL);
		for (size_t i = 0; i < f->plan.n; i++) {
			const struct scanner_outcome *out = &f->outcome[e][i];
			board_add(cell, BOARD_CACHED, out->cached);
			if (!out->answered)
				continue;
			board_add(cell, BOARD_HITS, out->reply.code != SCANNER_CLEAN);
			if (!out->cached && k->cache_ms)
				remember(s, k, f, (struct place){ e, i });
		}
	}
}

/* ---- what it tells ---- */

static const char *const words[] = { "none", "clean", "failed", "heuristic", "malware" };

static const char *word(const struct scan *s)
{
	const struct antivirus_facts *f = scan_result(s, &check_antivirus);

	return f ? words[f->word] : NULL;
}

/* What the rules ask, as a number. */
static uint64_t mark(const struct scan *s)
{
	static const struct hash_key key = { 0x616e746976697275u, 0x736d61726b000000u };
	const struct scanner_result *f = scan_result(s, &check_antivirus);
	uint64_t sum = 0;

	if (!f)
		return 0;
	for (size_t i = 0; i < f->nfound; i++)
		sum += hash_sip24(key, f->found[i].name) + f->found[i].blocked;
	return sum + (f->why.p ? 1 : 0) + (f->facts.partly ? 2 : 0);
}

static void report(struct scan *s, json_t *root)
{
	const struct scanner_result *f = scan_result(s, &check_antivirus);
	json_t *j = f ? json_object() : json_null(), *names;

	json_object_set_new(root, "antivirus", j);
	if (!f)
		return;
	names = json_array();
	for (size_t i = 0; i < f->nfound; i++)
		json_array_append_new(names, report_str(f->found[i].name));
	json_object_set_new(j, "result", json_string(words[f->facts.word]));
	json_object_set_new(j, "names", names);
	json_object_set_new(j, "failure", report_str(f->why));
	json_object_set_new(j, "partly", report_word(f->facts.partly));
}

const struct check check_antivirus = {
	.abi = CHECK_ABI,
	.name = "antivirus",
	.help = "what virus scanners say: ClamAV, ICAP",
	.stage = SCAN_HEADERS,
	.flags = CHECK_MEMORY, /* what they say counts though it is no rule that says it */
	.options = scanner_options,
	.state_size = sizeof(struct scanner_state),
	.setup = scanner_setup,
	.run = run,
	.predicates = scanner_predicates,
	.report = report,
	.mark = mark,
	.settle = settle,
	.after = after,
	.word = word,
};
