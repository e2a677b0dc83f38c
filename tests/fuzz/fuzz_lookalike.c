/*
 * A host and a text of any octets against a list of names, which the input's first line adds to.
 * What stands under a protected name is honest, and the A-labels of an answer read as themselves.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mail/domain.h"
#include "mail/lookalike/lookalike.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void add_list(struct lookalike *l, struct arena *a, struct str text)
{
	int fd = memfd_create("list", MFD_CLOEXEC);
	struct err e;

	must(fd >= 0 && write(fd, text.p ? text.p : "", text.n) == (ssize_t)text.n);
	lookalike_protect_file(l, arena_printf(a, "/proc/self/fd/%d", fd).p, &e);
	close(fd);
}

static void look(const struct lookalike *l, struct arena *a, struct str host)
{
	struct lookalike_result r = lookalike_host(l, a, host), again;

	must(!r.ascii.p == (r.verdict == LOOKALIKE_BAD));
	must((r.verdict != LOOKALIKE_OK) == (r.reasons != 0));
	must(r.verdict != LOOKALIKE_OK || !r.imitates.n);
	if (!r.ascii.p)
		return;
	again = lookalike_host(l, a, r.ascii);
	must(str_eq(again.ascii, r.ascii));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str own[] = { STR("paypal.com"), STR("example.org"),
					  STR("hsbc.co.uk") };
	struct arena *a = arena_new(0);
	struct lookalike *l = lookalike_new(a, NULL);
	struct str text = str_of((const char *)data, size), first = str_cut(&text, '\n');

	lookalike_protect(l, STR("PayPal"), own, 1);
	lookalike_protect(l, STR_NULL, own + 1, 2);
	if (text.p)
		add_list(l, a, first);
	else
		text = first;
	lookalike_build(l);
	must(lookalike_host(l, a, STR("www.paypal.com")).verdict == LOOKALIKE_OK);
	look(l, a, text);
	lookalike_text(l, a, text, STR("example.net"));
	lookalike_text(l, a, text, STR_NULL);
	arena_free(a);
	return 0;
}
