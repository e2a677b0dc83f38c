/* What SpamAssassin's HTML parser noted, by the names that its rules ask for. */
#include "mail/view/sahtml.h"

#include <stddef.h>

const char *const view_html_facts[] = {
	"html",
	"length",
	"html_length",
	"non_space_len",
	"ratio",
	"image_area",
	"min_size",
	"max_size",
	"closed_extra_ratio",
	"bad_tag_ratio",
	"non_element_ratio",
	"obfuscation_ratio",
	"backhair_count",
	"font_low_contrast",
	"font_invalid_color",
	"font_face_bad",
	"form_action_mailto",
	"embeds",
	"uri_truncated",
	NULL,
};

static const struct {
	const char *name;
	size_t at;
} flags[] = {
	{ "font_low_contrast", offsetof(struct sahtml, font_low_contrast) },
	{ "font_invalid_color", offsetof(struct sahtml, font_invalid_color) },
	{ "font_face_bad", offsetof(struct sahtml, font_face_bad) },
	{ "form_action_mailto", offsetof(struct sahtml, form_action_mailto) },
	{ "embeds", offsetof(struct sahtml, embeds) },
	{ "uri_truncated", offsetof(struct sahtml, uri_truncated) },
};

static const struct {
	const char *name;
	size_t at;
} numbers[] = {
	{ "length", offsetof(struct sahtml, length) },
	{ "html_length", offsetof(struct sahtml, html_length) },
	{ "non_space_len", offsetof(struct sahtml, non_space_len) },
	{ "image_area", offsetof(struct sahtml, image_area) },
	{ "min_size", offsetof(struct sahtml, styles.min_size) },
	{ "max_size", offsetof(struct sahtml, styles.max_size) },
};

static bool is(struct str name, const char *known)
{
	return str_eq(name, str_c(known));
}

/* Parts of a whole; there is none of nothing, nor where what is counted never was. */
static bool share(size_t part, size_t whole, bool counted, double *value)
{
	if (!whole || !counted)
		return false;
	*value = (double)part / (double)whole;
	return true;
}

static bool shares(const struct sahtml *h, struct str name, double *value)
{
	if (is(name, "closed_extra_ratio"))
		return share(h->closed_extra, h->tags, true, value);
	if (is(name, "bad_tag_ratio"))
		return share(h->tags - h->elements, h->tags, h->elements > 0, value);
	if (is(name, "non_element_ratio"))
		return share(h->tags_seen - h->elements_seen, h->tags_seen, h->elements_seen > 0,
			     value);
	if (is(name, "obfuscation_ratio"))
		return share(h->obfuscation, h->tags, h->obfuscation > 0, value);
	if (is(name, "ratio")) {
		*value = h->ratio;
		return h->has_ratio;
	}
	if (is(name, "backhair_count")) {
		*value = (double)h->cut_kinds;
		return *value > 0;
	}
	*value = 1;
	return is(name, "html");
}

/* Noted while the part is read, or of its text: there even if its end was not reached. */
static bool is_early(struct str name)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (is(name, flags[i].name))
			return true;
	return is(name, "html") || is(name, "html_length") || is(name, "non_space_len") ||
	       is(name, "ratio");
}

bool view_html_fact(const struct sahtml *h, struct str name, double *value)
{
	const char *base = (const char *)h;

	if (h->unended && !is_early(name))
		return false;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (is(name, numbers[i].name)) {
			memcpy(value, base + numbers[i].at, sizeof *value);
			return true;
		}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (is(name, flags[i].name)) {
			bool set;

			memcpy(&set, base + flags[i].at, sizeof set);
			*value = 1;
			return set;
		}
	return shares(h, name, value);
}

const struct str *view_html_texts(const struct sahtml *h, struct str name, size_t *n)
{
	*n = 0;
	if (h->unended)
		return NULL;
	if (is(name, "title")) {
		*n = h->titles.n;
		return h->titles.p;
	}
	if (is(name, "comment")) {
		*n = h->comments.n;
		return h->comments.p;
	}
	if (is(name, "script")) {
		*n = h->scripts.n;
		return h->scripts.p;
	}
	if (is(name, "anchor")) {
		*n = h->anchor_texts.n;
		return h->anchor_texts.p;
	}
	if (is(name, "charset")) {
		*n = h->charsets.n;
		return h->charsets.p;
	}
	return NULL;
}

bool view_html_inside(const struct sahtml *h, struct str tag, size_t *open)
{
	const struct sahtml_count *c = h->unended ? NULL : map_get(h->inside, tag);

	if (open)
		*open = c ? c->inside : 0;
	return c != NULL;
}

bool view_html_has_uri_of(const struct sahtml *h, struct str tag)
{
	for (size_t i = 0; i < h->uris.n; i++)
		for (unsigned bit = 1; bit < 1u << VIEW_HTML_TYPES; bit <<= 1)
			if ((h->uris.p[i].types & bit) &&
			    str_eq(tag, str_c(view_html_type_name(bit))))
				return true;
	return false;
}

size_t view_html_parts(struct view *v)
{
	size_t n = 0;

	view_render(v);
	for (size_t i = 0; i < v->nparts; i++)
		n += v->parts[i].html != NULL;
	return n;
}

const struct sahtml *view_html_part(struct view *v, size_t i)
{
	view_render(v);
	for (size_t k = 0; k < v->nparts; k++)
		if (v->parts[k].html && i-- == 0)
			return v->parts[k].html;
	return NULL;
}
