/*
 * Host names and addresses as SpamAssassin knows them: what is an address, a valid name, a listed
 * top level, a registered domain. Inside of view/.
 */
#ifndef MAIL_VIEW_NAMES_H
#define MAIL_VIEW_NAMES_H

#include "mail/view/view_priv.h"

/* Octets of the IPv4 or IPv6 address that begins at s.p[at] ("IPv6:" in front counts); 0: none.
 * What stands beside it must end it. */
size_t view_ip_at(struct str s, size_t at);
bool view_ip_is(struct str s); /* the whole of s is one */

/* The address text begins with one of a private, loopback, link-local or shared network. */
bool view_ip_private(struct str s);

/* Octets of "localhost", "localhost.localdomain", or a loopback address at s.p[at]; 0: none. */
size_t view_localhost_at(struct str s, size_t at);

/* For a list that is asked in reverse ("4.3.2.1", nibbles); absent: no address. */
struct str view_ip_reverse(struct arena *a, struct str ip);

/* Two labels or more of LDH and "_" (not in the last two), 253 octets. Any case. */
bool view_fqdn_valid(struct str host);

/* A name of two labels or more whose last one is a listed top level. */
bool view_tld_valid(const struct view *v, struct str host);

/* label alone is a listed top level; any case. */
bool view_tld_is(const struct view *v, struct str label);

/* The registered domain, lower case; the name itself where it is at a boundary. */
struct str view_trim_domain(const struct view *v, struct arena *a, struct str host);

/* Domain and host of a URI or mail address. False: it has none that could be asked for. */
bool view_uri_domain(const struct view *v, struct arena *a, struct str uri, struct str *domain,
		     struct str *host);

#endif
