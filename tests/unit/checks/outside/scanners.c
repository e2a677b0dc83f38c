/* Virus scanners of tests. */
#include "unit/checks/outside/scanners.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/serve.h"

#define OBJECT_MAX (1u << 20)

static bool read_all(int fd, void *out, size_t n)
{
	for (char *p = out; n;) {
		ssize_t got = read(fd, p, n);
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/* "EVIL:name;" in it; absent: clean. */
static struct str evil(struct str octets)
{
	size_t at = str_find(octets, STR("EVIL:"));
	struct str rest = str_skip(octets, at == SIZE_MAX ? octets.n : at + 5);

	return str_cut(&rest, ';');
}

/* The object of an INSTREAM command; SIZE_MAX: it is none. */
static size_t read_stream(int fd, char *object)
{
	uint8_t size[4];
	char command[10];
	size_t n = 0;

	if (!read_all(fd, command, sizeof command) || memcmp(command, "zINSTREAM", 10) != 0)
		return SIZE_MAX;
	while (read_all(fd, size, 4)) {
		size_t more = 0;
		for (size_t i = 0; i < 4; i++)
			more = more << 8 | size[i];
		if (!more)
			return n;
		if (more > OBJECT_MAX - n || !read_all(fd, object + n, more))
			return SIZE_MAX;
		n += more;
	}
	return SIZE_MAX;
}

static void endless(int fd)
{
	char block[4096];

	memset(block, 'x', sizeof block);
	for (int i = 0; i < 100000; i++)
		serve_write(fd, block, sizeof block);
}

static void answer(int fd, enum scanner_mood mode, struct str name)
{
	static const struct str said[] = {
		[GARBLED] = { "PONG", 5 },
		[HALF] = { "stream: O", 9 },
		[LYING] = { "/tmp/x: OK", 11 },
		[DOUBLE] = { "stream: OK\0stream: Evil FOUND", 30 },
		[ERROR] = { "stream: no memory ERROR", 24 },
	};
	char text[300];

	if (mode == SILENT)
		pause();
	else if (mode == HUGE_)
		endless(fd);
	else if (mode != HONEST)
		serve_write(fd, said[mode].p, said[mode].n);
	else if (!name.n)
		serve_write(fd, "stream: OK", 11);
	else
		serve_write(fd, text,
			    1 + (size_t)snprintf(text, sizeof text, "stream: %.*s FOUND",
						 STR_ARG(name)));
}

/* What came goes to a file, for the test to look at. */
char scanner_seen_path[] = "/tmp/merlon-scanner-XXXXXX";

static void keep(struct str octets)
{
	FILE *f = fopen(scanner_seen_path, "w");

	if (!f || fwrite(octets.p, 1, octets.n, f) != octets.n || fclose(f) != 0)
		_exit(1);
}

struct str scanner_seen(struct arena *a)
{
	char *text = arena_alloc(a, OBJECT_MAX);
	FILE *f = fopen(scanner_seen_path, "r");
	size_t n;

	if (!f)
		return STR_NULL;
	n = fread(text, 1, OBJECT_MAX, f);
	fclose(f);
	return str_of(text, n);
}

void scanner_clamd(int fd, unsigned n, void *arg)
{
	enum scanner_mood mode = *(enum scanner_mood *)arg;
	char *object = malloc(OBJECT_MAX);
	size_t octets;

	(void)n;
	if (mode == CLOSING || !object)
		return;
	if (mode == TOO_MUCH) {
		serve_write(fd, "INSTREAM size limit exceeded. ERROR", 36);
		return;
	}
	octets = read_stream(fd, object);
	if (octets == SIZE_MAX)
		return;
	keep(str_of(object, octets));
	answer(fd, mode, evil(str_of(object, octets)));
	free(object);
}

void scanner_icap(int fd, unsigned n, void *arg)
{
	static char text[OBJECT_MAX];
	size_t octets = serve_read(fd, text, sizeof text, "\r\n0\r\n\r\n");
	struct str name = evil(str_of(text, octets));
	char reply[400];

	(void)n;
	(void)arg;
	if (!name.n) {
		serve_say(fd, "ICAP/1.0 204 No Content\r\n\r\n");
		return;
	}
	snprintf(reply, sizeof reply,
		 "ICAP/1.0 200 OK\r\n%s%.*s%s\r\nEncapsulated: res-hdr=0, res-body=22\r\n\r\n"
		 "HTTP/1.1 403 No\r\nA: b\r\n\r\n",
		 str_eq(name, STR("nameless")) ? "X-Other: " : "X-Infection-Found: Type=0; Threat=",
		 STR_ARG(name), ";");
	serve_say(fd, reply);
}
