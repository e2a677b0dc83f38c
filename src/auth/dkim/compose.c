/* Puts signature fields together: folding, the order of tags, the names of h=. */
#include "auth/dkim/compose.h"

#include "mail/domain.h"

/* ---- lines ---- */

void composer_begin(struct composer *w, struct arena *a, struct str field_name)
{
	*w = (struct composer){ .out = { .arena = a }, .col = field_name.n + 2 };
}

void composer_put(struct composer *w, struct str piece, bool spaced)
{
	if (w->out.n && w->col + spaced + piece.n > COMPOSE_LINE) {
		buf_add(&w->out, STR("\r\n\t"));
		w->col = 1;
	} else if (w->out.n && spaced) {
		buf_addc(&w->out, ' ');
		w->col++;
	}
	buf_add(&w->out, piece);
	w->col += piece.n;
}

/* ---- tags ---- */

/* h= in pieces that end behind a colon, others whole. */
static void put_tag(struct composer *w, struct arena *a, const struct compose_tag *t, bool last)
{
	struct str rest = arena_printf(a, "%s=%.*s%s", t->name, STR_ARG(t->value), last ? "" : ";");
	bool spaced = true, folds = strcmp(t->name, "h") == 0;

	do {
		size_t colon = folds ? str_chr(rest, ':') : SIZE_MAX;
		size_t n = colon == SIZE_MAX ? rest.n : colon + 1;

		composer_put(w, str_sub(rest, 0, n), spaced);
		rest = str_skip(rest, n);
		spaced = false;
	} while (rest.n);
}

static void put_plain(struct composer *w, const struct compose_tag *t, bool last)
{
	buf_addf(&w->out, "%s%s=", w->out.n ? " " : "", t->name);
	buf_add(&w->out, t->value);
	if (!last)
		buf_addc(&w->out, ';');
}

/* The tag that comes next in alphabetical order. */
static const struct compose_tag *after(const struct compose_tag *tag, size_t n, const char *name)
{
	const struct compose_tag *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (strcmp(tag[i].name, name) > 0 && (!best || strcmp(tag[i].name, best->name) < 0))
			best = &tag[i];
	return best;
}

void compose(struct arena *a, struct str field_name, const struct compose_tag *tag, size_t n,
	     bool plain, struct compose_value *out)
{
	struct composer w;
	const char *name = "";
	size_t split = 0;

	composer_begin(&w, a, field_name);
	for (size_t i = 0; i < n; i++) {
		const struct compose_tag *t = plain ? after(tag, n, name) : &tag[i];
		bool last = i + 1 == n;

		if (plain)
			put_plain(&w, t, last);
		else
			put_tag(&w, a, t, last);
		if (strcmp(t->name, "b") == 0)
			split = w.out.n - !last;
		name = t->name;
	}
	*out = (struct compose_value){ .name = field_name,
				       .head = str_sub(buf_str(&w.out), 0, split),
				       .tail = str_skip(buf_str(&w.out), split) };
}

/* Octets of the last line, the field's name counted. */
static size_t column(struct str name, struct str head)
{
	size_t nl = str_rchr(head, '\n');

	return nl == SIZE_MAX ? name.n + 2 + head.n : head.n - nl - 1;
}

struct str compose_signed(struct arena *a, const struct compose_value *v, struct str signature,
			  bool plain)
{
	struct buf out = { .arena = a };
	struct str rest = base64_encode(a, signature);
	size_t col = column(v->name, v->head);

	buf_add(&out, v->head);
	while (!plain && rest.n) {
		size_t room = col < COMPOSE_LINE ? COMPOSE_LINE - col : 0;

		buf_add(&out, str_sub(rest, 0, room));
		rest = str_skip(rest, room);
		if (rest.n)
			buf_add(&out, STR("\r\n\t"));
		col = 1;
	}
	buf_add(&out, rest);
	buf_add(&out, v->tail);
	return buf_str(&out);
}

struct hdr compose_field(struct arena *a, struct str name, struct str value)
{
	struct buf raw = { .arena = a };

	buf_room(&raw, name.n + value.n + 4);
	buf_add(&raw, name);
	buf_add(&raw, STR(": "));
	buf_add(&raw, value);
	buf_add(&raw, STR("\r\n"));
	return (struct hdr){ .name = str_sub(buf_str(&raw), 0, name.n),
			     .value = str_sub(buf_str(&raw), name.n + 1, value.n + 1),
			     .raw = buf_str(&raw) };
}

/* ---- h= ---- */

