/* The way a message says it came. */
#include "checks/content/hops.h"

#include "checks/checks.h"
#include "checks/words.h"
#include "mail/addr.h"
#include "mail/domain.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct hops *h = ARENA_NEW(s->arena, struct hops);
	const struct hdr *f;

	(void)state;
	(void)config;
	h->p = ARENA_ARRAY(s->arena, struct received, HOPS_MAX);
	for (; h->n < HOPS_MAX && (f = hdr_find(&s->headers, STR("Received"), h->n)); h->n++) {
		received_parse(s->arena, f->value, &h->p[h->n]);
		h->unparsed += !h->p[h->n].parsed;
	}
	h->found = hdr_count(&s->headers, STR("Received"));
	scan_publish(s, &check_hops, h);
	return CHECK_DONE;
}

static const struct hops *hops_of(const struct scan *s)
{
	static const struct hops none = { 0 };
	const struct hops *h = scan_result(s, &check_hops);

	return h ? h : &none;
}

int64_t hops_newest(const struct scan *s)
{
	const struct hops *h = hops_of(s);

	for (size_t i = 0; i < h->n; i++)
		if (h->p[i].date)
			return h->p[i].date;
	return 0;
}

static bool hop_count(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	double found = (double)hops_of(s)->found;

	(void)evidence;
	return found >= arg[0].number && (n < 2 || found <= arg[1].number);
}

static bool hop_tls(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct hops *h = hops_of(s);
	size_t with = 0;

	(void)n;
	(void)evidence;
	for (size_t i = 0; i < h->n; i++)
		with += h->p[i].tls.p || str_ieq(h->p[i].with, STR("ESMTPS")) ||
			str_ieq(h->p[i].with, STR("ESMTPSA"));
	if (str_eq(arg[0].text, STR("all")))
		return h->n > 0 && with == h->n;
	return h->n > 0 && (str_eq(arg[0].text, STR("none")) ? with == 0 : with > 0);
}

/* The announced name of a hop is an address, or has no dot. */
static const char *helo_kind(struct str name)
{
	struct ip ip;

	if (!name.n)
		return "missing";
	if (name.p[0] == '[')
		return "literal";
	if (ip_parse(name, &ip))
		return "address";
	if (str_ieq(name, STR("user")) || str_ieq(name, STR("localhost")))
		return "user";
	return str_chr(name, '.') == SIZE_MAX ? "short" : "name";
}

static bool hop_helo(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct hops *h = hops_of(s);
	double least = n > 1 ? arg[1].number : 1;
	size_t count = 0;

	for (size_t i = 0; i < h->n; i++)
		if (words_has(arg[0].text, helo_kind(h->p[i].from_name))) {
			*evidence = h->p[i].from_name;
			count++;
		}
	return (double)count >= least;
}

static bool helo_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)n;
	if (!s->client.ip.family || !words_has(arg[0].text, helo_kind(s->helo)))
		return false;
	*evidence = s->helo;
	return true;
}

/* HELO is an address, but not the client's own. */
static bool helo_other_ip(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	struct str name = s->helo;
	struct ip ip;

	(void)arg;
	(void)n;
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = str_sub(name, 1, name.n - 2);
	if (!s->client.ip.family || !ip_parse(name, &ip) || ip_eq(&ip, &s->client.ip))
		return false;
	*evidence = s->helo;
	return true;
}

/* A hop whose announced name and reverse DNS have not even their last two labels in common. */
static bool hop_forged(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct hops *h = hops_of(s);

	(void)arg;
	(void)n;
	for (size_t i = 0; i < h->n; i++) {
		const struct received *r = &h->p[i];
		struct str helo = domain_read(s->arena, r->from_name, DOMAIN_UNDERSCORE);
		struct str rdns = domain_read(s->arena, r->rdns, DOMAIN_UNDERSCORE);
		if (!helo.p || !rdns.p || domain_labels(helo) < 2 || domain_labels(rdns) < 2 ||
		    str_eq(domain_last(helo, 2), domain_last(rdns, 2)))
			continue;
		*evidence = arena_printf(s->arena, "%.*s is %.*s", STR_ARG(helo), STR_ARG(rdns));
		return true;
	}
	return false;
}

/* A hop already delivered it to one of the recipients. */
static bool hop_delivered(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct hops *h = hops_of(s);

	(void)arg;
	(void)n;
	for (size_t i = 0; i < h->n; i++)
		for (size_t k = 0; h->p[i].for_addr.n && k < s->rcpts.n && k < 10; k++) {
			struct mailbox a, b;
			if (!addr_path(s->arena, h->p[i].for_addr, &a) ||
			    !addr_path(s->arena, s->rcpts.p[k], &b) || !str_ieq(a.local, b.local) ||
			    !str_ieq(a.domain, b.domain))
				continue;
			*evidence = h->p[i].for_addr;
			return true;
		}
	return false;
}

static bool hop_unparsed(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return hops_of(s)->unparsed > 0;
}

static bool client_tls(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	(void)arg;
	(void)n;
	*evidence = s->client.tls;
	return s->client.ip.family && s->client.tls.n > 0;
}

static bool client_known(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	char text[IP_TEXT_MAX];

	(void)arg;
	(void)n;
	if (!s->client.ip.family)
		return false;
	*evidence = arena_dup(s->arena, str_c(ip_format(&s->client.ip, text)));
	return true;
}

static const struct predicate predicates[] = {
	{ "hop_count", "n|n", hop_count, "how many Received fields there are: at least, at most" },
	{ "hop_tls", "s", hop_tls, "of the hops, all, some or none came by TLS" },
	{ "hop_helo", "s|n", hop_helo,
	  "the name that a hop announced is one of: missing, address, literal, user, short, name; "
	  "at "
	  "least so many hops" },
	{ "hop_forged", "", hop_forged, "a hop announced a name of another site than its own" },
	{ "hop_delivered", "", hop_delivered, "a hop received it for one of the recipients" },
	{ "hop_unparsed", "", hop_unparsed, "a Received field does not parse" },
	{ "helo_is", "s", helo_is,
	  "the client's HELO is one of: missing, address, literal, user, short, name" },
	{ "helo_other_ip", "", helo_other_ip, "HELO is an address, and not the client's" },
	{ "client_tls", "", client_tls, "the client came by TLS" },
	{ "client_known", "", client_known, "an SMTP client is known (not mail from a file)" },
	{ 0 },
};

const struct check check_hops = {
	.abi = CHECK_ABI,
	.name = "hops",
	.help = "the way a message says it came",
	.stage = SCAN_HEADERS,
	.flags = CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
