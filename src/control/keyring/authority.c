/* Asks all servers of a zone at once, then those of what the name is an alias of. */
#include "control/keyring/authority.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/vec.h"
#include "control/keyring/asks.h"
#include "control/keyring/authorities.h"
#include "io/nameserver.h"
#include "io/resolver.h"

struct probe {
	struct authority *all;
	struct nameserver_query *query;
	struct authority_server found;
	struct str alias; /* what it is one of */
};

struct authority {
	struct authority_args args;
	struct arena *arena;
	struct sign_key key;
	struct str name[AUTHORITY_NAMES_MAX];
	size_t nnames, at; /* those before at are done */
	struct asks *asks;
	struct loop_timer *timer;
	VEC(struct probe *) probe;
	size_t waiting; /* probes of this name without a result */
	authority_fn *fn;
	void *arg;
};

struct str authority_name(struct arena *a, struct str domain, struct str selector)
{
	return arena_printf(a, "%.*s._domainkey.%.*s", STR_ARG(selector), STR_ARG(domain));
}

static bool shows(const struct authority_server *s)
{
	return s->what == PUBLISHED_SAME || s->what == PUBLISHED_ALIAS;
}

bool authority_good(const struct authority_report *r, const struct authority_server *s)
{
	if (shows(s))
		return true;
	for (size_t i = 0; i < r->n && s->what == PUBLISHED_NO_WAY; i++)
		if (str_eq(r->server[i].server, s->server) && str_eq(r->server[i].name, s->name) &&
		    shows(&r->server[i]))
			return true;
	return false;
}

struct str authority_summary(struct arena *a, const struct authority_report *r)
{
	struct buf b = { .arena = a };
	char ip[IP_TEXT_MAX];

	buf_add(&b, r->fault);
	for (size_t i = 0; i < r->n; i++) {
		const struct authority_server *s = &r->server[i];

		if (authority_good(r, s))
			continue;
		buf_add(&b, b.n ? STR("; ") : STR(""));
		buf_addf(&b, "%.*s", STR_ARG(s->server));
		if (s->ip.family)
			buf_addf(&b, " (%s)", ip_format(&s->ip, ip));
		buf_addf(&b, ": %s", published_word(s->what));
		if (s->detail.n)
			buf_addf(&b, ", %.*s", STR_ARG(s->detail));
	}
	return buf_str(&b);
}

/* ---- the end ---- */

static void release(struct authority *q)
{
	asks_free(q->asks);
	loop_cancel(q->timer);
	for (size_t i = 0; i < q->probe.n; i++)
		nameserver_cancel(q->probe.p[i]->query);
	arena_free(q->arena);
}

void authority_cancel(struct authority *q)
{
	if (q)
		release(q);
}

static bool is_absent(enum published p)
{
	return p == PUBLISHED_MISSING || p == PUBLISHED_OTHER || p == PUBLISHED_REVOKED ||
	       p == PUBLISHED_WRONG;
}

static void finish(struct authority *q, struct str fault)
{
	struct authority_report r = { .fault = fault, .n = q->probe.n };
	struct authority_server *s = ARENA_ARRAY(q->arena, struct authority_server, r.n + 1);
	bool same = false, good = true;

	r.server = s;
	for (size_t i = 0; i < r.n; i++)
		s[i] = q->probe.p[i]->found;
	for (size_t i = 0; i < r.n; i++) {
		same |= s[i].what == PUBLISHED_SAME;
		good &= authority_good(&r, &s[i]);
		r.absent |= is_absent(s[i].what);
	}
	r.seen = same && good && !fault.p;
	q->fn(q->arg, &r);
	release(q);
}

/* ---- the servers of one name ---- */

static void find(void *arg);

static void next_name(struct authority *q)
{
	asks_free(q->asks);
	q->asks = asks_new(q->args.loop, q->args.resolver, clock_mono_ms() + AUTHORITY_FIND_MS,
			   find, q);
	find(q);
}

/* False: there are too many of them. */
static bool note_alias(struct authority *q, struct str to)
{
	for (size_t i = 0; i < q->nnames; i++)
		if (str_eq(q->name[i], to))
			return true;
	if (q->nnames == AUTHORITY_NAMES_MAX)
		return false;
	q->name[q->nnames++] = to;
	return true;
}

static void name_done(struct authority *q)
{
	for (size_t i = 0; i < q->probe.n; i++) {
		if (!q->probe.p[i]->alias.p || note_alias(q, q->probe.p[i]->alias))
			continue;
		finish(q, STR("the name is an alias of an alias of an alias"));
		return;
	}
	if (++q->at < q->nnames)
		next_name(q);
	else
		finish(q, STR_NULL);
}

