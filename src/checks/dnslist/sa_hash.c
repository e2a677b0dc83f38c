/* check_hashbl_*: addresses, links, texts, tags and attachments as digests below a list's name. */
#include "base/buf.h"
#include "checks/dnslist/dnslist.h"
#include "checks/dnslist/sa.h"
#include "checks/sa/header.h"
#include "mail/view/view_priv.h"

#define TEXT_MAX (1024u * 1024u) /* octets of body that addresses are looked for in */

enum hash_flag {
	HASH_CASE = 1 << 0,
	HASH_NODOT = 1 << 1,
	HASH_NOTAG = 1 << 2,
	HASH_NOURI = 1 << 3,
	HASH_NOQUOTE = 1 << 4,
	HASH_USER = 1 << 5,
	HASH_HOST = 1 << 6,
	HASH_DOMAIN = 1 << 7,
	HASH_NUM = 1 << 8,
	HASH_IP = 1 << 9,
	HASH_IPV4 = 1 << 10,
	HASH_IPV6 = 1 << 11,
	HASH_REVIP = 1 << 12,
	HASH_FQDN = 1 << 13,
	HASH_TLD = 1 << 14,
	HASH_TRIM = 1 << 15,
};

struct sanet_hash {
	enum dnslist_digest digest;
	enum dnslist_coding coding;
	unsigned flags;
	size_t max;
	uint64_t minsize, maxsize; /* 0: not said */
	struct str acl;
};

/* ---- rules ---- */

static const struct {
	const char *word;
	unsigned flag;
} options[] = {
	{ "case", HASH_CASE },	     { "nodot", HASH_NODOT },
	{ "notag", HASH_NOTAG },     { "nouri", HASH_NOURI },
	{ "noquote", HASH_NOQUOTE }, { "user", HASH_USER },
	{ "host", HASH_HOST },	     { "domain", HASH_DOMAIN },
	{ "num", HASH_NUM },	     { "ip", HASH_IP },
	{ "ipv4", HASH_IPV4 },	     { "ipv6", HASH_IPV6 },
	{ "revip", HASH_REVIP },     { "fqdn", HASH_FQDN },
	{ "tld", HASH_TLD },	     { "trim", HASH_TRIM | HASH_FQDN | HASH_TLD },
};

static void read_option(struct sanet_hash *h, struct str word)
{
	struct str value = word, key = str_trim(str_cut(&value, '='));
	uint64_t v;

	if (str_eq(key, STR("md5")))
		h->digest = DNSLIST_MD5;
	else if (str_eq(key, STR("sha1")))
		h->digest = DNSLIST_SHA1;
	else if (str_eq(key, STR("sha256")))
		h->digest = DNSLIST_SHA256;
	h->coding = h->digest == DNSLIST_SHA256 ? DNSLIST_BASE32 : DNSLIST_HEX;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (str_eq(key, str_c(options[i].word)))
			h->flags |= options[i].flag;
	if (!value.p || !str_u64(str_trim(value), 1000000000, &v))
		return;
	if (str_eq(key, STR("max")) && v)
		h->max = v < SANET_MAX_VALUES ? v : SANET_MAX_VALUES;
	else if (str_eq(key, STR("minsize")))
		h->minsize = v;
	else if (str_eq(key, STR("maxsize")))
		h->maxsize = v;
}

/* "list.example/TXT" */
static void read_list(struct sanet_rule *r, struct str list)
{
	size_t slash = str_rchr(list, '/');

	r->type = DNS_A;
	r->zone = list;
	if (slash == SIZE_MAX)
		return;
	r->type = str_ieq(str_skip(list, slash + 1), STR("txt")) ? DNS_TXT : DNS_A;
	r->zone = str_sub(list, 0, slash);
}

static struct str arg_text(const struct sanet_rule *r, size_t i)
{
	return i < r->nargs ? r->arg[i].text : STR_NULL;
}

bool sanet_hash_read(struct arena *a, struct sanet_rule *r, const char **why)
{
	struct sanet_hash *h = ARENA_NEW(a, struct sanet_hash);
	struct str left = arg_text(r, 1), test = arg_text(r, 2);

	*why = "a list, options, and a sub-test that can be compiled";
	if (!left.n)
		left = r->fn == FN_HASH_EMAILS ? STR("sha1/notag/noquote") : STR("sha1");
	h->max = 10;
	for (left = arena_lower(a, left); left.p;)
		read_option(h, str_trim(str_cut(&left, '/')));
	read_list(r, arg_text(r, 0));
	r->hash = h;
	if (r->fn == FN_HASH_EMAILS || r->fn == FN_HASH_BODY || r->fn == FN_HASH_TAG) {
		r->more = arg_text(r, 2);
		test = arg_text(r, 3);
		h->acl = arg_text(r, 4);
	}
	if (r->fn == FN_HASH_BODY) {
		r->body = sa_regex_new(a, r->more);
		*why = "an expression that can be compiled";
	}
	return r->zone.n && (r->fn != FN_HASH_BODY || r->body) &&
	       sanet_test_read(a, SANET_HASH, test, &r->test);
}

