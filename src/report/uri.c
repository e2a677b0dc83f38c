/* Addresses of reports, read out of a record's list. */
#include "report/uri.h"

#include "base/buf.h"
#include "mail/domain.h"

/* RFC 5322 3.2.3; what else may stand in a local part by quoting is nobody's address of reports. */
static bool is_atext(char c)
{
	return ch_alnum(c) || (c && str_chr(STR("!#$%&'*+-/=?^_`{|}~"), c) != SIZE_MAX);
}

static bool is_dot_atom(struct str s)
{
	bool dot = true; /* none at an end, no two together */

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? dot : !is_atext(s.p[i]))
			return false;
		dot = s.p[i] == '.';
	}
	return !dot;
}

bool report_address(struct arena *a, struct str s, struct str *address, struct str *domain)
{
	size_t at = str_rchr(s, '@');
	struct str local, d;

	if (at == SIZE_MAX)
		return false;
	local = str_sub(s, 0, at);
	d = str_skip(s, at + 1);
	if (local.n > REPORT_LOCAL_MAX || !is_dot_atom(local) || str_chr(d, '.') == SIZE_MAX)
		return false;
	*domain = domain_read(a, d, 0);
	if (!domain->p)
		return false;
	*address = arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(*domain));
	return true;
}

/* RFC 3986 2.1. False: a percent sign without its two digits. */
static bool decode(struct arena *a, struct str s, struct str *out)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '%') {
			buf_addc(&b, s.p[i]);
			continue;
		}
		high = i + 2 < s.n ? ch_hex(s.p[i + 1]) : -1;
		low = i + 2 < s.n ? ch_hex(s.p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		buf_addc(&b, (char)(high << 4 | low));
		i += 2;
	}
	*out = buf_str(&b);
	return true;
}

/* "10m" of "!10m": a number of at most 15 digits, a unit of 1024s or none. */
static bool read_limit(struct str s, uint64_t *max)
{
	static const char units[] = "kmgt";
	unsigned shift = 0;
	uint64_t v;

	if (s.n && ch_alpha(s.p[s.n - 1])) {
		size_t unit = str_chr(STR("kmgt"), ch_lower(s.p[s.n - 1]));

		if (unit >= sizeof units - 1)
			return false;
		shift = 10 * (unsigned)(unit + 1);
		s.n--;
	}
	if (s.n > 15 || !str_u64(s, UINT64_MAX, &v))
		return false;
	*max = v > UINT64_MAX >> shift ? UINT64_MAX : v << shift;
	return true;
}

static const char *read_one(struct arena *a, struct report_uri *u)
{
	struct str rest = u->text, path, decoded;
	size_t bang = str_rchr(rest, '!');

	u->max = UINT64_MAX;
	if (!str_istarts(rest, STR("mailto:")))
		return "not a mailto: address";
	if (bang != SIZE_MAX) {
		if (!read_limit(str_skip(rest, bang + 1), &u->max))
			return "a size limit that is none";
		rest = str_sub(rest, 0, bang);
		u->limited = true;
	}
	path = str_skip(rest, sizeof "mailto:" - 1);
	if (str_chr(path, '?') != SIZE_MAX)
		return "header fields in the address";
	/* What "%3F" stands for is part of the address, and report_address looks at it. */
	if (!decode(a, path, &decoded))
		return "a percent sign that stands for nothing";
	if (!report_address(a, decoded, &u->address, &u->domain))
		return "not one address";
	return NULL;
}

static const char *twice(const struct report_uri *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i].fault && str_ieq(list[i].address, list[n].address))
			return "the same address again";
	return NULL;
}

size_t report_uris(struct arena *a, struct str list, struct report_uri out[REPORT_URI_MAX])
{
	size_t n = 0;

	while (list.p && n < REPORT_URI_MAX) {
		struct str text = str_trim(str_cut(&list, ','));

		if (!text.n)
			continue;
		out[n] = (struct report_uri){ .text = text };
		out[n].fault = read_one(a, &out[n]);
		if (!out[n].fault)
			out[n].fault = twice(out, n);
		n++;
	}
	return n;
}
