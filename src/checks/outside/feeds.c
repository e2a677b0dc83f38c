/* Who and what of a message stands on lists that others publish (room feed). */
#include "feed/feeds.h"

#include <openssl/evp.h>

#include "base/buf.h"
#include "checks/content/hops.h"
#include "checks/dnslist/dnslist.h"
#include "checks/outside/outside.h"
#include "checks/outside/redirect.h"
#include "mail/domain.h"
#include "scan/board.h"

#define SENDERS_MAX 16u /* addresses of one message that are looked for */
#define FILES_MAX 64u	/* files of one message that are looked for */
#define CLASS_WORD "class:"

struct sender {
	struct str address, domain; /* domain in domain_read form, or absent */
};

struct link {
	struct feed_url url; /* of what is no URL of the web the key is empty */
	struct str raw;
	bool allowed; /* a feed of class allow has it */
};

/* What a message is looked up by; each is made when it is first asked for. */
struct facts {
	uint64_t missing, stale, hit; /* bit: feed */
	struct link *link;
	size_t nlinks;
	struct sender sender[SENDERS_MAX];
	size_t nsenders;
	bool has_links, has_senders;
};

/* ---- what is there ---- */

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct feed_specs *specs = ARENA_NEW(a, struct feed_specs);

	*config = specs;
	return feed_specs_read(a, c, specs, e);
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct feed_specs *specs = config;
	struct facts *f = state;

	if (!specs->n || (s->flags & SCAN_F_LOCAL && !s->env->feeds))
		return CHECK_DONE;
	for (size_t i = 0; i < specs->n; i++) {
		enum feeds_state now = feeds_state(s->env->feeds, i);
		f->missing |= (uint64_t)(now == FEEDS_MISSING) << i;
		f->stale |= (uint64_t)(now == FEEDS_STALE) << i;
		if (now != FEEDS_GOOD)
			scan_degraded(
				s, arena_printf(s->arena, "feed:%.*s", STR_ARG(specs->spec[i].name))
					   .p);
	}
	scan_publish(s, &check_feeds, f);
	return CHECK_DONE;
}

static const struct feed_specs *specs_of(const struct scan *s)
{
	return scan_config(s, &check_feeds);
}

/* NULL: there are no feeds. */
static struct facts *facts_of(const struct scan *s)
{
	return (struct facts *)scan_result(s, &check_feeds);
}

static uint64_t mark(const struct scan *s)
{
	return feeds_mark(s->env->feeds);
}

/* ---- which feeds ---- */

static bool named(const struct feed_spec *spec, const struct predicate_arg *arg, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str t = arg[i].text;
		if (str_ieq(t, spec->name) ||
		    (str_starts(t, STR(CLASS_WORD)) &&
		     str_eq(str_skip(t, strlen(CLASS_WORD)), str_c(feed_class_word(spec->class)))))
			return true;
	}
	return false;
}

/*
 * Something that is looked for in every feed that the arguments name. An address that everybody may
 * have, or one of ours, is none that a publisher means: lists of unallocated networks
 * hold 10.0.0.0/8.
 */
struct look {
	struct scan *s;
	const struct predicate_arg *arg;
	size_t n;
	struct str *evidence;
	bool near; /* such an address: only the site's own feeds and those it allows are asked */
};

typedef bool has_fn(const struct feed_set *set, const void *what);

static void count(struct scan *s, struct facts *f, size_t i)
{
	struct str name = arena_printf(s->arena, "feed:%.*s", STR_ARG(specs_of(s)->spec[i].name));

	if (!(f->hit >> i & 1))
		board_add(board_cell(s->env->board, name), BOARD_HITS, 1);
	f->hit |= UINT64_C(1) << i;
}

static bool look(const struct look *k, has_fn *has, const void *what, struct str shown)
{
	const struct feed_specs *specs = specs_of(k->s);

	for (size_t i = 0; i < specs->n; i++) {
		const struct feed_spec *spec = &specs->spec[i];
		if (!named(spec, k->arg, k->n) || (k->near && spec->class < FEED_ALLOW) ||
		    !has(feeds_set(k->s->env->feeds, i), what))
			continue;
		count(k->s, facts_of(k->s), i);
		*k->evidence = arena_printf(k->s->arena, "%.*s: %.*s", STR_ARG(spec->name),
					    STR_ARG(shown));
		return true;
	}
	return false;
}

static bool has_url(const struct feed_set *set, const void *what)
{
	return feed_has_url(set, what);
}

static bool has_host(const struct feed_set *set, const void *what)
{
	return feed_has_host(set, *(const struct str *)what);
}

static bool has_ip(const struct feed_set *set, const void *what)
{
	return feed_has_ip(set, what);
}