/* ---- questions ---- */

static void take_listing(struct sanet *n, const struct sanet_listener *l,
			 const struct sanet_question *q)
{
	for (size_t i = 0; q->answer->status == DNS_OK && i < q->answer->n; i++) {
		struct sanet_value v = sanet_value(n->scan->arena, q->type, &q->answer->rr[i]);
		if (sanet_answer_fits(&l->rule->test, &v, q->refused))
			sanet_hit(n, l->rule, l->about);
	}
}

static void ask_label(struct sanet *n, const struct sanet_rule *r, struct str label,
		      struct str about)
{
	if (!label.n || map_get(n->plan->set.ignore, label))
		return;
	while (label.n && label.p[label.n - 1] == '.')
		label.n--;
	sanet_ask(n, label, r->zone, r->type, (struct sanet_listener){ take_listing, r, about });
}

static void ask_value(struct sanet *n, const struct sanet_rule *r, struct str value)
{
	if (map_get(n->plan->set.ignore, value))
		return;
	ask_label(n, r, dnslist_hash(n->scan->arena, r->hash->digest, r->hash->coding, 0, value),
		  value);
}

static void ask_all(struct sanet *n, const struct sanet_rule *r, sanet_strs v)
{
	v.n = sanet_shuffle(n, v.p, v.n, r->hash->max);
	for (size_t i = 0; i < v.n; i++)
		ask_value(n, r, v.p[i]);
}

static bool spared(const struct sanet *n, struct str host)
{
	struct str list = STR("uridnsbl_skip_domain");

	return lists_has(n->scan->lists, list, host, NULL, NULL) ||
	       lists_has(n->scan->lists, list,
			 view_trim_domain(n->scan->view, n->scan->arena, host), NULL, NULL);
}

/* ---- addresses ---- */

static struct str body_text(struct sanet *n)
{
	struct buf b = { .arena = n->scan->arena };
	const struct view_lines *l = view_body(n->scan->view);
	size_t nu = 0;
	const struct view_uri *u = view_uri_details(n->scan->view, &nu);

	for (size_t i = 0; i < nu && b.n < TEXT_MAX; i++)
		if (str_istarts(u[i].raw, STR("mailto:")) && str_starts(u[i].type, STR("a")) &&
		    str_find(u[i].type, STR("parsed")) == SIZE_MAX) {
			buf_add(&b, str_skip(u[i].raw, 7));
			buf_addc(&b, '\n');
		}
	for (size_t i = 0; i < l->n && b.n < TEXT_MAX; i++)
		buf_add(&b, str_sub(l->p[i].text, 0, TEXT_MAX));
	return buf_str(&b);
}

static void emails_of(struct sanet *n, const struct sanet_rule *r, struct str field,
		      sanet_strs *out)
{
	unsigned flags = (r->hash->flags & HASH_NOURI ? EMAIL_NOURI : 0) |
			 (r->hash->flags & HASH_NOQUOTE ? EMAIL_NOQUOTE : 0);
	struct buf b = { .arena = n->scan->arena };
	const struct view_lines *l;
	const sa_strs *from;

	if (str_eq(field, STR("ALLFROM"))) {
		from = sa_from_addrs(n->scan);
		for (size_t i = 0; i < from->n && i < SANET_MAX_VALUES; i++)
			VEC_PUSH(n->scan->arena, *out) = from->p[i];
		return;
	}
	if (str_eq(field, STR("body"))) {
		sanet_emails(n, body_text(n), flags, out);
		return;
	}
	l = sa_lines(n->scan, field);
	for (size_t i = 0; i < l->n && b.n < TEXT_MAX; i++) {
		buf_add(&b, l->p[i].text);
		buf_addc(&b, '\n');
	}
	sanet_emails(n, buf_str(&b), 0, out);
}

