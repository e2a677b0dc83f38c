/* Lists an archive as the daemon would, and what it cost: for test_archive.py. */
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/file.h"
#include "mail/file/file.h"

#define MAX_FILE (64u * 1024u * 1024u)

static void print_flags(unsigned flags)
{
	for (unsigned f = 1; archive_flag_name(f); f <<= 1)
		if (flags & f)
			printf(" %s", archive_flag_name(f));
}

static void print_entries(const struct archive *list)
{
	for (size_t i = 0; i < list->entries.n; i++) {
		const struct archive_entry *e = &list->entries.p[i];
		printf("entry %u %lld %s %.*s\n", e->level,
		       e->size == UINT64_MAX ? -1LL : (long long)e->size,
		       e->type ? e->type->name : "-", STR_ARG(e->name));
	}
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct str octets = STR("");
	struct err e = { "" };
	const struct file_type *t;
	const struct archive *list;
	uint64_t began;
	long before;

	if (argc != 2 || file_read(a, argv[1], MAX_FILE, &octets, &e) < 0) {
		fprintf(stderr, "archive_probe: %s\n", e.text);
		return 2;
	}
#ifdef __SANITIZE_ADDRESS__
	puts("sanitized 1");
#endif
	t = file_type_of(octets);
	before = peak_kib();
	began = clock_cpu_us();
	list = archive_list(a, octets, t);
	printf("cpu_us %llu\nmemory_kib %ld\n", (unsigned long long)(clock_cpu_us() - began),
	       peak_kib() - before);
	printf("type %s\nformat %s\nflags", t->name, list ? list->format : "-");
	print_flags(list ? list->flags : 0);
	putchar('\n');
	if (list)
		print_entries(list);
	arena_free(a);
	return 0;
}
