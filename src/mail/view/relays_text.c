/* What is read out of a Received field whatever its form: words after marks, without its date. */
#include "mail/view/relays_priv.h"

bool hop_has(struct str s, const char *what)
{
	return str_find(s, str_c(what)) != SIZE_MAX;
}

bool hop_word_char(char c)
{
	return ch_alnum(c) || c == '_';
}

struct str hop_word_at(struct str s, size_t at)
{
	size_t end = at;

	while (end < s.n && !view_space(s.p[end]))
		end++;
	return str_sub(s, at, end - at);
}

/* The word after `what`; absent: there is none. */
struct str hop_word_after(struct str s, const char *what)
{
	size_t at = str_find(s, str_c(what));
	struct str w = at == SIZE_MAX ? STR_NULL : hop_word_at(s, at + strlen(what));

	return w.n ? w : STR_NULL;
}

/* White space as single spaces, none at the ends, no semicolons at the end. */
struct str hop_squeeze(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!view_space(s.p[i]))
			p[n++] = s.p[i];
		else if (n && p[n - 1] != ' ')
			p[n++] = ' ';
	}
	while (n && p[n - 1] == ' ')
		n--;
	while (n && p[n - 1] == ';') {
		n--;
		if (n && p[n - 1] == ' ')
			n--;
	}
	return str_of(p, n);
}

/* The word that ends at *end, which is set to where it begins. */
static struct str last_word(struct str s, size_t *end)
{
	size_t from = *end;
	struct str w;

	while (from && s.p[from - 1] != ' ')
		from--;
	w = str_sub(s, from, *end - from);
	*end = from;
	return w;
}

static bool digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static bool one_of(struct str w, const char *list)
{
	return w.n == 3 && str_chr(w, ' ') == SIZE_MAX && str_find(str_c(list), w) != SIZE_MAX &&
	       str_find(str_c(list), w) % 3 == 0;
}

static bool is_time(struct str w)
{
	struct str h = str_cut(&w, ':'), m = str_cut(&w, ':');

	return digits(h) && digits(m) && (!w.p || digits(w));
}

/* Without a date at the end: "Thu, 22 Aug 2002 07:36:16 -0400". */
struct str hop_cut_date(struct str s)
{
	size_t end = s.n, day, mark;
	struct str w = last_word(s, &end);

	if (!w.n || !end)
		return s;
	end--;
	w = last_word(s, &end);
	if (!is_time(w) || !end--)
		return s;
	if (!digits(last_word(s, &end)) || !end--)
		return s;
	if (!one_of(last_word(s, &end), "JanFebMarAprMayJunJulAugSepOctNovDec") || !end--)
		return s;
	for (day = end; day && ch_digit(s.p[day - 1]); day--)
		continue;
	if (day == end)
		return s;
	mark = day;
	if (day >= 6 && str_eq(str_sub(s, day - 2, 2), STR(", ")) &&
	    one_of(str_sub(s, day - 5, 3), "MonTueWedThuFriSatSun") &&
	    (s.p[day - 6] == ' ' || s.p[day - 6] == ';'))
		mark = day - 5;
	if (!mark || (s.p[mark - 1] != ' ' && s.p[mark - 1] != ';'))
		return s;
	while (mark && (s.p[mark - 1] == ' ' || s.p[mark - 1] == ';'))
		mark--;
	return str_sub(s, 0, mark);
}

/* "...)by x" is "...) by x": the first one only. */
struct str hop_space_by(struct arena *a, struct str s)
{
	size_t at = str_find(s, STR(")by "));

	if (at == SIZE_MAX)
		return s;
	return arena_printf(a, "%.*s %.*s", STR_ARG(str_sub(s, 0, at + 1)),
			    STR_ARG(str_skip(s, at + 1)));
}

/* " id <...": at least three octets of it. */
struct str hop_find_id(struct str s)
{
	for (size_t at = 0, k; (k = str_find(str_skip(s, at), STR(" id "))) != SIZE_MAX;) {
		size_t from = at + k + 4, end;
		from += from < s.n && s.p[from] == '<';
		for (end = from; end < s.n && !view_space(s.p[end]) && s.p[end] != '<' &&
				 s.p[end] != '>' && s.p[end] != ';';
		     end++)
			continue;
		if (end >= from + 3)
			return str_sub(s, from, end - from);
		at += k + 1;
	}
	return STR("");
}

static bool helo_char(char c)
{
	return ch_alnum(c) || (c && strchr("-.^+_&:=?!@%*$\\/", c));
}

/* What follows `mark` where a word begins with it. */
static struct str helo_after(struct str s, const char *mark)
{
	size_t n = strlen(mark);

	for (size_t at = 0, k; (k = str_find(str_skip(s, at), str_of(mark, n))) != SIZE_MAX;) {
		size_t from = at + k + n, end = from;
		while (end < s.n && helo_char(s.p[end]))
			end++;
		if (end > from && (at + k == 0 || !hop_word_char(s.p[at + k - 1])))
			return str_sub(s, from, end - from);
		at += k + 1;
	}
	return STR_NULL;
}

struct str hop_find_helo(struct str s)
{
	struct str r = helo_after(s, "helo=");
	struct str h, e;

	if (r.p)
		return r;
	h = helo_after(s, "HELO ");
	e = helo_after(s, "EHLO ");
	if (h.p && e.p)
		return h.p < e.p ? h : e;
	return h.p ? h : e.p ? e : STR("");
}

static size_t ifind(struct str s, struct str what)
{
	for (size_t i = 0; i + what.n <= s.n; i++)
		if (ch_lower(s.p[i]) == what.p[0] && str_istarts(str_skip(s, i), what))
			return i;
	return SIZE_MAX;
}

/* "return-path: x", "envelope-from x", "envelope-sender=x"; absent: none. */
struct str hop_find_sender(struct str s)
{
	static const char *const marks[] = { "return-path: ",  "return-path ",
					     "envelope-from ", "envelope-sender ",
					     "envelope-from=", "envelope-sender=" };
	struct str best = STR_NULL;

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		struct str m = str_c(marks[i]);
		size_t at = ifind(s, m);
		struct str w = at == SIZE_MAX ? STR_NULL : hop_word_at(s, at + m.n);
		while (w.n && hop_word_char(w.p[w.n - 1]) ==
				      (w.p + w.n < s.p + s.n && hop_word_char(w.p[w.n])))
			w.n--;
		if (w.n && (!best.p || w.p < best.p))
			best = w;
	}
	return best;
}