/* An address to whom the message was delivered is no news. */
static bool is_recipient(struct sanet *n, struct str email)
{
	static const char *const fields[] = { "X-Original-To:addr", "Apparently-To:addr",
					      "Delivered-To:addr", "Envelope-To:addr" };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const struct view_lines *l = sa_lines(n->scan, str_c(fields[i]));
		for (size_t k = 0; k < l->n; k++)
			if (str_ieq(str_trim(l->p[k].text), email))
				return true;
	}
	return false;
}

static bool admitted(struct sanet *n, const struct sanet_rule *r, struct str domain)
{
	struct str acl = r->hash->acl, key;

	if (!acl.n)
		return !spared(n, domain);
	if (str_ieq(acl, STR("all")))
		return true;
	key = arena_printf(n->scan->arena, "%.*s:%.*s", STR_ARG(acl), STR_ARG(domain));
	return map_get(n->plan->set.acl, key) == &sanet_allow;
}

/* The address as this list wants it; absent: it is not asked for. */
static struct str email_value(struct sanet *n, const struct sanet_rule *r, struct str email)
{
	struct arena *a = n->scan->arena;
	size_t at = str_rchr(email, '@');
	struct str local = str_sub(email, 0, at), domain = str_skip(email, at + 1), value;
	const struct str *alias;
	unsigned f = r->hash->flags;

	if (at == SIZE_MAX || !domain.n)
		return STR_NULL;
	alias = map_get(n->plan->set.alias, domain);
	domain = alias ? *alias : domain;
	email = arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
	if (is_recipient(n, email) || sanet_email_welcome(n, email) || !admitted(n, r, domain))
		return STR_NULL;
	if (f & HASH_NODOT)
		local = dnslist_without_dots(a, local);
	if (f & HASH_NOTAG)
		local = str_sub(local, 0, str_chr(local, '+'));
	if (f & HASH_DOMAIN)
		value = view_trim_domain(n->scan->view, a, domain);
	else if (f & HASH_HOST)
		value = domain;
	else if (f & HASH_USER)
		value = local;
	else
		value = arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
	return f & HASH_CASE ? value : arena_lower(a, value);
}

static void ask_emails(struct sanet *n, const struct sanet_rule *r)
{
	struct str left = r->more.n ? r->more : STR("ALLFROM/Reply-To/body");
	struct map *seen = map_new(n->scan->arena, false);
	sanet_strs found = { 0 }, values = { 0 };

	while (left.p)
		emails_of(n, r, str_trim(str_cut(&left, '/')), &found);
	for (size_t i = 0; i < found.n && i < SANET_MAX_VALUES; i++)
		sanet_add_once(n->scan->arena, &values, seen, email_value(n, r, found.p[i]));
	ask_all(n, r, values);
}

/* ---- links ---- */

static bool asks_link(struct sanet *n, const struct view_uri *u)
{
	struct str left = u->type;
	bool wanted = false;

	if (!u->nhosts || str_istarts(u->raw, STR("mailto:")))
		return false;
	while (left.p) {
		struct str type = str_cut(&left, ' ');
		wanted |= str_eq(type, STR("a")) || str_eq(type, STR("parsed"));
	}
	for (size_t i = 0; wanted && i < u->nhosts; i++)
		wanted = !spared(n, u->hosts[i].host);
	return wanted;
}

static void ask_links(struct sanet *n, const struct sanet_rule *r)
{
	struct map *seen = map_new(n->scan->arena, false);
	struct arena *a = n->scan->arena;
	sanet_strs v = { 0 };
	size_t nu = 0;
	const struct view_uri *u = view_uri_details(n->scan->view, &nu);

	if (r->hash->digest == DNSLIST_RAW)
		return;
	for (size_t i = 0; i < nu; i++)
		for (size_t k = 0; asks_link(n, &u[i]) && k < u[i].cleaned.n; k++) {
			struct str s = u[i].cleaned.p[k].text;
			sanet_add_once(a, &v, seen,
				       r->hash->flags & HASH_CASE ? s : arena_lower(a, s));
		}
	ask_all(n, r, v);
}

/* ---- texts of the body ---- */

