/*
 * Received fields. A walk over words and comments: a keyword opens a clause, the word after it is
 * the clause's value, and a comment means what the MTAs that write such comments mean by it.
 */
#include "mail/received.h"

#include "mail/date.h"
#include "mail/hdr.h"

enum clause {
	CLAUSE_NONE,
	CLAUSE_FROM,
	CLAUSE_BY,
	CLAUSE_VIA,
	CLAUSE_WITH,
	CLAUSE_ID,
	CLAUSE_FOR,
};

static const struct {
	struct str word;
	enum clause clause;
} keywords[] = {
	{ STR("from"), CLAUSE_FROM }, { STR("by"), CLAUSE_BY }, { STR("via"), CLAUSE_VIA },
	{ STR("with"), CLAUSE_WITH }, { STR("id"), CLAUSE_ID }, { STR("for"), CLAUSE_FOR },
};

/* How comments that tell of TLS begin, or ("=") what they have in them. */
static const struct str tls_begins[] = {
	STR("using TLS"), STR("using SSL"),   STR("TLSv"),	  STR("TLS1"),
	STR("SSLv"),	  STR("version=TLS"), STR("version=SSL"),
};
static const struct str tls_has[] = { STR(" version=TLS"), STR("TLS: TLS"), STR(", TLS: ") };

static const struct str auth_begins[] = {
	STR("Authenticated sender"),
	STR("authenticated bits="),
	STR("authenticated as "),
	STR("authenticated user"),
	STR("AUTH: "),
	STR("account "),
};

/* RFC 3848, 6531; asmtp is Exim's before 4.40. */
static const struct str auth_protocols[] = {
	STR("ESMTPA"),	   STR("ESMTPSA"),   STR("LMTPA"),	STR("LMTPSA"), STR("UTF8SMTPA"),
	STR("UTF8SMTPSA"), STR("UTF8LMTPA"), STR("UTF8LMTPSA"), STR("asmtp"),
};

#define COUNT(t) (sizeof(t) / sizeof *(t))

struct walk {
	struct str s;
	size_t at;
	enum clause clause;
	bool value_next; /* a keyword was just read */
	struct received *out;
};

/* Past the comment that is open at i, or past the end. */
static size_t comment_end(struct str s, size_t i)
{
	size_t depth = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

static size_t quoted_end(struct str s, size_t i)
{
	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return s.n;
}

/* Past the word at i: what is in quotes belongs to it. */
static size_t word_end(struct str s, size_t i)
{
	while (i < s.n && !ch_fws(s.p[i]) && s.p[i] != '(' && s.p[i] != ';')
		i = s.p[i] == '"' ? quoted_end(s, i) : i + 1;
	return i;
}

/* The last ";" outside comments and quotes; SIZE_MAX if there is none. */
static size_t date_at(struct str s)
{
	size_t at = SIZE_MAX, i = 0;

	while (i < s.n) {
		if (s.p[i] == '(')
			i = comment_end(s, i);
		else if (s.p[i] == '"')
			i = quoted_end(s, i);
		else if (s.p[i++] == ';')
			at = i - 1;
	}
	return at;
}

/* A host name as MTAs write it: no literal, not "unknown", no dot at the end. Absent if it is none.
 */
static struct str host_name(struct str s)
{
	bool alpha = false;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	for (size_t i = 0; i < s.n; i++) {
		if (!ch_alnum(s.p[i]) && !memchr("-._", s.p[i], 3) && (unsigned char)s.p[i] < 128)
			return STR_NULL;
		alpha |= ch_alpha(s.p[i]) || (unsigned char)s.p[i] > 127;
	}
	return alpha && !str_ieq(s, STR("unknown")) ? s : STR_NULL;
}

static struct str first_word(struct str s)
{
	size_t n = 0;

	s = str_trim(s);
	while (n < s.n && !ch_fws(s.p[n]))
		n++;
	return str_sub(s, 0, n);
}

static struct str last_word(struct str s)
{
	size_t n;

	s = str_trim(s);
	for (n = s.n; n && !ch_fws(s.p[n - 1]);)
		n--;
	return str_skip(s, n);
}

/* Without an ident answer in front: "user@host". */
static struct str after_ident(struct str s)
{
	size_t at = str_rchr(s, '@');

	return at == SIZE_MAX ? s : str_skip(s, at + 1);
}

/* An address, with or without brackets. */
static bool word_ip(struct str s, struct ip *ip)
{
	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_sub(s, 1, s.n - 2);
	return ip_parse(s, ip);
}

/* The announced name stood in the comment; then the word after "from" is the name by DNS. */
static void put_helo(struct received *r, struct str helo)
{
	if (helo.n == 0)
		return;
	if (!r->rdns.p)
		r->rdns = host_name(r->from_name);
	if (!r->ip.family)
		word_ip(r->from_name, &r->ip);
	r->from_name = helo;
}

/* Where key stands at the beginning of a word of s, what follows it up to a blank. */
static struct str keyed(struct str s, struct str key)
{
	for (size_t i = 0; i < s.n; i++)
		if ((i == 0 || ch_fws(s.p[i - 1])) && str_istarts(str_skip(s, i), key))
			return first_word(str_skip(s, i + key.n));
	return STR_NULL;
}

/* Where "[" begins a word of s (not "helo=[..."); SIZE_MAX if it does not. */
static size_t bracket_at(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '[' && (i == 0 || ch_fws(s.p[i - 1])))
			return i;
	return SIZE_MAX;
}

