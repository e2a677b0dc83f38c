/*
 * Body canonicalisation and hashing. Two stages in a row for each canonicalisation wanted: the
 * blanks stage (relaxed only) shortens white space and hands on spans of its input; the tail stage
 * holds back CRLFs until something follows them, gathers small spans, and feeds the hashes.
 */
#include "auth/dkim/body.h"

#include "base/err.h"

#define GATHER 2048u /* spans up to an eighth of this are copied together */

struct body_want {
	struct body_want *next;
	enum hash_alg alg;
	uint64_t length, left;
	struct hash *hash;
	struct str digest;
	const struct stream *stream;
};

/* One canonicalisation. */
struct stream {
	struct body_want *wants;
	uint64_t crlfs; /* held back by the tail stage */
	bool cr;	/* after them a CR that may be the first half of one more */
	bool blank;	/* blanks stage: white space is held back */
	bool blank_cr;	/* and after it a CR */
	uint64_t total; /* octets out */
	size_t n;	/* gathered */
	char gather[GATHER];
};

struct body_hash {
	struct arena *arena;
	struct crypto *crypto;
	struct stream *stream[2]; /* by enum canon; NULL: nobody wants it */
	bool begun, ended;
};

struct body_hash *body_hash_new(struct arena *a, struct crypto *c)
{
	struct body_hash *b = ARENA_NEW(a, struct body_hash);

	b->arena = a;
	b->crypto = c;
	return b;
}

struct body_want *body_hash_want(struct body_hash *b, enum hash_alg alg, enum canon canon,
				 uint64_t length)
{
	struct stream *s = b->stream[canon];
	struct body_want *w;

	if (b->begun)
		bug("body_hash_want: the body has begun");
	if (!s)
		s = b->stream[canon] = ARENA_NEW(b->arena, struct stream);
	for (w = s->wants; w; w = w->next)
		if (w->alg == alg && w->length == length)
			return w;
	w = ARENA_NEW(b->arena, struct body_want);
	*w = (struct body_want){ .next = s->wants, .alg = alg, .length = length, .left = length };
	w->stream = s;
	w->hash = hash_new(b->crypto, b->arena, alg);
	s->wants = w;
	return w;
}

/* ---- the tail stage ---- */

static void feed_wants(struct stream *s, struct str octets)
{
	s->total += octets.n;
	for (struct body_want *w = s->wants; w; w = w->next) {
		struct str part = octets;

		if (w->left < part.n)
			part.n = (size_t)w->left;
		if (w->length != BODY_NO_LIMIT)
			w->left -= part.n;
		hash_feed(w->hash, part);
	}
}

static void flush(struct stream *s)
{
	feed_wants(s, str_of(s->gather, s->n));
	s->n = 0;
}

static void out(struct stream *s, struct str octets)
{
	if (octets.n > GATHER - s->n)
		flush(s);
	if (octets.n > GATHER / 8) {
		flush(s);
		feed_wants(s, octets);
		return;
	}
	memcpy(s->gather + s->n, octets.p, octets.n);
	s->n += octets.n;
}

static void out_held(struct stream *s)
{
	for (; s->crlfs; s->crlfs--)
		out(s, STR("\r\n"));
	if (s->cr)
		out(s, STR("\r"));
	s->cr = false;
}

static bool crlf_at(struct str s, size_t i)
{
	return i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n';
}

/* Takes octets that are not held back; what ends them may be. */
static void tail_data(struct stream *s, struct str data)
{
	size_t n = data.n;
	bool cr = data.p[n - 1] == '\r';
	uint64_t crlfs = 0;

	if (cr)
		n--;
	for (; n >= 2 && data.p[n - 1] == '\n' && data.p[n - 2] == '\r'; n -= 2)
		crlfs++;
	if (n) {
		out_held(s);
		out(s, str_of(data.p, n));
	}
	s->crlfs += crlfs;
	s->cr = cr;
}

static void tail_feed(struct stream *s, struct str in)
{
	size_t i = 0;

	if (!in.n)
		return;
	if (s->cr) {
		if (in.p[0] != '\n') {
			out_held(s);
		} else {
			s->cr = false;
			s->crlfs++;
			i = 1;
		}
	}
	for (; crlf_at(in, i); i += 2)
		s->crlfs++;
	if (i < in.n)
		tail_data(s, str_skip(in, i));
}

