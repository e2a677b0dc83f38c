/* SpamAssassin's functions of plain text: signatures, talk of stocks, bounces, other languages. */
#include "checks/checks.h"
#include "checks/sa/sa.h"
#include "mail/view/view_priv.h"

static struct view_part *first_plain(struct scan *s)
{
	size_t n = 0;
	const struct view_part *p;

	if (!s->view)
		return NULL;
	view_render(s->view);
	p = view_parts(s->view, &n);
	for (size_t i = 0; i < n; i++)
		if (str_starts(p[i].type, STR("text/plain")))
			return &s->view->parts[i];
	return NULL;
}

/* ---- a signature: behind the last line that is "--" and a blank ---- */

#define SIGNATURE_DECOY 4u /* octets: a mark so near the end begins none */
#define RATIO_NONE 1e6	   /* of a text without signature */

struct lengths {
	bool known;
	double body, signature, ratio;
};

static bool is_mark(struct str line)
{
	return str_eq(line, STR("--")) || str_eq(line, STR("-- ")) || str_eq(line, STR("--\r")) ||
	       str_eq(line, STR("-- \r"));
}

static struct lengths measure(struct scan *s)
{
	struct view_part *p = first_plain(s);
	struct str text = p ? view_part_decoded(s->view, p) : STR("");
	struct lengths l = { .known = p != NULL, .body = (double)text.n, .ratio = RATIO_NONE };

	for (size_t at = 0, end; at < text.n; at = end + 1) {
		end = str_chr(str_skip(text, at), '\n');
		end = end == SIZE_MAX ? text.n : at + end;
		if (!is_mark(str_sub(text, at, end - at)) || text.n - end <= SIGNATURE_DECOY)
			continue;
		l.body = (double)at;
		l.signature = (double)(text.n - end);
		l.ratio = l.body / l.signature;
	}
	return l;
}

static bool within(const struct lengths *l, double v, const struct predicate_arg *arg, size_t n)
{
	return l->known && v >= arg[0].number && (n < 2 || v <= arg[1].number);
}

static bool text_length(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	struct lengths l = measure(s);

	(void)evidence;
	return within(&l, l.body, arg, n);
}

static bool signature_length(struct scan *s, const struct predicate_arg *arg, size_t n,
			     struct str *evidence)
{
	struct lengths l = measure(s);

	(void)evidence;
	return within(&l, l.signature, arg, n);
}

static bool signature_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
			    struct str *evidence)
{
	struct lengths l = measure(s);

	(void)evidence;
	return within(&l, l.ratio, arg, n);
}

/* ---- lines like "Target price: 5" ---- */

/* "?" is any letter or none. */
static const char *const stock_words[] = {
	"company",
	"companyname",
	"s?t?o?c?k",
	"s?y?m",
	"s?y?m?b?o?l",
	"target",
	"ticker",
	"openingp",
	"openingprice",
	"currentp",
	"currentprice",
	"projected",
	"position",
	"expectations",
	"weekhigh",
	"weekshigh",
	"marketperformance",
	"yeartarget",
	"yearestimate",
	"yearestimates",
	"weektarget",
	"weekestimate",
	"weekestimates",
	"monthtarget",
	"monthestimate",
	"monthestimates",
	"daytarget",
	"dayestimate",
	"dayestimates",
	"pricetarget",
	"priceestimate",
	"priceestimates",
	"sector",
	"recommendation",
	"rating",
	"tradedate",
	"tradingdate",
};

#define STOCK_WHOLE 2u /* the last of them stand alone */
#define STOCK_NAME 30u /* characters before the colon */
#define STOCK_LEAST 3u
#define STOCK_DISTINCT 64u /* words that are told apart */

/* All of s, every letter set of places in the form at once. */
static bool fits(const char *form, struct str s)
{
	uint32_t places = 1, last = 1u << strlen(form);

	for (size_t i = 0;; i++) {
		uint32_t next = 0;
		for (size_t k = 0; form[k]; k++)
			if (form[k] == '?' && (places & 1u << k))
				places |= 1u << (k + 1);
		if (i == s.n)
			return places & last;
		for (size_t k = 0; form[k]; k++)
			if ((places & 1u << k) && (form[k] == '?' || form[k] == s.p[i]))
				next |= 1u << (k + 1);
		if (!next)
			return false;
		places = next;
	}
}

