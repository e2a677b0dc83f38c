/* Display names that become another author when they are decoded before they are parsed. */
#ifndef MAIL_FROM_DISPLAY_H
#define MAIL_FROM_DISPLAY_H

#include "base/arena.h"

/*
 * A program that decodes encoded words (RFC 2047) first and reads the address list afterwards would
 * find an author of another domain: the decoded name brings an address in angle brackets, ends a
 * list member of its own with a comma, opens a comment or quotes behind an address, or cuts the
 * field with NUL or a line end (Chen, Paxson, Jiang 2020: A10). A name that only has another
 * address in it ("a@b via List") is none: what is shown as the address stays the address.
 *
 * display is as struct mailbox has it, domain the mailbox's own (domain_read form).
 */
bool from_display_misleads(struct arena *a, struct str display, struct str domain);

#endif
