/* What stands in header fields: octets, charsets, capitals, templates. */
#include "checks/sa/header.h"
#include "checks/sa/sa.h"
#include "mail/view/view_priv.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/view/relays_priv.h"

static bool control(unsigned char c)
{
	return c <= 8 || c == 0x0b || c == 0x0c || (c >= 0x0e && c <= 0x1f);
}

bool sa_illegal_chars(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	struct str spec = arg[0].text, text;
	size_t bad = 0, controls = 0, money = 0;
	double ratio, count;

	(void)n;
	(void)evidence;
	if (!str_iends(spec, STR(":raw")))
		spec = arena_printf(s->arena, "%.*s:raw", STR_ARG(spec));
	text = s->view ? view_header(s->view, spec) : STR_NULL;
	if (!view_trim(text).n || !sa_number(arg[1].text, &ratio) ||
	    !sa_number(arg[2].text, &count))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		controls += control(c);
		bad += control(c) || c >= 0x7f;
		money += c == 0xa2 || c == 0xa3 || c == 0xae;
	}
	if (!str_ascii(text) && !controls && utf8_valid(text))
		return false;
	if (bad && money == 1 && str_ieq(spec, STR("Subject:raw")))
		bad--; /* a lone currency or trade mark sign of Latin-1 */
	return (double)bad / (double)text.n >= ratio && (double)bad >= count;
}

bool sa_count_range(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct view_lines *l = sa_lines(s, arg[0].text);
	double min, max;
	size_t distinct = 0;

	(void)n;
	(void)evidence;
	for (size_t i = 0, k; i < l->n; i++) {
		for (k = 0; k < i && !str_eq(l->p[k].text, l->p[i].text); k++)
			continue;
		distinct += k == i;
	}
	return sa_number(arg[1].text, &min) && sa_number(arg[2].text, &max) &&
	       (double)distinct >= min && (double)distinct <= max;
}

/* A field or the whole is longer than rules are shown. */
static bool truncated(struct scan *s)
{
	size_t all = 0;

	for (size_t i = 0; i < s->headers.v.n; i++) {
		const struct hdr *h = &s->headers.v.p[i];
		if (h->name.n > VIEW_MAX_NAME || (h->value.n > VIEW_MAX_FIELD &&
						  view_lf(s->arena, h->value).n >= VIEW_MAX_FIELD))
			return true;
		all += h->name.n + h->value.n + 3;
	}
	return s->headers.dropped || all > VIEW_MAX_HEADER;
}

bool sa_parse_flags(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {
		{ "mime_epilogue_exists", VIEW_EPILOGUE },
		{ "missing_mime_headers", VIEW_NO_PART_FIELDS },
		{ "missing_mime_head_body_separator", VIEW_NO_SEPARATOR },
	};

	(void)n;
	(void)evidence;
	if (str_eq(arg[0].text, STR("truncated_header")))
		return truncated(s);
	if (str_eq(arg[0].text, STR("missing_head_body_separator")))
		return s->headers.flags & HDR_F_NO_COLON;
	if (!s->view)
		return false;
	view_parts(s->view, NULL);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (str_eq(arg[0].text, str_c(flags[i].name)))
			return s->view->broken & flags[i].flag;
	return false;
}

bool sa_faraway(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	static const char *const specs[] = { "From:raw", "Subject:raw" };

	(void)arg;
	(void)n;
	if (sa_locales_all(s))
		return false;
	for (size_t i = 0; i < 2; i++) {
		struct str t = sa_text(s, specs[i]), name;
		for (size_t at; (at = str_find(t, STR("=?"))) != SIZE_MAX;) {
			t = str_skip(t, at + 2);
			name = str_sub(t, 0, str_chr(t, '?'));
			if (name.n < t.n && !sa_charset_ok(s, name)) {
				*evidence = name;
				return true;
			}
		}
	}
	return false;
}

static const char *const free_text_fields[] = {
	"X-VMS-To",
	"X-UIDL",
	"X-Face",
	"To",
	"Cc",
	"From",
	"Subject",
	"References",
	"In-Reply-To",
	"Message-Id",
	"X-Message-Id",
	"Resent-Message-Id",
	"X-Original-Message-Id",
};

static bool free_text(struct str line)
{
	struct str name = str_sub(line, 0, str_chr(line, ':'));

	for (size_t i = 0; i < sizeof free_text_fields / sizeof *free_text_fields; i++)
		if (str_ieq(name, str_c(free_text_fields[i])))
			return true;
	return false;
}

static bool has_variable(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++) {
		char a = s.p[i + 1], b = s.p[i + 2];
		if (s.p[i] == '%' && a >= 'A' && a <= 'Z' &&
		    ((b >= 'A' && b <= 'Z') || b == '_' || b == '-'))
			return true;
	}
	return false;
}

