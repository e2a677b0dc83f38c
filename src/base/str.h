/* Byte slices: a pointer and a length, into memory that somebody else owns. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(default) /* plug-ins may call what is declared here */

/*
 * A slice is never NUL-terminated by contract and may hold any octet. It lives as long as the
 * bytes it points into. The empty slice has n == 0; its p may be NULL ("absent") or not ("empty").
 */
struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_NULL ((struct str){ NULL, 0 })
/* For printf: "%.*s" with STR_ARG(s); only for text already known to be clean. */
#define STR_ARG(s) (int)((s).n > INT32_MAX ? INT32_MAX : (s).n), (s).p

static inline struct str str_of(const char *p, size_t n)
{
	return (struct str){ p, n };
}

static inline struct str str_c(const char *z)
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

/* The bytes [from, from+n) of s, cut to what is there. */
static inline struct str str_sub(struct str s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct str){ s.p ? s.p + from : NULL, n };
}

static inline struct str str_skip(struct str s, size_t from)
{
	return str_sub(s, from, SIZE_MAX);
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char ch_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool ch_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ch_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ch_alnum(char c)
{
	return ch_alpha(c) || ch_digit(c);
}

/* Space or tab (RFC 5234 WSP). */
static inline bool ch_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* WSP, CR or LF: what folding white space is made of. */
static inline bool ch_fws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value of a hexadecimal digit, or -1. */
static inline int ch_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ch_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of a digit of base64 (RFC 4648 section 4), or -1. */
static inline int ch_base64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ch_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Comparisons that fold ASCII letters only. */
bool str_ieq(struct str a, struct str b);
int str_icmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_iends(struct str s, struct str suffix);

/* Index of the first c (or of the first needle), SIZE_MAX if there is none. */
size_t str_chr(struct str s, char c);
size_t str_rchr(struct str s, char c);
size_t str_find(struct str s, struct str needle);
bool str_ifind(struct str s, struct str needle);
/* Whether pattern, in which "*" is any octets and "?" is one, is all of s. No recursion; at most
 * pattern.n * s.n steps. */
bool str_glob(struct str pattern, struct str s);
bool str_iglob(struct str pattern, struct str s); /* folds ASCII letters */

/* Without WSP, CR and LF at both ends. */
struct str str_trim(struct str s);
/* The first word of *s, between white space, which loses it; "" at the end. */
struct str str_word(struct str *s);

/* Cuts s at the first c: the part before it; *s becomes the rest after it (absent if no c). */
struct str str_cut(struct str *s, char c);

/* All of s is a decimal number <= max: true and *v. An empty slice, a sign or a blank is false. */
bool str_u64(struct str s, uint64_t max, uint64_t *v);

/* All of s is a decimal number, with sign and exponent if need be: true and *v. Neither hexadecimal
 * nor infinite; of at most 63 octets. */
bool str_f64(struct str s, double *v);

/* No octet over 127. */
bool str_ascii(struct str s);

/* One octet or more, all of them printable US-ASCII (32 to 126). */
bool str_printable(struct str s);

#pragma GCC visibility pop

#endif
