/* SpamAssassin's functions of MIME: what parts say of themselves and how they are encoded. */
#include "checks/checks.h"
#include "checks/sa/sa.h"
#include "mail/view/view_priv.h"

/* Counted once a message, over all its parts; what stock rules can ask for by name. */
enum fact {
	FACT_BASE64,
	FACT_BASE64_TEXT,
	FACT_HTML,
	FACT_TEXT,
	FACT_FARAWAY,
	FACT_NO_BOUNDARY,
	FACT_ALTERNATIVE,
	FACT_RATIO,
	FACT_QP,
	FACT_QP_LONG,
	FACT_QP_RATIO,
	FACT_ASCII_ILLEGAL,
	FACT_UNICODE_RATIO,
	FACT_ATTACHMENT,
	FACT_BAD_ISO,
	FACTS
};

static const char *const fact_name[FACTS] = {
	"mime_base64_count",
	"mime_base64_encoded_text",
	"mime_body_html_count",
	"mime_body_text_count",
	"mime_faraway_charset",
	"mime_missing_boundary",
	"mime_multipart_alternative",
	"mime_multipart_ratio",
	"mime_qp_count",
	"mime_qp_long_line",
	"mime_qp_ratio",
	"mime_ascii_text_illegal",
	"mime_text_unicode_ratio",
	"mime_attachment",
	"mime_bad_iso_charset",
};

#define QP_LINE 78u	  /* octets of a quoted-printable line that is not long */
#define UNICODE_ESCAPE 8u /* "&#x1234;" */

struct tally {
	double fact[FACTS];
	size_t qp_octets, qp_escapes, plain, escapes;
	double last_text, last_html; /* octets of the last leaf of each kind; -1: none */
};

/* ---- one line of a leaf ---- */