bool sa_unresolved(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	struct str all = sa_text(s, "ALL");

	(void)arg;
	(void)n;
	while (all.n) {
		struct str line = str_cut(&all, '\n');
		if (!has_variable(line) || free_text(line))
			continue;
		*evidence = line;
		return true;
	}
	return false;
}

static struct str skip_reply_marks(struct str s)
{
	static const char *const marks[] = { "re:", "fwd:", "fw:", "aw:", "antwort:",
					     "wg:", "sv:",  "vb:", "vs:", "vl:" };
	size_t i = 0;

	while (i < sizeof marks / sizeof *marks) {
		struct str m = str_c(marks[i++]);
		if (!str_istarts(s, m))
			continue;
		s = str_skip(s, m.n);
		while (s.n && view_space(s.p[0]))
			s = str_skip(s, 1);
		i = 0;
	}
	return s;
}

/* Encoded text in a charset whose plain form is full of capitals. */
static bool capital_charset(struct str raw)
{
	static const char *const parts[] = { "koi",	     "jp",	   "jis",   "euc",
					     "gb",	     "big5",	   "isoir", "cp1251",
					     "windows-1251", "georgianps", "pt154", "tis" };

	for (size_t at; (at = str_find(raw, STR("=?"))) != SIZE_MAX;) {
		struct str name;
		size_t i = 0;
		raw = str_skip(raw, at + 2);
		while (i < raw.n && (ch_alnum(raw.p[i]) || raw.p[i] == '-' || raw.p[i] == '_'))
			i++;
		name = str_sub(raw, 0, i);
		for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
			if (i < raw.n && raw.p[i] == '?' && str_ifind(name, str_c(parts[k])))
				return true;
	}
	return false;
}

bool sa_all_caps(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	struct str t = skip_reply_marks(view_trim(sa_text(s, "Subject")));
	bool space = false, letter = false;

	(void)arg;
	(void)n;
	(void)evidence;
	for (size_t i = 0; i < t.n; i++) {
		space = space || view_space(t.p[i]);
		letter = letter || ch_alpha(t.p[i]);
		if (t.p[i] >= 'a' && t.p[i] <= 'z')
			return false;
	}
	return space && letter && t.n >= 10 && !capital_charset(sa_text(s, "Subject:raw"));
}

static bool word_in(struct str s, struct str w)
{
	for (size_t i = 0; i + w.n <= s.n; i++)
		if (str_istarts(str_skip(s, i), w) &&
		    (i && hop_word_char(s.p[i - 1])) != hop_word_char(w.p[0]) &&
		    (i + w.n < s.n && hop_word_char(s.p[i + w.n])) != hop_word_char(w.p[w.n - 1]))
			return true;
	return false;
}

static bool stop(struct str s, size_t i)
{
	return i < s.n && strchr(",:;!?-", s.p[i]) && s.p[i];
}

/* The subject begins with the user's name as if it spoke to him. */
static bool addressed(struct str t, struct str user)
{
	struct str r = t, w;
	size_t i;

	if (str_ieq(t, user))
		return true;
	if (str_starts(t, user)) {
		for (i = user.n; i < t.n && view_space(t.p[i]); i++)
			continue;
		if (stop(t, i) && (i + 1 == t.n || view_space(t.p[i + 1])))
			return true;
	}
	if (str_starts(t, STR(","))) {
		r = view_trim(str_skip(t, 1));
		return r.n == user.n + 1 && str_istarts(r, user) && stop(r, user.n);
	}
	if (!str_istarts(t, STR("re:")) && !str_istarts(t, STR("fw:")))
		return false;
	r = view_trim(str_skip(t, 3));
	w = hop_word_at(r, 0);
	for (i = 0; i < w.n && hop_word_char(w.p[i]); i++)
		continue;
	return str_ieq(r, user) || (i == w.n && str_ieq(view_trim(str_skip(r, w.n)), user));
}

bool sa_to_in_subject(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	struct str to = sa_first(s, "To:addr"), subject = sa_text(s, "Subject");

	(void)n;
	(void)evidence;
	if (!to.n)
		return false;
	if (str_eq(arg[0].text, STR("address")))
		return word_in(subject, to);
	to = str_sub(to, 0, str_chr(to, '@'));
	if (subject.n && subject.p[subject.n - 1] == '\n')
		subject.n--;
	return to.n && str_eq(arg[0].text, STR("user")) && addressed(subject, to);
}

bool sa_no_to(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return s->view && !sa_present(s, "To") && !sa_present(s, "Apparently-To");
}
