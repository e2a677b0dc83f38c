/* The lists of traps: addresses, patterns, domains, and users who left long ago. */
#include "checks/memory/trap_list.h"

#include <stdio.h>

#include "base/file.h"
#include "base/map.h"
#include "mail/domain.h"

struct trap_list {
	struct map *address;	   /* any value */
	struct map *aged;	   /* int64_t: counts from then on, seconds since 1970 */
	const struct str *pattern; /* lower case */
	size_t npattern;
	struct map *domain; /* in domain_read form; any value */
};

const char *trap_kind_word(enum trap_kind k)
{
	static const char *const word[] = { "none", "address", "pattern", "domain", "aged" };

	return word[k];
}

/* ---- options ---- */

static bool is_address(struct str value, char *why, size_t cap)
{
	size_t at = str_rchr(value, '@');

	snprintf(why, cap, "an address such as trap@example.com");
	return at != SIZE_MAX && at > 0 && at + 1 < value.n;
}

static bool is_pattern(struct str value, char *why, size_t cap)
{
	snprintf(why, cap, "a pattern of at most %u octets with an @, such as old.*@example.com",
		 TRAP_PATTERN_MAX);
	return value.n <= TRAP_PATTERN_MAX && str_chr(value, '@') != SIZE_MAX;
}

const struct conf_opt trap_options[] = {
	{ .name = "trap.addresses",
	  .type = CONF_LIST,
	  .check = is_address,
	  .help = "addresses that nobody reads and nobody gave away: what comes there is spam" },
	{ .name = "trap.patterns",
	  .type = CONF_LIST,
	  .check = is_pattern,
	  .help = "traps as patterns over the whole address: * any characters, ? one" },
	{ .name = "trap.domains",
	  .type = CONF_LIST,
	  .help = "domains all of whose addresses are traps, those of the domains below too" },
	{ .name = "trap.aged_file",
	  .type = CONF_STR,
	  .def = "",
	  .help = "file of users who have left: a line each, address or address,YYYY-MM-DD (the "
		  "day they left); read at start and reload" },
	{ .name = "trap.aged_after",
	  .type = CONF_TIME,
	  .def = "183d",
	  .allow = "0s..3650d",
	  .help = "time after the day a user left from which the address is a trap; one without a "
		  "day is a trap at once" },
	{ .name = "trap.action",
	  .type = CONF_ENUM,
	  .def = "accept",
	  .allow = "accept|reject|tag",
	  .help = "what happens to mail whose recipients are all traps: accepted and thrown away "
		  "when it is learnt, refused, or only tagged by its score; where a person is "
		  "among the recipients the traps are taken off (not with tag), and the rest is "
		  "judged by its score" },
	{ .name = "trap.max_real",
	  .type = CONF_INT,
	  .def = "1",
	  .allow = "0..1000",
	  .help = "a trap counts only with at most so many recipients beside it that are none" },
	{ .name = "trap.guard_local",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "what our own users and hosts send to a trap does not count: authenticated, by "
		  "the "
		  "submission profile, or from loopback and private addresses" },
	{ .name = "trap.guard_bounces",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "bounces (null sender) to a trap do not count: its address may have been "
		  "forged" },
	{ .name = "trap.guard_known",
	  .type = CONF_BOOL,
	  .def = "true",
	  .help = "mail of those our users write to does not count, if DMARC passes" },
	{ 0 },
};

/* ---- users who left ---- */

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_from(int64_t y, int64_t m, int64_t d)
{
	int64_t a = (14 - m) / 12, year = y + 4800 - a, month = m + 12 * a - 3;

	return d + (153 * month + 2) / 5 + 365 * year + year / 4 - year / 100 + year / 400 - 32045 -
	       2440588;
}

static bool read_day(struct str s, int64_t *seconds)
{
	struct str year = str_cut(&s, '-'), month = str_cut(&s, '-');
	uint64_t y, m, d;

	if (year.n != 4 || month.n != 2 || s.n != 2 || !str_u64(year, 9999, &y) ||
	    !str_u64(month, 12, &m) || !str_u64(s, 31, &d) || y < 1970 || m < 1 || d < 1)
		return false;
	*seconds = days_from((int64_t)y, (int64_t)m, (int64_t)d) * 86400;
	return true;
}

static bool add_aged(struct arena *a, struct trap_list *l, struct str line, int64_t after)
{
	struct str address = str_trim(str_cut(&line, ',')), day = str_trim(line);
	int64_t *from = ARENA_NEW(a, int64_t);
	char why[100];

	if (!is_address(address, why, sizeof why) || (line.p && !read_day(day, from)))
		return false;
	if (line.p)
		*from += after;
	map_put(l->aged, arena_lower(a, address), from);
	return true;
}

