/* SMTP paths (RFC 5321 4.1.2), as MAIL FROM and RCPT TO bring them. */
#include "mail/addr.h"
#include "mail/addr_lex.h"

/* Takes the angle brackets off. False: only one of them is there. */
static bool without_brackets(struct str *s)
{
	bool open = s->n && s->p[0] == '<', close = s->n && s->p[s->n - 1] == '>';

	if (open != close || (open && s->n < 2))
		return false;
	if (open)
		*s = str_sub(*s, 1, s->n - 2);
	return true;
}

static bool host_ok(struct str s)
{
	bool literal = s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
	size_t end = literal ? s.n - 1 : s.n;

	for (size_t i = literal ? 1 : 0; i < end; i++)
		if (!lex_is_atext((unsigned char)s.p[i]) && s.p[i] != '.' &&
		    !(literal && s.p[i] == ':'))
			return false;
	return s.n != 0;
}

/* A-d-l of RFC 5321 4.1.2: "@a,@b:". False: it begins like one and is none. */
static bool skip_route(struct str *s, unsigned *flags)
{
	struct str route;

	if (s->n == 0 || s->p[0] != '@')
		return true;
	route = str_cut(s, ':');
	if (!s->p)
		return false;
	while (route.p) {
		struct str hop = str_cut(&route, ',');
		if (hop.n < 2 || hop.p[0] != '@' || !host_ok(str_skip(hop, 1)))
			return false;
	}
	*flags |= ADDR_F_ROUTE;
	return true;
}

/* Unquotes local into out. False: an octet that may not stand there, or a quote left open. */
static bool read_local(struct str local, struct buf *out, unsigned *flags)
{
	bool quoted = false;

	for (size_t i = 0; i < local.n; i++) {
		char c = local.p[i];
		if ((unsigned char)c < 32 || c == 127)
			return false;
		if (c == '"') {
			quoted = !quoted;
			*flags |= ADDR_F_QUOTED_LOCAL;
			continue;
		}
		if (quoted && c == '\\') {
			if (++i == local.n || (unsigned char)local.p[i] < 32 || local.p[i] == 127)
				return false;
			c = local.p[i];
		} else if (!quoted && c == '@') {
			*flags |= ADDR_F_SYNTAX;
		} else if (!quoted && c != '.' && !lex_is_atext((unsigned char)c)) {
			return false;
		}
		buf_addc(out, c);
	}
	return !quoted;
}

/* The last "@" outside quotes; SIZE_MAX if there is none. */
static size_t last_at(struct str s)
{
	size_t at = SIZE_MAX;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '@' && !quoted)
			at = i;
	}
	return at;
}

bool addr_path(struct arena *a, struct str path, struct mailbox *box)
{
	struct buf local = { .arena = a };
	struct str s = path, domain = STR("");
	unsigned flags = 0;
	size_t at;

	*box = (struct mailbox){ .raw = path };
	if (!without_brackets(&s))
		return false;
	if (s.n == 0) {
		box->local = box->domain = STR("");
		return true;
	}
	if (!skip_route(&s, &flags))
		return false;
	at = last_at(s);
	if (at != SIZE_MAX)
		domain = str_skip(s, at + 1);
	if (at == 0 || (at != SIZE_MAX && !host_ok(domain)) ||
	    !read_local(str_sub(s, 0, at), &local, &flags))
		return false;
	if (at == SIZE_MAX)
		flags |= ADDR_F_NO_DOMAIN;
	else if (domain.p[0] == '[')
		flags |= ADDR_F_LITERAL;
	box->local = buf_str(&local);
	box->domain = domain;
	box->flags = flags | lex_octet_flags(path);
	return true;
}
