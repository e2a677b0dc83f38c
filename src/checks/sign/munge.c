/* Mail of lists whose author forbids others to send in his name: the list becomes the author. */
#include "base/buf.h"
#include "checks/sign/outgoing.h"
#include "mail/domain.h"

#define NAME_MAX_OCTETS 120u
#define PHRASE_MAX 400u

/* "<mailto:list@example.org?...>" */
static struct str list_post(struct scan *s)
{
	const struct hdr *h = hdr_find(&s->headers, STR("List-Post"), 0);
	struct str v = h ? hdr_unfold(s->arena, h->value) : STR_NULL;
	size_t at = str_find(v, STR("<mailto:"));

	if (at == SIZE_MAX)
		return STR_NULL;
	v = str_skip(v, at + 8);
	v = str_sub(v, 0, str_chr(v, '>'));
	return str_sub(v, 0, str_chr(v, '?'));
}

static bool is_atom(struct str s, const char *more)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum(s.p[i]) && (!s.p[i] || !strchr(more, s.p[i])))
			return false;
	return s.n > 0;
}

/* Nothing that a quoted string would have to be made for. */
static bool usable(struct scan *s, struct str address, struct mailbox *box)
{
	return addr_path(s->arena, address, box) && !box->flags && box->local.n <= 64 &&
	       is_atom(box->local, "._+-=") && domain_read(s->arena, box->domain, 0).n;
}

static bool is_encoded(struct str s)
{
	return str_find(s, STR("=?")) != SIZE_MAX && s.n <= PHRASE_MAX &&
	       is_atom(s, " !#$%&'*+-/=?^_`{|}~");
}

/* Controls become "?"; cut between characters. */
static void add_quoted(struct buf *b, struct str s)
{
	size_t n = s.n > NAME_MAX_OCTETS ? NAME_MAX_OCTETS : s.n;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			buf_addc(b, '\\');
		buf_addc(b, c < 32 || c == 127 ? '?' : s.p[i]);
	}
}

static struct str author_value(struct scan *s, const struct mailbox *author,
			       const struct mailbox *list)
{
	struct str name = author->display.n ? author->display : author->local;
	struct buf b = { .arena = s->arena };

	if (is_encoded(name)) {
		buf_addf(&b, "%.*s via \"%.*s\"", STR_ARG(name), STR_ARG(list->local));
	} else {
		buf_addc(&b, '"');
		add_quoted(&b, name);
		buf_addf(&b, " via %.*s\"", STR_ARG(list->local));
	}
	buf_addf(&b, "\r\n <%.*s@%.*s>", STR_ARG(list->local), STR_ARG(list->domain));
	return buf_str(&b);
}

static bool is_made_by(const struct scan *s, const struct mailbox *list)
{
	return s->mail_ok && str_ieq(s->mail.domain, list->domain) &&
	       !outgoing_sent_from(s, list->domain);
}

bool munge_author(struct scan *s, const struct sealing_config *k, struct munged *out)
{
	struct mailbox list;
	const struct hdr *from = hdr_find(&s->headers, STR("From"), 0);

	if (!from || s->from.why != FROM_OK || s->from.multiple || !s->from.list.v.n ||
	    !usable(s, k->munge_address.n ? k->munge_address : list_post(s), &list) ||
	    (!k->munge_address.n && !is_made_by(s, &list)))
		return false;
	out->on = true;
	out->from = author_value(s, &s->from.list.v.p[0], &list);
	out->original = str_trim(from->value);
	if (!hdr_count(&s->headers, STR("Reply-To")))
		out->reply_to = out->original;
	return true;
}