static bool is_escape(struct str s)
{
	if (s.n < UNICODE_ESCAPE || !str_starts(s, STR("&#x")) || s.p[7] != ';')
		return false;
	for (size_t i = 3; i < 7; i++)
		if (ch_hex(s.p[i]) < 0 || (s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

static void count_unicode(struct tally *t, struct str line)
{
	size_t found = 0;

	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '&' && is_escape(str_skip(line, i))) {
			found++;
			i += UNICODE_ESCAPE - 1;
		}
	t->escapes += found;
	t->plain += line.n - found * UNICODE_ESCAPE;
}

static int upper_hex(char c)
{
	return c >= 'a' && c <= 'f' ? -1 : ch_hex(c);
}

/* An escape of a character that need not be escaped. */
static bool needless(int high, int low)
{
	if (high < 0 || low < 0)
		return false;
	switch (high) {
	case 0:
		return low == 9;
	case 3:
		return low != 13;
	case 7:
		return low != 15;
	default:
		return high == 2 || high == 4 || high == 5 || high == 6;
	}
}

static void count_qp(struct tally *t, struct str line)
{
	size_t end = line.n, trailing = 0;

	if (str_starts(line, STR("SPAM: ")))
		return;
	if (line.n > QP_LINE + 1)
		t->fact[FACT_QP_LONG] = 1;
	t->qp_octets += line.n;
	for (size_t i = 0; i + 2 < line.n; i++)
		if (line.p[i] == '=' &&
		    needless(upper_hex(line.p[i + 1]), upper_hex(line.p[i + 2]))) {
			t->qp_escapes++;
			i += 2;
		}
	while (end && ch_fws(line.p[end - 1]))
		end--;
	while (end >= 3 && (str_eq(str_sub(line, end - 3, 3), STR("=09")) ||
			    str_eq(str_sub(line, end - 3, 3), STR("=20")))) {
		trailing++;
		end -= 3;
	}
	t->qp_escapes -= trailing < t->qp_escapes ? trailing : t->qp_escapes;
}

static bool not_ascii_text(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\0' || (unsigned char)line.p[i] > 127 ||
		    (line.p[i] == '\r' && (i + 1 == line.n || line.p[i + 1] != '\n')))
			return true;
	return false;
}

/* ---- one part ---- */

struct leaf {
	bool plain, html, attached, qp, plain_ascii, unencoded;
};

/* A line as SpamAssassin has it: its end is one LF. */
static size_t line_octets(struct str line)
{
	return line.n >= 2 && line.p[line.n - 2] == '\r' && line.p[line.n - 1] == '\n' ? line.n - 1
										       : line.n;
}

static void read_leaf(struct tally *t, struct str raw, const struct leaf *l)
{
	double octets = 0;

	while (raw.n) {
		size_t end = str_chr(raw, '\n');
		struct str line = str_sub(raw, 0, end == SIZE_MAX ? raw.n : end + 1);
		size_t n = line_octets(line);
		octets += (double)n;
		if (l->qp)
			count_qp(t, str_sub(line, 0, n));
		if (l->plain_ascii && not_ascii_text(line))
			t->fact[FACT_ASCII_ILLEGAL]++;
		if (l->unencoded)
			count_unicode(t, str_sub(line, 0, n));
		raw = str_skip(raw, line.n);
	}
	if (l->attached)
		return;
	if (t->fact[FACT_ALTERNATIVE] == 0)
		octets = 0;
	if (l->html)
		t->last_html = octets;
	else if (l->plain)
		t->last_text = octets;
}

static bool has(struct str s, const char *word)
{
	return s.n && str_ifind(s, str_c(word));
}

static bool ascii_charset(struct str c)
{
	static const char *const names[] = {
		"us", "ascii", "ansi_x3.4-19", "iso-ir-6", "iso_646.irv:1991", "ibm367", "cp367"
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (has(c, names[i]))
			return true;
	return !c.n;
}

static void read_header(struct scan *s, struct tally *t, const struct view_part *p, struct str cte,
			struct str cd)
{
	bool html = str_eq(p->type, STR("text/html"));
	bool text = str_starts(p->type, STR("text/")) && !html;
	bool base64 = has(cte, "base64");

	t->fact[FACT_HTML] += html;
	t->fact[FACT_TEXT] += text;
	t->fact[FACT_BASE64] += base64;
	t->fact[FACT_QP] += !base64 && has(cte, "quoted-printable");
	t->fact[FACT_ATTACHMENT] += has(cd, "attachment");
	if ((text || html) && base64 && ascii_charset(p->charset) &&
	    !str_istarts(cd, STR("attachment")) && !str_istarts(cd, STR("inline")))
		t->fact[FACT_BASE64_TEXT] = 1;
	if (str_eq(p->type, STR("multipart/alternative")))
		t->fact[FACT_ALTERNATIVE] = 1;
	if (p->charset.n && !sa_charset_ok(s, p->charset))
		t->fact[FACT_FARAWAY] = 1;
}

static void read_part(struct scan *s, struct tally *t, struct view_part *p)
{
	struct str cte = view_part_field(s->view, p, STR("content-transfer-encoding"), NULL);
	struct str cd = view_part_field(s->view, p, STR("content-disposition"), NULL);
	struct leaf l = { .attached = has(cd, "attachment"),
			  .html = str_eq(p->type, STR("text/html")),
			  .plain = str_eq(p->type, STR("text/plain")) };

	cte = str_trim(cte);
	read_header(s, t, p, cte, str_trim(cd));
	if (!p->leaf)
		return;
	l.qp = str_ieq(cte, STR("quoted-printable"));
	l.plain_ascii = l.plain && (!p->charset.n || str_ieq(p->charset, STR("us-ascii")));
	l.unencoded = l.plain && (!cte.n || str_ieq(cte, STR("7bit")) || str_ieq(cte, STR("8bit")));
	read_leaf(t, p->raw, &l);
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct tally *t = state;
	size_t n;

	(void)config;
	if (!s->content || !s->view)
		return CHECK_DONE;
	*t = (struct tally){ .last_text = -1, .last_html = -1 };
	t->fact[FACT_RATIO] = 1;
	t->fact[FACT_NO_BOUNDARY] = (s->content->mime->flags & MIME_F_UNCLOSED) != 0;
	view_parts(s->view, &n);
	for (size_t i = 0; i < n; i++)
		read_part(s, t, &s->view->parts[i]);
	if (t->qp_octets) {
		t->fact[FACT_QP_RATIO] = (double)t->qp_escapes / (double)t->qp_octets;
		t->fact[FACT_QP] = (double)t->qp_escapes;
	}
	if (t->plain)
		t->fact[FACT_UNICODE_RATIO] = (double)t->escapes / (double)t->plain;
	if (t->fact[FACT_ALTERNATIVE] != 0 && t->last_text >= 0 && t->last_html > 0)
		t->fact[FACT_RATIO] = t->last_text / t->last_html;
	scan_publish(s, &check_sa_mime, t);
	return CHECK_DONE;
}

/* ---- the functions ---- */

static double fact(const struct scan *s, enum fact f)
{
	const struct tally *t = scan_result(s, &check_sa_mime);

	return t ? t->fact[f] : f == FACT_RATIO ? 1 : 0;
}

static bool for_mime(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)n;
	(void)evidence;
	for (size_t i = 0; i < FACTS; i++)
		if (str_eq(arg[0].text, str_c(fact_name[i])))
			return fact(s, (enum fact)i) != 0;
	return false;
}

static bool top_html(const struct scan *s)
{
	struct str type = s->view ? view_header(s->view, STR("Content-Type")) : STR("");

	return str_istarts(type, STR("text/html"));
}

static bool for_html(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return top_html(s) || fact(s, FACT_HTML) > 0;
}

static bool for_html_only(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return top_html(s) || (fact(s, FACT_HTML) > 0 && fact(s, FACT_TEXT) == 0);
}

static bool multipart_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
			    struct str *evidence)
{
	(void)n;
	(void)evidence;
	return fact(s, FACT_RATIO) >= arg[0].number && fact(s, FACT_RATIO) < arg[1].number;
}

