/* A parsed message as JSON; absent facts are null. */
#include "cmd/parse.h"

static void put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *words(unsigned flags, parse_flag_fn *name)
{
	json_t *list = json_array();
	const char *word;

	while ((word = parse_flag_next(&flags, name)) != NULL)
		json_array_append_new(list, json_string(word));
	return list;
}

static json_t *path_of(const struct parsed *p, uint32_t part)
{
	return part < p->content->mime->parts.n ? report_str(p->content->mime->parts.p[part].path)
						: json_null();
}

static json_t *headers(const struct parsed *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->headers.v.n; i++) {
		const struct hdr *h = &p->headers.v.p[i];
		json_t *o = json_object();
		put(o, "name", report_str(h->name));
		put(o, "value", report_str(mime_words(p->arena, h->value)));
		json_array_append_new(list, o);
	}
	return list;
}

/* ---- parts ---- */

static json_t *entry(const struct archive_entry *e)
{
	json_t *o = json_object();

	put(o, "name", report_str(e->name));
	put(o, "size", e->size == UINT64_MAX ? json_null() : json_integer((json_int_t)e->size));
	put(o, "level", json_integer(e->level));
	put(o, "detected", report_word(e->type ? e->type->name : NULL));
	put(o, "name_findings", words(e->parsed.flags, file_name_flag_name));
	return o;
}

static json_t *archive(const struct archive *a)
{
	json_t *o, *list = json_array();

	if (!a) {
		json_decref(list);
		return json_null();
	}
	o = json_object();
	for (size_t i = 0; i < a->entries.n; i++)
		json_array_append_new(list, entry(&a->entries.p[i]));
	put(o, "format", report_word(a->format));
	put(o, "findings", words(a->flags, archive_flag_name));
	put(o, "entries", list);
	return o;
}

static json_t *hex(const uint8_t *digest)
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return json_string(text);
}

static json_t *part(const struct parsed *p, size_t i)
{
	struct mime *m = p->content->mime;
	const struct content_file *f = parse_file_of(p, i);
	bool leaf = !m->parts.p[i].multipart && !m->parts.p[i].message;
	struct str data = leaf ? mime_data(m, i) : STR("");
	const struct mime_part *q = &m->parts.p[i];
	json_t *o = json_object();

	put(o, "path", report_str(q->path.p ? q->path : STR("")));
	put(o, "type",
	    report_str(arena_printf(p->arena, "%.*s/%.*s", STR_ARG(q->type), STR_ARG(q->subtype))));
	put(o, "detected", report_word(leaf ? file_type_of(data)->name : NULL));
	put(o, "agrees", f ? json_boolean(f->type_agrees) : json_null());
	put(o, "charset", report_str(q->charset));
	put(o, "encoding", json_string(parse_encoding_name(q->encoding)));
	put(o, "name", report_str(q->name));
	put(o, "name_findings", words(f ? f->parsed.flags : 0, file_name_flag_name));
	put(o, "disposition", report_str(q->disposition));
	put(o, "size", leaf ? json_integer((json_int_t)data.n) : json_null());
	put(o, "sha256", leaf ? hex(mime_sha256(m, i)) : json_null());
	put(o, "ambiguities", words(q->flags, mime_flag_name));
	put(o, "archive", archive(f ? f->archive : NULL));
	return o;
}

/* ---- links and markup ---- */

static json_t *url(const struct parsed *p, const struct url *u)
{
	json_t *o = json_object();

	put(o, "url", report_str(u->clean));
	put(o, "raw", report_str(u->raw));
	put(o, "host", report_str(u->host.n ? u->host : STR_NULL));
	put(o, "shown", report_str(u->flags & URL_IDN ? u->shown : STR_NULL));
	put(o, "registrable", report_str(u->registrable));
	put(o, "origin", json_string(url_origin_name(u->origin)));
	put(o, "part", path_of(p, u->part));
	put(o, "text", report_str(u->text));
	put(o, "flags", words(u->flags, url_flag_name));
	return o;
}

static json_t *html(const struct parsed *p, uint32_t i, const struct html_doc *d)
{
	json_t *o = json_object(), *tricks = json_object(), *hidden = json_object();

	for (unsigned t = 0; t < HTML_TRICKS; t++)
		if (d->trick[t])
			put(tricks, html_trick_name(t), json_integer((json_int_t)d->trick[t]));
	for (unsigned h = 0; h < HTML_HIDE_REASONS; h++)
		if (d->hide[h])
			put(hidden, html_hide_name(h), json_integer((json_int_t)d->hide[h]));
	put(o, "part", path_of(p, i));
	put(o, "title", report_str(d->title));
	put(o, "tricks", tricks);
	put(o, "hidden", hidden);
	put(o, "tags", json_integer((json_int_t)d->tags));
	put(o, "links", json_integer((json_int_t)d->links.n));
	put(o, "images", json_integer((json_int_t)d->images));
	put(o, "words", json_integer((json_int_t)d->words));
	put(o, "truncated", json_boolean(d->truncated));
	return o;
}

json_t *parse_json(const struct parsed *p)
{
	json_t *o = json_object(), *parts = json_array(), *urls = json_array(),
	       *markup = json_array();
	const struct html_doc *d;

	for (size_t i = 0; i < p->content->mime->parts.n; i++) {
		json_array_append_new(parts, part(p, i));
		d = content_html(p->content, i);
		if (d)
			json_array_append_new(markup, html(p, (uint32_t)i, d));
	}
	for (size_t i = 0; i < p->urls->n; i++)
		json_array_append_new(urls, url(p, &p->urls->p[i]));
	put(o, "file", report_str(p->name));
	put(o, "headers", headers(p));
	put(o, "parts", parts);
	put(o, "visible", report_str(p->visible));
	put(o, "hidden", report_str(p->hidden));
	put(o, "urls", urls);
	put(o, "urls_found", json_integer((json_int_t)content_urls_found(p->content)));
	put(o, "ambiguities", words(p->content->mime->flags, mime_flag_name));
	put(o, "html", markup);
	return o;
}
