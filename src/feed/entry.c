/* Entries of feeds: what they are, their one form, their print. */
#include "feed/entry.h"

#include <stdlib.h>

#include "mail/domain.h"

#define GIVE_BACK 256u /* entries after which scratch memory is given back */
#define FIRST_ROOM 1024u
#define DIGEST_MAX 32u

static void add(struct entries *x, enum set_tag tag, struct str value)
{
	if (x->n == FEED_MAX_ENTRIES) {
		x->counts->truncated = true;
		return;
	}
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : FIRST_ROOM;
		x->p = realloc(x->p, x->cap * sizeof *x->p);
		if (!x->p)
			bug("no memory for the entries of a feed");
	}
	x->head.tags |= 1u << tag;
	x->p[x->n++] = set_print(&x->head.key, tag, value);
}

static void bad(struct entries *x)
{
	x->counts->bad++;
}

/* ---- kinds ---- */

void entry_add_net(struct entries *x, const struct cidr *net)
{
	bool v4 = net->ip.family == 4;
	unsigned bits = net->bits;
	char out[SET_NET_MAX];

	if (bits < (v4 ? FEED_MIN_BITS4 : FEED_MIN_BITS6) || bits > (v4 ? 32u : 128u)) {
		bad(x);
		return;
	}
	if (v4)
		x->head.bits4 |= UINT64_C(1) << bits;
	else
		x->head.bits6[bits / 64] |= UINT64_C(1) << bits % 64;
	add(x, v4 ? TAG_NET4 : TAG_NET6, set_net(&net->ip, bits, out));
}

void entry_add_host(struct entries *x, struct str name, enum entry_scope scope)
{
	bool below = str_starts(name, STR("*."));
	struct cidr net;
	struct str host;

	if (!below && cidr_parse(name, &net)) {
		entry_add_net(x, &net);
		return;
	}
	if (!below && scope == SCOPE_ALL && str_starts(name, STR(".")))
		name = str_skip(name, 1);
	host = domain_read(x->scratch, below ? str_skip(name, 2) : name, DOMAIN_UNDERSCORE);
	if (!host.p || (!below && domain_labels(host) < 2))
		bad(x);
	else if (scope == SCOPE_ALL)
		add(x, TAG_HOST, host);
	else
		add(x, below ? TAG_BELOW : TAG_EXACT, host);
}

static void add_url(struct entries *x, struct str value)
{
	bool dir = value.n > 2 && str_eq(str_skip(value, value.n - 2), STR("/*"));
	struct feed_url u;

	if (!feed_url_read(x->scratch, dir ? str_sub(value, 0, value.n - 1) : value, &u) ||
	    (u.host.n && str_chr(u.host, '.') == SIZE_MAX && str_chr(u.host, ':') == SIZE_MAX))
		bad(x);
	else
		add(x, dir ? TAG_DIR : TAG_URL, dir ? str_sub(u.key, 0, u.path) : u.key);
}

static void add_url_host(struct entries *x, struct str value)
{
	struct feed_url u;

	if (feed_url_read(x->scratch, value, &u))
		entry_add_host(x, u.host, SCOPE_ALL);
	else
		bad(x);
}

static bool read_digest(struct str s, char out[DIGEST_MAX])
{
	if (s.n != 32 && s.n != 40 && s.n != 64)
		return false;
	for (size_t i = 0; i < s.n; i += 2) {
		int hi = ch_hex(s.p[i]), lo = ch_hex(s.p[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		out[i / 2] = (char)(hi << 4 | lo);
	}
	return true;
}

static void add_digest(struct entries *x, struct str value)
{
	char out[DIGEST_MAX];

	if (read_digest(value, out))
		add(x, TAG_DIGEST, str_of(out, value.n / 2));
	else
		bad(x);
}

static void add_address(struct entries *x, struct str value)
{
	size_t at;

	if (value.n > 2 && value.p[0] == '<' && value.p[value.n - 1] == '>')
		value = str_sub(value, 1, value.n - 2);
	at = str_rchr(value, '@');
	if (at == SIZE_MAX || at == 0 || value.n > FEED_MAX_ADDRESS ||
	    !domain_read(x->scratch, str_skip(value, at + 1), 0).p)
		bad(x);
	else
		add(x, TAG_ADDRESS, arena_lower(x->scratch, value));
}

static void add_ip(struct entries *x, struct str value)
{
	struct cidr net;

	if (cidr_parse(value, &net))
		entry_add_net(x, &net);
	else
		bad(x);
}

static bool is_url(struct str s)
{
	return str_find(s, STR("://")) != SIZE_MAX;
}

static enum feed_kind looks(struct str s)
{
	char out[DIGEST_MAX];
	struct cidr net;

	if (is_url(s))
		return FEED_URL;
	if (read_digest(s, out))
		return FEED_DIGEST;
	if (cidr_parse(s, &net))
		return FEED_IP;
	if (str_chr(s, '/') != SIZE_MAX)
		return FEED_URL;
	if (str_chr(s, '@') != SIZE_MAX)
		return FEED_ADDRESS;
	return str_chr(s, ':') != SIZE_MAX ? FEED_URL : FEED_HOST;
}

void entry_add(struct entries *x, enum feed_kind kind, struct str value, enum entry_scope scope)
{
	if (++x->since % GIVE_BACK == 0)
		arena_reset(x->scratch);
	if (kind == FEED_AUTO)
		kind = looks(value);
	switch (kind) {
	case FEED_AUTO:
	case FEED_URL:
		add_url(x, value);
		break;
	case FEED_HOST:
		if (is_url(value))
			add_url_host(x, value);
		else
			entry_add_host(x, value, scope);
		break;
	case FEED_IP:
		add_ip(x, value);
		break;
	case FEED_DIGEST:
		add_digest(x, value);
		break;
	case FEED_ADDRESS:
		add_address(x, value);
		break;
	}
}

/* ---- lines ---- */

bool entry_line(struct entries *x, struct str *text, struct str *line)
{
	while (text->n && !entry_full(x)) {
		*line = str_cut(text, '\n');
		x->counts->lines++;
		if (line->n > FEED_MAX_LINE) {
			x->counts->too_long++;
		} else if (line->n && memchr(line->p, 0, line->n)) {
			bad(x);
		} else {
			return true;
		}
	}
	return false;
}

struct str entry_word(struct str *s)
{
	size_t n = 0, skip;
	struct str word;

	while (n < s->n && !ch_fws(s->p[n]))
		n++;
	word = str_sub(*s, 0, n);
	for (skip = n; skip < s->n && ch_fws(s->p[skip]);)
		skip++;
	*s = str_skip(*s, skip);
	return word;
}

struct str entry_text(struct str line, const char *marks)
{
	for (size_t i = 0; i < line.n; i++)
		if ((i == 0 || ch_fws(line.p[i - 1])) && line.p[i] && strchr(marks, line.p[i])) {
			line.n = i;
			break;
		}
	return str_trim(line);
}
