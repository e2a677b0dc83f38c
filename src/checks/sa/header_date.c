/* Dates of a message against one another, and against what a Message-ID says. */
#include "checks/sa/header.h"
#include "mail/view/relays_priv.h"

#define DATE_WORDS 40u /* words of a text in which a date is looked for */

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

static const struct {
	const char *name;
	int minutes;
} zones[] = {
	{ "UT", 0 },	  { "UTC", 0 },	    { "NDT", -150 },  { "AST", -240 },	{ "ADT", -180 },
	{ "NST", -210 },  { "EST", -300 },  { "EDT", -240 },  { "CST", -360 },	{ "CDT", -300 },
	{ "MST", -420 },  { "MDT", -360 },  { "PST", -480 },  { "PDT", -420 },	{ "HST", -600 },
	{ "AKST", -540 }, { "AKDT", -480 }, { "HADT", -540 }, { "HAST", -600 }, { "GMT", 0 },
	{ "BST", 60 },	  { "IST", 60 },    { "WET", 0 },     { "WEST", 60 },	{ "CET", 60 },
	{ "CEST", 120 },  { "EET", 120 },   { "EEST", 180 },  { "MSK", 180 },	{ "MSD", 240 },
	{ "MET", 60 },	  { "MEZ", 60 },    { "MEST", 120 },  { "MESZ", 120 },	{ "BRST", -120 },
	{ "BRT", -180 },  { "AEST", 600 },  { "AEDT", 660 },  { "ACST", 570 },	{ "ACDT", 630 },
	{ "AWST", 480 },  { "NZST", 720 },  { "NZDT", 780 },  { "JST", 540 },	{ "KST", 540 },
	{ "HKT", 480 },	  { "SGT", 480 },   { "PHT", 480 },   { "IDT", 180 },
};

struct words {
	struct str w[DATE_WORDS];
	size_t n;
};

/* A comma ends a word as a blank does, and only where it stands before one does it vanish: here it
 * always does. */
static void split(struct str s, struct words *out)
{
	out->n = 0;
	for (size_t i = 0, from; i < s.n && out->n < DATE_WORDS; i++) {
		from = i;
		while (i < s.n && !view_space(s.p[i]) && s.p[i] != ',')
			i++;
		if (i > from)
			out->w[out->n++] = str_sub(s, from, i - from);
	}
}

static int number(struct str s, size_t min, size_t max)
{
	uint64_t v;

	return s.n >= min && s.n <= max && str_u64(s, 99999999, &v) ? (int)v : -1;
}

static int month(struct str s)
{
	char low[3];
	size_t at;

	if (s.n != 3)
		return -1;
	for (size_t i = 0; i < 3; i++)
		low[i] = ch_lower(s.p[i]);
	at = str_find(str_c(months), str_of(low, 3));
	return at == SIZE_MAX || at % 3 ? -1 : (int)(at / 3) + 1;
}

/* "7:36", "07:36:16" */
static bool clock_of(struct str s, int t[3])
{
	struct str h = str_cut(&s, ':'), m = str_cut(&s, ':');

	t[0] = number(h, 1, 2);
	t[1] = number(m, 2, 2);
	t[2] = s.p ? number(s, 2, 2) : 0;
	return t[0] >= 0 && t[1] >= 0 && t[2] >= 0;
}

struct day {
	int d, m, y;
};

static void drop(struct words *w, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		w->w[i] = STR_NULL;
}

/* "22 Aug 2002"; digits of the year. */
static bool find_day(struct words *w, size_t min, size_t max, struct day *d)
{
	for (size_t i = 0; i + 2 < w->n; i++) {
		*d = (struct day){ number(w->w[i], 1, 8), month(w->w[i + 1]),
				   number(w->w[i + 2], min, max) };
		if (d->d < 0 || d->m < 0 || d->y < 0)
			continue;
		if (w->w[i + 2].n != 4)
			d->y += w->w[i + 2].n == 2 && d->y < 50 ? 2000 : 1900;
		drop(w, i, 3);
		return true;
	}
	return false;
}