static void settled(struct probe *p, enum published what, struct str detail)
{
	p->found.what = what;
	p->found.detail = detail;
	if (--p->all->waiting == 0)
		name_done(p->all);
}

/* It has no record; perhaps the name is an alias there. */
static void alias_came(void *arg, const struct nameserver_reply *r)
{
	struct probe *p = arg;
	struct arena *a = p->all->arena;

	p->query = NULL;
	if (r->outcome != NAMESERVER_OK || r->answer.status != DNS_OK) {
		settled(p, PUBLISHED_MISSING, STR("there is no record"));
		return;
	}
	p->alias = arena_dup(a, r->answer.rr[0].data);
	settled(p, PUBLISHED_ALIAS, arena_printf(a, "of %.*s", STR_ARG(p->alias)));
}

static void ask(struct probe *p, int type, nameserver_fn *fn)
{
	const struct authority_args *x = &p->all->args;

	p->query = nameserver_ask(x->loop, &p->found.ip, x->port,
				  arena_cstr(p->all->arena, p->found.name), type, AUTHORITY_ASK_MS,
				  fn, p);
}

static void lame(struct probe *p, unsigned rcode)
{
	static const char *const word[] = { "no error", "FORMERR", "SERVFAIL",
					    "NXDOMAIN", "NOTIMP",  "REFUSED" };

	if (rcode == 0)
		settled(p, PUBLISHED_LAME, STR("its answer is without authority"));
	else if (rcode < sizeof word / sizeof *word)
		settled(p, PUBLISHED_LAME, str_c(word[rcode]));
	else
		settled(p, PUBLISHED_LAME, arena_printf(p->all->arena, "RCODE %u", rcode));
}

static void record_came(void *arg, const struct nameserver_reply *r)
{
	struct probe *p = arg;
	struct published_found f;

	p->query = NULL;
	switch (r->outcome) {
	case NAMESERVER_OK:
		published_compare(p->all->arena, &r->answer, &p->all->key, &f);
		if (f.what == PUBLISHED_MISSING)
			ask(p, DNS_CNAME, alias_came);
		else
			settled(p, f.what, f.detail);
		break;
	case NAMESERVER_LAME:
		lame(p, r->rcode);
		break;
	case NAMESERVER_GARBAGE:
		settled(p, PUBLISHED_SILENT, STR("its answer cannot be read"));
		break;
	case NAMESERVER_SILENT:
		settled(p, PUBLISHED_SILENT, STR("no answer"));
		break;
	case NAMESERVER_NO_WAY:
		settled(p, PUBLISHED_NO_WAY, STR("no route"));
		break;
	}
}

static void ask_all(struct authority *q, const struct authorities *found)
{
	size_t from = q->probe.n;

	for (size_t i = 0; i < found->n; i++) {
		struct probe *p = ARENA_NEW(q->arena, struct probe);

		p->all = q;
		p->found.name = q->name[q->at];
		p->found.zone = arena_dup(q->arena, found->zone);
		p->found.server = arena_dup(q->arena, found->at[i].server);
		p->found.ip = found->at[i].ip;
		p->found.what = PUBLISHED_SILENT;
		p->found.detail = str_c(found->at[i].why);
		q->waiting += p->found.ip.family != 0;
		VEC_PUSH(q->arena, q->probe) = p;
	}
	if (!q->waiting) {
		name_done(q);
		return;
	}
	for (size_t n = q->probe.n, i = from; i < n; i++)
		if (q->probe.p[i]->found.ip.family)
			ask(q->probe.p[i], DNS_TXT, record_came);
}

static void find(void *arg)
{
	struct authority *q = arg;
	struct arena *a = arena_new(0);
	struct authorities found;

	if (authorities_find(a, asks_dns(q->asks), q->name[q->at], &found) == AUTH_DONE) {
		if (found.fault.p)
			finish(q, arena_dup(q->arena, found.fault));
		else
			ask_all(q, &found);
	}
	arena_free(a);
}

static void begin(void *arg)
{
	struct authority *q = arg;

	q->timer = NULL;
	next_name(q);
}

struct authority *authority_ask(const struct authority_args *args, struct str domain,
				struct str selector, const struct sign_key *key, authority_fn *fn,
				void *arg)
{
	struct arena *a = arena_new(0);
	struct authority *q = ARENA_NEW(a, struct authority);

	*q = (struct authority){ .args = *args, .arena = a, .key = *key, .fn = fn, .arg = arg };
	q->key.public = arena_dup(a, key->public);
	q->name[0] = authority_name(a, domain, selector);
	q->nnames = 1;
	q->timer = loop_after(args->loop, 0, begin, q);
	return q;
}
