/* Databases of addresses that are damaged anywhere: opened, looked up, named. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"
#include "checks/outside/geo_db.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *__lsan_default_suppressions(void);

/* libmaxminddb 1.7 keeps what it has read of metadata that turn out to be broken: some KiB of a
 * file that is refused. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static void check(bool good)
{
	if (!good)
		abort();
}

static void look(const struct geo_db *db, struct arena *a, const char *ip)
{
	struct geo_place p = { 0 };
	struct ip address;

	check(ip_parse(str_c(ip), &address));
	geo_db_look(db, a, &address, &p);
	check(p.country.n == 0 || p.country.n == 2);
	check(p.org.n <= GEO_NAME_MAX + 4 && p.city.n <= GEO_NAME_MAX + 4);
	check(utf8_valid(p.org) && utf8_valid(p.city));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	int fd = memfd_create("geo", MFD_CLOEXEC);
	char path[32];
	struct geo_db db = { .path = path };
	struct err e;

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (geo_db_load(&db, &e) == 0) {
		look(&db, a, "192.0.2.1");
		look(&db, a, "203.0.113.7");
		look(&db, a, "2001:db8:1::1");
		look(&db, a, "255.255.255.255");
	}
	geo_db_close(&db);
	close(fd);
	arena_free(a);
	return 0;
}
