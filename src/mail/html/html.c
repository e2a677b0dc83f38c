/* A document of HTML: its tokens into the two texts, its links and its tricks. */
#include "mail/html/reader.h"

#define CUT_OFF_MAX 2048u /* octets of a tag without end that are taken for one */

/* ---- text ---- */

/* A comment stood inside a word: what it says is hidden text. */
static void comment_in_word(struct reader *r)
{
	size_t from = r->hidden.out.n;

	r->hidden.space = true;
	if (text_add(&r->hidden, r->comment, TEXT_RAW))
		r->doc->hide[HTML_HIDE_COMMENT] +=
			text_count(str_skip(buf_str(&r->hidden.out), from));
}

static void add_hidden(struct reader *r, struct str text, unsigned flags, enum html_hide why)
{
	size_t from = r->hidden.out.n;

	if (!text_add(&r->hidden, text, flags))
		return;
	r->visible.cut = true;
	r->doc->hide[why] += text_count(str_skip(buf_str(&r->hidden.out), from));
	if (why == HTML_HIDE_FONT_SIZE)
		reader_trick(r, HTML_TRICK_ZERO_FONT);
}

static void add_visible(struct reader *r, struct str text, unsigned flags, const struct style *s)
{
	size_t split = r->visible.split;

	if (!text_add(&r->visible, text, flags))
		return;
	if (r->comment.n && r->visible.split > split)
		comment_in_word(r);
	r->comment = STR_NULL;
	r->hidden.space = true;
	if (s->rtl && s->override)
		reader_trick(r, HTML_TRICK_RTL);
}

static bool blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_fws(s.p[i]) && s.p[i] != '\f')
			return false;
	return true;
}

/* The content of <style>, whose start tag was the last one. */
static void read_style(struct reader *r, struct str text)
{
	size_t before = r->sheet->selectors;

	if (r->sheet_done || !css_media(attr_get(&r->attrs, ATTR_MEDIA)))
		return;
	if (r->n > 1 && r->open[r->n - 2].style.gone == HTML_HIDE_ELEMENT)
		return;
	sheet_add(r->sheet, text);
	if (r->sheet->selectors > before && (r->visible.out.n || r->hidden.out.n))
		r->late_style = true;
}

/* Text in an element that is not to be read as text; false: it is. */
static bool special_text(struct reader *r, const struct tag *tag)
{
	struct str text = r->token.text;

	switch ((enum tag_id)tag->id) {
	case TAG_SCRIPT:
		link_script_text(r, text);
		return true;
	case TAG_STYLE:
		read_style(r, text);
		return true;
	case TAG_TITLE:
		if (r->token.literal && !r->title.out.n)
			text_add(&r->title, text, 0);
		return r->token.literal;
	default:
		return false;
	}
}

static void read_text(struct reader *r)
{
	const struct tag *tag = r->token.literal ? r->raw : reader_top(r)->tag;
	bool literal = r->token.literal && tag->id != TAG_TEXTAREA;
	const struct style *s;
	unsigned flags;

	if (special_text(r, tag))
		return;
	if (reader_top(r)->tag->id == TAG_HEAD || r->nlost) {
		if (blank(r->token.text))
			return;
		open_before_text(r);
	}
	s = &reader_top(r)->style;
	flags = (literal ? TEXT_RAW : 0) | (s->lines ? TEXT_LINES : 0);
	if (s->reason != STYLE_SEEN)
		add_hidden(r, r->token.text, flags, (enum html_hide)s->reason);
	else if (r->token.literal && (tag->flags & TAG_HIDDEN))
		add_hidden(r, r->token.text, flags, HTML_HIDE_ELEMENT);
	else
		add_visible(r, r->token.text, flags, s);
	r->empty = false;
}

/* ---- comments ---- */

/* The markup in "[if mso]> ... <![endif]": text and links that only some programs show. */
static void conditional(struct reader *r, struct str inside)
{
	struct html_lexer l = { .in = inside };
	struct html_token *t = &r->inner;
	size_t from;
	struct attrs at;

	r->hidden.space = true;
	while (html_next(&l, t)) {
		if (t->kind == HTML_TEXT && !t->literal) {
			from = r->hidden.out.n;
			text_add(&r->hidden, t->text, 0);
			r->doc->hide[HTML_HIDE_COMMENT] +=
				text_count(str_skip(buf_str(&r->hidden.out), from));
		} else if (t->kind == HTML_START && t->nattrs) {
			attrs_read(t, &at);
			link_hidden_tag(r, tag_find(t->name), &at);
		}
	}
	r->hidden.space = true;
}

