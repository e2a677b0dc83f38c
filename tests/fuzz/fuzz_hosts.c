/* Names of hosts against addresses: any name, in any form a sender can choose. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "checks/outside/hosts_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str name = str_of((const char *)data, size);
	struct ip ip = { .family = size ? (uint8_t[]){ 0, 4, 6, 6 }[data[0] % 4] : 0 };
	struct lists *l = lists_new(a);
	unsigned signs;

	for (size_t i = 0; i < 16 && i < size; i++)
		ip.b[i] = data[i];
	name = str_skip(name, 17);
	lists_add(l, STR("host_dynamic"), STR("dsl"), STR_NULL);
	lists_add(l, STR("host_static"), STR("static"), STR_NULL);
	lists_add(l, STR("host_mail"), STR("mail"), STR_NULL);
	lists_add(l, STR("host_known"), STR("known.test"), STR_NULL);
	signs = host_signs(a, l, NULL, name, &ip);
	check(signs < 2 * HOST_GENERIC);
	check(!(signs & HOST_GENERIC) || !(signs & (HOST_MAIL | HOST_STATIC | HOST_KNOWN)));
	check(!(signs & HOST_GENERIC) || signs & (HOST_ADDRESS | HOST_DYNAMIC));
	check(!(signs & HOST_ADDRESS) || ip.family);
	check((host_signs_text(a, signs).n > 0) == (signs != 0));
	check(host_signs_has(signs, STR("address")) == ((signs & HOST_ADDRESS) != 0));
	arena_free(a);
	return 0;
}