static struct str digits_of(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (ch_digit(s.p[i]))
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

static void ask_body(struct sanet *n, const struct sanet_rule *r)
{
	struct map *seen = map_new(n->scan->arena, false);
	struct arena *a = n->scan->arena;
	sanet_strs v = { 0 };
	const struct view_lines *l = str_eq(r->word, STR("rawbody")) ? view_rawbody(n->scan->view)
				     : str_eq(r->word, STR("full"))  ? view_full(n->scan->view)
								     : view_body(n->scan->view);

	for (size_t i = 0; i < l->n && !scan_over(n->scan); i++) {
		struct str s;
		for (size_t at = 0;
		     v.n < SANET_MAX_VALUES && sa_regex_next(r->body, l->p[i].text, &at, &s);) {
			s = r->hash->flags & HASH_CASE ? s : arena_lower(a, s);
			sanet_add_once(a, &v, seen,
				       r->hash->flags & HASH_NUM ? digits_of(a, s) : s);
		}
	}
	ask_all(n, r, v);
}

/* ---- attachments ---- */

static bool asks_part(struct sanet *n, const struct sanet_hash *h, const struct view_part *p,
		      struct str octets)
{
	const struct map *ignore = n->plan->set.ignore;

	if (!octets.n || map_get(ignore, p->type) || (p->name.n && map_get(ignore, p->name)))
		return false;
	return octets.n >= h->minsize && (!h->maxsize || octets.n <= h->maxsize);
}

static void ask_parts(struct sanet *n, const struct sanet_rule *r)
{
	struct map *seen = map_new(n->scan->arena, false);
	struct arena *a = n->scan->arena;
	const struct sanet_hash *h = r->hash;
	sanet_strs v = { 0 };
	size_t np = 0;
	const struct view_part *p = view_parts(n->scan->view, &np);

	for (size_t i = 0; h->digest != DNSLIST_RAW && i < np && !scan_over(n->scan); i++) {
		struct str octets;
		if (!p[i].leaf)
			continue;
		octets = view_part_decoded(n->scan->view, &n->scan->view->parts[i]);
		if (asks_part(n, h, &p[i], octets))
			sanet_add_once(a, &v, seen,
				       dnslist_hash(a, h->digest, h->coding, 0, octets));
	}
	v.n = sanet_shuffle(n, v.p, v.n, h->max);
	for (size_t i = 0; i < v.n; i++)
		ask_label(n, r, v.p[i], v.p[i]);
}

void sanet_hash_all(struct sanet *n)
{
	for (size_t i = 0; i < n->plan->n; i++) {
		const struct sanet_rule *r = &n->plan->rule[i];
		if (r->fn == FN_HASH_EMAILS)
			ask_emails(n, r);
		else if (r->fn == FN_HASH_URIS)
			ask_links(n, r);
		else if (r->fn == FN_HASH_BODY)
			ask_body(n, r);
		else if (r->fn == FN_HASH_PARTS)
			ask_parts(n, r);
	}
}

/* ---- tags ---- */

/* The value as the options want it; absent: it is not asked for. */
static struct str tag_value(struct sanet *n, const struct sanet_rule *r, struct str value)
{
	unsigned f = r->hash->flags;
	bool v6 = str_chr(value, ':') != SIZE_MAX;
	struct str domain = STR_NULL;

	value = f & HASH_CASE ? value : arena_lower(n->scan->arena, value);
	if (view_ip_is(value)) {
		if ((f & HASH_IPV4 && v6) || (f & HASH_IPV6 && !v6))
			return STR_NULL;
		return f & HASH_REVIP ? view_ip_reverse(n->scan->arena, value) : value;
	}
	if (f & (HASH_IP | HASH_IPV4 | HASH_IPV6))
		return STR_NULL;
	if (view_fqdn_valid(value))
		domain = view_trim_domain(n->scan->view, n->scan->arena, value);
	if ((f & HASH_FQDN && !domain.n) || (domain.n && spared(n, value)) ||
	    (f & HASH_TLD && !view_tld_valid(n->scan->view, value)))
		return STR_NULL;
	return f & HASH_TRIM && domain.n ? domain : value;
}

void sanet_hash_tags(struct sanet *n)
{
	for (size_t i = 0; i < n->plan->n; i++) {
		const struct sanet_rule *r = &n->plan->rule[i];
		struct map *seen;
		sanet_strs found = { 0 }, v = { 0 };
		struct str tag = r->more;
		if (r->fn != FN_HASH_TAG)
			continue;
		if (tag.n > 2 && tag.p[0] == '_' && tag.p[tag.n - 1] == '_')
			tag = str_sub(tag, 1, tag.n - 2);
		sanet_tag(n->scan, tag, &found);
		seen = map_new(n->scan->arena, false);
		for (size_t k = 0; k < found.n; k++)
			sanet_add_once(n->scan->arena, &v, seen, tag_value(n, r, found.p[k]));
		ask_all(n, r, v);
	}
}
