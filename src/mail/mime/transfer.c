/* Transfer encodings undone (RFC 2045 6.7 and 6.8), as leniently as mail programs do it. */
#include "mail/mime/mime_priv.h"

#define X 0x80 /* not in the alphabet */
#define B 0x81 /* white space */
#define P 0x82 /* padding */

static const uint8_t base64_values[256] = {
	/* clang-format off */
	X, X, X, X, X, X, X, X, X, B, B, X, X, B, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	B, X, X, X, X, X, X, X, X, X, X, 62, X, X, X, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X, X, X, P, X, X,
	X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X, X, X, X, X,
	X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X,
	/* clang-format on */
	[128 ... 255] = X,
};

static inline uint32_t value_of(char c)
{
	return base64_values[(unsigned char)c];
}

struct base64 {
	uint8_t *out;
	uint32_t bits;
	unsigned have; /* characters of the group so far */
	bool padded;
	unsigned flags;
};

/* Whole groups without anything between them; returns how many characters were taken. */
static size_t groups(struct base64 *d, const char *p, size_t n)
{
	size_t i = 0;
	uint8_t *out = d->out;

	for (; i + 4 <= n; i += 4) {
		uint32_t a = value_of(p[i]), b = value_of(p[i + 1]), c = value_of(p[i + 2]),
			 e = value_of(p[i + 3]);

		if ((a | b | c | e) & 0x80)
			break;
		a = a << 18 | b << 12 | c << 6 | e;
		*out++ = (uint8_t)(a >> 16);
		*out++ = (uint8_t)(a >> 8);
		*out++ = (uint8_t)a;
	}
	d->out = out;
	return i;
}

/* The octets of a group that is not complete, which only padding may leave so. */
static void group_end(struct base64 *d, bool padded)
{
	if (d->have && (!padded || d->have == 1))
		d->flags |= MIME_F_BAD_BASE64;
	if (d->have >= 2)
		*d->out++ = (uint8_t)(d->bits >> (d->have == 2 ? 4 : 10));
	if (d->have == 3)
		*d->out++ = (uint8_t)(d->bits >> 2);
	d->have = 0;
	d->bits = 0;
}

static void one(struct base64 *d, char c)
{
	uint32_t v = value_of(c);

	if (v == X) {
		d->flags |= MIME_F_BAD_BASE64;
	} else if (v == P) {
		group_end(d, true);
		d->padded = true;
	} else if (v != B) {
		d->flags |= d->padded ? MIME_F_BAD_BASE64 : 0u;
		d->padded = false;
		d->bits = d->bits << 6 | v;
		if (++d->have < 4)
			return;
		*d->out++ = (uint8_t)(d->bits >> 16);
		*d->out++ = (uint8_t)(d->bits >> 8);
		*d->out++ = (uint8_t)d->bits;
		d->have = 0;
		d->bits = 0;
	}
}

/* Data behind padding is decoded too: some programs show it. */
struct str mime_base64(struct arena *a, struct str in, unsigned *flags)
{
	uint8_t *out = arena_alloc(a, in.n / 4 * 3 + 3);
	struct base64 d = { .out = out };

	for (size_t i = 0; i < in.n;) {
		if (d.have == 0 && !d.padded)
			i += groups(&d, in.p + i, in.n - i);
		if (i < in.n)
			one(&d, in.p[i++]);
	}
	group_end(&d, false);
	*flags |= d.flags;
	return str_of((char *)out, (size_t)(d.out - out));
}

/* ---- quoted-printable ---- */

struct qp {
	char *out;
	unsigned flags;
};

static void copy(struct qp *d, const char *p, size_t n)
{
	memcpy(d->out, p, n);
	d->out += n;
}

/* The text of a line, without blanks at its end. True: it ends in a soft line break. */
static bool qp_line(struct qp *d, const char *p, const char *end)
{
	while (p < end) {
		const char *eq = memchr(p, '=', (size_t)(end - p));

		copy(d, p, (size_t)((eq ? eq : end) - p));
		if (!eq)
			break;
		p = eq;
		while (end - p >= 3 && *p == '=' && ch_hex(p[1]) >= 0 && ch_hex(p[2]) >= 0) {
			*d->out++ = (char)(ch_hex(p[1]) * 16 + ch_hex(p[2]));
			p += 3;
		}
		if (p == end || *p != '=')
			continue;
		if (p + 1 == end)
			return true;
		d->flags |= MIME_F_BAD_QP;
		*d->out++ = *p++;
	}
	return false;
}

/* Blanks at the end of a line were added on the way and must go (RFC 2045 6.7 rule 3), which not
 * all programs do. */
struct str mime_qp(struct arena *a, struct str in, unsigned *flags)
{
	char *out = arena_alloc(a, in.n + 1);
	struct qp d = { .out = out };

	for (size_t i = 0; i < in.n;) {
		const char *p = in.p + i, *lf = memchr(p, '\n', in.n - i);
		const char *stop = lf ? lf : in.p + in.n, *end = stop;

		if (lf && end > p && end[-1] == '\r')
			end--;
		stop = end;
		while (end > p && ch_wsp(end[-1]))
			end--;
		if (end < stop)
			d.flags |= MIME_F_BAD_QP;
		i = lf ? (size_t)(lf + 1 - in.p) : in.n;
		if (!qp_line(&d, p, end) && lf)
			copy(&d, stop, (size_t)(lf + 1 - stop));
	}
	*flags |= d.flags;
	return str_of(out, (size_t)(d.out - out));
}