/* "Aug 22 07:36:16 2002"; its time is not read again. */
static bool find_ctime(struct words *w, struct day *d)
{
	int t[3];

	for (size_t i = 0; i + 3 < w->n; i++) {
		*d = (struct day){ number(w->w[i + 1], 1, 8), month(w->w[i]),
				   number(w->w[i + 3], 4, 4) };
		if (d->d < 0 || d->m < 0 || d->y < 0 || !clock_of(w->w[i + 2], t))
			continue;
		drop(w, i, 4);
		return true;
	}
	return false;
}

static int zone_of(const struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct str s = w->w[i];
		int v = s.n == 5 ? number(str_skip(s, 1), 4, 4) : -1;
		if (v >= 0 && (s.p[0] == '+' || s.p[0] == '-'))
			return (s.p[0] == '-' ? -1 : 1) * (v / 100 * 60 + v % 100);
	}
	for (size_t i = 0; i < w->n; i++) {
		struct str s = w->w[i];
		while (s.n && !hop_word_char(s.p[0]))
			s = str_skip(s, 1);
		while (s.n && !hop_word_char(s.p[s.n - 1]))
			s.n--;
		for (size_t k = 0; k < sizeof zones / sizeof *zones; k++)
			if (str_eq(s, str_c(zones[k].name)))
				return zones[k].minutes;
	}
	return 0;
}

static int month_days(int m, int y)
{
	bool leap = !(y % 4) && (y % 100 || !(y % 400));

	if (m == 2)
		return leap ? 29 : 28;
	return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}

/* Days since 1970-01-01. */
static int64_t days_of(struct day d)
{
	int64_t n = d.d - 1;

	for (int y = 1970; y < d.y; y++)
		n += 365 + (month_days(2, y) == 29);
	for (int m = 1; m < d.m; m++)
		n += month_days(m, d.y);
	return n;
}

static void into_range(struct day *d, int t[3])
{
	t[0] = t[0] > 23 ? 23 : t[0];
	t[1] = t[1] > 59 ? 59 : t[1];
	t[2] = t[2] > 59 ? 59 : t[2];
	if (d->d > month_days(d->m, d->y)) {
		d->d = 1;
		d->y += d->m == 12;
		d->m = d->m == 12 ? 1 : d->m + 1;
	}
	d->y = d->y > 2037 ? 2037 : d->y < 1970 ? 1970 : d->y;
}

bool sa_date(struct str s, int64_t *out)
{
	struct words w;
	struct day d;
	int t[3] = { 0, 0, 0 };

	split(s, &w);
	if (!find_day(&w, 4, 4, &d) && !find_ctime(&w, &d) && !find_day(&w, 2, 3, &d))
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (clock_of(w.w[i], t))
			break;
		else
			t[0] = t[1] = t[2] = 0;
	into_range(&d, t);
	if (d.d < 1)
		return false;
	*out = ((days_of(d) * 24 + t[0]) * 60 + t[1] - zone_of(&w)) * 60 + t[2];
	if (*out < 0)
		*out = 0;
	return true;
}

/* "22 Aug 2002 07:36:16 -0400" inside a Received field. */
static bool date_in(struct str s, int64_t *out)
{
	int t[3];

	for (size_t i = 1; i < s.n; i++) {
		struct str r = str_skip(s, i), d, m, y, c;
		if (!ch_digit(s.p[i]) || ch_digit(s.p[i - 1]) ||
		    !(view_space(s.p[i - 1]) || (i > 1 && view_space(s.p[i - 2]))))
			continue;
		d = str_cut(&r, ' ');
		m = str_cut(&r, ' ');
		y = str_cut(&r, ' ');
		c = str_cut(&r, ' ');
		if (number(d, 1, 8) < 0 || m.n != 3 || number(y, 1, 8) < 0 || !clock_of(c, t) ||
		    !hop_word_at(r, 0).n)
			continue;
		r = hop_word_at(r, 0);
		return sa_date(str_sub(s, i, (size_t)(r.p - s.p) + r.n - i), out);
	}
	return false;
}

