/* What a Received field says of authentication (RFC 3848 and what MTAs write in comments). */
#include "mail/view/relays_priv.h"

static bool has(struct str s, const char *what)
{
	return str_find(s, str_c(what)) != SIZE_MAX;
}

/* What follows the first `what` in s; absent: it is not there. */
static struct str after(struct str s, const char *what)
{
	size_t at = s.p ? str_find(s, str_c(what)) : SIZE_MAX;

	return at == SIZE_MAX ? STR_NULL : str_skip(s, at + strlen(what));
}

static const char *const protocols[] = {
	"ESMTPA",    "ESMTPSA",	   "LMTPA", "LMTPSA", "UTF8SMTPA", "UTF8SMTPSA",
	"UTF8LMTPA", "UTF8LMTPSA", "ASMTP", "HTTP",   "HTTPS",	   "HTTPU",
};

static bool is_protocol(struct str w)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (str_ieq(w, str_c(protocols[i])))
			return true;
	return false;
}

/* " with ESMTPA ": the word, as written. */
static struct str by_protocol(struct str s)
{
	for (size_t i = 0; i + 6 < s.n; i++) {
		size_t end = i + 6;
		if (s.p[i] != ' ' || !str_istarts(str_skip(s, i), STR(" with ")))
			continue;
		while (end < s.n && s.p[end] != ' ' && s.p[end] != ';')
			end++;
		if (is_protocol(str_sub(s, i + 6, end - i - 6)))
			return str_sub(s, i + 6, end - i - 6);
	}
	return STR_NULL;
}

/* "abc12sm345678def.12.2012.01.02.03.04.05": letters of the pattern stand for classes. */
static bool google_id(struct str s)
{
	size_t sm = str_find(s, STR("sm")), i, k;

	if (sm == SIZE_MAX || !sm || sm > 4)
		return false;
	for (i = sm + 2; i < s.n && ch_digit(s.p[i]); i++)
		continue;
	if (i < sm + 4 || i > sm + 11)
		return false;
	for (k = 0; k < 3 && i < s.n && ch_alpha(s.p[i]); k++)
		i++;
	if (k < 3 || i >= s.n || s.p[i] != '.')
		return false;
	s = str_skip(s, i + 1);
	k = str_chr(s, '.');
	return k != SIZE_MAX && k >= 1 && k <= 3 && s.n >= k + 20 && s.p[k + 5] == '.';
}

static struct str by_google(struct arena *a, struct str s)
{
	struct str id = after(s, " by mx.google.com with ESMTPS id ");
	struct str v = after(s, "(version="), c = after(v, " cipher=");
	size_t end = c.p ? str_chr(c, ')') : SIZE_MAX;

	if (!id.p || !google_id(id) || end == SIZE_MAX || !end)
		return STR_NULL;
	v = str_sub(v, 0, (size_t)(c.p - v.p) - 8);
	if (str_chr(v, ' ') != SIZE_MAX)
		return STR_NULL;
	return arena_printf(a, "GMail - transport=%.*s cipher=%.*s", STR_ARG(v),
			    STR_ARG(str_sub(c, 0, end)));
}

/* Behind the address of the client: "])", ")]", and "] (...))"; absent. */
static struct str after_client(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		struct str r = str_skip(s, i + 2);
		if ((s.p[i] == ']' && s.p[i + 1] == ')') || (s.p[i] == ')' && s.p[i + 1] == ']')) {
			if (r.n && r.p[0] == ' ')
				return r;
		} else if (str_starts(str_skip(s, i), STR("] ("))) {
			size_t end = str_chr(r, ')');
			if (end != SIZE_MAX && str_starts(str_skip(r, end), STR(")) ")))
				return str_skip(r, end + 2);
		}
	}
	return STR_NULL;
}

static struct str by_auth_comment(struct str s)
{
	static const char *const kinds[] = { "LOGIN", "PLAIN", "DIGEST-MD5", "CRAM-MD5" };
	struct str r = after(s, "]) (AUTH: ");

	r = r.p ? r : after(s, ")] (AUTH: ");
	for (size_t i = 0; r.p && i < sizeof kinds / sizeof *kinds; i++) {
		struct str k = str_c(kinds[i]);
		if (str_starts(r, k) && r.n > k.n && r.p[k.n] == ' ' && has(r, ") by "))
			return k;
	}
	return STR_NULL;
}

static bool by_sendmail(struct str s)
{
	struct str r;

	if (!has(s, "authenticated"))
		return false;
	r = after(after(after_client(s), "("), "authenticated");
	return after(after(r, ")"), " by").p != NULL;
}

static struct str by_gmx(struct arena *a, struct str s)
{
	static const char *const forms[] = {
		"%*from %W (%E %H) [%a] by mail.gmx.net (%p) with %M",
		"%*from %W (%E %H) [%a] by mail.gmx.com (%p) with %M"
	};
	struct found f;

	if (!has(s, " by mail.gmx."))
		return STR_NULL;
	for (size_t i = 0; i < 2; i++)
		if (form_match(forms[i], s, &f))
			return arena_printf(a, "GMX (%s / mail.gmx.%s)",
					    has(s, ") with ESMTP") ? "ESMTP" : "SMTP",
					    i ? "com" : "net");
	return STR_NULL;
}

static struct str by_postfix(struct arena *a, struct str s)
{
	struct str r = after(s, ") (Authenticated sender: "), name;
	struct found f;

	if (!r.p || !form_match("%w) by %w (%s) with ", r, &f))
		return STR_NULL;
	name = f.sub;
	return str_eq(name, STR("Postfix")) ? name
					    : arena_printf(a, "Postfix (%.*s)", STR_ARG(name));
}

static bool by_communigate(struct str s)
{
	return has(s, " (account ") &&
	       (has(s, "CommuniGate Pro HTTP") || has(s, "CommuniGate Pro SMTP") ||
		has(s, "CommuniGate Pro XIMSS") || has(s, "CommuniGate Pro IMAP"));
}

/* "(via HTTP)" */
static struct str by_via(struct str s)
{
	for (size_t i = 0; i + 10 < s.n; i++) {
		struct str r = str_skip(s, i);
		size_t end;
		if (r.p[0] != ' ' || !str_istarts(r, STR(" (via HTTP")))
			continue;
		end = str_chr(r, ')');
		if (end == SIZE_MAX || end > 11 ||
		    (end + 1 < r.n && r.p[end + 1] != ' ' && r.p[end + 1] != ';'))
			continue;
		return str_sub(r, 6, end - 6);
	}
	return STR_NULL;
}

struct str hop_auth(struct arena *a, struct str s)
{
	bool by = has(s, " by ");
	struct str r = by ? by_protocol(s) : STR_NULL;

	if (!r.p)
		r = by_google(a, s);
	if (!r.p)
		r = by_auth_comment(s);
	if (!r.p && by_sendmail(s))
		r = STR("Sendmail");
	if (!r.p)
		r = by_gmx(a, s);
	if (!r.p && has(after(s, ") by "), ") (authenticated as ") && has(s, ") id "))
		r = STR("CriticalPath");
	if (!r.p)
		r = by_postfix(a, s);
	if (!r.p && by_communigate(s))
		r = STR("Communigate");
	if (!r.p && has(s, " with Microsoft Exchange Server HTTP-DAV"))
		r = STR("HTTP-DAV");
	if (!r.p && by)
		r = by_via(s);
	return r.p ? r : STR("");
}
