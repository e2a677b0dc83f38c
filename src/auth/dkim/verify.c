/* DKIM verification of a message: which signatures are evaluated, and what comes of each. */
#include "auth/dkim/dkim.h"

#include "auth/dkim/check.h"
#include "mail/domain.h"

#define WEAK_BITS 2048u

struct entry {
	struct signature s;
	struct body_want *body; /* NULL: not evaluated */
	bool done;
	struct dkim_sig out;
};

struct dkim {
	struct checker check;
	struct canon_headers headers;
	struct dkim_request req;
	size_t n, total;
	struct entry *entry;
};

/* ---- which fields ---- */

/* Fields that a replayed message gains from being changed or doubled (singletons of RFC 5322 3.6,
 * and what decides how the body is read). */
static const struct {
	struct str name;
	unsigned flag;
} guarded[] = {
	{ STR("From"), DKIM_U_FROM },
	{ STR("Sender"), DKIM_U_SENDER },
	{ STR("Reply-To"), DKIM_U_REPLY_TO },
	{ STR("To"), DKIM_U_TO },
	{ STR("Cc"), DKIM_U_CC },
	{ STR("Subject"), DKIM_U_SUBJECT },
	{ STR("Date"), DKIM_U_DATE },
	{ STR("Message-ID"), DKIM_U_MESSAGE_ID },
	{ STR("MIME-Version"), DKIM_U_MIME_VERSION },
	{ STR("Content-Type"), DKIM_U_CONTENT_TYPE },
	{ STR("Content-Transfer-Encoding"), DKIM_U_CONTENT_TRANSFER_ENCODING },
};
#define GUARDED (sizeof guarded / sizeof *guarded)

static unsigned unsigned_fields(const struct signature *s, const size_t *present)
{
	unsigned flags = 0;

	for (size_t i = 0; i < GUARDED; i++)
		if (present[i] > signature_names(s, guarded[i].name))
			flags |= guarded[i].flag;
	return flags;
}

/* ---- reading ---- */

static void refuse(struct entry *e, enum auth_result result, const char *reason)
{
	e->out.result = result;
	e->out.reason = str_c(reason);
	e->done = true;
}

static void describe(struct entry *e)
{
	const struct signature *s = &e->s;

	e->out = (struct dkim_sig){ .result = AUTH_NEUTRAL,
				    .domain = s->domain,
				    .selector = s->selector,
				    .identity = s->identity,
				    .algorithm = s->algorithm,
				    .b8 = s->b8,
				    .t = s->t,
				    .x = s->x,
				    .h = s->h };
}

/* What can be said without key and body. */
static void judge_early(const struct dkim *d, struct entry *e)
{
	const struct signature *s = &e->s;
	int64_t now = d->req.now;

	/* Which fields h= selects is not known when some are missing. */
	if (d->req.headers->dropped)
		refuse(e, AUTH_PERMERROR, "header fields over the limit");
	else if (s->fault)
		refuse(e, AUTH_PERMERROR, s->fault);
	else if (!s->query)
		refuse(e, AUTH_PERMERROR, "s= and d= are no name");
	else if (s->expires && now > s->x)
		refuse(e, AUTH_FAIL, "signature has expired");
	else if (s->t > DKIM_FUTURE_SLACK && s->t - DKIM_FUTURE_SLACK > now)
		refuse(e, AUTH_FAIL, "signature is from the future");
}

static void read_fields(struct dkim *d)
{
	const struct hdr_list *list = d->req.headers;
	size_t present[GUARDED];

	for (size_t i = 0; i < GUARDED; i++)
		present[i] = canon_count(&d->headers, guarded[i].name);
	for (size_t i = 0; i < list->v.n; i++) {
		struct entry *e = &d->entry[d->n];

		if (!str_ieq(list->v.p[i].name, STR("DKIM-Signature")))
			continue;
		signature_read(d->check.arena, SIG_DKIM, &list->v.p[i], &e->s);
		describe(e);
		e->out.unsigned_fields = unsigned_fields(&e->s, present);
		judge_early(d, e);
		d->n++;
	}
}

