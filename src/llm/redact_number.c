/* Numbers that name somebody: phones, cards, accounts, and tokens as long as a secret. */
#include "llm/priv.h"

#include "base/utf8.h"

#define DIGITS_MAX 64u /* of one number that are kept apart */
#define GAP_MAX 3u     /* separators between two of its digits */
#define PHONE_MIN 7u
#define NUMBER_MIN 6u
#define TOKEN_MIN 16u
#define IBAN_MIN 15u
#define IBAN_MAX 34u

/* Octets of a separator inside numbers at s.p[at]. */
static size_t separator(struct str s, size_t at)
{
	uint32_t c;
	size_t n;

	if (s.p[at] && strchr(" \n.-/()_*~|,+[];='", s.p[at]))
		return 1;
	if (s.p[at] == ':') /* of a longer group only: others are hours and minutes */
		return at >= 3 && ch_digit(s.p[at - 1]) && ch_digit(s.p[at - 2]) &&
		       ch_digit(s.p[at - 3]);
	if ((unsigned char)s.p[at] < 0x80)
		return 0;
	n = utf8_read(str_skip(s, at), &c);
	return (c >= 0x2010 && c <= 0x2015) || c == 0x2019 || c == 0x2212 || c == 0x223C ||
			       c == 0x2022 || c == 0x2502 || c == 0xB7 || c == 0x30FB
		       ? n
		       : 0;
}

/* A number with what parts its groups. */
struct number {
	char digit[DIGITS_MAX];
	size_t n, end; /* digits; where it ends in the text */
	size_t groups;
	unsigned group[8];	  /* lengths of the first ones */
	bool commas, dots, other; /* what stood between the groups */
	bool plus;
};

static void note(struct number *x, struct str s, size_t from, size_t to)
{
	if (to - from == 1 && s.p[from] == ',')
		x->commas = true;
	else if (to - from == 1 && s.p[from] == '.')
		x->dots = true;
	else
		x->other = true;
}

static void add_group(struct number *x, unsigned len)
{
	if (x->groups < 8)
		x->group[x->groups] = len;
	x->groups++;
}

/* "13:45" begins at s.p[at]: the hour belongs to no number before it. */
static bool is_time(struct str s, size_t at)
{
	size_t i = at;

	while (i < s.n && i - at < 3 && ch_digit(s.p[i]))
		i++;
	return i - at <= 2 && i + 1 < s.n && s.p[i] == ':' && ch_digit(s.p[i + 1]);
}

/* From the digit at at on, as far as digits follow. */
static void number_at(struct str s, size_t at, struct number *x)
{
	unsigned len = 0;

	x->end = at;
	while (x->end < s.n) {
		size_t i = x->end, gap = 0, n;

		if (ch_digit(s.p[i])) {
			if (x->n < DIGITS_MAX)
				x->digit[x->n] = s.p[i];
			x->n++, len++, x->end++;
			continue;
		}
		while (i < s.n && gap < GAP_MAX && (n = separator(s, i)) && !redact_written(s, i))
			i += n, gap++;
		if (!gap || i >= s.n || !ch_digit(s.p[i]) || is_time(s, i))
			break;
		note(x, s, x->end, i);
		add_group(x, len);
		len = 0;
		x->end = i;
	}
	add_group(x, len);
}

/* Sums: groups of three after the first, with one kind of sign between, "4,500,000". */
static bool is_sum(const struct number *x, struct str s)
{
	if (x->other || x->commas == x->dots || x->groups > 5 || x->group[0] > 3 ||
	    x->digit[0] == '0' || x->plus || x->groups < 2)
		return false;
	for (size_t i = 1; i < x->groups; i++)
		if (x->group[i] != 3)
			return false;
	/* Dots part phone numbers too: only where money is said. */
	return x->commas || str_starts(str_skip(s, x->end), STR(" \xE2\x82\xAC")) ||
	       str_istarts(str_skip(s, x->end), STR(" eur"));
}

static bool two_of(const struct number *x, size_t at, unsigned low, unsigned high)
{
	unsigned v = (unsigned)(x->digit[at] - '0') * 10u + (unsigned)(x->digit[at + 1] - '0');

	return v >= low && v <= high;
}

static unsigned value(const struct number *x, size_t at, size_t n)
{
	unsigned v = 0;

	for (size_t i = at; i < at + n; i++)
		v = v * 10 + (unsigned)(x->digit[i] - '0');
	return v;
}

