/* Names in a message that imitate others: hosts of its links, its senders, what they call
 * themselves, and names of its files. */
#include "checks/checks.h"
#include "checks/content/people.h"
#include "checks/words.h"

#define HOSTS_MAX 200u /* distinct hosts of one message that are looked at */
#define NAMES_MAX 20u  /* people or files that are looked at */

/* Reasons for which a text is a disguise, and not only a claim to be a brand. */
#define DISGUISE                                                                                   \
	(LOOKALIKE_CONFUSABLE | LOOKALIKE_MIXED_SCRIPT | LOOKALIKE_ASCII | LOOKALIKE_INVISIBLE |   \
	 LOOKALIKE_BIDI)

struct finding {
	unsigned reasons;
	struct str evidence;
};

struct facts {
	VEC(struct finding) urls; /* of the hosts that are not honest */
	struct finding from, replyto, display, file;
};

static struct str reason_words(struct arena *a, unsigned reasons)
{
	struct str out = STR("");

	for (unsigned bit = 1; bit <= reasons; bit <<= 1)
		if (reasons & bit)
			out = arena_printf(a, "%.*s%s%s", STR_ARG(out), out.n ? ", " : "",
					   lookalike_reason_name(bit));
	return out;
}

/* "paypa1.com imitates paypal.com (ascii)". */
static struct finding finding(struct arena *a, struct str what, const struct lookalike_result *r)
{
	struct finding f = { .reasons = r->reasons };
	struct str why = reason_words(a, r->reasons), shown = r->unicode.n ? r->unicode : what;

	if (r->imitates.n)
		f.evidence = arena_printf(a, "%.*s imitates %.*s (%.*s)", STR_ARG(shown),
					  STR_ARG(r->imitates), STR_ARG(why));
	else
		f.evidence = arena_printf(a, "%.*s (%.*s)", STR_ARG(shown), STR_ARG(why));
	if (r->ascii.n && !str_eq(r->ascii, shown))
		f.evidence = arena_printf(a, "%.*s = %.*s", STR_ARG(r->ascii), STR_ARG(f.evidence));
	return f;
}

/* ---- links ---- */

struct hosts {
	struct str host[HOSTS_MAX];
	size_t n;
};

static bool seen(struct hosts *h, struct str host)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_eq(h->host[i], host))
			return true;
	if (h->n == HOSTS_MAX)
		return true;
	h->host[h->n++] = host;
	return false;
}

static void look_urls(struct scan *s, const struct lookalike *l, struct facts *f)
{
	const url_vec *u = content_urls(s->content);
	struct hosts *h = ARENA_NEW(s->arena, struct hosts);

	for (size_t i = 0; i < u->n && h->n < HOSTS_MAX; i++) {
		struct str host = u->p[i].host;
		struct lookalike_result r;
		if (!host.n || u->p[i].flags & (URL_IP | URL_BAD_HOST) || seen(h, host))
			continue;
		r = lookalike_host(l, s->arena, host);
		if (r.verdict == LOOKALIKE_SUSPICIOUS)
			VEC_PUSH(s->arena, f->urls) = finding(s->arena, host, &r);
	}
}

/* ---- people ---- */

static struct finding look_domain(struct scan *s, const struct lookalike *l, struct str domain)
{
	struct lookalike_result r = lookalike_host(l, s->arena, domain);

	return r.verdict == LOOKALIKE_SUSPICIOUS ? finding(s->arena, domain, &r)
						 : (struct finding){ 0 };
}

static void look_people(struct scan *s, const struct lookalike *l, const struct people *p,
			struct finding *domain, struct finding *name)
{
	for (size_t i = 0; i < p->n && i < NAMES_MAX; i++) {
		struct lookalike_result r;
		if (p->p[i].domain.n && !domain->reasons)
			*domain = look_domain(s, l, p->p[i].domain);
		if (!p->p[i].name.n || name->reasons)
			continue;
		r = lookalike_text(l, s->arena, p->p[i].name, p->p[i].domain);
		if (r.verdict != LOOKALIKE_OK)
			*name = finding(s->arena, p->p[i].name, &r);
	}
}

