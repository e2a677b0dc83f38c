/* Failure reports as messages. */
#include "report/afrf.h"

#include "base/buf.h"
#include "mail/date.h"

#define HASH_SHOWN 12u /* hexadecimal digits of a local part */

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

/* Control characters and what is not ASCII do not go out. */
static void put_clean(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(b, s.p[i] == '\t' || (s.p[i] >= ' ' && s.p[i] <= '~') ? s.p[i] : '?');
}

/* A quoted local part may hold blanks: what stands before the "@" is taken back to its quote. */
static size_t local_begins(struct str line, size_t from, size_t at)
{
	size_t i = at;

	if (at > from && line.p[at - 1] == '"') {
		for (i = at - 1; i > from && line.p[i - 1] != '"'; i--)
			;
		return i > from ? i - 1 : from;
	}
	while (i > from && is_local(line.p[i - 1]))
		i--;
	return i;
}

static void put_line(struct arena *a, struct crypto *c, struct buf *b, struct str line,
		     struct str secret)
{
	size_t done = 0;

	for (size_t at = 0; at < line.n; at++) {
		size_t from;

		if (line.p[at] != '@')
			continue;
		from = local_begins(line, done, at);
		put_clean(b, str_sub(line, done, from - done));
		if (from < at)
			put_hash(a, c, b, str_sub(line, from, at - from), secret);
		done = at;
		buf_addc(b, '@');
		done++;
	}
	put_clean(b, str_skip(line, done));
	buf_add(b, STR("\r\n"));
}

struct str afrf_redact(struct arena *a, struct crypto *c, struct str header, struct str secret)
{
	struct buf b = { .arena = a };
	bool cut = header.n > AFRF_HEADER_MAX, plain = false;

	header = str_sub(header, 0, AFRF_HEADER_MAX);
	while (header.n) {
		struct str line = str_cut(&header, '\n');

		if (cut && !header.p) /* the last line is not whole */
			break;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n)
			break;
		if (!ch_wsp(line.p[0]))
			plain = is_kept(str_trim(str_sub(line, 0, str_chr(line, ':'))));
		if (plain) {
			put_clean(&b, line);
			buf_add(&b, STR("\r\n"));
		} else {
			put_line(a, c, &b, line, secret);
		}
	}
	return buf_str(&b);
}

static void put_field(struct buf *b, const char *name, struct str value)
{
	if (!value.p)
		return;
	buf_addf(b, "%s: ", name);
	put_clean(b, str_sub(value, 0, 900)); /* a line has at most 998 octets */
	buf_add(b, STR("\r\n"));
}

/* RFC 9991 4: the mechanisms that did not pass aligned, or "none" if both failed to be there. */
static const char *alignment(const struct afrf *f)
{
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
		       "User-Agent: Merlon/" MERLON_VERSION "\r\nAuth-Failure: dmarc\r\n"));
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