/* How well d= may align with the author domain: 0 best. Organisational domains are not known
 * here; two common labels at the end are taken for a sign of one. */
static unsigned rank(const struct dkim *d, struct str domain)
{
	struct str from = d->req.from_domain;

	if (!from.n)
		return 2;
	if (domain_within(domain, from) || domain_within(from, domain))
		return 0;
	return str_eq(domain_last(domain, 2), domain_last(from, 2)) ? 1 : 2;
}

/* Those that cost something, up to the limit: the aligned ones first. */
static void choose(struct dkim *d, struct body_hash *body)
{
	size_t chosen = 0;

	for (unsigned r = 0; r <= 2; r++) {
		for (size_t i = 0; i < d->n && chosen < DKIM_MAX_SIGS; i++) {
			struct entry *e = &d->entry[i];

			if (e->done || e->body || rank(d, e->s.domain) != r)
				continue;
			e->body = body_hash_want(body, HASH_SHA256, e->s.body, e->s.length);
			chosen++;
		}
	}
	for (size_t i = 0; i < d->n; i++)
		if (!d->entry[i].done && !d->entry[i].body)
			refuse(&d->entry[i], AUTH_NEUTRAL, "not evaluated: limit");
}

struct dkim *dkim_new(struct arena *a, struct crypto *c, struct body_hash *body,
		      const struct dkim_request *req)
{
	struct dkim *d = ARENA_NEW(a, struct dkim);

	d->req = *req;
	canon_headers_init(&d->headers, a, req->headers);
	d->check = (struct checker){ .arena = a, .crypto = c, .headers = &d->headers };
	d->total = canon_count(&d->headers, STR("DKIM-Signature"));
	d->entry = ARENA_ARRAY(a, struct entry, d->total);
	read_fields(d);
	choose(d, body);
	return d;
}

void dkim_prefetch(struct dkim *d, struct dns *dns)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->entry[i].body)
			dns_ask(dns, d->entry[i].s.query, DNS_TXT);
}

/* ---- verification ---- */

/* l= leaves octets behind it unsigned (8.2): what that is worth is policy. */
static void judge_partial(struct dkim_sig *out, enum dkim_l_policy policy)
{
	out->dmarc_ok = policy == DKIM_L_ACCEPT;
	out->reason = STR("l= leaves part of the body unsigned");
	if (policy == DKIM_L_FAIL)
		out->result = AUTH_FAIL;
}

static void finish(const struct dkim *d, struct entry *e, const struct check_result *res)
{
	struct dkim_sig *out = &e->out;

	e->done = true;
	out->result = res->result;
	out->reason = str_c(res->reason);
	out->key_bits = res->key_bits;
	out->testing = res->testing;
	out->strict_i = res->strict_i;
	out->partial = res->partial;
	out->weak = e->s.type == KEY_RSA && res->key_bits && res->key_bits < WEAK_BITS;
	out->dmarc_ok = res->result == AUTH_PASS;
	if (out->dmarc_ok && out->partial)
		judge_partial(out, d->req.l_policy);
}

enum auth_step dkim_verify(struct dkim *d, struct dns *dns, struct dkim_result *res)
{
	enum auth_step step = AUTH_DONE;

	for (size_t i = 0; i < d->n; i++) {
		struct entry *e = &d->entry[i];
		struct check_result one;

		if (e->done)
			continue;
		if (check_signature(&d->check, dns, &e->s, e->body, &one) == AUTH_WAIT)
			step = AUTH_WAIT;
		else
			finish(d, e, &one);
	}
	if (step == AUTH_WAIT)
		return step;
	*res = (struct dkim_result){ .n = d->n, .total = d->total };
	res->sig = ARENA_ARRAY(d->check.arena, struct dkim_sig, d->n);
	for (size_t i = 0; i < d->n; i++)
		res->sig[i] = d->entry[i].out;
	return AUTH_DONE;
}
