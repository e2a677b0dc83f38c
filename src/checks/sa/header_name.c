/* An address written as the name of From, against who really sends. */
#include "checks/sa/header.h"
#include "mail/view/relays_priv.h"

#define NAME_EXTRA 50u /* letters beside the address for it still to be all that is seen */

struct spoof {
	struct str name_addr, name_domain, from_addr, from_domain;
	bool has;  /* the name holds an address */
	bool near; /* and little else */
};

static bool user_char(char c)
{
	return hop_word_char(c) || (c && strchr(".!#$%&'*+/=?^`{|}~-", c));
}

/* The first address in a name. */
static struct str address_in(struct str s)
{
	for (size_t at = 0; at < s.n; at++) {
		size_t from = at, end = at + 1, dot;
		if (s.p[at] != '@')
			continue;
		while (from && user_char(s.p[from - 1]))
			from--;
		while (from < at && !hop_word_char(s.p[from]))
			from++;
		while (end < s.n && (hop_word_char(s.p[end]) || s.p[end] == '-' || s.p[end] == '.'))
			end++;
		while (end > at + 1 && !hop_word_char(s.p[end - 1]))
			end--;
		dot = str_chr(str_sub(s, at, end - at), '.');
		if (from < at && dot != SIZE_MAX && dot > 1 && hop_word_char(s.p[at + 1]))
			return str_sub(s, from, end - from);
	}
	return STR_NULL;
}

static size_t odd_octets(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += !ch_alnum(s.p[i]);
	return n;
}

static bool domain_of(struct scan *s, struct str addr, struct str *domain)
{
	struct str host;

	return view_uri_domain(s->view, s->arena,
			       arena_printf(s->arena, "mailto:%.*s", STR_ARG(addr)), domain, &host);
}

static bool read_spoof(struct scan *s, struct spoof *p)
{
	struct str name;

	*p = (struct spoof){ 0 };
	if (!s->view || sa_present(s, "List-Id"))
		return false;
	name = arena_lower(s->arena, sa_first(s, "From:name"));
	p->from_addr = arena_lower(s->arena, sa_first(s, "From:addr"));
	p->name_addr = address_in(name);
	if (!p->name_addr.p || !domain_of(s, p->from_addr, &p->from_domain) ||
	    !domain_of(s, p->name_addr, &p->name_domain))
		return false;
	p->has = true;
	p->near =
		name.n + odd_octets(name) - odd_octets(p->name_addr) - p->name_addr.n <= NAME_EXTRA;
	return p->near;
}

/* The first label of a domain: "google" of google.com and google.de. */
static bool same_owner(const struct spoof *p)
{
	return str_eq(str_sub(p->name_domain, 0, str_chr(p->name_domain, '.')),
		      str_sub(p->from_domain, 0, str_chr(p->from_domain, '.')));
}

bool sa_name_has_address(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	struct spoof p;

	(void)arg;
	(void)n;
	(void)evidence;
	read_spoof(s, &p);
	return p.has;
}

bool sa_name_differs(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	struct spoof p;

	(void)arg;
	(void)n;
	if (!read_spoof(s, &p))
		return false;
	*evidence = p.name_addr;
	return !str_eq(p.name_addr, p.from_addr);
}

bool sa_name_domain_differs(struct scan *s, const struct predicate_arg *arg, size_t n,
			    struct str *evidence)
{
	struct spoof p;

	(void)arg;
	(void)n;
	(void)evidence;
	return read_spoof(s, &p) && !str_eq(p.name_domain, p.from_domain);
}

bool sa_name_owner_differs(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	struct spoof p;

	(void)arg;
	(void)n;
	(void)evidence;
	return read_spoof(s, &p) && !same_owner(&p);
}

bool sa_name_spoof(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	struct str level = n ? arg[0].text : STR("1");
	struct spoof p;

	if (!read_spoof(s, &p) || str_eq(p.name_addr, p.from_addr))
		return false;
	*evidence = p.name_addr;
	if (str_eq(level, STR("0")))
		return true;
	return str_eq(level, STR("2")) ? !str_eq(p.name_domain, p.from_domain) : !same_owner(&p);
}

bool sa_name_is_to(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const sa_strs *to;
	struct spoof p;

	(void)arg;
	(void)n;
	(void)evidence;
	if (!read_spoof(s, &p))
		return false;
	to = sa_to_addrs(s);
	for (size_t i = 0; i < to->n; i++)
		if (str_eq(to->p[i], p.name_addr))
			return true;
	return false;
}

bool sa_name_is_replyto(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	struct spoof p;

	(void)arg;
	(void)n;
	(void)evidence;
	return read_spoof(s, &p) && str_ieq(p.name_addr, sa_first(s, "Reply-To:addr"));
}
