/* What rules and reports are told of correspondents and replies. */
#include "checks/memory/sender.h"

#include "scan/report.h"

/* Facts of mail from outside; NULL: none. */
static const struct sender_facts *facts(const struct scan *s)
{
	return scan_outbound(s) ? NULL : scan_result(s, &check_sender);
}

static struct str author_text(struct scan *s)
{
	struct str name, author = identity_author(s, &name);

	return author.n ? author : s->from.domain;
}

static bool author_genuine(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	*evidence = s->from.domain;
	return f && f->genuine;
}

static bool correspondent(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	*evidence = author_text(s);
	return f && f->genuine && f->known_user;
}

static bool correspondent_domain(struct scan *s, const struct predicate_arg *arg, size_t n,
				 struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	*evidence = author_text(s);
	return f && f->genuine && f->known;
}

static bool reply_to_ours(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	*evidence = author_text(s);
	return f && f->genuine && f->reply;
}

static bool names_ours(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	*evidence = author_text(s);
	return f && f->answers;
}

static bool bounce_of_ours(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	if (!f || !f->bounced.n)
		return false;
	*evidence = f->bounced;
	return true;
}

static bool first_contact(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)arg;
	(void)n;
	*evidence = author_text(s);
	return f && f->asked && !f->known && !f->seen;
}

static bool author_domain_new(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct sender_facts *f = facts(s);

	(void)n;
	*evidence = s->from.domain;
	return f && f->asked && !f->known && (f->days < 0 || (double)f->days < arg[0].number);
}

static bool known_name_other_address(struct scan *s, const struct predicate_arg *arg, size_t n,
				     struct str *evidence)
{
	const struct sender_facts *f = facts(s);
	struct str name;

	(void)arg;
	(void)n;
	if (!f || !f->other_name)
		return false;
	identity_author(s, &name);
	*evidence = name;
	return true;
}

const struct predicate sender_predicates[] = {
	{ "author_genuine", "", author_genuine,
	  "the author's domain passes DMARC, or, where it has no DMARC record, has an aligned DKIM "
	  "signature or SPF pass" },
	{ "correspondent", "", correspondent,
	  "a recipient has written to the author in the last 180 days, and the author is genuine" },
	{ "correspondent_domain", "", correspondent_domain,
	  "the same of any user of a recipient's domain" },
	{ "reply_to_ours", "", reply_to_ours,
	  "answers a message of one of our users (In-Reply-To, References; 30 days), the author is "
	  "genuine, and it was sent to him or, other than at sites of the list freemail, to his "
	  "site" },
	{ "names_our_message", "", names_ours,
	  "In-Reply-To or References name a message of one of our users, whoever says so" },
	{ "bounce_of_ours", "", bounce_of_ours,
	  "a bounce of a message that one of our users has sent" },
	{ "first_contact", "", first_contact,
	  "no user of a recipient's domain has written to the author, and he has not been here, "
	  "authenticated, more than ten minutes ago" },
	{ "author_domain_new", "n", author_domain_new,
	  "the same of all of the author's domain for as many days" },
	{ "known_name_other_address", "", known_name_other_address,
	  "the author's display name is that of one of our users or of a correspondent with "
	  "another address" },
	{ 0 },
};

void sender_report(struct scan *s, json_t *root)
{
	const struct sender_facts *f = facts(s);
	json_t *j = json_null();

	if (f) {
		j = json_object();
		json_object_set_new(j, "genuine", json_boolean(f->genuine));
		json_object_set_new(j, "correspondent", json_boolean(f->known_user));
		json_object_set_new(j, "correspondent_domain", json_boolean(f->known));
		json_object_set_new(j, "reply", json_boolean(f->reply));
		json_object_set_new(j, "seen", f->asked ? json_boolean(f->seen) : json_null());
		json_object_set_new(j, "domain_days",
				    f->days < 0 ? json_null() : json_integer(f->days));
	}
	json_object_set_new(root, "sender", j);
}
