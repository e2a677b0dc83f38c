/*
 * URLs in plain text. One pass from left to right over runs of characters that names are made of;
 * what follows a run says what it is. Every octet is looked at a fixed number of times.
 */
#include <unicode/uchar.h>

#include "base/buf.h"
#include "mail/domain.h"
#include "mail/url/chars.h"
#include "mail/url/fold.h"
#include "mail/url/host.h"

#define RUN_MAX 1024u /* octets of a run that may be a name without scheme */
#define SCHEME_MAX 6u
#define PIECE_MAX (256u * 1024u) /* octets of a text that are undone at once */
#define PIECE_OVERLAP 4096u	 /* that two of them share where no blank is near */

struct finder {
	struct arena *a;
	size_t base; /* where the piece that is read began in the text */
	const struct psl *psl;
	struct folded f;
	struct str s; /* f.s */
	url_vec *out;
};

static char octet(const struct finder *f, size_t i)
{
	return i < f->s.n ? f->s.p[i] : '\0';
}

static bool name_char(uint32_t c)
{
	if (c < 0x80)
		return ch_alnum((char)c) || c == '-' || c == '_' || c == '.';
	return c != 0xfffd && (u_isUAlphabetic((UChar32)c) || u_isdigit((UChar32)c) ||
			       (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK));
}

