/* Who may override a DMARC failure: sealers and forwarders that the site trusts by name. */
#ifndef CHECKS_DMARC_TRUST_H
#define CHECKS_DMARC_TRUST_H

#include "checks/checks.h"

/* Fills f->override and f->override_by where the site's lists say so (RFC 8617 7.2.1, RFC 9989
 * 5.8). */
void dmarc_trust(struct scan *s, const struct dmarc_options *k, struct dmarc_facts *f);

#endif
