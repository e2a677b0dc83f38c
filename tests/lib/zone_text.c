/* The text form of the test zone. */
#include <stdio.h>

#include "base/buf.h"
#include "lib/zone_priv.h"

#define LINE_MAX_WORDS 64u
#define FILE_MAX_OCTETS (64u << 20)

static const struct {
	const char *word;
	int type;
} types[] = {
	{ "A", DNS_A },	    { "NS", DNS_NS }, { "CNAME", DNS_CNAME }, { "SOA", DNS_SOA },
	{ "PTR", DNS_PTR }, { "MX", DNS_MX }, { "TXT", DNS_TXT },     { "AAAA", DNS_AAAA },
};

static const struct {
	const char *word;
	enum zone_fault fault;
} faults[] = {
	{ "TIMEOUT", ZONE_TIMEOUT },   { "SERVFAIL", ZONE_SERVFAIL }, { "REFUSED", ZONE_REFUSED },
	{ "NXDOMAIN", ZONE_NXDOMAIN }, { "BOGUS", ZONE_BOGUS },	      { "TRUNCATE", ZONE_TRUNCATE },
	{ "GARBAGE", ZONE_GARBAGE },   { "WRONGID", ZONE_WRONGID },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

int zone_type(struct str word)
{
	uint64_t n;

	for (size_t i = 0; i < COUNT(types); i++)
		if (str_ieq(word, str_c(types[i].word)))
			return types[i].type;
	if (str_istarts(word, STR("TYPE")))
		word = str_skip(word, 4);
	return str_u64(word, UINT16_MAX, &n) ? (int)n : 0;
}

struct str zone_type_word(struct arena *a, int type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].type == type)
			return str_c(types[i].word);
	return arena_printf(a, "TYPE%d", type);
}

struct word {
	struct str s;
	bool quoted;
};

struct line {
	struct zone *zone;
	struct str left;
	size_t n;
	struct word w[LINE_MAX_WORDS];
	const char *wrong; /* NULL: nothing yet */
};

/* One octet of a word, escapes resolved. */
static char octet(struct line *l)
{
	struct str s = l->left;
	size_t n = 1;
	char c = s.p[0];

	if (c == '\\' && s.n >= 4 && s.p[1] == 'x' && ch_hex(s.p[2]) >= 0 && ch_hex(s.p[3]) >= 0) {
		c = (char)(ch_hex(s.p[2]) * 16 + ch_hex(s.p[3]));
		n = 4;
	} else if (c == '\\' && s.n >= 2 && (s.p[1] == '\\' || s.p[1] == '"')) {
		c = s.p[1];
		n = 2;
	} else if (c == '\\') {
		l->wrong = "an escape that is not \\xNN, \\\" or \\\\";
	}
	l->left = str_skip(s, n);
	return c;
}

static void read_word(struct line *l)
{
	struct word *w = &l->w[l->n++];
	char *out = arena_alloc(l->zone->arena, l->left.n + 1);

	w->s = str_of(out, 0);
	w->quoted = l->left.p[0] == '"';
	if (w->quoted)
		l->left = str_skip(l->left, 1);
	while (l->left.n > 0 && !l->wrong) {
		char c = l->left.p[0];

		if (w->quoted ? c == '"' : ch_wsp(c) || c == ';' || c == '"')
			break;
		out[w->s.n++] = octet(l);
	}
	if (!w->quoted)
		return;
	if (l->left.n == 0)
		l->wrong = "a quoted string without an end";
	l->left = str_skip(l->left, 1);
}

static void read_words(struct line *l)
{
	while (!l->wrong) {
		l->left = str_trim(l->left);
		if (l->left.n == 0 || l->left.p[0] == ';')
			return;
		if (l->n == LINE_MAX_WORDS) {
			l->wrong = "too many words";
			return;
		}
		read_word(l);
	}
}

static int type_or_any(struct line *l, size_t i)
{
	int type = ZONE_ANY;

	if (l->n > i && (type = zone_type(l->w[i].s)) == 0)
		l->wrong = "no such type";
	return type;
}

