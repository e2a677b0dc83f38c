/* One Received field: its form is found in the tables, and what it says is read out. */
#include "mail/view/relays_priv.h"

/* "helo=x" and "ident=y" of a comment. */
static void read_sub(struct hop *h)
{
	struct str w = hop_word_after(h->f.sub, "helo=");

	if (w.p)
		h->f.helo = w;
	if (str_find(h->f.sub, STR("ident=")) != SIZE_MAX) {
		w = hop_word_after(h->f.sub, "ident=");
		h->f.ident = w.p ? w : STR("");
	}
}

static void take(struct str *to, struct str s)
{
	if (s.p)
		*to = s;
}

static void take_found(struct hop *h, const struct found *f)
{
	take(&h->f.helo, f->helo);
	take(&h->f.rdns, f->rdns);
	take(&h->f.by, f->by);
	take(&h->f.ident, f->ident);
	take(&h->f.ip, f->ip);
	take(&h->f.sub, f->sub);
}

/* "IDENT:user@name" is name, asked of that user. */
static void split_ident(struct hop *h)
{
	size_t at = str_chr(h->f.rdns, '@');

	if (at == SIZE_MAX)
		return;
	h->f.ident = str_sub(h->f.rdns, 0, at);
	if (str_starts(h->f.ident, STR("IDENT:")))
		h->f.ident = str_skip(h->f.ident, 6);
	h->f.rdns = str_skip(h->f.rdns, at + 1);
}

static void apply_flags(struct hop *h, unsigned flags)
{
	bool unknown = flags & (FORM_UNKNOWN | FORM_UNASKED) && str_ieq(h->f.rdns, STR("unknown"));

	h->looked_up = h->looked_up || flags & FORM_DNS;
	if (flags & FORM_IDENT_AT)
		split_ident(h);
	if (flags & FORM_HELO_TOO)
		h->f.helo = h->f.rdns;
	if (unknown && flags & FORM_UNASKED)
		h->looked_up = false;
	if (unknown)
		h->f.rdns = STR("");
	if (flags & FORM_SOFTDNS && str_eq(h->f.rdns, STR("softdnserr"))) {
		h->looked_up = false;
		h->f.rdns = STR("");
	}
	if (flags & FORM_SUB)
		read_sub(h);
}

static bool row_fits(const struct form *r, struct str s, struct found *f)
{
	struct found q;

	if (r->gate && !hop_has(s, r->gate))
		return false;
	if (r->flags & FORM_NOT_QMAIL && hop_has(s, "(qmail-") &&
	    form_match("%* by %w (qmail-%w) with ", s, &q))
		return false;
	if (!r->form || !form_match(r->form, s, f))
		return false;
	if (r->flags & FORM_YAHOO && !str_iends(f->by, STR(".yahoo.com")))
		return false;
	return !(r->flags & FORM_ALPHA) || (f->helo.n > 1 && !ch_digit(f->helo.p[0]));
}

enum tried { TRIED_NONE, TRIED_SKIP, TRIED_RELAY, TRIED_FETCHED, TRIED_SCANNER };

static bool qmail_scanner(struct str s)
{
	struct found f;

	return form_match("%w by %w (%*) with qmail-scanner", s, &f);
}

static enum tried try_rows(const struct form *rows, size_t n, struct str s, struct hop *h)
{
	struct found f;

	for (size_t i = 0; i < n; i++) {
		if (!rows[i].form && hop_has(s, rows[i].gate)) {
			if (!str_eq(str_c(rows[i].gate), STR("with qmail-scanner")))
				return TRIED_FETCHED;
			if (qmail_scanner(s))
				return TRIED_SCANNER;
		}
		if (!row_fits(&rows[i], s, &f))
			continue;
		if (rows[i].flags & FORM_SKIP)
			return TRIED_SKIP;
		take_found(h, &f);
		apply_flags(h, rows[i].flags);
		return TRIED_RELAY;
	}
	return TRIED_NONE;
}

static enum tried try_exchange_server(struct str s, struct hop *h)
{
	struct found f;
	size_t pc;

	if (form_match("%h (%?[%a%?]) by %b ", s, &f)) {
		take_found(h, &f);
		h->id = STR("");
		return TRIED_RELAY;
	}
	pc = str_chr(s, '%'); /* a zone behind the address: "fe80::1%12" */
	if (pc == SIZE_MAX || !form_match("%w) by %b ", str_skip(s, pc), &f))
		return TRIED_NONE;
	h->f.by = f.by;
	if (!form_match("%h (%?[%a", str_sub(s, 0, pc), &f))
		return TRIED_NONE;
	take_found(h, &f);
	h->id = STR("");
	return TRIED_RELAY;
}

