/* Where a message leads, and what hangs on it. */
#include "llm/build.h"

#include "base/map.h"

/* A link that was named already: the same text and host. */
static bool seen(struct builder *b, struct map *m, const struct url *u)
{
	struct str key = arena_printf(b->arena, "%.*s %.*s", STR_ARG(u->host),
				      STR_ARG(str_sub(u->text, 0, 128)));

	return map_put(m, key, m) != NULL;
}

/* The host of an address that mailto: names. */
static struct str host_of(const struct url *u)
{
	size_t at;

	if (u->host.n)
		return u->host;
	at = str_rchr(u->address, '@');
	return at == SIZE_MAX ? STR_NULL : str_skip(u->address, at + 1);
}

/* Texts that stand for pictures: of those a reader mostly sees nothing. */
static struct map *picture_texts(struct builder *b)
{
	struct content *c = b->facts->content;
	struct map *texts = map_new(b->arena, false);

	for (size_t i = 0; i < c->mime->parts.n; i++) {
		const struct html_doc *d = content_html(c, i);

		for (size_t k = 0; d && k < d->links.n; k++)
			if (d->links.p[k].kind != HTML_LINK_A || d->links.p[k].has_image)
				(void)map_put(texts, d->links.p[k].text, texts);
	}
	return texts;
}

static json_t *link_of(struct builder *b, const url_vec *urls, const struct map *pictures,
		       const struct url *u)
{
	json_t *o = json_object();

	build_say(b, "link", u->scheme);
	if (!map_get(pictures, u->text))
		build_text(b, o, "text", u->text, BUILD_LINK_TEXT_MAX);
	build_host(b, o, "host", host_of(u));
	if (str_eq(u->scheme, STR("mailto")))
		build_true(b, o, "mailto");
	if (u->parent != UINT32_MAX && u->parent < urls->n)
		build_host(b, o, "redirected_by", urls->p[u->parent].host);
	if (u->flags & URL_HIDDEN)
		build_true(b, o, "hidden");
	return o;
}

void build_links(struct builder *b, json_t *root)
{
	const url_vec *urls = content_urls(b->facts->content);
	struct map *named = map_new(b->arena, true);
	const struct map *pictures = picture_texts(b);
	json_t *list = json_array();

	for (size_t i = 0; i < urls->n && json_array_size(list) < BUILD_LINKS_MAX; i++) {
		const struct url *u = &urls->p[i];

		if (!host_of(u).n || u->origin == URL_FROM_HEADER ||
		    u->origin == URL_FROM_UNSUBSCRIBE || seen(b, named, u))
			continue;
		json_array_append_new(list, link_of(b, urls, pictures, u));
		b->anything = true;
	}
	json_object_set_new(root, "links", list);
	build_count(b, root, "links_found", content_urls_found(b->facts->content));
}

static void entries(struct builder *b, json_t *object, const struct archive *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->entries.n && i < BUILD_ENTRIES_MAX; i++) {
		struct str name = build_plain(b, x->entries.p[i].name, BUILD_NAME_MAX);

		build_say_text(b, "entry", name);
		if (b->mode != LLM_FEATURES)
			json_array_append_new(list, build_string(build_marked(b, name)));
	}
	if (b->mode == LLM_FEATURES)
		json_decref(list);
	else
		json_object_set_new(object, "contains", list);
}

static json_t *file_of(struct builder *b, const struct content_file *f)
{
	json_t *o = json_object();

	build_text(b, o, "name", f->name, BUILD_NAME_MAX);
	build_word(b, o, "type", str_c(f->type->name));
	if (!f->type_agrees)
		build_true(b, o, "says_other_type");
	if (f->parsed.flags & FILE_NAME_RISKY)
		build_true(b, o, "runs_when_opened");
	if (f->archive && f->archive->flags & ARCHIVE_ENCRYPTED)
		build_true(b, o, "encrypted");
	if (f->archive && f->archive->flags & ARCHIVE_MACRO)
		build_true(b, o, "macros");
	if (f->archive && f->archive->entries.n)
		entries(b, o, f->archive);
	return o;
}

void build_files(struct builder *b, json_t *root)
{
	const content_file_vec *files = content_files(b->facts->content);
	json_t *list = json_array();

	for (size_t i = 0; i < files->n && i < BUILD_FILES_MAX; i++) {
		json_array_append_new(list, file_of(b, &files->p[i]));
		b->anything = true;
	}
	json_object_set_new(root, "attachments", list);
	build_count(b, root, "attachments_found", files->n);
}
