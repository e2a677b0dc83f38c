/* What all attacks are written with. */
#include "limits/attack.h"

void rep(struct buf *b, struct str s, size_t n)
{
	buf_room(b, arena_mul(s.n, n));
	while (n-- > 0)
		buf_add(b, s);
}

void fill(struct buf *b, struct str s, size_t n)
{
	rep(b, s, n / s.n + 1);
}

void head(struct buf *b)
{
	ADD(b,
	    "Received: from mail.example.net (mail.example.net [192.0.2.1])\r\n"
	    "\tby mx.example.org (Postfix) with ESMTP id 4XYZ; Mon, 2 Jan 2023 15:04:05 +0000\r\n"
	    "From: Sender <sender@example.net>\r\nTo: Someone <someone@example.org>\r\n"
	    "Subject: Hello\r\nDate: Mon, 2 Jan 2023 15:04:05 +0000\r\n"
	    "Message-ID: <1@example.net>\r\nMIME-Version: 1.0\r\n");
}

void begin(struct buf *b, const char *type)
{
	head(b);
	buf_addf(b, "Content-Type: %s\r\n\r\n", type);
}

void base64(struct buf *b, struct str s)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_addc(b, i + k > s.n ? '=' : digit[v >> (18 - 6 * k) & 63]);
		if (i % 57 == 54)
			ADD(b, "\r\n");
	}
	ADD(b, "\r\n");
}
