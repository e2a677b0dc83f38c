/* check_host() (RFC 7208 4): records entered and left on an explicit stack, terms one by one. */
#include "auth/spf/internal.h"

#include "mail/domain.h"

/* 4.3: labels of 1 to 63 octets, more than one of them, 253 in all; a dot at the end is allowed.
 * Octets that no name in mail holds and address literals are refused too. */
static bool is_domain(struct str s)
{
	size_t labels = 0;

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0 || s.n > SPF_MAX_NAME || s.p[0] == '[')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	while (s.p) {
		struct str label = str_cut(&s, '.');

		if (label.n == 0 || label.n > 63)
			return false;
		labels++;
	}
	return labels > 1;
}

/* The one SPF record among the TXT records at domain (4.4, 4.5). AUTH_PASS: *text is it. */
static enum auth_result select_record(const struct dns_answer *ans, struct str *text)
{
	size_t found = 0;

	if (ans->status == DNS_TEMPFAIL || ans->status == DNS_BOGUS)
		return AUTH_TEMPERROR;
	for (size_t i = 0; ans->status == DNS_OK && i < ans->n; i++)
		if (spf_record_is(ans->rr[i].data)) {
			*text = ans->rr[i].data;
			found++;
		}
	return found == 0 ? AUTH_NONE : found == 1 ? AUTH_PASS : AUTH_PERMERROR;
}

/* The record at domain, read into *f. none: the result where there is no record. */
static enum spf_out fetch(struct spf_run *r, struct str domain, enum auth_result none,
			  struct spf_frame *f)
{
	const char *d = spf_quote(r, domain), *wrong;
	const struct dns_answer *ans;
	struct str text = STR_NULL;
	enum auth_result found;
	enum spf_out out;

	if (!is_domain(domain))
		return spf_end(r, none, "\"%s\" is not a domain that can have an SPF record", d);
	if (domain.p[domain.n - 1] == '.')
		domain.n--;
	out = spf_ask(r, domain, DNS_TXT, &ans);
	if (out != SPF_MATCH)
		return out;
	found = select_record(ans, &text);
	if (found == AUTH_TEMPERROR)
		return spf_end(r, AUTH_TEMPERROR, "DNS error for the SPF record of %s", d);
	if (found == AUTH_NONE)
		return spf_end(r, none, "no SPF record at %s", d);
	if (found == AUTH_PERMERROR)
		return spf_end(r, AUTH_PERMERROR, "more than one SPF record at %s", d);
	*f = (struct spf_frame){ .domain = domain };
	wrong = spf_record_parse(r->arena, text, &f->rec);
	if (!wrong)
		return SPF_ENTER;
	if (!f->rec.bad.p)
		return spf_end(r, AUTH_PERMERROR, "SPF record of %s: %s", d, wrong);
	return spf_end(r, AUTH_PERMERROR, "SPF record of %s: \"%s\": %s", d,
		       spf_quote(r, f->rec.bad), wrong);
}

static enum spf_out count_term(struct spf_run *r)
{
	if (r->lookups == SPF_MAX_TERMS)
		return spf_end(r, AUTH_PERMERROR, "more than %u terms that need DNS",
			       SPF_MAX_TERMS);
	r->lookups++;
	return SPF_MATCH;
}

/* Reads the record that include or redirect names, into the frame after next or the top one. */
static enum spf_out enter(struct spf_run *r, struct str spec, struct spf_frame *f)
{
	struct str target;
	enum spf_out out = spf_target(r, spec, &target);

	return out == SPF_MATCH ? fetch(r, target, AUTH_PERMERROR, f) : out;
}

static enum spf_out include(struct spf_run *r, const struct spf_term *t)
{
	enum spf_out out = enter(r, t->domain, &r->frame[r->depth]);

	if (out == SPF_ENTER)
		r->depth++;
	return out;
}

/*
 * A record has come to a result: the evaluation is over, or the include that led here matches if it
 * is a pass (5.2), which may make the including record come to a result too.
 */
static enum spf_out leave(struct spf_run *r, enum auth_result result)
{
	while (r->depth > 1) {
		bool unknown = r->frame[--r->depth].unknown;
		struct spf_frame *up = &r->frame[r->depth - 1];

		up->unknown |= unknown;
		if (result != AUTH_PASS || unknown) {
			up->next++;
			return SPF_NO;
		}
		result = up->rec.term[up->next].qualifier;
	}
	r->code = result;
	return SPF_END;
}

/* All terms of the top record are through: redirect (6.1), or the default result (4.7). */
static enum spf_out at_end(struct spf_run *r)
{
	struct spf_frame *f = &r->frame[r->depth - 1];
	bool unknown = f->unknown;
	enum spf_out out;

	if (!f->rec.redirect.p) {
		if (r->depth == 1)
			r->reason = arena_printf(r->arena, "no term of %s matches",
						 spf_quote(r, f->domain));
		return leave(r, AUTH_NEUTRAL);
	}
	out = count_term(r);
	if (out == SPF_MATCH)
		out = enter(r, f->rec.redirect, f);
	f->unknown |= unknown;
	return out;
}

