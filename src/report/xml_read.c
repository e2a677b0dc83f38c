/* Tags and text of an XML document, one after another. */
#include "report/xml_read.h"

#include <stdarg.h>

#include "base/buf.h"
#include "mail/text/charset.h"

#define DECLARATION_MAX 256u /* octets that are searched for the encoding */
#define ENTITY_MAX 12u	     /* octets between "&" and ";" */

/* ---- encodings ---- */

/* What stands in quotes behind encoding= in the declaration; absent: none. */
static struct str declared(struct str octets)
{
	struct str head = str_sub(octets, 0, DECLARATION_MAX);
	size_t end = str_find(head, STR("?>")), at;
	char quote;

	if (!str_starts(head, STR("<?xml")) || end == SIZE_MAX)
		return STR_NULL;
	head = str_sub(head, 0, end);
	at = str_find(head, STR("encoding"));
	if (at == SIZE_MAX)
		return STR_NULL;
	head = str_trim(str_skip(head, at + sizeof "encoding" - 1));
	if (!head.n || head.p[0] != '=')
		return STR_NULL;
	head = str_trim(str_skip(head, 1));
	if (!head.n || (head.p[0] != '"' && head.p[0] != '\''))
		return STR_NULL;
	quote = head.p[0];
	head = str_skip(head, 1);
	return str_cut(&head, quote);
}

static bool takes(struct str name)
{
	static const char *const prefix[] = { "utf-8",	"utf8",	     "us-ascii",    "ascii",
					      "utf-16", "iso-8859-", "windows-125", "latin1" };

	for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
		if (str_istarts(name, str_c(prefix[i])))
			return true;
	return false;
}

bool xml_decode(struct arena *a, struct str octets, struct str *text, struct str *fault)
{
	struct str name = declared(octets), utf8 = STR("utf-8");

	if (str_starts(octets, STR("<\0?\0")))
		name = STR("utf-16le");
	else if (str_starts(octets, STR("\0<\0?")))
		name = STR("utf-16be");
	else if (str_istarts(name, STR("utf-16"))) /* ASCII stands there: it cannot be */
		name = utf8;
	if (name.n && !takes(name)) {
		*fault = arena_printf(a,
				      "line 1: expected encoding UTF-8, ISO-8859 or UTF-16, "
				      "found \"%.*s\"",
				      STR_ARG(str_sub(name, 0, 40)));
		return false;
	}
	*text = charset_to_utf8(a, name.n ? name : utf8, octets, NULL);
	if (str_starts(*text, STR("\xef\xbb\xbf")))
		*text = str_skip(*text, 3);
	return true;
}

/* ---- faults ---- */

static size_t line_of(const struct xml *x)
{
	size_t line = 1;

	for (size_t i = 0; i < x->at && i < x->text.n; i++)
		line += x->text.p[i] == '\n';
	return line;
}

enum xml_event xml_fault(struct xml *x, const char *fmt, ...)
{
	va_list ap;
	struct str what;

	va_start(ap, fmt);
	what = arena_vprintf(x->arena, fmt, ap);
	va_end(ap);
	x->fault = arena_printf(x->arena, "line %zu: %.*s", line_of(x), STR_ARG(what));
	return XML_FAULT;
}

static struct str innermost(const struct xml *x)
{
	return x->depth ? x->open[x->depth - 1] : STR("");
}

static enum xml_event ends(struct xml *x, const char *expected)
{
	x->at = x->text.n;
	if (x->depth)
		return xml_fault(x, "expected %s and </%.*s>, found the end of the document",
				 expected, STR_ARG(innermost(x)));
	return xml_fault(x, "expected %s, found the end of the document", expected);
}

/* ---- text ---- */

static void keep(struct xml *x, struct str s)
{
	while (!x->nkept && s.n && ch_fws(s.p[0]))
		s = str_skip(s, 1);
	if (s.n > sizeof x->kept - x->nkept) {
		s = str_sub(s, 0, sizeof x->kept - x->nkept);
		x->cut = true;
	}
	if (s.n)
		memcpy(x->kept + x->nkept, s.p, s.n);
	x->nkept += s.n;
}

static size_t put_utf8(uint32_t c, char out[4])
{
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(n == 1 ? c : lead[n] | c);
	return n;
}

static bool is_char(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' ||
	       (c >= 0x20 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE &&
		c != 0xFFFF);
}

