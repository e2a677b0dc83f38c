/* Names of hosts that look made by a machine for a line of a customer. */
#include "checks/outside/hosts_name.h"

#include <stdio.h>

#include "base/buf.h"
#include "checks/words.h"
#include "mail/domain.h"

#define RUNS_MAX 64u /* numbers of a name that are looked at */

static const struct {
	unsigned sign;
	const char *word, *list;
} signs_of[] = {
	{ HOST_ADDRESS, "address", NULL },	     { HOST_PARTLY, "partly", NULL },
	{ HOST_DYNAMIC, "dynamic", "host_dynamic" }, { HOST_STATIC, "static", "host_static" },
	{ HOST_MAIL, "mail", "host_mail" },	     { HOST_KNOWN, "known", NULL },
	{ HOST_GENERIC, "generic", NULL },
};
#define SIGNS (sizeof signs_of / sizeof *signs_of)

/* ---- addresses ---- */

/* Decimal numbers in the order of the name, leading zeros aside; 256: more than an octet. */
static size_t numbers(struct str s, unsigned out[static RUNS_MAX])
{
	size_t n = 0, i = 0;

	while (i < s.n && n < RUNS_MAX) {
		unsigned v = 0;
		while (i < s.n && !ch_digit(s.p[i]))
			i++;
		if (i == s.n)
			break;
		for (; i < s.n && ch_digit(s.p[i]); i++)
			v = v > 255 ? 256 : v * 10 + (unsigned)(s.p[i] - '0');
		out[n++] = v > 255 ? 256 : v;
	}
	return n;
}

/* The octets b[from..4) stand one after the other, forwards or backwards. */
static bool in_row(const unsigned *v, size_t n, const uint8_t *b, size_t from)
{
	size_t width = 4 - from;

	for (size_t i = 0; i + width <= n; i++) {
		bool forth = true, back = true;
		for (size_t k = 0; k < width; k++) {
			forth &= v[i + k] == b[from + k];
			back &= v[i + k] == b[3 - k];
		}
		if (forth || back)
			return true;
	}
	return false;
}

/* The whole address in one word: twelve digits, or eight hexadecimal ones. */
static bool in_word(struct str name, const uint8_t *b)
{
	char text[4][16];

	snprintf(text[0], sizeof text[0], "%03u%03u%03u%03u", b[0], b[1], b[2], b[3]);
	snprintf(text[1], sizeof text[1], "%03u%03u%03u%03u", b[3], b[2], b[1], b[0]);
	snprintf(text[2], sizeof text[2], "%02x%02x%02x%02x", b[0], b[1], b[2], b[3]);
	snprintf(text[3], sizeof text[3], "%02x%02x%02x%02x", b[3], b[2], b[1], b[0]);
	for (size_t i = 0; i < 4; i++)
		if (str_find(name, str_c(text[i])) != SIZE_MAX)
			return true;
	return false;
}

static unsigned signs_v4(struct str name, const uint8_t *b)
{
	unsigned v[RUNS_MAX];
	size_t n = numbers(name, v);

	if (in_row(v, n, b, 0) || in_word(name, b))
		return HOST_ADDRESS;
	return in_row(v, n, b, 2) ? HOST_PARTLY : 0;
}

/* The octets from..16, n digits of each group, groups divided by sep (0: not). */
static struct str groups(struct arena *a, const struct ip *ip, size_t from, char sep)
{
	struct buf out = { .arena = a };

	for (size_t i = from; i < 16; i += 2) {
		if (sep && i > from)
			buf_addc(&out, sep);
		buf_hex(&out, ip->b + i, 2);
	}
	return buf_str(&out);
}

static struct str nibbles(struct arena *a, const struct ip *ip)
{
	struct str arpa = str_c(ip_reverse_name(a, ip));

	return str_sub(arpa, 0, 63);
}

/* As people write it, with "-" for ":". */
static struct str dashed(struct arena *a, const struct ip *ip)
{
	char text[IP_TEXT_MAX];
	struct buf out = { .arena = a };

	for (const char *p = ip_format(ip, text); *p; p++)
		buf_addc(&out, *p == ':' ? '-' : *p);
	return buf_str(&out);
}

static unsigned signs_v6(struct arena *a, struct str name, const struct ip *ip)
{
	const struct str whole[] = { groups(a, ip, 0, '-'), groups(a, ip, 0, 0),
				     nibbles(a, ip),	    dashed(a, ip),
				     groups(a, ip, 8, '-'), groups(a, ip, 8, 0) };

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (str_find(name, whole[i]) != SIZE_MAX)
			return HOST_ADDRESS;
	return 0;
}

/* ---- words ---- */

static unsigned sign_of_word(const struct lists *l, struct str word)
{
	unsigned found = 0;

	for (size_t i = 0; i < SIGNS; i++)
		if (signs_of[i].list && lists_has(l, str_c(signs_of[i].list), word, NULL, NULL))
			found |= signs_of[i].sign;
	return found;
}

static unsigned signs_of_words(const struct lists *l, struct str s)
{
	unsigned found = 0;
	size_t i = 0, from;

	while (i < s.n) {
		while (i < s.n && !ch_alpha(s.p[i]))
			i++;
		for (from = i; i < s.n && ch_alpha(s.p[i]);)
			i++;
		if (i > from)
			found |= sign_of_word(l, str_sub(s, from, i - from));
	}
	return found;
}

/* What its owner has chosen is no word of a host. */
static struct str left_of_site(const struct psl *psl, struct str name)
{
	struct str site = psl ? psl_registrable(psl, name) : STR_NULL;

	if (!site.n)
		site = domain_last(name, 2);
	return str_sub(name, 0, name.n - site.n);
}

unsigned host_signs(struct arena *a, const struct lists *l, const struct psl *psl, struct str name,
		    const struct ip *ip)
{
	struct ip plain = ip_unmapped(*ip);
	unsigned found;

	if (!name.n || name.n > DOMAIN_MAX)
		return 0;
	name = arena_lower(a, name);
	found = signs_of_words(l, left_of_site(psl, name));
	if (plain.family == 4)
		found |= signs_v4(name, plain.b);
	else if (plain.family == 6)
		found |= signs_v6(a, name, &plain);
	if (lists_has_domain(l, STR("host_known"), name, NULL))
		found |= HOST_KNOWN;
	if (found & (HOST_ADDRESS | HOST_DYNAMIC) &&
	    !(found & (HOST_MAIL | HOST_STATIC | HOST_KNOWN)))
		found |= HOST_GENERIC;
	return found;
}

struct str host_signs_text(struct arena *a, unsigned signs)
{
	struct buf out = { .arena = a };

	for (size_t i = 0; i < SIGNS; i++)
		if (signs & signs_of[i].sign)
			buf_addf(&out, "%s%s", out.n ? "," : "", signs_of[i].word);
	return buf_str(&out);
}

bool host_signs_has(unsigned signs, struct str words)
{
	for (size_t i = 0; i < SIGNS; i++)
		if (signs & signs_of[i].sign && words_has(words, signs_of[i].word))
			return true;
	return false;
}
