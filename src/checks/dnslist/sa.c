/* SpamAssassin's network functions as checks: when they ask, and their predicates. */
#include "checks/dnslist/sa.h"
#include "checks/dnslist/desk.h"

#define NAMED(name, args, help)                                                                    \
	{                                                                                          \
		name, args, holds, help                                                            \
	}

static const char *const after_lists[] = { "dnslist", NULL };
static const char *const after_dkim[] = { "dnslist", "dkim", NULL };

static enum check_step done(struct scan *s, const struct check *c, struct sanet *n)
{
	scan_publish(s, c, n);
	return CHECK_DONE;
}

/* No rule asks, or dnslist.use is off, or the scan asks nobody. */
static bool asks_nobody(const struct scan *s, const struct sanet_plan *p)
{
	return !p || !p->n || dnslist_idle(dnslist_desk(s));
}

/* ---- lists of addresses and senders ---- */

static bool rbl_holds(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	(void)n;
	return sanet_holds(scan_result(s, &check_sa_rbl), arg, evidence);
}

static uint64_t rbl_mark(const struct scan *s)
{
	return sanet_mark(scan_result(s, &check_sa_rbl));
}

static int rbl_rules(struct arena *a, const struct conf *c, const struct judge *j,
		     const void **config, struct err *e)
{
	(void)c;
	return sanet_plan(a, j, &check_sa_rbl, config, e);
}

static enum check_step rbl_run(struct scan *s, void *state, const void *config)
{
	struct sanet *n;

	if (asks_nobody(s, config))
		return CHECK_DONE;
	n = sanet_begin(s, state, config);
	if (!n->connect) {
		n->connect = true;
		sanet_rbl_connect(n);
	}
	if (s->stage < SCAN_HEADERS)
		return CHECK_WAIT;
	if (!n->headers && s->view) {
		n->headers = true;
		sanet_rbl_headers(n);
	}
	return sanet_go_on(n) == CHECK_WAIT ? CHECK_WAIT : done(s, &check_sa_rbl, n);
}

#define holds rbl_holds
static const struct predicate rbl_predicates[] = {
	NAMED("check_rbl", "ss|s", "set, list, sub-test: a relay's address is in the list"),
	NAMED("check_rbl_txt", "ss|s", "the same, by TXT records"),
	NAMED("check_rbl_sub", "ss", "set, sub-test: of what the set's list answered"),
	NAMED("check_rbl_from_host", "ss|s", "set, list, sub-test: the host of a sender's address"),
	NAMED("check_rbl_from_domain", "ss|s", "the same for its registered domain"),
	NAMED("check_rbl_envfrom", "ss|s", "the same for the host of the envelope's sender"),
	NAMED("check_rbl_rcvd", "ss|s", "the oldest relay we do not trust: address and names"),
	NAMED("check_rbl_ns_from", "ss|s", "the name servers of the envelope's sender"),
	NAMED("check_rbl_headers", "ss|ss", "what fields say (rbl_headers, or the 4th argument)"),
	NAMED("check_rbl_accreditor", "ssss", "as check_rbl, if the sender names that voucher"),
	NAMED("check_dns_sender", "", "the domain of the envelope's sender does not exist"),
	{ 0 },
};
#undef holds

const struct check check_sa_rbl = {
	.abi = CHECK_ABI,
	.name = "sa_rbl",
	.help = "SpamAssassin's DNS lists of addresses and senders (check_rbl and its kin)",
	.stage = SCAN_CONNECT,
	.flags = CHECK_FACTS,
	.needs = after_lists,
	.state_size = sizeof(struct sanet),
	.directives = sanet_words,
	.rules = rbl_rules,
	.run = rbl_run,
	.predicates = rbl_predicates,
	.mark = rbl_mark,
};

/* ---- lists of what the body names ---- */

static bool uribl_holds(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)n;
	return sanet_holds(scan_result(s, &check_sa_uribl), arg, evidence);
}

static int uribl_rules(struct arena *a, const struct conf *c, const struct judge *j,
		       const void **config, struct err *e)
{
	(void)c;
	return sanet_plan(a, j, &check_sa_uribl, config, e);
}

