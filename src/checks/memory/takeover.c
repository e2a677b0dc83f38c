/*
 * Signs that somebody else uses a user's account: networks he was never seen in, recipients he has
 * never written to, messages that come back, and more of them than is his habit. Rules say which
 * of them together are an alert (symbol ACCOUNT_TAKEOVER); an option, what is done then.
 */
#include "checks/memory/takeover.h"

#include "base/log.h"
#include "checks/memory/thread.h"
#include "checks/outside/geo.h"

#define HOUR UINT64_C(3600000)
#define DAY (24 * HOUR)
#define NETS_TTL_MS (30 * DAY)
#define HABITS_TTL_MS (60 * DAY)
#define BOUNCES_MAX 500u /* of a day that are told apart */
#define SETTLED_MS ((int64_t)(3 * DAY))

static const struct conf_opt options[] = {
	{ .name = "takeover.action",
	  .type = CONF_ENUM,
	  .def = "quarantine",
	  .allow = "accept|quarantine|tempfail|reject",
	  .help = "what is done with mail of a user whose account seems to be taken over (symbol "
		  "ACCOUNT_TAKEOVER); quarantine: Postfix holds it" },
	{ 0 },
};

struct takeover_options {
	enum action action;
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	static const enum action action[] = { ACT_ACCEPT, ACT_QUARANTINE, ACT_TEMPFAIL,
					      ACT_REJECT };
	struct takeover_options *k = ARENA_NEW(a, struct takeover_options);

	(void)e;
	k->action = action[conf_enum(c, "takeover.action")];
	*config = k;
	return 0;
}

/* ---- records of a user ---- */

const char *const takeover_records[] = { "netnew", "countrynew", "asnnew", "out",
					 "bounce", "alert",	 NULL };

static struct store_op joins(struct scan *s, const struct takeover_facts *f, const char *ns,
			     struct str member, uint64_t ttl_ms)
{
	return (struct store_op){ .kind = STORE_JOIN,
				  .key = memory_key(s, ns, &f->user, 1),
				  .member = member,
				  .ttl_ms = ttl_ms,
				  .limit = TAKEOVER_NETS };
}

static struct store_op known_nets(struct scan *s, const struct takeover_facts *f)
{
	return joins(s, f, "net", f->net, NETS_TTL_MS);
}

static struct store_op fresh_nets(struct scan *s, const struct takeover_facts *f)
{
	return joins(s, f, "netnew", f->net, DAY);
}

static struct store_op known_place(struct scan *s, const struct takeover_facts *f,
				   enum takeover_where w)
{
	return joins(s, f, w == TAKEOVER_COUNTRY ? "country" : "asn", f->place[w].value,
		     NETS_TTL_MS);
}

static struct store_op fresh_place(struct scan *s, const struct takeover_facts *f,
				   enum takeover_where w)
{
	return joins(s, f, w == TAKEOVER_COUNTRY ? "countrynew" : "asnnew", f->place[w].value, DAY);
}

static struct store_op habits(struct scan *s, struct str user)
{
	return (struct store_op){ .kind = STORE_ADD,
				  .key = memory_key(s, "out", &user, 1),
				  .half_life_ms = { HOUR, 7 * DAY, DAY, DAY },
				  .ttl_ms = HABITS_TTL_MS };
}

/* A set, so that one who has a message of his cannot send it back for many: a message bounces once
 * from a network. */
static struct store_op bounces(struct scan *s, struct str user, struct str which)
{
	return (struct store_op){ .kind = STORE_JOIN,
				  .key = memory_key(s, "bounce", &user, 1),
				  .member = memory_hash(s, which),
				  .ttl_ms = DAY,
				  .limit = BOUNCES_MAX };
}

static struct store_op bounce_here(struct scan *s, struct str user)
{
	return bounces(s, user,
		       arena_printf(s->arena, "%.*s %.*s", STR_ARG(memory_net(s)),
				    STR_ARG(thread_returned(s))));
}

struct store_op takeover_complaint(struct scan *s, struct str user, struct str id)
{
	return bounces(
		s, arena_lower(s->arena, user),
		arena_printf(s->arena, "complaint %.*s %.*s", STR_ARG(memory_net(s)), STR_ARG(id)));
}

static struct store_op told(struct scan *s, struct str user)
{
	return (struct store_op){ .kind = STORE_GET, .key = memory_key(s, "alert", &user, 1) };
}

/* ---- asking ---- */

