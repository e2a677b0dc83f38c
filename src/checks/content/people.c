/* Who is named where, and how the names go together. */
#include "checks/content/people.h"

#include "checks/checks.h"
#include "checks/words.h"
#include "mail/domain.h"

static const struct {
	const char *word;
	const char *field[2]; /* in which it stands; none: the envelope, or another part of it */
} parts[PARTS] = {
	[PART_FROM] = { "from", { "From" } },
	[PART_SENDER] = { "sender", { "Sender" } },
	[PART_REPLYTO] = { "replyto", { "Reply-To" } },
	[PART_TO] = { "to", { "To" } },
	[PART_CC] = { "cc", { "Cc" } },
	[PART_TOCC] = { "tocc", { "To", "Cc" } },
	[PART_RCPT] = { "rcpt", { 0 } },
	[PART_ENVFROM] = { "envfrom", { 0 } },
	[PART_RECEIPT] = { "receipt", { "Disposition-Notification-To" } },
	[PART_CONFIRM] = { "confirm", { "X-Confirm-Reading-To", "Return-Receipt-To" } },
	[PART_MID] = { "mid", { 0 } },
	[PART_HELO] = { "helo", { 0 } },
	[PART_RDNS] = { "rdns", { 0 } },
};

enum part part_named(struct str word)
{
	for (size_t i = 0; i < PARTS; i++)
		if (str_ieq(word, str_c(parts[i].word)))
			return (enum part)i;
	return PARTS;
}

/* ---- reading ---- */

static const struct psl *psl_of(const struct scan *s)
{
	return s->content ? s->content->env->psl : NULL;
}

static struct str org_of(const struct scan *s, struct str domain)
{
	struct str org = STR_NULL;

	if (domain.n && psl_of(s))
		org = psl_registrable(psl_of(s), domain);
	return org.n ? org : domain;
}

static struct person person_of(struct scan *s, const struct mailbox *m)
{
	struct str domain = domain_read(s->arena, m->domain, DOMAIN_UNDERSCORE);

	return (struct person){ .local = arena_lower(s->arena, m->local),
				.domain = domain.p ? domain : STR(""),
				.org = org_of(s, domain.p ? domain : STR("")),
				.name = m->display.n ? mime_words(s->arena, m->display) : STR(""),
				.raw_name = m->display };
}

static void add(struct scan *s, struct people *all, struct person p)
{
	if (!all->p)
		all->p = ARENA_ARRAY(s->arena, struct person, PEOPLE_MAX);
	if (all->n < PEOPLE_MAX)
		all->p[all->n++] = p;
	all->found++;
}

static void read_field(struct scan *s, struct people *all, const char *name)
{
	const struct hdr *h = hdr_find(&s->headers, str_c(name), 0);
	struct addr_list list = { 0 };

	if (!h)
		return;
	all->given = true;
	addr_parse(s->arena, h->value, &list);
	all->broken |= (list.flags & ADDR_F_SYNTAX) != 0;
	for (size_t i = 0; i < list.v.n; i++)
		add(s, all, person_of(s, &list.v.p[i]));
}

static void read_domain(struct scan *s, struct people *all, struct str name)
{
	struct str domain = domain_read(s->arena, name, DOMAIN_UNDERSCORE);

	all->given = name.n > 0;
	all->broken = all->given && !domain.p;
	if (domain.p)
		add(s, all,
		    (struct person){ STR(""), domain, org_of(s, domain), STR(""), STR("") });
}

static void read_path(struct scan *s, struct people *all, struct str path)
{
	struct mailbox m = { 0 };

	all->given |= path.n > 0;
	if (!addr_path(s->arena, path, &m))
		all->broken = true;
	else if (m.local.n || m.domain.n)
		add(s, all, person_of(s, &m));
}

static void read_message_id(struct scan *s, struct people *all)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Message-ID"), 0);
	struct str id = h ? str_trim(hdr_unfold(s->arena, h->value)) : STR("");
	size_t at;

	all->given = h != NULL;
	if (id.n && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = str_sub(id, 1, id.n - 2);
	else
		all->broken = all->given;
	at = str_rchr(id, '@');
	if (at == SIZE_MAX)
		all->broken = all->given;
	else
		add(s, all,
		    person_of(s, &(struct mailbox){ .local = str_sub(id, 0, at),
						    .domain = str_skip(id, at + 1) }));
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct people *all = ARENA_ARRAY(s->arena, struct people, PARTS);

	(void)state;
	(void)config;
	for (size_t i = 0; i < PARTS; i++)
		for (size_t k = 0; k < 2 && parts[i].field[k]; k++)
			read_field(s, &all[i], parts[i].field[k]);
	for (size_t i = 0; i < s->rcpts.n; i++)
		read_path(s, &all[PART_RCPT], s->rcpts.p[i]);
	all[PART_RCPT].found = s->nrcpts;
	if (s->mail_ok && s->mail.domain.n)
		add(s, &all[PART_ENVFROM], person_of(s, &s->mail));
	all[PART_ENVFROM].given = s->mail_raw.n > 0;
	all[PART_ENVFROM].broken = !s->mail_ok;
	read_message_id(s, &all[PART_MID]);
	read_domain(s, &all[PART_HELO], s->helo);
	read_domain(s, &all[PART_RDNS], s->client.host);
	scan_publish(s, &check_people, all);
	return CHECK_DONE;
}

