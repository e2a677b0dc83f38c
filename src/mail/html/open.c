/* The open elements: what closes what, without a tree (after WHATWG HTML 13.2.6). */
#include "mail/html/reader.h"

void open_line(struct reader *r, const struct style *style)
{
	if (style->layout)
		text_line(&r->visible);
	text_line(&r->hidden);
}

static void line_break(struct reader *r, const struct open *o)
{
	if ((o->tag->flags & TAG_BLOCK) || o->style.block)
		open_line(r, &o->style);
}

/* Does a formatting element change how text in it looks? */
static bool changes(const struct style *s, const struct style *parent)
{
	return s->color != parent->color || s->background != parent->background ||
	       s->font_px != parent->font_px || s->gone != parent->gone ||
	       s->invisible != parent->invisible || s->opacity != parent->opacity;
}

static void lose(struct reader *r, size_t at)
{
	const struct open *o = &r->open[at];

	if (!(o->tag->flags & TAG_FORMAT) || r->nlost == READER_MAX_LOST ||
	    !changes(&o->style, &r->open[at - 1].style))
		return;
	r->lost[r->nlost++] = *o;
}

/* Removes open[to] and what is in it. by_name: open[to] has its own end tag; cell: what is lost
 * stays so. */
static void pop(struct reader *r, size_t to, bool by_name)
{
	bool scope = (r->open[to].tag->group & GROUP_SCOPE) != 0;

	if (scope && r->link.is_open && r->link.depth > to)
		link_close(r);
	for (size_t i = to; i < r->n; i++) {
		const struct open *o = &r->open[i];

		r->foreign -= o->tag->id == TAG_SVG || o->tag->id == TAG_MATH;
		if (i == to && by_name)
			continue;
		if (!(o->tag->flags & TAG_OPTIONAL))
			reader_trick(r, HTML_TRICK_UNBALANCED);
		if (!scope)
			lose(r, i);
	}
	line_break(r, &r->open[to]);
	r->n = to;
}

bool open_is_foreign(const struct reader *r)
{
	if (!r->foreign)
		return false;
	for (size_t i = r->n; i-- > 1;) {
		unsigned id = r->open[i].tag->id;

		if (id == TAG_SVG || id == TAG_MATH)
			return true;
		if (id == TAG_FOREIGNOBJECT || id == TAG_DESC || id == TAG_TITLE)
			return false;
	}
	return false;
}

static void leave_foreign(struct reader *r)
{
	for (size_t i = r->n; i-- > 1;)
		if (r->open[i].tag->id == TAG_SVG || r->open[i].tag->id == TAG_MATH) {
			pop(r, i, false);
			return;
		}
}

/* The innermost open element of the groups wanted, inside of one that stops; 0: none. */
static size_t find_group(const struct reader *r, unsigned wanted, unsigned stop)
{
	for (size_t i = r->n; i-- > 1;) {
		if (r->open[i].tag->group & wanted)
			return i;
		if (r->open[i].tag->group & stop)
			return 0;
	}
	return 0;
}

/* Formatting elements that were closed by accident go on here. */
static void restore(struct reader *r)
{
	for (size_t i = 0; i < r->nlost && r->n <= HTML_MAX_DEPTH; i++) {
		struct style s = reader_top(r)->style, *was = &r->lost[i].style;

		s.color = was->color;
		s.font_px = was->font_px;
		s.font_attribute = was->font_attribute;
		s.invisible = was->invisible;
		s.gone = s.gone == STYLE_SEEN ? was->gone : s.gone;
		s.block = false;
		style_judge(&s);
		r->path[r->n] = (struct css_element){ r->lost[i].name, STR_NULL, STR_NULL };
		r->open[r->n] = r->lost[i];
		r->open[r->n++].style = s;
	}
	r->nlost = 0;
}

void open_before(struct reader *r, const struct tag *tag)
{
	size_t at;

	if (r->foreign && (tag->flags & TAG_BREAKOUT) && open_is_foreign(r))
		leave_foreign(r);
	if (reader_top(r)->tag->id == TAG_HEAD && !(tag->flags & TAG_IN_HEAD))
		pop(r, r->n - 1, true);
	while (tag->closes && (at = find_group(r, tag->closes, tag->stop)) != 0)
		pop(r, at, false);
	if (tag->group & GROUP_A)
		link_close(r);
	if (r->nlost && !(tag->flags & (TAG_BLOCK | TAG_HIDDEN | TAG_IN_HEAD)))
		restore(r);
}