static bool ask_nets(struct scan *s, struct takeover_facts *f)
{
	struct store_answer known, fresh;
	bool here;

	if (!f->net.n)
		return true;
	here = memory_look(s, known_nets(s, f), &known);
	here &= memory_look(s, fresh_nets(s, f), &fresh);
	if (!here || known.status == STORE_FAILED || fresh.status == STORE_FAILED)
		return here;
	f->net_known = known.admitted;
	f->nets = known.sum[0];
	/* The first one of a user is no change of habit. */
	f->net_fresh = fresh.admitted || (!f->net_known && f->nets > 0);
	f->fresh = fresh.sum[0] + (f->net_fresh && !fresh.admitted ? 1 : 0);
	return true;
}

/* As of networks: the first one is no change, and a new one stays new for a day. */
static bool ask_place(struct scan *s, struct takeover_facts *f, enum takeover_where w)
{
	struct takeover_place *p = &f->place[w];
	struct store_answer known, fresh;
	bool here;

	if (!p->value.n)
		return true;
	here = memory_look(s, known_place(s, f, w), &known);
	here &= memory_look(s, fresh_place(s, f, w), &fresh);
	if (!here || known.status == STORE_FAILED || fresh.status == STORE_FAILED)
		return here;
	p->known = known.admitted;
	p->others = known.sum[0] - (p->known ? 1 : 0);
	p->fresh = p->others > 0 && (fresh.admitted || !p->known);
	return true;
}

/* The facts of the sender check are there: its answers come with ours, and it stands before us. As
 * a need it would cost a round trip more. */
static bool ask_habits(struct scan *s, struct takeover_facts *f)
{
	const struct sender_facts *sender = scan_result(s, &check_sender);
	double n = (double)s->nrcpts, share = 0;
	struct store_answer a;

	if (!memory_look(s, habits(s, f->user), &a))
		return false;
	if (a.status != STORE_OK)
		return true;
	memcpy(f->sum, a.sum, sizeof f->sum);
	f->settled = a.created_ms > 0 && s->now * 1000 - a.created_ms >= SETTLED_MS;
	if (sender && sender->looked)
		share = (double)sender->novel / (double)sender->looked;
	f->sum[TAKEOVER_RCPTS_HOUR] += n;
	f->sum[TAKEOVER_RCPTS_DAY] += n;
	f->sum[TAKEOVER_NOVEL_DAY] += n * share;
	return true;
}

static bool ask_rest(struct scan *s, struct takeover_facts *f)
{
	struct store_answer back, alert;
	bool here = memory_look(s, bounces(s, f->user, STR("")), &back);

	here &= memory_look(s, told(s, f->user), &alert);
	f->bounces = back.status == STORE_OK ? back.sum[0] : 0;
	f->told = alert.status == STORE_OK;
	return here;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct takeover_facts *f = state;
	bool here;

	(void)config;
	if (scan_passive(s) || s->flags & SCAN_F_AUTH_ONLY || !s->client.auth_user.n)
		return CHECK_DONE;
	*f = (struct takeover_facts){ .user = arena_lower(s->arena, s->client.auth_user),
				      .net = memory_net(s),
				      .place = { { .value = geo_client(s)->country },
						 { .value = geo_asn_text(s) } } };
	here = ask_nets(s, f);
	here &= ask_place(s, f, TAKEOVER_COUNTRY);
	here &= ask_place(s, f, TAKEOVER_ASN);
	here &= ask_habits(s, f);
	here &= ask_rest(s, f);
	if (!here)
		return CHECK_WAIT;
	scan_publish(s, &check_takeover, f);
	return CHECK_DONE;
}

/* ---- what is done, and remembered ---- */

bool takeover_alarmed(const struct scan *s)
{
	for (size_t i = 0; i < s->verdict.symbols.n; i++)
		if (str_eq(s->verdict.symbols.p[i].name, STR(TAKEOVER_SYMBOL)))
			return true;
	return false;
}

static void settle(struct scan *s, const void *config)
{
	const struct takeover_options *k = config;
	struct smtp_reply reply = { .code = 451,
				    .enhanced = STR("4.7.1"),
				    .text = STR("This account behaves unlike itself; ask your "
						"administrator") };

	if (!scan_result(s, &check_takeover) || k->action == ACT_ACCEPT || !takeover_alarmed(s))
		return;
	if (k->action == ACT_REJECT) {
		reply.code = 550;
		reply.enhanced = STR("5.7.1");
	}
	scan_require(s, k->action, k->action >= ACT_TEMPFAIL ? &reply : NULL, STR("takeover"));
}

