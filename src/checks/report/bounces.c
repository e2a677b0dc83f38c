/* Bounces of our reports: mail of the null sender to an address that a report was sent from, which
 * says that it was not delivered. Whether the address is one of ours is seen by who sent it. */
#include <stdio.h>

#include "checks/report/returned.h"
#include "report/uri.h"
#include "store/spool.h"

#define TOKEN 34u /* "+", 16 hexadecimal digits, ".", 16 of them */

static bool check_address(struct str v, char *why, size_t cap)
{
	struct arena *a = arena_new(0);
	struct str address, domain;
	bool ok = !v.n || report_address(a, v, &address, &domain);

	arena_free(a);
	snprintf(why, cap, "an address, local@domain");
	return ok;
}

static const struct conf_opt options[] = {
	{ .name = "report.dmarc.email",
	  .type = CONF_STR,
	  .def = "",
	  .check = check_address,
	  .help = "address that reports are from; needed where any are to be sent" },
	{ .name = "report.dmarc.bounce_address",
	  .type = CONF_STR,
	  .def = "",
	  .check = check_address,
	  .help = "sender of the envelope, to which +TOKEN is added, so that what comes back tells "
		  "which address is bad; empty: email" },
	{ 0 },
};

struct bounces {
	struct str address; /* lower case; "": no reports are sent */
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct bounces *k = ARENA_NEW(a, struct bounces);
	struct str bounce = conf_str(c, "report.dmarc.bounce_address");

	(void)e;
	k->address = arena_lower(a, bounce.n ? bounce : conf_str(c, "report.dmarc.email"));
	*config = k;
	return 0;
}

/* The bounce address with a token in it. */
static bool with_token(struct str to, struct str address)
{
	size_t at = str_rchr(address, '@');
	struct str token;

	if (at == SIZE_MAX || to.n != address.n + TOKEN ||
	    !str_starts(to, str_sub(address, 0, at)) ||
	    !str_eq(str_skip(to, at + TOKEN), str_skip(address, at)))
		return false;
	token = str_sub(to, at, TOKEN);
	for (size_t i = 0; i < TOKEN; i++) {
		bool fixed = i == 0 || i == TOKEN / 2;

		if (fixed ? token.p[i] != (i ? '.' : '+') : ch_hex(token.p[i]) < 0)
			return false;
	}
	return true;
}

/* A report of delivery (RFC 3464) that says it failed; not one of delay, nor somebody's absence. */
static bool says_failed(struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Content-Type"), 0);

	return h && str_ifind(h->value, STR("multipart/report")) &&
	       str_ifind(h->value, STR("delivery-status")) &&
	       str_ifind(s->body_head, STR("\nAction: failed"));
}

static void after(struct scan *s, const void *config)
{
	const struct bounces *k = config;

	if (!k->address.n || s->env->readonly || !s->env->spool || !s->mail_ok || s->mail.local.n ||
	    s->mail.domain.n || !says_failed(s))
		return;
	for (size_t i = 0; i < s->rcpts.n; i++) {
		struct str to = arena_lower(s->arena, s->rcpts.p[i]);

		if (to.n > 1 && to.p[0] == '<' && to.p[to.n - 1] == '>')
			to = str_sub(to, 1, to.n - 2);
		if (with_token(to, k->address))
			spool_add(s->env->spool, SPOOL_BOUNCE, to);
	}
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)config;
	scan_publish(s, &check_report_bounces, state);
	return CHECK_DONE;
}

const struct check check_report_bounces = {
	.abi = CHECK_ABI,
	.name = "report_bounces",
	.help = "bounces of our DMARC reports, so that nothing goes to an address that is not "
		"there",
	.stage = SCAN_EOM,
	.options = options,
	.state_size = 1,
	.setup = setup,
	.run = run,
	.after = after,
};
