/*
 * Whether the names that client and sender give lead anywhere. What HELO and MAIL FROM name is
 * asked when they are given, so that it costs no time at the end; of the author's domain, where it
 * is another one, one round trip's worth. A missing answer says nothing bad of anybody.
 */
#include "checks/outside/hosts.h"

#include "checks/checks.h"
#include "checks/memory/memory.h"
#include "mail/domain.h"
#include "scan/ask.h"

struct hosts_config {
	bool on;
	struct str ours; /* our name in domain_read form; absent: it is none */
};

static const struct conf_opt options[] = {
	{ .name = "hosts.dns",
	  .type = CONF_BOOL,
	  .def = "yes",
	  .help = "ask DNS whether HELO names and sender domains have addresses and mail hosts: 2 "
		  "to "
		  "4 questions a message, 9 at most, of them 3 at most after DATA" },
	{ 0 },
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct hosts_config *k = ARENA_NEW(a, struct hosts_config);

	(void)e;
	k->on = conf_bool(c, "hosts.dns");
	k->ours = domain_read(a, authres_id(a, c), DOMAIN_UNDERSCORE);
	*config = k;
	return 0;
}

const struct hosts_facts *hosts_facts(const struct scan *s)
{
	return scan_result(s, &check_hosts);
}

/* ---- HELO ---- */

/* Nobody else has a reason to go by our name. */
static bool claims_ours(struct scan *s, struct str name, unsigned found)
{
	const struct hosts_config *k = scan_config(s, &check_hosts);

	if (ip_is_loopback(&s->client.ip) || !s->client.ip.family)
		return false;
	if (k->ours.n && domain_labels(k->ours) > 1 && str_eq(name, k->ours))
		return !(found & HOSTS_MATCH);
	return memory_is_local(s, name) && !(found & (HOSTS_MATCH | HOSTS_UNKNOWN | HOSTS_LOCAL));
}

static bool helo(struct scan *s, unsigned *found)
{
	struct str name = domain_read(s->arena, s->helo, DOMAIN_UNDERSCORE);
	struct ip ip;

	*found = 0;
	if (!name.n || domain_labels(name) < 2 || ip_parse(s->helo, &ip))
		return true;
	if (!hosts_ask_helo(s, name, found))
		return false;
	if (claims_ours(s, name, *found))
		*found |= HOSTS_OURS;
	return true;
}

/* ---- senders ---- */

static bool mail(struct scan *s, struct hosts_facts *f)
{
	f->mail_domain = s->mail.domain.n ? domain_read(s->arena, s->mail.domain, DOMAIN_UNDERSCORE)
					  : STR_NULL;
	f->mail = 0;
	return !f->mail_domain.n || hosts_ask_sender(s, f->mail_domain, true, &f->mail);
}

static bool from(struct scan *s, struct hosts_facts *f)
{
	f->from = f->mail;
	if (!s->from.domain.n)
		f->from = 0;
	else if (!str_eq(s->from.domain, f->mail_domain))
		return hosts_ask_sender(s, s->from.domain, false, &f->from);
	return true;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct hosts_config *k = config;
	struct hosts_facts *f = state;
	bool here;

	if (scan_passive(s) || scan_outbound(s) || s->flags & SCAN_F_AUTH_ONLY || !k->on)
		return CHECK_DONE;
	here = helo(s, &f->helo);
	if (s->stage >= SCAN_MAIL)
		here &= mail(s, f);
	if (s->stage < SCAN_HEADERS)
		return CHECK_WAIT;
	here &= from(s, f);
	if (!here)
		return CHECK_WAIT;
	scan_publish(s, &check_hosts, f);
	return CHECK_DONE;
}

const struct check check_hosts = {
	.abi = CHECK_ABI,
	.name = "hosts",
	.help = "whether the names that client and sender give lead anywhere",
	.stage = SCAN_HELO,
	.flags = CHECK_FACTS,
	.options = options,
	.state_size = sizeof(struct hosts_facts),
	.setup = setup,
	.run = run,
	.predicates = hosts_predicates,
};
