/* Who is named in a message, in which part: addresses read once, for the predicates that compare
 * them. */
#ifndef CHECKS_CONTENT_PEOPLE_H
#define CHECKS_CONTENT_PEOPLE_H

#include "scan/scan.h"

#define PEOPLE_MAX 100u /* of one part that are looked at */

enum part {
	PART_FROM,
	PART_SENDER,
	PART_REPLYTO,
	PART_TO,
	PART_CC,
	PART_TOCC,
	PART_RCPT, /* RCPT TO */
	PART_ENVFROM,
	PART_RECEIPT, /* Disposition-Notification-To */
	PART_CONFIRM, /* X-Confirm-Reading-To, Return-Receipt-To */
	PART_MID,     /* Message-ID, taken for an address */
	PART_HELO,    /* a domain only, as PART_RDNS */
	PART_RDNS,
	PARTS
};

struct person {
	struct str local, domain; /* domain in domain_read form; "" where there is none */
	struct str org;		  /* registrable domain; domain itself where there is none */
	struct str name;	  /* display name, decoded; "" */
	struct str raw_name;	  /* not decoded */
};

struct people {
	struct person *p;
	size_t n;     /* at most PEOPLE_MAX */
	size_t found; /* all that there are */
	bool given;   /* the field is there */
	bool broken;  /* and does not parse */
};

/* What check_people publishes: an array of PARTS. */
enum part part_named(struct str word); /* PARTS: no such part */

#endif
