/* Aggregate reports as messages. */
#include "report/mail.h"

#include "base/buf.h"
#include "base/octets.h"
#include "mail/date.h"

#define LINE 76u
#define ENCODED_MAX 45u /* octets of an encoded word: RFC 2047 2 allows 75 of its text */

struct str report_id(struct arena *a, struct crypto *c, struct str submitter, struct str domain,
		     int64_t begin, int64_t end, struct str part)
{
	struct hash *h = hash_new(c, a, HASH_SHA256);
	struct buf b = { .arena = a }, hex = { .arena = a };

	octets_str(&b, submitter);
	octets_str(&b, domain);
	octets_u(&b, (uint64_t)begin, 8);
	octets_u(&b, (uint64_t)end, 8);
	octets_str(&b, part);
	hash_feed(h, buf_str(&b));
	buf_hex(&hex, hash_end(h).p, (REPORT_ID_MAX - 1) / 2);
	return buf_str(&hex);
}

struct str report_filename(struct arena *a, struct str submitter, const struct report *r)
{
	return arena_printf(a, "%.*s!%.*s!%lld!%lld!%.*s.xml.gz", STR_ARG(submitter),
			    STR_ARG(r->domain), (long long)r->begin, (long long)r->end,
			    STR_ARG(r->id));
}

/* A quoted string, or an encoded word (RFC 2047) where it is not printable ASCII. */
static void put_phrase(struct buf *b, struct str s)
{
	if (!str_printable(s)) {
		size_t n = s.n < ENCODED_MAX ? s.n : ENCODED_MAX;

		while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
			n--;
		s = base64_encode(b->arena, str_sub(s, 0, n));
		buf_addf(b, "=?UTF-8?B?%.*s?=", STR_ARG(s));
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.p[i]);
	}
	buf_addc(b, '"');
}

void report_mail_head(struct buf *b, const struct report_envelope *env, struct str id)
{
	char date[DATE_MAX];

	buf_add(b, STR("From: "));
	if (env->org.n) {
		put_phrase(b, env->org);
		buf_add(b, STR("\r\n "));
	}
	buf_addf(b, "<%.*s>\r\nTo: <%.*s>\r\nDate: %s\r\n", STR_ARG(env->email), STR_ARG(env->to),
		 date_format(env->date, date));
	buf_addf(b, "Message-ID: <%.*s@%.*s>\r\nAuto-Submitted: auto-generated\r\n", STR_ARG(id),
		 STR_ARG(env->submitter));
	buf_add(b, STR("MIME-Version: 1.0\r\n"));
}

void report_mail_base64(struct arena *a, struct buf *b, struct str octets)
{
	struct str text = base64_encode(a, octets);

	buf_room(b, text.n + text.n / LINE * 2 + 4);
	while (text.n) {
		buf_add(b, str_sub(text, 0, LINE));
		buf_add(b, STR("\r\n"));
		text = str_skip(text, LINE);
	}
}

static void put_text(struct buf *b, const struct report_envelope *env, const struct report *r)
{
	char begin[DATE_MAX], end[DATE_MAX];

	buf_add(b, STR("Content-Type: text/plain; charset=us-ascii\r\n\r\n"));
	buf_addf(b,
		 "This is a DMARC aggregate report (RFC 9990) about mail of\r\n"
		 "%.*s,\r\nas it was seen by\r\n%.*s\r\nfrom %s\r\nto   %s.\r\n",
		 STR_ARG(r->domain), STR_ARG(env->submitter), date_format(r->begin, begin),
		 date_format(r->end, end));
}

struct str report_mail(struct arena *a, const struct report_envelope *env, struct str id,
		       struct str content)
{
	struct buf b = { .arena = a };

	report_mail_head(&b, env, id);
	buf_add(&b, content);
	return buf_str(&b);
}

struct str report_mail_content(struct arena *a, const struct report_envelope *env,
			       const struct report *r, struct str gz)
{
	struct buf b = { .arena = a };
	struct str name = report_filename(a, env->submitter, r);

	buf_addf(&b, "Subject: Report Domain: %.*s\r\n Submitter: %.*s\r\n Report-ID: <%.*s>\r\n",
		 STR_ARG(r->domain), STR_ARG(env->submitter), STR_ARG(r->id));
	buf_addf(&b, "Content-Type: multipart/mixed;\r\n boundary=\"=_%.*s\"\r\n\r\n",
		 STR_ARG(r->id));
	buf_addf(&b, "--=_%.*s\r\n", STR_ARG(r->id));
	put_text(&b, env, r);
	buf_addf(&b, "\r\n--=_%.*s\r\nContent-Type: application/gzip;\r\n name=\"%.*s\"\r\n",
		 STR_ARG(r->id), STR_ARG(name));
	buf_addf(&b,
		 "Content-Disposition: attachment;\r\n filename=\"%.*s\"\r\n"
		 "Content-Transfer-Encoding: base64\r\n\r\n",
		 STR_ARG(name));
	report_mail_base64(a, &b, gz);
	buf_addf(&b, "\r\n--=_%.*s--\r\n", STR_ARG(r->id));
	return buf_str(&b);
}