static void note_match(struct spf_run *r, const struct spf_term *t)
{
	r->reason = arena_printf(r->arena, "%s matches \"%s\" of %s",
				 t->mech == SPF_ALL ? "nothing else" : "the client",
				 spf_quote(r, t->text), spf_quote(r, r->env.domain));
}

/* One term, or what comes after the last. SPF_WAIT leaves everything but the counters as it was. */
static enum spf_out step(struct spf_run *r)
{
	struct spf_frame *f = &r->frame[r->depth - 1];
	const struct spf_term *t;
	enum spf_out out;

	r->env.domain = f->domain;
	if (r->depth == 1)
		r->mechanism = STR_NULL;
	if (f->next == f->rec.n)
		return at_end(r);
	t = &f->rec.term[f->next];
	if (r->depth == 1)
		r->mechanism = t->text;
	if (t->counts && (out = count_term(r)) != SPF_MATCH)
		return out;
	out = t->mech == SPF_INCLUDE ? include(r, t) : spf_mech_match(r, t);
	if (out == SPF_NO)
		f->next++;
	if (out != SPF_MATCH)
		return out;
	note_match(r, t);
	return leave(r, t->qualifier);
}

/* Goes past what is not known yet, to ask for what comes after it; nothing does: SPF_END. */
static enum spf_out skip(struct spf_run *r)
{
	struct spf_frame *f = &r->frame[r->depth > 0 ? r->depth - 1 : 0];

	if (r->depth == 0)
		return SPF_END;
	f->unknown = true;
	if (f->next == f->rec.n)
		return leave(r, AUTH_NEUTRAL);
	f->next++;
	return SPF_NO;
}

/* Until the end. AUTH_WAIT: what is not known was skipped on the way. */
static enum auth_step run(struct spf_run *r)
{
	enum spf_out out = fetch(r, r->env.sender, AUTH_NONE, &r->frame[0]);

	if (out == SPF_ENTER)
		r->depth = 1;
	while (out != SPF_END)
		out = out == SPF_WAIT ? skip(r) : step(r);
	return r->ahead ? AUTH_WAIT : AUTH_DONE;
}

/* The domain to check: A-labels for a domain that is not ASCII (4.3), else as given. False: it is
 * not ASCII and no domain; *out is then the raw text. */
static bool read_domain(struct arena *a, struct str s, struct str *out)
{
	struct str name;

	*out = s;
	if (!str_ascii(s)) {
		name = domain_read(a, s, DOMAIN_UNDERSCORE);
		if (name.p)
			*out = name;
		return name.p != NULL;
	}
	if (is_domain(s) && s.p[s.n - 1] == '.')
		out->n--;
	return true;
}

static struct str keep(struct arena *a, struct str s)
{
	return s.p ? arena_dup(a, s) : STR_NULL;
}

static void publish(struct arena *a, const struct spf_run *r, struct str explanation,
		    struct spf_result *res)
{
	struct str d = r->env.sender;

	*res = (struct spf_result){
		.code = r->code,
		.domain = is_domain(d) ? arena_lower(a, d) : arena_dup(a, d),
		.explanation = keep(a, explanation),
		.lookups = r->lookups,
		.voids = r->voids,
		.mechanism = keep(a, r->mechanism),
		.reason = r->code == AUTH_PASS ? STR_NULL : keep(a, r->reason),
	};
	if (r->code == AUTH_PASS || r->code == AUTH_NEUTRAL)
		res->permissive = r->permissive && r->mechanism.p;
}

/* The explanation, once the result is known; that it cannot be had does not change the result. */
static enum auth_step explain(struct spf_run *r, struct str *text)
{
	struct str reason = r->reason;
	enum spf_out out = spf_explain(r, text);

	r->code = AUTH_FAIL;
	r->reason = reason;
	return out == SPF_WAIT ? AUTH_WAIT : AUTH_DONE;
}

enum auth_step spf_eval(struct arena *a, struct dns *dns, const struct spf_request *req,
			struct spf_result *res)
{
	struct arena *scratch = arena_new(0);
	struct spf_run *r = ARENA_NEW(scratch, struct spf_run);
	struct str explanation = STR_NULL;
	enum auth_step step = AUTH_DONE;

	r->arena = scratch;
	r->dns = dns;
	r->env.req = req;
	r->env.ip = ip_unmapped(req->ip); /* 5 */
	if (!read_domain(scratch, req->domain, &r->env.sender))
		spf_end(r, AUTH_NONE, "\"%s\" is not a domain", spf_quote(r, req->domain));
	else if (req->ip.family == 0)
		spf_end(r, AUTH_NONE, "the client has no address");
	else
		step = run(r);
	if (r->code == AUTH_FAIL && req->want_explanation && r->frame[0].rec.exp.p &&
	    explain(r, &explanation) == AUTH_WAIT)
		step = AUTH_WAIT;
	if (step == AUTH_DONE)
		publish(a, r, explanation, res);
	arena_free(scratch);
	return step;
}
