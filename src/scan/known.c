/* What every message is compared with, read as the options say. */
#include "scan/known.h"

#include <unistd.h>

#include "mail/domain.h"

int scan_psl(struct arena *a, const struct conf *c, const struct psl **psl, struct err *e)
{
	struct str path = conf_str(c, "psl.file");
	struct err why;

	*psl = NULL;
	if (!path.n || (!conf_is_set(c, "psl.file") && access(path.p, F_OK) < 0))
		return 0;
	*psl = psl_load(a, path.p, &why);
	if (*psl)
		return 0;
	return err_set(e, "%s: psl.file: %s", conf_where(c, "psl.file"), why.text);
}

static int add_brands(struct lookalike *l, const struct conf *c, const char *shipped, struct err *e)
{
	struct str path = conf_str(c, "lookalike.brands");
	struct err why;

	if (str_eq(path, STR("none")))
		return 0;
	if (lookalike_protect_file(l, path.n ? path.p : shipped, &why) == 0)
		return 0;
	return err_set(e, "%s: lookalike.brands: %s", conf_where(c, "lookalike.brands"), why.text);
}

static int add_own(struct arena *a, struct lookalike *l, const struct conf *c, struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "lookalike.protect", &item);

	for (size_t i = 0; i < n; i++) {
		if (!domain_read(a, item[i], 0).p)
			return err_set(e,
				       "%s: lookalike.protect: found \"%.*s\", expected a domain",
				       conf_where(c, "lookalike.protect"), STR_ARG(item[i]));
		lookalike_protect(l, STR_NULL, &item[i], 1);
	}
	return 0;
}

struct lookalike *scan_lookalike(struct arena *a, const struct conf *c, const struct psl *psl,
				 const char *shipped, struct err *e)
{
	struct lookalike *l = lookalike_new(a, psl);

	return add_brands(l, c, shipped, e) < 0 || add_own(a, l, c, e) < 0 ? NULL : l;
}
