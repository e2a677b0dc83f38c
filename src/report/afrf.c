/* Failure reports as messages. */
#include "report/afrf.h"

#include "base/buf.h"
#include "mail/date.h"

#define HASH_SHOWN 12u	     /* hexadecimal digits of a local part */
#define LINE_MAX_OCTETS 990u /* RFC 5322 2.1.1: 998 */
#define VALUE_MAX 900u	     /* octets of a field of the report */

/* Fields whose addresses are the author's, or no addresses. */
static const char *const kept[] = { "from",
				    "sender",
				    "message-id",
				    "dkim-signature",
				    "arc-seal",
				    "arc-message-signature",
				    "arc-authentication-results",
				    "in-reply-to",
				    "references" };

static bool is_kept(struct str name)
{
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (str_ieq(name, str_c(kept[i])))
			return true;
	return false;
}

static bool is_local(char c)
{
	return ch_alnum(c) || (unsigned char)c > 127 ||
	       (c && str_chr(STR(".!#$%&'*+-/=?^_`{|}~\""), c) != SIZE_MAX);
}

static void put_hash(struct arena *a, struct crypto *c, struct buf *b, struct str local,
		     struct str secret)
{
	struct hash *h = hash_new(c, a, HASH_SHA256);
	struct str lower = arena_lower(a, local);

	hash_feed(h, secret);
	hash_feed(h, lower);
	hash_feed(h, secret);
	buf_hex(b, hash_end(h).p, HASH_SHOWN / 2);
}

/* What goes out: in lines, of ASCII. */
struct out {
	struct buf b;
	size_t line; /* octets of the line that is written */
};

/* Folded where it is longer than a line of mail may be (RFC 5322 2.1.1). */
static void put_octet(struct out *o, char c)
{
	if (c == '\r')
		return;
	if (c == '\n') {
		buf_add(&o->b, STR("\r\n"));
		o->line = 0;
		return;
	}
	if (o->line == LINE_MAX_OCTETS) {
		buf_add(&o->b, STR("\r\n "));
		o->line = 1;
	}
	buf_addc(&o->b, c == '\t' || (c >= ' ' && c <= '~') ? c : '?');
	o->line++;
}

static void put_octets(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		put_octet(o, s.p[i]);
}

/* ---- local parts ---- */

/* An "@" as it is or as URLs and encoded words have it: how many octets; 0: none. */
static size_t at_sign(struct str s)
{
	if (s.n && s.p[0] == '@')
		return 1;
	return str_starts(s, STR("%40")) || str_starts(s, STR("=40")) ? 3 : 0;
}

/* Where the blanks, folds and comments that end before at begin (RFC 5322 4.4 allows them between
 * a local part and its "@", and around its dots). */
static size_t blanks_begin(struct str s, size_t from, size_t at)
{
	size_t depth = 0;

	while (at > from) {
		char c = s.p[at - 1];

		if (c == ')')
			depth++;
		else if (c == '(' && depth)
			depth--;
		else if (!depth && !ch_fws(c))
			break;
		at--;
	}
	return at;
}

/* Where the word that ends before at begins: atoms and dots, or a quoted string, which may hold
 * anything; at: there is none. */
static size_t word_begins(struct str s, size_t from, size_t at)
{
	size_t i = at;

	if (at > from && s.p[at - 1] == '"') {
		for (i = at - 1; i > from; i--)
			if (s.p[i - 1] == '"' && (i - 1 == from || s.p[i - 2] != '\\'))
				break;
		return i > from ? i - 1 : from;
	}
	while (i > from && s.p[i - 1] != '"' && is_local(s.p[i - 1]))
		i--;
	return i;
}

/* The local part before the "@" that is at: from where; *end: where its last word ends. */
static size_t local_begins(struct str s, size_t from, size_t at, size_t *end)
{
	size_t i = *end = blanks_begin(s, from, at);

	for (;;) {
		size_t word = word_begins(s, from, i), before = blanks_begin(s, from, word);
		bool more = before > from;

		if (more && before == word)
			more = s.p[before - 1] == '"' || is_local(s.p[before - 1]);
		else if (more)
			more = s.p[before - 1] == '.' || s.p[word < at ? word : before] == '.';
		if (word == i || !more)
			return word;
		i = before;
	}
}

/* A field with its folds. Each octet is looked at by the search for one local part only. */
static void put_redacted(struct arena *a, struct crypto *c, struct out *o, struct str field,
			 struct str secret)
{
	size_t done = 0;

	for (size_t at = 0; at < field.n; at++) {
		size_t sign = at_sign(str_skip(field, at)), from, end;

		if (!sign)
			continue;
		from = local_begins(field, done, at, &end);
		put_octets(o, str_sub(field, done, from - done));
		if (from < end) {
			struct buf hash = { .arena = a };

			put_hash(a, c, &hash, str_sub(field, from, end - from), secret);
			put_octets(o, buf_str(&hash));
		}
		put_octets(o, str_sub(field, at, sign));
		done = at + sign;
		at = done - 1;
	}
	put_octets(o, str_skip(field, done));
}

/* ---- a header ---- */

