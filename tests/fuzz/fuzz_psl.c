/*
 * A public suffix list of any octets, and a name looked up in it. The first line is the name. What
 * is registrable is the name or above it, not a top-level domain, and registrable itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mail/psl.h"
#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct psl *load(struct arena *a, struct str text, struct err *e)
{
	int fd = memfd_create("list", MFD_CLOEXEC);
	struct psl *p;

	must(fd >= 0 && write(fd, text.p ? text.p : "", text.n) == (ssize_t)text.n);
	p = psl_load(a, arena_printf(a, "/proc/self/fd/%d", fd).p, e);
	close(fd);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str text = str_of((const char *)data, size);
	struct str name = domain_read(a, str_cut(&text, '\n'), 0), org;
	struct err e = { "" };
	struct psl *p = load(a, text, &e);

	must(p || e.text[0]);
	if (p && name.p) {
		org = psl_registrable(p, name);
		must(!org.p || domain_within(name, org));
		must(!org.p || str_eq(psl_registrable(p, org), org));
		must(org.p || !psl_registrable(p, domain_last(name, 1)).p ||
		     domain_labels(name) > 1);
	}
	arena_free(a);
	return 0;
}
