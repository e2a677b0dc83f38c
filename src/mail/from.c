/*
 * The visible author. Everything that could make two programs see two authors ends in a reason
 * why not; FROM_OK is only what is left after all of them.
 */
#include "mail/from.h"

#include "base/buf.h"
#include "mail/addr_lex.h"
#include "mail/domain.h"

/* Octets of one encoded word looked at (RFC 2047 2 allows 75). */
#define ENCODED_WORD_MAX 1024u

/* The octets of an encoded word's text (RFC 2047 4), blanks left out. */
static void decode_q(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		bool hex = s.p[i] == '=' && i + 2 < s.n && ch_hex(s.p[i + 1]) >= 0 &&
			   ch_hex(s.p[i + 2]) >= 0;
		if (hex)
			buf_addc(out, (char)(ch_hex(s.p[i + 1]) * 16 + ch_hex(s.p[i + 2])));
		else if (s.p[i] != '_')
			buf_addc(out, s.p[i]);
		i += hex ? 2 : 0;
	}
}

static int b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ch_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void decode_b(struct str s, struct buf *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = b64_value(s.p[i]);
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_addc(out, (char)(bits >> have & 0xff));
		}
	}
}

/* The encoded word s begins with, decoded into out; its length, 0 if it is none. */
static size_t encoded_word(struct str s, struct buf *out)
{
	struct str rest = str_sub(s, 2, ENCODED_WORD_MAX), encoding, text;
	size_t end;

	str_cut(&rest, '?');
	encoding = str_cut(&rest, '?');
	end = str_find(rest, STR("?="));
	if (!rest.p || encoding.n != 1 || end == SIZE_MAX)
		return 0;
	text = str_sub(rest, 0, end);
	if (ch_lower(encoding.p[0]) == 'b')
		decode_b(text, out);
	else if (ch_lower(encoding.p[0]) == 'q')
		decode_q(text, out);
	else
		return 0;
	return (size_t)(text.p + text.n + 2 - s.p);
}

/* Every "@name" in s is domain. */
static bool only_of(struct arena *a, struct str s, struct str domain)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t n = 0;
		if (s.p[i] != '@')
			continue;
		while (i + 1 + n < s.n && !memchr("<>,;:\"()@", s.p[i + 1 + n], 9))
			n++;
		if (!str_eq(domain_read(a, str_sub(s, i + 1, n), DOMAIN_UNDERSCORE), domain))
			return false;
	}
	return true;
}

/*
 * A program that decodes before it parses would find an address of another domain in the display
 * name (Chen, Paxson, Jiang: A10). Blanks are left out, so that words split in two are one again.
 */
static bool display_misleads(struct arena *a, struct str display, struct str domain)
{
	struct buf b = { .arena = a };
	bool encoded = false, special = false;

	for (size_t i = 0; i < display.n; i++) {
		size_t n = str_starts(str_skip(display, i), STR("=?"))
				   ? encoded_word(str_skip(display, i), &b)
				   : 0;
		if (n == 0 && !ch_fws(display.p[i]))
			buf_addc(&b, display.p[i]);
		encoded |= n != 0;
		i += n ? n - 1 : 0;
	}
	for (size_t i = 0; i < b.n; i++)
		special |= memchr("<>,;:\"(", b.p[i], 7) != NULL;
	return encoded && special && !only_of(a, buf_str(&b), domain);
}

static void add_domain(struct arena *a, struct from *out, struct str domain)
{
	for (size_t i = 0; i < out->domains.n; i++)
		if (str_eq(out->domains.p[i], domain))
			return;
	if (out->domains.n < FROM_MAX_MAILBOXES)
		VEC_PUSH(a, out->domains) = domain;
}

/* Adds the readable domains of l; the worst that is wrong with a mailbox of it. */
static enum from_why read_mailboxes(struct arena *a, const struct addr_list *l, struct from *out)
{
	enum from_why why = FROM_OK;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct mailbox *m = &l->v.p[i];
		struct str domain;
		if (m->flags & (ADDR_F_NO_DOMAIN | ADDR_F_LITERAL)) {
			why = FROM_NO_DOMAIN;
			continue;
		}
		domain = domain_read(a, m->domain, DOMAIN_UNDERSCORE);
		if (domain.p)
			add_domain(a, out, domain);
		else if (why == FROM_OK)
			why = FROM_BAD_DOMAIN;
	}
	return why;
}

/*
 * Where the grammar does not say who the author is, or programs may not follow it, everything that
 * stands behind an "@" may be what is shown.
 */
