/* Byte slices: comparison, search and cutting. */
#include "base/str.h"

#include <math.h>
#include <stdlib.h>

#define F64_MAX 64u /* octets of a number and its NUL */

bool str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_icmp(a, b) == 0;
}

int str_icmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)ch_lower(a.p[i]);
		unsigned char y = (unsigned char)ch_lower(b.p[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

bool str_starts(struct str s, struct str prefix)
{
	return str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
	return str_ieq(str_sub(s, 0, prefix.n), prefix);
}

bool str_iends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_ieq(str_skip(s, s.n - suffix.n), suffix);
}

size_t str_chr(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_rchr(struct str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_find(struct str s, struct str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

bool str_ifind(struct str s, struct str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (str_ieq(str_sub(s, i, needle.n), needle))
			return true;
	return false;
}

static bool same(char a, char b, bool fold)
{
	return a == b || (fold && ch_lower(a) == ch_lower(b));
}

/* Star by star: where a later one begins to fit, an earlier one's choice was good. */
static bool glob(struct str pattern, struct str s, bool fold)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern.n &&
			   (pattern.p[p] == '?' || same(pattern.p[p], s.p[i], fold))) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool str_glob(struct str pattern, struct str s)
{
	return glob(pattern, s, false);
}

bool str_iglob(struct str pattern, struct str s)
{
	return glob(pattern, s, true);
}

struct str str_trim(struct str s)
{
	while (s.n && ch_fws(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && ch_fws(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_word(struct str *s)
{
	size_t n = 0;
	struct str w;

	*s = str_trim(*s);
	while (n < s->n && !ch_fws(s->p[n]))
		n++;
	w = str_sub(*s, 0, n);
	*s = str_skip(*s, n);
	return w;
}

struct str str_cut(struct str *s, char c)
{
	size_t at = str_chr(*s, c);
	struct str head;

	if (at == SIZE_MAX) {
		head = *s;
		*s = STR_NULL;
		return head;
	}
	head = str_sub(*s, 0, at);
	*s = str_skip(*s, at + 1);
	return head;
}

bool str_u64(struct str s, uint64_t max, uint64_t *v)
{
	uint64_t x = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ch_digit(s.p[i]))
			return false;
		if (__builtin_mul_overflow(x, 10u, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(s.p[i] - '0'), &x) || x > max)
			return false;
	}
	*v = x;
	return true;
}

bool str_f64(struct str s, double *v)
{
	char z[F64_MAX], *end;
	double x;

	if (!s.n || s.n >= sizeof z)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit(s.p[i]) && !memchr("+-.eE", s.p[i], 5))
			return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	x = strtod(z, &end);
	if (*end != '\0' || !isfinite(x))
		return false;
	*v = x;
	return true;
}

bool str_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return false;
	return true;
}

bool str_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}
