/* Which signatures OpenDKIM's tables ask for: signers first|all SIGNINGTABLE KEYTABLE, addresses on
 * standard input; for each a line of domain/selector(identity). For tests/parity/signers.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "checks/sign/opendkim.h"

static void load(struct arena *a, const char *spec, struct odk_set *out)
{
	struct err e;

	if (odk_load(a, str_c(spec), "./", out, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(2);
	}
}

static void show(struct arena *a, const struct odk_set *keys, const struct odk_signer *g,
		 struct str domain, bool first)
{
	const struct odk_row *row = odk_find(keys, g->key);
	struct odk_key k;
	const char *why;

	if (!row || !odk_key_read(row, &k, &why))
		return;
	k.selector = odk_percent(a, k.selector, domain);
	if (!k.domain.n)
		k.domain = domain;
	printf("%s%.*s/%.*s", first ? "" : " ", STR_ARG(k.domain), STR_ARG(k.selector));
	if (g->identity.n)
		printf("(%.*s)", STR_ARG(g->identity));
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct odk_set signers, keys;
	char line[2048];

	if (argc != 4)
		return 2;
	load(a, argv[2], &signers);
	load(a, argv[3], &keys);
	while (fgets(line, sizeof line, stdin)) {
		struct odk_signer g[ODK_SIGNERS_MAX];
		struct str domain = str_trim(arena_dup(a, str_c(line))), local;
		size_t n;

		local = str_cut(&domain, '@');
		n = odk_signers(a, &signers, local, domain, strcmp(argv[1], "all") == 0, g);
		for (size_t i = 0; i < n; i++)
			show(a, &keys, &g[i], domain, i == 0);
		putchar('\n');
	}
	arena_free(a);
	return 0;
}