/* "#65" or "#x41"; false: no character. */
static bool numeric(struct str s, uint32_t *c)
{
	bool hex = s.n > 1 && s.p[1] == 'x';
	struct str digits = str_skip(s, hex ? 2 : 1);
	uint32_t v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		int d = hex ? ch_hex(digits.p[i]) : ch_digit(digits.p[i]) ? digits.p[i] - '0' : -1;

		if (d < 0 || v > 0x10FFFF)
			return false;
		v = v * (hex ? 16 : 10) + (uint32_t)d;
	}
	if (!digits.n || !is_char(v))
		return false;
	*c = v;
	return true;
}

static bool entity(struct xml *x)
{
	static const struct {
		const char *name;
		char is;
	} known[] = {
		{ "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' }
	};
	struct str rest = str_sub(x->text, x->at + 1, ENTITY_MAX + 1);
	size_t end = str_chr(rest, ';');
	struct str name = str_sub(rest, 0, end == SIZE_MAX ? 0 : end);
	char out[4];
	uint32_t c = 0;

	if (name.n && name.p[0] == '#' && numeric(name, &c))
		keep(x, str_of(out, put_utf8(c, out)));
	for (size_t i = 0; !c && i < sizeof known / sizeof *known; i++)
		if (str_eq(name, str_c(known[i].name))) {
			c = (uint32_t)known[i].is;
			keep(x, str_of(&known[i].is, 1));
		}
	if (c)
		x->at += name.n + 2;
	else
		xml_fault(x, "expected &lt; &gt; &amp; &quot; &apos; or a number, found \"&%.*s\"",
			  STR_ARG(end == SIZE_MAX ? STR("") : name));
	return c != 0;
}

static bool controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 && !ch_fws(s.p[i]))
			return true;
	return false;
}

/* Octets up to the next "<" or "&". */
static struct str plain(const struct xml *x)
{
	struct str rest = str_skip(x->text, x->at);
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '<' && rest.p[n] != '&')
		n++;
	return str_sub(rest, 0, n);
}

/* Text up to the next "<". False: a fault. */
static bool text_run(struct xml *x)
{
	while (x->at < x->text.n && x->text.p[x->at] != '<') {
		struct str s = plain(x);

		if (!x->depth && (str_trim(s).n || !s.n)) {
			xml_fault(x, x->over ? "expected the end of the document, found text"
					     : "expected an element, found text");
			return false;
		}
		if (controls(s)) {
			xml_fault(x, "expected text, found a control character");
			return false;
		}
		keep(x, s);
		x->at += s.n;
		if (x->at < x->text.n && x->text.p[x->at] == '&' && !entity(x))
			return false;
	}
	return true;
}

/* ---- tags ---- */

static struct str local(struct str name)
{
	size_t colon = str_rchr(name, ':');

	return colon == SIZE_MAX ? name : str_skip(name, colon + 1);
}

static enum xml_event close_tag(struct xml *x)
{
	x->name = local(innermost(x));
	x->value = str_trim(str_of(x->kept, x->nkept));
	x->nkept = 0;
	x->closing = false;
	x->depth--;
	x->over = x->depth == 0;
	if (x->cut)
		return xml_fault(x, "expected at most %u octets of text in <%.*s>", REPORT_MAX_TEXT,
				 STR_ARG(x->name));
	return XML_CLOSE;
}

/* Octets of the tag at s up to its ">", which may stand in quotes of an attribute; SIZE_MAX: none
 * within the limit, or a "<". */
static size_t tag_end(struct str s)
{
	char quote = 0;

	for (size_t i = 0; i < s.n && i <= XML_MAX_TAG; i++) {
		char c = s.p[i];

		if (c == '<')
			return SIZE_MAX;
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i;
	}
	return SIZE_MAX;
}

static bool name_ok(struct str name)
{
	unsigned char c = name.n ? (unsigned char)name.p[0] : 0;

	if (!name.n || name.n > XML_MAX_NAME || !(ch_alpha((char)c) || c == '_' || c >= 0x80))
		return false;
	for (size_t i = 1; i < name.n; i++) {
		c = (unsigned char)name.p[i];
		if (!ch_alnum((char)c) && c != '_' && c != '-' && c != '.' && c != ':' && c < 0x80)
			return false;
	}
	return local(name).n > 0;
}

static struct str tag_name(struct str tag)
{
	size_t n = 0;

	while (n < tag.n && !ch_fws(tag.p[n]))
		n++;
	return str_sub(tag, 0, n);
}

static enum xml_event end_tag(struct xml *x, struct str tag)
{
	struct str name = str_trim(str_skip(tag, 1));

