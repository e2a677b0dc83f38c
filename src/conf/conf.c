/* Loading a configuration: files to text, names, values. */
#include "conf/conf.h"

#include "conf/private.h"
#include "conf/read.h"

static const struct conf *load(struct arena *a, const char *name, struct str text,
			       const struct conf_opt *const *tables, conf_fault_fn *fault,
			       void *arg)
{
	struct faults f = { fault, arg, 0 };
	struct conf *c = ARENA_NEW(a, struct conf);
	struct settings settings = { 0 };
	struct text t;

	c->table = table_new(a, tables);
	if (name) {
		text_load(a, name, text, &f, &t);
		names_check(c->table, &t, &f, &settings);
		read_values(a, c->table, &t, &settings, &f);
	}
	return f.n ? NULL : c;
}

const struct conf *conf_load(struct arena *a, const char *path,
			     const struct conf_opt *const *tables, conf_fault_fn *fault, void *arg)
{
	return load(a, path ? arena_cstr(a, str_c(path)) : NULL, STR_NULL, tables, fault, arg);
}

const struct conf *conf_load_text(struct arena *a, const char *name, struct str text,
				  const struct conf_opt *const *tables, conf_fault_fn *fault,
				  void *arg)
{
	text.p = text.p ? text.p : "";
	return load(a, arena_cstr(a, str_c(name)), text, tables, fault, arg);
}