static bool header_time(struct scan *s, int64_t *out)
{
	static const char *const names[] = { "Resent-Date", "Date" };

	for (size_t i = 0; i < 2; i++) {
		const struct view_lines *l = sa_lines(s, str_c(names[i]));
		for (size_t k = 0; k < l->n; k++)
			if (sa_date(l->p[k].text, out))
				return true;
	}
	return false;
}

static bool local_hop(struct str s)
{
	return sa_like(s, "from localhost ") || sa_like(s, "from %w %W127.0.0.1%|") ||
	       sa_like(s, "from %w %w %W127.0.0.1%|") || sa_like(s, "qmail %w invoked by uid ");
}

/* Received fields from the first that was not written by this host and its mail fetcher. */
static size_t first_real(const struct view_lines *l)
{
	size_t at = l->n && local_hop(l->p[0].text) ? 1 : 0;

	if (at < l->n && sa_like(l->p[at].text, "by localhost with %w (fetchmail-"))
		return at + 1;
	return 0;
}

/* Seconds from the Received field that agrees best to Date; 0: nothing to compare. */
static int64_t date_diff(struct scan *s)
{
	const struct view_lines *l = sa_lines(s, STR("Received"));
	VEC(int64_t) diff = { 0 };
	int64_t date, t, best;

	if (!header_time(s, &date))
		return 0;
	if (s->client.ip.family) /* our own hand-over is the newest */
		VEC_PUSH(s->arena, diff) = date - s->now;
	for (size_t i = first_real(l); i < l->n; i++)
		if (date_in(l->p[i].text, &t))
			VEC_PUSH(s->arena, diff) = date - t;
	if (diff.n > 1 && diff.p[diff.n - 1] == 0)
		diff.n--; /* the writer's own */
	best = diff.n ? diff.p[0] : 0;
	for (size_t i = 1; i < diff.n; i++)
		if (llabs(diff.p[i]) < llabs(best))
			best = diff.p[i];
	return best;
}

bool sa_shifted_date(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct sa_header_facts *f = scan_result(s, &check_sa_header);
	double diff, v;

	if (f && !f->shift->known)
		*f->shift = (struct sa_shift){ true, date_diff(s) };
	diff = (double)(f ? f->shift->seconds : date_diff(s));
	(void)n;
	(void)evidence;
	if (sa_number(arg[0].text, &v) && diff < 3600 * v)
		return false;
	return !sa_number(arg[1].text, &v) || diff < 3600 * v;
}

static bool hex_run(struct str s, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (i >= s.n || ch_hex(s.p[i]) < 0 || (s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	return true;
}

/* Outlook's "<....TTTTTTTT$........$........@": the upper half of the file time. */
static bool outlook_time(struct str id, int64_t *t)
{
	if (!str_starts(id, STR("<")) || !hex_run(id, 1, 12) || !hex_run(id, 14, 8) ||
	    !hex_run(id, 23, 8) || id.n < 32 || id.p[13] != '$' || id.p[22] != '$' ||
	    id.p[31] != '@')
		return false;
	*t = 0;
	for (size_t i = 5; i < 13; i++)
		*t = *t * 16 + ch_hex(id.p[i]);
	return true;
}

static bool near_time(int64_t token, struct str date)
{
	int64_t t = 0;

	if (!sa_date(date, &t))
		t = 0;
	/* units of 2^32 times 100 ns since 1601 */
	return llabs(token - (int64_t)((double)t * 0.0023283064365387 + 27111902.8329849)) < 250;
}

bool sa_outlook_id(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	int64_t token;

	(void)arg;
	(void)n;
	(void)evidence;
	return outlook_time(sa_text(s, "MESSAGEID"), &token) &&
	       !near_time(token, sa_text(s, "Date")) && !near_time(token, sa_text(s, "Received"));
}
