/* What a part's fields say it is (RFC 2045, 2046, 2183). */
#include "mail/mime/mime_priv.h"

/* The MIME fields, each of which may stand once. */
static const struct str fields[] = {
	{ "Content-Type", 12 },	       { "Content-Transfer-Encoding", 25 },
	{ "Content-Disposition", 19 }, { "Content-ID", 10 },
	{ "MIME-Version", 12 },
};

enum { F_TYPE, F_ENCODING, F_DISPOSITION, F_ID, F_VERSION, F_COUNT };

#define MAX_SEEN (MIME_MAX_ODD + 1)

struct seen {
	struct str v[MAX_SEEN]; /* the first, and others that differ from it */
	size_t n;
	bool twice;
};

static void seen_add(struct seen *s, struct str value)
{
	value = str_trim(value);
	value.p = value.p ? value.p : "";
	s->twice = s->twice || s->n > 0;
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->v[i], value))
			return;
	if (s->n < MAX_SEEN)
		s->v[s->n++] = value;
}

static void look_up(const struct hdr_list *h, struct seen *seen)
{
	for (size_t i = 0; i < h->v.n; i++)
		for (size_t f = 0; f < F_COUNT; f++)
			if (str_ieq(h->v.p[i].name, fields[f]))
				seen_add(&seen[f], h->v.p[i].value);
}

static const struct {
	struct str name;
	enum mime_encoding encoding;
} encodings[] = {
	{ { "7bit", 4 }, MIME_7BIT },	   { { "8bit", 4 }, MIME_8BIT },
	{ { "binary", 6 }, MIME_BINARY },  { { "quoted-printable", 16 }, MIME_QP },
	{ { "base64", 6 }, MIME_BASE64 },  { { "uuencode", 8 }, MIME_UU },
	{ { "x-uuencode", 10 }, MIME_UU }, { { "x-uue", 5 }, MIME_UU },
	{ { "uue", 3 }, MIME_UU },
};

enum mime_encoding mime_encoding_of(struct str value, enum mime_encoding *like)
{
	*like = MIME_UNKNOWN;
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		if (str_ieq(value, encodings[i].name))
			return *like = encodings[i].encoding;
	value = str_sub(value, 0, 100);
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		if (str_ifind(value, encodings[i].name)) {
			*like = encodings[i].encoding;
			break;
		}
	return MIME_UNKNOWN;
}

static bool has_odd_octets(struct str boundary)
{
	for (size_t i = 0; i < boundary.n && i < MIME_MAX_BOUNDARY; i++)
		if (!ch_alnum(boundary.p[i]) &&
		    (!boundary.p[i] || !strchr("'()+_,-./:=? ", boundary.p[i])))
			return true;
	return false;
}

void mime_describe_type(struct arena *a, struct mime_part *p, struct str value,
			const struct mime_part *parent)
{
	bool digest = parent && parent->multipart && str_eq(parent->subtype, STR("digest"));

	p->type_given = value.p != NULL;
	if (value.p && !mime_content_type(a, value, p))
		p->flags |= MIME_F_BAD_TYPE;
	if (!p->type.n || !p->subtype.n) {
		bool message = digest && !value.p; /* RFC 2046 5.1.5 */

		p->type = message ? STR("message") : STR("text");
		p->subtype = message ? STR("rfc822") : STR("plain");
	}
	p->multipart = str_eq(p->type, STR("multipart"));
	p->message = str_eq(p->type, STR("message")) &&
		     (str_eq(p->subtype, STR("rfc822")) || str_eq(p->subtype, STR("global")) ||
		      str_eq(p->subtype, STR("news")));
	if (p->multipart &&
	    (!p->boundary.n || p->boundary.n > MIME_MAX_BOUNDARY || has_odd_octets(p->boundary)))
		p->flags |= MIME_F_BAD_BOUNDARY;
}

/* Without comments, which end the value for us. */
static struct str encoding_word(struct str s)
{
	return str_trim(str_sub(s, 0, str_chr(s, '(')));
}

static void describe_encoding(struct arena *a, struct mime_part *p, const struct seen *s)
{
	enum mime_encoding like;

	if (!s->n)
		return;
	p->encoding_given = arena_lower(a, hdr_unfold(a, s->v[0]));
	p->encoding = mime_encoding_of(encoding_word(p->encoding_given), &like);
	if (p->encoding == MIME_UNKNOWN)
		p->flags |= MIME_F_BAD_ENCODING;
	if (like != p->encoding)
		p->priv->encodings[p->priv->encodings_n++] = s->v[0];
	for (size_t i = 1; i < s->n && p->priv->encodings_n < MIME_MAX_ODD; i++)
		p->priv->encodings[p->priv->encodings_n++] = s->v[i];
	/* RFC 2045 6.4: containers are not encoded. */
	if (p->encoding > MIME_BINARY && (p->multipart || p->message))
		p->flags |= MIME_F_BAD_ENCODING;
}

static void describe_disposition(struct arena *a, struct mime_part *p, const struct seen *s)
{
	struct mime_part d = { 0 };
	struct str value, word;

	if (s->n) {
		value = hdr_unfold(a, s->v[0]);
		word = str_trim(str_sub(value, 0, str_chr(value, ';')));
		p->disposition = arena_lower(a, word);
		mime_params(a, str_skip(value, str_chr(value, ';')), &d, &p->flags);
	}
	p->name = mime_param(&d, STR("filename"));
	p->other_name = mime_param(p, STR("name"));
	/* filename= beside filename*=, or twice */
	for (size_t i = 0; p->name.p && i < d.params.n; i++)
		if (str_eq(d.params.p[i].name, STR("filename")) &&
		    !str_eq(d.params.p[i].value, p->name))
			p->other_name = d.params.p[i].value;
	if (!p->name.p)
		p->name = mime_param(p, STR("name"));
	if (p->other_name.p && str_eq(p->name, p->other_name))
		p->other_name = STR_NULL;
}

static struct str without_brackets(struct str s)
{
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = str_sub(s, 1, s.n - 2);
	return s;
}

void mime_describe(struct mime *m, struct mime_part *p, const struct mime_part *parent)
{
	struct seen seen[F_COUNT] = { 0 };
	bool root = p->headers == m->headers;

	look_up(p->headers, seen);
	for (size_t f = 0; f < (root ? F_COUNT : F_VERSION); f++)
		p->flags |= seen[f].twice ? MIME_F_DUP_HEADER : 0u;
	if (root && !seen[F_VERSION].n && (seen[F_TYPE].n || seen[F_ENCODING].n))
		p->flags |= MIME_F_NO_VERSION;
	if (root && (p->headers->flags & HDR_F_NO_COLON))
		p->flags |= MIME_F_HEADER_CUT;
	mime_describe_type(m->arena, p, seen[F_TYPE].n ? seen[F_TYPE].v[0] : STR_NULL, parent);
	for (size_t i = 1; i < seen[F_TYPE].n; i++)
		p->priv->types[p->priv->types_n++] = seen[F_TYPE].v[i];
	describe_encoding(m->arena, p, &seen[F_ENCODING]);
	describe_disposition(m->arena, p, &seen[F_DISPOSITION]);
	if (seen[F_ID].n)
		p->id = without_brackets(hdr_unfold(m->arena, seen[F_ID].v[0]));
}
