/*
 * The visible author. Everything that could make two programs see two authors ends in a reason
 * why not; FROM_OK is only what is left after all of them.
 */
#include "mail/from.h"

#include "mail/addr_lex.h"
#include "mail/domain.h"
#include "mail/from_display.h"

/* Domains that are read at all, over all From fields: FROM_MAX_MAILBOXES of them are kept. */
#define READS_MAX 256u

struct reading {
	struct arena *arena;
	struct from *out;
	size_t left; /* of READS_MAX */
};

/* An author domain, "_" allowed: DNS and the receivers of the world know such names. */
static struct str read_domain(struct reading *r, struct str s)
{
	if (!r->left)
		return STR_NULL;
	r->left--;
	return domain_read(r->arena, s, DOMAIN_UNDERSCORE);
}

static void add_domain(struct reading *r, struct str domain)
{
	struct from *out = r->out;

	for (size_t i = 0; i < out->domains.n; i++)
		if (str_eq(out->domains.p[i], domain))
			return;
	if (out->domains.n < FROM_MAX_MAILBOXES)
		VEC_PUSH(r->arena, out->domains) = domain;
}

/* Adds the readable domains of l; the worst that is wrong with a mailbox of it. */
static enum from_why read_mailboxes(struct reading *r, const struct addr_list *l)
{
	enum from_why why = FROM_OK;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct mailbox *m = &l->v.p[i];
		struct str domain;
		if (m->flags & (ADDR_F_NO_DOMAIN | ADDR_F_LITERAL)) {
			why = FROM_NO_DOMAIN;
			continue;
		}
		domain = read_domain(r, m->domain);
		if (domain.p)
			add_domain(r, domain);
		else if (why == FROM_OK)
			why = FROM_BAD_DOMAIN;
	}
	return why;
}

/*
 * Where the grammar does not say who the author is, or programs may not follow it, everything that
 * stands behind an "@" may be what is shown.
 */
static void add_named(struct reading *r, struct str value)
{
	for (size_t i = 0; i < value.n && r->left; i++) {
		size_t n = 0;
		struct str domain;
		if (value.p[i] != '@')
			continue;
		while (i + 1 + n < value.n && (lex_is_atext((unsigned char)value.p[i + 1 + n]) ||
					       value.p[i + 1 + n] == '.'))
			n++;
		domain = n ? read_domain(r, str_sub(value, i + 1, n)) : STR_NULL;
		if (domain.p)
			add_domain(r, domain);
		i += n;
	}
}

/* What is wrong with the list itself, the first that applies. */
static enum from_why judge_list(const struct addr_list *l)
{
	static const struct {
		unsigned flag;
		enum from_why why;
	} faults[] = {
		{ ADDR_F_CONTROL, FROM_CONTROL },
		{ ADDR_F_ENCODED_WORD_ADDR, FROM_ENCODED },
		{ ADDR_F_SYNTAX, FROM_SYNTAX },
		{ ADDR_F_LIMIT, FROM_LIMIT },
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (l->flags & faults[i].flag)
			return faults[i].why;
	if (l->v.n > FROM_MAX_MAILBOXES)
		return FROM_LIMIT;
	return l->v.n ? FROM_OK : FROM_EMPTY;
}

/* Legal forms that programs do not agree about. */
static bool unclear(const struct addr_list *l)
{
	return l->flags & (ADDR_F_GROUP | ADDR_F_ROUTE | ADDR_F_SPLIT);
}

static bool displays_mislead(struct arena *a, const struct addr_list *l, struct str domain)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (from_display_misleads(a, l->v.p[i].display, domain))
			return true;
	return false;
}

/* The fields that are From, to whatever reader. */
struct fields {
	size_t real, like;
};

static enum from_why judge_fields(const struct hdr_list *h, struct fields n)
{
	if (n.real + n.like > 1 || (n.real + n.like == 1 && h->hidden_from))
		return FROM_FIELDS;
	if (n.like || h->hidden_from)
		return FROM_AMBIGUOUS;
	return n.real ? FROM_OK : FROM_MISSING;
}

static enum from_why judge(struct arena *a, const struct hdr_list *h, struct fields n,
			   enum from_why boxes, struct from *out)
{
	enum from_why why = judge_fields(h, n);

	if (why == FROM_OK)
		why = judge_list(&out->list);
	if (why == FROM_OK)
		why = boxes;
	if (why == FROM_OK && ((h->flags & HDR_F_NO_COLON) || unclear(&out->list)))
		why = FROM_AMBIGUOUS;
	if (why == FROM_OK && out->domains.n > 1)
		why = FROM_DOMAINS;
	if (why == FROM_OK && displays_mislead(a, &out->list, out->domains.p[0]))
		why = FROM_AMBIGUOUS;
	return why;
}

void from_read(struct arena *a, const struct hdr_list *h, struct from *out)
{
	struct reading r = { .arena = a, .out = out, .left = READS_MAX };
	enum from_why boxes = FROM_OK;
	struct fields n = { 0 };

	*out = (struct from){ 0 };
	for (size_t i = 0; i < h->v.n; i++) {
		const struct hdr *f = &h->v.p[i];
		struct addr_list l;
		bool real = str_ieq(f->name, STR("from"));
		if (!real && !(f->odd && hdr_like(f->name, STR("from"))))
			continue;
		addr_parse(a, f->value, &l);
		boxes = read_mailboxes(&r, &l);
		if (l.flags & (ADDR_F_SYNTAX | ADDR_F_CONTROL | ADDR_F_ROUTE | ADDR_F_SPLIT))
			add_named(&r, f->value);
		if (n.real + n.like == 0)
			out->list = l;
		n.real += real;
		n.like += !real;
	}
	out->multiple = out->list.v.n > 1;
	out->why = judge(a, h, n, boxes, out);
	if (out->why == FROM_OK)
		out->domain = out->domains.p[0];
}

const char *from_reason(enum from_why why)
{
	static const char *const reasons[] = {
		[FROM_MISSING] = "no From field",
		[FROM_FIELDS] = "more than one From field",
		[FROM_EMPTY] = "no address in From",
		[FROM_SYNTAX] = "From is not an address list",
		[FROM_DOMAINS] = "addresses of different domains in From",
		[FROM_NO_DOMAIN] = "an address without a domain in From",
		[FROM_BAD_DOMAIN] = "an invalid domain in From",
		[FROM_ENCODED] = "an encoded word inside an address in From",
		[FROM_CONTROL] = "a control character in From",
		[FROM_LIMIT] = "too many addresses in From",
		[FROM_AMBIGUOUS] = "From can be read in more than one way",
	};

	return (size_t)why < sizeof reasons / sizeof *reasons ? reasons[why] : NULL;
}
