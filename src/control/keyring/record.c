/* Writes key records for zone files, forms and nsupdate. */
#include "control/keyring/record.h"

#include "base/buf.h"

/* The value as the strings that a TXT record consists of; it has nothing in it to escape. */
static void add_strings(struct buf *b, struct str value, const char *between)
{
	for (size_t at = 0; at == 0 || at < value.n; at += RECORD_STRING_MAX)
		buf_addf(b, "%s\"%.*s\"", at ? between : "",
			 STR_ARG(str_sub(value, at, RECORD_STRING_MAX)));
}

struct str record_bind(struct arena *a, struct str name, struct str value)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "%.*s. %u IN TXT (\n\t", STR_ARG(name), RECORD_TTL);
	add_strings(&b, value, "\n\t");
	buf_addf(&b, " )\n");
	return buf_str(&b);
}

struct str record_plain(struct arena *a, struct str name, struct str value)
{
	return arena_printf(a, "name:  %.*s\ntype:  TXT\nvalue: %.*s\n", STR_ARG(name),
			    STR_ARG(value));
}

struct str record_nsupdate(struct arena *a, struct str name, struct str value)
{
	struct buf b = { .arena = a };

	buf_addf(&b, "prereq nxrrset %.*s. TXT\n", STR_ARG(name));
	buf_addf(&b, "update add %.*s. %u TXT ", STR_ARG(name), RECORD_TTL);
	add_strings(&b, value, " ");
	buf_addf(&b, "\nsend\n");
	return buf_str(&b);
}

struct str record_nsupdate_delete(struct arena *a, struct str name)
{
	return arena_printf(a, "update delete %.*s. TXT\nsend\n", STR_ARG(name));
}