static bool has_address(const struct feed_set *set, const void *what)
{
	return feed_has_address(set, *(const struct str *)what);
}

static bool has_digest(const struct feed_set *set, const void *what)
{
	const struct str *d = what;

	return feed_has_digest(set, (const uint8_t *)d->p, d->n);
}

/* ---- links ---- */

static bool allowed(struct scan *s, const struct feed_url *u)
{
	const struct feed_specs *specs = specs_of(s);

	for (size_t i = 0; i < specs->n; i++) {
		const struct feed_set *set =
			specs->spec[i].class == FEED_ALLOW ? feeds_set(s->env->feeds, i) : NULL;
		if (set && (feed_has_host(set, u->host) || feed_has_url(set, u)))
			return true;
	}
	return false;
}

static bool web(const struct url *u)
{
	return str_eq(u->scheme, STR("http")) || str_eq(u->scheme, STR("https")) ||
	       str_eq(u->scheme, STR("ftp"));
}

static void read_link(struct scan *s, struct facts *f, const struct url *u)
{
	struct link *l = &f->link[f->nlinks];

	if (!web(u) || !feed_url_read(s->arena, u->clean, &l->url))
		return;
	l->raw = u->clean;
	l->allowed = allowed(s, &l->url);
	f->nlinks++;
}

/* Those of the message, and where redirectors lead. */
static void read_links(struct scan *s, struct facts *f)
{
	const url_vec *v = s->content ? content_urls(s->content) : NULL;
	const struct redirect_facts *r = scan_result(s, &check_redirect);

	f->has_links = true;
	f->link = ARENA_ARRAY(s->arena, struct link, (v ? v->n : 0) + (r ? r->n : 0) + 1);
	for (size_t i = 0; v && i < v->n; i++)
		read_link(s, f, &v->p[i]);
	for (size_t i = 0; r && i < r->n; i++)
		if (r->p[i].hops)
			read_link(s, f, &r->p[i].to);
}

static bool find_link(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence, bool host)
{
	struct look k = { s, arg, n, evidence, false };
	struct facts *f = facts_of(s);

	if (!f)
		return false;
	if (!f->has_links)
		read_links(s, f);
	for (size_t i = 0; i < f->nlinks; i++) {
		const struct link *l = &f->link[i];
		struct ip ip;
		if (l->allowed)
			continue;
		k.near = host && ip_parse(l->url.host, &ip) && !dnslist_public(s, &ip);
		if (host ? look(&k, has_host, &l->url.host, l->url.host)
			 : look(&k, has_url, &l->url, l->raw))
			return true;
	}
	return false;
}

static bool feed_url(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	return find_link(s, arg, n, evidence, false);
}

static bool feed_host(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	return find_link(s, arg, n, evidence, true);
}

/* ---- addresses of machines ---- */

static bool look_ip(struct look k, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	k.near = !dnslist_public(k.s, ip);
	return look(&k, has_ip, ip, str_c(ip_format(ip, text)));
}

static bool feed_client(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct look k = { s, arg, n, evidence, false };

	return facts_of(s) && !scan_outbound(s) && !ip_is_loopback(&s->client.ip) &&
	       look_ip(k, &s->client.ip);
}

static bool feed_hops(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct look k = { s, arg, n, evidence, false };
	const struct hops *h = scan_result(s, &check_hops);

	for (size_t i = 0; facts_of(s) && h && i < h->n; i++)
		if (h->p[i].ip.family && !ip_is_loopback(&h->p[i].ip) &&
		    !ip_eq(&h->p[i].ip, &s->client.ip) && look_ip(k, &h->p[i].ip))
			return true;
	return false;
}

/* ---- senders ---- */

static void add_sender(struct scan *s, struct facts *f, const struct mailbox *m)
{
	struct sender *to = &f->sender[f->nsenders];

	if (f->nsenders == SENDERS_MAX || !m->domain.n)
		return;
	to->domain = domain_read(s->arena, m->domain, 0);
	to->address = arena_printf(s->arena, "%.*s@%.*s", STR_ARG(m->local),
				   STR_ARG(to->domain.p ? to->domain : m->domain));
	f->nsenders++;
}

static void read_senders(struct scan *s, struct facts *f)
{
	const struct hdr *reply = hdr_find(&s->headers, STR("Reply-To"), 0);
	struct addr_list list = { 0 };

	f->has_senders = true;
	if (s->mail_ok)
		add_sender(s, f, &s->mail);
	if (reply)
		addr_parse(s->arena, reply->value, &list);
	for (size_t i = 0; i < list.v.n && i < SENDERS_MAX / 2; i++)
		add_sender(s, f, &list.v.p[i]);
	for (size_t i = 0; i < s->from.list.v.n; i++)
		add_sender(s, f, &s->from.list.v.p[i]);
}

