/* Where a socket connects to: addresses as the system wants them. */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/ip.h"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} sa;
	socklen_t len; /* 0: none */
};

/* Of an address in numbers; ip's family is 4 or 6. */
struct address address_ip(const struct ip *ip, uint16_t port);

/* Of a unix socket. False: no path, one with a NUL in it, or too long for the system. */
bool address_unix(struct str path, struct address *out);

/* The address of an AF_INET or AF_INET6 one, v4-mapped ones as v4; family 0 for any other. */
struct ip address_get_ip(const struct sockaddr *sa);

/* A stream socket that is connecting or connected; it does not block. -1: errno says why. */
int address_dial(const struct address *a);

#endif
