/* RFC 5322 dates: a reader with the obsolete forms, a writer, and the calendar between them. */
#include "mail/date.h"

#include <stdio.h>

#include "mail/addr_lex.h"

#define YEAR_MIN 1900
#define YEAR_MAX 9999
#define DAY_SECONDS 86400

static const char day_names[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* Zones of RFC 5322 4.3, in hours; any other run of letters means "unknown", which counts as 0. */
static const struct {
	char name[4];
	int hours;
} zones[] = {
	{ "EDT", -4 }, { "EST", -5 }, { "CDT", -5 }, { "CST", -6 },
	{ "MDT", -6 }, { "MST", -7 }, { "PDT", -7 }, { "PST", -8 },
};

static bool leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int64_t month_days(int64_t y, int64_t m)
{
	static const int8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[m] + (m == 1 && leap(y));
}

/* Days from 1970-01-01 to January 1st of y, y >= 1. */
static int64_t year_start(int64_t y)
{
	y--;
	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

/* Up to max digits; how many there were. */
static size_t digits(struct lex *l, size_t max, int64_t *v)
{
	size_t n = 0;

	*v = 0;
	while (n < max && lex_peek(l) >= '0' && lex_peek(l) <= '9') {
		*v = *v * 10 + (lex_peek(l) - '0');
		l->at++;
		n++;
	}
	return n;
}

static struct str letters(struct lex *l)
{
	size_t from = l->at;

	while (lex_peek(l) >= 0 && ch_alpha((char)lex_peek(l)))
		l->at++;
	return str_sub(l->s, from, l->at - from);
}

/* Index of s in a table of three-letter names, -1 if it is not there. */
static int name_index(struct str s, const char (*names)[4], int n)
{
	for (int i = 0; i < n; i++)
		if (str_ieq(s, str_of(names[i], 3)))
			return i;
	return -1;
}

/* Takes "day-name ," where there is one; whether it is the right day is not asked. */
static bool skip_day_name(struct lex *l)
{
	struct str s;

	lex_cfws(l);
	s = letters(l);
	if (s.n == 0)
		return true;
	lex_cfws(l);
	return name_index(s, day_names, 7) >= 0 && lex_take(l, ',');
}

/* date of 3.3 and obs-date; *days since 1970-01-01. */
static bool read_day(struct lex *l, int64_t *days)
{
	int64_t d, y;
	size_t n;
	int m;

	lex_cfws(l);
	if (digits(l, 2, &d) == 0)
		return false;
	lex_cfws(l);
	m = name_index(letters(l), month_names, 12);
	lex_cfws(l);
	n = digits(l, 5, &y);
	if (n == 2)
		y += y < 50 ? 2000 : 1900;
	else if (n == 3)
		y += 1900;
	if (m < 0 || n < 2 || n > 4 || y < YEAR_MIN || d < 1 || d > month_days(y, m))
		return false;
	*days = year_start(y) + d - 1;
	for (int i = 0; i < m; i++)
		*days += month_days(y, i);
	return true;
}

/* time-of-day of 3.3 and its obsolete forms (blanks, one digit); 60 is a leap second. */
static bool read_time(struct lex *l, int64_t *seconds)
{
	int64_t h, m, s = 0;

	lex_cfws(l);
	if (digits(l, 2, &h) == 0 || h > 23)
		return false;
	lex_cfws(l);
	if (!lex_take(l, ':'))
		return false;
	lex_cfws(l);
	if (digits(l, 2, &m) != 2 || m > 59)
		return false;
	lex_cfws(l);
	if (lex_take(l, ':')) {
		lex_cfws(l);
		if (digits(l, 2, &s) != 2 || s > 60)
			return false;
	}
	*seconds = h * 3600 + m * 60 + s;
	return true;
}

/* zone and obs-zone, in seconds east of Greenwich. */
static bool read_zone(struct lex *l, int64_t *east)
{
	int64_t v;
	struct str s;
	int sign;

	lex_cfws(l);
	sign = lex_take(l, '+') ? 1 : lex_take(l, '-') ? -1 : 0;
	if (sign) {
		if (digits(l, 4, &v) != 4 || v % 100 > 59)
			return false;
		*east = sign * (v / 100 * 3600 + v % 100 * 60);
		return true;
	}
	s = letters(l);
	*east = 0;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (str_ieq(s, str_of(zones[i].name, 3)))
			*east = zones[i].hours * 3600;
	return s.n >= 1 && s.n <= 5 && !str_ieq(s, STR("J"));
}

bool date_parse(struct str value, int64_t *t)
{
	struct lex l = { .s = value };
	int64_t days, seconds, east;
	int next;

	if (!skip_day_name(&l) || !read_day(&l, &days))
		return false;
	next = lex_peek(&l);
	if ((next >= '0' && next <= '9') || !read_time(&l, &seconds))
		return false;
	next = lex_peek(&l);
	if ((next >= '0' && next <= '9') || !read_zone(&l, &east))
		return false;
	lex_cfws(&l);
	if (l.fault || l.at < value.n)
		return false;
	*t = days * DAY_SECONDS + seconds - east;
	return true;
}

char *date_format(int64_t t, char out[DATE_MAX])
{
	const int64_t first = year_start(YEAR_MIN) * DAY_SECONDS;
	const int64_t last = year_start(YEAR_MAX + 1) * DAY_SECONDS - 1;
	int64_t days, s, y, m = 0, d;

	t = t < first ? first : t > last ? last : t;
	days = t / DAY_SECONDS - (t % DAY_SECONDS < 0);
	s = t - days * DAY_SECONDS;
	/* A year too early at most, since 366 days never undercount years. */
	for (y = YEAR_MIN + (days - year_start(YEAR_MIN)) / 366; days >= year_start(y + 1); y++)
		;
	for (d = days - year_start(y); d >= month_days(y, m); m++)
		d -= month_days(y, m);
	snprintf(out, DATE_MAX, "%s, %02u %s %04u %02u:%02u:%02u +0000",
		 day_names[((days + 4) % 7 + 7) % 7], (unsigned)(d + 1) % 100, month_names[m],
		 (unsigned)y % 10000, (unsigned)(s / 3600) % 100, (unsigned)(s / 60 % 60),
		 (unsigned)(s % 60));
	return out;
}
