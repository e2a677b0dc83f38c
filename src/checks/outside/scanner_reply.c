/* Names of what scanners find, and the record of a verdict. */
#include "checks/outside/scanner_reply.h"

#include "base/buf.h"

#define RECORD_VERSION '1'

static bool printable(char c)
{
	return c >= 32 && c <= 126;
}

bool scanner_name_ok(struct str name)
{
	return name.n <= SCANNER_NAME_MAX && str_printable(name) && name.p[0] != ' ' &&
	       name.p[name.n - 1] != ' ';
}

struct str scanner_name_clean(struct arena *a, struct str name)
{
	struct buf out = { .arena = a };

	name = str_sub(str_trim(name), 0, SCANNER_NAME_MAX);
	for (size_t i = 0; i < name.n; i++)
		buf_addc(&out, printable(name.p[i]) ? name.p[i] : '?');
	name = str_trim(buf_str(&out));
	return name.n ? name : STR("unknown");
}

bool scanner_name_in(struct str name, const struct str *pattern, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_iglob(pattern[i], name))
			return true;
	return false;
}

static const struct {
	enum scanner_code code;
	char letter;
	bool named;
} kinds[] = { { SCANNER_CLEAN, 'C', false },
	      { SCANNER_FOUND, 'F', true },
	      { SCANNER_BLOCKED, 'B', true } };

#define KINDS (sizeof kinds / sizeof *kinds)

struct str scanner_record_write(struct arena *a, const struct scanner_reply *r)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].code == r->code)
			return arena_printf(a, "%c%c%.*s", RECORD_VERSION, kinds[i].letter,
					    STR_ARG(kinds[i].named ? r->name : STR("")));
	return STR_NULL;
}

bool scanner_record_read(struct str record, struct scanner_reply *r)
{
	if (record.n < 2 || record.p[0] != RECORD_VERSION)
		return false;
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].letter != record.p[1])
			continue;
		*r = (struct scanner_reply){ kinds[i].code, str_skip(record, 2) };
		return kinds[i].named ? scanner_name_ok(r->name) : record.n == 2;
	}
	return false;
}
