/* What rules ask about where links lead. */
#include "checks/outside/redirect.h"
#include "checks/words.h"
#include "scan/check.h"

const char *redirect_word(enum redirect_outcome o)
{
	static const char *const word[] = { "stays",  "leads",	"dead",	   "long",
					    "inside", "failed", "personal" };

	return word[o];
}

static const struct redirect_facts *facts(const struct scan *s)
{
	static const struct redirect_facts none = { 0 };
	const struct redirect_facts *f = scan_result(s, &check_redirect);

	return f ? f : &none;
}

static struct str trail(struct scan *s, const struct redirect *r)
{
	return arena_printf(s->arena, "%.*s leads to %.*s", STR_ARG(r->from->host),
			    STR_ARG(r->to.host.n ? r->to.host : STR("nowhere")));
}

static bool redirect_is(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct redirect_facts *f = facts(s);

	(void)n;
	for (size_t i = 0; i < f->n; i++)
		if (words_has(arg[0].text, redirect_word(f->p[i].outcome))) {
			*evidence = f->p[i].hops ? trail(s, &f->p[i]) : f->p[i].from->host;
			return true;
		}
	return words_has(arg[0].text, "more") && f->partly;
}

static bool redirect_host(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct redirect_facts *f = facts(s);

	(void)n;
	for (size_t i = 0; i < f->n; i++)
		if (f->p[i].hops && f->p[i].to.host.n &&
		    lists_has_domain(s->lists, arg[0].text, f->p[i].to.host, NULL)) {
			*evidence = trail(s, &f->p[i]);
			return true;
		}
	return false;
}

static struct str site(const struct url *u)
{
	return u->registrable.n ? u->registrable : u->host;
}

/* The author's own name, as he gives it, and what he is reached by. */
static bool authors(struct scan *s, const struct url *u)
{
	struct str domain = s->from.domain;

	return domain.n && u->registrable.n &&
	       (str_ieq(domain, u->registrable) ||
		(str_iends(domain, u->registrable) &&
		 domain.p[domain.n - u->registrable.n - 1] == '.'));
}

static bool redirect_to_other(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct redirect_facts *f = facts(s);

	(void)arg;
	(void)n;
	for (size_t i = 0; i < f->n; i++) {
		const struct redirect *r = &f->p[i];
		if (!r->hops || !r->to.host.n || str_eq(site(&r->to), site(r->from)) ||
		    authors(s, &r->to))
			continue;
		*evidence = trail(s, r);
		return true;
	}
	return false;
}

static bool redirect_hops(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct redirect_facts *f = facts(s);

	(void)n;
	for (size_t i = 0; i < f->n; i++)
		if (f->p[i].hops >= arg[0].number) {
			*evidence = trail(s, &f->p[i]);
			return true;
		}
	return false;
}

static bool redirect_url(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct redirect_facts *f = facts(s);

	(void)n;
	for (size_t i = 0; i < f->n; i++)
		for (unsigned flag = 1; f->p[i].hops && flag <= f->p[i].to.flags; flag <<= 1) {
			const char *name = f->p[i].to.flags & flag ? url_flag_name(flag) : NULL;
			if (name && words_has(arg[0].text, name)) {
				*evidence = trail(s, &f->p[i]);
				return true;
			}
		}
	return false;
}

const struct predicate redirect_predicates[] = {
	{ "redirect_is", "s", redirect_is,
	  "a link of a redirector is one of these: stays, leads, dead, long, inside, failed, "
	  "personal; more: some were not followed" },
	{ "redirect_host", "s", redirect_host,
	  "where a redirector leads is in that list of hosts" },
	{ "redirect_to_other", "", redirect_to_other,
	  "a redirector leads to a site that is neither its own nor the author's" },
	{ "redirect_hops", "n", redirect_hops, "a link is redirected so often or more" },
	{ "redirect_url", "s", redirect_url,
	  "the URL that a redirector leads to is one of these: ip, port, idn, and so on, as of "
	  "url_is" },
	{ 0 },
};
