/* Authentication-Results fields, written: whatever the values are, every reader sees only ours. */
#include "auth/authres/authres.h"

#include "base/utf8.h"
#include "base/err.h"

#define FOLD_AT 78u
#define NAME_OCTETS (sizeof "Authentication-Results: " - 1)
#define CUT_MARK "..."

static void check_keyword(const char *z)
{
	for (const char *p = z; *p; p++)
		if (!ch_alnum(*p) && *p != '-' && *p != '_')
			bug("authres: \"%s\" is no keyword", z);
	if (!*z)
		bug("authres: empty keyword");
}

/* ---- what may get out ---- */

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && str_chr(STR("-._+"), s.p[i]) == SIZE_MAX)
			return false;
	return true;
}

/* Labels of letters, digits, "-" and "_" between single dots. */
static bool is_plain_domain(struct str s)
{
	size_t label = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '+' || (s.p[i] == '.' && label == 0))
			return false;
		label = s.p[i] == '.' ? 0 : label + 1;
	}
	return is_plain(s) && label > 0;
}

/* A local part as a dot-atom: no dot at its ends, no two in a row. */
static bool is_plain_local(struct str s)
{
	return is_plain(s) && (!s.n || (s.p[0] != '.' && s.p[s.n - 1] != '.')) &&
	       str_find(s, STR("..")) == SIZE_MAX;
}

/* A token; or an address, which stands for itself in a property and nowhere else (RFC 8601 2.2). */
static bool is_unquoted(struct str s, bool property)
{
	size_t at = str_chr(s, '@');

	if (at == SIZE_MAX || !property)
		return s.n > 0 && is_plain(s);
	return is_plain_local(str_sub(s, 0, at)) && is_plain_domain(str_skip(s, at + 1));
}

/* C0, DEL, C1; marks, separators and overrides that change how the rest is shown; and what a field
 * is structured with, since not everybody who reads it knows about quotes. */
static bool is_harmful(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '"' || cp == '\\' || cp == '(' ||
	       cp == ')' || cp == ';' || cp == 0xad || cp == 0x61c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
	       (cp & 0xfffe) == 0xfffe || (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* The "=" at i would look like a result or a property: "=pass", or "header.d=". */
static bool is_claim(struct str v, size_t i)
{
	static const char *const ptypes[] = { "header", "smtp", "policy", "body", "dns" };
	struct str after = str_trim(str_skip(v, i + 1)), before = str_trim(str_sub(v, 0, i));
	size_t dot;

	if (str_istarts(after, STR("pass")))
		return true;
	dot = str_rchr(before, '.');
	if (dot == SIZE_MAX)
		return false;
	for (size_t k = dot + 1; k < before.n; k++)
		if (!ch_alnum(before.p[k]) && before.p[k] != '-')
			return false;
	for (size_t k = 0; k < sizeof ptypes / sizeof *ptypes; k++)
		if (str_iends(str_sub(before, 0, dot), str_c(ptypes[k])))
			return true;
	return false;
}

/* The value as it is written, quotes included. */
static struct str render(struct arena *a, struct str value, bool property)
{
	struct buf b = { .arena = a };
	bool cut = value.n > AUTHRES_MAX_VALUE;
	size_t max = cut ? AUTHRES_MAX_VALUE - sizeof CUT_MARK + 1 : value.n;

	if (!cut && is_unquoted(value, property))
		return value;
	buf_addc(&b, '"');
	for (size_t i = 0; i < max;) {
		uint32_t cp = 0;
		size_t n = utf8_read(str_skip(value, i), &cp);

		if (i + n > max)
			break;
		if (n == 0 || is_harmful(cp) || (cp == '=' && is_claim(value, i))) {
			n = n ? n : 1;
			for (size_t k = 0; k < n; k++)
				buf_addc(&b, '?');
		} else {
			buf_add(&b, str_sub(value, i, n));
		}
		i += n;
	}
	if (cut)
		buf_add(&b, STR(CUT_MARK));
	buf_addc(&b, '"');
	return buf_str(&b);
}

/* ---- the field ---- */

/* Takes back the method under way; nothing is written any more. */
static void close_field(struct authres_writer *w)
{
	w->full = true;
	w->out.n = w->mark;
	w->any = w->methods > 1;
}

/* Adds an item after a blank, or on a line of its own if it would not fit; all or nothing. */
static void add_item(struct authres_writer *w, struct str item)
{
	bool fold = w->col + 1 + item.n > FOLD_AT;

	if (w->out.n + item.n + 3 > AUTHRES_MAX_FIELD) {
		close_field(w);
		return;
	}
	buf_add(&w->out, fold ? STR("\r\n\t") : STR(" "));
	buf_add(&w->out, item);
	w->col = fold ? 1 + item.n : w->col + 1 + item.n;
}

void authres_begin(struct authres_writer *w, struct arena *a, struct str authserv_id)
{
	*w = (struct authres_writer){ .out = { .arena = a } };
	buf_add(&w->out, render(a, authserv_id, false));
	w->mark = w->out.n;
	w->col = NAME_OCTETS + w->out.n;
}

void authres_method(struct authres_writer *w, const char *method, const char *result)
{
	check_keyword(method);
	check_keyword(result);
	if (w->full)
		return;
	w->mark = w->out.n;
	w->props = 0;
	w->methods++;
	if (w->methods > AUTHRES_MAX_RESULTS) {
		close_field(w);
		return;
	}
	buf_addf(&w->out, ";\r\n\t%s=%s", method, result);
	w->col = w->out.n - w->mark - 3;
	w->any = true;
	if (w->out.n > AUTHRES_MAX_FIELD)
		close_field(w);
}

void authres_reason(struct authres_writer *w, struct str reason)
{
	struct str v = render(w->out.arena, reason, false);

	if (w->full || !w->any)
		return;
	if (w->props)
		bug("authres: a reason after a property");
	add_item(w, arena_printf(w->out.arena, "reason=%.*s", STR_ARG(v)));
}

void authres_prop(struct authres_writer *w, const char *ptype, const char *prop, struct str value)
{
	struct str v;

	check_keyword(ptype);
	check_keyword(prop);
	if (w->full || !w->any || w->props == AUTHRES_MAX_PROPS)
		return;
	w->props++;
	v = render(w->out.arena, value, true);
	add_item(w, arena_printf(w->out.arena, "%s.%s=%.*s", ptype, prop, STR_ARG(v)));
}

struct str authres_end(struct authres_writer *w)
{
	if (!w->any)
		buf_add(&w->out, STR("; none"));
	return buf_str(&w->out);
}
