/* Under which keys a message is remembered that is put off, and the octets of such a record. */
#include "base/buf.h"
#include "checks/memory/greylist.h"

bool greylist_parse(struct str value, struct greylist_record *r)
{
	struct str state = str_cut(&value, ' ');
	uint64_t when;

	if (state.n != 1 || str_chr(STR("wpr"), state.p[0]) == SIZE_MAX ||
	    !str_u64(value, INT64_MAX, &when))
		return false;
	*r = (struct greylist_record){ state.p[0], (int64_t)when };
	return true;
}

struct str greylist_format(struct arena *a, char state, int64_t when)
{
	return arena_printf(a, "%c %lld", state, (long long)when);
}

struct str greylist_spf(const struct scan *s)
{
	const struct spf_facts *spf = scan_result(s, &check_spf);

	return spf && spf->mailfrom.code == AUTH_PASS && !spf->mailfrom.permissive
		       ? spf->mailfrom.domain
		       : STR_NULL;
}

/* ---- the very message ---- */

/* Small letters, one blank for any white space, digits as 0: what a queue that tries again does not
 * change. */
static void add_shape(struct buf *out, struct str text)
{
	bool blank = false;

	for (size_t i = 0; i < text.n; i++) {
		bool white = ch_fws(text.p[i]);
		if (!white)
			buf_addc(out, ch_digit(text.p[i]) ? '0' : ch_lower(text.p[i]));
		else if (!blank)
			buf_addc(out, ' ');
		blank = white;
	}
	buf_addc(out, '\0');
}

static struct str content_digest(struct scan *s)
{
	const struct hdr *subject = hdr_find(&s->headers, STR("Subject"), 0);
	const struct hdr *from = hdr_find(&s->headers, STR("From"), 0);
	struct buf text = { .arena = s->arena };

	add_shape(&text, from ? from->value : STR(""));
	add_shape(&text, subject ? subject->value : STR(""));
	add_shape(&text, str_sub(s->body_head, 0, GREYLIST_HEAD));
	for (size_t i = 0; i < s->rcpts.n; i++)
		add_shape(&text, s->rcpts.p[i]);
	return memory_hash(s, buf_str(&text));
}

/* ---- the keys ---- */

/* Who it says it is from; of a bounce, "<>". */
static struct str author_of(struct scan *s)
{
	if (s->from.domain.n)
		return s->from.domain;
	return s->mail.domain.n ? arena_lower(s->arena, s->mail.domain) : STR("<>");
}

static struct str network_of(struct scan *s)
{
	struct str spf = greylist_spf(s);

	return spf.n ? arena_printf(s->arena, "spf:%.*s", STR_ARG(spf)) : memory_net(s);
}

static bool among(const struct str *list, size_t n, struct str one)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], one))
			return true;
	return false;
}

/* The domains of those who are not excepted. */
static size_t domains_of(struct scan *s, const struct gate_except *except,
			 struct str domain[GREYLIST_RCPTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->rcpts.n && n < GREYLIST_RCPTS_MAX; i++) {
		struct str rcpt = memory_rcpt(s, i), d = gate_domain(rcpt);
		if (d.n && !among(domain, n, d) && !gate_except_name(except, rcpt))
			domain[n++] = d;
	}
	return n;
}

void greylist_keys(struct scan *s, const struct gate_except *except, struct greylist_keys *out)
{
	struct str domain[GREYLIST_RCPTS_MAX], author = author_of(s), network = network_of(s);
	struct str genuine = memory_author(s);

	*out = (struct greylist_keys){ .n = domains_of(s, except, domain) };
	if (out->n == 0 || !network.n)
		return;
	for (size_t i = 0; i < out->n; i++)
		out->net[i] = memory_key(
			s, "grey", (struct str[]){ STR("net"), network, author, domain[i] }, 4);
	out->content = memory_key(
		s, "grey", (struct str[]){ STR("content"), content_digest(s), author, domain[0] },
		4);
	if (genuine.n)
		out->author = memory_key(s, "grey", (struct str[]){ STR("author"), genuine }, 2);
}
