/*
 * A DNS zone held in memory, with faults to order, for tests: behind struct dns (base/dns.h) for
 * protocol code, and by zone_find for a server that speaks to the network.
 *
 * The text has one record a line; ";" outside quotes begins a comment:
 *
 *	example.com       TXT   "v=spf1 mx " "-all"    ; the strings are joined
 *	example.com       MX    10 mail.example.com
 *	mail.example.com  A     192.0.2.1
 *	mail.example.com  AAAA  2001:db8::1
 *	www.example.com   CNAME mail.example.com
 *	*.example.com     A     192.0.2.9              ; RFC 4592
 *	example.com       TTL   60                     ; of all records of the name; else 300
 *	slow.example.com  DELAY 250 TXT                ; milliseconds; without a type: any type
 *	lost.example.com  FAULT TIMEOUT                ; likewise
 *
 * NS, PTR and SOA take one name. Words and quoted strings may hold \xNN, \" and \\. Types may be
 *numbers ("TYPE99" or "99"). A name that has others below it exists. A name is absolute with or
 *without a dot at the end.
 */
#ifndef TESTS_LIB_ZONE_H
#define TESTS_LIB_ZONE_H

#include "base/dns.h"
#include "base/err.h"

struct zone;

/* Everything a zone gives lives until zone_free. */
struct zone *zone_new(void);
void zone_free(struct zone *z);

/* Adds what the text says. -1 and *e ("file:line: ..."): not such a text; what stood before it is
 * in the zone. zone_load reads a file. */
int zone_read(struct zone *z, struct str text, const char *file, struct err *e);
int zone_load(struct zone *z, const char *path, struct err *e);

/* As zone_read for a literal; aborts on a mistake. */
void zone_text(struct zone *z, const char *text);

/*
 * Adds a record. data as in struct dns_rr: A 4 octets, AAAA 16, TXT any octets, others a name; it
 * is copied. zone_add_mx also takes the preference.
 */
void zone_add(struct zone *z, struct str name, int type, struct str data);
void zone_add_mx(struct zone *z, struct str name, uint16_t pref, struct str host);

enum zone_fault {
	ZONE_FINE,
	ZONE_TIMEOUT,  /* no answer at all */
	ZONE_SERVFAIL, /* these RCODEs, without records */
	ZONE_REFUSED,
	ZONE_NXDOMAIN,
	ZONE_BOGUS,    /* a validating resolver refuses it (the server: SERVFAIL) */
	ZONE_TRUNCATE, /* over UDP cut with TC set; over TCP, and so behind struct dns, whole */
	ZONE_GARBAGE,  /* octets that are no answer */
	ZONE_WRONGID,  /* an answer to another question's id, and none to this */
};
#define ZONE_ANY 0 /* instead of a type: every type */

/* A type's own fault or delay goes before one of ZONE_ANY; of two the last one counts. */
void zone_fault(struct zone *z, struct str name, int type, enum zone_fault fault);
void zone_delay(struct zone *z, struct str name, int type, unsigned ms);
void zone_ttl(struct zone *z, struct str name, uint32_t seconds);

/* What stands under one name. CNAMEs are not followed: status is then DNS_OK, n is 0 and cname is
 * set. */
struct zone_found {
	enum zone_fault fault;
	unsigned delay_ms;
	enum dns_status status; /* OK, NODATA or NXDOMAIN, as if there were no fault */
	uint32_t ttl;
	struct str cname; /* absent unless the name is an alias and another type was asked for */
	size_t n;
	const struct dns_rr *rr;
};

/* name as in dns_ask. */
struct zone_found zone_find(const struct zone *z, struct str name, int type);

#define ZONE_MAX_CHAIN 8u /* CNAMEs; a longer chain is DNS_TEMPFAIL */

/* The zone's view for protocol code. Each zone has one; asking for it again forgets all that was
 * asked. */
enum zone_mode {
	ZONE_NOW,    /* every question is answered at once */
	ZONE_ROUNDS, /* every question is first answered with NULL, and can be answered later */
};
struct dns *zone_dns(struct zone *z, enum zone_mode mode);

/* Makes everything asked so far answerable: one round trip. False, and not counted: nothing was
 * waiting. */
bool zone_round(struct zone *z);

/* What is waiting for its answer, and the arrival of one of them alone (0 <= i < zone_waiting). */
size_t zone_waiting(const struct zone *z);
void zone_arrive(struct zone *z, size_t i);

/* Since zone_dns: round trips made, distinct (name, type) questions that DNS can hold, and those
 * questions in their order ("example.com TXT", lower case). */
unsigned zone_rounds(const struct zone *z);
size_t zone_questions(const struct zone *z);
struct str zone_question(const struct zone *z, size_t i);

/* For whoever prints or reads types: "TXT" and DNS_TXT; "TYPE99" and 99. 0: not a type. */
int zone_type(struct str word);
struct str zone_type_word(struct arena *a, int type);

#endif
