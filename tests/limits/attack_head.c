/* Attacks on the header. */
#include "limits/attack.h"

static void end(struct buf *b)
{
	ADD(b, "Content-Type: text/plain\r\n\r\ntext\r\n");
}

static void fields(struct buf *b, size_t n)
{
	head(b);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "X-%zu: a\r\n", i);
	end(b);
}

static void folds(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ADD(b, "X-Folded: a\r\n");
		FILL(b, "\t\r\n", 65000);
	}
	head(b);
	end(b);
}

/* n octets of one field, made of s again and again. */
static void one(struct buf *b, const char *name, const char *s, size_t n)
{
	head(b);
	buf_addf(b, "%s: ", name);
	fill(b, str_c(s), n);
	ADD(b, "\r\n");
	end(b);
}

/* The same in many fields of that name. */
static void many(struct buf *b, const char *name, const char *s, size_t each, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s: ", name);
		fill(b, str_c(s), each);
		ADD(b, "\r\n");
	}
	head(b);
	end(b);
}

static void encoded_words(struct buf *b, size_t n)
{
	many(b, "Subject", "=?utf-8?q?a?=\r\n ", 15 * 500, n / 500 + 1);
}

static void encoded_names(struct buf *b, size_t n)
{
	one(b, "From", "=?utf-8?b?0LDQsA==?= <a@example.com>, ", n * 39);
}

static void charset_words(struct buf *b, size_t n)
{
	many(b, "Subject", "=?iso-2022-jp?b?GyRCJCIbKEI=?=\r\n =?utf-7?q?+AGE-?=\r\n ", 60000, n);
}

static void comments(struct buf *b, size_t n)
{
	one(b, "From", "(", n);
}

static void comments_closed(struct buf *b, size_t n)
{
	one(b, "From", "(a(b(c)))\\", n);
}

static void quotes(struct buf *b, size_t n)
{
	one(b, "From", "\"a\\\"", n);
}

static void groups(struct buf *b, size_t n)
{
	one(b, "To", "g:a@b,;", n);
}

static void to_similar(struct buf *b, size_t n)
{
	head(b);
	ADD(b, "Cc: x@example.com");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, ",\r\n info%04zu@example%zu.com", i, i % 7);
	ADD(b, "\r\n");
	end(b);
}

static void to_named(struct buf *b, size_t n)
{
	head(b);
	ADD(b, "Cc: x@example.com");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, ",\r\n \"Doe, John %zu\" <john%zu@example.com>", i, i);
	ADD(b, "\r\n");
	end(b);
}

static void received_long(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ADD(b, "Received: from a (");
		FILL(b, "b [192.0.2.1] (c) from by with id ; ", 65000);
		ADD(b, ") by c with SMTP; Mon, 2 Jan 2023 15:04:05 +0000\r\n");
	}
	head(b);
	end(b);
}

static void received_many(struct buf *b, size_t n)
{
	REP(b,
	    "Received: from unknown (HELO a.example) (192.0.2.1) by b.example with SMTP; "
	    "2 Jan 2023 15:04:05 -0000\r\n",
	    n);
	head(b);
	end(b);
}

static void signatures(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=d%zu.example; "
			 "s=s; "
			 "h=from:to:subject:date:from:from:from; bh=AAAA; b=BBBB\r\n",
			 i);
	head(b);
	end(b);
}

static void signature_tags(struct buf *b, size_t n)
{
	many(b, "DKIM-Signature", "h=from:to:subject:from:from;\r\n ", 60000, n);
}

static void arc_sets(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b,
			 "ARC-Seal: i=%zu; a=rsa-sha256; cv=pass; d=a.example; s=s; b=AAAA\r\n"
			 "ARC-Message-Signature: i=%zu; a=rsa-sha256; d=a.example; s=s; h=from; "
			 "bh=AAAA; b=AAAA\r\n"
			 "ARC-Authentication-Results: i=%zu; a.example; spf=pass\r\n",
			 i + 1, i + 1, i + 1);
	head(b);
	end(b);
}

static void results(struct buf *b, size_t n)
{
	many(b, "Authentication-Results", "a.example; spf=pass (a(b)) smtp.mailfrom=\"a\\\"b\"; ",
	     60000, n);
}

static void references(struct buf *b, size_t n)
{
	many(b, "References", "<a@b> <a", 60000, n);
}

static void unsubscribe(struct buf *b, size_t n)
{
	many(b, "List-Unsubscribe", "<http://a.example/u?u=http://b.example/>, ", 60000, n);
}

static void blanks(struct buf *b, size_t n)
{
	many(b, "Subject", "               ", 60000, n);
}

static void letters(struct buf *b, size_t n)
{
	many(b, "Subject", "aaaa", 60000, n);
}

static void digits(struct buf *b, size_t n)
{
	many(b, "Message-ID", "1234567890", 60000, n);
}

static void dots(struct buf *b, size_t n)
{
	many(b, "X-Mailer", "a.-_ ", 60000, n);
}

static void money(struct buf *b, size_t n)
{
	many(b, "Subject", "$ 1 ! ", 60000, n);
}

static void types(struct buf *b, size_t n)
{
	many(b, "Content-Type", "text/html; charset=\"a\"; boundary=\"b\"; ", 60000, n);
}

static void no_body(struct buf *b, size_t n)
{
	FILL(b, "From a: b: c\r\n", n);
}

const struct attack attacks_head[] = {
	{ "fields", fields, 100000 },
	{ "folds", folds, 200 },
	{ "encoded words", encoded_words, 10000 },
	{ "encoded names", encoded_names, 1600 },
	{ "encoded words, charsets", charset_words, 16 },
	{ "comments, open", comments, 60000 },
	{ "comments", comments_closed, 60000 },
	{ "quoted strings", quotes, 60000 },
	{ "groups", groups, 60000 },
	{ "recipients, similar", to_similar, 1000 },
	{ "recipients, named", to_named, 1000 },
	{ "Received, 64 KiB", received_long, 100 },
	{ "Received", received_many, 10000 },
	{ "signatures", signatures, 2000 },
	{ "signature tags", signature_tags, 16 },
	{ "ARC sets", arc_sets, 1000 },
	{ "Authentication-Results", results, 16 },
	{ "References", references, 16 },
	{ "List-Unsubscribe", unsubscribe, 16 },
	{ "Subject, blanks", blanks, 16 },
	{ "Subject, letters", letters, 16 },
	{ "Message-ID, digits", digits, 16 },
	{ "X-Mailer, dots", dots, 16 },
	{ "Subject, money", money, 16 },
	{ "Content-Type, parameters", types, 16 },
	{ "only fields", no_body, 5u << 20 },
	{ 0 },
};