static void read_comment(struct reader *r)
{
	struct str text = str_trim(r->token.text);
	size_t close;

	r->doc->comments++;
	if (str_istarts(text, STR("[if")) && str_starts(r->token.raw, STR("<!--"))) {
		close = str_find(text, STR("]>"));
		if (close != SIZE_MAX)
			conditional(r, str_skip(text, close + 2));
		return;
	}
	if (text.n && text.p[0] == '<')
		return;
	r->visible.cut = true;
	r->comment = text;
}

/* ---- tags ---- */

static void over_limit(struct reader *r)
{
	if (!r->doc->truncated)
		reader_trick(r, HTML_TRICK_LIMIT);
	r->doc->truncated = true;
}

/* Beyond HTML_MAX_TAGS: links and lines still count, styles do not. */
static void quick_tag(struct reader *r, const struct tag *tag)
{
	static const struct style plain = { .gone = STYLE_SEEN };

	if (r->doc->tags == HTML_MAX_TAGS + 1) {
		reader_trick(r, HTML_TRICK_LIMIT);
		r->doc->truncated = true;
		open_finish(r);
		r->n = 1;
		r->nlost = r->foreign = r->overflow = 0;
	}
	if (tag->flags & TAG_BLOCK || tag->id == TAG_BR)
		text_line(&r->visible);
	if (r->token.kind == HTML_END) {
		if (tag->id == TAG_A)
			link_close(r);
		return;
	}
	attrs_read(&r->token, &r->attrs);
	r->maker.cascade.set = 0;
	r->maker.cascade.image = STR_NULL;
	if (r->attrs.has)
		link_tag(r, tag, &plain);
}

static void read_start(struct reader *r, const struct tag *tag)
{
	struct open *o;

	if (r->token.more_attrs)
		over_limit(r);
	attrs_read(&r->token, &r->attrs);
	open_before(r, tag);
	open_style(r, tag);
	o = &r->open[r->n];
	if (r->attrs.has || r->attrs.events || (tag->id != TAG_OTHER && tag->id != TAG_P))
		link_tag(r, tag, &o->style);
	if (tag->id == TAG_BR)
		open_line(r, &o->style);
	if (!tag->name.n && str_chr(r->token.name, ':') >= r->token.name.n)
		r->visible.cut = true;
	r->empty = !(tag->flags & (TAG_VOID | TAG_BLOCK));
	if (tag->flags & TAG_VOID)
		return;
	if (!(r->token.self_closing && r->foreign && open_is_foreign(r)))
		open_push(r);
}

static void read_end(struct reader *r, const struct tag *tag)
{
	/* Nothing between a tag and its end: put there to cut a word. */
	if (r->empty)
		r->visible.cut = true;
	r->empty = false;
	open_end(r, tag, r->token.name);
}

/* A tag that the end of the text cuts off: browsers drop it, but its links are looked at. */
static void cut_off_tag(struct reader *r, const struct tag *tag)
{
	attrs_read(&r->token, &r->attrs);
	if (r->token.kind == HTML_START && r->token.raw.n <= CUT_OFF_MAX)
		link_hidden_tag(r, tag, &r->attrs);
}

static void read_tag(struct reader *r)
{
	bool top = r->token.kind == HTML_END && str_eq(r->token.name, reader_top(r)->name);
	const struct tag *tag = top ? reader_top(r)->tag : tag_find(r->token.name);

	if (r->token.unclosed) {
		cut_off_tag(r, tag);
		return;
	}
	r->doc->tags++;
	if (r->token.kind == HTML_START)
		r->raw = tag;
	if (r->doc->tags > HTML_MAX_TAGS)
		quick_tag(r, tag);
	else if (r->token.kind == HTML_START)
		read_start(r, tag);
	else
		read_end(r, tag);
	r->lexer.foreign = r->foreign && open_is_foreign(r);
}

/* ---- the whole ---- */

static struct reader *reader_new(struct arena *a, struct str text)
{
	struct reader *r = arena_alloc(a, sizeof *r);

	memset(r, 0, offsetof(struct reader, token));
	r->attrs.has = r->attrs.events = 0;
	r->arena = a;
	r->doc = ARENA_NEW(a, struct html_doc);
	r->lexer.in = text;
	r->visible.out.arena = r->hidden.out.arena = r->title.out.arena = a;
	r->raw = tag_find(STR("?"));
	r->open[0] = (struct open){ .tag = r->raw, .style = style_root() };
	r->path[0] = (struct css_element){ 0 };
	r->n = 1;
	r->maker.arena = a;
	return r;
}