/* The next field with its folds and last line end; absent: the header is over. */
static struct str next_field(struct str *header)
{
	struct str all = *header;
	size_t n = 0;

	do {
		size_t end = str_chr(str_skip(all, n), '\n');

		n = end == SIZE_MAX ? all.n : n + end + 1;
	} while (n < all.n && ch_wsp(all.p[n]));
	*header = str_skip(all, n);
	all = str_sub(all, 0, n);
	return str_trim(all).n ? all : STR_NULL;
}

struct str afrf_redact(struct arena *a, struct crypto *c, struct str header, struct str secret)
{
	struct out o = { .b = { .arena = a } };
	bool cut = header.n > AFRF_HEADER_MAX;
	struct str field;

	header = str_sub(header, 0, AFRF_HEADER_MAX);
	while (header.n && (field = next_field(&header)).n) {
		if (cut && !header.n) /* the last field is not whole */
			break;
		if (is_kept(str_trim(str_sub(field, 0, str_chr(field, ':')))))
			put_octets(&o, field);
		else
			put_redacted(a, c, &o, field, secret);
		if (field.p[field.n - 1] != '\n')
			put_octet(&o, '\n');
	}
	return buf_str(&o.b);
}

/* ---- what failed ---- */

static void put_field(struct buf *b, const char *name, struct str value)
{
	if (!value.p)
		return;
	buf_addf(b, "%s: ", name);
	for (size_t i = 0; i < value.n && i < VALUE_MAX; i++)
		buf_addc(b, value.p[i] >= ' ' && value.p[i] <= '~' ? value.p[i] : '?');
	buf_add(b, STR("\r\n"));
}

/* RFC 9991 4: the mechanisms that did not pass aligned. */
static const char *alignment(const struct afrf *f)
{
	if (f->dkim_aligned && f->spf_aligned)
		return "none";
	if (f->dkim_aligned)
		return "spf";
	return f->spf_aligned ? "dkim" : "dkim, spf";
}

static void feedback(struct arena *a, struct crypto *c, struct buf *b, const struct afrf *f,
		     struct str secret)
{
	char ip[IP_TEXT_MAX], date[DATE_MAX];
	size_t at = str_rchr(f->envelope_from, '@');
	struct buf from = { .arena = a };

	buf_add(b, STR("Feedback-Type: auth-failure\r\nVersion: 1\r\n"
		       "User-Agent: Merlon/" MERLON_VERSION "\r\n"));
	put_field(b, "Auth-Failure", f->failure.n ? f->failure : STR("dmarc"));
	put_field(b, "Authentication-Results", f->auth_results);
	buf_addf(b, "Identity-Alignment: %s\r\n", alignment(f));
	put_field(b, "DKIM-Domain", f->dkim_domain);
	if (f->dkim_domain.p)
		put_field(b, "DKIM-Identity", arena_printf(a, "@%.*s", STR_ARG(f->dkim_domain)));
	put_field(b, "DKIM-Selector", f->dkim_selector);
	put_field(b, "SPF-DNS", f->spf_dns);
	put_field(b, "Delivery-Result", f->delivery);
	if (at != SIZE_MAX) {
		put_hash(a, c, &from, str_sub(f->envelope_from, 0, at), secret);
		buf_add(&from, str_skip(f->envelope_from, at));
	}
	put_field(b, "Original-Mail-From", arena_printf(a, "<%.*s>", STR_ARG(buf_str(&from))));
	put_field(b, "Source-IP", str_c(ip_format(&f->source, ip)));
	put_field(b, "Reported-Domain", f->domain);
	put_field(b, "Arrival-Date", str_c(date_format(f->arrival, date)));
}

struct str afrf_content(struct arena *a, struct crypto *c, const struct afrf *f, struct str secret)
{
	struct buf b = { .arena = a };
	char ip[IP_TEXT_MAX], date[DATE_MAX];

	buf_addf(&b, "Subject: DMARC failure report for %.*s\r\n", STR_ARG(f->domain));
	buf_addf(&b,
		 "Content-Type: multipart/report; report-type=feedback-report;\r\n"
		 " boundary=\"=_%.*s\"\r\n\r\n--=_%.*s\r\n",
		 STR_ARG(f->id), STR_ARG(f->id));
	buf_addf(&b,
		 "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
		 "This is an authentication failure report (RFC 9991) about a message that\r\n"
		 "claimed to be from %.*s\r\nand was received from %s\r\non %s.\r\n"
		 "Its body is left out, and local parts of addresses are hashed.\r\n\r\n",
		 STR_ARG(f->domain), ip_format(&f->source, ip), date_format(f->arrival, date));
	buf_addf(&b, "--=_%.*s\r\nContent-Type: message/feedback-report\r\n\r\n", STR_ARG(f->id));
	feedback(a, c, &b, f, secret);
	buf_addf(&b, "\r\n--=_%.*s\r\nContent-Type: text/rfc822-headers\r\n\r\n", STR_ARG(f->id));
	buf_add(&b, afrf_redact(a, c, f->header, secret));
	buf_addf(&b, "\r\n--=_%.*s--\r\n", STR_ARG(f->id));
	return buf_str(&b);
}