/* The earliest end of the name that is such a word; absent: none. */
static struct str stock_word(struct str name)
{
	const size_t n = sizeof stock_words / sizeof *stock_words;

	for (size_t i = 0; i < name.n; i++)
		for (size_t k = 0; k < n; k++)
			if ((i == 0 || k < n - STOCK_WHOLE) &&
			    fits(stock_words[k], str_skip(name, i)))
				return str_skip(name, i);
	return STR_NULL;
}

static struct str letters(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (ch_alpha(s.p[i]))
			p[n++] = ch_lower(s.p[i]);
	return str_of(p, n);
}

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

static size_t skip_space(struct str s, size_t i)
{
	while (i < s.n && space(s.p[i]))
		i++;
	return i;
}

/* "Name: something" at i, where no white space stands: its name; *end: where to look on. */
static struct str named_line(struct str s, size_t i, size_t *end)
{
	size_t at = i, colon;

	while (at < s.n && at - i < STOCK_NAME && s.p[at] != ':' && s.p[at] != '\n')
		at++;
	colon = skip_space(s, at);
	if (at - i < STOCK_LEAST || colon == s.n || s.p[colon] != ':')
		return STR_NULL;
	*end = skip_space(s, colon + 1) + 1;
	return *end <= s.n ? str_sub(s, i, at - i) : STR_NULL;
}

static bool stock_info(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct view_part *p = first_plain(s);
	struct str text = p && str_eq(p->type, STR("text/plain")) ? p->rendered : STR("");
	struct map *found = map_new(s->arena, false);

	(void)n;
	for (size_t i = skip_space(text, 0); i < text.n && map_len(found) < STOCK_DISTINCT;) {
		size_t end = i, line;
		struct str name = named_line(text, i, &end), word;
		word = name.p ? stock_word(letters(s->arena, name)) : STR_NULL;
		if (word.p && !map_get(found, word))
			map_put(found, word, s);
		line = str_chr(str_skip(text, end), '\n');
		i = line == SIZE_MAX ? text.n : skip_space(text, end + line + 1);
	}
	*evidence = arena_printf(s->arena, "%zu words", map_len(found));
	return arg[0].number == 0 || (double)map_len(found) >= arg[0].number;
}

/* ---- bounces of mail that we sent: Received fields of our relays in the text ---- */

#define RELAYS "welcomelist_bounce_relays"

static bool have_relays(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return lists_count(s->lists, STR(RELAYS)) > 0;
}

static bool is_received(struct str line)
{
	size_t i = 0;

	while (i < line.n && (line.p[i] == '>' || line.p[i] == ' '))
		i++;
	return str_istarts(str_skip(line, i), STR("Received:"));
}

static bool has_inner_dot(struct str word)
{
	return word.n > 2 && str_chr(str_sub(word, 1, word.n - 2), '.') != SIZE_MAX;
}

/* A word with a dot inside, white space on both sides, is one of the relays. */
static bool names_relay(struct scan *s, struct str line, struct str *evidence)
{
	size_t i = 0;

	while (i < line.n) {
		size_t from = i + 1, end = from;
		if (!space(line.p[i++]))
			continue;
		while (end < line.n && !space(line.p[end]))
			end++;
		if (end == line.n || !has_inner_dot(str_sub(line, from, end - from)))
			continue;
		*evidence = str_sub(line, from, end - from);
		if (lists_has(s->lists, STR(RELAYS), *evidence, NULL, NULL))
			return true;
		i = end + 1;
	}
	return false;
}

/* Fields in the octets of the body, with the lines that continue them. */
static bool body_names_relay(struct scan *s, struct str body, struct str *evidence)
{
	struct str field = STR_NULL;

	while (body.n) {
		size_t n = str_chr(body, '\n');
		struct str line = str_sub(body, 0, n == SIZE_MAX ? n : n + 1);
		if (field.p && space(line.p[0])) {
			field.n += line.n;
		} else {
			if (field.p && names_relay(s, field, evidence))
				return true;
			field = is_received(line) ? line : STR_NULL;
		}
		body = str_skip(body, line.n);
	}
	return field.p && names_relay(s, field, evidence);
}

