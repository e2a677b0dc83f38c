/* One-time codes: digits near a word that says what they are. */
#include "base/buf.h"
#include "checks/memory/greylist.h"

#define NEAR_OCTETS 120u /* from the end of the word to that of the digits */
#define SUBJECT_MAX 512u /* octets of the subject */

/* clang-format off */
/*
 * Small letters; where a script has capitals that are not ASCII, those too. "*" at the end: a
 * longer word may begin so. The languages in turn: English; German; Dutch and the Scandinavian
 * ones; Finnish; French; Spanish and Portuguese; Italian; Romanian; Polish, Czech and Slovak;
 * Turkish; Russian and its kin; Greek; Chinese; Japanese; Korean; Arabic; Hebrew; Hindi; Thai;
 * Vietnamese.
 */
static const char *const words[] = {
	"code", "codes", "otp", "one-time*", "passcode*",
	"verification*", "verify*", "2fa", "pin", "login", "sign-in",
	"bestätigungscode*", "sicherheitscode*", "einmal*", "anmeldecode*", "zugangscode*", "tan",
	"verificatiecode*", "inlogcode*", "kode", "koden", "engangs*",
	"koodi*", "vahvistuskoodi*",
	"vérification*",
	"código*", "codigo*", "clave",
	"codice",
	"cod", "codul",
	"kod", "kód", "weryfikac*", "ověřovac*", "overovac*",
	"kodu", "kodunuz", "doğrulama*", "şifre*",
	"код*", "Код*", "КОД*", "пароль*", "Пароль*", "підтвердження*",
	"κωδικ*", "Κωδικ*",
	"验证码*", "驗證碼*", "动态码*", "校验码*",
	"コード*", "認証*", "ワンタイム*",
	"인증*", "코드*",
	"رمز*",
	"קוד*",
	"कोड*", "ओटीपी*",
	"รหัส*",
	"mã",
};

/* clang-format on */

/* In front of "code": another kind of code. */
static const struct str other[] = {
	STR("promo"), STR("promotion"), STR("discount"), STR("coupon"),	 STR("voucher"),
	STR("zip"),   STR("postal"),	STR("area"),	 STR("country"), STR("source"),
	STR("dress"), STR("referral"),	STR("offer"),	 STR("gift"),	 STR("bar"),
	STR("qr"),    STR("error"),	STR("sort"),	 STR("product"), STR("item"),
};

static bool is_other_code(struct str text, size_t at)
{
	size_t to = at, from;

	while (to > 0 && (text.p[to - 1] == ' ' || text.p[to - 1] == '-'))
		to--;
	for (from = to; from > 0 && ch_alpha(text.p[from - 1]) && to - from < 10;)
		from--;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		if (str_ieq(str_sub(text, from, to - from), other[i]))
			return true;
	return false;
}

/* Octets of a word of the table that text begins with; 0: another one. */
static size_t word_fits(struct str text, struct str word)
{
	bool more = word.p[word.n - 1] == '*';
	char after;

	word.n -= more;
	if (!str_istarts(text, word))
		return 0;
	after = text.n > word.n ? text.p[word.n] : ' ';
	return more || !(ch_alnum(after) || (unsigned char)after > 127) ? word.n : 0;
}

/* Octets of the word that begins at text[at]; 0: none. */
static size_t word_at(struct str text, size_t at)
{
	char before = at > 0 ? text.p[at - 1] : ' ';

	if (ch_alnum(text.p[at]) && (ch_alnum(before) || (unsigned char)before > 127))
		return 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = words[i][0] == ch_lower(text.p[at])
				   ? word_fits(str_skip(text, at), str_c(words[i]))
				   : 0;
		if (n)
			return words[i][0] == 'c' && is_other_code(text, at) ? 0 : n;
	}
	return 0;
}

static bool is_one_of(char c, struct str list)
{
	return str_chr(list, c) != SIZE_MAX;
}

/* What is at the ends of a number that is none of: a sum, a date, a telephone number, a path. */
static bool stands_alone(struct str text, size_t from, size_t to)
{
	char before = from > 0 ? text.p[from - 1] : ' ', after = to < text.n ? text.p[to] : ' ';
	bool digit_before = from > 1 && ch_digit(text.p[from - 2]);
	bool digit_after = to + 1 < text.n && ch_digit(text.p[to + 1]);

	if (ch_alnum(before) || ch_alnum(after) || is_one_of(before, STR("$+/#=&_%")) ||
	    is_one_of(after, STR("%/=&_@")))
		return false;
	return !(is_one_of(before, STR("-.,:")) && digit_before) &&
	       !(is_one_of(after, STR("-.,:")) && digit_after);
}

static bool is_year(struct str digits)
{
	return digits.n == 4 && (str_starts(digits, STR("19")) || str_starts(digits, STR("20")));
}

/* "123456", "123 456", "123-456" at text[at]: its octets, and whether it may be a code. */
static size_t number_at(struct str text, size_t at, bool *code)
{
	size_t n = 0, second = 0;

	while (at + n < text.n && ch_digit(text.p[at + n]))
		n++;
	if (n == 3 && at + n < text.n && (text.p[at + n] == ' ' || text.p[at + n] == '-'))
		while (at + n + 1 + second < text.n && ch_digit(text.p[at + n + 1 + second]))
			second++;
	if (second == 3)
		n += 1 + second;
	*code = n >= 4 && n <= 8 && stands_alone(text, at, at + n) &&
		!is_year(str_sub(text, at, n));
	return n;
}

/* A number that may be a code is in it at all: most texts are done with here. */
static bool has_number(struct str text)
{
	for (size_t at = 0; at < text.n;) {
		bool is_code = false;
		size_t n = ch_digit(text.p[at]) ? number_at(text, at, &is_code) : 1;
		if (is_code)
			return true;
		at += n;
	}
	return false;
}

static bool near(size_t word, size_t number)
{
	return word != SIZE_MAX && number != SIZE_MAX &&
	       (word > number ? word - number : number - word) <= NEAR_OCTETS;
}

/* One pass: the last word and the last number that have been seen. */
static bool find(struct str text, struct str *code)
{
	size_t word = SIZE_MAX, number = SIZE_MAX; /* where they end */

	for (size_t at = 0; at < text.n;) {
		bool is_code = false;
		size_t n = ch_digit(text.p[at]) ? number_at(text, at, &is_code) : 0;
		size_t w = is_code ? 0 : word_at(text, at);
		if (w) {
			word = at + w;
			n = w;
		}
		if (is_code) {
			number = at + n;
			*code = str_sub(text, at, n);
		}
		if (n && near(word, number))
			return true;
		at += n ? n : 1;
	}
	return false;
}

bool greylist_code(struct arena *a, struct str subject, struct str body, struct str *code)
{
	struct buf both = { .arena = a };

	buf_add(&both, str_sub(subject, 0, SUBJECT_MAX));
	buf_addc(&both, '\n');
	buf_add(&both, str_sub(body, 0, GREYLIST_CODE_TEXT));
	return has_number(buf_str(&both)) && find(buf_str(&both), code);
}