/* " 56 7": two digits and more, which no date has behind its year. */
static bool goes_on(struct str s)
{
	return s.n >= 5 && strchr(" .-/", s.p[0]) && ch_digit(s.p[1]) && ch_digit(s.p[2]) &&
	       strchr(" .-/", s.p[3]) && ch_digit(s.p[4]);
}

/* A year of two digits is one only behind a day and a month; else it is half of a phone number. */
static bool short_date(const struct number *x, const size_t part[3], struct str rest)
{
	unsigned a = value(x, 0, part[0]), b = value(x, part[0], part[1]);

	return a && b && ((a <= 31 && b <= 12) || (a <= 12 && b <= 31)) && !goes_on(rest);
}

/* Octets of a date ("2026-11-22", "22.11.2026", "3/4/06") at s.p[at]. */
static size_t date_at(struct str s, size_t at)
{
	struct number x = { 0 };
	struct str head = str_sub(s, at, 10);
	size_t i = 0, part[3] = { 0 };
	char sep = 0;

	for (size_t k = 0; k < 3; k++) {
		while (i < head.n && ch_digit(head.p[i]) && part[k] < 4)
			x.digit[x.n++] = head.p[i++], part[k]++;
		if (k == 2)
			break;
		if (i >= head.n || !strchr("-./", head.p[i]) || (sep && head.p[i] != sep))
			return 0;
		sep = head.p[i++];
	}
	if (i < s.n - at && (ch_digit(s.p[at + i]) || s.p[at + i] == '-' || s.p[at + i] == '/'))
		return 0;
	if (i + 1 < s.n - at && s.p[at + i] == sep && ch_digit(s.p[at + i + 1]))
		return 0; /* it goes on: no date */
	if (part[0] == 4 && part[1] == 2 && part[2] == 2)
		return two_of(&x, 0, 19, 20) && two_of(&x, 4, 1, 12) && two_of(&x, 6, 1, 31) ? i
											     : 0;
	if (part[0] > 2 || part[1] > 2 || !part[0] || !part[1] || (part[2] != 2 && part[2] != 4))
		return 0;
	if (part[2] == 2)
		return short_date(&x, part, str_skip(s, at + i)) ? i : 0;
	return two_of(&x, part[0] + part[1], 19, 20) ? i : 0;
}

/* Luhn's sum (ISO/IEC 7812-1 annex B) of 13 to 19 digits. */
static bool is_card(const struct number *x)
{
	unsigned sum = 0;

	if (x->n < 13 || x->n > 19)
		return false;
	for (size_t i = 0; i < x->n; i++) {
		unsigned v = (unsigned)(x->digit[x->n - 1 - i] - '0');

		v = i % 2 ? 2 * v : v;
		sum += v > 9 ? v - 9 : v;
	}
	return sum % 10 == 0;
}

static bool is_ip(const struct number *x, struct str s, size_t at)
{
	struct str text = str_sub(s, at, x->end - at);

	if (x->groups != 4 || !x->dots || x->other || x->commas)
		return false;
	for (size_t i = 0; i < 4; i++) {
		struct str part = str_cut(&text, '.');
		uint64_t v;

		if (!str_u64(part, 255, &v))
			return false;
	}
	return true;
}

static const char *name_of(const struct number *x, struct str s, size_t at)
{
	if (is_sum(x, s))
		return NULL;
	if (is_ip(x, s, at))
		return "[IP]";
	if (is_card(x))
		return "[CARD]";
	if (x->n >= PHONE_MIN && (x->groups > 1 || x->plus || x->digit[0] == '0'))
		return "[PHONE]";
	return x->n >= NUMBER_MIN ? "[NUMBER]" : NULL;
}

/* Octets of the letters that a number ends in, "1-800-FLOWERS", "0800 FLOWERS". */
static size_t spelled(const struct number *x, struct str s)
{
	size_t i = x->end, letters = 0, n = 0;
	bool long_distance = x->groups > 1 && x->digit[0] == '1' && x->n == 4;
	bool free_call = x->n == 3 && x->digit[0] == '8';

	if (!long_distance && !free_call && !(x->digit[0] == '0' && x->n >= 3 && x->n <= 6))
		return 0;
	for (; i < s.n && letters < 12; i++) {
		bool part = (s.p[i] == '-' || s.p[i] == ' ' || s.p[i] == '.') && i + 1 < s.n &&
			    (ch_digit(s.p[i + 1]) || llm_capital(s.p[i + 1]));

		if (!part && !ch_digit(s.p[i]) && !llm_capital(s.p[i]))
			break;
		letters += llm_capital(s.p[i]);
		if (!part && x->n + ++n > 11)
			break;
	}
	return letters >= 3 && x->n + n >= 7 && (i >= s.n || !ch_alnum(s.p[i])) ? i - x->end : 0;
}

