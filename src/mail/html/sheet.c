/* Style sheets: from text to rules in hash maps, and the rules that meet an element. */
#include "mail/html/sheet.h"

#include "mail/html/html.h"
#include "mail/html/selector.h"

#define KEY_IMPORTANT (1u << 31)
#define KEY_INLINE (1u << 30)
#define KEY_SPECIFICITY 13 /* bits below it: the order */

struct sheet_chain {
	struct sheet_chain *next;
	const struct css_block *block;
	uint32_t key;
	struct selector selector;
};

/* ---- what wins ---- */

void cascade_give(struct css_cascade *c, enum css_prop prop, struct css_value v, uint32_t key)
{
	if ((c->set >> prop & 1) && c->key[prop] > key)
		return;
	c->set |= 1u << prop;
	c->value[prop] = v;
	c->key[prop] = key;
}

static void cascade_block(struct css_cascade *c, const struct css_block *b, uint32_t key)
{
	for (size_t i = 0; i < b->n; i++)
		cascade_give(c, (enum css_prop)b->decl[i].prop, b->decl[i].value,
			     key | (b->decl[i].important ? KEY_IMPORTANT : 0));
	if (b->image.n)
		c->image = b->image;
}

void cascade_inline(struct css_cascade *c, const struct css_block *b)
{
	cascade_block(c, b, KEY_INLINE);
}

/* ---- reading ---- */

bool css_media(struct str media)
{
	media = css_trim(media);
	if (!media.n)
		return true;
	if (str_chr(media, '(') != SIZE_MAX || media.n > 256 || str_ifind(media, STR("not")))
		return false;
	return str_ifind(media, STR("all")) || str_ifind(media, STR("screen"));
}

static void keep_url(struct sheet *s, struct str url, bool import)
{
	if (!url.n)
		return;
	if (s->imports.n + s->images.n >= SHEET_MAX_URLS)
		s->limit = true;
	else if (import)
		VEC_PUSH(s->arena, s->imports) = url;
	else
		VEC_PUSH(s->arena, s->images) = url;
}

static void chain_put(struct sheet *s, struct map *m, struct str key, struct sheet_chain *link)
{
	link->next = map_put(m, key, link);
	(void)s;
}

static void add_selector(struct sheet *s, struct str text, const struct css_block *block)
{
	struct sheet_chain *link;
	struct selector sel;
	const struct compound *last;

	if (s->selectors >= SHEET_MAX_SELECTORS) {
		s->limit = true;
		return;
	}
	if (!selector_read(text, &sel))
		return;
	s->selectors++;
	link = ARENA_NEW(s->arena, struct sheet_chain);
	link->selector = sel;
	link->block = block;
	link->key = (uint32_t)sel.specificity << KEY_SPECIFICITY | (uint32_t)s->selectors;
	last = &sel.part[sel.n - 1];
	if (last->id.n) {
		chain_put(s, s->by_id, last->id, link);
	} else if (last->nclasses) {
		chain_put(s, s->by_class, last->class[0], link);
	} else if (last->name.n) {
		chain_put(s, s->by_name, last->name, link);
	} else {
		link->next = s->any;
		s->any = link;
	}
}

static void add_rule(struct sheet *s, struct str selectors, struct str inside)
{
	const struct css_block *block = css_block_read(s->arena, inside);

	if (!block)
		return;
	keep_url(s, block->image, false);
	if (!s->by_id) {
		s->by_id = map_new(s->arena, true);
		s->by_class = map_new(s->arena, true);
		s->by_name = map_new(s->arena, true);
	}
	while (selectors.n) {
		struct str one = str_cut(&selectors, ',');

		add_selector(s, one, block);
	}
}

/* From at to the first "{", ";" or "}" outside of strings and brackets. */
static size_t prelude_end(struct str t, size_t at)
{
	while (at < t.n && t.p[at] != '{' && t.p[at] != ';' && t.p[at] != '}') {
		char c = t.p[at];

		at = c == '"' || c == '\'' || c == '(' || c == '[' ? css_skip(t, at) : at + 1;
	}
	return at;
}

/* "@..." whose prelude is text; at is the end of it. Where to go on. */
static size_t at_rule(struct sheet *s, struct str t, struct str text, size_t at)
{
	bool block = at < t.n && t.p[at] == '{';

	if (str_istarts(text, STR("@import"))) {
		struct str url = css_url(text);

		text = css_trim(str_skip(text, 7));
		if (!url.n && text.n > 1 && (text.p[0] == '"' || text.p[0] == '\'')) {
			size_t end = str_chr(str_skip(text, 1), text.p[0]);

			url = str_sub(text, 1, end);
		}
		keep_url(s, url, true);
	}
	if (block && str_istarts(text, STR("@media")) && css_media(str_skip(text, 6)))
		return at + 1;
	return block ? css_skip(t, at) : at + 1;
}

/* What is between braces; the closing one may be missing at the end of the text. */
static struct str inside_braces(struct str s)
{
	s = str_skip(s, 1);
	return s.n && s.p[s.n - 1] == '}' ? str_sub(s, 0, s.n - 1) : s;
}

static void read_sheet(struct sheet *s, struct str t)
{
	size_t at = 0;

	while (at < t.n) {
		size_t end;
		struct str text;

		if (str_starts(str_skip(t, at), STR("<!--"))) {
			at += 4;
			continue;
		}
		if (str_starts(str_skip(t, at), STR("-->"))) {
			at += 3;
			continue;
		}
		if (ch_fws(t.p[at]) || t.p[at] == '\f') {
			at++;
			continue;
		}
		end = prelude_end(t, at);
		text = css_trim(str_sub(t, at, end - at));
		if (text.n && text.p[0] == '@') {
			at = at_rule(s, t, text, end);
		} else if (end < t.n && t.p[end] == '{') {
			at = css_skip(t, end);
			add_rule(s, text, inside_braces(str_sub(t, end, at - end)));
		} else {
			at = end + 1;
		}
	}
}

void sheet_add(struct sheet *s, struct str text)
{
	size_t left = HTML_MAX_CSS - s->octets;

	if (text.n > left) {
		s->limit = true;
		text.n = left;
	}
	s->octets += text.n;
	read_sheet(s, css_plain(s->arena, text));
}

/* ---- matching ---- */

static void match_chain(struct sheet *s, const struct sheet_chain *link,
			const struct css_element *path, size_t n, struct css_cascade *c)
{
	for (; link; link = link->next) {
		s->work += 1 + link->block->n;
		if (s->work > SHEET_MAX_WORK) {
			s->limit = true;
			return;
		}
		if (selector_matches(&link->selector, path, n, &s->work))
			cascade_block(c, link->block, link->key);
	}
}

void sheet_match(struct sheet *s, const struct css_element *path, size_t n, struct css_cascade *c)
{
	const struct css_element *e = &path[n - 1];
	struct str rest = e->class, one;

	if (!s->by_id)
		return;
	match_chain(s, s->any, path, n, c);
	match_chain(s, map_get(s->by_name, e->name), path, n, c);
	for (size_t i = 0; i < SHEET_MAX_CLASSES && selector_class(&rest, &one); i++)
		match_chain(s, map_get(s->by_class, one), path, n, c);
	if (e->id.n)
		match_chain(s, map_get(s->by_id, e->id), path, n, c);
}
