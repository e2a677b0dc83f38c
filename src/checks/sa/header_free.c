/* Addresses of free mail providers: as sender, in answers, in the text. */
#include "checks/sa/header.h"
#include "checks/sa/regex.h"
#include "mail/view/relays_priv.h"

#define FREE_MAX_BODY 5u /* so many addresses in the text: it is no letter to one reader */
#define FREE_MAX_FREE 3u /* and so many free ones */

/* Users that are no persons, by the beginning of the address. */
static const char *const roles[] = { "abuse",	   "support",	   "sales",   "info",
				     "helpdesk",   "contact",	   "kontakt", "postmaster",
				     "hostmaster", "domainmaster", "bounce-", "bounced-" };

static bool hex(struct str s, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (i >= s.n || ch_hex(s.p[i]) < 0)
			return false;
	return true;
}

/* Made by programs: tickets of providers, forwards with "=" inside. */
static bool machine_made(struct str user)
{
	size_t first = str_chr(user, '='), last = str_rchr(user, '=');

	if (str_starts(user, STR("undisclosed")))
		return true;
	if (user.n == 24 && str_starts(user, STR("request-")) && hex(user, 8, 16))
		return true;
	if (hex(user, 0, 8) && user.n == 17 && user.p[8] == '.' && hex(user, 9, 8))
		return true;
	if (user.n == 36 && hex(user, 0, 8) && user.p[8] == '-' && hex(user, 9, 4) &&
	    user.p[13] == '-' && hex(user, 24, 12))
		return true;
	return first != last && first && last + 1 < user.n && last > first + 1;
}

static bool is_role(struct str user)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq(user, str_c(roles[i])))
			return true;
	return machine_made(user);
}

static size_t dots(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '.';
	return n;
}

/* The wild cards of this list stand for no dot, those of others for anything. */
static bool free_domain(struct scan *s, struct str domain)
{
	struct str key;

	for (size_t i = 0; lists_next(s->lists, STR("freemail_domains"), domain, &i, &key, NULL);)
		if (dots(key) == dots(domain))
			return true;
	return false;
}

/* email: lower case. */
static bool is_free(struct scan *s, struct str email)
{
	size_t at = str_rchr(email, '@');
	struct str domain = at == SIZE_MAX ? email : str_skip(email, at + 1);

	if (!email.n || lists_has(s->lists, STR("freemail_welcomelist"), email, NULL, NULL) ||
	    lists_has(s->lists, STR("freemail_welcomelist"), domain, NULL, NULL) ||
	    (at != SIZE_MAX && is_role(str_sub(email, 0, at))))
		return false;
	return free_domain(s, domain);
}

/* The argument at `at`, if there is one, is an expression that the address must fit. */
static bool any_free(struct scan *s, const sa_strs *v, const struct predicate_arg *arg, size_t n,
		     size_t at, struct str *evidence)
{
	struct sa_regex *re = n > at ? sa_regex_new(s->arena, arg[at].text) : NULL;

	for (size_t i = 0; i < v->n; i++) {
		struct str email = arena_lower(s->arena, v->p[i]);
		if (!is_free(s, email) || (n > at && !(re && sa_regex_in(re, email))))
			continue;
		*evidence = email;
		return true;
	}
	return false;
}

static void lines_to(struct scan *s, struct str spec, sa_strs *out)
{
	const struct view_lines *l = sa_lines(s, spec);

	for (size_t i = 0; i < l->n; i++)
		VEC_PUSH(s->arena, *out) = arena_lower(s->arena, l->p[i].text);
}

bool sa_freemail_header(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	sa_strs v = { 0 };

	lines_to(s, arena_printf(s->arena, "%.*s:addr", STR_ARG(arg[0].text)), &v);
	return any_free(s, &v, arg, n, 1, evidence);
}

bool sa_freemail_from(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	return any_free(s, sa_from_addrs(s), arg, n, 0, evidence);
}

/* ---- the text ---- */

static bool user_char(char c)
{
	return ch_alnum(c) || (c && strchr("!#$%&'*+/=?^_`{|}~-", c));
}

static bool dotted_user(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.' && (!i || i + 1 == s.n || s.p[i - 1] == '.'))
			return false;
	return s.n > 0;
}

/* The address around the "@" at s.p[at]; absent: none. */
static struct str email_at(struct scan *s, struct str t, size_t at)
{
	size_t from = at, end = at + 1, labels = 0, dot;

	while (from && at - from < 64 && (user_char(t.p[from - 1]) || t.p[from - 1] == '.'))
		from--;
	while (from < at && t.p[from] == '.')
		from++;
	while (end < t.n && (ch_alnum(t.p[end]) || t.p[end] == '-' || t.p[end] == '.'))
		end++;
	while (end > at + 1 && !ch_alnum(t.p[end - 1]))
		end--;
	for (size_t i = at + 1; i < end; i++)
		labels += t.p[i] == '.';
	dot = str_rchr(str_sub(t, at, end - at), '.');
	if (!labels || labels > 4 || !dotted_user(str_sub(t, from, at - from)) ||
	    !view_fqdn_valid(str_sub(t, at + 1, end - at - 1)) ||
	    !view_tld_is(s->view, str_sub(t, at + dot + 1, end - at - dot - 1)))
		return STR_NULL;
	return arena_lower(s->arena, str_sub(t, from, end - from));
}

