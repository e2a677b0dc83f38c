/* Plug-ins: shared objects that bring checks. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "scan/setup.h"

static int is_plugin(const struct dirent *d)
{
	struct str name = str_c(d->d_name);

	return str_iends(name, STR(".so")) && name.p[0] != '.';
}

static int add_checks(const char *path, const struct check **list, size_t cap, struct err *e)
{
	const struct check *const *more;
	size_t n = 0;
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!so)
		return err_set(e, "plug-in: %s", dlerror());
	more = dlsym(so, CHECK_PLUGIN_SYMBOL);
	if (!more)
		return err_set(e, "%s: no plug-in: it has no %s", path, CHECK_PLUGIN_SYMBOL);
	while (list[n])
		n++;
	for (; *more; more++) {
		if ((*more)->abi != CHECK_ABI)
			return err_set(e, "%s: built for version %u of the interface, this is %u",
				       path, (*more)->abi, CHECK_ABI);
		if (n + 1 >= cap)
			return err_set(e, "%s: more than %zu checks", path, cap - 1);
		list[n++] = *more;
		list[n] = NULL;
	}
	return 0;
}

int scan_plugins_load(const char *dir, const struct check **list, size_t cap, struct err *e)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, is_plugin, alphasort), rc = 0;
	struct arena *a;

	if (n < 0)
		return err_set(e, "%s: %s", dir, strerror(errno));
	a = arena_new(0);
	for (int i = 0; i < n; i++) {
		struct str path = arena_printf(a, "%s/%s", dir, entry[i]->d_name);
		if (rc == 0)
			rc = add_checks(path.p, list, cap, e);
		free(entry[i]);
	}
	free(entry);
	arena_free(a);
	return rc;
}
