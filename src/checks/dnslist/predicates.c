/* What rules ask of DNS lists: which of them list something of the message, and which said
 * nothing. */
#include "checks/dnslist/predicates.h"

#include "base/buf.h"
#include "base/err.h"
#include "checks/checks.h"

/* ---- hits ---- */

/* A signature of that domain passes (and is the author's). */
static bool signed_by(const struct scan *s, struct str domain, bool aligned)
{
	const struct dkim_result *r = scan_result(s, &check_dkim);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->sig[i].result == AUTH_PASS && r->sig[i].dmarc_ok &&
		    str_eq(r->sig[i].domain, domain) &&
		    (!aligned || (s->from.domain.n &&
				  str_eq(dnslist_org(s, domain), dnslist_org(s, s->from.domain)))))
			return true;
	return false;
}

static bool in_scope(const struct scan *s, const struct dnslist_hit *h, unsigned scopes)
{
	unsigned bit = 1u << h->target->scope;

	if ((bit & SCOPES_CLIENT) && scan_outbound(s))
		return false;
	if (scopes & bit)
		return true;
	return bit == 1u << SCOPE_DKIM &&
	       (((scopes & SCOPE_DKIM_PASS) && signed_by(s, h->target->whole, false)) ||
		((scopes & SCOPE_DKIM_ALIGNED) && signed_by(s, h->target->whole, true)));
}

/* The first record that the codes want; none wanted: the first. */
static const struct dns_rr *fitting(const struct dnslist_hit *h, struct str codes)
{
	for (size_t i = 0; i < h->n; i++)
		if (!codes.n || dnslist_codes_fit(codes, h->seat->zone->type, &h->rr[i]))
			return &h->rr[i];
	return NULL;
}

static void show(struct buf *b, const struct dnslist_hit *h, const struct dns_rr *rr)
{
	struct ip ip = { .family = 4 };
	char text[IP_TEXT_MAX];

	buf_addf(b, "%s%.*s", b->n ? ", " : "", STR_ARG(h->target->text));
	if (rr->data.n == 4 && h->seat->zone->type == DNS_A) {
		memcpy(ip.b, rr->data.p, 4);
		buf_addf(b, " (%s)", ip_format(&ip, text));
	}
}

/* The hits of a list in these scopes, or its refusals. */
static bool holds(struct scan *s, const struct predicate_arg *arg, size_t n, bool refusals,
		  struct str *evidence)
{
	const struct dnslist_desk *d = dnslist_desk(s);
	struct str codes = n > 2 ? arg[2].text : STR("");
	struct buf b = { .arena = s->arena };
	unsigned scopes, shown = 0;
	const struct dnslist_zone *z;

	if (!d || !d->hits.n || !dnslist_scopes(arg[1].text, &scopes))
		return false;
	z = map_get(d->config->by_name, arg[0].text);
	for (size_t i = 0; i < d->hits.n && shown < DNSLIST_SHOWN; i++) {
		const struct dnslist_hit *h = &d->hits.p[i];
		const struct dns_rr *rr =
			h->seat->lies ? NULL
			: !refusals   ? fitting(h, codes)
			: h->refusal && (!codes.n || dnslist_codes_fit(codes, DNS_A, h->refusal))
				? h->refusal
				: NULL;
		if (!rr || h->seat->zone != z || !in_scope(s, h, scopes))
			continue;
		show(&b, h, rr);
		shown++;
	}
	*evidence = buf_str(&b);
	return shown > 0;
}

static bool dnslist(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	return holds(s, arg, n, false, evidence);
}

static bool dnslist_refused(struct scan *s, const struct predicate_arg *arg, size_t n,
			    struct str *evidence)
{
	return holds(s, arg, n, true, evidence);
}

/* ---- lists that said nothing ---- */

typedef bool seat_fn(const struct dnslist_seat *seat);

static bool is_silent(const struct dnslist_seat *seat)
{
	return seat->silent;
}

static bool is_off(const struct dnslist_seat *seat)
{
	return seat->refuses || seat->lies;
}

