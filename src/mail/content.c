/* Parts, files and texts of a message, each made when it is first asked for. */
#include "base/buf.h"
#include "base/clock.h"
#include "mail/content_priv.h"
#include "mail/text/charset.h"

#define MAX_ARCHIVES_CPU_US 300000u /* for the lists of all archives of a message */

struct content *content_new(struct arena *a, const struct content_env *env,
			    const struct hdr_list *headers)
{
	static const struct content_env nothing;
	struct content *c = ARENA_NEW(a, struct content);

	c->arena = a;
	c->env = env ? env : &nothing;
	c->mime = mime_new(a, headers, c->env->max_kept);
	c->priv = ARENA_NEW(a, struct content_priv);
	return c;
}

void content_push(struct content *c, struct str octets)
{
	mime_push(c->mime, octets);
}

void content_end(struct content *c)
{
	mime_end(c->mime);
	c->priv->html = ARENA_ARRAY(c->arena, struct content_html, c->mime->parts.n);
}

/* ---- what a part is ---- */

static bool leaf(const struct mime_part *p)
{
	return !p->multipart && !p->message;
}

static bool is_html_type(const struct mime_part *p)
{
	return (str_eq(p->type, STR("text")) && str_eq(p->subtype, STR("html"))) ||
	       (str_eq(p->type, STR("application")) && str_eq(p->subtype, STR("xhtml+xml")));
}

static bool shown_subtype(struct str s)
{
	static const char *const not_shown[] = { "css",	  "javascript", "rtf",
						 "vcard", "x-vcard",	"directory" };

	for (size_t i = 0; i < sizeof not_shown / sizeof *not_shown; i++)
		if (str_eq(s, str_c(not_shown[i])))
			return false;
	return true;
}

/* Its text is shown when the message is opened: a text part that is no attachment. */
static bool is_body(const struct mime_part *p)
{
	if (!leaf(p) || str_eq(p->disposition, STR("attachment")))
		return false;
	return is_html_type(p) || (str_eq(p->type, STR("text")) && shown_subtype(p->subtype));
}

/* ---- HTML ---- */

static bool html_name(struct arena *a, struct str name)
{
	static const char *const ext[] = { "htm", "html", "xhtml", "xht",  "shtml",
					   "svg", "hta",  "mht",   "mhtml" };
	struct file_name f = file_name_read(a, name);

	for (size_t i = 0; i < sizeof ext / sizeof *ext; i++)
		if (str_eq(f.ext, str_c(ext[i])))
			return true;
	return false;
}

/* By its type, its name, or by what it is. */
static bool is_html(struct content *c, const struct mime_part *p)
{
	const struct file_type *t;

	if (!leaf(p))
		return false;
	if (is_html_type(p) || str_eq(p->subtype, STR("svg+xml")))
		return true;
	if (is_body(p) && !p->name.n)
		return false;
	if (p->name.n && html_name(c->arena, p->name))
		return true;
	t = file_type_of(mime_data(c->mime, p->index));
	return t->class == FILE_HTML || strcmp(t->name, "image/svg+xml") == 0 ||
	       strcmp(t->name, "application/hta") == 0;
}

/* The octets of a part that is not declared as text, as text. */
static struct str as_text(struct content *c, size_t part)
{
	const struct mime_part *p = &c->mime->parts.p[part];

	if (str_eq(p->type, STR("text")))
		return mime_text(c->mime, part);
	return charset_to_utf8(c->arena, p->charset, mime_data(c->mime, part), NULL);
}

const struct html_doc *content_html(struct content *c, size_t part)
{
	struct content_html *h;

	if (part >= c->mime->parts.n)
		return NULL;
	h = &c->priv->html[part];
	if (!h->made) {
		h->made = true;
		if (is_html(c, &c->mime->parts.p[part]))
			h->doc = html_read(c->arena, as_text(c, part));
	}
	return h->doc;
}

/* ---- texts ---- */

typedef VEC(struct str) text_vec;

/* The texts one after another, with a line end between; a single one is not copied. */
static struct str joined(struct arena *a, const text_vec *v)
{
	struct buf b = { .arena = a };
	size_t n = 0;

