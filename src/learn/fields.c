/*
 * The table of header fields. Which are left out was measured on a corpus in parts that the model
 * had not seen (other lists, other months): one list puts a dozen fields into its messages that
 * all say the same, which counted a dozen times; the hops near the reader and the day tell
 * collections apart and not ham from spam.
 */
#include "learn/fields.h"

#include "learn/features.h"

struct row {
	const char *name; /* one that ends in "*" is a beginning */
	enum field_use use;
};

static const struct row rows[] = {
	{ "received", FIELD_ORIGIN },
	{ "date", FIELD_DATE },
	{ "x-original-date", FIELD_DATE },
	{ "x-originalarrivaltime", FIELD_DATE },
	{ "list-id", FIELD_READ },
	{ "list-*", FIELD_LIST },
	{ "x-beenthere", FIELD_LIST },
	{ "errors-to", FIELD_LIST },
	{ "sender", FIELD_LIST },
	{ "x-mailman-version", FIELD_LIST },
	{ "mailing-list", FIELD_LIST },
	{ "x-loop", FIELD_LIST },
	{ "return-path", FIELD_ADDED },
	{ "delivered-to", FIELD_ADDED },
	{ "x-original-to", FIELD_ADDED },
	{ "envelope-to", FIELD_ADDED },
	{ "delivery-date", FIELD_ADDED },
	{ "x-delivered-to", FIELD_ADDED },
	{ "x-sieve", FIELD_ADDED },
	{ "authentication-results", FIELD_ADDED },
	{ "received-spf", FIELD_ADDED },
	{ "dkim-signature", FIELD_ADDED },
	{ "domainkey-signature", FIELD_ADDED },
	{ "arc-*", FIELD_ADDED },
	{ "x-spam*", FIELD_IGNORED },
	{ "x-merlon-*", FIELD_IGNORED },
	{ "x-rspamd-*", FIELD_IGNORED },
	{ "x-dspam-*", FIELD_IGNORED },
	{ "x-crm114-*", FIELD_IGNORED },
	{ "x-ham-*", FIELD_IGNORED },
	{ "x-bogosity", FIELD_IGNORED },
	{ "x-pstn-levels", FIELD_IGNORED },
	{ "x-quarantine-id", FIELD_IGNORED },
	{ "x-keywords", FIELD_IGNORED },
	{ "x-uid*", FIELD_IGNORED },
	{ "status", FIELD_IGNORED },
	{ "x-status", FIELD_IGNORED },
	{ "lines", FIELD_IGNORED },
	{ "content-length", FIELD_IGNORED },
	{ "x-evolution*", FIELD_IGNORED },
	{ "x-mozilla-*", FIELD_IGNORED },
	{ "x-gmail-labels", FIELD_IGNORED },
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
		if (matches(name, str_c(rows[i].name)))
			return rows[i].use;
	return FIELD_READ;
}

bool features_ignore(struct str name)
{
	return field_use(name) == FIELD_IGNORED;
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