static int read_aged(struct arena *a, const struct conf *c, struct trap_list *l, struct err *e)
{
	struct str path = conf_str(c, "trap.aged_file"), text;
	int64_t after = (int64_t)(conf_time_ms(c, "trap.aged_after") / 1000);
	struct err why;

	if (!path.n)
		return 0;
	if (file_read(a, path.p, TRAP_FILE_MAX, &text, &why) < 0)
		return err_set(e, "%s: trap.aged_file: %s: %s", conf_where(c, "trap.aged_file"),
			       path.p, why.text);
	for (int n = 1; text.n; n++) {
		struct str line = str_trim(str_cut(&text, '\n'));
		if (!line.n || line.p[0] == '#')
			continue;
		if (!add_aged(a, l, line, after))
			return err_at(e, path.p, n,
				      "expected an address, or an address and the day its user "
				      "left: user@example.com,2024-12-31");
	}
	return 0;
}

/* ---- reading and finding ---- */

static int read_domains(struct arena *a, const struct conf *c, struct trap_list *l, struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "trap.domains", &item);

	for (size_t i = 0; i < n; i++) {
		struct str domain = domain_read(a, item[i], DOMAIN_UNDERSCORE);
		if (!domain.n)
			return err_set(e, "%s: trap.domains: found \"%.*s\", expected a domain",
				       conf_where(c, "trap.domains"), STR_ARG(item[i]));
		map_put(l->domain, domain, l);
	}
	return 0;
}

static int read_patterns(struct arena *a, const struct conf *c, struct trap_list *l, struct err *e)
{
	const struct str *item;
	size_t n = conf_list(c, "trap.patterns", &item);
	struct str *pattern = ARENA_ARRAY(a, struct str, n);

	if (n > TRAP_PATTERNS_MAX)
		return err_set(e, "%s: trap.patterns: found %zu, expected at most %u",
			       conf_where(c, "trap.patterns"), n, TRAP_PATTERNS_MAX);
	for (size_t i = 0; i < n; i++)
		pattern[i] = arena_lower(a, item[i]);
	l->pattern = pattern;
	l->npattern = n;
	return 0;
}

int trap_list_read(struct arena *a, const struct conf *c, struct trap_list **out, struct err *e)
{
	struct trap_list *l = ARENA_NEW(a, struct trap_list);
	const struct str *item;
	size_t n = conf_list(c, "trap.addresses", &item);

	l->address = map_new(a, true);
	l->aged = map_new(a, true);
	l->domain = map_new(a, true);
	for (size_t i = 0; i < n; i++)
		map_put(l->address, item[i], l);
	if (read_patterns(a, c, l, e) < 0 || read_domains(a, c, l, e) < 0 ||
	    read_aged(a, c, l, e) < 0)
		return -1;
	*out = l;
	return 0;
}

bool trap_list_empty(const struct trap_list *l)
{
	return !map_len(l->address) && !map_len(l->aged) && !map_len(l->domain) && !l->npattern;
}

static enum trap_kind find_exactly(const struct trap_list *l, struct str address, int64_t now)
{
	const int64_t *aged = map_get(l->aged, address);

	if (map_get(l->address, address))
		return TRAP_ADDRESS;
	return aged && *aged <= now ? TRAP_AGED : TRAP_NONE;
}

/* "local+tag@domain" as "local@domain". */
static enum trap_kind find_base(const struct trap_list *l, struct str address, size_t at,
				int64_t now)
{
	size_t plus = str_chr(str_sub(address, 0, at), '+');
	char base[TRAP_ADDRESS_MAX + 1];
	int n;

	if (plus == SIZE_MAX || plus == 0)
		return TRAP_NONE;
	n = snprintf(base, sizeof base, "%.*s%.*s", (int)plus, address.p, (int)(address.n - at),
		     address.p + at);
	return find_exactly(l, str_of(base, (size_t)n), now);
}

enum trap_kind trap_list_find(const struct trap_list *l, struct str address, int64_t now)
{
	size_t at = str_rchr(address, '@');
	enum trap_kind k;

	if (at == SIZE_MAX || address.n > TRAP_ADDRESS_MAX)
		return TRAP_NONE;
	if ((k = find_exactly(l, address, now)) != TRAP_NONE ||
	    (k = find_base(l, address, at, now)) != TRAP_NONE)
		return k;
	for (size_t i = 0; i < l->npattern; i++)
		if (str_glob(l->pattern[i], address))
			return TRAP_PATTERN;
	for (struct str d = str_skip(address, at + 1); d.n; str_cut(&d, '.'))
		if (map_get(l->domain, d))
			return TRAP_DOMAIN;
	return TRAP_NONE;
}
