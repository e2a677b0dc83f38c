/* Fuzz target: address lists, SMTP paths, and the author of a header block made of the input. */
#include "base/buf.h"
#include "base/err.h"
#include "mail/domain.h"
#include "mail/from.h"
#include "mail/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(struct str in, const struct addr_list *l)
{
	if (l->v.n > ADDR_MAX_MAILBOXES || l->at > in.n)
		bug("a list over its limit");
	for (size_t i = 0; i < l->v.n; i++) {
		const struct mailbox *m = &l->v.p[i];
		if (m->raw.n && (m->raw.p < in.p || m->raw.p + m->raw.n > in.p + in.n))
			bug("a mailbox outside its field");
		if (m->flags & ~l->flags)
			bug("a flag of a mailbox that the list has not");
		if ((m->domain.n == 0) != ((m->flags & ADDR_F_NO_DOMAIN) != 0))
			bug("no domain and no flag");
		if (m->display.n + m->local.n + m->domain.n > 2 * in.n + 2)
			bug("a mailbox longer than its field");
	}
}

/* What FROM_OK promises. */
static void check_ok(struct arena *a, const struct hdr_list *h, const struct from *f)
{
	size_t fields = 0;

	for (size_t i = 0; i < h->v.n; i++)
		fields += hdr_like(h->v.p[i].name, STR("from"));
	if (fields != 1 || h->hidden_from || (h->flags & HDR_F_NO_COLON))
		bug("ok with %zu From fields", fields);
	if (f->domains.n != 1 || !str_eq(f->domain, f->domains.p[0]))
		bug("ok without one domain");
	if (!str_eq(domain_read(a, f->domain, DOMAIN_UNDERSCORE), f->domain))
		bug("ok with a domain that is none");
	if (f->list.flags & (ADDR_F_SYNTAX | ADDR_F_CONTROL | ADDR_F_LITERAL | ADDR_F_NO_DOMAIN |
			     ADDR_F_ENCODED_WORD_ADDR | ADDR_F_SPLIT | ADDR_F_ROUTE))
		bug("ok with a flag that forbids it");
	for (size_t i = 0; i < f->list.v.n; i++)
		if (!str_eq(domain_read(a, f->list.v.p[i].domain, DOMAIN_UNDERSCORE), f->domain))
			bug("ok with a mailbox elsewhere");
}

static void read_from(struct arena *a, struct str block)
{
	struct hdr_list h;
	struct msg_reader *r;
	struct from f;

	hdr_init(&h, a);
	r = msg_new(a, &h, NULL, NULL);
	msg_feed(r, block);
	msg_end(r);
	from_read(a, &h, &f);
	if (f.why == FROM_OK)
		check_ok(a, &h, &f);
	else if (f.domain.p || !from_reason(f.why))
		bug("not ok, and a domain");
	if (f.domains.n > FROM_MAX_MAILBOXES)
		bug("too many domains");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct buf b = { .arena = a };
	struct addr_list l;
	struct mailbox m;

	addr_parse(a, in, &l);
	check_list(in, &l);
	if (addr_path(a, in, &m) ? (m.local.n + m.domain.n > in.n) : (m.local.p || m.domain.p))
		bug("a path that is longer than its octets, or none with parts");
	buf_add(&b, STR("From: "));
	buf_add(&b, in);
	read_from(a, buf_str(&b));
	read_from(a, in);
	arena_free(a);
	return 0;
}
