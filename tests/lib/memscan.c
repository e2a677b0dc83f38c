/*
 * Looks for secrets in processes and files: memscan NEEDLES PID|FILE... NEEDLES has lines "name
 * hex". Every run of 16 octets of a needle, wherever it lies, is a line "where name offset". The
 * memory of a process is all that its map says can be read. Exit 0: nothing; 1: something; 2:
 * trouble.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN 16u
#define TABLE (1u << 20)
#define CHUNK (1u << 20)
#define MAX_RUNS 200000u
#define MAX_NEEDLES 200u

struct run {
	unsigned char octets[RUN];
	unsigned needle;
	size_t next; /* + 1; 0: none */
};

struct scan {
	struct run *run;
	size_t n;
	uint32_t *head; /* by hash of the first eight octets: index + 1 */
	char name[MAX_NEEDLES][24];
	unsigned needles;
	bool told[MAX_NEEDLES]; /* of the present place */
	bool found;
};

static uint32_t slot(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return (uint32_t)((v * UINT64_C(0x9e3779b97f4a7c15)) >> 44);
}

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void add_run(struct scan *s, const unsigned char *p)
{
	struct run *r = &s->run[s->n];
	uint32_t h = slot(p);

	if (s->n == MAX_RUNS)
		exit(2);
	memcpy(r->octets, p, RUN);
	r->needle = s->needles;
	r->next = s->head[h];
	s->head[h] = (uint32_t)++s->n;
}

static int digit(char c)
{
	const char *all = "0123456789abcdef", *at = c ? strchr(all, c) : NULL;

	return at ? (int)(at - all) : -1;
}

static void read_needles(struct scan *s, const char *path)
{
	static char line[65536];
	static unsigned char octets[sizeof line / 2];
	FILE *f = fopen(path, "r");

	if (!f)
		fail(path);
	while (fgets(line, sizeof line, f)) {
		char *hex = strchr(line, ' ');
		size_t n = 0;

		if (!hex)
			continue;
		*hex++ = '\0';
		for (; digit(hex[0]) >= 0 && digit(hex[1]) >= 0; hex += 2)
			octets[n++] = (unsigned char)(digit(hex[0]) * 16 + digit(hex[1]));
		for (size_t i = 0; i + RUN <= n; i++)
			add_run(s, octets + i);
		if (s->needles + 1 == MAX_NEEDLES)
			exit(2);
		snprintf(s->name[s->needles++], sizeof s->name[0], "%.23s", line);
	}
	fclose(f);
}

static void look(struct scan *s, const char *where, uint64_t at, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i + RUN <= n; i++)
		for (size_t r = s->head[slot(p + i)]; r; r = s->run[r - 1].next) {
			const struct run *run = &s->run[r - 1];

			if (s->told[run->needle] || memcmp(run->octets, p + i, RUN) != 0)
				continue;
			s->found = s->told[run->needle] = true;
			printf("%s %s %" PRIx64 "\n", where, s->name[run->needle], at + i);
		}
}

/* From from to to of an open file; what cannot be read is skipped by pages. */
static uint64_t look_range(struct scan *s, const char *where, int fd, uint64_t from, uint64_t to)
{
	static unsigned char buf[CHUNK];
	uint64_t read = 0;

	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t n = pread(fd, buf, want, (off_t)from);

		if (n <= 0) {
			from = (from | 4095) + 1;
			continue;
		}
		look(s, where, from, buf, (size_t)n);
		read += (uint64_t)n;
		from += (uint64_t)n;
		/* the last octets may begin a run that the next piece ends */
		if (from < to && n >= (ssize_t)RUN)
			from -= RUN - 1;
	}
	return read;
}

static void look_process(struct scan *s, const char *pid)
{
	char path[64], line[512];
	uint64_t octets = 0;
	int fd;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%s/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	if ((fd < 0 || !maps) && (errno == ENOENT || errno == ESRCH)) /* it has ended */
		return;
	if (fd < 0 || !maps)
		fail(path);
	while (fgets(line, sizeof line, maps)) {
		char *at;
		uint64_t from = strtoull(line, &at, 16), to;

		if (*at++ != '-')
			continue;
		to = strtoull(at, &at, 16);
		if (at[0] == ' ' && at[1] == 'r' && !strstr(line, "[v"))
			octets += look_range(s, pid, fd, from, to);
	}
	fclose(maps);
	close(fd);
	fprintf(stderr, "%s: %" PRIu64 " octets\n", pid, octets);
}

static void look_file(struct scan *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t n;

	if (fd < 0 && errno == ENOENT) /* removed meanwhile, as spool files are */
		return;
	if (fd < 0)
		fail(path);
	n = lseek(fd, 0, SEEK_END);
	look_range(s, path, fd, 0, (uint64_t)n);
	close(fd);
}

int main(int argc, char **argv)
{
	struct scan s = { .run = calloc(MAX_RUNS, sizeof *s.run),
			  .head = calloc(TABLE, sizeof *s.head) };

	if (argc < 3 || !s.run || !s.head)
		return 2;
	read_needles(&s, argv[1]);
	for (int i = 2; i < argc; i++) {
		memset(s.told, 0, sizeof s.told);
		(argv[i][strspn(argv[i], "0123456789")] ? look_file : look_process)(&s, argv[i]);
	}
	fflush(stdout);
	return s.found;
}
