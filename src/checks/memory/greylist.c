/*
 * Greylisting where it pays: a message of an uncertain score from somebody unknown is put off, and
 * let in when the same server, or the same message from another one of its pool, comes again.
 * What is not known (the store is down) puts nothing off.
 */
#include "checks/memory/greylist.h"

#include "mail/mime/mime.h"

#define REFRESH_S 86400 /* a pass is written anew when it is so old */
#define AHEAD_S 60	/* a record of a future further off than that is of a clock gone wrong */

struct greylist_config {
	bool enabled;
	double from, to;
	bool has_to; /* else score.tag */
	int64_t delay_s;
	uint64_t window_ms, expire_ms;
	struct gate_except except;
};

struct greylist_found {
	struct greylist_keys keys;
	struct greylist_record net[GREYLIST_RCPTS_MAX], content, author;
	const char *spared; /* why it is let in at once; NULL: it is not */
	bool *demanded;	    /* written by settle */
	bool *passes;
};

static const struct conf_opt options[] = {
	{ .name = "greylist.enabled",
	  .type = CONF_BOOL,
	  .def = "false",
	  .help = "put off messages of an uncertain score from unknown senders, once; spared are "
		  "correspondents, replies, domains that passed before, whoever passes SPF for a "
		  "domain of the list greylist_pools, and what seems to hold a one-time code" },
	{ .name = "greylist.from",
	  .type = CONF_FLOAT,
	  .def = "2",
	  .allow = "-1000..1000000",
	  .help = "a message with this score or more may be put off" },
	{ .name = "greylist.to",
	  .type = CONF_FLOAT,
	  .allow = "-1000..1000000",
	  .help = "and one with this score or more is not: it is dealt with by its score; none: "
		  "score.tag" },
	{ .name = "greylist.delay",
	  .type = CONF_TIME,
	  .def = "2m",
	  .allow = "1s..1d",
	  .help = "time after which it is let in when it comes again" },
	{ .name = "greylist.window",
	  .type = CONF_TIME,
	  .def = "1d",
	  .allow = "1m..7d",
	  .help = "time for which it is remembered that it was put off" },
	{ .name = "greylist.expire",
	  .type = CONF_TIME,
	  .def = "36d",
	  .allow = "1h..365d",
	  .help = "time after the last message for which a sender that came back is let in at "
		  "once" },
	{ .name = "greylist.except",
	  .type = CONF_LIST,
	  .help = "networks that are not put off; recipients, and domains of recipients, who get "
		  "everything at once" },
	{ 0 },
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct greylist_config *k = ARENA_NEW(a, struct greylist_config);
	const struct str *item;
	size_t n = conf_list(c, "greylist.except", &item);

	k->enabled = conf_bool(c, "greylist.enabled");
	k->from = conf_float(c, "greylist.from");
	k->has_to = conf_is_set(c, "greylist.to");
	k->to = conf_float(c, "greylist.to");
	k->delay_s = (int64_t)(conf_time_ms(c, "greylist.delay") / 1000);
	k->window_ms = conf_time_ms(c, "greylist.window");
	k->expire_ms = conf_time_ms(c, "greylist.expire");
	gate_except_read(a, item, n, &k->except);
	*config = k;
	if (conf_time_ms(c, "greylist.window") <= conf_time_ms(c, "greylist.delay"))
		return err_set(e, "%s: greylist.window: found a time that is over before %s",
			       conf_where(c, "greylist.window"), "greylist.delay is");
	return 0;
}

/* ---- who is let in at once ---- */

static bool in_pool(const struct scan *s)
{
	struct str spf = greylist_spf(s);

	return spf.n && lists_has_domain(s->lists, STR("greylist_pools"), spf, NULL);
}

/* By what is known without the store. */
static const char *spared(const struct scan *s, const struct greylist_config *k)
{
	if (gate_ours(s))
		return "local";
	if (gate_except_net(&k->except, &s->client.ip))
		return "except";
	return in_pool(s) ? "pool" : NULL;
}

/* That is not known before the store has answered: not to wait for it here saves a round trip. */
static bool known(const struct scan *s)
{
	const struct sender_facts *sender = scan_result(s, &check_sender);

	return sender && ((sender->known && sender->genuine) || sender->reply);
}

static bool has_code(struct scan *s, struct str *code)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Subject"), 0);
	struct str subject = h ? mime_words(s->arena, h->value) : STR("");

	return greylist_code(s->arena, subject, s->content ? content_visible(s->content) : STR(""),
			     code);
}

/* ---- asking ---- */