/* Exim writes what it knows in a comment; the last of its forms gives whatever can be seen. */
static enum tried try_exim(struct str s, struct hop *h)
{
	struct str ip = STR_NULL, w;
	struct found f;

	if (hop_has(s, " with local ") ||
	    (hop_has(s, " with local-") && hop_word_after(s, " with local-").p))
		return TRIED_SKIP;
	if (form_match("[%a] (%s) by %b ", s, &f) || form_match("%r ([%a]%P) by %b ", s, &f)) {
		take_found(h, &f);
		if (f.rdns.p) {
			h->f.helo = h->f.rdns;
			h->f.sub = f.helo.p ? f.helo : STR("");
		}
		read_sub(h);
		return TRIED_RELAY;
	}
	if (form_match("%h [%a]%# by %b ", s, &f)) {
		take_found(h, &f);
		h->f.rdns = f.helo;
		return TRIED_RELAY;
	}
	w = hop_word_at(s, 0);
	if (w.n && w.n < s.n)
		h->f.rdns = w;
	if (form_match("%* (%h) ", s, &f))
		h->f.helo = f.helo;
	if (form_match("%* [%a%#] ", s, &f))
		ip = f.ip;
	take(&h->f.ip, ip);
	if (form_match("%*by %b ", s, &f)) {
		h->f.by = f.by;
		if (h->f.ip.n)
			return TRIED_RELAY;
	}
	return TRIED_NONE;
}

/* A version of four numbers behind the gate, maybe with a comment between. */
static bool has_version(struct str s, const char *gate)
{
	size_t at = str_find(s, str_c(gate));
	struct str r = str_skip(s, at + strlen(gate));
	struct found f;
	size_t dots = 0, i = 0;

	if (form_match(" (%p) ", r, &f))
		r = str_skip(r, str_chr(r, ')') + 1);
	if (!r.n || r.p[0] != ' ')
		return false;
	r = hop_word_at(r, 1);
	for (; i < r.n && (ch_digit(r.p[i]) || (r.p[i] == '.' && i && r.p[i - 1] != '.')); i++)
		dots += r.p[i] == '.';
	return i == r.n && dots == 3 && ch_digit(r.p[i - 1]);
}

static enum tried try_families(struct str s, struct hop *h)
{
	for (size_t i = 0; i < relays_nfamilies; i++) {
		const struct family *fam = &relays_families[i];
		enum tried t;
		if (!hop_has(s, fam->gate) ||
		    (!fam->forms && fam->gate[1] == 'w' && !has_version(s, fam->gate)))
			continue;
		if (fam->gate[0] == 'E')
			return try_exim(s, h);
		if (!fam->forms)
			return try_exchange_server(s, h);
		t = try_rows(fam->forms, fam->n, s, h);
		if (t == TRIED_RELAY && fam->gate[0] == '[') {
			struct found f;
			if (form_match("%* id <%i>", s, &f))
				h->id = f.ident;
			if (form_match("%* from <%i>", s, &f))
				h->envfrom = f.ident;
		}
		return t;
	}
	return TRIED_NONE;
}

#define WEBMAIL_NEAR 10u /* octets between the user's address and "by" */
#define WEBMAIL_FAR 80u

/* "by host with HTTP" not far behind the end of an address. */
static bool webmail_by(struct str s, size_t end, struct hop *h)
{
	struct found f;

	for (size_t gap = WEBMAIL_FAR; gap >= WEBMAIL_NEAR; gap--)
		if (end + gap < s.n && s.p[end + gap] == 'b' &&
		    form_match("by %b with HTTP", str_skip(s, end + gap), &f)) {
			h->f.by = f.by;
			return true;
		}
	return false;
}

/* Webmail that tells its user's address in the middle of the field. */
static enum tried try_webmail(struct str s, struct hop *h)
{
	struct found f;

	if (hop_has(s, " (SquirrelMail authenticated user ") ||
	    hop_has(s, " (NaSMail authenticated user "))
		for (size_t i = 0, n; i < s.n; i++) {
			n = view_ip_at(s, i);
			if (!n || (i + n < s.n && (s.p[i + n] == '.' || s.p[i + n] == '-')) ||
			    !webmail_by(s, i + n, h))
				continue;
			h->f.ip = str_sub(s, i, n);
			return TRIED_RELAY;
		}
	if (hop_has(s, "aol.com") && hop_has(s, "with HTTP (WebMailUI)") &&
	    form_match("%*%a by %b (%A) with HTTP (WebMailUI)", s, &f)) {
		take_found(h, &f);
		return TRIED_RELAY;
	}
	return TRIED_NONE;
}

