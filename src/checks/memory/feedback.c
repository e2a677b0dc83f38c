/*
 * Mail of our own users to spam@ and ham@: the messages attached to it are learnt, and the mail is
 * not delivered. Other people's mail to these addresses is mail like any other.
 */
#include <stdio.h>

#include "checks/memory/memory.h"
#include "learn/features_message.h"

#define ATTACHED_MAX 20u		     /* messages of one mail that are learnt */
#define ATTACHED_OCTETS (4u * 1024u * 1024u) /* of one of them that are read */

struct feedback_options {
	const struct str *address[LEARN_SPAM + 1]; /* by class; lower case */
	size_t n[LEARN_SPAM + 1];
};

struct feedback {
	enum learn_class to; /* LEARN_NONE: it is no feedback */
	struct str user;
	VEC(struct learn_event) events;
};

static bool is_address(struct str v, char *why, size_t cap)
{
	size_t at = str_rchr(v, '@');

	snprintf(why, cap, "an address, as spam@example.com");
	return at != SIZE_MAX && at > 0 && at + 1 < v.n && str_printable(v);
}

static const struct conf_opt options[] = {
	{ .name = "learn.spam_addresses",
	  .type = CONF_LIST,
	  .check = is_address,
	  .help = "addresses to which authenticated users send spam that was not caught, as "
		  "attached messages, to be learnt" },
	{ .name = "learn.ham_addresses",
	  .type = CONF_LIST,
	  .check = is_address,
	  .help = "addresses to which they send what was taken for spam and is none, as attached "
		  "messages, to be learnt" },
	{ 0 },
};

static void take_list(struct arena *a, const struct conf *c, const char *name,
		      struct feedback_options *o, enum learn_class to)
{
	const struct str *items;
	struct str *lower;

	o->n[to] = conf_list(c, name, &items);
	lower = ARENA_ARRAY(a, struct str, o->n[to]);
	for (size_t i = 0; i < o->n[to]; i++)
		lower[i] = arena_lower(a, items[i]);
	o->address[to] = lower;
}

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct feedback_options *o = ARENA_NEW(a, struct feedback_options);

	(void)e;
	take_list(a, c, "learn.spam_addresses", o, LEARN_SPAM);
	take_list(a, c, "learn.ham_addresses", o, LEARN_HAM);
	*config = o;
	return 0;
}

/* ---- whether it is ---- */

static enum learn_class class_of(const struct feedback_options *o, struct str rcpt)
{
	for (enum learn_class to = LEARN_HAM; to <= LEARN_SPAM; to++)
		for (size_t i = 0; i < o->n[to]; i++)
			if (str_eq(o->address[to][i], rcpt))
				return to;
	return LEARN_NONE;
}

/* Every recipient is an address of one class: mail that somebody else shall get too is mail. */
static enum learn_class addressed_to(struct scan *s, const struct feedback_options *o)
{
	enum learn_class to = LEARN_NONE;

	if (!s->client.auth_user.n || scan_passive(s) || !s->rcpts.n || s->nrcpts > s->rcpts.n)
		return LEARN_NONE;
	for (size_t i = 0; i < s->rcpts.n; i++) {
		enum learn_class one = class_of(o, memory_rcpt(s, i));
		if (one == LEARN_NONE || (i && one != to))
			return LEARN_NONE;
		to = one;
	}
	return to;
}

/* Accounts without a domain are of the domain that the feedback goes to. */
static struct str user_of(struct scan *s)
{
	struct str user = arena_lower(s->arena, s->client.auth_user), rcpt = memory_rcpt(s, 0);

	if (str_chr(user, '@') != SIZE_MAX)
		return user;
	return arena_printf(s->arena, "%.*s%.*s", STR_ARG(user),
			    STR_ARG(str_skip(rcpt, str_rchr(rcpt, '@'))));
}

/* ---- what is attached ---- */

/* message/rfc822, or a file that programs store messages in. */
static bool is_message(const struct mime_part *p)
{
	return p->message || (!p->multipart && p->name.p && str_iends(p->name, STR(".eml")));
}

static void add(struct scan *s, struct feedback *f, struct str octets)
{
	struct learn_event e = {
		.to = f->to, .source = LEARN_PERSON, .user = f->user, .when_ms = s->now * 1000
	};

	learn_event_read(s->arena, model_key(s->env->model), str_sub(octets, 0, ATTACHED_OCTETS),
			 &e);
	if (e.f.ngram || e.f.ntoken)
		VEC_PUSH(s->arena, f->events) = e;
}

/* Depth first: what stands in a message that is taken comes right behind it, deeper. */
static void read_attached(struct scan *s, struct feedback *f)
{
	struct mime *m = s->content->mime;
	size_t i = 0;

	while (i < m->parts.n && f->events.n < ATTACHED_MAX && !scan_over(s)) {
		uint32_t depth = m->parts.p[i].depth;
		bool take = i > 0 && is_message(&m->parts.p[i]) &&
			    !(m->parts.p[i].flags & MIME_F_ALTERNATE);
		if (take)
			add(s, f, mime_data(m, i));
		for (i++; take && i < m->parts.n && m->parts.p[i].depth > depth;)
			i++;
	}
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct feedback *f = state;

	*f = (struct feedback){ .to = addressed_to(s, config) };
	if (f->to == LEARN_NONE || !s->content || !s->env->model || !s->env->learn ||
	    s->env->readonly)
		return CHECK_DONE;
	f->user = user_of(s);
	read_attached(s, f);
	if (f->events.n)
		scan_publish(s, &check_feedback, f);
	return CHECK_DONE;
}

/* ---- what follows ---- */

static void settle(struct scan *s, const void *config)
{
	(void)config;
	if (scan_result(s, &check_feedback))
		scan_require(s, ACT_DISCARD, NULL, STR("feedback"));
}

static void after(struct scan *s, const void *config)
{
	const struct feedback *f = scan_result(s, &check_feedback);

	(void)config;
	for (size_t i = 0; f && i < f->events.n; i++)
		scan_learn(s, &f->events.p[i]);
}

static const char *word(const struct scan *s)
{
	const struct feedback *f = scan_result(s, &check_feedback);

	return f ? f->to == LEARN_SPAM ? "spam" : "ham" : NULL;
}

const struct check check_feedback = {
	.abi = CHECK_ABI,
	.name = "feedback",
	.help = "learns what our users send to spam@ and ham@",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_MEMORY,
	.options = options,
	.state_size = sizeof(struct feedback),
	.setup = setup,
	.run = run,
	.settle = settle,
	.after = after,
	.word = word,
};
