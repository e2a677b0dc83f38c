/* How header fields are written: encodings, dates, fields that are there too often. */
#include "base/utf8.h"
#include "checks/checks.h"
#include "checks/content/hops.h"
#include "checks/words.h"
#include "mail/date.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

/* ---- encodings ---- */

/* The kind, 'q' or 'b', of the encoded word that begins there; 0: none does. */
static char word_kind(struct str s)
{
	size_t mark = str_chr(str_skip(s, 2), '?');

	if (!str_starts(s, STR("=?")) || mark == SIZE_MAX || mark + 4 >= s.n ||
	    s.p[mark + 4] != '?')
		return 0;
	return ch_lower(s.p[mark + 3]);
}

static bool has_word(struct str value, struct str kinds)
{
	for (size_t at = 0; at < value.n; at++) {
		size_t next = str_find(str_skip(value, at), STR("=?"));
		char kind;
		if (next == SIZE_MAX)
			return false;
		at += next;
		kind = word_kind(str_skip(value, at));
		if (kind && str_chr(kinds, kind) != SIZE_MAX)
			return true;
	}
	return false;
}

static bool needless(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct hdr *h = hdr_find(&s->headers, arg[0].text, 0);
	struct str text;

	(void)n;
	if (!h || !has_word(h->value, arg[1].text))
		return false;
	text = mime_words(s->arena, h->value);
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 32 || (unsigned char)text.p[i] > 126)
			return false;
	*evidence = str_trim(text);
	return true;
}

static bool raw_8bit(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct hdr *h = hdr_find(&s->headers, arg[0].text, 0);
	bool bad = n > 1 && str_eq(arg[1].text, STR("bad"));

	(void)evidence;
	return h && !str_ascii(h->value) && (!bad || !utf8_valid(h->value));
}

/* ---- which fields there are ---- */

/* Fields that may stand once (RFC 5322 3.6, RFC 2045). */
static const char *const once[] = { "From", "Sender",	    "Reply-To",	   "To",	 "Cc",
				    "Bcc",  "Message-ID",   "In-Reply-To", "References", "Subject",
				    "Date", "MIME-Version", "Content-Type" };

#define ONCE (sizeof once / sizeof *once)

static bool repeated(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	for (size_t i = 0; i < ONCE; i++)
		if (hdr_count(&s->headers, str_c(once[i])) > 1) {
			*evidence = str_c(once[i]);
			return true;
		}
	return false;
}

static bool essential_missing(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; i < ONCE; i++)
		if (hdr_find(&s->headers, str_c(once[i]), 0))
			return false;
	return true;
}

static bool lacks(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)n;
	(void)evidence;
	return !hdr_find(&s->headers, arg[0].text, 0);
}

/* The field's name, as written, is that: X-mailer is not X-Mailer. */
static bool written(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct hdr *h = hdr_find(&s->headers, arg[0].text, 0);

	(void)n;
	if (!h || str_eq(h->name, arg[0].text))
		return false;
	*evidence = h->name;
	return true;
}

static bool no_blank(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	for (size_t i = 0; i < s->headers.v.n; i++) {
		const struct hdr *h = &s->headers.v.p[i];
		if (h->value.n && !ch_fws(h->value.p[0])) {
			*evidence = h->name;
			return true;
		}
	}
	return false;
}

/* ---- dates ---- */

/*
 * Hours between the Date field and the arrival: now for mail that comes in, the newest Received
 * date for mail from a file.
 */
static bool date_off(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Date"), 0);
	int64_t date, arrival = s->client.ip.family ? s->now : hops_newest(s);
	double hours;

	(void)n;
	if (!h || !date_parse(h->value, &date) || !arrival)
		return false;
	hours = (double)(date - arrival) / 3600;
	if (hours < arg[0].number || hours >= arg[1].number)
		return false;
	*evidence = arena_printf(s->arena, "%.1f hours", hours);
	return true;
}

static bool date_bad(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct hdr *h = hdr_find(&s->headers, STR("Date"), 0);
	int64_t date;

	(void)arg;
	(void)n;
	if (!h || date_parse(h->value, &date))
		return false;
	*evidence = str_trim(h->value);
	return true;
}

static const struct predicate predicates[] = {
	{ "header_needless", "ss", needless,
	  "the field is written in encoded words ('q', 'b') although it is plain ASCII" },
	{ "header_8bit", "s|s", raw_8bit,
	  "the field has raw octets over 127; 'bad': that are not UTF-8" },
	{ "header_repeated", "", repeated, "a field that may stand once stands twice" },
	{ "header_essentials_missing", "", essential_missing,
	  "none of the fields that a mail program writes is there" },
	{ "header_lacks", "s", lacks, "there is no such field" },
	{ "header_written", "s", written, "the field's name is written in another case than this" },
	{ "header_no_blank", "", no_blank, "a field has no blank behind its colon" },
	{ "date_off", "nn", date_off,
	  "Date is so many hours after the arrival: at least, less than; before it: negative" },
	{ "date_broken", "", date_bad, "there is a Date, and it is none" },
	{ 0 },
};

const struct check check_headers = {
	.abi = CHECK_ABI,
	.name = "headers",
	.help = "how header fields are written",
	.stage = SCAN_HEADERS,
	.flags = CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