static enum check_step uribl_run(struct scan *s, void *state, const void *config)
{
	struct sanet *n;

	if (asks_nobody(s, config) || !s->view)
		return CHECK_DONE;
	n = sanet_begin(s, state, config);
	if (!n->all) {
		n->all = true;
		sanet_uri_all(n);
		sanet_hash_all(n);
	}
	return sanet_go_on(n) == CHECK_WAIT ? CHECK_WAIT : done(s, &check_sa_uribl, n);
}

#define holds uribl_holds
static const struct predicate uribl_predicates[] = {
	NAMED("check_uridnsbl", "s", "the rule of that name, by uridnsbl, urirhsbl or their kin"),
	NAMED("check_hashbl_emails", "s|ssss", "list, options, fields, sub-test, acl: addresses"),
	NAMED("check_hashbl_uris", "s|ss", "list, options, sub-test: links"),
	NAMED("check_hashbl_bodyre", "s|sss", "list, options, expression, sub-test: texts"),
	NAMED("check_hashbl_attachments", "s|ss", "list, options, sub-test: parts"),
	{ 0 },
};
#undef holds

const struct check check_sa_uribl = {
	.abi = CHECK_ABI,
	.name = "sa_uribl",
	.help = "SpamAssassin's DNS lists of links and digests (check_uridnsbl, check_hashbl_...)",
	.stage = SCAN_EOM,
	.flags = CHECK_FACTS | CHECK_CONTENT,
	.needs = after_lists,
	.state_size = sizeof(struct sanet),
	.rules = uribl_rules,
	.run = uribl_run,
	.predicates = uribl_predicates,
};

/* ---- templates ---- */

static bool askdns_holds(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	(void)n;
	return sanet_holds(scan_result(s, &check_sa_askdns), arg, evidence);
}

static uint64_t askdns_mark(const struct scan *s)
{
	return sanet_mark(scan_result(s, &check_sa_askdns));
}

static int askdns_rules(struct arena *a, const struct conf *c, const struct judge *j,
			const void **config, struct err *e)
{
	(void)c;
	return sanet_plan(a, j, &check_sa_askdns, config, e);
}

static enum check_step ahead_run(struct scan *s, void *state, const void *config)
{
	struct sanet *n;

	if (asks_nobody(s, config) || !s->view)
		return CHECK_DONE;
	n = sanet_begin(s, state, config);
	n->plain = true;
	sanet_askdns(n, true);
	return CHECK_DONE;
}

static enum check_step askdns_run(struct scan *s, void *state, const void *config)
{
	struct sanet *n;

	if (asks_nobody(s, config) || !s->view)
		return CHECK_DONE;
	n = sanet_begin(s, state, config);
	if (!n->all) {
		n->all = true;
		n->plain = true;
		sanet_askdns(n, false);
		n->plain = false;
		sanet_hash_tags(n);
	}
	return sanet_go_on(n) == CHECK_WAIT ? CHECK_WAIT : done(s, &check_sa_askdns, n);
}

#define holds askdns_holds
static const struct predicate askdns_predicates[] = {
	NAMED("askdns", "s|ss", "template, types, sub-test: what the directive askdns becomes"),
	NAMED("check_hashbl_tag", "sss|s", "list, options, tag, sub-test: values of a tag"),
	{ 0 },
};
#undef holds

const struct check check_sa_ahead = {
	.abi = CHECK_ABI,
	.name = "sa_ahead",
	.help = "asks at the end of the headers what askdns rules will want to know",
	.stage = SCAN_HEADERS,
	.needs = after_lists,
	.state_size = sizeof(struct sanet),
	.rules = askdns_rules,
	.run = ahead_run,
};

const struct check check_sa_askdns = {
	.abi = CHECK_ABI,
	.name = "sa_askdns",
	.help = "SpamAssassin's askdns and check_hashbl_tag: questions made of tags",
	.stage = SCAN_EOM,
	.flags = CHECK_FACTS,
	.needs = after_dkim,
	.state_size = sizeof(struct sanet),
	.rules = askdns_rules,
	.run = askdns_run,
	.predicates = askdns_predicates,
	.mark = askdns_mark,
};
