/* Any TXT text as a DMARC record: what is taken for one begins like one and keeps to its limits. */
#include <stdlib.h>

#include "auth/dmarc/dmarc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool is_policy(enum dmarc_policy p)
{
	return p == DMARC_P_NONE || p == DMARC_P_QUARANTINE || p == DMARC_P_REJECT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str txt = arena_dup(a, str_of((const char *)data, size)), why;
	struct dmarc_record r;
	bool usable = dmarc_record_parse(a, txt, &r, &why);

	must(!usable || !why.p);
	must(is_policy(r.p) && is_policy(r.sp) && is_policy(r.np));
	must(r.psd == 'y' || r.psd == 'n' || r.psd == 'u');
	if (usable || why.p)
		must(str_find(txt, STR("DMARC1")) < str_find(txt, STR(";")));
	if (usable) {
		must(size <= DMARC_MAX_RECORD);
		must(r.has_p || (r.rua.n && r.p == DMARC_P_NONE));
		must(r.has_p || (!r.has_sp && !r.has_np));
		must(!r.has_p || str_ifind(txt, str_c(dmarc_policy_word(r.p))));
	}
	arena_free(a);
	return 0;
}
