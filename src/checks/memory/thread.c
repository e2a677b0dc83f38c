/* Message-IDs of ours: what is kept of a message that leaves, and what an incoming one answers. */
#include "checks/memory/thread.h"

#include "base/buf.h"
#include "checks/memory/identity.h"

#define ID_MAX 998u	   /* octets of an id: a line of mail (RFC 5322 2.1.1) */
#define FIELD_MAX 16384u   /* octets of References that are looked at, from its end */
#define PARTS_MAX 20u	   /* parts of a bounce that are looked at */
#define HEADER_MAX 65536u  /* octets of a returned header that are looked at */
#define REFERENCES_KEPT 3u /* ids of References that are looked up */
#define THREAD_RCPTS 100u  /* recipients whose domains are remembered */

/* ---- reading ids ---- */

static bool good_id(struct str id)
{
	if (id.n < 3 || id.n > ID_MAX || str_chr(id, '@') == SIZE_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if ((unsigned char)id.p[i] <= ' ' || id.p[i] == 127)
			return false;
	return true;
}

/* The first "<id>" of text, which moves behind it; absent: none. */
static struct str first_id(struct str *text)
{
	size_t open = str_chr(*text, '<'), close;
	struct str id = STR_NULL;

	if (open != SIZE_MAX) {
		*text = str_skip(*text, open + 1);
		close = str_chr(*text, '>');
		if (close != SIZE_MAX) {
			id = str_sub(*text, 0, close);
			*text = str_skip(*text, close + 1);
			return good_id(id) ? id : STR("");
		}
	}
	*text = STR("");
	return STR_NULL;
}

/* The last "<id>" of text, which ends before it; absent: none. */
static struct str last_id(struct str *text)
{
	size_t close = str_rchr(*text, '>'), open;
	struct str id;

	if (close == SIZE_MAX)
		return STR_NULL;
	*text = str_sub(*text, 0, close);
	open = str_rchr(*text, '<');
	if (open == SIZE_MAX)
		return STR_NULL;
	id = str_skip(*text, open + 1);
	*text = str_sub(*text, 0, open);
	return good_id(id) ? id : STR("");
}

static struct str field(struct scan *s, const char *name)
{
	const struct hdr *h = hdr_find(&s->headers, str_c(name), 0);

	return h ? hdr_unfold(s->arena, h->value) : STR("");
}

struct str thread_own(struct scan *s)
{
	struct str text = field(s, "Message-ID");
	struct str id = first_id(&text);

	return id.n ? id : STR_NULL;
}

static size_t add_id(struct str *out, size_t n, struct str id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(out[i], id))
			return n;
	if (id.n && n < THREAD_IDS)
		out[n++] = id;
	return n;
}

/* ---- what a bounce brings back ---- */

/* A header block as text: only the one field is looked for. */
static struct str id_in_text(struct str text)
{
	text = str_sub(text, 0, HEADER_MAX);
	while (text.n) {
		struct str line = str_cut(&text, '\n'), name = str_cut(&line, ':');

		if (!str_trim(name).n)
			break;
		if (!str_ieq(name, STR("Message-ID")))
			continue;
		if (!str_trim(line).n) /* it stands on the next line */
			line = str_cut(&text, '\n');
		return first_id(&line);
	}
	return STR_NULL;
}

static bool is_type(const struct mime_part *p, const char *type, const char *subtype)
{
	return str_eq(p->type, str_c(type)) && str_eq(p->subtype, str_c(subtype));
}

/* message/delivery-status (RFC 3464): a recipient has failed. */
static bool says_failed(struct str text)
{
	text = str_sub(text, 0, HEADER_MAX);
	while (text.n) {
		struct str line = str_cut(&text, '\n'), name = str_cut(&line, ':');

		if (str_ieq(str_trim(name), STR("Action")) &&
		    str_istarts(str_trim(line), STR("failed")))
			return true;
	}
	return false;
}

static struct str id_of_part(struct scan *s, struct mime *m, size_t i)
{
	const struct mime_part *p = &m->parts.p[i];
	const struct hdr *h = NULL;
	struct str text;

	if (is_type(p, "text", "rfc822-headers"))
		return id_in_text(mime_data(m, i));
	if (p->parent < m->parts.n && m->parts.p[p->parent].message)
		h = hdr_find(p->headers, STR("Message-ID"), 0);
	if (!h)
		return STR_NULL;
	text = hdr_unfold(s->arena, h->value);
	return first_id(&text);
}

struct str thread_returned(struct scan *s)
{
	struct mime *m = s->content ? s->content->mime : NULL;
	bool status = false, failed = false;
	struct str id = STR_NULL;

	if (!m || !memory_is_bounce(s))
		return STR_NULL;
	for (size_t i = 1; i < m->parts.n && i < PARTS_MAX; i++) {
		if (is_type(&m->parts.p[i], "message", "delivery-status")) {
			status = true;
			failed |= says_failed(mime_data(m, i));
		} else if (!id.n) {
			id = id_of_part(s, m, i);
		}
	}
	return failed || !status ? id : STR_NULL;
}

size_t thread_ids(struct scan *s, struct str out[THREAD_IDS])
{
	struct str reply = field(s, "In-Reply-To"), refs = field(s, "References");
	struct str id = first_id(&reply);
	size_t n = 0;

	n = add_id(out, n, thread_returned(s));
	n = add_id(out, n, id);
	refs = refs.n > FIELD_MAX ? str_skip(refs, refs.n - FIELD_MAX) : refs;
	for (size_t i = 0; i < REFERENCES_KEPT; i++) {
		id = last_id(&refs);
		if (!id.p)
			break;
		n = add_id(out, n, id);
	}
	return n;
}

/* ---- what is kept ---- */

struct str thread_key(struct scan *s, struct str id)
{
	struct str part = memory_hash(s, id);

	return memory_key(s, "mid", &part, 1);
}

struct str thread_value(struct scan *s, bool chosen)
{
	struct str user = s->client.auth_user.n ? s->client.auth_user
						: identity_address(s, &s->mail),
		   seen[THREAD_DOMAINS];
	struct buf out = { .arena = s->arena };
	size_t n = 0;

	buf_add(&out, arena_lower(s->arena, str_cut(&user, '\n')));
	buf_addc(&out, '\n');
	for (size_t i = 0; chosen && i < s->rcpts.n && i < THREAD_RCPTS && n < THREAD_DOMAINS;
	     i++) {
		struct str to = memory_rcpt(s, i), org;
		bool known = to.n == 0;

		org = identity_org(s, str_skip(to, str_rchr(to, '@') + 1));
		for (size_t k = 0; k < n && !known; k++)
			known = str_eq(seen[k], org);
		if (known)
			continue;
		if (n)
			buf_addc(&out, ' ');
		buf_add(&out, org);
		seen[n++] = org;
	}
	return buf_str(&out);
}

struct str thread_user(struct str value)
{
	return str_cut(&value, '\n');
}

bool thread_sent_to(struct str value, struct str org)
{
	str_cut(&value, '\n');
	while (value.n)
		if (str_eq(str_cut(&value, ' '), org) && org.n)
			return true;
	return false;
}
