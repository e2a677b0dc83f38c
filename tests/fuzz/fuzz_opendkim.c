/* OpenDKIM's tables of any octets: every kind, every reader, look-ups of what stands in them. */
#include "checks/sign/opendkim.h"

#include <stdlib.h>

static void ask(struct arena *a, const struct odk_set *s, struct str key)
{
	struct odk_signer g[ODK_SIGNERS_MAX];
	struct str local = str_cut(&key, '@');
	struct ip ip = { 0 };

	(void)odk_signers(a, s, local, key, true, g);
	(void)odk_signers(a, s, local, key, false, g);
	(void)ip_parse(local, &ip);
	(void)odk_host_listed(s, local, &ip);
}

static void look(struct arena *a, const struct odk_set *s)
{
	struct odk_key k;
	const char *why;

	for (size_t i = 0; i < s->rows.n && i < 32; i++) {
		const struct odk_row *row = odk_find(s, s->rows.p[i].key);

		/* What is no pattern is found by its own key, in it or in an earlier row. */
		if (s->kind != ODK_REFILE && s->rows.p[i].key.n <= ODK_QUERY_MAX &&
		    (!row || row > &s->rows.p[i]))
			abort();
		ask(a, s, s->rows.p[i].key);
		if (odk_key_read(&s->rows.p[i], &k, &why) && !k.in_table)
			(void)odk_percent(a, k.path, STR("example.org"));
	}
	ask(a, s, STR("ann@one.example"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum odk_kind kinds[] = { ODK_FILE, ODK_REFILE, ODK_CSL, ODK_CDB };
	struct arena *a = arena_new(0);

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct odk_set s;
		if (odk_parse(a, kinds[i], "t", str_of((const char *)data, n), &s, NULL) == 0)
			look(a, &s);
	}
	arena_free(a);
	return 0;
}