	if (!x->depth || !str_eq(name, innermost(x)))
		return xml_fault(x, "expected %s%.*s%s, found </%.*s>",
				 x->depth ? "</" : "an element", STR_ARG(innermost(x)),
				 x->depth ? ">" : "", STR_ARG(str_sub(name, 0, XML_MAX_NAME)));
	return close_tag(x);
}

static enum xml_event start_tag(struct xml *x, struct str tag)
{
	bool empty = tag.n && tag.p[tag.n - 1] == '/';
	struct str name;

	tag = str_sub(tag, 0, tag.n - empty);
	name = tag_name(tag);
	if (!name_ok(name))
		return xml_fault(x, "expected the name of an element, of at most %u octets",
				 XML_MAX_NAME);
	if (x->over)
		return xml_fault(x, "expected the end of the document, found <%.*s>",
				 STR_ARG(name));
	if (x->depth == XML_MAX_DEPTH)
		return xml_fault(x, "expected at most %u elements in one another", XML_MAX_DEPTH);
	x->open[x->depth++] = name;
	x->name = local(name);
	x->attrs = str_skip(tag, name.n);
	x->closing = empty;
	x->nkept = 0;
	x->cut = false;
	return XML_OPEN;
}

/* "<...>" that is an element's begin or end. */
static enum xml_event tag(struct xml *x)
{
	struct str rest = str_skip(x->text, x->at + 1);
	size_t n = tag_end(rest);
	struct str inside = str_sub(rest, 0, n == SIZE_MAX ? 0 : n);
	enum xml_event e;

	if (n == SIZE_MAX)
		return rest.n <= XML_MAX_TAG && str_chr(rest, '<') == SIZE_MAX
			       ? ends(x, "\">\"")
			       : xml_fault(x, "expected \">\" within %u octets of \"<\"",
					   XML_MAX_TAG);
	e = inside.n && inside.p[0] == '/' ? end_tag(x, inside) : start_tag(x, inside);
	x->at += n + 2;
	return e;
}

/* ---- what is no element ---- */

enum aside { ASIDE_NONE, ASIDE_DONE, ASIDE_FAULT };

/* Where end, which has ">" last, begins. No further is looked than it stands: there may be
 * millions. */
static size_t find_end(struct str s, struct str end)
{
	size_t from = 0, n;

	while ((n = str_chr(str_skip(s, from), '>')) != SIZE_MAX) {
		from += n + 1;
		if (from >= end.n && str_eq(str_sub(s, from - end.n, end.n), end))
			return from - end.n;
	}
	return SIZE_MAX;
}

static enum aside skip_to(struct xml *x, size_t opening, struct str end, bool text)
{
	struct str rest = str_skip(x->text, x->at + opening);
	size_t n = find_end(rest, end);

	if (n == SIZE_MAX) {
		ends(x, end.n == 2 ? "\"?>\"" : text ? "\"]]>\"" : "\"-->\"");
		return ASIDE_FAULT;
	}
	if (text)
		keep(x, str_sub(rest, 0, n));
	x->at += opening + n + end.n;
	return ASIDE_DONE;
}

/* A comment, a section of character data, a processing instruction. */
static enum aside aside(struct xml *x)
{
	struct str rest = str_skip(x->text, x->at);

	if (str_starts(rest, STR("<!--")))
		return skip_to(x, 4, STR("-->"), false);
	if (str_starts(rest, STR("<?")))
		return skip_to(x, 2, STR("?>"), false);
	if (str_starts(rest, STR("<![CDATA[")) && x->depth)
		return skip_to(x, 9, STR("]]>"), true);
	if (!str_starts(rest, STR("<!")))
		return ASIDE_NONE;
	xml_fault(x, "expected an element, found a document type or an entity, which are refused");
	return ASIDE_FAULT;
}

void xml_init(struct xml *x, struct arena *a, struct str text)
{
	memset(x, 0, offsetof(struct xml, kept));
	x->arena = a;
	x->text = text;
}

enum xml_event xml_next(struct xml *x)
{
	enum aside found;

	if (x->fault.n)
		return XML_FAULT;
	if (x->closing)
		return close_tag(x);
	do {
		if (!text_run(x))
			return XML_FAULT;
		if (x->at >= x->text.n)
			return x->over ? XML_END : ends(x, "an element");
		found = aside(x);
	} while (found == ASIDE_DONE);
	return found == ASIDE_FAULT ? XML_FAULT : tag(x);
}