static void add_named(struct arena *a, struct str value, struct from *out)
{
	for (size_t i = 0; i < value.n; i++) {
		size_t n = 0;
		struct str domain;
		if (value.p[i] != '@')
			continue;
		while (i + 1 + n < value.n && (lex_is_atext((unsigned char)value.p[i + 1 + n]) ||
					       value.p[i + 1 + n] == '.'))
			n++;
		domain = n ? domain_read(a, str_sub(value, i + 1, n), DOMAIN_UNDERSCORE) : STR_NULL;
		if (domain.p)
			add_domain(a, out, domain);
		i += n;
	}
}

/* What is wrong with the list itself, the first that applies. */
static enum from_why judge_list(const struct addr_list *l)
{
	static const struct {
		unsigned flag;
		enum from_why why;
	} faults[] = {
		{ ADDR_F_CONTROL, FROM_CONTROL },
		{ ADDR_F_ENCODED_WORD_ADDR, FROM_ENCODED },
		{ ADDR_F_SYNTAX, FROM_SYNTAX },
		{ ADDR_F_LIMIT, FROM_LIMIT },
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (l->flags & faults[i].flag)
			return faults[i].why;
	if (l->v.n > FROM_MAX_MAILBOXES)
		return FROM_LIMIT;
	return l->v.n ? FROM_OK : FROM_EMPTY;
}

/* Legal forms that programs do not agree about. */
static bool unclear(const struct addr_list *l)
{
	return l->flags & (ADDR_F_GROUP | ADDR_F_ROUTE | ADDR_F_SPLIT);
}

static bool displays_mislead(struct arena *a, const struct addr_list *l, struct str domain)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (display_misleads(a, l->v.p[i].display, domain))
			return true;
	return false;
}

/* The fields that are From, to whatever reader. */
struct fields {
	size_t real, like;
};

static enum from_why judge_fields(const struct hdr_list *h, struct fields n)
{
	if (n.real + n.like > 1 || (n.real + n.like == 1 && h->hidden_from))
		return FROM_FIELDS;
	if (n.like || h->hidden_from)
		return FROM_AMBIGUOUS;
	return n.real ? FROM_OK : FROM_MISSING;
}

static enum from_why judge(struct arena *a, const struct hdr_list *h, struct fields n,
			   enum from_why boxes, struct from *out)
{
	enum from_why why = judge_fields(h, n);

	if (why == FROM_OK)
		why = judge_list(&out->list);
	if (why == FROM_OK)
		why = boxes;
	if (why == FROM_OK && ((h->flags & HDR_F_NO_COLON) || unclear(&out->list)))
		why = FROM_AMBIGUOUS;
	if (why == FROM_OK && out->domains.n > 1)
		why = FROM_DOMAINS;
	if (why == FROM_OK && displays_mislead(a, &out->list, out->domains.p[0]))
		why = FROM_AMBIGUOUS;
	return why;
}

void from_read(struct arena *a, const struct hdr_list *h, struct from *out)
{
	enum from_why boxes = FROM_OK;
	struct fields n = { 0 };

	*out = (struct from){ 0 };
	for (size_t i = 0; i < h->v.n; i++) {
		const struct hdr *f = &h->v.p[i];
		struct addr_list l;
		bool real = str_ieq(f->name, STR("from"));
		if (!real && !(f->odd && hdr_like(f->name, STR("from"))))
			continue;
		addr_parse(a, f->value, &l);
		boxes = read_mailboxes(a, &l, out);
		if (l.flags & (ADDR_F_SYNTAX | ADDR_F_CONTROL | ADDR_F_ROUTE | ADDR_F_SPLIT))
			add_named(a, f->value, out);
		if (n.real + n.like == 0)
			out->list = l;
		n.real += real;
		n.like += !real;
	}
	out->multiple = out->list.v.n > 1;
	out->why = judge(a, h, n, boxes, out);
	if (out->why == FROM_OK)
		out->domain = out->domains.p[0];
}

const char *from_reason(enum from_why why)
{
	static const char *const reasons[] = {
		[FROM_MISSING] = "no From field",
		[FROM_FIELDS] = "more than one From field",
		[FROM_EMPTY] = "no address in From",
		[FROM_SYNTAX] = "From is not an address list",
		[FROM_DOMAINS] = "addresses of different domains in From",
		[FROM_NO_DOMAIN] = "an address without a domain in From",
		[FROM_BAD_DOMAIN] = "an invalid domain in From",
		[FROM_ENCODED] = "an encoded word inside an address in From",
		[FROM_CONTROL] = "a control character in From",
		[FROM_LIMIT] = "too many addresses in From",
		[FROM_AMBIGUOUS] = "From can be read in more than one way",
	};

	return (size_t)why < sizeof reasons / sizeof *reasons ? reasons[why] : NULL;
}
