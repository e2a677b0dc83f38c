/* A message's parts from its first octet to its last, and what is decoded of them when asked. */
#include <openssl/evp.h>

#include "mail/mime/mime_priv.h"
#include "mail/text/charset.h"

static const char *const flag_names[] = {
	"truncated",   "depth",	       "parts",		 "dup-header", "dup-param",
	"bad-type",    "bad-boundary", "boundary-clash", "unclosed",   "no-parts",
	"after-close", "bad-encoding", "bad-base64",	 "bad-qp",     "8bit-in-7bit",
	"nul",	       "no-version",   "header-cut",	 "alternate",  "bad-param",
	"bad-charset",
};

const char *mime_flag_name(unsigned flag)
{
	for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
		if (flag == 1u << i)
			return flag_names[i];
	return NULL;
}

struct mime *mime_new(struct arena *a, const struct hdr_list *headers, size_t max_kept)
{
	struct mime *m = ARENA_NEW(a, struct mime);
	uint32_t root;

	m->arena = a;
	m->headers = headers;
	m->body = STR("");
	m->priv = ARENA_NEW(a, struct mime_priv);
	m->priv->scan = (struct mime_scan){ .m = m, .base = m->body };
	mime_keep_init(&m->priv->keep, a, max_kept ? max_kept : MIME_MAX_KEPT);
	mime_part_open(&m->priv->scan, UINT32_MAX, &root);
	m->parts.p[root].headers = headers;
	mime_describe(m, &m->parts.p[root], NULL);
	mime_scan_body(&m->priv->scan, root, 0);
	return m;
}

static void scan(struct mime *m, bool final)
{
	const struct mime_keep *k = &m->priv->keep;

	if (k->n)
		m->body = str_of(k->p, k->n);
	m->priv->scan.base = m->body;
	mime_scan_run(&m->priv->scan, final);
}

void mime_push(struct mime *m, struct str octets)
{
	mime_keep_add(&m->priv->keep, octets);
	scan(m, false);
}

static bool has_8bit(struct str s)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&word, s.p + i, 8);
		all |= word;
	}
	for (; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all & 0x8080808080808080u;
}

/* What a part's octets show as they stand. */
static void look_at_octets(const struct mime *m, struct mime_part *p)
{
	struct str raw = mime_raw(m, p);

	if (p->priv->nested || !raw.n)
		return;
	if (memchr(raw.p, 0, raw.n))
		p->flags |= MIME_F_NUL;
	if (str_eq(p->encoding_given, STR("7bit")) && has_8bit(raw))
		p->flags |= MIME_F_8BIT_IN_7BIT;
}

void mime_end(struct mime *m)
{
	bool cut = mime_keep_end(&m->priv->keep);

	m->octets = m->priv->keep.octets;
	scan(m, true);
	mime_second(m);
	mime_order(m);
	for (size_t i = 0; i < m->parts.n; i++) {
		look_at_octets(m, &m->parts.p[i]);
		m->flags |= m->parts.p[i].flags;
	}
	m->flags |= cut ? MIME_F_TRUNCATED : 0u;
}

struct str mime_raw(const struct mime *m, const struct mime_part *p)
{
	return str_sub(mime_base(m, p), p->from, p->to - p->from);
}

struct str mime_decode(struct arena *a, enum mime_encoding e, struct str in, unsigned *flags)
{
	if (e == MIME_BASE64)
		return mime_base64(a, in, flags);
	if (e == MIME_QP)
		return mime_qp(a, in, flags);
	return e == MIME_UU ? mime_uu(a, in, flags) : in;
}

static void add_flags(struct mime *m, struct mime_part *p, unsigned flags)
{
	p->flags |= flags;
	m->flags |= flags;
}

struct str mime_data(struct mime *m, size_t index)
{
	struct mime_part *p = &m->parts.p[index];
	unsigned flags = 0;

	if (p->multipart)
		return STR("");
	if (!p->priv->has_data) {
		p->priv->data = mime_decode(m->arena, p->encoding, mime_raw(m, p), &flags);
		p->priv->has_data = true;
		add_flags(m, p, flags);
	}
	return p->priv->data;
}

struct str mime_text(struct mime *m, size_t index)
{
	struct mime_part *p = &m->parts.p[index];
	unsigned flags = 0;

	if (!p->priv->has_text) {
		p->priv->text = charset_to_utf8(m->arena, p->charset, mime_data(m, index), &flags);
		p->priv->has_text = true;
		if (flags & (CHARSET_UNKNOWN | CHARSET_BROKEN))
			add_flags(m, p, MIME_F_BAD_CHARSET);
	}
	return p->priv->text;
}

const uint8_t *mime_sha256(struct mime *m, size_t index)
{
	struct mime_part_priv *priv = m->parts.p[index].priv;
	struct str data = mime_data(m, index);

	if (!priv->has_sha)
		EVP_Digest(data.p ? data.p : "", data.n, priv->sha, NULL, EVP_sha256(), NULL);
	priv->has_sha = true;
	return priv->sha;
}