static void put_order(struct line *l)
{
	bool is_fault = str_ieq(l->w[1].s, STR("FAULT"));
	int type = type_or_any(l, 3);
	uint64_t ms;

	if (l->wrong)
		return;
	if (!is_fault) {
		if (str_u64(l->w[2].s, 3600000, &ms))
			zone_delay(l->zone, l->w[0].s, type, (unsigned)ms);
		else
			l->wrong = "DELAY takes milliseconds";
		return;
	}
	for (size_t i = 0; i < COUNT(faults); i++)
		if (str_ieq(l->w[2].s, str_c(faults[i].word))) {
			zone_fault(l->zone, l->w[0].s, type, faults[i].fault);
			return;
		}
	l->wrong = "no such fault";
}

static void put_address(struct line *l, int type)
{
	struct ip ip;
	bool v6 = type == DNS_AAAA;

	/* ip_parse makes a v4-mapped address one of v4: such a AAAA is put together again here. */
	if (l->n != 3 || !ip_parse(l->w[2].s, &ip) || (!v6 && ip.family != 4)) {
		l->wrong = v6 ? "AAAA takes an IPv6 address" : "A takes an IPv4 address";
	} else if (v6 && ip.family == 4) {
		char mapped[16] = { 0 };

		memset(mapped + 10, 0xff, 2);
		memcpy(mapped + 12, ip.b, 4);
		zone_add(l->zone, l->w[0].s, type, str_of(mapped, 16));
	} else {
		zone_add(l->zone, l->w[0].s, type, str_of((const char *)ip.b, v6 ? 16 : 4));
	}
}

static void put_txt(struct line *l)
{
	struct buf b = { .arena = l->zone->arena };

	for (size_t i = 2; i < l->n; i++) {
		if (!l->w[i].quoted)
			l->wrong = "TXT takes quoted strings";
		buf_add(&b, l->w[i].s);
	}
	if (!l->wrong)
		zone_add(l->zone, l->w[0].s, DNS_TXT, buf_str(&b));
}

static void put_mx(struct line *l)
{
	uint64_t pref;

	if (l->n == 4 && str_u64(l->w[2].s, UINT16_MAX, &pref))
		zone_add_mx(l->zone, l->w[0].s, (uint16_t)pref, l->w[3].s);
	else
		l->wrong = "MX takes a preference and a name";
}

static void put_record(struct line *l)
{
	int type = zone_type(l->w[1].s);

	if (type == DNS_A || type == DNS_AAAA)
		put_address(l, type);
	else if (type == DNS_TXT)
		put_txt(l);
	else if (type == DNS_MX)
		put_mx(l);
	else if (type == 0)
		l->wrong = "no such type";
	else if (l->n != 3)
		l->wrong = "one value, please";
	else
		zone_add(l->zone, l->w[0].s, type, l->w[2].s);
}

static void put(struct line *l)
{
	struct str verb = l->w[1].s;
	uint64_t seconds;

	if (l->n < 3)
		l->wrong = "a name, a type and a value, please";
	else if (str_ieq(verb, STR("FAULT")) || str_ieq(verb, STR("DELAY")))
		put_order(l);
	else if (!str_ieq(verb, STR("TTL")))
		put_record(l);
	else if (str_u64(l->w[2].s, INT32_MAX, &seconds))
		zone_ttl(l->zone, l->w[0].s, (uint32_t)seconds);
	else
		l->wrong = "TTL takes seconds";
}

int zone_read(struct zone *z, struct str text, const char *file, struct err *e)
{
	for (int no = 1; text.n > 0; no++) {
		struct line l = { .zone = z, .left = str_cut(&text, '\n') };

		read_words(&l);
		if (!l.wrong && l.n > 0)
			put(&l);
		if (l.wrong)
			return err_at(e, file, no, "%s", l.wrong);
	}
	return 0;
}

int zone_load(struct zone *z, const char *path, struct err *e)
{
	struct buf b = { .arena = z->arena };
	FILE *f = fopen(path, "rb");
	size_t got;

	if (!f)
		return err_at(e, path, 0, "cannot be opened");
	do {
		got = fread(buf_room(&b, 65536), 1, 65536, f);
		b.n += got;
	} while (got > 0 && b.n < FILE_MAX_OCTETS);
	fclose(f);
	return zone_read(z, buf_str(&b), path, e);
}

void zone_text(struct zone *z, const char *text)
{
	struct err e;

	if (zone_read(z, str_c(text), "zone", &e) != 0)
		bug("%s", e.text);
}
