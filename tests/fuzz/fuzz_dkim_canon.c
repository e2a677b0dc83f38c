/*
 * Fuzzes canonicalisation against a plain reference written from RFC 6376 3.4 alone. The first
 * octets choose the sizes of the pieces in which the body is fed, and l=.
 */
#include <stdlib.h>

#include "auth/dkim/canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool crlf(struct str s, size_t i)
{
	return i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n';
}

/* 3.4.3 and 3.4.4: line by line, then off with the empty lines at the end. */
static struct str reference_body(struct arena *a, struct str in, enum canon c)
{
	char *out = arena_alloc(a, in.n + 2);
	size_t n = 0;

	for (size_t i = 0; i < in.n;) {
		size_t end = i;

		while (end < in.n && !crlf(in, end))
			end++;
		for (size_t k = i, keep; k < end; k = keep) {
			for (keep = k; keep < end && ch_wsp(in.p[keep]); keep++)
				;
			if (c == CANON_RELAXED && keep > k) {
				if (keep < end)
					out[n++] = ' ';
			} else {
				keep = k + 1;
				out[n++] = in.p[k];
			}
		}
		if (end < in.n) {
			out[n++] = '\r';
			out[n++] = '\n';
		}
		i = end + 2;
	}
	while (n >= 2 && out[n - 1] == '\n' && out[n - 2] == '\r')
		n -= 2;
	if (n || c == CANON_SIMPLE) {
		out[n++] = '\r';
		out[n++] = '\n';
	}
	return str_of(out, n);
}

/* 3.4.2: unfold, shorten, strip. */
static struct str reference_field(struct arena *a, const struct hdr *f)
{
	struct buf flat = { .arena = a }, out = { .arena = a };

	for (size_t i = 0; i < f->value.n; i++)
		if (crlf(f->value, i) && i + 2 < f->value.n && ch_wsp(f->value.p[i + 2]))
			i++;
		else
			buf_addc(&flat, f->value.p[i]);
	for (size_t i = 0; i < f->name.n; i++)
		buf_addc(&out, ch_lower(f->name.p[i]));
	buf_addc(&out, ':');
	while (flat.n && ch_wsp(flat.p[flat.n - 1]))
		flat.n--;
	for (size_t i = 0, begun = 0; i < flat.n; i++) {
		if (!ch_wsp(flat.p[i])) {
			begun = 1;
			buf_addc(&out, flat.p[i]);
		} else if (begun && !ch_wsp(flat.p[i - 1])) {
			buf_addc(&out, ' ');
		}
	}
	buf_add(&out, STR("\r\n"));
	return buf_str(&out);
}

static struct str sha256(struct crypto *c, struct arena *a, struct str s)
{
	struct hash *h = hash_new(c, a, HASH_SHA256);

	hash_feed(h, s);
	return hash_end(h);
}

static void check_body(struct crypto *c, struct arena *a, struct str body, size_t piece, uint64_t l)
{
	struct body_hash *b = body_hash_new(a, c);
	struct body_want *w[2][2];
	struct str rest = body;

	for (enum canon k = CANON_SIMPLE; k <= CANON_RELAXED; k++) {
		w[k][0] = body_hash_want(b, HASH_SHA256, k, BODY_NO_LIMIT);
		w[k][1] = body_hash_want(b, HASH_SHA256, k, l);
	}
	for (; rest.n; rest = str_skip(rest, piece))
		body_hash_feed(b, str_sub(rest, 0, piece));
	body_hash_end(b);
	for (enum canon k = CANON_SIMPLE; k <= CANON_RELAXED; k++) {
		struct str want = reference_body(a, body, k);

		if (!str_eq(body_digest(w[k][0]), sha256(c, a, want)) ||
		    body_length(w[k][0]) != want.n ||
		    !str_eq(body_digest(w[k][1]), sha256(c, a, str_sub(want, 0, l))))
			abort();
	}
}

static void check_field(struct arena *a, struct str name, struct str value)
{
	struct buf out = { .arena = a };
	struct hdr_list list;
	const struct hdr *f;

	hdr_init(&list, a);
	f = hdr_add(&list, name, value);
	if (!f)
		return;
	canon_field(&out, f, CANON_RELAXED);
	if (!str_eq(buf_str(&out), reference_field(a, f)))
		abort();
	out.n = 0;
	canon_signature(&out, f, str_skip(f->value, f->value.n / 2), CANON_SIMPLE);
	if (!str_eq(buf_str(&out),
		    str_sub(f->raw, 0, f->raw.n - 2 - (f->value.n - f->value.n / 2))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct arena *a;
	struct str in = str_of((const char *)data, size), head;

	if (size < 2)
		return 0;
	if (!c)
		c = crypto_new();
	a = arena_new(0);
	in = str_skip(in, 2);
	check_body(c, a, in, data[0] ? data[0] : SIZE_MAX, data[1]);
	head = str_cut(&in, ':');
	check_field(a, head, in);
	arena_free(a);
	return 0;
}