/* False: not yet. What is not known for sure spares the message. */
static bool ask(struct scan *s, struct str key, struct greylist_record *r, const char **why)
{
	const struct store_answer *a;

	*r = (struct greylist_record){ 0 };
	if (!key.n)
		return true;
	a = scan_store(s, &(struct store_op){ .kind = STORE_GET, .key = key });
	if (!a)
		return false;
	if (a->local || a->status == STORE_FAILED || a->status == STORE_FULL)
		*why = "store";
	else if (a->status == STORE_OK && !greylist_parse(a->value, r))
		*why = "store";
	return true;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct greylist_config *k = config;
	struct greylist_found *f = state;
	bool done = true;

	if (scan_passive(s) || !k->enabled)
		return CHECK_DONE;
	*f = (struct greylist_found){ .spared = spared(s, k) };
	if (!f->spared)
		greylist_keys(s, &k->except, &f->keys);
	for (size_t i = 0; i < f->keys.n; i++)
		done = ask(s, f->keys.net[i], &f->net[i], &f->spared) && done;
	done = ask(s, f->keys.content, &f->content, &f->spared) && done;
	done = ask(s, f->keys.author, &f->author, &f->spared) && done;
	if (!done)
		return CHECK_WAIT;
	f->demanded = ARENA_NEW(s->arena, bool);
	f->passes = ARENA_NEW(s->arena, bool);
	scan_publish(s, &check_greylist, f);
	return CHECK_DONE;
}

/* ---- deciding ---- */

static bool ripe(const struct scan *s, const struct greylist_config *k,
		 const struct greylist_record *r)
{
	if (r->state == GREYLIST_PASSED || r->state == GREYLIST_RELEASED)
		return true;
	return r->state == GREYLIST_WAITS &&
	       (s->now - r->when >= k->delay_s || r->when > s->now + AHEAD_S);
}

/* One domain of recipients for which it has to wait puts it off for all: a message is one. */
static bool may_pass(const struct scan *s, const struct greylist_config *k,
		     const struct greylist_found *f)
{
	if (ripe(s, k, &f->content) || ripe(s, k, &f->author))
		return true;
	for (size_t i = 0; i < f->keys.n; i++)
		if (!ripe(s, k, &f->net[i]))
			return false;
	return true;
}

static void settle(struct scan *s, const void *config)
{
	const struct greylist_config *k = config;
	const struct greylist_found *f = scan_result(s, &check_greylist);
	double score = s->verdict.score, to = k->has_to ? k->to : s->verdict.tag_at;
	struct str code;

	if (!f || f->spared || known(s) || f->keys.n == 0 || score < k->from || score >= to)
		return;
	*f->passes = may_pass(s, k, f);
	if (*f->passes || has_code(s, &code))
		return;
	*f->demanded = true;
	scan_require(s, ACT_GREYLIST, NULL, STR("greylist"));
}

/* ---- remembering ---- */

static void put_off(struct scan *s, const struct greylist_config *k, struct str key)
{
	struct store_op op = { .kind = STORE_NEW,
			       .key = key,
			       .value = greylist_format(s->arena, GREYLIST_WAITS, s->now),
			       .ttl_ms = k->window_ms };

	scan_store_note(s, &op);
}

static void let_in(struct scan *s, const struct greylist_config *k, struct str key,
		   const struct greylist_record *r)
{
	struct store_op op = { .kind = STORE_PUT,
			       .key = key,
			       .value = greylist_format(s->arena, GREYLIST_PASSED, s->now),
			       .ttl_ms = k->expire_ms };

	if (!key.n || (r->state == GREYLIST_PASSED && s->now - r->when < REFRESH_S))
		return;
	scan_store_note(s, &op);
}

static void after(struct scan *s, const void *config)
{
	const struct greylist_config *k = config;
	const struct greylist_found *f = scan_result(s, &check_greylist);
	enum action a = s->verdict.action;

	if (f && *f->demanded && a == ACT_GREYLIST) {
		for (size_t i = 0; i < f->keys.n; i++)
			put_off(s, k, f->keys.net[i]);
		put_off(s, k, f->keys.content);
	} else if (f && *f->passes && (a == ACT_ACCEPT || a == ACT_TAG)) {
		for (size_t i = 0; i < f->keys.n; i++)
			let_in(s, k, f->keys.net[i], &f->net[i]);
		let_in(s, k, f->keys.author, &f->author);
	}
}

/* ---- what it tells ---- */

static bool one_time_code(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	(void)arg;
	(void)n;
	return has_code(s, evidence);
}

static const struct predicate predicates[] = {
	{ "one_time_code", "", one_time_code,
	  "the message seems to hold a one-time code: 4 to 8 digits near a word for it, in the "
	  "subject or at the beginning of the text" },
	{ 0 },
};

static const char *word(const struct scan *s)
{
	const struct greylist_found *f = scan_result(s, &check_greylist);

	if (!f)
		return NULL;
	if (f->spared || known(s))
		return f->spared ? f->spared : "known";
	return *f->demanded ? "put_off" : *f->passes ? "passed" : NULL;
}

static const char *const needs[] = { "spf", "dmarc", NULL };

const struct check check_greylist = {
	.abi = CHECK_ABI,
	.name = "greylist",
	.help = "greylisting of uncertain mail from unknown senders",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = options,
	.state_size = sizeof(struct greylist_found),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.settle = settle,
	.after = after,
	.word = word,
};
