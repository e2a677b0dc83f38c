/*
 * The reader of response policy zones: a master file (RFC 1035 5) as publishers write it and as
 * transfers are printed. Of a record its owner and its action are looked at.
 */
#include "feed/entry.h"

#include <stdio.h>

#include "mail/domain.h"

struct zone {
	struct entries *x;
	char apex[DOMAIN_MAX + 1], origin[DOMAIN_MAX + 1], owner[DOMAIN_MAX + 1];
	bool has_apex, has_owner;
	unsigned depth; /* of parentheses */
};

static void keep(char to[DOMAIN_MAX + 1], struct str name)
{
	size_t n = name.n > DOMAIN_MAX ? 0 : name.n;

	for (size_t i = 0; i < n; i++)
		to[i] = ch_lower(name.p[i]);
	to[n] = 0;
}

/* A name as it stands in the file, as a whole one without a dot at its end. */
static struct str whole(const struct zone *z, struct arena *a, struct str name)
{
	struct str origin = str_c(z->origin);

	if (str_eq(name, STR("@")))
		return origin;
	if (name.n && name.p[name.n - 1] == '.')
		return str_sub(name, 0, name.n - 1);
	return origin.n ? arena_printf(a, "%.*s.%.*s", STR_ARG(name), STR_ARG(origin)) : name;
}

/* Without the zone's own name; absent: it is not below it. */
static struct str trigger(const struct zone *z, struct str owner)
{
	struct str apex = str_c(z->apex);
	size_t cut = owner.n - apex.n - 1;

	if (!apex.n)
		return owner;
	if (owner.n <= apex.n + 1 || owner.p[cut] != '.' ||
	    !str_ieq(str_skip(owner, cut + 1), apex))
		return STR_NULL;
	return str_sub(owner, 0, cut);
}

/* "24.0.2.0.192" or "48.zz.1.db8.2001": prefix length, then the address from its end. */
static bool read_net(struct str s, struct cidr *net)
{
	struct str part[9], bits = str_cut(&s, '.');
	char text[64];
	size_t n = 0, at = 0;
	bool v4;

	while (s.p && n < 9)
		part[n++] = str_cut(&s, '.');
	if (s.p || n == 0 || n > 8)
		return false;
	v4 = n == 4;
	for (size_t i = 0; i < n; i++)
		v4 = v4 && !str_ieq(part[i], STR("zz"));
	while (n--) {
		bool gap = !v4 && str_ieq(part[n], STR("zz"));
		if (part[n].n > 4 || at + 8 > sizeof text)
			return false;
		if (at && text[at - 1] != ':' && text[at - 1] != '.')
			text[at++] = v4 ? '.' : ':';
		if (gap && !at)
			text[at++] = ':';
		if (gap) {
			text[at++] = ':';
			continue;
		}
		memcpy(text + at, part[n].p, part[n].n);
		at += part[n].n;
	}
	if (at + 1 + bits.n > sizeof text)
		return false;
	text[at++] = '/';
	memcpy(text + at, bits.p, bits.n);
	return cidr_parse(str_of(text, at + bits.n), net);
}

static bool cut_suffix(struct str *s, struct str suffix)
{
	if (!str_iends(*s, suffix))
		return false;
	s->n -= suffix.n;
	return true;
}

static void add_trigger(struct zone *z, struct str t)
{
	struct cidr net;

	if (cut_suffix(&t, STR(".rpz-client-ip")) || cut_suffix(&t, STR(".rpz-ip"))) {
		if (read_net(t, &net))
			entry_add_net(z->x, &net);
		else
			z->x->counts->bad++;
	} else if (cut_suffix(&t, STR(".rpz-nsip")) || cut_suffix(&t, STR(".rpz-nsdname"))) {
		z->x->counts->comments++;
	} else {
		entry_add(z->x, FEED_HOST, t, SCOPE_SELF);
	}
}

/* ---- records ---- */

static bool is_class(struct str w)
{
	return str_ieq(w, STR("IN")) || str_ieq(w, STR("CH")) || str_ieq(w, STR("HS"));
}

/* 3600, or 1h30m. */
static bool is_ttl(struct str w)
{
	if (!w.n || !ch_digit(w.p[0]))
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (!ch_digit(w.p[i]) && !strchr("smhdwSMHDW", w.p[i]))
			return false;
	return true;
}

static bool lets_pass(struct str type, struct str target)
{
	return str_ieq(type, STR("CNAME")) &&
	       (str_ieq(target, STR("rpz-passthru.")) || str_ieq(target, STR("rpz-tcp-only.")));
}

/* Of the zone itself, not of what it says. */
static bool is_own(struct str type)
{
	static const struct str own[] = { STR("SOA"),	    STR("NS"),	  STR("RRSIG"),
					  STR("NSEC"),	    STR("NSEC3"), STR("DNSKEY"),
					  STR("NSEC3PARAM") };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (str_ieq(type, own[i]))
			return true;
	return false;
}

static void record(struct zone *z, struct str rest)
{
	struct str owner = str_c(z->owner), type, t;

	do
		type = entry_word(&rest);
	while (is_class(type) || is_ttl(type));
	if (str_ieq(type, STR("SOA")) && !z->has_apex) {
		memcpy(z->apex, z->owner, sizeof z->apex);
		z->has_apex = true;
	}
	if (is_own(type) || lets_pass(type, entry_word(&rest)) ||
	    (z->apex[0] && str_ieq(owner, str_c(z->apex)))) {
		z->x->counts->comments++;
		return;
	}
	t = trigger(z, owner);
	if (!type.n || !t.n || !z->has_owner)
		z->x->counts->bad++;
	else
		add_trigger(z, t);
}

static void directive(struct zone *z, struct str rest)
{
	struct str word = entry_word(&rest);

	z->x->counts->comments++;
	if (!str_ieq(word, STR("$ORIGIN")))
		return;
	keep(z->origin, whole(z, z->x->scratch, entry_word(&rest)));
	if (z->has_apex)
		return;
	memcpy(z->apex, z->origin, sizeof z->apex);
	z->has_apex = true;
}

static void count_depth(struct zone *z, struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '(' && !quoted)
			z->depth++;
		else if (s.p[i] == ')' && !quoted && z->depth)
			z->depth--;
	}
}

/* A comment begins at ";" wherever it is not quoted. */
static struct str without_comment(struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == ';' && !quoted)
			return str_sub(s, 0, i);
	}
	return s;
}

void read_rpz(struct entries *x, struct str text, const struct feed_format *f)
{
	struct zone z = { .x = x };
	struct str line, rest, name;

	(void)f;
	while (entry_line(x, &text, &line)) {
		bool inside = z.depth > 0, same = line.n && ch_fws(line.p[0]);
		rest = str_trim(without_comment(line));
		count_depth(&z, rest);
		if (inside || !rest.n) {
			x->counts->comments++;
		} else if (rest.p[0] == '$') {
			directive(&z, rest);
		} else {
			if (!same) {
				name = whole(&z, x->scratch, entry_word(&rest));
				keep(z.owner, name);
				z.has_owner = z.owner[0] != 0;
			}
			record(&z, rest);
		}
	}
}