static void alert(struct scan *s, const struct takeover_facts *f)
{
	struct store_op op = told(s, f->user);

	LOG(LOG_LVL_WARN, "account_alert", F_STR("user", f->user), F_STR("qid", s->client.queue_id),
	    F_STR("net", f->net), F_STR("country", f->place[TAKEOVER_COUNTRY].value),
	    F_STR("asn", f->place[TAKEOVER_ASN].value), F_INT("new_networks", f->fresh),
	    F_INT("rcpts_hour", f->sum[TAKEOVER_RCPTS_HOUR]),
	    F_INT("rcpts_day", f->sum[TAKEOVER_RCPTS_DAY]),
	    F_INT("new_rcpts_day", f->sum[TAKEOVER_NOVEL_DAY]), F_INT("bounces_day", f->bounces),
	    F_CSTR("action", action_word(s->verdict.action)));
	op.kind = STORE_NEW;
	op.ttl_ms = HOUR;
	scan_store_note(s, &op);
}

static void note_net(struct scan *s, const struct takeover_facts *f)
{
	struct store_op known = known_nets(s, f), fresh = fresh_nets(s, f);

	if (!f->net.n)
		return;
	scan_store_note(s, &known);
	if (f->net_fresh)
		scan_store_note(s, &fresh);
}

static void note_place(struct scan *s, const struct takeover_facts *f, enum takeover_where w)
{
	struct store_op known = known_place(s, f, w), fresh = fresh_place(s, f, w);

	if (!f->place[w].value.n)
		return;
	scan_store_note(s, &known);
	if (f->place[w].fresh)
		scan_store_note(s, &fresh);
}

static void note_habits(struct scan *s, const struct takeover_facts *f)
{
	const struct sender_facts *sender = scan_result(s, &check_sender);
	struct store_op op = habits(s, f->user);
	double n = (double)s->nrcpts;

	op.delta[TAKEOVER_RCPTS_HOUR] = op.delta[TAKEOVER_RCPTS_DAY] = n;
	op.delta[TAKEOVER_RCPTS_WEEK] = takeover_alarmed(s) ? 0 : n;
	if (sender && sender->looked)
		op.delta[TAKEOVER_NOVEL_DAY] = n * (double)sender->novel / (double)sender->looked;
	scan_store_note(s, &op);
}

/* What is held or refused does not become a habit, but goes on counting within the day. */
static void after_outbound(struct scan *s, const struct takeover_facts *f)
{
	if (takeover_alarmed(s) && !f->told)
		alert(s, f);
	note_habits(s, f);
	if (takeover_alarmed(s))
		return;
	note_net(s, f);
	note_place(s, f, TAKEOVER_COUNTRY);
	note_place(s, f, TAKEOVER_ASN);
}

static void after(struct scan *s, const void *config)
{
	const struct takeover_facts *f = scan_result(s, &check_takeover);
	const struct sender_facts *sender = scan_result(s, &check_sender);

	(void)config;
	if (f) {
		after_outbound(s, f);
	} else if (sender && sender->bounced.n && !scan_outbound(s)) {
		struct store_op op = bounce_here(s, sender->bounced);
		scan_store_note(s, &op);
	}
}

/* ---- marks ---- */

static uint64_t magnitude(double x)
{
	uint64_t m = 0;

	for (; x >= 1 && m < 15; x /= 2)
		m++;
	return m;
}

static uint64_t mark(const struct scan *s)
{
	const struct takeover_facts *f = scan_result(s, &check_takeover);
	double novel;

	if (!f)
		return 0;
	novel = f->sum[TAKEOVER_RCPTS_DAY] > 0
			? f->sum[TAKEOVER_NOVEL_DAY] / f->sum[TAKEOVER_RCPTS_DAY]
			: 0;
	return magnitude(f->fresh) | magnitude(f->sum[TAKEOVER_RCPTS_HOUR]) << 4 |
	       magnitude(takeover_usual(f)) << 8 | magnitude(f->bounces) << 12 |
	       magnitude(novel * 100) << 16 | magnitude(f->sum[TAKEOVER_RCPTS_DAY]) << 20 |
	       (f->settled ? UINT64_C(1) << 24 : 0) |
	       (f->place[TAKEOVER_COUNTRY].fresh ? UINT64_C(1) << 25 : 0) |
	       (f->place[TAKEOVER_ASN].fresh ? UINT64_C(1) << 26 : 0);
}

const struct check check_takeover = {
	.abi = CHECK_ABI,
	.name = "takeover",
	.help = "signs that somebody else uses a user's account",
	.stage = SCAN_EOM,
	.flags = CHECK_MEMORY,
	.options = options,
	.state_size = sizeof(struct takeover_facts),
	.setup = setup,
	.run = run,
	.predicates = takeover_predicates,
	.mark = mark,
	.settle = settle,
	.after = after,
};
