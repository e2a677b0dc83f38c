/* The matcher of forms: pieces from left to right; a piece that may end in several places tries a
 * bounded number of them. The depth of calls is the form's length, not the field's. */
#include "mail/view/relays_priv.h"

struct at {
	const char *form;
	struct str s;
	size_t i;
};

static bool run(const char *form, struct str s, size_t i, struct found *f);

static bool is_word(char c)
{
	return ch_alnum(c) || c == '_';
}

static bool boundary(struct str s, size_t i)
{
	bool before = i && is_word(s.p[i - 1]), after = i < s.n && is_word(s.p[i]);

	return before != after;
}

static struct str *slot(char c, struct found *f)
{
	switch (c) {
	case 'h':
		return &f->helo;
	case 'r':
	case 'd':
		return &f->rdns;
	case 'b':
		return &f->by;
	case 'i':
	case '@':
		return &f->ident;
	case 'a':
		return &f->ip;
	case 's':
		return &f->sub;
	default:
		return NULL;
	}
}

/* The rest may match at i: a literal character there is looked at before anything is called. */
static bool may(const char *rest, struct str s, size_t i)
{
	if (!*rest || *rest == '%')
		return true;
	return i < s.n && s.p[i] == *rest;
}

static bool keep(struct str *to, struct str s, size_t from, size_t end)
{
	if (to)
		*to = str_sub(s, from, end - from);
	return true;
}

static bool run_set(struct at p, size_t end, size_t min, struct found *f, struct str *to)
{
	size_t tries = 0;

	for (size_t e = end; e + 1 > p.i + min && tries < RELAYS_MAX_TRIES; e--) {
		if (may(p.form, p.s, e)) {
			tries++;
			if (run(p.form, p.s, e, f))
				return keep(to, p.s, p.i, e);
		}
		if (!e)
			break;
	}
	return false;
}

static bool run_word(struct at p, char kind, struct found *f)
{
	size_t end = p.i, tries = 0;
	bool upper = kind == 'H' || kind == 'R' || kind == 'B' || kind == 'I' || kind == 'W';
	struct str *to = slot(ch_lower(kind), f);

	while (end < p.s.n && !view_space(p.s.p[end]))
		end++;
	if (kind != 'd')
		return run_set(p, end, !upper, f, to);
	for (size_t e = end; e > p.i + 2 && tries < RELAYS_MAX_TRIES; e--) {
		size_t dot = str_chr(str_sub(p.s, p.i + 1, e - p.i - 2), '.');
		if (!may(p.form, p.s, e) || dot == SIZE_MAX)
			continue;
		tries++;
		if (run(p.form, p.s, e, f))
			return keep(to, p.s, p.i, e);
	}
	return false;
}

static bool run_not(struct at p, char kind, struct found *f)
{
	char stop = kind == 'n' ? '.' : ')';
	size_t end = p.i;

	if (kind == 'L' && (p.i >= p.s.n || !ch_alpha(p.s.p[p.i])))
		return false;
	while (end < p.s.n && p.s.p[end] != stop)
		end++;
	return run_set(p, end,
		       kind == 'P'   ? 0
		       : kind == 'L' ? 2
				     : 1,
		       f, kind == 'P' ? &f->helo : slot(kind, f));
}

static bool run_any(struct at p, char kind, struct found *f)
{
	for (size_t k = 0; k <= p.s.n - p.i; k++) {
		size_t e = kind == '*' ? p.i + k : p.s.n - k;
		if (may(p.form, p.s, e) && run(p.form, p.s, e, f))
			return true;
	}
	return false;
}

static bool run_ident(struct at p, struct found *f)
{
	size_t end = p.i, tries = 0;

	while (end < p.s.n && !view_space(p.s.p[end]))
		end++;
	for (; end > p.i && tries < RELAYS_MAX_TRIES; end--) {
		if (p.s.p[end - 1] != '@')
			continue;
		tries++;
		if (run(p.form, p.s, end, f))
			return keep(&f->ident, p.s, p.i, end - 1);
	}
	return run(p.form, p.s, p.i, f);
}

static bool run_address(struct at p, char kind, struct found *f)
{
	size_t n = kind == 'l' ? view_localhost_at(p.s, p.i) : view_ip_at(p.s, p.i);

	return n && run(p.form, p.s, p.i + n, f) && keep(slot(kind, f), p.s, p.i, p.i + n);
}

static bool run_port(struct at p, struct found *f)
{
	size_t end = p.i + 1;

	if (p.i < p.s.n && (p.s.p[p.i] == '.' || p.s.p[p.i] == ':')) {
		while (end < p.s.n && ch_digit(p.s.p[end]))
			end++;
		if (end > p.i + 1 && run(p.form, p.s, end, f))
			return true;
	}
	return run(p.form, p.s, p.i, f);
}

static bool run_choice(struct at p, char kind, struct found *f)
{
	static const struct {
		char kind;
		const char *text;
	} choices[] = {
		{ 'M', "ESMTP" },
		{ 'M', "SMTP" },
		{ 'E', "HELO" },
		{ 'E', "EHLO" },
	};

	for (size_t k = 0; k < sizeof choices / sizeof *choices; k++)
		if (choices[k].kind == kind &&
		    str_starts(str_skip(p.s, p.i), str_c(choices[k].text)) &&
		    run(p.form, p.s, p.i + strlen(choices[k].text), f))
			return true;
	return false;
}

static bool run_sender(struct at p, struct found *f)
{
	struct str lead = STR(" (envelope-sender <");
	size_t end;

	if (str_starts(str_skip(p.s, p.i), lead)) {
		for (end = p.i + lead.n; end < p.s.n && !view_space(p.s.p[end]); end++)
			continue;
		if (end > p.i + lead.n + 2 && p.s.p[end - 1] == ')' && p.s.p[end - 2] == '>' &&
		    run(p.form, p.s, end, f))
			return true;
	}
	return run(p.form, p.s, p.i, f);
}

static bool run_piece(const char *form, struct str s, size_t i, struct found *f)
{
	char kind = form[1];
	struct at p = { form + 2, s, i };

	switch (kind) {
	case 'a':
	case 'A':
	case 'l':
		return run_address(p, kind, f);
	case 'M':
	case 'E':
		return run_choice(p, kind, f);
	case '@':
		return run_ident(p, f);
	case '?':
		p.form++;
		if (i < s.n && s.p[i] == form[2] && run(p.form, s, i + 1, f))
			return true;
		return run(p.form, s, i, f);
	case '#':
		return run_port(p, f);
	case 'p':
	case 'P':
	case 's':
	case 'L':
	case 'n':
		return run_not(p, kind, f);
	case '*':
	case '>':
		return run_any(p, kind, f);
	case '|':
		return boundary(s, i) && run(p.form, s, i, f);
	case '$':
		return i == s.n;
	case 'Q':
		return run_sender(p, f);
	default:
		return run_word(p, kind, f);
	}
}

static bool run(const char *form, struct str s, size_t i, struct found *f)
{
	while (*form && *form != '%') {
		if (i >= s.n || s.p[i] != *form)
			return false;
		form++;
		i++;
	}
	return !*form || run_piece(form, s, i, f);
}

bool form_match(const char *form, struct str s, struct found *f)
{
	struct found tmp = { 0 };

	if (!run(form, s, 0, &tmp))
		return false;
	*f = tmp;
	return true;
}
