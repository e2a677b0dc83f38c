/* Transfer encodings undone with SpamAssassin's leniencies, which are not those of our MIME reader.
 */
#include "mail/view/parts.h"

/* White space before line ends and soft line ends are left out; returns the new length. */
static size_t join_lines(char *to, struct str in)
{
	size_t n = 0, i = 0;

	while (i < in.n) {
		size_t j = i;

		if (in.p[i] == '=' || ch_wsp(in.p[i])) {
			j += in.p[i] == '=';
			while (j < in.n && ch_wsp(in.p[j]))
				j++;
			if (j + 1 < in.n && in.p[j] == '\r' && in.p[j + 1] == '\n')
				j++;
			if (j < in.n && in.p[j] == '\n') {
				if (in.p[i] == '=')
					i = j + 1; /* soft */
				else
					i = in.p[j - 1] == '\r' ? j - 1 : j;
				continue;
			}
			j = i;
			do
				to[n++] = in.p[j++];
			while (j < in.n && ch_wsp(in.p[j]));
			i = j;
			continue;
		}
		to[n++] = in.p[i++];
	}
	return n;
}

struct str view_qp(struct arena *a, struct str in)
{
	char *p = arena_alloc(a, in.n + 1);
	size_t all = join_lines(p, in), n = 0;

	for (size_t i = 0; i < all; i++) {
		if (p[i] == '=' && i + 2 < all && ch_hex(p[i + 1]) >= 0 && ch_hex(p[i + 2]) >= 0) {
			p[n++] = (char)(ch_hex(p[i + 1]) << 4 | ch_hex(p[i + 2]));
			i += 2;
		} else {
			p[n++] = p[i];
		}
	}
	return view_lf(a, str_of(p, n));
}

static int value(char c)
{
	return c == '=' ? 63 : ch_base64(c);
}

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

/* Digits without white space, and without anything else unless *clean. */
static size_t digits(char *to, struct str in, bool *clean)
{
	size_t n = 0, dirt = 0;

	for (size_t i = 0; i < in.n; i++) {
		if (value(in.p[i]) >= 0)
			to[n++] = in.p[i];
		else
			dirt += !space(in.p[i]);
	}
	*clean = dirt == 0 && n % 4 == 0 && n >= 2;
	return n;
}

/* A "=" before the last ones is a digit: "A" in clean text, else "/". */
struct str view_base64(struct arena *a, struct str in)
{
	char *p = arena_alloc(a, in.n + 1), *to = p;
	bool clean;
	size_t n = digits(p, in, &clean);
	uint32_t bits = 0;
	size_t have = 0;

	while (n && p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		int v = p[i] == '=' && clean ? 0 : value(p[i]);

		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(bits >> have & 255);
		}
	}
	return str_of(p, (size_t)(to - p));
}
