/* Fuzz target: declarations, style sheets and colours; a sheet is matched against some elements. */
#include "base/err.h"
#include "mail/html/color.h"
#include "mail/html/html.h"
#include "mail/html/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_block(const struct css_block *b)
{
	if (!b)
		return;
	if (b->n > 2 * CSS_PROPS || (!b->n && !b->image.n))
		bug("a block of no or too many declarations");
	for (size_t i = 0; i < b->n; i++)
		if (b->decl[i].prop >= CSS_PROPS || b->decl[i].value.kind > CSS_WORD)
			bug("a property or value that is none");
}

static void check_sheet(struct arena *a, struct str in)
{
	static const struct css_element path[] = {
		{ { "div", 3 }, { "i", 1 }, { "a b", 3 } },
		{ { "p", 1 }, { NULL, 0 }, { "b c", 3 } },
		{ { "span", 4 }, { "x", 1 }, { "a", 1 } },
	};
	struct sheet s = { .arena = a };
	struct css_cascade c = { 0 };

	sheet_add(&s, in);
	sheet_add(&s, in);
	if (s.octets > HTML_MAX_CSS || s.selectors > SHEET_MAX_SELECTORS)
		bug("a sheet over its limit");
	for (size_t n = 1; n <= sizeof path / sizeof *path; n++)
		sheet_match(&s, path, n, &c);
	if (c.set >> CSS_PROPS)
		bug("a property that is none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	uint32_t rgba = 0;

	check_block(css_block_read(a, in));
	check_sheet(a, in);
	if (color_read(in, &rgba) && color_unseen(rgba, rgba | 0xFF) != true)
		bug("a colour that is seen on itself");
	if (color_legacy(in, &rgba) && (rgba & 0xFF) != 0xFF)
		bug("a translucent attribute");
	css_media(in);
	arena_free(a);
	return 0;
}
