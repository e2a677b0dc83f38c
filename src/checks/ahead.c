/*
 * Asks ahead: at MAIL what the sender's last messages needed (DKIM keys) and the DMARC record of
 * its domain; at the end of the headers the DMARC record of the author domain. What is asked before
 * DATA costs no time at the end of the message.
 */
#include "checks/checks.h"
#include "scan/ask.h"
#include "scan/history.h"

#include "mail/domain.h"

#define DMARC_CONFIG(s) scan_config((s), &check_dmarc)

static void ask_history(struct scan *s, struct str sender)
{
	char name[HISTORY_NAME_SIZE];

	if (!s->env->history)
		return;
	for (size_t i = 0; history_name(s->env->history, sender, i, name); i++)
		dns_ask(scan_dns(s), name, DNS_TXT);
}

static void ask_dmarc(struct scan *s, struct str domain)
{
	const struct dmarc_options *k = DMARC_CONFIG(s);

	if (domain.n)
		dmarc_prefetch(s->arena, scan_dns(s), domain, k->method, k->psl);
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	bool *asked = state;

	(void)config;
	if (scan_passive(s) || scan_outbound(s))
		return CHECK_DONE;
	if (!*asked && s->mail.domain.n) {
		struct str sender = domain_read(s->arena, s->mail.domain, DOMAIN_UNDERSCORE);
		ask_history(s, sender);
		ask_dmarc(s, sender);
		*asked = true;
	}
	if (s->stage < SCAN_HEADERS)
		return CHECK_WAIT;
	ask_dmarc(s, s->from.domain);
	return CHECK_DONE;
}

const struct check check_ahead = {
	.abi = CHECK_ABI,
	.name = "ahead",
	.help = "asks at MAIL for what the sender's messages needed before",
	.stage = SCAN_MAIL,
	.state_size = sizeof(bool),
	.run = run,
};
