/* The rules that ask a network function, read once: zones, sub-tests, options, templates. */
#include <stdlib.h>

#include "checks/dnslist/sa.h"

static const struct {
	const char *name;
	enum sanet_fn fn;
} functions[] = {
	{ "check_rbl", FN_RBL },
	{ "check_rbl_txt", FN_RBL_TXT },
	{ "check_rbl_sub", FN_RBL_SUB },
	{ "check_rbl_from_host", FN_FROM_HOST },
	{ "check_rbl_from_domain", FN_FROM_DOMAIN },
	{ "check_rbl_envfrom", FN_ENVFROM },
	{ "check_rbl_rcvd", FN_RCVD },
	{ "check_rbl_ns_from", FN_NS_FROM },
	{ "check_rbl_headers", FN_HEADERS },
	{ "check_rbl_accreditor", FN_ACCREDITOR },
	{ "check_dns_sender", FN_DNS_SENDER },
	{ "check_uridnsbl", FN_URI },
	{ "check_hashbl_emails", FN_HASH_EMAILS },
	{ "check_hashbl_uris", FN_HASH_URIS },
	{ "check_hashbl_bodyre", FN_HASH_BODY },
	{ "check_hashbl_tag", FN_HASH_TAG },
	{ "check_hashbl_attachments", FN_HASH_PARTS },
	{ "askdns", FN_ASKDNS },
};

static enum sanet_fn function_of(const char *predicate)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (strcmp(predicate, functions[i].name) == 0)
			return functions[i].fn;
	return FN_NONE;
}

static unsigned read_flags(struct str tflags)
{
	static const struct {
		const char *word;
		unsigned flag;
	} known[] = {
		{ "nice", SANET_NICE },
		{ "ips_only", SANET_IPS },
		{ "domains_only", SANET_DOMAINS },
		{ "a", SANET_A },
		{ "ns", SANET_NS },
		{ "notrim", SANET_NOTRIM },
	};
	unsigned flags = 0;

	while (tflags.p) {
		struct str w = str_cut(&tflags, ' ');
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (str_eq(str_trim(w), str_c(known[i].word)))
				flags |= known[i].flag;
	}
	return flags;
}

static struct str arg_text(const struct sanet_rule *r, size_t i)
{
	return i < r->nargs ? r->arg[i].text : STR_NULL;
}

static struct str zone_of(struct str s)
{
	while (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static struct sanet_set *set_of(struct arena *a, struct sanet_plan *p, struct str name)
{
	struct sanet_set *set = map_get(p->sets, name);

	if (set)
		return set;
	set = ARENA_NEW(a, struct sanet_set);
	set->name = name;
	map_put(p->sets, name, set);
	return set;
}

/* set, zone, sub-test; or set, sub-test of a rule that only looks on. */
static bool read_rbl(struct arena *a, struct sanet_plan *p, struct sanet_rule *r, const char **why)
{
	bool sub = r->fn == FN_RBL_SUB;

	if (r->fn == FN_DNS_SENDER)
		return true;
	r->set = set_of(a, p, arg_text(r, 0));
	r->zone = sub ? STR_NULL : zone_of(arg_text(r, 1));
	r->type = r->fn == FN_RBL_TXT ? DNS_TXT : DNS_A;
	r->more = arg_text(r, 3);
	if (sub)
		VEC_PUSH(a, r->set->subs) = r;
	*why = "sub-test: a mask, an address, or an expression that can be compiled";
	return sanet_test_read(a, SANET_RBL, arg_text(r, sub ? 1 : 2), &r->test);
}

static bool read_rule(struct arena *a, struct sanet_plan *p, struct sanet_rule *r, const char **why)
{
	if (r->fn <= FN_DNS_SENDER)
		return read_rbl(a, p, r, why);
	if (r->fn == FN_ASKDNS)
		return sanet_template_read(a, r, why);
	if (r->fn != FN_URI)
		return sanet_hash_read(a, r, why);
	r->uri = map_get(p->set.uri, r->name);
	if (!r->uri)
		r->uri = map_get(p->set.uri, arg_text(r, 0));
	return true;
}

static int by_arg(const void *x, const void *y)
{
	uintptr_t a = (uintptr_t)(*(const struct sanet_rule *const *)x)->arg;
	uintptr_t b = (uintptr_t)(*(const struct sanet_rule *const *)y)->arg;

	return a < b ? -1 : a > b;
}

static bool owns(const struct check *check, const struct predicate *p)
{
	for (const struct predicate *own = check->predicates; own && own->name; own++)
		if (own == p)
			return true;
	return false;
}

/* Counts first: pointers to rules must stay. */
static size_t count_uses(const struct judge *j, const struct check *check)
{
	size_t n = 0;

	for (size_t i = 0; i < j->nuses; i++)
		n += owns(check, j->use[i].predicate);
	return n;
}

static int add_rule(struct arena *a, struct sanet_plan *p, const struct rule_use *u, struct err *e)
{
	struct sanet_rule *r = &p->rule[p->n];
	const char *why = "";

	*r = (struct sanet_rule){ .id = p->n,
				  .arg = u->arg,
				  .nargs = u->n,
				  .name = u->rule,
				  .word = u->word,
				  .flags = read_flags(u->tflags),
				  .fn = function_of(u->predicate->name) };
	if (!read_rule(a, p, r, &why))
		return err_set(e, "%s:%d: %.*s: %s: expected %s", u->file, u->line,
			       STR_ARG(u->rule), u->predicate->name, why);
	p->by_arg[p->n++] = r;
	return 0;
}

int sanet_plan(struct arena *a, const struct judge *j, const struct check *check,
	       const void **config, struct err *e)
{
	struct sanet_plan *p = ARENA_NEW(a, struct sanet_plan);
	size_t n = count_uses(j, check);

	p->sets = map_new(a, false);
	p->rule = ARENA_ARRAY(a, struct sanet_rule, n + 1);
	p->by_arg = ARENA_ARRAY(a, const struct sanet_rule *, n + 1);
	if (sanet_settings_read(a, j, &p->set, e) < 0)
		return -1;
	for (size_t i = 0; i < j->nuses; i++)
		if (owns(check, j->use[i].predicate) && add_rule(a, p, &j->use[i], e) < 0)
			return -1;
	qsort(p->by_arg, p->n, sizeof *p->by_arg, by_arg);
	*config = p;
	return 0;
}

const struct sanet_rule *sanet_rule_of(const struct sanet_plan *p, const struct predicate_arg *arg)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if ((uintptr_t)p->by_arg[mid]->arg < (uintptr_t)arg)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->n && p->by_arg[lo]->arg == arg ? p->by_arg[lo] : NULL;
}
