/* What a virus scanner's daemon answers, and what the store remembers of it. */
#include "base/err.h"
#include "checks/outside/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct scanner_reply *r)
{
	bool named = r->code == SCANNER_FOUND || r->code == SCANNER_BLOCKED;

	if (named ? !scanner_name_ok(r->name) : r->name.n != 0)
		bug("a name that is none");
}

static void check_record(struct arena *a, const struct scanner_reply *r)
{
	struct str record = scanner_record_write(a, r);
	struct scanner_reply again;

	if (r->code != SCANNER_TOO_LARGE && (!scanner_record_read(record, &again) ||
					     again.code != r->code || !str_eq(again.name, r->name)))
		bug("a record that is not read as it was written");
}

/* What was whole stays the same reply; what is garbage does not become one. */
static void check_growth(struct str in)
{
	bool garbage = false;

	for (size_t n = 0; n <= in.n && n <= CLAMD_REPLY_MAX + 2; n++) {
		struct scanner_reply r;
		int whole = clamd_whole(str_sub(in, 0, n));
		if (garbage && whole >= 0)
			bug("garbage that becomes a reply");
		if ((whole == 1) != clamd_reply_read(str_sub(in, 0, n), &r))
			bug("whole, and not to be read");
		garbage = whole < 0;
		if (whole == 1)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct scanner_reply r;

	check_growth(in);
	if (clamd_reply_read(in, &r)) {
		check_name(&r);
		check_record(a, &r);
	}
	if (scanner_record_read(in, &r)) {
		check_name(&r);
		check_record(a, &r);
	}
	if (!scanner_name_ok(scanner_name_clean(a, in)))
		bug("a name that is not clean");
	arena_free(a);
	return 0;
}