static bool bounce_relay(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct view_lines *body;

	if (!s->view || !s->content || !have_relays(s, arg, n, evidence))
		return false;
	body = view_body(s->view);
	for (size_t i = 0; i < body->n; i++)
		if (is_received(body->p[i].text) && names_relay(s, body->p[i].text, evidence))
			return true;
	return body_names_relay(s, s->content->mime->body, evidence);
}

/* ---- other languages ---- */

/* Languages whose texts have such octets in any case. */
static const char *const octet_languages[] = { "am", "ar", "be", "bg", "cs", "el", "et", "fa", "fi",
					       "he", "hi", "hy", "is", "ja", "ka", "ko", "mr", "pt",
					       "ru", "ta", "th", "tr", "uk", "vi", "yi", "zh" };

#define OCTETS_RUN 8u

static bool ours_has_octets(const struct scan *s)
{
	const struct str list = STR("ok_languages");

	if (!lists_count(s->lists, list) || lists_has(s->lists, list, STR("all"), NULL, NULL))
		return true;
	for (size_t i = 0; i < sizeof octet_languages / sizeof *octet_languages; i++)
		if (lists_has(s->lists, list, str_c(octet_languages[i]), NULL, NULL))
			return true;
	return false;
}

static bool octets_run(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct view_lines *body;

	(void)arg;
	(void)n;
	(void)evidence;
	if (!s->view || ours_has_octets(s))
		return false;
	body = view_body(s->view);
	for (size_t i = 0; i < body->n; i++)
		for (size_t k = 0, run = 0; k < body->p[i].text.n; k++) {
			run = (unsigned char)body->p[i].text.p[k] >= 0x80 ? run + 1 : 0;
			if (run == OCTETS_RUN)
				return true;
		}
	return false;
}

#define FAR_LEAST 3u /* octets over 127; no fewer than others */

static bool far_charset(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct view_lines *body;
	struct mime_part type = { 0 };
	size_t high = 0, all = 0;

	(void)arg;
	(void)n;
	if (!s->view || sa_locales_all(s))
		return false;
	mime_content_type(s->arena, view_header(s->view, STR("Content-Type")), &type);
	*evidence = type.charset;
	if (!type.charset.n || sa_charset_ok(s, type.charset))
		return false;
	body = view_body(s->view);
	for (size_t i = 0; i < body->n; i++) {
		all += body->p[i].text.n + (i > 0);
		for (size_t k = 0; k < body->p[i].text.n; k++)
			high += (unsigned char)body->p[i].text.p[k] >= 0x80;
	}
	return high > FAR_LEAST && all - high <= high;
}

static const struct predicate predicates[] = {
	{ "plaintext_body_length", "n|n", text_length,
	  "octets before the signature: at least, at most" },
	{ "plaintext_sig_length", "n|n", signature_length,
	  "octets of the signature: at least, at most" },
	{ "plaintext_body_sig_ratio", "n|n", signature_ratio,
	  "octets of text for each of the signature: at least, at most" },
	{ "check_stock_info", "n", stock_info, "so many lines of facts about a stock" },
	{ "have_any_bounce_relays", "", have_relays, "welcomelist_bounce_relays is not empty" },
	{ "check_welcomelist_bounce_relays", "", bounce_relay,
	  "a Received field in the text names one of welcomelist_bounce_relays" },
	{ "check_whitelist_bounce_relays", "", bounce_relay, "the same" },
	{ "check_body_8bits", "", octets_run,
	  "eight octets over 127 in a row, which no language of ok_languages has" },
	{ "check_for_faraway_charset", "", far_charset,
	  "text in a charset of no language in ok_locales" },
	{ 0 },
};

const struct check check_sa_text = {
	.abi = CHECK_ABI,
	.name = "sa_text",
	.help = "SpamAssassin's functions of plain text",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT,
	.run = sa_run,
	.predicates = predicates,
};
