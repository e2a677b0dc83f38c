/*
 * Inside of the relay view: how the forms of Received fields are written down and what is read out
 * of one field.
 *
 * A form is text in which "%" and a letter stand for a piece:
 *   h r b i   a word (no white space), kept as HELO, reverse name, by, ident; H R B I: may be empty
 *   w W       a word that is not kept
 *   d         as r, with a dot inside
 *   a A       an address, kept or not
 *   l         a name or address of this host itself
 *   M         ESMTP or SMTP;  E  HELO or EHLO
 *   @         nothing, or a word and "@": ident
 *   ?x        the character x or nothing
 *   #         nothing, or "." or ":" and digits
 *   p P       anything but ")" (P: or nothing);  s  the same, kept as sub;  L  one that begins with
 *             a letter;  n  anything but "."
 *   * >       anything: as little, as much as fits
 *   |         a word begins or ends here;  $  the end
 *   Q         nothing, or " (envelope-sender <word>)"
 */
#ifndef MAIL_VIEW_RELAYS_PRIV_H
#define MAIL_VIEW_RELAYS_PRIV_H

#include "mail/view/header_priv.h"

#define RELAYS_MAX_FIELDS 100u /* Received fields that are read */
#define RELAYS_MAX_TRIES 16u   /* ends of one piece that are tried */

/* What a form found; absent: the piece is not in it. */
struct found {
	struct str helo, rdns, by, ident, ip, sub;
};

enum form_flag {
	FORM_DNS = 1,	       /* this kind of MTA asks DNS: no name means that there is none */
	FORM_UNKNOWN = 2,      /* "unknown", "UNKNOWN" for a name means that there is none */
	FORM_HELO_TOO = 4,     /* the name is what was said in HELO, too */
	FORM_IDENT_AT = 8,     /* "ident@" may stand in front of the name */
	FORM_SKIP = 16,	       /* no hand-over between hosts: the field says nothing */
	FORM_SUB = 32,	       /* "helo=" and "ident=" in sub */
	FORM_SOFTDNS = 64,     /* "softdnserr" for a name: DNS did not answer */
	FORM_UNASKED = 128,    /* "unknown", "UNKNOWN": as if DNS had not been asked */
	FORM_YAHOO = 256,      /* by ends in .yahoo.com */
	FORM_ALPHA = 512,      /* what stands first does not begin with a digit */
	FORM_NOT_QMAIL = 1024, /* not where qmail wrote the field */
};

struct form {
	const char *gate; /* must stand somewhere in the field, for speed; NULL: none */
	const char *form;
	unsigned flags;
};

/* One family of forms: where the gate stands in the field, no family after it is looked at. */
struct family {
	const char *gate;
	const struct form *forms;
	size_t n;
};

extern const struct family relays_families[];
extern const size_t relays_nfamilies;
extern const struct form relays_forms[], relays_skips[], relays_paren[], relays_qmail[];
extern const size_t relays_nforms, relays_nskips, relays_nparen, relays_nqmail;

/* s begins as the form says. */
bool form_match(const char *form, struct str s, struct found *f);

/* What one Received field says. */
struct hop {
	struct found f;
	struct str id, auth, envfrom;
	bool looked_up; /* the MTA asked DNS */
};

enum hop_kind { HOP_UNPARSEABLE, HOP_SKIP, HOP_FETCHED, HOP_QMAIL_SCANNER, HOP_RELAY };

/* line: unfolded. HOP_FETCHED: fetched by a mailbox protocol. HOP_QMAIL_SCANNER: h->envfrom is of
 * the next field. */
enum hop_kind hop_read(struct arena *a, struct str line, struct hop *h);

/* The pieces as a relay's text has them. */
void hop_tidy(struct arena *a, struct hop *h);

/* relays_text.c */
bool hop_word_char(char c); /* Perl's \w */
bool hop_has(struct str s, const char *what);
struct str hop_word_at(struct str s, size_t at);
struct str hop_word_after(struct str s, const char *what); /* absent: there is none */
struct str hop_squeeze(struct arena *a, struct str s);	   /* single spaces; no ";" at the end */
struct str hop_cut_date(struct str s);
struct str hop_space_by(struct arena *a, struct str s);
struct str hop_find_id(struct str s);
struct str hop_find_helo(struct str s);
struct str hop_find_sender(struct str s); /* absent: none */

/* relays_auth.c: the kind of authentication that the field speaks of; "": none. line begins with
 * "from ". */
struct str hop_auth(struct arena *a, struct str line);

#endif