static size_t number(struct buf *b, struct str s, size_t at)
{
	struct number x = { 0 };
	size_t n = at && ch_digit(s.p[at - 1]) ? 0 : date_at(s, at);
	const char *name;

	if (n) {
		buf_add(b, str_sub(s, at, n));
		return at + n;
	}
	x.plus = at && s.p[at - 1] == '+';
	number_at(s, at, &x);
	name = name_of(&x, s, at);
	n = name ? 0 : spelled(&x, s);
	if (n) {
		name = "[PHONE]";
		x.end += n;
	}
	if (name)
		buf_add(b, str_c(name));
	else
		buf_add(b, str_sub(s, at, x.end - at));
	return x.end;
}

static bool iban_separator(char c)
{
	return c && strchr(" .-/_:,", c);
}

/* An account's number (ISO 13616): two letters, two digits, 11 to 30 letters and digits, whole or
 * in groups of at most four. Its check digits are not looked at: a wrong one names somebody all
 * the same.
 */
static size_t iban_at(struct str s, size_t at)
{
	size_t i = at, chars = 0, digits = 0, group = 0, last = 0, gap;

	if (s.n - at < IBAN_MIN || !ch_alpha(s.p[at]) || !ch_alpha(s.p[at + 1]))
		return 0;
	/* "DE 89"; "on 22" is no country. */
	gap = llm_capital(s.p[at]) && llm_capital(s.p[at + 1]) && iban_separator(s.p[at + 2]);
	if (!ch_digit(s.p[at + 2 + gap]) || !ch_digit(s.p[at + 3 + gap]))
		return 0;
	while (i < s.n && chars < IBAN_MAX) {
		if (ch_alnum(s.p[i])) {
			digits += ch_digit(s.p[i]);
			chars++, group++, i++;
			last = i;
			continue;
		}
		if (!iban_separator(s.p[i]) || i + 1 >= s.n || !ch_alnum(s.p[i + 1]) || group > 4)
			break;
		/* A group of letters alone is a word that follows. */
		if (digits >= IBAN_MIN - 5 && !ch_digit(s.p[i + 1]))
			break;
		group = 0;
		i++;
	}
	if (chars < IBAN_MIN || digits < 8 || (i < s.n && ch_alnum(s.p[i])))
		return 0;
	return last - at;
}

static bool token_char(char c)
{
	return ch_alnum(c) || c == '+' || c == '=' || c == '_' || c == '-' || c == '%';
}

/* Letters and digits mixed, longer than words and article numbers are. */
static size_t token_at(struct str s, size_t at, size_t *end)
{
	size_t i = at, digits = 0, letters = 0;

	for (; i < s.n && token_char(s.p[i]); i++) {
		digits += ch_digit(s.p[i]);
		letters += ch_alpha(s.p[i]);
	}
	*end = i;
	return i - at >= TOKEN_MIN && digits >= 3 && letters >= 3 ? i - at : 0;
}

struct str redact_numbers(struct arena *a, struct str text)
{
	struct buf b = { .arena = a };
	size_t run = 0; /* up to here no token begins */

	for (size_t at = 0; at < text.n;) {
		bool start = at == 0 || !ch_alnum(text.p[at - 1]);
		size_t n = redact_written(text, at);

		if (n) {
			buf_add(&b, str_sub(text, at, n));
			at += n;
			continue;
		}
		if (start && ch_alpha(text.p[at]) && (n = iban_at(text, at))) {
			buf_add(&b, STR("[IBAN]"));
			at += n;
			continue;
		}
		if (at >= run && token_char(text.p[at]) && (n = token_at(text, at, &run))) {
			buf_add(&b, STR("[TOKEN]"));
			at += n;
			continue;
		}
		if (ch_digit(text.p[at]))
			at = number(&b, text, at);
		else
			buf_addc(&b, text.p[at++]);
	}
	return buf_str(&b);
}
