/* URIs and addresses as they stand in text, where mail programs would make links of them. */
#include "mail/view/header_priv.h"
#include "mail/view/uri_priv.h"

enum class {		     /* what an octet is to the scanner */
	     C_WORD = 1,     /* letters, digits, "_" */
	     C_END = 2,	     /* a link ends before it */
	     C_ADDR_END = 4, /* so does an address */
	     C_START = 8,    /* a link may begin after it */
	     C_BARE = 16,    /* so may one without a scheme */
	     C_HOST = 32,    /* of a host name */
};

/* By octet; clang-format off keeps sixteen to a line. */
/* clang-format off */
static const uint8_t classes[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 30, 30, 30, 30, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 0,
	30, 16, 30, 16, 16, 0, 16, 28, 28, 16, 16, 16, 28, 32, 32, 16,
	33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 16, 16, 30, 16, 30, 16,
	16, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33,
	33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 30, 16, 22, 16, 33,
	30, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33,
	33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 30, 30, 22, 16, 0,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	30, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
};
/* clang-format on */

static unsigned class_of(char c)
{
	return classes[(unsigned char)c];
}

static bool is(struct str s, size_t i, unsigned class)
{
	return class_of(s.p[i]) & class;
}

static size_t run_without(struct str s, size_t from, unsigned class)
{
	size_t i = from;

	while (i < s.n && !is(s, i, class))
		i++;
	return i;
}

/* ISO 2022 text: "ESC ( x" stands in front. */
static bool after_shift(struct str s, size_t i)
{
	return i >= 3 && s.p[i - 3] == '\x1b' && s.p[i - 2] == '(';
}

static bool may_begin(struct str s, size_t i)
{
	bool before = i && is(s, i - 1, C_WORD), here = is(s, i, C_WORD);

	return before != here || (i && is(s, i - 1, C_START)) || after_shift(s, i);
}

/* Octets of "http://", "https://", "ftp://", "www.", "www12.", "ftp." at s.p[i]; 0: none. */
static size_t known_at(struct str s, size_t i)
{
	static const char *const known[] = { "http://", "https://", "ftp://", "ftp." };
	struct str r = str_skip(s, i);
	size_t n = 3;

	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		if (str_istarts(r, str_c(known[k])))
			return strlen(known[k]);
	if (!str_istarts(r, STR("www")))
		return 0;
	while (n < 5 && n < r.n && ch_digit(r.p[n]))
		n++;
	return n < r.n && r.p[n] == '.' ? n + 1 : 0;
}

static size_t try_known(struct str s, size_t i)
{
	size_t n, end;

	if (!strchr("hfw", ch_lower(s.p[i])) || !s.p[i])
		return 0;
	n = known_at(s, i);
	if (!n)
		return 0;
	end = run_without(s, i + n, C_END);
	return end > i + n && end - i - n <= VIEW_MAX_URI_RUN ? end : 0;
}

static size_t try_mailto(struct str s, size_t i)
{
	size_t end;

	if (ch_lower(s.p[i]) != 'm' || !str_istarts(str_skip(s, i), STR("mailto:")))
		return 0;
	end = run_without(s, i + 7, C_ADDR_END);
	return end > i + 7 && end - i - 7 <= VIEW_MAX_URI_RUN ? end : 0;
}

/* Where the next "@" or end of an address is: remembered, so that a long run is walked once. */
struct local_run {
	size_t end;
};

static size_t try_address(struct str s, size_t i, struct local_run *run)
{
	size_t at, end;

	if (run->end <= i)
		for (run->end = i;
		     run->end < s.n && s.p[run->end] != '@' && !is(s, run->end, C_ADDR_END);
		     run->end++)
			continue;
	at = run->end;
	if (at >= s.n || s.p[at] != '@' || at == i || at - i > VIEW_MAX_MAIL_RUN)
		return 0;
	end = at + 1;
	while (end < s.n && end - at <= VIEW_MAX_MAIL_RUN + 1 && !is(s, end, C_ADDR_END))
		end++;
	return end > at + 1 && end - at - 1 <= VIEW_MAX_MAIL_RUN ? end : 0;
}

/* "host.tld", with a port and a path: its end, and *host. */
static size_t try_bare(const struct view *v, struct str s, size_t i, struct str *host)
{
	size_t end = i, dot, stop;

	if (!ch_alnum(s.p[i]) || (i && !is(s, i - 1, C_BARE)))
		return 0;
	while (end < s.n && is(s, end, C_HOST))
		end++;
	stop = end > i && s.p[end - 1] == '.' ? end - 1 : end;
	*host = str_sub(s, i, stop - i);
	dot = str_rchr(*host, '.');
	if (dot == SIZE_MAX || !dot || dot > 252 || !view_tld_is(v, str_skip(*host, dot + 1)))
		return 0;
	if (end < s.n && s.p[end] == ':') {
		for (stop = end + 1; stop < s.n && ch_digit(s.p[stop]) && stop - end < 6; stop++)
			continue;
		end = stop > end + 1 ? stop : end;
	}
	if (end < s.n && s.p[end] == '/') {
		stop = run_without(s, end + 1, C_END);
		if (stop == end + 1 || stop - end - 1 > VIEW_MAX_URI_RUN)
			return 0;
		end = stop;
	}
	return end >= s.n || is(s, end, C_END) ? end : 0;
}

bool uri_next(const struct view *v, struct str s, size_t from, struct uri_found *f)
{
	struct local_run run = { 0 };

	for (size_t i = from; i < s.n; i++) {
		size_t end;
		if (!may_begin(s, i))
			continue;
		*f = (struct uri_found){ .host = STR_NULL };
		end = try_known(s, i);
		if (!end) {
			end = try_mailto(s, i);
			end = end ? end : try_address(s, i, &run);
			f->mail = end > 0;
		}
		if (!end) {
			end = try_bare(v, s, i, &f->host);
			if (!end)
				f->host = STR_NULL;
		}
		if (!end)
			continue;
		f->text = str_sub(s, i, end - i);
		f->end = end;
		return true;
	}
	return false;
}
