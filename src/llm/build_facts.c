/* Who says it, what authentication says of him, and what is odd about the message. */
#include "llm/build.h"

#include "mail/domain.h"

static struct str header(const struct builder *b, struct str name)
{
	const struct hdr *h = hdr_find(b->facts->headers, name, 0);

	return h ? h->value : STR_NULL;
}

/* One mailbox; domain in one form, or left out. */
static json_t *person(struct builder *b, const char *who, const struct mailbox *box)
{
	json_t *o = json_object();
	struct str domain = domain_read(b->arena, box->domain, 0);

	build_say(b, "person", str_c(who));
	build_text(b, o, "name", mime_words(b->arena, str_sub(box->display, 0, 1024)),
		   BUILD_NAME_MAX);
	if (b->mode == LLM_FULL && box->local.n)
		build_text(b, o, "address",
			   arena_printf(b->arena, "%.*s@%.*s", STR_ARG(str_sub(box->local, 0, 128)),
					STR_ARG(str_sub(box->domain, 0, 253))),
			   BUILD_NAME_MAX);
	build_host(b, o, "domain", domain);
	return o;
}

static void reply_to(struct builder *b, json_t *root)
{
	struct str value = str_sub(header(b, STR("Reply-To")), 0, 4096);
	struct addr_list list;

	if (!value.n)
		return;
	addr_parse(b->arena, value, &list);
	if (list.v.n)
		json_object_set_new(root, "reply_to", person(b, "reply_to", &list.v.p[0]));
}

void build_people(struct builder *b, json_t *root)
{
	const struct from *from = b->facts->from;
	struct mailbox sender;

	if (from && from->list.v.n)
		json_object_set_new(root, "from", person(b, "from", &from->list.v.p[0]));
	if (from && from_reason(from->why))
		build_word(b, root, "from_is_odd", str_c(from_reason(from->why)));
	reply_to(b, root);
	if (!b->facts->mail_from.n)
		return;
	if (addr_path(b->arena, b->facts->mail_from, &sender) && sender.domain.n)
		build_host(b, root, "envelope_domain", domain_read(b->arena, sender.domain, 0));
}

void build_auth(struct builder *b, json_t *root)
{
	json_t *o = json_object();

	build_word(b, o, "spf", b->facts->spf);
	build_word(b, o, "dkim", b->facts->dkim);
	build_word(b, o, "dmarc", b->facts->dmarc);
	build_word(b, o, "arc", b->facts->arc);
	json_object_set_new(root, "authentication", o);
}

/* Of this delivery and this site, not of the text: no part of the digest. */
void build_client(struct builder *b, json_t *root)
{
	const struct llm_facts *f = b->facts;
	size_t said = b->said.n;
	json_t *o = json_object(), *symbols = json_array();

	build_host(b, o, "name", domain_read(b->arena, f->client_name, 0));
	build_host(b, o, "helo", domain_read(b->arena, f->helo, 0));
	build_word(b, o, "country", f->country);
	json_object_set_new(root, "client", o);
	for (size_t i = 0; i < f->nsymbols && i < BUILD_SYMBOLS_MAX; i++)
		if (str_printable(f->symbol[i]) && f->symbol[i].n <= 64)
			json_array_append_new(symbols, build_string(f->symbol[i]));
	json_object_set_new(root, "rules_hit", symbols);
	if (f->score > -1000 && f->score < 1000)
		json_object_set_new(root, "score", json_real((double)(int)(f->score * 10) / 10));
	b->said.n = said;
}

static void flag(struct builder *b, json_t *list, bool is, const char *name)
{
	if (!is)
		return;
	build_say(b, "flag", str_c(name));
	json_array_append_new(list, json_string(name));
}

static bool says_nobody(const struct builder *b)
{
	struct str to = header(b, STR("To"));

	return !str_trim(to).n || str_ifind(str_sub(to, 0, 256), STR("undisclosed"));
}

/* What HTML does that letters do not need. */
static void tricks(struct builder *b, json_t *list)
{
	static const enum html_trick told[] = {
		HTML_TRICK_ZERO_FONT,	    HTML_TRICK_SPLIT_WORDS, HTML_TRICK_RTL,
		HTML_TRICK_INVISIBLE_CHARS, HTML_TRICK_FORM,	    HTML_TRICK_PASSWORD_FIELD,
		HTML_TRICK_SCRIPT,	    HTML_TRICK_DATA_URI,    HTML_TRICK_SMUGGLING,
		HTML_TRICK_META_REFRESH,    HTML_TRICK_SVG_SCRIPT,
	};
	bool has[HTML_TRICKS] = { 0 };

	for (size_t i = 0; i < b->facts->content->mime->parts.n; i++) {
		const struct html_doc *d = content_html(b->facts->content, i);

		for (size_t k = 0; d && k < HTML_TRICKS; k++)
			has[k] = has[k] || d->trick[k];
	}
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		flag(b, list, has[told[i]],
		     arena_printf(b->arena, "html-%s", html_trick_name(told[i])).p);
}

void build_flags(struct builder *b, json_t *root)
{
	const struct llm_facts *f = b->facts;
	json_t *list = json_array();

	/* Acquaintance is one bit in the digest: a stranger never gets an acquaintance's answer. */
	flag(b, list, f->known || f->reply, "sender_is_known");
	flag(b, list, f->list, "mailing_list");
	flag(b, list, says_nobody(b), "no_recipient_named");
	if (f->first_contact)
		json_array_append_new(list, json_string("first_contact"));
	if (f->reply)
		json_array_append_new(list, json_string("answers_our_mail"));
	tricks(b, list);
	json_object_set_new(root, "flags", list);
	build_word(b, root, "language", f->language);
}
