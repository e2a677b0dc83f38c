/* Fields and bodies as MTAs emit them: which MTA it is, lines, fields that are put in. */
#include "mail/emit.h"

#include "mail/emit_priv.h"

enum emit_mta emit_mta(struct str version)
{
	version = str_trim(version);
	if (str_starts(version, STR("Postfix")))
		return EMIT_POSTFIX;
	/* Sendmail's $v is its number, and "/" what a vendor adds. */
	if (version.n >= 3 && ch_digit(version.p[0]) && str_chr(version, '.') <= 2)
		return EMIT_SENDMAIL;
	return EMIT_OTHER;
}

size_t emit_line_max(enum emit_mta mta)
{
	static const size_t max[] = { EMIT_LINE_OTHER, EMIT_LINE_POSTFIX, EMIT_LINE_SENDMAIL };

	return max[mta];
}

bool emit_adds(enum emit_mta mta, struct str name)
{
	static const struct str added[] = { STR("From"), STR("Date"), STR("Message-ID") };

	for (size_t i = 0; mta == EMIT_SENDMAIL && i < sizeof added / sizeof *added; i++)
		if (str_ieq(name, added[i]))
			return true;
	return false;
}

static bool is_address_field(struct str name)
{
	static const struct str fields[] = {
		STR("From"),
		STR("Sender"),
		STR("Reply-To"),
		STR("To"),
		STR("Cc"),
		STR("Bcc"),
		STR("Resent-From"),
		STR("Resent-Sender"),
		STR("Resent-To"),
		STR("Resent-Cc"),
		STR("Resent-Bcc"),
		STR("Resent-Reply-To"),
		STR("Errors-To"),
		STR("Disposition-Notification-To"),
		STR("Apparently-To"),
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (str_ieq(name, fields[i]))
			return true;
	return false;
}

/* first: octets that stand in front of the value on its first line. */
static bool lines_fit(size_t first, struct str value, size_t max)
{
	size_t from = 0;

	for (size_t i = 0; i <= value.n; i++) {
		size_t end = i;

		if (i < value.n && value.p[i] != '\n')
			continue;
		if (end > from && value.p[end - 1] == '\r')
			end--;
		if (first + end - from > max)
			return false;
		from = i + 1;
		first = 0;
	}
	return true;
}

bool emit_value(struct arena *a, enum emit_mta mta, size_t line_max, struct str name,
		struct str value, struct str *out)
{
	*out = value;
	if (mta == EMIT_SENDMAIL && is_address_field(name) && !emit_addresses(a, name, value, out))
		return false;
	return lines_fit(name.n + 1, *out, line_max);
}

/* Up to the next line end: nothing in it needs a look but its length and two octets. */
static void feed_line(struct emit_body *b, struct str piece)
{
	if (piece.n == 0)
		return;
	if (memchr(piece.p, '\0', piece.n))
		b->nul = true;
	if (memchr(piece.p, '\r', piece.n - 1) || (b->last == '\r' && b->line > 0))
		b->bare_cr = true;
	b->line += piece.n;
	b->last = piece.p[piece.n - 1];
}

static void end_line(struct emit_body *b)
{
	uint64_t n = b->line;

	if (n > 0 && b->last == '\r')
		n--;
	else
		b->bare_cr = true;
	if (n > b->longest)
		b->longest = n;
	b->line = 0;
	b->last = '\n';
}

void emit_body_feed(struct emit_body *b, struct str octets)
{
	while (octets.n > 0) {
		const char *lf = memchr(octets.p, '\n', octets.n);
		size_t n = lf ? (size_t)(lf - octets.p) : octets.n;

		feed_line(b, str_sub(octets, 0, n));
		if (!lf)
			return;
		end_line(b);
		octets = str_skip(octets, n + 1);
	}
}

void emit_body_end(struct emit_body *b)
{
	if (b->line > 0 && b->last == '\r')
		b->bare_cr = true;
	if (b->line > b->longest)
		b->longest = b->line;
	b->line = 0;
}
