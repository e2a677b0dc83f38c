/*
 * Correspondents: who our users write to, who answers them, who was here before, and who goes by
 * the name of somebody they know.
 *
 * What is remembered: for each recipient of our users a set of who wrote to him ("co:DOMAIN ADDR");
 * of each message of theirs its Message-ID ("mid:HASH"), if it has one when it comes by here (what
 * the MTA adds later cannot be known); of each genuine author when he came ("seen:ADDR",
 * "seen:DOMAIN"); and which addresses go by a name ("name:DOMAIN HASH").
 */
#include "checks/memory/sender.h"

#include "checks/memory/names.h"
#include "checks/memory/thread.h"

/* ---- questions ---- */

static struct str domain_of(struct str address)
{
	return str_skip(address, str_rchr(address, '@') + 1);
}

static struct str local_of(struct str address)
{
	return str_sub(address, 0, str_rchr(address, '@'));
}

/* Of ours, who writes: the address that answers come to. */
static struct str our_sender(struct scan *s)
{
	struct str from = identity_address(s, &s->mail), name;

	return from.n ? from : identity_author(s, &name);
}

struct store_op sender_correspondent(struct scan *s, struct str ours, struct str theirs)
{
	struct str part[2] = { domain_of(ours), theirs };

	return (struct store_op){ .kind = STORE_JOIN,
				  .key = memory_key(s, "co", part, 2),
				  .member = memory_hash(s, local_of(ours)),
				  .ttl_ms = SENDER_TTL_MS,
				  .limit = SENDER_WRITERS };
}

static struct store_op seen_op(struct scan *s, struct str who)
{
	return (struct store_op){ .kind = STORE_ADD,
				  .key = memory_key(s, "seen", &who, 1),
				  .half_life_ms = { SENDER_HALF_LIFE_MS },
				  .ttl_ms = SENDER_TTL_MS };
}

static struct store_op name_op(struct scan *s, struct str key, struct str address)
{
	return (struct store_op){ .kind = STORE_JOIN,
				  .key = key,
				  .member = memory_hash(s, address),
				  .ttl_ms = NAMES_TTL_MS,
				  .limit = NAMES_ADDRESSES };
}

/* Of one of our users: who has said so himself, or, at a listener for them (behind another server
 * that knows them), an address of ours. */
static bool is_ours(struct scan *s)
{
	if (!scan_outbound(s))
		return false;
	return s->client.auth_user.n || memory_is_local(s, domain_of(our_sender(s)));
}

/* ---- mail from outside ---- */

static bool ask_known(struct scan *s, struct sender_facts *f, struct str author)
{
	bool here = true;

	for (size_t i = 0, n = 0; i < s->rcpts.n && n < SENDER_RCPTS; i++) {
		struct str rcpt = memory_rcpt(s, i);
		struct store_answer a;
		if (!rcpt.n)
			continue;
		n++;
		here &= memory_look(s, sender_correspondent(s, rcpt, author), &a);
		f->known |= a.sum[0] > 0;
		f->known_user |= a.admitted;
	}
	return here;
}

static bool ask_seen(struct scan *s, struct sender_facts *f, struct str author)
{
	struct store_answer who, domain;
	bool here = memory_look(s, seen_op(s, author), &who);

	here &= memory_look(s, seen_op(s, domain_of(author)), &domain);
	f->asked = who.status != STORE_FAILED && domain.status != STORE_FAILED;
	f->seen = who.created_ms > 0 && s->now * 1000 - who.created_ms >= SENDER_FIRST_MS;
	f->seen_domain = domain.created_ms > 0;
	f->today = who.created_ms > 0 && s->now * 1000 - who.updated_ms < DAY_MS &&
		   who.updated_ms <= s->now * 1000 + DAY_MS;
	f->days = -1;
	if (f->seen_domain)
		f->days = (s->now * 1000 - domain.created_ms) / DAY_MS;
	return here;
}

static bool ask_thread(struct scan *s, struct sender_facts *f, struct str author)
{
	struct str id[THREAD_IDS], org = identity_org(s, domain_of(author));
	struct str returned = thread_returned(s);
	bool free = lists_has_domain(s->lists, STR("freemail"), domain_of(author), NULL);
	size_t n = thread_ids(s, id);
	bool here = true;

	for (size_t i = 0; i < n; i++) {
		struct store_op op = { .kind = STORE_GET, .key = thread_key(s, id[i]) };
		struct store_answer a;
		here &= memory_look(s, op, &a);
		if (a.status != STORE_OK)
			continue;
		f->answers = true;
		f->reply |= author.n && !free && thread_sent_to(a.value, org);
		if (returned.n && str_eq(id[i], returned))
			f->bounced = arena_dup(s->arena, thread_user(a.value));
	}
	return here;
}