void open_before_text(struct reader *r)
{
	if (reader_top(r)->tag->id == TAG_HEAD)
		pop(r, r->n - 1, true);
	if (r->nlost)
		restore(r);
}

void open_style(struct reader *r, const struct tag *tag)
{
	struct open *o = &r->open[r->n];
	struct css_element *e = &r->path[r->n];

	o->tag = tag;
	o->name = e->name = r->token.name;
	e->id = str_sub(attr_get(&r->attrs, ATTR_ID), 0, SHEET_MAX_CLASS);
	e->class = str_sub(attr_get(&r->attrs, ATTR_CLASS), 0, SHEET_MAX_CLASS);
	style_make(&r->maker, &reader_top(r)->style, tag, &r->attrs, r->path, r->n + 1, &o->style);
	line_break(r, o);
}

void open_push(struct reader *r)
{
	const struct tag *tag = r->open[r->n].tag;

	if (r->n > HTML_MAX_DEPTH) {
		r->overflow++;
		r->doc->truncated = true;
		reader_trick(r, HTML_TRICK_LIMIT);
		return;
	}
	r->foreign += tag->id == TAG_SVG || tag->id == TAG_MATH;
	r->n++;
}

/* ---- end tags ---- */

static bool same_element(const struct open *o, const struct tag *tag, struct str name)
{
	if (tag->id == TAG_HEADING && o->tag->id == TAG_HEADING)
		return true;
	return tag->name.n ? o->tag == tag : !o->tag->name.n && str_ieq(o->name, name);
}

/* How far outwards an end tag reaches: groups that stop it. */
static unsigned reach(const struct tag *tag)
{
	if (tag->group & GROUP_TABLE)
		return 0;
	if (tag->group & (GROUP_ROW | GROUP_CELL | GROUP_SECTION))
		return GROUP_TABLE;
	if (tag->id == TAG_BODY || tag->id == TAG_HTML || tag->id == TAG_HEAD)
		return 0;
	return GROUP_SCOPE;
}

/* The element that the end tag closes; 0: none. *between: a block is open in it. */
static size_t find_open(const struct reader *r, const struct tag *tag, struct str name,
			bool *between)
{
	unsigned stop = reach(tag);

	*between = false;
	for (size_t i = r->n; i-- > 1;) {
		const struct tag *t = r->open[i].tag;

		if (same_element(&r->open[i], tag, name))
			return i;
		if (t->group & stop)
			return 0;
		*between |= (t->flags & TAG_BLOCK) && !(t->group & GROUP_OPTION);
	}
	return 0;
}

/* A formatting element ends, but what is open in it goes on. */
static void take_out(struct reader *r, size_t at)
{
	for (size_t i = at; i + 1 < r->n; i++) {
		r->open[i] = r->open[i + 1];
		r->path[i] = r->path[i + 1];
	}
	r->n--;
}

static bool forget(struct reader *r, const struct tag *tag)
{
	for (size_t i = r->nlost; i-- > 0;)
		if (r->lost[i].tag == tag) {
			for (; i + 1 < r->nlost; i++)
				r->lost[i] = r->lost[i + 1];
			r->nlost--;
			return true;
		}
	return false;
}

void open_end(struct reader *r, const struct tag *tag, struct str name)
{
	bool between, inline_tag = !(tag->flags & TAG_BLOCK);
	size_t at;

	if (tag->id == TAG_A)
		link_close(r);
	if (r->overflow) {
		r->overflow--;
		return;
	}
	if (tag->id == TAG_BR) {
		open_line(r, &reader_top(r)->style);
		return;
	}
	at = find_open(r, tag, name, &between);
	if (!at && forget(r, tag))
		return;
	if (!at || (between && inline_tag && !(tag->flags & TAG_FORMAT))) {
		reader_trick(r, HTML_TRICK_UNBALANCED);
		if (tag->id == TAG_P)
			open_line(r, &reader_top(r)->style);
		return;
	}
	if (between && (tag->flags & TAG_FORMAT)) {
		reader_trick(r, HTML_TRICK_UNBALANCED);
		take_out(r, at);
		return;
	}
	pop(r, at, true);
}

void open_finish(struct reader *r)
{
	for (size_t i = 1; i < r->n; i++)
		if (!(r->open[i].tag->flags & TAG_OPTIONAL))
			reader_trick(r, HTML_TRICK_UNBALANCED);
	link_close(r);
}
