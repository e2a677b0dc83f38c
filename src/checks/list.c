/* The list of checks. */
#include "checks/llm/opinion.h"
#include "checks/dnslist/dnslist.h"
#include "checks/dnslist/sa.h"
#include "checks/memory/memory.h"
#include "checks/llm/signs.h"
#include "checks/outside/age.h"
#include "checks/outside/outside.h"
#include "checks/outside/redirect.h"
#include "checks/outside/geo.h"
#include "checks/outside/hosts.h"
#include "checks/sign/outgoing.h"
#include "checks/report/rows.h"
#include "checks/report/failure.h"
#include "checks/report/inbox.h"
#include "checks/report/returned.h"

/* One a line, so that two who add one do not meet. */
/* clang-format off */
const struct check *const checks_all[] = {
	&check_dnslist,
	&check_dnslist_ask,
	&check_ahead,
	&check_iprev,
	&check_spf,
	&check_geo,
	&check_hosts,
	&check_dkim,
	&check_arc,
	&check_dmarc,
	&check_authres,
	&check_outgoing,
	&check_sign,
	&check_seal,
	&check_state,
	&check_people,
	&check_headers,
	&check_hops,
	&check_parts,
	&check_pages,
	&check_links,
	&check_sa_header,
	&check_sa_html,
	&check_sa_mime,
	&check_sa_image,
	&check_sa_body,
	&check_sa_text,
	&check_sa_link,
	&check_lookalike,
	&check_prompt,
	&check_digest,
	&check_sender,
	&check_age,
	&check_reputation,
	&check_takeover,
	&check_statistics,
	&check_trap,
	&check_autolearn,
	&check_feedback,
	&check_antivirus,
	&check_external,
	&check_redirect,
	&check_greylist,
	&check_rate,
	&check_llm,
	&check_feeds,
	&check_sa_rbl,
	&check_sa_uribl,
	&check_sa_ahead,
	&check_sa_askdns,
	&check_report_rows,
	&check_report_failure,
	&check_report_inbox,
	&check_report_bounces,
	NULL,
};
/* clang-format on */