static const struct people *people_in(struct scan *s, struct str word)
{
	static const struct people nobody = { 0 };
	const struct people *all = scan_result(s, &check_people);
	enum part part = part_named(word);

	return all && part < PARTS ? &all[part] : &nobody;
}

/* ---- comparing ---- */

static struct str address_text(struct scan *s, const struct person *p)
{
	return arena_printf(s->arena, "%.*s@%.*s", STR_ARG(p->local), STR_ARG(p->domain));
}

static bool same_person(const struct person *a, const struct person *b, struct str what)
{
	if (str_eq(what, STR("address")))
		return a->domain.n && str_eq(a->domain, b->domain) && str_eq(a->local, b->local);
	if (str_eq(what, STR("domain")))
		return a->domain.n && str_eq(a->domain, b->domain);
	if (str_eq(what, STR("local")))
		return a->local.n && str_eq(a->local, b->local);
	if (str_eq(what, STR("name")))
		return a->name.n && str_ieq(a->name, b->name);
	return a->org.n && str_eq(a->org, b->org);
}

static size_t count_same(const struct people *a, const struct people *b, struct str what)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		bool found = false;
		for (size_t k = 0; k < b->n && !found; k++)
			found = same_person(&a->p[i], &b->p[k], what);
		n += found;
	}
	return n;
}

static bool same(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct people *a = people_in(s, arg[0].text), *b = people_in(s, arg[1].text);
	size_t count = count_same(a, b, arg[2].text);
	bool all = n > 3 && str_eq(arg[3].text, STR("all"));

	if (!count || (all && count < a->n))
		return false;
	*evidence = address_text(s, &a->p[0]);
	return true;
}

static bool differ(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct people *a = people_in(s, arg[0].text), *b = people_in(s, arg[1].text);

	(void)n;
	if (!a->n || !b->n || count_same(a, b, arg[2].text))
		return false;
	*evidence = arena_printf(s->arena, "%.*s, not %.*s", STR_ARG(address_text(s, &a->p[0])),
				 STR_ARG(address_text(s, &b->p[0])));
	return true;
}

/* Some of a, but not all, are in b. */
static bool partly(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct people *a = people_in(s, arg[0].text), *b = people_in(s, arg[1].text);
	size_t count = count_same(a, b, arg[2].text);

	(void)n;
	(void)evidence;
	return count > 0 && count < a->n;
}

/* ---- one part ---- */

static bool people_count(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct people *p = people_in(s, arg[0].text);
	double high = n > 2 ? arg[2].number : 1e9;

	if ((double)p->found < arg[1].number || (double)p->found > high)
		return false;
	*evidence = arena_printf(s->arena, "%zu", p->found);
	return true;
}

static bool people_are(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct people *p = people_in(s, arg[0].text);
	const char *word = !p->given ? "missing" : p->broken ? "broken" : p->n ? "good" : "empty";

	(void)n;
	(void)evidence;
	return words_has(arg[1].text, word);
}

static bool people_listed(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct people *p = people_in(s, arg[0].text);

	(void)n;
	for (size_t i = 0; i < p->n; i++)
		if (p->p[i].domain.n &&
		    lists_has_domain(s->lists, arg[1].text, p->p[i].domain, NULL)) {
			*evidence = p->p[i].domain;
			return true;
		}
	return false;
}

/* An address that a display name holds: the domain behind its "@"; absent: none. */
static struct str address_in_name(struct scan *s, struct str name, struct str *local)
{
	size_t at = str_chr(name, '@'), from = at, to = at + 1;

