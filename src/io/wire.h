/* Reads DNS messages as they come off the wire (RFC 1035 4.1) into answers: bounded, no trust. */
#ifndef IO_WIRE_H
#define IO_WIRE_H

#include "base/dns.h"

#define WIRE_NAME_MAX 255u /* octets of a name in wire form (RFC 1035 2.3.4) */

/*
 * The answer to (name, type) in the message pkt: follows CNAMEs (RESOLVER_MAX_CNAME) inside it, in
 * whatever order its records stand; records for other names, classes or types are passed over. More
 * than RESOLVER_MAX_RRS: DNS_TEMPFAIL, since a part of a set says what the whole does not. TTL: the
 * smallest on the way; for NODATA and NXDOMAIN the smaller of the SOA's TTL and MINIMUM (RFC 2308
 * 5), 0 without SOA. TC set, an RCODE other than NOERROR and NXDOMAIN, a message that ends early,
 * pointers that do not go back or are too many in one name, names over WIRE_NAME_MAX: DNS_TEMPFAIL.
 * secure is left false.
 */
void wire_read(struct arena *a, struct str pkt, const char *name, int type, struct dns_answer *out);

/* name in wire form into out; its length, 0 if DNS cannot hold it (see base/dns.h). */
size_t wire_name(const char *name, uint8_t out[WIRE_NAME_MAX]);

#endif