/* "rdns [ip]", "[ip] ...", "ident@rdns [ip] (may be forged)", "ip", "ident@ip", "host" */
static void put_client(struct received *r, struct str c)
{
	size_t open = bracket_at(c);
	struct str name = after_ident(c), inside = str_skip(c, open == SIZE_MAX ? c.n : open + 1);

	if (open != SIZE_MAX) {
		if (!ip_parse(str_sub(inside, 0, str_chr(inside, ']')), &r->ip))
			return;
		name = after_ident(last_word(str_sub(c, 0, open)));
	} else if (str_chr(c, ' ') != SIZE_MAX || ip_parse(name, &r->ip)) {
		return;
	}
	if (!r->rdns.p)
		r->rdns = host_name(name);
}

/* A comment after the from word. What the client announced is looked for first: it may look like
 * an address. The first address is the one. */
static void from_comment(struct received *r, struct str c)
{
	if (str_istarts(c, STR("HELO ")) || str_istarts(c, STR("EHLO "))) {
		put_helo(r, first_word(str_skip(c, 5)));
	} else if (str_istarts(c, STR("account "))) {
		put_helo(r, keyed(c, STR("HELO ")));
	} else {
		if (!r->ip.family)
			put_client(r, c);
		put_helo(r, keyed(c, STR("helo=")));
	}
}

static bool begins(struct str s, const struct str *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_istarts(s, table[i]))
			return true;
	return false;
}

static void see_comment(struct walk *w, struct str c)
{
	struct received *r = w->out;
	bool tls = begins(c, tls_begins, COUNT(tls_begins));

	for (size_t i = 0; i < COUNT(tls_has); i++)
		tls |= str_ifind(c, tls_has[i]);
	if (tls && !r->tls.p)
		r->tls = c;
	r->auth |= begins(c, auth_begins, COUNT(auth_begins));
	if (w->clause == CLAUSE_FROM && r->from_name.p && !tls)
		from_comment(r, c);
}

static void put_for(struct received *r, struct str word)
{
	size_t close;

	if (word.n && word.p[0] == '<') {
		close = str_rchr(word, '>');
		word = str_sub(word, 1, close == SIZE_MAX ? SIZE_MAX : close - 1);
	}
	r->for_addr = str_chr(word, '@') == SIZE_MAX ? STR_NULL : word;
}

/* The value of "with" may be several words ("Microsoft SMTP Server"). */
static struct str longer(struct str value, struct str word)
{
	return str_of(value.p, (size_t)(word.p + word.n - value.p));
}

static void put_value(struct walk *w, struct str word)
{
	struct received *r = w->out;

	switch (w->clause) {
	case CLAUSE_FROM:
		r->from_name = r->from_name.p ? r->from_name : word;
		break;
	case CLAUSE_BY:
		r->by = r->by.p ? r->by : word;
		break;
	case CLAUSE_WITH:
		r->with = r->with.p ? r->with : word;
		break;
	case CLAUSE_ID:
		r->id = r->id.p ? r->id : word;
		break;
	case CLAUSE_FOR:
		if (!r->for_addr.p)
			put_for(r, word);
		break;
	case CLAUSE_VIA:
	case CLAUSE_NONE:
		break;
	}
}

static void see_word(struct walk *w, struct str word)
{
	if (w->value_next) {
		w->value_next = false;
		put_value(w, word);
		return;
	}
	for (size_t i = 0; i < COUNT(keywords); i++) {
		if (!str_ieq(word, keywords[i].word))
			continue;
		w->clause = keywords[i].clause;
		w->value_next = true;
		return;
	}
	if (w->clause == CLAUSE_WITH && w->out->with.p)
		w->out->with = longer(w->out->with, word);
}

static void walk_tokens(struct walk *w)
{
	while (w->at < w->s.n) {
		size_t from = w->at;
		if (ch_fws(w->s.p[from]) || w->s.p[from] == ';') {
			w->at++;
		} else if (w->s.p[from] == '(') {
			struct str c;
			w->at = comment_end(w->s, from);
			c = str_sub(w->s, from + 1, w->at - from - 1);
			if (c.n && c.p[c.n - 1] == ')')
				c.n--;
			see_comment(w, str_trim(c));
			w->value_next = false;
			w->clause = w->clause == CLAUSE_WITH ? CLAUSE_NONE : w->clause;
		} else {
			w->at = word_end(w->s, from);
			see_word(w, str_sub(w->s, from, w->at - from));
		}
	}
}

void received_parse(struct arena *a, struct str value, struct received *out)
{
	struct str s = hdr_unfold(a, value);
	struct walk w = { .out = out };
	size_t semi = date_at(s);

	*out = (struct received){ 0 };
	w.s = str_sub(s, 0, semi);
	walk_tokens(&w);
	if (semi != SIZE_MAX && !date_parse(str_skip(s, semi + 1), &out->date))
		out->date = 0;
	if (!out->ip.family)
		word_ip(out->from_name, &out->ip);
	for (size_t i = 0; i < COUNT(auth_protocols); i++)
		out->auth |= str_ieq(out->with, auth_protocols[i]);
	out->parsed = out->from_name.p || out->by.p || out->date;
}