/* A protocol word of its own, and not followed by " id ". */
static bool smtp_word(struct str s)
{
	for (size_t i = 0; i + 5 <= s.n; i++) {
		struct str r = str_skip(s, i);
		if ((str_starts(r, STR(" SMTP")) || str_starts(r, STR(" QMQP"))) &&
		    !str_starts(str_skip(r, 5), STR(" id ")))
			return true;
	}
	return false;
}

/* "... by host (qmail 1.03) with SMTP": the whole has the shape of qmail's and its kin's fields. */
static bool qmail_shape(struct str s)
{
	static const char *const forms[] = { "%w (%E %W) (%@%?[%A%?])%Q by %w",
					     "%w (%@%?[%A%?])%Q by %w" };
	struct found f;
	size_t by, end, with;

	if (!form_match(forms[0], s, &f) && !form_match(forms[1], s, &f))
		return false;
	by = str_find(s, STR(") by "));
	if (by == SIZE_MAX)
		return false;
	end = by + 5 + hop_word_at(s, by + 5).n;
	if (str_starts(str_skip(s, end), STR(" with ")))
		return smtp_word(str_skip(s, end + 5));
	if (!str_starts(str_skip(s, end), STR(" (")))
		return false;
	with = str_find(str_skip(s, end), STR(") with "));
	return with != SIZE_MAX && smtp_word(str_skip(s, end + with + 6));
}

static enum tried try_hotmail(struct str s, struct hop *h)
{
	struct str by = hop_has(s, ".hotmail.msn.com ") ? hop_word_after(s, "by ") : STR_NULL;
	size_t n;

	if (!by.p || !str_iends(by, STR(".hotmail.msn.com")))
		return TRIED_NONE;
	h->f.by = by;
	n = view_ip_at(s, 0);
	if (n && n < s.n && s.p[n] == ' ')
		h->f.ip = str_sub(s, 0, n);
	return TRIED_RELAY;
}

static enum tried try_all(struct str s, struct hop *h)
{
	enum tried t = try_webmail(s, h);

	if (!t)
		t = try_families(s, h);
	if (!t)
		t = try_rows(relays_forms, 7, s, h);
	if (!t)
		t = try_hotmail(s, h);
	if (!t)
		t = try_rows(relays_forms + 7, relays_nforms - 7, s, h);
	if (!t && qmail_shape(s))
		t = try_rows(relays_qmail, relays_nqmail, s, h);
	return t ? t : try_rows(relays_skips, relays_nskips, s, h);
}

/* No form fits: the first word may be what was said in HELO. */
static void guess_helo(struct str s, struct hop *h)
{
	struct str w = hop_word_at(s, 0);

	if (h->f.helo.n)
		return;
	if (w.n == s.n)
		while (w.n &&
		       (ch_alnum(w.p[w.n - 1]) || w.p[w.n - 1] == '-' || w.p[w.n - 1] == '.'))
			w.n--;
	if (w.n == s.n && w.n)
		w.n--;
	else if (w.p + w.n < s.p + s.n && !view_space(w.p[w.n]) && w.n)
		w.n--;
	if (w.n)
		h->f.helo = w;
}

static enum tried try_upper(struct str s, struct hop *h)
{
	struct found f;

	if (!form_match("%h (%r [%a]) BY %b ID %?<%i", s, &f) &&
	    !form_match("%h (%r [%a]) BY %b (%p) WITH SMTP ID %?<%i", s, &f))
		return TRIED_NONE;
	h->id = f.ident;
	if (h->id.n && h->id.p[h->id.n - 1] == '>')
		h->id.n--;
	f.ident = STR_NULL;
	take_found(h, &f);
	h->looked_up = true;
	if (str_eq(h->f.rdns, STR("unverified")))
		h->f.rdns = STR("");
	return TRIED_RELAY;
}

/* Octets that would break the text of a relay become "!". */
static struct str clean(struct arena *a, struct str s)
{
	struct str r;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!view_space(c) && c && !strchr("#[]()<>|", c))
			continue;
		r = arena_dup(a, s);
		for (char *p = (char *)(uintptr_t)r.p; p < r.p + r.n; p++)
			if (view_space(*p) || !*p || strchr("#[]()<>|", *p))
				*p = '!';
		return r;
	}
	return s;
}

static struct str trim_angles(struct str s)
{
	s = view_trim(s);
	while (s.n && s.p[0] == '<')
		s = str_skip(s, 1);
	while (s.n && s.p[s.n - 1] == '>')
		s.n--;
	return s;
}