	if (v->n < 2)
		return v->n ? v->p[0] : STR("");
	for (size_t i = 0; i < v->n; i++)
		n += v->p[i].n + 1;
	buf_room(&b, n);
	for (size_t i = 0; i < v->n; i++) {
		if (b.n && b.p[b.n - 1] != '\n')
			buf_addc(&b, '\n');
		buf_add(&b, v->p[i]);
	}
	return buf_str(&b);
}

/* Plain text with its line ends as LF, as the HTML parts' texts have them. */
static struct str with_lf(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	size_t end = str_chr(s, '\r');

	if (end == SIZE_MAX)
		return s;
	buf_room(&b, s.n);
	while ((end = str_chr(s, '\r')) != SIZE_MAX) {
		buf_add(&b, str_sub(s, 0, end));
		if (end + 1 == s.n || s.p[end + 1] != '\n')
			buf_addc(&b, '\n');
		s = str_skip(s, end + 1);
	}
	buf_add(&b, s);
	return buf_str(&b);
}

static void add_text(struct content *c, text_vec *v, struct str text)
{
	if (text.n)
		VEC_PUSH(c->arena, *v) = text;
}

static void make_texts(struct content *c)
{
	text_vec visible = { 0 }, hidden = { 0 };

	if (c->priv->texts_made)
		return;
	c->priv->texts_made = true;
	for (size_t i = 0; i < c->mime->parts.n; i++) {
		const struct html_doc *doc;
		if (!is_body(&c->mime->parts.p[i]))
			continue;
		doc = is_html_type(&c->mime->parts.p[i]) ? content_html(c, i) : NULL;
		add_text(c, &visible,
			 doc ? doc->visible : with_lf(c->arena, mime_text(c->mime, i)));
		if (doc)
			add_text(c, &hidden, doc->hidden);
	}
	c->priv->visible = joined(c->arena, &visible);
	c->priv->hidden = joined(c->arena, &hidden);
}

struct str content_visible(struct content *c)
{
	make_texts(c);
	return c->priv->visible;
}

struct str content_hidden(struct content *c)
{
	make_texts(c);
	return c->priv->hidden;
}

/* ---- files ---- */

/* What is not listed because others took all the time is an archive over its limit. */
static const struct archive *list_archive(struct content *c, const struct content_file *f,
					  struct str octets, uint64_t *spent)
{
	static const struct archive unseen = { .format = "", .flags = ARCHIVE_LIMIT };
	uint64_t began = clock_cpu_us();
	const struct archive *found;

	if (*spent > MAX_ARCHIVES_CPU_US)
		return f->type->class == FILE_ARCHIVE ? &unseen : NULL;
	found = archive_list(c->arena, octets, f->type);
	*spent += clock_cpu_us() - began;
	return found;
}

static struct content_file file_of(struct content *c, const struct mime_part *p, uint64_t *spent)
{
	struct str data = mime_data(c->mime, p->index);
	struct content_file f = { .part = p->index, .type = file_type_of(data) };

	f.name = p->name.p ? p->name : STR("");
	f.parsed = file_name_read(c->arena, f.name);
	if (p->other_name.n) /* some programs take that one */
		f.parsed.flags |= file_name_read(c->arena, p->other_name).flags;
	f.type_agrees = file_type_agrees(
		f.type, arena_printf(c->arena, "%.*s/%.*s", STR_ARG(p->type), STR_ARG(p->subtype)));
	f.archive = list_archive(c, &f, data, spent);
	return f;
}

const content_file_vec *content_files(struct content *c)
{
	uint64_t spent = 0;

	if (c->priv->files_made)
		return &c->priv->files;
	c->priv->files_made = true;
	for (size_t i = 0; i < c->mime->parts.n; i++) {
		const struct mime_part *p = &c->mime->parts.p[i];
		if (leaf(p) && (p->name.n || !is_body(p)))
			VEC_PUSH(c->arena, c->priv->files) = file_of(c, p, &spent);
	}
	return &c->priv->files;
}

/* ---- links ---- */

const url_vec *content_urls(struct content *c)
{
	if (!c->priv->urls_made) {
		c->priv->urls_made = true;
		content_find_urls(c);
	}
	return &c->priv->urls;
}

size_t content_urls_found(struct content *c)
{
	content_urls(c);
	return c->priv->urls_found;
}