/* ---- the blanks stage ---- */

typedef unsigned char octets16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

#define ALL16(c) ((octets16){ 0 } + (unsigned char)(c))

static unsigned first_octet(uint64_t marks)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (unsigned)__builtin_ctzll(marks) / 8;
#else
	return (unsigned)__builtin_clzll(marks) / 8;
#endif
}

/* Which of the 16 octets at p is the first that is a tab, or a blank before white space or CR; 16:
 * none. Reads 17. */
static unsigned blanks_at(const char *p)
{
	octets16 here, next;
	words2 bad;

	memcpy(&here, p, sizeof here);
	memcpy(&next, p + 1, sizeof next);
	bad = (words2)((here == ALL16('\t')) |
		       ((here == ALL16(' ')) &
			((next == ALL16(' ')) | (next == ALL16('\t')) | (next == ALL16('\r')))));
	if (bad[0])
		return first_octet(bad[0]);
	return bad[1] ? 8 + first_octet(bad[1]) : 16;
}

/* White space at in.p[i] that relaxed may change: not one blank between two other octets. */
static bool changes(struct str in, size_t i)
{
	if (in.p[i] == '\t')
		return true;
	if (in.p[i] != ' ')
		return false;
	return i + 1 == in.n || ch_wsp(in.p[i + 1]) || in.p[i + 1] == '\r';
}

/* The first octet from i on that is such white space, or the end. */
static size_t unchanged(struct str in, size_t i)
{
	while (in.n - i > 16) {
		unsigned at = blanks_at(in.p + i);

		i += at;
		if (at < 16)
			return i;
	}
	while (i < in.n && !changes(in, i))
		i++;
	return i;
}

/* White space is held back and in begins: returns how much of in it takes with it. */
static size_t settle(struct stream *s, struct str in)
{
	size_t i = 0;

	if (s->blank_cr) {
		s->blank = s->blank_cr = false;
		tail_feed(s, in.p[0] == '\n' ? STR("\r") : STR(" \r"));
		return 0;
	}
	while (i < in.n && ch_wsp(in.p[i]))
		i++;
	if (i == in.n)
		return i;
	if (in.p[i] == '\r' && i + 1 == in.n) {
		s->blank_cr = true;
		return in.n;
	}
	s->blank = false;
	if (!crlf_at(in, i))
		tail_feed(s, STR(" "));
	return i;
}

static void blanks_feed(struct stream *s, struct str in)
{
	size_t i = 0;

	while (i < in.n) {
		size_t end;

		if (s->blank) {
			i += settle(s, str_skip(in, i));
			continue;
		}
		end = unchanged(in, i);
		tail_feed(s, str_sub(in, i, end - i));
		s->blank = end < in.n;
		i = end + s->blank;
	}
}

/* ---- all of it ---- */

void body_hash_feed(struct body_hash *b, struct str octets)
{
	if (b->ended)
		bug("body_hash_feed: the body has ended");
	b->begun = true;
	if (b->stream[CANON_SIMPLE])
		tail_feed(b->stream[CANON_SIMPLE], octets);
	if (b->stream[CANON_RELAXED])
		blanks_feed(b->stream[CANON_RELAXED], octets);
}

static void end_stream(struct stream *s, enum canon canon)
{
	/* White space at the end of a last line without CRLF; a CR after it is data. */
	if (s->blank_cr)
		tail_feed(s, STR(" \r"));
	if (s->cr)
		out_held(s);
	/* What is held back were empty lines; a body that is not empty ends in one CRLF (3.4.4),
	 * and for simple an empty one does too (3.4.3). */
	if (canon == CANON_SIMPLE || s->total || s->n)
		out(s, STR("\r\n"));
	flush(s);
	for (struct body_want *w = s->wants; w; w = w->next)
		w->digest = hash_end(w->hash);
}

void body_hash_end(struct body_hash *b)
{
	if (b->ended)
		bug("body_hash_end: twice");
	b->begun = b->ended = true;
	for (enum canon c = CANON_SIMPLE; c <= CANON_RELAXED; c++)
		if (b->stream[c])
			end_stream(b->stream[c], c);
}

struct str body_digest(const struct body_want *w)
{
	if (!w->digest.p)
		bug("body_digest: the body has not ended");
	return w->digest;
}

uint64_t body_length(const struct body_want *w)
{
	return w->stream->total;
}