/* At a site of free mailboxes everybody is of the same domain: there the address must be known. */
static void decide_reply(struct sender_facts *f)
{
	f->reply |= f->answers && f->known;
}

static struct str name_key_of(struct scan *s, struct str name)
{
	for (size_t i = 0; i < s->rcpts.n; i++) {
		struct str rcpt = memory_rcpt(s, i);
		if (rcpt.n)
			return names_key(s, domain_of(rcpt), name);
	}
	return STR_NULL;
}

static bool ask_name(struct scan *s, struct sender_facts *f, struct str author, struct str name)
{
	struct str key = name_key_of(s, name);
	struct store_answer a;
	bool here;

	if (!key.n)
		return true;
	here = memory_look(s, name_op(s, key, author), &a);
	f->other_name = a.sum[0] > 0 && a.sum[0] < NAMES_COMMON && !a.admitted && !f->known;
	return here;
}

static bool run_inbound(struct scan *s, struct sender_facts *f)
{
	struct str name, author = identity_author(s, &name);
	bool here = ask_thread(s, f, author);

	f->genuine = identity_genuine(s).n > 0;
	f->days = -1;
	if (author.n) {
		here &= ask_known(s, f, author);
		here &= ask_seen(s, f, author);
		here &= ask_name(s, f, author, name);
	}
	decide_reply(f);
	return here;
}

/* ---- mail of our users ---- */

/* A newsletter: who gets it has asked for it himself. */
static bool bulk(struct scan *s)
{
	static const char *const field[] = { "List-Id", "List-Unsubscribe", "Feedback-ID" };
	const struct hdr *precedence = hdr_find(&s->headers, STR("Precedence"), 0);

	for (size_t i = 0; i < sizeof field / sizeof *field; i++)
		if (hdr_find(&s->headers, str_c(field[i]), 0))
			return true;
	return precedence && (str_ieq(str_trim(precedence->value), STR("bulk")) ||
			      str_ieq(str_trim(precedence->value), STR("list")));
}

/* Readers of newsletters are known for themselves: they are no correspondents. */
static struct store_op recipient(struct scan *s, struct str ours, struct str theirs, bool reader)
{
	struct str part[2] = { domain_of(ours), theirs };
	struct store_op op = sender_correspondent(s, ours, theirs);

	if (reader)
		op.key = memory_key(s, "bulk", part, 2);
	return op;
}

static bool run_outbound(struct scan *s, struct sender_facts *f)
{
	struct str ours = our_sender(s);
	bool here = true, reader = bulk(s);

	for (size_t i = 0; ours.n && i < s->rcpts.n && f->looked < SENDER_RCPTS; i++) {
		struct str rcpt = memory_rcpt(s, i);
		struct store_answer a;
		if (!rcpt.n || str_eq(domain_of(rcpt), domain_of(ours)) ||
		    memory_is_local(s, domain_of(rcpt)))
			continue;
		here &= memory_look(s, recipient(s, ours, rcpt, reader), &a);
		if (a.status == STORE_FAILED)
			continue;
		f->looked++;
		f->novel += !a.admitted;
	}
	return here;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct sender_facts *f = state;

	(void)config;
	if (scan_passive(s) || s->flags & SCAN_F_AUTH_ONLY || (scan_outbound(s) && !is_ours(s)))
		return CHECK_DONE;
	*f = (struct sender_facts){ 0 };
	if (!(scan_outbound(s) ? run_outbound(s, f) : run_inbound(s, f)))
		return CHECK_WAIT;
	scan_publish(s, &check_sender, f);
	return CHECK_DONE;
}

/* ---- what is remembered ---- */

static void note(struct scan *s, struct store_op op)
{
	if (op.key.n)
		scan_store_note(s, &op);
}

static void note_recipients(struct scan *s, struct str ours, bool reader)
{
	for (size_t i = 0; i < s->rcpts.n && i < SENDER_REMEMBERED; i++) {
		struct str rcpt = memory_rcpt(s, i);
		if (rcpt.n)
			note(s, recipient(s, ours, rcpt, reader));
	}
}

