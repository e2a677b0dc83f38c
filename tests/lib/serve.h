/* Servers of a test: a child that does with each connection what the test says. */
#ifndef TESTS_LIB_SERVE_H
#define TESTS_LIB_SERVE_H

#include <stdint.h>
#include <sys/types.h>

struct serve {
	pid_t pid;
	uint16_t port; /* 0: a unix socket */
	char path[64]; /* of a unix socket */
};

/* Runs in a process of its own for each connection; n: 0 for the first one, and so on. */
typedef void serve_fn(int fd, unsigned n, void *arg);

struct serve serve_tcp(serve_fn *fn, void *arg);  /* on 127.0.0.1 */
struct serve serve_tcp6(serve_fn *fn, void *arg); /* on ::1 */
struct serve serve_unix(serve_fn *fn, void *arg);
void serve_stop(struct serve *s); /* and all that it serves */

/* A port of 127.0.0.1 that nobody listens on. */
uint16_t serve_nobody(void);

/* Reads until the text ends in end, or nothing more comes; how much, NUL-terminated. */
size_t serve_read(int fd, char *text, size_t cap, const char *end);
void serve_write(int fd, const void *octets, size_t n);
void serve_say(int fd, const char *text);

#endif
