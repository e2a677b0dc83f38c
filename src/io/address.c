/* Addresses as the system wants them, and sockets that connect without waiting. */
#include "io/address.h"

#include <errno.h>
#include <unistd.h>

struct address address_ip(const struct ip *ip, uint16_t port)
{
	struct address a = { .len = sizeof a.sa.in };

	if (ip->family == 4) {
		a.sa.in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&a.sa.in.sin_addr, ip->b, 4);
		return a;
	}
	a.sa.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	memcpy(&a.sa.in6.sin6_addr, ip->b, 16);
	a.len = sizeof a.sa.in6;
	return a;
}

bool address_unix(struct str path, struct address *out)
{
	*out = (struct address){ 0 };
	if (!path.n || path.n >= sizeof out->sa.un.sun_path || str_chr(path, '\0') != SIZE_MAX)
		return false;
	out->sa.un.sun_family = AF_UNIX;
	memcpy(out->sa.un.sun_path, path.p, path.n);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
	return true;
}

struct ip address_get_ip(const struct sockaddr *sa)
{
	struct ip ip = { 0 };

	if (sa->sa_family == AF_INET) {
		ip.family = 4;
		memcpy(ip.b, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		ip.family = 6;
		memcpy(ip.b, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
		ip = ip_unmapped(ip);
	}
	return ip;
}

int address_dial(const struct address *a)
{
	int fd = socket(a->sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int why;

	if (fd < 0 || connect(fd, &a->sa.any, a->len) == 0 || errno == EINPROGRESS)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}
