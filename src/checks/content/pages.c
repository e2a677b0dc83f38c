/* What the HTML parts do: hidden text, tricks, images. */
#include "checks/checks.h"
#include "checks/words.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

/* The i-th page of the message; NULL: there are no more. */
static const struct html_doc *page(struct scan *s, size_t *part)
{
	while (s->content && *part < s->content->mime->parts.n) {
		const struct html_doc *d = content_html(s->content, (*part)++);
		if (d)
			return d;
	}
	return NULL;
}

static bool page_trick(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	double least = n > 1 ? arg[1].number : 1;
	const struct html_doc *d;
	size_t part = 0, count = 0;

	while ((d = page(s, &part)) != NULL)
		for (size_t t = 0; t < HTML_TRICKS; t++)
			if (d->trick[t] &&
			    words_has(arg[0].text, html_trick_name((enum html_trick)t))) {
				count += d->trick[t];
				*evidence = str_c(html_trick_name((enum html_trick)t));
			}
	return (double)count >= least;
}

static bool page_hidden(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct html_doc *d;
	size_t part = 0, count = 0;

	(void)n;
	while ((d = page(s, &part)) != NULL)
		for (size_t h = 0; h < HTML_HIDE_REASONS; h++)
			if (words_has(arg[0].text, html_hide_name((enum html_hide)h)))
				count += d->hide[h];
	if ((double)count < arg[1].number || !count)
		return false;
	*evidence = arena_printf(s->arena, "%zu characters", count);
	return true;
}

/* Hidden characters for each visible one. */
static bool page_hidden_share(struct scan *s, const struct predicate_arg *arg, size_t n,
			      struct str *evidence)
{
	const struct html_doc *d;
	size_t part = 0, visible = 0, hidden = 0;
	double share;

	(void)n;
	while ((d = page(s, &part)) != NULL) {
		visible += d->visible.n;
		hidden += d->hidden.n;
	}
	share = (double)hidden / (double)(visible ? visible : 1);
	if (!hidden || share < arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%.2f", share);
	return true;
}

/* Square pixels of images for each octet of text. */
static bool page_image_share(struct scan *s, const struct predicate_arg *arg, size_t n,
			     struct str *evidence)
{
	const struct html_doc *d;
	size_t part = 0, area = 0, text = 0;
	double share;

	(void)n;
	while ((d = page(s, &part)) != NULL) {
		area += d->image_area;
		text += d->visible.n;
	}
	share = (double)area / (double)(text ? text : 1);
	if (!area || share < arg[0].number)
		return false;
	*evidence = arena_printf(s->arena, "%.0f", share);
	return true;
}

/* A short text with a link on a large (linked_large) or small image, or with images from outside.
 */
static bool link_fits(const struct html_link *l, struct str what)
{
	bool large = l->width > 0 && l->height > 0 && l->width + l->height >= 210;

	if (str_eq(what, STR("linked_large")))
		return l->kind == HTML_LINK_A && l->has_image && large;
	if (str_eq(what, STR("linked")))
		return l->kind == HTML_LINK_A && l->has_image && !large;
	return l->kind == HTML_LINK_IMG &&
	       (str_istarts(l->url, STR("http:")) || str_istarts(l->url, STR("https:")));
}

static bool page_image(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct html_doc *d;
	size_t part = 0;

	while ((d = page(s, &part)) != NULL)
		for (size_t i = 0; i < d->links.n; i++)
			if (link_fits(&d->links.p[i], arg[0].text) &&
			    (n < 2 || (double)d->visible.n < arg[1].number)) {
				*evidence = d->links.p[i].url;
				return true;
			}
	return false;
}

/* Words of the visible text of all pages. */
static bool page_words(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct html_doc *d;
	size_t part = 0, words = 0, pages = 0;

	(void)n;
	(void)evidence;
	while ((d = page(s, &part)) != NULL) {
		pages++;
		words += d->words;
	}
	return pages && (double)words >= arg[0].number && (double)words <= arg[1].number;
}

static const struct predicate predicates[] = {
	{ "page_trick", "s|n", page_trick,
	  "the HTML does one of these, so many times: zero-font split-words rtl invisible-chars "
	  "entity-letters meta-refresh base form password-field script event iframe object "
	  "data-uri "
	  "data-text remote-css smuggling svg-script unbalanced tiny-image limit" },
	{ "page_hidden", "sn", page_hidden,
	  "so many characters are hidden by: display visibility opacity font-size color offscreen "
	  "clip attribute element comment" },
	{ "page_hidden_share", "n", page_hidden_share,
	  "so many hidden octets for each visible one" },
	{ "page_image_share", "n", page_image_share,
	  "so many square pixels of images for each octet of text" },
	{ "page_image", "s|n", page_image,
	  "there is a linked image, large (linked_large) or small (linked), or one from outside "
	  "(external), with less text than so many octets" },
	{ "page_words", "nn", page_words, "the HTML shows so many words: at least, at most" },
	{ 0 },
};

const struct check check_pages = {
	.abi = CHECK_ABI,
	.name = "pages",
	.help = "hidden text and tricks of HTML",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