static bool find_sender(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence, bool domain)
{
	const struct look k = { s, arg, n, evidence, false };
	struct facts *f = facts_of(s);

	if (!f)
		return false;
	if (!f->has_senders)
		read_senders(s, f);
	for (size_t i = 0; i < f->nsenders; i++) {
		struct str what = domain ? f->sender[i].domain : f->sender[i].address;
		if (what.n && look(&k, domain ? has_host : has_address, &what, what))
			return true;
	}
	return false;
}

static bool feed_address(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	return find_sender(s, arg, n, evidence, false);
}

static bool feed_domain(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	return find_sender(s, arg, n, evidence, true);
}

/* ---- files ---- */

static bool look_file(const struct look *k, size_t part)
{
	struct mime *m = k->s->content->mime;
	struct str data = mime_data(m, part), name = m->parts.p[part].name;
	struct str digest[3] = { str_of((const char *)mime_sha256(m, part), 32) };
	uint8_t sha1[20], md5[16];
	struct buf b = { .arena = k->s->arena };

	if (!data.n)
		return false;
	if (EVP_Digest(data.p, data.n, sha1, NULL, EVP_sha1(), NULL))
		digest[1] = str_of((const char *)sha1, sizeof sha1);
	if (EVP_Digest(data.p, data.n, md5, NULL, EVP_md5(), NULL))
		digest[2] = str_of((const char *)md5, sizeof md5);
	for (size_t i = 0; i < 3; i++) {
		b.n = 0;
		buf_hex(&b, digest[i].p, digest[i].n);
		buf_addc(&b, ' ');
		buf_add(&b, name);
		if (digest[i].n && look(k, has_digest, &digest[i], str_trim(buf_str(&b))))
			return true;
	}
	return false;
}

static bool wanted(const struct look *k)
{
	const struct feed_specs *specs = specs_of(k->s);

	for (size_t i = 0; i < specs->n; i++)
		if (named(&specs->spec[i], k->arg, k->n) &&
		    feed_has_digests(feeds_set(k->s->env->feeds, i)))
			return true;
	return false;
}

static bool feed_file(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct look k = { s, arg, n, evidence, false };
	const content_file_vec *v;

	if (!facts_of(s) || !s->content || !wanted(&k))
		return false;
	v = content_files(s->content);
	for (size_t i = 0; i < v->n && i < FILES_MAX; i++)
		if (look_file(&k, v->p[i].part))
			return true;
	return false;
}

/* ---- what is not there ---- */

static bool feed_missing(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct feed_specs *specs = specs_of(s);
	const struct facts *f = facts_of(s);
	struct buf b = { .arena = s->arena };

	for (size_t i = 0; f && i < specs->n; i++) {
		const struct feed_spec *spec = &specs->spec[i];
		if (!((f->missing | f->stale) >> i & 1) || (n && !named(spec, arg, n)))
			continue;
		buf_addf(&b, "%s%.*s%s", b.n ? ", " : "", STR_ARG(spec->name),
			 f->stale >> i & 1 ? " (stale)" : "");
	}
	*evidence = buf_str(&b);
	return b.n > 0;
}

static const struct predicate predicates[] = {
	{ "feed_url", "s*", feed_url,
	  "a link is listed by one of these feeds: names, or class:phish, class:malware, "
	  "class:spam; "
	  "not one that a feed of class allow has" },
	{ "feed_host", "s*", feed_host, "the same of a link's host, or a domain above it" },
	{ "feed_client", "s*", feed_client,
	  "the client's address is listed by one of these feeds; of phish, malware and spam only "
	  "public addresses are taken, and none of trusted_networks" },
	{ "feed_hops", "s*", feed_hops,
	  "an address of a Received field is listed by one of these feeds, likewise" },
	{ "feed_address", "s*", feed_address,
	  "an address of From, Reply-To or the envelope's sender is listed by one of these feeds" },
	{ "feed_domain", "s*", feed_domain, "the same of its domain, or one above it" },
	{ "feed_file", "s*", feed_file,
	  "a file's SHA-256, SHA-1 or MD5 is listed by one of these feeds" },
	{ "feed_missing", "|s*", feed_missing,
	  "one of the feeds (of these) is not there, damaged, or stale" },
	{ 0 },
};

static const char *const needs[] = { "hops", NULL };

const struct check check_feeds = {
	.abi = CHECK_ABI,
	.name = "feeds",
	.help = "lists of URLs, hosts, addresses and files that others publish",
	.stage = SCAN_HEADERS,
	.needs = needs,
	.flags = CHECK_FACTS | CHECK_MEMORY,
	.options = feed_options,
	.state_size = sizeof(struct facts),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.mark = mark,
};
