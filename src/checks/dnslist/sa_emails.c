/* Mail addresses in text as SpamAssassin's HashBL finds them, and those that are nobody's. */
#include "checks/dnslist/sa.h"
#include "mail/view/names.h"

#define LOCAL_MAX 64u
#define HOST_MAX 253u
#define LABELS_MAX 5u /* below the top level: 4 */

static bool atom(char c)
{
	return ch_alnum(c) || (c && strchr("!#$%&'*+/=?^_`{|}~-", c));
}

/* The octets of a local part that ends at text.p[at]: atoms with single dots between; 0: none. */
static size_t local_before(struct str text, size_t at)
{
	size_t n = 0;

	while (n < at && n <= LOCAL_MAX) {
		char c = text.p[at - 1 - n];
		bool dot = c == '.' && n && text.p[at - n] != '.';
		if (!atom(c) && !dot)
			break;
		n++;
	}
	while (n && text.p[at - n] == '.')
		n--;
	if (!n || text.p[at - 1] == '.' || n > LOCAL_MAX)
		return 0;
	return n;
}

/* The octets of the longest name behind text.p[at] that ends in a listed top level; 0: none. */
static size_t host_after(const struct view *v, struct str text, size_t at)
{
	size_t best = 0, label = at, labels = 0, i = at;

	for (; i <= text.n && i - at <= HOST_MAX; i++) {
		char c = i < text.n ? text.p[i] : '\0';
		if (ch_alnum(c) || (c == '-' && i > label))
			continue;
		if (i == label || text.p[i - 1] == '-' || i - label > 63)
			break;
		if (labels && view_tld_is(v, str_sub(text, label, i - label)))
			best = i - at;
		if (c != '.' || ++labels == LABELS_MAX)
			break;
		label = i + 1;
	}
	return best;
}

/* Where the run of octets that are no space begins that this octet is in: kept from call to call,
 * so that text is read once. */
struct run {
	size_t from, upto;
	bool link; /* it holds the beginning of a link */
};

static bool in_link(struct str text, size_t at, struct run *r)
{
	for (; r->upto < at; r->upto++) {
		struct str rest = str_skip(text, r->upto);
		if (ch_fws(text.p[r->upto])) {
			r->from = r->upto + 1;
			r->link = false;
		} else if (ch_lower(text.p[r->upto]) == 'h') {
			r->link |= str_istarts(rest, STR("http://")) ||
				   str_istarts(rest, STR("https://"));
		}
	}
	return r->link;
}

/* "... a@example.com wrote:": a short word and a colon behind some space; not "phone:". */
static bool is_quoted(struct str text, size_t begin, size_t end)
{
	static const char *const fine[] = { "fax",   "facsi",  "tel", "phone",
					    "email", "e-mail", "mail" };
	size_t gap = end, word;

	if (begin >= 7 && str_ieq(str_sub(text, begin - 7, 7), STR("mailto:")))
		return false;
	if (end < text.n && text.p[end] == '>')
		return true;
	while (gap < text.n && gap - end < 10 && ch_fws(text.p[gap]))
		gap++;
	for (word = gap; word < text.n && word - gap < 12 && ch_alpha(text.p[word]);)
		word++;
	if (gap == end || word - gap < 2 || word - gap > 11 || word == text.n ||
	    text.p[word] != ':')
		return false;
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		if (str_istarts(str_skip(text, gap), str_c(fine[i])))
			return false;
	return true;
}

/* By the site's own expression. */
static void by_regex(struct sanet *n, struct str text, struct map *seen, sanet_strs *out)
{
	struct str found;

	for (size_t at = 0; sa_regex_next(n->plan->set.email, text, &at, &found);)
		sanet_add_once(n->scan->arena, out, seen, found);
}

void sanet_emails(struct sanet *n, struct str text, unsigned flags, sanet_strs *out)
{
	struct map *seen = map_new(n->scan->arena, false);
	struct run run = { 0 };
	size_t next = 0;

	if (n->plan->set.email) {
		by_regex(n, text, seen, out);
		return;
	}
	for (size_t at = str_chr(text, '@'); at < text.n;) {
		size_t left = local_before(text, at),
		       right = host_after(n->scan->view, text, at + 1);
		struct str rest;
		if (left && right && at - left >= next) {
			bool skip = (flags & EMAIL_NOURI && in_link(text, at - left, &run)) ||
				    (flags & EMAIL_NOQUOTE &&
				     is_quoted(text, at - left, at + 1 + right));
			next = at + 1 + right;
			if (!skip)
				sanet_add_once(n->scan->arena, out, seen,
					       str_sub(text, at - left, left + 1 + right));
		}
		rest = str_skip(text, at + 1);
		at = str_chr(rest, '@');
		if (at == SIZE_MAX)
			return;
		at += (size_t)(rest.p - text.p);
	}
}

/* ---- addresses of functions and machines ---- */

static bool hex_run(struct str s, size_t n)
{
	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (ch_hex(s.p[i]) < 0)
			return false;
	return true;
}

/* Message numbers: 8 hexadecimal digits and 8 more, or the rest of a UUID; request-16 of them. */
static bool is_number(struct str local)
{
	static const unsigned uuid[] = { 4, 4, 4, 12 };
	struct str rest = str_skip(local, 8);

	if (str_istarts(local, STR("request-")))
		return local.n == 24 && hex_run(rest, 16);
	if (!hex_run(local, 8))
		return false;
	if (rest.n == 9 && rest.p[0] == '.')
		return hex_run(str_skip(rest, 1), 8);
	for (size_t i = 0; i < 4; i++) {
		if (!rest.n || rest.p[0] != '-' || !hex_run(str_skip(rest, 1), uuid[i]))
			return false;
		rest = str_skip(rest, uuid[i] + 1);
	}
	return !rest.n;
}

bool sanet_email_welcome(const struct sanet *n, struct str email)
{
	static const char *const names[] = { "abuse",	   "support",	  "sales",   "info",
					     "helpdesk",   "contact",	  "kontakt", "postmaster",
					     "hostmaster", "domainmaster" };
	struct str local = str_sub(email, 0, str_rchr(email, '@'));
	size_t equals = 0;

	if (n->plan->set.welcome)
		return sa_regex_in(n->plan->set.welcome, email);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(local, str_c(names[i])))
			return true;
	if (str_istarts(local, STR("undisclosed")) || is_number(local) ||
	    str_ieq(local, STR("bounce-")) || str_ieq(local, STR("bounced-")))
		return true;
	for (size_t i = 1; i + 1 < local.n; i++)
		if (local.p[i] == '=' && local.p[i - 1] != '=' && ++equals == 2)
			return true;
	return false;
}