/* The same of an octet of US-ASCII; of others 0. */
static const unsigned char name_octet[256] = {
	['-'] = 1, ['_'] = 1, ['.'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

/* From i over octets of US-ASCII that are in a run (want 1), or in none (0). */
static size_t skip_octets(struct str s, size_t i, unsigned char want)
{
	while (i < s.n && (unsigned char)s.p[i] < 0x80 &&
	       name_octet[(unsigned char)s.p[i]] == want && (s.p[i] != '.' || !want))
		i++;
	return i;
}

/* The run ends where Han, kana and the like touch a letter of ASCII, and at "..". */
static size_t run_end(const struct finder *f, size_t i)
{
	size_t plain = skip_octets(f->s, i, 1);
	uint32_t c, last = plain > i ? (unsigned char)f->s.p[plain - 1] : 0;

	i = plain;
	while (i < f->s.n) {
		size_t n = char_at(f->s, i, &c);
		bool seam = (last && last < 0x80 && last != '.' && char_unspaced(c)) ||
			    (char_unspaced(last) && c < 0x80 && c != '.');
		if (!name_char(c) || seam || (c == '.' && last == '.'))
			break;
		last = c;
		i += n;
	}
	return i;
}

/* What a URL in text ends before, wherever it stands. */
static bool ends_url(uint32_t c)
{
	if (c <= 0x20 || c == 0x7f || c == '<' || c == '>' || c == '"')
		return true;
	return c >= 0x80 &&
	       (c == 0xfffd || c == 0xa0 || c == 0x85 || (c >= 0x2000 && c <= 0x206f) ||
		(c >= 0x3000 && c <= 0x3020) || (c >= 0xff00 && c <= 0xff65) || c == 0xab ||
		c == 0xbb || char_unspaced(c));
}

static size_t tail_end(const struct finder *f, size_t i)
{
	uint32_t c;
	size_t n;

	for (; i < f->s.n; i += n) {
		n = char_at(f->s, i, &c);
		if (ends_url(c))
			break;
	}
	return i;
}

/* ( [ { and what closes them. */
static const char brackets[2][4] = { "([{", ")]}" };

static size_t bracket(char c, unsigned side)
{
	const char *at = c ? strchr(brackets[side], c) : NULL;

	return at ? (size_t)(at - brackets[side]) : SIZE_MAX;
}

static bool trailing(char c)
{
	return c && strchr(".,;:!?'*_~|`\\^", c);
}

/* Without the punctuation of the sentence, and without closing brackets that it did not open. */
static size_t trim_tail(const struct finder *f, size_t from, size_t end)
{
	long extra[3] = { 0 }; /* closed and not opened */
	size_t k;

	for (size_t i = from; i < end; i++) {
		if ((k = bracket(f->s.p[i], 0)) != SIZE_MAX)
			extra[k]--;
		else if ((k = bracket(f->s.p[i], 1)) != SIZE_MAX)
			extra[k]++;
	}
	for (; end > from; end--) {
		char c = f->s.p[end - 1];
		k = bracket(c, 1);
		if (k != SIZE_MAX && extra[k] > 0)
			extra[k]--;
		else if ((k = bracket(c, 0)) != SIZE_MAX)
			extra[k]++;
		else if (!trailing(c))
			break;
	}
	return end;
}

/* ---- one that was found ---- */

/* What a browser would get: the host undone, the rest as it stood. */
static struct str candidate(const struct finder *f, size_t start, size_t host_end, size_t end)
{
	struct buf b = { .arena = f->a };
	size_t from = fold_place(&f->f, host_end), to = fold_place(&f->f, end);

	if (!f->f.at)
		return str_sub(f->s, start, end - start);
	buf_add(&b, str_sub(f->s, start, host_end - start));
	if (to > from)
		buf_add(&b, str_sub(f->f.raw, from, to - from));
	return buf_str(&b);
}

static bool keep(struct finder *f, size_t start, size_t host_end, size_t end)
{
	unsigned marks = fold_marks(&f->f, start, host_end);
	size_t at = fold_place(&f->f, start);
	struct url u;

	if (!url_parse(f->a, f->psl, candidate(f, start, host_end, end), &u))
		return false;
	if (marks & FOLD_DISGUISE)
		u.flags |= URL_OBFUSCATED;
	if (marks & FOLD_INVISIBLE)
		u.flags |= URL_OBFUSCATED | URL_ZERO_WIDTH;
	u.offset = f->base + at;
	u.raw = str_sub(f->f.raw, at, fold_place(&f->f, end) - at);
	VEC_PUSH(f->a, *f->out) = u;
	return true;
}

/* ---- with a scheme ---- */

/* Length of the scheme that ends at i, where ":" stands; 0: none that text is searched for. */
static size_t scheme_before(const struct finder *f, size_t from, size_t i)
{
	static const char *const known[] = { "https", "http", "ftps", "ftp" };

	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		struct str w = str_c(known[k]);
		if (i - from >= w.n && str_ieq(str_sub(f->s, i - w.n, w.n), w))
			return w.n;
	}
	return 0;
}

static size_t authority_end(const struct finder *f, size_t i)
{
	uint32_t c;
	size_t n;

	for (; i < f->s.n; i += n) {
		n = char_at(f->s, i, &c);
		if (ends_url(c) && !char_unspaced(c))
			break;
		if (c == '/' || c == '\\' || c == '?' || c == '#')
			break;
	}
	return i;
}

/* Between the words of a language without blanks a host in ASCII ends at its last such letter. */
static size_t host_seam(const struct finder *f, size_t from, size_t end)
{
	size_t seam = run_end(f, from);

	return seam > from && seam < end && (unsigned char)f->s.p[seam] >= 0x80 &&
			       (unsigned char)f->s.p[seam - 1] < 0x80
		       ? seam
		       : end;
}

static size_t with_scheme(struct finder *f, size_t start, size_t colon)
{
	size_t from = colon + 1, host, end, again;

	while (octet(f, from) == '/' || octet(f, from) == '\\')
		from++;
	host = host_seam(f, from, authority_end(f, from));
	if (host > from && f->s.p[host - 1] == ':' && octet(f, host) == '/') {
		again = scheme_before(f, from, host - 1); /* http://a.examplehttp://b.example */
		if (again) {
			end = host - 1 - again;
			keep(f, start, end, end);
			return end > from ? end : host;
		}
	}
	end = octet(f, host) && strchr("/\\?#", octet(f, host)) ? tail_end(f, host) : host;
	end = trim_tail(f, from, end);
	if (end > from)
		keep(f, start, host < end ? host : end, end);
	return end > from ? end : from;
}

static size_t mailto(struct finder *f, size_t start, size_t colon)
{
	size_t end = trim_tail(f, colon + 1, tail_end(f, colon + 1));

	if (end > colon + 1)
		keep(f, start, end, end);
	return end > colon + 1 ? end : colon + 1;
}

/* ---- without one ---- */

/* File names look like names under these, unless there is more to be seen. */
static bool file_suffix(struct str tld)
{
	static const char *const list[] = { "zip", "mov", "md", "py", "sh",
					    "rs",  "so",  "ps", "am", "as" };

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (str_ieq(tld, str_c(list[i])))
			return true;
	return false;
}

/* "finished.It works": two sentences and no blank between them. */
static bool sentence_seam(struct str h, size_t dot)
{
	size_t before = str_rchr(str_sub(h, 0, dot), '.');
	char last = dot + 1 < h.n ? h.p[dot + 1] : '\0', next = dot + 2 < h.n ? h.p[dot + 2] : '\0';

	before = before == SIZE_MAX ? 0 : before + 1;
	return last >= 'A' && last <= 'Z' && !(next >= 'A' && next <= 'Z') &&
	       !(h.p[before] >= 'A' && h.p[before] <= 'Z');
}

static bool good_before(const struct finder *f, size_t i)
{
	return i == 0 || !strchr("/\\@%&#$", f->s.p[i - 1]) || !f->s.p[i - 1];
}

/* The run [from, to), which something that belongs to a URL follows or not, is a name. */
static bool is_name(const struct finder *f, size_t from, size_t to)
{
	struct str h = str_sub(f->s, from, to - from), name;
	size_t dot = str_rchr(h, '.');
	bool more = octet(f, to) == '/' || octet(f, to) == '?';

	if (dot == SIZE_MAX || h.n > RUN_MAX || !good_before(f, from) || octet(f, to) == '(')
		return false;
	if (str_istarts(h, STR("www.")) && dot > 3)
		return true;
	name = str_skip(h, dot + 1);
	if (!f->psl || name.n < 2 || (!more && sentence_seam(h, dot)) ||
	    (!more && file_suffix(name) && domain_labels(h) < 3))
		return false;
	name = domain_read(f->a, name, 0);
	if (!name.p || !psl_listed(f->psl, name))
		return false;
	name = domain_read(f->a, h, 0);
	return name.p && psl_registrable(f->psl, name).p;
}

static size_t without_scheme(struct finder *f, size_t from, size_t end)
{
	size_t to = end, port, tail;

	while (from < to && strchr(".-_", f->s.p[from]))
		from++;
	while (to > from && strchr(".-_", f->s.p[to - 1]))
		to--;
	if (from == to || !is_name(f, from, to))
		return end;
	for (port = to + (octet(f, to) == ':'); port > to && ch_digit(octet(f, port));)
		port++;
	if (port == to + 1)
		port = to; /* a colon of the sentence */
	tail = octet(f, port) && strchr("/?#\\", octet(f, port)) && to == end
		       ? trim_tail(f, port, tail_end(f, port))
		       : port;
	keep(f, from, to, tail);
	return tail > end ? tail : end;
}

static size_t take(struct finder *f, size_t from, size_t end)
{
	char next = octet(f, end), after = octet(f, end + 1);

	if (next == '@') /* an address, no URL */
		return run_end(f, end + 1);
	if (next == ':' && end - from >= SCHEME_MAX &&
	    str_ieq(str_sub(f->s, end - SCHEME_MAX, SCHEME_MAX), STR("mailto")))
		return mailto(f, end - SCHEME_MAX, end);
	if (next == ':' && (after == '/' || after == '\\')) {
		size_t n = scheme_before(f, from, end);
		if (n)
			return with_scheme(f, end - n, end);
	}
	return without_scheme(f, from, end);
}

static void find_in(struct finder *f, struct arena *scratch, struct str piece, size_t most)
{
	uint32_t c;
	size_t i;

	f->f = fold_text(scratch, piece);
	f->s = f->f.s;
	i = skip_octets(f->s, 0, 0);
	while (i < f->s.n && f->out->n < most) {
		size_t end = run_end(f, i);
		if (end > i)
			i = take(f, i, end);
		else
			i += char_at(f->s, i, &c);
		i = skip_octets(f->s, i, 0);
	}
}

/*
 * The first piece of a long text ends with a line, or else with a word, where nothing is cut. Where
 * there are no words the next one begins so far before its end that a URL is whole in one of them.
 */
static size_t piece_end(struct str text, size_t *next)
{
	struct str first = str_sub(text, 0, PIECE_MAX);
	size_t n;

	*next = text.n;
	if (text.n <= PIECE_MAX)
		return text.n;
	n = str_rchr(first, '\n');
	if (n == SIZE_MAX || n < PIECE_MAX / 2)
		n = str_rchr(first, ' ');
	if (n == SIZE_MAX || n < PIECE_MAX / 2) {
		*next = PIECE_MAX - PIECE_OVERLAP;
		return PIECE_MAX;
	}
	*next = n + 1;
	return n + 1;
}

void url_find(struct arena *a, const struct psl *psl, struct str text, size_t max, url_vec *out)
{
	struct finder f = { .a = a, .psl = psl, .out = out };
	struct arena *scratch = arena_new(0);
	size_t most = out->n + max, n, next;

	for (; f.base < text.n && out->n < most; f.base += next) {
		struct str rest = str_skip(text, f.base);

		n = piece_end(rest, &next);
		find_in(&f, scratch, str_sub(rest, 0, n), most);
		arena_reset(scratch);
	}
	arena_free(scratch);
}

#define SHOWN_MAX 1024u /* octets of a shown text that are read */

struct str url_shown_host(struct arena *a, const struct psl *psl, struct str text)
{
	url_vec v = { 0 };

	url_find(a, psl, str_sub(text, 0, SHOWN_MAX), 1, &v);
	if (!v.n || v.p[0].flags & URL_BAD_HOST)
		return STR_NULL;
	return v.p[0].registrable.p || !v.p[0].host.n ? v.p[0].registrable : v.p[0].host;
}
