/* The checks of this tree and the facts they publish. */
#ifndef CHECKS_CHECKS_H
#define CHECKS_CHECKS_H

#include "auth/arc/arc.h"
#include "auth/dkim/dkim.h"
#include "auth/dmarc/dmarc.h"
#include "auth/iprev.h"
#include "auth/spf/spf.h"
#include "scan/check.h"

/* All of them; NULL at the end. */
extern const struct check *const checks_all[];

extern const struct check check_ahead, check_iprev, check_spf, check_dkim, check_arc, check_dmarc,
	check_authres, check_state, check_sa_header, check_sa_html, check_sa_mime, check_sa_image,
	check_sa_body, check_people, check_headers, check_hops, check_parts, check_pages,
	check_links;
extern const struct check check_lookalike, check_sa_text, check_sa_link;

/* Our name in Authentication-Results: option auth.authserv_id, else this host's name. */
struct str authres_id(struct arena *a, const struct conf *c);

/* Published by check_iprev: struct iprev_result; by check_dkim: struct dkim_result; by check_arc:
 * struct arc_result. By check_spf and check_dmarc: */

struct spf_facts {
	struct spf_result helo, mailfrom;
	bool null_sender; /* mailfrom is the check of postmaster@HELO */
};

/* What check_dmarc's setup made of its options (scan_config). */
struct dmarc_options {
	enum dmarc_method method;
	const struct psl *psl; /* NULL if the list is not needed */
	enum action on_quarantine, on_reject, on_multiple_from;
	const struct str *sealers; /* domains whose ARC seals are believed */
	size_t nsealers;
	const struct str
		*forwarder_names; /* hosts (by confirmed reverse DNS) below these domains */
	size_t nforwarder_names;
	const struct cidr *forwarder_nets;
	size_t nforwarder_nets;
};

enum dmarc_override { OVERRIDE_NONE, OVERRIDE_SEALER, OVERRIDE_FORWARDER };

struct dmarc_facts {
	struct dmarc_result r; /* r.code permerror or none without one author domain; then: */
	enum dmarc_policy disposition; /* what is asked for, after t=y and overrides; of the
					  strictest author domain if there are several */
	enum dmarc_override override;
	struct str override_by; /* the sealer or forwarder that is trusted */
	enum dmarc_method method;
};

#endif
