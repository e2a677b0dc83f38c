/* Encoded words in field values (RFC 2047), read as leniently as mail programs do. */
#include "base/buf.h"
#include "base/utf8.h"
#include "mail/mime/mime_priv.h"
#include "mail/text/charset.h"

#define MAX_WORDS 500u

struct word {
	struct str charset; /* without RFC 2231's language */
	char encoding;	    /* 'b' or 'q' */
	struct str text;
	size_t n; /* octets in all */
};

/* Words that stand side by side: characters may be cut between them. */
struct joined {
	struct arena *arena;
	struct buf *out;
	bool any;
	struct str charset;
	struct buf octets; /* decoded */
	struct buf base64; /* text not yet decoded: its last group is not complete */
};

/* Offset of the next "?=" at or after from. *known remembers the last answer, so that a text full
 * of "=?" is searched once. */
static size_t close_after(struct str s, size_t from, size_t *known)
{
	size_t at;

	if (*known != SIZE_MAX && *known < from) {
		at = str_find(str_skip(s, from), STR("?="));
		*known = at == SIZE_MAX ? at : at + from;
	}
	return *known;
}

/* The encoded word that begins at i, where "=?" stands. */
static bool word_at(struct str s, size_t i, size_t *known, struct word *w)
{
	struct str rest = str_skip(s, i + 2), lang;
	size_t q = str_chr(str_sub(rest, 0, CHARSET_MAX_NAME + 16), '?'), text, end;

	if (q == SIZE_MAX || q == 0 || rest.n < q + 3 || rest.p[q + 2] != '?')
		return false;
	w->encoding = ch_lower(rest.p[q + 1]);
	if (w->encoding != 'b' && w->encoding != 'q')
		return false;
	lang = str_sub(rest, 0, q);
	w->charset = str_cut(&lang, '*');
	text = i + 2 + q + 3;
	end = close_after(s, text, known);
	if (end == SIZE_MAX)
		return false;
	w->text = str_sub(s, text, end - text);
	w->n = end + 2 - i;
	return true;
}

static void add_q(struct buf *b, struct str t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '=' && i + 2 < t.n && ch_hex(t.p[i + 1]) >= 0 &&
		    ch_hex(t.p[i + 2]) >= 0) {
			buf_addc(b, (char)(ch_hex(t.p[i + 1]) * 16 + ch_hex(t.p[i + 2])));
			i += 2;
		} else {
			buf_addc(b, t.p[i] == '_' ? ' ' : t.p[i]);
		}
	}
}

static void base64_done(struct joined *j)
{
	unsigned flags;

	if (j->base64.n)
		buf_add(&j->octets, mime_base64(j->arena, buf_str(&j->base64), &flags));
	j->base64.n = 0;
}

/* The words so far are complete. */
static void words_done(struct joined *j)
{
	if (!j->any)
		return;
	base64_done(j);
	buf_add(j->out, charset_to_utf8(j->arena, j->charset, buf_str(&j->octets), NULL));
	j->octets = (struct buf){ .arena = j->arena };
	j->any = false;
}

static void word_add(struct joined *j, const struct word *w)
{
	if (j->any && !str_ieq(j->charset, w->charset))
		words_done(j);
	j->any = true;
	j->charset = w->charset;
	if (w->encoding == 'q') {
		base64_done(j);
		add_q(&j->octets, w->text);
		return;
	}
	buf_add(&j->base64, w->text);
	if (j->base64.n % 4 == 0 || buf_str(&j->base64).p[j->base64.n - 1] == '=')
		base64_done(j);
}

/* What stands between words. */
static void plain_add(struct joined *j, struct str s)
{
	if (!s.n)
		return;
	words_done(j);
	if (utf8_valid(s))
		buf_add(j->out, s);
	else
		buf_add(j->out, charset_to_utf8(j->arena, STR("iso-8859-1"), s, NULL));
}

static bool blank(struct str s)
{
	return str_trim(s).n == 0;
}

struct str mime_words(struct arena *a, struct str value)
{
	struct str s = hdr_unfold(a, value), between;
	struct buf out = { .arena = a };
	struct joined j = { .arena = a, .out = &out, .octets.arena = a, .base64.arena = a };
	size_t from = 0, i = 0, known = 0, found = 0;
	struct word w;

	if (str_find(s, STR("=?")) == SIZE_MAX && utf8_valid(s))
		return s;
	while (i + 1 < s.n && found < MAX_WORDS) {
		if (s.p[i] != '=' || s.p[i + 1] != '?' || !word_at(s, i, &known, &w)) {
			i++;
			continue;
		}
		between = str_sub(s, from, i - from);
		if (!j.any || !blank(between))
			plain_add(&j, between);
		word_add(&j, &w);
		found++;
		i += w.n;
		from = i;
	}
	between = str_skip(s, from);
	words_done(&j);
	plain_add(&j, between);
	return buf_str(&out);
}
