/* Who a message is from and to, as the checks of this room take it: what is genuine, what is ours.
 */
#ifndef CHECKS_MEMORY_IDENTITY_H
#define CHECKS_MEMORY_IDENTITY_H

#include "checks/memory/memory.h"

/* Option memory.local_domains; its value is check_sender's configuration. */
struct identity {
	const struct str *local; /* domain_read form */
	size_t nlocal;
};
extern const struct conf_opt identity_options[];
int identity_setup(struct arena *a, const struct conf *c, const void **config, struct err *e);

/*
 * The author's domain where nobody else can have written it: DMARC passes, or there is no DMARC
 * record and an aligned DKIM signature or SPF (of a range that says something) passes. Absent: it
 * is only claimed.
 */
struct str identity_genuine(const struct scan *s);

/* The only author's address as memory_rcpt has recipients, and the name he gives himself, decoded;
 * both "" if there is not exactly one author. */
struct str identity_author(struct scan *s, struct str *name);

/* Any address of a field or the envelope in that form; "" if it has no domain. */
struct str identity_address(struct scan *s, const struct mailbox *m);

/* The registrable domain; domain itself where there is none, or no public suffix list. */
struct str identity_org(const struct scan *s, struct str domain);

/* Distinct domains of passing DKIM signatures, at most max. */
size_t identity_dkim(const struct scan *s, struct str *out, size_t max);

/* MAIL FROM's domain (the HELO name's for a null sender) where SPF passes; else absent. */
struct str identity_spf(const struct scan *s);

#endif