static bool is_left_out(const struct dnslist_seat *seat)
{
	return seat->left_out;
}

static bool any_seat(struct scan *s, seat_fn *is, struct str *evidence)
{
	const struct dnslist_desk *d = dnslist_desk(s);
	struct buf b = { .arena = s->arena };

	for (size_t i = 0, shown = 0; d && i < map_len(d->seats) && shown < DNSLIST_SHOWN; i++) {
		const struct dnslist_seat *seat = map_at(d->seats, i);
		if (!is(seat))
			continue;
		buf_addf(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(seat->zone->name));
		shown++;
	}
	*evidence = buf_str(&b);
	return b.n > 0;
}

static bool dnslist_unanswered(struct scan *s, const struct predicate_arg *arg, size_t n,
			       struct str *evidence)
{
	(void)arg;
	(void)n;
	return any_seat(s, is_silent, evidence);
}

static bool dnslist_off(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)arg;
	(void)n;
	return any_seat(s, is_off, evidence);
}

static bool dnslist_limited(struct scan *s, const struct predicate_arg *arg, size_t n,
			    struct str *evidence)
{
	const struct dnslist_desk *d = dnslist_desk(s);
	bool any = any_seat(s, is_left_out, evidence);

	(void)arg;
	(void)n;
	if (d && d->hosts_left_out) {
		*evidence = any ? arena_printf(s->arena, "%.*s, links", STR_ARG(*evidence))
				: STR("links");
		any = true;
	}
	return any;
}

const struct predicate dnslist_predicates[] = {
	{ "dnslist", "ss|s", dnslist,
	  "a DNS list has something of the message: the list's name, what of the message (client, "
	  "received, helo, rdns, mailfrom, from, replyto, dkim, dkim_pass, dkim_aligned, url, "
	  "urlhost, urlip, urlhash, fromaddr, replyaddr, bodyaddr), and which codes count; without "
	  "codes every one" },
	{ "dnslist_refused", "ss|s", dnslist_refused,
	  "a DNS list answered with one of its codes for not serving us" },
	{ "dnslist_unanswered", "", dnslist_unanswered,
	  "a DNS list did not answer, or is left alone because it did not" },
	{ "dnslist_off", "", dnslist_off,
	  "a DNS list is left alone because it refuses us, or lists what cannot be listed" },
	{ "dnslist_limited", "", dnslist_limited,
	  "the message holds more to ask DNS lists for than may be asked" },
	{ 0 },
};

/* ---- when the rules are read ---- */

static int read_use(struct dnslist_config *k, const struct rule_use *u, struct err *e)
{
	struct dnslist_zone *z = map_get(k->by_name, u->arg[0].text);
	unsigned scopes;

	if (!z)
		return err_at(e, u->file, u->line, "%.*s: there is no list \"%.*s\"",
			      STR_ARG(u->rule), STR_ARG(u->arg[0].text));
	if (!dnslist_scopes(u->arg[1].text, &scopes))
		return err_at(e, u->file, u->line, "%.*s: found \"%.*s\", expected scopes of lists",
			      STR_ARG(u->rule), STR_ARG(u->arg[1].text));
	if (u->n > 2 && !dnslist_codes_ok(u->arg[2].text))
		return err_at(e, u->file, u->line, "%.*s: found \"%.*s\", expected codes",
			      STR_ARG(u->rule), STR_ARG(u->arg[2].text));
	if (scopes & (SCOPE_DKIM_PASS | SCOPE_DKIM_ALIGNED))
		scopes |= 1u << SCOPE_DKIM;
	if (u->predicate->test == dnslist)
		z->wanted |= scopes;
	return 0;
}

int dnslist_predicates_read(struct dnslist_config *k, const struct judge *j, struct err *e)
{
	for (size_t i = 0; i < j->nuses; i++) {
		const struct predicate *p = j->use[i].predicate;
		if ((p->test == dnslist || p->test == dnslist_refused) &&
		    read_use(k, &j->use[i], e) < 0)
			return -1;
	}
	return 0;
}
