/*
 * The table of header fields. Which are left out was measured on a corpus in parts that the model
 * had not seen (other lists, other months): one list puts a dozen fields into its messages that
 * all say the same, which counted a dozen times; the hops near the reader and the day tell
 * collections apart and not ham from spam.
 */
#include "learn/fields.h"

struct row {
	struct str name; /* one that ends in "*" is a beginning */
	enum field_use use;
};

#define S(lit)                                                                                     \
	{                                                                                          \
		lit, sizeof(lit) - 1                                                               \
	}

static const struct row rows[] = {
	{ S("received"), FIELD_ORIGIN },
	{ S("date"), FIELD_DATE },
	{ S("x-original-date"), FIELD_DATE },
	{ S("x-originalarrivaltime"), FIELD_DATE },
	{ S("list-id"), FIELD_READ },
	{ S("list-*"), FIELD_LIST },
	{ S("x-beenthere"), FIELD_LIST },
	{ S("errors-to"), FIELD_LIST },
	{ S("sender"), FIELD_LIST },
	{ S("x-mailman-version"), FIELD_LIST },
	{ S("mailing-list"), FIELD_LIST },
	{ S("x-loop"), FIELD_LIST },
	{ S("return-path"), FIELD_ADDED },
	{ S("delivered-to"), FIELD_ADDED },
	{ S("x-original-to"), FIELD_ADDED },
	{ S("envelope-to"), FIELD_ADDED },
	{ S("delivery-date"), FIELD_ADDED },
	{ S("x-delivered-to"), FIELD_ADDED },
	{ S("x-sieve"), FIELD_ADDED },
	{ S("authentication-results"), FIELD_ADDED },
	{ S("received-spf"), FIELD_ADDED },
	{ S("dkim-signature"), FIELD_ADDED },
	{ S("domainkey-signature"), FIELD_ADDED },
	{ S("arc-*"), FIELD_ADDED },
	{ S("x-spam*"), FIELD_IGNORED },
	{ S("x-merlon-*"), FIELD_IGNORED },
	{ S("x-rspamd-*"), FIELD_IGNORED },
	{ S("x-dspam-*"), FIELD_IGNORED },
	{ S("x-crm114-*"), FIELD_IGNORED },
	{ S("x-ham-*"), FIELD_IGNORED },
	{ S("x-bogosity"), FIELD_IGNORED },
	{ S("x-pstn-levels"), FIELD_IGNORED },
	{ S("x-quarantine-id"), FIELD_IGNORED },
	{ S("x-keywords"), FIELD_IGNORED },
	{ S("x-uid*"), FIELD_IGNORED },
	{ S("status"), FIELD_IGNORED },
	{ S("x-status"), FIELD_IGNORED },
	{ S("lines"), FIELD_IGNORED },
	{ S("content-length"), FIELD_IGNORED },
	{ S("x-evolution*"), FIELD_IGNORED },
	{ S("x-mozilla-*"), FIELD_IGNORED },
	{ S("x-gmail-labels"), FIELD_IGNORED },
};

static bool matches(struct str name, struct str row)
{
	if (row.p[row.n - 1] == '*')
		return str_istarts(name, str_sub(row, 0, row.n - 1));
	return str_ieq(name, row);
}

enum field_use field_use(struct str name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (matches(name, rows[i].name))
			return rows[i].use;
	return FIELD_READ;
}

size_t fields_read(const struct hdr_list *headers, size_t *out)
{
	size_t n = 0, origin = SIZE_MAX;

	for (size_t i = headers->v.n; i > 0 && origin == SIZE_MAX; i--)
		if (field_use(headers->v.p[i - 1].name) == FIELD_ORIGIN)
			origin = i - 1;
	for (size_t i = 0; i < headers->v.n; i++) {
		enum field_use use = field_use(headers->v.p[i].name);
		if (use < FIELD_LIST && (use != FIELD_ORIGIN || i == origin))
			out[n++] = i;
	}
	return n;
}