/* What follows says that another wrote: "joe@example.com> wrote:". */
static bool quoted_sender(struct str t, size_t end)
{
	size_t i = end, word;

	if (i < t.n && t.p[i] == '>')
		return true;
	while (i < t.n && i - end < 10 && view_space(t.p[i]))
		i++;
	for (word = i; i < t.n && i - word < 12 && ch_alpha(t.p[i]); i++)
		continue;
	return word > end && i - word >= 2 && i - word <= 11 && i < t.n && t.p[i] == ':' &&
	       !str_istarts(str_skip(t, word), STR("fa")) &&
	       !str_istarts(str_skip(t, word), STR("tel")) &&
	       !str_istarts(str_skip(t, word), STR("phone")) &&
	       !str_ifind(str_sub(t, word, i - word), STR("mail"));
}

static bool inside_link(struct str t, size_t at)
{
	size_t from = at;

	while (from && at - from < 300 && !view_space(t.p[from - 1]))
		from--;
	return str_ifind(str_sub(t, from, at - from), STR("http://")) ||
	       str_ifind(str_sub(t, from, at - from), STR("https://"));
}

static bool add_email(struct scan *s, sa_strs *v, struct str email)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->p[i], email))
			return true;
	VEC_PUSH(s->arena, *v) = email;
	return v->n < FREE_MAX_BODY;
}

/* Links of HTML that are addresses. */
static bool linked_emails(struct scan *s, sa_strs *v)
{
	size_t n;
	const struct view_uri *u = view_uri_details(s->view, &n);

	for (size_t i = 0; i < n; i++) {
		size_t at = str_chr(u[i].raw, '@');
		struct str e;
		if (at == SIZE_MAX || !str_istarts(u[i].raw, STR("mailto:")) ||
		    sa_has(u[i].type, "parsed") ||
		    !(str_eq(u[i].type, STR("a")) || str_starts(u[i].type, STR("a "))))
			continue;
		e = email_at(s, str_skip(u[i].raw, 7), at - 7);
		if (e.p && !add_email(s, v, e))
			return false;
	}
	return true;
}

/* The free addresses of the text; false: too many to mean anything. */
static bool body_emails(struct scan *s, sa_strs *out)
{
	const struct view_lines *l = view_body(s->view);
	sa_strs all = { 0 };

	if (!linked_emails(s, &all))
		return false;
	for (size_t i = 0; i < l->n; i++)
		for (size_t at = 0; at < l->p[i].text.n; at++) {
			struct str t = l->p[i].text, e;
			e = t.p[at] == '@' ? email_at(s, t, at) : STR_NULL;
			if (!e.p || inside_link(t, at) ||
			    quoted_sender(t, at + e.n - str_chr(e, '@')))
				continue;
			if (!add_email(s, &all, e))
				return false;
		}
	for (size_t i = 0; i < all.n; i++)
		if (is_free(s, all.p[i])) {
			VEC_PUSH(s->arena, *out) = all.p[i];
			if (out->n == FREE_MAX_FREE)
				return false;
		}
	return true;
}

bool sa_freemail_body(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	sa_strs v = { 0 };

	return s->view && lists_count(s->lists, STR("freemail_domains")) && body_emails(s, &v) &&
	       any_free(s, &v, arg, n, 0, evidence);
}

/* ---- answers ---- */

/* Lists and machines write from such envelopes. */
static bool bulk_envelope(struct str env)
{
	static const char *const begin[] = { "postmaster@", "hostmaster@", "domainmaster@",
					     "double-bounce@" };
	static const char *const lead[] = { "sentto-",	"owner-",    "return-",	  "bounce-",
					    "bounced-", "grbounce-", "grbounced-" };
	static const char *const tail[] = { "-request", "-bounce",   "-bounces",  "-admin",
					    "-owner",	"noreply",   "no-reply",  "no_reply",
					    "no.reply", "noreplies", "no-replies" };
	struct str user = str_sub(env, 0, str_rchr(env, '@'));
	size_t eq = str_chr(user, '=');

	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (str_istarts(env, str_c(begin[i])))
			return true;
	for (size_t i = 0; i < sizeof lead / sizeof *lead; i++)
		if (str_istarts(user, str_c(lead[i])) && user.n > strlen(lead[i]))
			return true;
	for (size_t i = 0; i < sizeof tail / sizeof *tail; i++)
		if (str_iends(user, str_c(tail[i])))
			return true;
	return eq != SIZE_MAX && eq && eq + 1 < user.n;
}

static size_t count_free(struct scan *s, const sa_strs *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += is_free(s, v->p[i]);
	return n;
}

static bool share_one(const sa_strs *a, const sa_strs *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (str_eq(a->p[i], b->p[k]))
				return true;
	return false;
}

static bool another_in_body(struct scan *s, const sa_strs *reply, struct str *evidence)
{
	sa_strs body = { 0 };

	if (!body_emails(s, &body))
		return false;
	for (size_t i = 0; i < body.n; i++)
		for (size_t k = 0; k < reply->n; k++)
			if (!str_eq(body.p[i], reply->p[k])) {
				*evidence = body.p[i];
				return true;
			}
	return false;
}

bool sa_freemail_replyto(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	bool reply = n && str_eq(arg[0].text, STR("reply"));
	sa_strs from = { 0 }, to = { 0 };
	size_t ffree, tfree;

	if (!s->view || !lists_count(s->lists, STR("freemail_domains")) ||
	    bulk_envelope(sa_first(s, "EnvelopeFrom")))
		return false;
	lines_to(s, STR("From:addr"), &from);
	lines_to(s, STR("Reply-To:addr"), &to);
	ffree = count_free(s, &from);
	tfree = count_free(s, &to);
	if (ffree && tfree && !share_one(&from, &to)) {
		*evidence = to.p[0];
		return true;
	}
	if (reply ? (to.n && !tfree) || (!to.n && !ffree) || !ffree : !tfree)
		return false;
	return another_in_body(s, reply && !tfree ? &from : &to, evidence);
}
