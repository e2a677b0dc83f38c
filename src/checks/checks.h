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
	check_authres, check_state;

/* Published by check_iprev: struct iprev_result; by check_dkim: struct dkim_result; by check_arc:
 * struct arc_result. By check_spf and check_dmarc: */

struct spf_facts {
	struct spf_result helo, mailfrom;
	bool null_sender; /* mailfrom is the check of postmaster@HELO */
};

enum dmarc_override { OVERRIDE_NONE, OVERRIDE_SEALER, OVERRIDE_FORWARDER };

struct dmarc_facts {
	struct dmarc_result r;	       /* r.code permerror or none without one author domain; then: */
	enum dmarc_policy disposition; /* what is asked for, after t=y and overrides; of the strictest
					  author domain if there are several */
	enum dmarc_override override;
	struct str override_by; /* the sealer or forwarder that is trusted */
	enum dmarc_method method;
};

#endif