static void read_all(struct reader *r, struct sheet *sheet)
{
	r->sheet = r->maker.sheet = sheet;
	while (html_next(&r->lexer, &r->token)) {
		switch (r->token.kind) {
		case HTML_TEXT:
			read_text(r);
			break;
		case HTML_START:
		case HTML_END:
			read_tag(r);
			break;
		case HTML_COMMENT:
			read_comment(r);
			break;
		default:
			break;
		}
	}
}

static struct html_doc *finish(struct reader *r)
{
	struct html_doc *d = r->doc;

	open_finish(r);
	link_finish(r);
	d->visible = buf_str(&r->visible.out);
	d->hidden = buf_str(&r->hidden.out);
	d->title = buf_str(&r->title.out);
	d->words = r->visible.words;
	d->trick[HTML_TRICK_SPLIT_WORDS] = r->visible.split;
	d->trick[HTML_TRICK_INVISIBLE_CHARS] = r->visible.invisible;
	d->trick[HTML_TRICK_ENTITY_LETTERS] = r->visible.letters + r->hidden.letters;
	d->trick[HTML_TRICK_RTL] += r->visible.bidi;
	if (r->sheet->limit)
		over_limit(r);
	return d;
}

struct html_doc *html_read(struct arena *a, struct str utf8)
{
	struct sheet sheet = { .arena = a };
	struct str text = str_sub(utf8, 0, HTML_MAX_OCTETS);
	struct reader *r = reader_new(a, text);

	read_all(r, &sheet);
	if (r->late_style) {
		r = reader_new(a, text);
		r->sheet_done = true;
		sheet.work = 0;
		read_all(r, &sheet);
	}
	if (text.n < utf8.n)
		over_limit(r);
	return finish(r);
}

/* ---- names ---- */

const char *html_hide_name(enum html_hide h)
{
	static const char *const names[HTML_HIDE_REASONS] = {
		[HTML_HIDE_DISPLAY] = "display", [HTML_HIDE_VISIBILITY] = "visibility",
		[HTML_HIDE_OPACITY] = "opacity", [HTML_HIDE_FONT_SIZE] = "font-size",
		[HTML_HIDE_COLOR] = "color",	 [HTML_HIDE_OFFSCREEN] = "offscreen",
		[HTML_HIDE_CLIP] = "clip",	 [HTML_HIDE_ATTRIBUTE] = "attribute",
		[HTML_HIDE_ELEMENT] = "element", [HTML_HIDE_COMMENT] = "comment",
	};

	return names[h];
}

const char *html_trick_name(enum html_trick t)
{
	static const char *const names[HTML_TRICKS] = {
		[HTML_TRICK_ZERO_FONT] = "zero-font",
		[HTML_TRICK_SPLIT_WORDS] = "split-words",
		[HTML_TRICK_RTL] = "rtl",
		[HTML_TRICK_INVISIBLE_CHARS] = "invisible-chars",
		[HTML_TRICK_ENTITY_LETTERS] = "entity-letters",
		[HTML_TRICK_META_REFRESH] = "meta-refresh",
		[HTML_TRICK_BASE] = "base",
		[HTML_TRICK_FORM] = "form",
		[HTML_TRICK_PASSWORD_FIELD] = "password-field",
		[HTML_TRICK_SCRIPT] = "script",
		[HTML_TRICK_EVENT] = "event",
		[HTML_TRICK_IFRAME] = "iframe",
		[HTML_TRICK_OBJECT] = "object",
		[HTML_TRICK_DATA_URI] = "data-uri",
		[HTML_TRICK_DATA_TEXT] = "data-text",
		[HTML_TRICK_REMOTE_CSS] = "remote-css",
		[HTML_TRICK_SMUGGLING] = "smuggling",
		[HTML_TRICK_SVG_SCRIPT] = "svg-script",
		[HTML_TRICK_UNBALANCED] = "unbalanced",
		[HTML_TRICK_TINY_IMAGE] = "tiny-image",
		[HTML_TRICK_LIMIT] = "limit",
	};

	return names[t];
}

const char *html_link_name(enum html_link_kind k)
{
	static const char *const names[] = {
		[HTML_LINK_A] = "a",
		[HTML_LINK_IMG] = "img",
		[HTML_LINK_FORM] = "form",
		[HTML_LINK_CSS] = "css",
		[HTML_LINK_REFRESH] = "refresh",
		[HTML_LINK_BASE] = "base",
		[HTML_LINK_FRAME] = "frame",
		[HTML_LINK_OBJECT] = "object",
		[HTML_LINK_BACKGROUND] = "background",
		[HTML_LINK_AREA] = "area",
		[HTML_LINK_OTHER] = "other",
	};

	return names[k];
}