static void note_name(struct scan *s, struct str domain, const struct mailbox *m)
{
	struct str address = identity_address(s, m), key;

	if (!m->display.n || !address.n)
		return;
	key = names_key(s, domain, mime_words(s->arena, m->display));
	if (key.n)
		note(s, name_op(s, key, address));
}

/* Our user's own name, and those of whom he writes to. */
static void note_names(struct scan *s, struct str ours)
{
	static const char *const field[] = { "To", "Cc" };
	size_t left = NAMES_OF_MESSAGE;

	if (s->from.why == FROM_OK && s->from.list.v.n == 1)
		note_name(s, domain_of(ours), &s->from.list.v.p[0]);
	for (size_t k = 0; k < 2; k++) {
		const struct hdr *h = hdr_find(&s->headers, str_c(field[k]), 0);
		struct addr_list list = { 0 };
		if (h)
			addr_parse(s->arena, h->value, &list);
		for (size_t i = 0; i < list.v.n && left; i++, left--)
			note_name(s, domain_of(ours), &list.v.p[i]);
	}
}

/* Written by a program: an absence note, a receipt. Whom it answers nobody has chosen. */
static bool automatic(struct scan *s)
{
	const struct hdr *submitted = hdr_find(&s->headers, STR("Auto-Submitted"), 0);
	const struct hdr *precedence = hdr_find(&s->headers, STR("Precedence"), 0);
	const struct hdr *type = hdr_find(&s->headers, STR("Content-Type"), 0);

	if (submitted && !str_istarts(str_trim(submitted->value), STR("no")))
		return true;
	if (precedence && (str_ieq(str_trim(precedence->value), STR("auto_reply")) ||
			   str_ieq(str_trim(precedence->value), STR("junk"))))
		return true;
	return memory_is_bounce(s) ||
	       (type && str_istarts(str_trim(type->value), STR("multipart/report")));
}

static void after_outbound(struct scan *s)
{
	struct str ours = our_sender(s), id = thread_own(s);

	if (automatic(s))
		return;
	if (id.n)
		note(s, (struct store_op){ .kind = STORE_PUT,
					   .key = thread_key(s, id),
					   .value = thread_value(s, !bulk(s)),
					   .ttl_ms = THREAD_TTL_MS });
	if (!ours.n)
		return;
	note_recipients(s, ours, bulk(s));
	if (!bulk(s))
		note_names(s, ours);
}

static void note_seen(struct scan *s, struct str who)
{
	struct store_op op = seen_op(s, who);

	op.delta[0] = 1;
	note(s, op);
}

static void after_inbound(struct scan *s, const struct sender_facts *f)
{
	struct str name, author = identity_author(s, &name);

	if (!f->genuine || !author.n || f->today)
		return;
	note_seen(s, author);
	note_seen(s, domain_of(author));
	if (f->known && name.n)
		note(s, name_op(s, name_key_of(s, name), author));
}

/* What was refused, held or marked as spam teaches nothing. */
static void after(struct scan *s, const void *config)
{
	const struct sender_facts *f = scan_result(s, &check_sender);

	(void)config;
	if (s->verdict.action != ACT_ACCEPT)
		return;
	if (is_ours(s))
		after_outbound(s);
	else if (!scan_outbound(s) && f)
		after_inbound(s, f);
}

/* Days as far as rules ask for them; a domain that came first a moment ago is new, too. */
static uint64_t mark(const struct scan *s)
{
	int64_t days;
	const struct sender_facts *f = scan_result(s, &check_sender);

	if (!f)
		return 0;
	days = f->days < 0 ? 0 : f->days > SENDER_DAYS ? SENDER_DAYS : f->days;
	return 1u | (f->genuine ? 2u : 0u) | (f->known ? 4u : 0u) | (f->known_user ? 8u : 0u) |
	       (f->answers ? 16u : 0u) | (f->reply ? 32u : 0u) | (f->seen ? 64u : 0u) |
	       (f->asked ? 128u : 0u) | (f->other_name ? 256u : 0u) | (f->bounced.n ? 512u : 0u) |
	       (uint64_t)days << 16;
}

static const char *const needs[] = { "spf", "dkim", "dmarc", NULL };

const struct check check_sender = {
	.abi = CHECK_ABI,
	.name = "sender",
	.help = "who our users write to, and who answers them",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = identity_options,
	.state_size = sizeof(struct sender_facts),
	.setup = identity_setup,
	.run = run,
	.predicates = sender_predicates,
	.report = sender_report,
	.mark = mark,
	.after = after,
};