static void look_files(struct scan *s, const struct lookalike *l, struct facts *f)
{
	const content_file_vec *v = content_files(s->content);

	for (size_t i = 0; i < v->n && i < NAMES_MAX && !f->file.reasons; i++) {
		struct lookalike_result r = lookalike_text(l, s->arena, v->p[i].name, STR_NULL);
		if (r.reasons & DISGUISE)
			f->file = finding(s->arena, v->p[i].name, &r);
	}
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct people *p = scan_result(s, &check_people);
	const struct lookalike *l = s->content ? s->content->env->lookalike : NULL;
	struct facts *f = ARENA_NEW(s->arena, struct facts);

	(void)state;
	(void)config;
	if (!l)
		return CHECK_DONE;
	look_urls(s, l, f);
	look_files(s, l, f);
	if (p) {
		struct finding none = { .reasons = 1 };
		look_people(s, l, &p[PART_FROM], &f->from, &f->display);
		look_people(s, l, &p[PART_REPLYTO], &f->replyto, &none);
	}
	scan_publish(s, &check_lookalike, f);
	return CHECK_DONE;
}

/* ---- predicates ---- */

static bool wanted(const struct finding *f, const struct predicate_arg *arg, size_t n)
{
	if (!f->reasons || n == 0)
		return f->reasons != 0;
	for (unsigned bit = 1; bit <= f->reasons; bit <<= 1)
		if (f->reasons & bit && words_has(arg[0].text, lookalike_reason_name(bit)))
			return true;
	return false;
}

static bool found(const struct finding *f, const struct predicate_arg *arg, size_t n,
		  struct str *evidence)
{
	if (!f || !wanted(f, arg, n))
		return false;
	*evidence = f->evidence;
	return true;
}

static bool lookalike_url(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct facts *f = scan_result(s, &check_lookalike);

	for (size_t i = 0; f && i < f->urls.n; i++)
		if (found(&f->urls.p[i], arg, n, evidence))
			return true;
	return false;
}

static bool lookalike_from(struct scan *s, const struct predicate_arg *arg, size_t n,
			   struct str *evidence)
{
	const struct facts *f = scan_result(s, &check_lookalike);

	return f && found(&f->from, arg, n, evidence);
}

static bool lookalike_replyto(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct facts *f = scan_result(s, &check_lookalike);

	return f && found(&f->replyto, arg, n, evidence);
}

static bool lookalike_display(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct facts *f = scan_result(s, &check_lookalike);

	return f && found(&f->display, arg, n, evidence);
}

static bool lookalike_filename(struct scan *s, const struct predicate_arg *arg, size_t n,
			       struct str *evidence)
{
	const struct facts *f = scan_result(s, &check_lookalike);

	return f && found(&f->file, arg, n, evidence);
}

static const struct predicate predicates[] = {
	{ "lookalike_url", "|s", lookalike_url,
	  "a link's host imitates a protected name, for one of these reasons (any; "
	  "confusable,mixed-script,whole-script,ascii,edit,tld,subdomain,combo,invisible,bidi,"
	  "restricted,digits,marks)" },
	{ "lookalike_from", "|s", lookalike_from, "the same of the author's domain" },
	{ "lookalike_replyto", "|s", lookalike_replyto, "the same of a domain in Reply-To" },
	{ "lookalike_display_name", "|s", lookalike_display,
	  "the author's display name is a brand's, whose domain the author's is not (combo), or is "
	  "written in disguise (the other reasons)" },
	{ "lookalike_filename", "|s", lookalike_filename,
	  "a file's name is written in disguise, for one of these reasons" },
	{ 0 },
};

static const char *const needs[] = { "people", NULL };

const struct check check_lookalike = {
	.abi = CHECK_ABI,
	.name = "lookalike",
	.help = "names that imitate brands and protected domains",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
