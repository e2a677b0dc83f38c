/* DKIM signatures made: which fields, the tags, the digest. */
#include "auth/dkim/sign.h"

#include "auth/dkim/compose.h"
#include "mail/domain.h"

#define IDENTITY_MAX 512u /* octets of i= */

static const struct dkim_plan_name names[] = {
	/* Oversigned: a second one, or a first, would change what the reader sees. */
	{ STR("From"), true },
	{ STR("Sender"), true },
	{ STR("Reply-To"), true },
	{ STR("Subject"), true },
	{ STR("Date"), true },
	{ STR("To"), true },
	{ STR("Cc"), true },
	{ STR("Message-ID"), true },
	{ STR("MIME-Version"), true },
	{ STR("Content-Type"), true },
	{ STR("Content-Transfer-Encoding"), true },
	/* RFC 9477 3.1 wants them signed. */
	{ STR("CFBL-Address"), false },
	{ STR("CFBL-Feedback-ID"), false },
	/* RFC 8058 4 wants the first two signed. */
	{ STR("List-Unsubscribe"), false },
	{ STR("List-Unsubscribe-Post"), false },
	{ STR("List-Id"), false },
	{ STR("List-Help"), false },
	{ STR("List-Subscribe"), false },
	{ STR("List-Post"), false },
	{ STR("List-Owner"), false },
	{ STR("List-Archive"), false },
	{ STR("In-Reply-To"), false },
	{ STR("References"), false },
	{ STR("Resent-From"), false },
	{ STR("Resent-Sender"), false },
	{ STR("Resent-Date"), false },
	{ STR("Resent-To"), false },
	{ STR("Resent-Cc"), false },
	{ STR("Resent-Message-ID"), false },
	{ STR("Content-ID"), false },
	{ STR("Content-Description"), false },
	{ STR("Content-Disposition"), false },
	{ STR("Author"), false }, /* RFC 9057 */
	{ STR("Autocrypt"), false },
	{ STR("Feedback-ID"), false },
};

const struct dkim_plan dkim_plan_default = { .n = sizeof names / sizeof *names, .name = names };

/* dkim-quoted-printable (2.11). */
static void add_quoted(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > 32 && c < 127 && c != ';' && c != '=')
			buf_addc(out, s.p[i]);
		else
			buf_addf(out, "=%02X", c);
	}
}

/* i= as it is written; absent: it cannot be. */
static struct str quote_identity(struct arena *a, struct str identity, struct str domain)
{
	size_t at = str_rchr(identity, '@');
	struct buf out = { .arena = a };
	struct str own;

	if (at == SIZE_MAX || identity.n > IDENTITY_MAX)
		return STR_NULL;
	own = domain_read(a, str_skip(identity, at + 1), DOMAIN_UNDERSCORE);
	if (!own.p || !domain_within(own, domain))
		return STR_NULL;
	add_quoted(&out, str_sub(identity, 0, at));
	buf_addc(&out, '@');
	buf_add(&out, own);
	return out.n > IDENTITY_MAX ? STR_NULL : buf_str(&out);
}

bool dkim_draft(struct arena *a, struct crypto *c, const struct dkim_sign_request *req,
		struct dkim_draft *out)
{
	struct canon_headers headers;
	struct compose_names h;
	struct compose_value v;
	struct compose_tag tag[COMPOSE_TAGS];
	struct str domain = req->domain, selector = req->selector, identity;
	size_t n = 0;
	bool ok;

	canon_headers_init(&headers, a, req->headers);
	ok = compose_plan(a, &headers, req->plan, STR_NULL, &h);
	compose_key_name(a, &domain, &selector, &ok);
	identity = quote_identity(a, req->identity, domain);
	tag[n++] = (struct compose_tag){ "v", STR("1") };
	tag[n++] = (struct compose_tag){ "a", compose_algorithm(req->type) };
	tag[n++] = (struct compose_tag){ "c", compose_canon(a, req->head, req->body) };
	tag[n++] = (struct compose_tag){ "d", domain };
	tag[n++] = (struct compose_tag){ "s", selector };
	if (req->t > 0)
		tag[n++] = (struct compose_tag){ "t", compose_number(a, req->t) };
	if (req->x > 0 && req->x > req->t)
		tag[n++] = (struct compose_tag){ "x", compose_number(a, req->x) };
	if (identity.p)
		tag[n++] = (struct compose_tag){ "i", identity };
	tag[n++] = (struct compose_tag){ "h", compose_join(a, &h) };
	tag[n++] = (struct compose_tag){ "bh", base64_encode(a, req->body_digest) };
	tag[n++] = (struct compose_tag){ "b", STR("") };
	compose(a, STR("DKIM-Signature"), tag, n, false, &v);
	out->digest = compose_digest(a, c, &headers, &h, &v, req->head);
	out->value = v.head;
	return ok;
}

struct str dkim_sign_value(struct arena *a, const struct dkim_draft *d, struct str signature)
{
	struct compose_value v = { .name = STR("DKIM-Signature"),
				   .head = d->value,
				   .tail = STR("") };

	return compose_signed(a, &v, signature, false);
}