bool dkim_may_sign(struct str name)
{
	/* RFC 6376 5.4: what is added, changed or taken away on the way. RFC 8617 4.1.2. */
	static const struct str never[] = {
		STR("Return-Path"), STR("Received"),	   STR("Bcc"),
		STR("Resent-Bcc"),  STR("DKIM-Signature"), STR("Authentication-Results"),
	};

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (str_ieq(name, never[i]))
			return false;
	if (!name.n || name.n > HDR_MAX_NAME || str_istarts(name, STR("ARC-")))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= 32 || name.p[i] >= 127 || name.p[i] == ':' || name.p[i] == ';')
			return false;
	return true;
}

struct planner {
	const struct canon_headers *headers;
	struct map *gone; /* names of fields that limits kept out; NULL: none */
	struct compose_names *out;
};

/* A name whose fields are not all in the list would select other fields in the message than here.
 */
static bool is_whole(const struct planner *p, struct str name)
{
	return !p->gone || !map_get(p->gone, name);
}

static void add_name(const struct planner *p, struct str name, bool oversign)
{
	size_t want = canon_count(p->headers, name) + oversign;

	if (!is_whole(p, name))
		return;
	for (; want && p->out->n < DKIM_SIGN_MAX_H; want--)
		p->out->name[p->out->n++] = name;
}

static struct map *gone_names(struct arena *a, const struct hdr_list *list)
{
	struct map *gone = map_new(a, true);

	for (size_t i = 0; i < list->gone.n; i++)
		map_put(gone, list->gone.p[i].name, &list->gone.p[i]);
	return gone;
}

bool compose_plan(struct arena *a, const struct canon_headers *headers,
		  const struct dkim_plan *plan, struct str also, struct compose_names *out)
{
	const struct hdr_list *list = headers->list;
	struct planner p = { .headers = headers, .out = out };
	bool from_over = true;

	out->n = 0;
	out->name = ARENA_ARRAY(a, struct str, DKIM_SIGN_MAX_H);
	if (list->dropped)
		p.gone = gone_names(a, list);
	for (size_t i = 0; i < plan->n; i++)
		if (str_ieq(plan->name[i].name, STR("From")))
			from_over = plan->name[i].oversign;
	/* RFC 6376 3.5: h= must have it, be there such a field or not. */
	add_name(&p, STR("From"), from_over || !canon_count(headers, STR("From")));
	for (size_t i = 0; i < plan->n; i++) {
		struct str name = plan->name[i].name;

		if (!str_ieq(name, STR("From")) && dkim_may_sign(name))
			add_name(&p, name, plan->name[i].oversign);
	}
	if (also.p)
		add_name(&p, also, false);
	return list->dropped <= list->gone.n && is_whole(&p, STR("From")) &&
	       canon_count(headers, STR("From")) <= DKIM_SIGN_MAX_H;
}

/* ---- what is signed ---- */

struct str compose_digest(struct arena *a, struct crypto *c, const struct canon_headers *headers,
			  const struct compose_names *names, const struct compose_value *v,
			  enum canon canon)
{
	struct buf value = { .arena = a };
	struct hdr f;

	buf_add(&value, v->head);
	buf_add(&value, v->tail);
	f = compose_field(a, v->name, buf_str(&value));
	return canon_digest(a, c, headers, names->name, names->n, &f,
			    str_sub(f.value, 1 + v->head.n, 0), canon);
}

/* ---- values ---- */

void compose_key_name(struct arena *a, struct str *domain, struct str *selector, bool *ok)
{
	*domain = domain_read(a, *domain, DOMAIN_UNDERSCORE);
	*selector = domain_read(a, *selector, DOMAIN_UNDERSCORE);
	if (!domain->p || !selector->p || domain_labels(*domain) < 2 ||
	    domain->n + selector->n + STR("._domainkey.").n > DOMAIN_MAX)
		*ok = false;
	if (!domain->p)
		*domain = STR("invalid");
	if (!selector->p)
		*selector = STR("invalid");
}

struct str compose_number(struct arena *a, int64_t n)
{
	return arena_printf(a, "%lld", (long long)n);
}

struct str compose_algorithm(enum key_type type)
{
	return type == KEY_RSA ? STR("rsa-sha256") : STR("ed25519-sha256");
}

struct str compose_canon(struct arena *a, enum canon head, enum canon body)
{
	static const char *const words[] = {
		[CANON_SIMPLE] = "simple", [CANON_RELAXED] = "relaxed"
	};

	return arena_printf(a, "%s/%s", words[head], words[body]);
}

struct str compose_join(struct arena *a, const struct compose_names *names)
{
	struct buf out = { .arena = a };

	for (size_t i = 0; i < names->n; i++) {
		if (i)
			buf_addc(&out, ':');
		buf_add(&out, names->name[i]);
	}
	return buf_str(&out);
}
