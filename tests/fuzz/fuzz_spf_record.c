/* Fuzzes the reader of SPF records and the expansion of macros with what a client may send. */
#include <stdlib.h>

#include "auth/spf/macro.h"
#include "auth/spf/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool ok)
{
	if (!ok)
		abort();
}

static void check_domain(struct arena *a, const struct spf_macro_env *env, struct str spec)
{
	struct str name;

	if (!spec.p)
		return;
	want(spf_macro_check(spec, SPF_MACRO_DOMAIN));
	want(spf_macro_check(spec, SPF_MACRO_TEXT));
	name = spf_macro_domain(a, env, spec);
	want(name.n <= SPF_MAX_NAME);
	spf_macro_has(spec, 'p');
}

static void check_text(struct arena *a, const struct spf_macro_env *env, struct str text)
{
	struct str out;

	if (!spf_macro_check(text, SPF_MACRO_TEXT))
		return;
	out = spf_macro_text(a, env, text);
	want(out.n <= SPF_MAX_EXPLANATION);
	for (size_t i = 0; i < out.n; i++)
		want(out.p[i] >= ' ' && out.p[i] <= '~');
}

/* The first line is the sender's local part, the second the HELO name, the rest a record or a text.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct spf_request req = { .domain = STR("sender.example.com") };
	struct spf_macro_env env = { .req = &req, .sender = req.domain, .domain = req.domain };
	struct spf_record rec;

	env.ip.family = size % 2 ? 4 : 6;
	req.local = str_cut(&in, '\n');
	req.helo = str_cut(&in, '\n');
	if (!spf_record_parse(a, in, &rec)) {
		want(spf_record_is(in) && in.n <= SPF_MAX_RECORD);
		for (size_t i = 0; i < rec.n; i++) {
			check_domain(a, &env, rec.term[i].domain);
			want(rec.term[i].bits4 <= 32 && rec.term[i].bits6 <= 128);
		}
		check_domain(a, &env, rec.redirect);
		check_domain(a, &env, rec.exp);
	}
	check_text(a, &env, in);
	arena_free(a);
	return 0;
}