	if (at == SIZE_MAX)
		return STR_NULL;
	while (from > 0 && (ch_alnum(name.p[from - 1]) || strchr(".-_+", name.p[from - 1])))
		from--;
	while (to < name.n && (ch_alnum(name.p[to]) || name.p[to] == '.' || name.p[to] == '-'))
		to++;
	while (to > at + 1 && name.p[to - 1] == '.')
		to--;
	*local = arena_lower(s->arena, str_sub(name, from, at - from));
	if (!local->n || str_chr(str_sub(name, at, to - at), '.') == SIZE_MAX)
		return STR_NULL;
	return domain_read(s->arena, str_sub(name, at + 1, to - at - 1), DOMAIN_UNDERSCORE);
}

static const char *name_kind(struct scan *s, const struct person *p)
{
	struct str local = STR(""), domain;

	if (!p->name.n)
		return "none";
	if (str_ieq(p->name, p->local) && p->local.n)
		return "local";
	domain = address_in_name(s, p->name, &local);
	if (!domain.p)
		return "plain";
	if (str_eq(domain, p->domain))
		return str_eq(local, p->local) ? "own" : "same_domain";
	return str_eq(org_of(s, domain), p->org) ? "same_site" : "other_site";
}

static bool people_named(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct people *p = people_in(s, arg[0].text);
	size_t count = 0;

	for (size_t i = 0; i < p->n; i++)
		if (words_has(arg[1].text, name_kind(s, &p->p[i]))) {
			if (!count)
				*evidence = p->p[i].name;
			count++;
		}
	return count > 0 && (n < 3 || !str_eq(arg[2].text, STR("all")) || count == p->n) &&
	       (n < 3 || !str_eq(arg[2].text, STR("some")) || count < p->n);
}

/* ---- names in texts ---- */

static struct str text_of(struct scan *s, struct str where)
{
	const struct hdr *h;

	if (!str_eq(where, STR("subject")))
		return s->content ? content_visible(s->content) : STR("");
	h = hdr_find(&s->headers, STR("Subject"), 0);
	return h ? mime_words(s->arena, h->value) : STR("");
}

static struct str what_of(struct scan *s, const struct person *p, struct str what)
{
	if (str_eq(what, STR("address")))
		return p->local.n && p->domain.n ? address_text(s, p) : STR("");
	return str_eq(what, STR("local")) ? p->local : p->domain;
}

#define IN_TEXT_SHORTEST 4u   /* octets of a name that is looked for */
#define IN_TEXT_PEOPLE 10u    /* people of a part that are looked for */
#define IN_TEXT_OCTETS 65536u /* of a text that are looked through */

/* As a word of its own. */
static bool text_has(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++) {
		if (ch_lower(text.p[i]) != word.p[0] || !str_ieq(str_sub(text, i, word.n), word))
			continue;
		if ((i == 0 || !ch_alnum(text.p[i - 1])) &&
		    (i + word.n == text.n || !ch_alnum(text.p[i + word.n])))
			return true;
	}
	return false;
}

static bool people_in_text(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct people *p = people_in(s, arg[0].text);
	struct str text = str_sub(text_of(s, arg[1].text), 0, IN_TEXT_OCTETS);

	(void)n;
	for (size_t i = 0; i < p->n && i < IN_TEXT_PEOPLE; i++) {
		struct str word = what_of(s, &p->p[i], arg[2].text);
		if (word.n >= IN_TEXT_SHORTEST && text_has(text, word)) {
			*evidence = word;
			return true;
		}
	}
	return false;
}

static const struct predicate predicates[] = {
	{ "people_same", "sss|s", same,
	  "somebody in the first part is in the second too, by address, local, domain, org "
	  "(registrable domain) or name; with 'all' everybody. Parts: from sender replyto to cc "
	  "tocc "
	  "rcpt envfrom receipt confirm mid helo rdns" },
	{ "people_differ", "sss", differ,
	  "both parts name somebody, and nobody is in both, by address, local, domain, org or "
	  "name" },
	{ "people_partly", "sss", partly,
	  "some of the first part are in the second, and some not" },
	{ "people_count", "sn|n", people_count, "how many the part names: at least, at most" },
	{ "people_are", "ss", people_are,
	  "the part is one of: missing, empty, broken (does not parse), good" },
	{ "people_listed", "ss", people_listed, "a domain of the part is in that list" },
	{ "people_named", "ss|s", people_named,
	  "a display name of the part is one of: none, plain, local (part), own (address), "
	  "same_domain, same_site, other_site (an address there); 'all' or 'some' of them" },
	{ "people_in_text", "sss", people_in_text,
	  "the address, local or domain of somebody in the part stands in the subject or the "
	  "body" },
	{ 0 },
};

const struct check check_people = {
	.abi = CHECK_ABI,
	.name = "people",
	.help = "who is named in header and envelope",
	.stage = SCAN_HEADERS,
	.flags = CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
