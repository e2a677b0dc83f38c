/* Fuzz target: the tokens of HTML tile their text, and what a document promises holds. */
#include "base/err.h"
#include "base/utf8.h"
#include "mail/html/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tokens(struct str in, bool foreign)
{
	static struct html_token t;
	struct html_lexer l = { .in = in, .foreign = foreign };
	size_t at = 0;

	while (html_next(&l, &t)) {
		if (t.raw.p != in.p + at || !t.raw.n || t.nattrs > HTML_MAX_ATTRS)
			bug("a token that does not follow the one before");
		if (t.text.n > t.raw.n || t.name.n > t.raw.n)
			bug("a token larger than its octets");
		at += t.raw.n;
	}
	if (at != in.n || t.kind != HTML_EOF)
		bug("tokens that leave something over");
}

static void check_text(struct str s)
{
	if (!utf8_valid(s))
		bug("a text that is not UTF-8");
	for (size_t i = 0; i + 1 < s.n; i++)
		if ((s.p[i] == ' ' || s.p[i] == '\n') && (s.p[i + 1] == ' ' || s.p[i + 1] == '\n'))
			bug("white space that is not collapsed");
	if (s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\n'))
		bug("white space at an end");
}

static void check_links(const struct html_doc *d)
{
	const char *end = d->visible.p + d->visible.n;

	if (d->links.n > HTML_MAX_LINKS)
		bug("too many links");
	for (size_t i = 0; i < d->links.n; i++) {
		const struct html_link *l = &d->links.p[i];

		if (str_chr(l->url, '\n') != SIZE_MAX)
			bug("a line end in an address");
		if (l->kind == HTML_LINK_A && l->text.n &&
		    (l->text.p < d->visible.p || l->text.p + l->text.n > end))
			bug("the text of a link that is not seen");
		if (l->width < -1 || l->height < -1)
			bug("a size below none");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	const struct html_doc *d = html_read(a, in);

	check_tokens(in, false);
	check_tokens(in, true);
	check_text(d->visible);
	check_text(d->title);
	check_text(d->hidden);
	check_links(d);
	if (d->visible.n > 3 * in.n + 2)
		bug("a text longer than its HTML");
	html_unescape_attr(a, in);
	arena_free(a);
	return 0;
}
