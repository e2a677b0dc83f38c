/* Which buckets a message fills, and how far. */
#include "checks/memory/rate.h"
#include "checks/outside/geo.h"

/* What a message is by one part of a key; "": it has none. Recipients are not asked here. */
static struct str value_of(struct scan *s, enum rate_part p)
{
	char ip[IP_TEXT_MAX];

	switch (p) {
	case RATE_USER:
		return arena_lower(s->arena, s->client.auth_user);
	case RATE_IP:
		return arena_dup(s->arena, str_c(ip_format(&s->client.ip, ip)));
	case RATE_NET:
		return memory_net(s);
	case RATE_FROM_DOMAIN:
		return s->from.domain.n ? s->from.domain : arena_lower(s->arena, s->mail.domain);
	case RATE_HELO:
		return arena_lower(s->arena, s->helo);
	case RATE_ASN:
		return geo_asn_text(s);
	case RATE_COUNTRY:
		return geo_client(s)->country.n ? geo_client(s)->country : STR("");
	default:
		return STR("");
	}
}

/* An author from outside is excepted only if it is himself: anybody can claim a domain. */
static bool excepted(struct scan *s, const struct rate_rule *r)
{
	struct str user = arena_lower(s->arena, s->client.auth_user);
	struct str author = scan_outbound(s) ? s->from.domain : memory_author(s);

	if (gate_except_net(&r->except, &s->client.ip) ||
	    (user.n && gate_except_name(&r->except, user)))
		return true;
	author = arena_printf(s->arena, "@%.*s", STR_ARG(author));
	return author.n > 1 && gate_except_name(&r->except, author);
}

static bool applies(struct scan *s, const struct rate_rule *r)
{
	if (r->profile != RATE_ANY && (r->profile == RATE_SUBMISSION) != scan_outbound(s))
		return false;
	if (r->count == RATE_BOUNCES && !memory_is_bounce(s))
		return false;
	return !excepted(s, r);
}

static double cost_of(const struct scan *s, const struct rate_rule *r)
{
	switch (r->count) {
	case RATE_RECIPIENTS:
		return (double)s->nrcpts;
	case RATE_BYTES:
		return (double)(s->headers.octets + s->body_octets);
	default:
		return 1;
	}
}

/* The place of the recipient's part in the key; SIZE_MAX: it has none. */
static size_t rcpt_place(const struct rate_rule *r)
{
	for (size_t i = 0; i < r->nparts; i++)
		if (r->part[i] == RATE_RCPT || r->part[i] == RATE_RCPT_DOMAIN)
			return i;
	return SIZE_MAX;
}

static struct rate_bucket *find(struct rate_bucket *b, size_t n, size_t place, struct str value)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(b[i].part[1 + place], value))
			return &b[i];
	return NULL;
}

/* A bucket for each distinct recipient, or domain of recipients. */
static size_t by_rcpt(struct scan *s, const struct rate_bucket *like, size_t place,
		      struct rate_bucket *out, size_t max)
{
	bool domains = like->rule->part[place] == RATE_RCPT_DOMAIN;
	bool each = like->rule->count == RATE_RECIPIENTS;
	size_t n = 0;

	for (size_t i = 0; i < s->rcpts.n; i++) {
		struct rate_bucket *b;
		struct str value;
		if (!each && (n == max || n == RATE_RCPTS_MAX))
			break;
		value = memory_rcpt(s, i);
		if (domains)
			value = gate_domain(value);
		if (!value.n)
			continue;
		b = find(out, n, place, value);
		if (b && each)
			b->cost++;
		if (b || n == max || n == RATE_RCPTS_MAX)
			continue;
		out[n] = *like;
		out[n].part[1 + place] = value;
		out[n++].cost = each ? 1 : like->cost;
	}
	return n;
}

size_t rate_buckets(struct scan *s, const struct rate_rule *r, struct rate_bucket *out, size_t max)
{
	struct rate_bucket b = { .rule = r, .part = { r->name } };
	size_t place = rcpt_place(r);

	if (max == 0 || !applies(s, r))
		return 0;
	b.cost = cost_of(s, r);
	for (size_t i = 0; i < r->nparts; i++) {
		if (i == place)
			continue;
		b.part[1 + i] = value_of(s, r->part[i]);
		if (!b.part[1 + i].n)
			return 0;
	}
	if (place != SIZE_MAX)
		return by_rcpt(s, &b, place, out, max);
	*out = b;
	return 1;
}

struct str rate_key(struct scan *s, const char *ns, const struct rate_bucket *b)
{
	return memory_key(s, ns, b->part, 1 + b->rule->nparts);
}