/* Without a zone, a prefix, brackets; an IPv4 address as such. */
static struct str tidy_ip(struct arena *a, struct str s)
{
	size_t zone = str_chr(s, '%');
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (str_istarts(s, STR("ipv6:")))
		s = str_skip(s, 5);
	if (zone != SIZE_MAX)
		s = str_sub(s, 0, str_chr(s, '%'));
	if (s.n < IP_TEXT_MAX && str_chr(s, ':') != SIZE_MAX && str_chr(s, '.') != SIZE_MAX &&
	    ip_parse(s, &ip) && ip.family == 4)
		return arena_dup(a, str_c(ip_format(&ip, text)));
	return s;
}

void hop_tidy(struct arena *a, struct hop *h)
{
	struct found *f = &h->f;

	while (f->rdns.n && f->rdns.p[f->rdns.n - 1] == '.')
		f->rdns.n--;
	if (str_ieq(f->rdns, STR("unknown")) || str_starts(f->rdns, STR("[")))
		f->rdns = STR("");
	if (f->by.n && f->by.p[f->by.n - 1] == ';')
		f->by.n--;
	f->ip = clean(a, tidy_ip(a, f->ip));
	f->rdns = clean(a, f->rdns);
	f->helo = clean(a, f->helo);
	f->by = clean(a, f->by);
	f->ident = clean(a, f->ident);
	if (h->envfrom.p)
		h->envfrom = clean(a, trim_angles(h->envfrom));
}

/* Handed over inside one host: "from x by y;" and the like. */
static bool is_local(struct str s)
{
	size_t at = str_find(s, STR(" with local for"));
	struct found f;
	struct str by, rest;

	if (at != SIZE_MAX && !hop_word_char(str_skip(s, at + 15).n ? s.p[at + 15] : ' '))
		return true;
	if (!str_istarts(s, STR("from ")) || !form_match("%h ", str_skip(s, 5), &f))
		return false;
	rest = str_skip(s, 5 + f.helo.n);
	if (!str_istarts(rest, STR(" by ")))
		return false;
	by = str_skip(rest, 4);
	at = 0;
	while (at < by.n && !view_space(by.p[at]) && by.p[at] != ';')
		at++;
	if (!at)
		return false;
	at += at < by.n && by.p[at] == ' ';
	if (at >= by.n || by.p[at] != ';')
		return false;
	return !(form_match("[%a]%$", f.helo, &f));
}

/* An address anywhere in brackets. */
static void any_ip(struct str s, struct hop *h)
{
	struct found f;

	if (!h->f.ip.n && form_match("%*[%a]", s, &f))
		h->f.ip = f.ip;
}

static enum tried try_line(struct str s, struct hop *h)
{
	enum tried t = TRIED_NONE;

	if (str_starts(s, STR("from "))) {
		s = str_skip(s, 5);
		h->envfrom = hop_find_sender(s);
		t = try_all(s, h);
		if (!t)
			guess_helo(s, h);
	} else if (str_starts(s, STR("FROM "))) {
		s = str_skip(s, 5);
		t = try_upper(s, h);
	} else if (str_starts(s, STR("(from "))) {
		s = str_skip(s, 6);
		t = try_rows(relays_paren, relays_nparen, s, h);
	}
	if (!t)
		any_ip(s, h);
	return t ? t : h->f.ip.n && h->f.by.n ? TRIED_RELAY : TRIED_NONE;
}

enum hop_kind hop_read(struct arena *a, struct str line, struct hop *h)
{
	struct str s = hop_squeeze(a, line), by;

	*h = (struct hop){ .f = { STR(""), STR(""), STR(""), STR(""), STR(""), STR("") } };
	if (!str_istarts(s, STR("from ")) && !str_istarts(s, STR("(from ")))
		return HOP_SKIP;
	if (is_local(s))
		return HOP_SKIP;
	s = hop_space_by(a, hop_cut_date(s));
	h->id = hop_find_id(s);
	h->f.helo = hop_find_helo(s);
	by = hop_word_after(s, " by ");
	h->f.by = by.p ? by : STR("");
	h->auth = hop_auth(a, s);
	switch (try_line(s, h)) {
	case TRIED_SKIP:
		return HOP_SKIP;
	case TRIED_FETCHED:
		return HOP_FETCHED;
	case TRIED_SCANNER:
		h->envfrom = h->envfrom.p ? clean(a, trim_angles(h->envfrom)) : STR_NULL;
		return HOP_QMAIL_SCANNER;
	case TRIED_RELAY:
		hop_tidy(a, h);
		return HOP_RELAY;
	default:
		return HOP_UNPARSEABLE;
	}
}