static bool ascii_illegal(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return fact(s, FACT_ASCII_ILLEGAL) > 0;
}

static bool unicode_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	(void)n;
	(void)evidence;
	return fact(s, FACT_UNICODE_RATIO) >= arg[0].number;
}

static bool qp_ratio(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)n;
	(void)evidence;
	return fact(s, FACT_QP_RATIO) >= arg[0].number;
}

/* A part of an alternative that is no text. */
static bool ma_non_text(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct mime *m = s->content ? s->content->mime : NULL;

	(void)arg;
	(void)n;
	for (size_t i = 0; m && i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];
		bool inside = false;
		if (p->multipart || str_eq(p->type, STR("text")) ||
		    (str_eq(p->type, STR("application")) && str_eq(p->subtype, STR("rtf"))))
			continue;
		for (uint32_t up = p->parent; up != UINT32_MAX && !inside;
		     up = m->parts.p[up].parent)
			inside = str_eq(m->parts.p[up].type, STR("multipart")) &&
				 str_eq(m->parts.p[up].subtype, STR("alternative"));
		if (inside) {
			*evidence = p->path;
			return true;
		}
	}
	return false;
}

static bool base64_length(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct mime *m = s->content ? s->content->mime : NULL;
	size_t longest = 0;

	(void)evidence;
	for (size_t i = 0; m && i < m->parts.n; i++) {
		const struct mime_part *p = &m->parts.p[i];
		struct str raw = mime_raw(m, p);
		if (p->multipart || p->message || !str_ieq(p->encoding_given, STR("base64")))
			continue;
		while (raw.n) {
			size_t end = str_chr(raw, '\n');
			struct str line = str_sub(raw, 0, end == SIZE_MAX ? raw.n : end + 1);
			if (line_octets(line) > longest)
				longest = line_octets(line);
			raw = str_skip(raw, line.n);
		}
	}
	return (double)longest >= arg[0].number && (n < 2 || (double)longest <= arg[1].number);
}

static const struct predicate predicates[] = {
	{ "check_for_mime", "s", for_mime, "SpamAssassin's count of that name is not 0" },
	{ "check_for_mime_html", "", for_html, "there is HTML" },
	{ "check_for_mime_html_only", "", for_html_only, "there is HTML and no plain text" },
	{ "check_mime_multipart_ratio", "nn", multipart_ratio,
	  "octets of plain text for each of HTML, in an alternative: at least, under" },
	{ "check_for_ascii_text_illegal", "", ascii_illegal,
	  "a text that says ASCII has other octets" },
	{ "check_abundant_unicode_ratio", "n", unicode_ratio,
	  "plain text has so many \"&#x1234;\" for each octet" },
	{ "check_qp_ratio", "n", qp_ratio, "so many octets are escaped that need not be" },
	{ "check_ma_non_text", "", ma_non_text, "an alternative has a part that is no text" },
	{ "check_base64_length", "n|n", base64_length,
	  "the longest line of base64: at least, at most" },
	{ 0 },
};

const struct check check_sa_mime = {
	.abi = CHECK_ABI,
	.name = "sa_mime",
	.help = "SpamAssassin's functions of MIME",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.state_size = sizeof(struct tally),
	.run = run,
	.predicates = predicates,
};
