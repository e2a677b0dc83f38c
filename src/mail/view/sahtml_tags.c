/* The elements that SpamAssassin knows, and what it does with each. */
#include "mail/view/sahtml.h"

enum {
	KNOWN = SAHTML_KNOWN,
	TRICK = SAHTML_TRICK,
	URI = SAHTML_URI,
	BREAK = SAHTML_BREAK,
	BLANK = SAHTML_BLANK,
	BLOCK = SAHTML_BLOCK
};

/* two line ends */

static const struct sahtml_element tags[] = {
	{ "a", KNOWN | URI, SAHTML_A },
	{ "abbr", KNOWN, SAHTML_NO_STYLE },
	{ "acronym", KNOWN, SAHTML_NO_STYLE },
	{ "address", KNOWN, SAHTML_NO_STYLE },
	{ "applet", KNOWN, SAHTML_NO_STYLE },
	{ "area", KNOWN | URI, SAHTML_NO_STYLE },
	{ "b", KNOWN, SAHTML_NO_STYLE },
	{ "base", KNOWN | URI, SAHTML_NO_STYLE },
	{ "basefont", KNOWN, SAHTML_BASEFONT },
	{ "bdo", KNOWN, SAHTML_NO_STYLE },
	{ "bgsound", TRICK | URI, SAHTML_NO_STYLE },
	{ "big", KNOWN, SAHTML_BIG },
	{ "blockquote", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "body", KNOWN | URI, SAHTML_BODY },
	{ "br", KNOWN | BREAK, SAHTML_NO_STYLE },
	{ "button", KNOWN, SAHTML_NO_STYLE },
	{ "caption", KNOWN, SAHTML_NO_STYLE },
	{ "center", KNOWN, SAHTML_NO_STYLE },
	{ "cite", KNOWN, SAHTML_NO_STYLE },
	{ "code", KNOWN, SAHTML_NO_STYLE },
	{ "col", KNOWN, SAHTML_NO_STYLE },
	{ "colgroup", KNOWN, SAHTML_NO_STYLE },
	{ "dd", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "del", KNOWN, SAHTML_NO_STYLE },
	{ "dfn", KNOWN, SAHTML_NO_STYLE },
	{ "dir", KNOWN, SAHTML_NO_STYLE },
	{ "div", KNOWN | BREAK, SAHTML_DIV },
	{ "dl", KNOWN, SAHTML_NO_STYLE },
	{ "dt", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "em", KNOWN, SAHTML_NO_STYLE },
	{ "embed", TRICK | URI | BLANK, SAHTML_NO_STYLE },
	{ "fieldset", KNOWN, SAHTML_NO_STYLE },
	{ "font", KNOWN, SAHTML_FONT },
	{ "form", KNOWN | URI, SAHTML_NO_STYLE },
	{ "frame", KNOWN | URI, SAHTML_NO_STYLE },
	{ "frameset", KNOWN, SAHTML_NO_STYLE },
	{ "h1", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h2", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h3", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h4", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h5", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "h6", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "head", KNOWN, SAHTML_NO_STYLE },
	{ "hr", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "html", KNOWN, SAHTML_NO_STYLE },
	{ "i", KNOWN, SAHTML_NO_STYLE },
	{ "iframe", KNOWN | URI, SAHTML_NO_STYLE },
	{ "img", KNOWN | URI, SAHTML_NO_STYLE },
	{ "input", KNOWN, SAHTML_NO_STYLE },
	{ "ins", KNOWN, SAHTML_NO_STYLE },
	{ "isindex", KNOWN, SAHTML_NO_STYLE },
	{ "kbd", KNOWN, SAHTML_NO_STYLE },
	{ "label", KNOWN, SAHTML_NO_STYLE },
	{ "legend", KNOWN, SAHTML_NO_STYLE },
	{ "li", KNOWN | BLANK, SAHTML_NO_STYLE },
	{ "link", KNOWN | URI, SAHTML_NO_STYLE },
	{ "listing", TRICK | BLOCK, SAHTML_NO_STYLE },
	{ "map", KNOWN, SAHTML_NO_STYLE },
	{ "menu", KNOWN, SAHTML_NO_STYLE },
	{ "meta", KNOWN | URI, SAHTML_NO_STYLE },
	{ "nobr", KNOWN, SAHTML_NO_STYLE },
	{ "noframes", KNOWN, SAHTML_NO_STYLE },
	{ "noscript", KNOWN, SAHTML_NO_STYLE },
	{ "object", KNOWN, SAHTML_NO_STYLE },
	{ "ol", KNOWN, SAHTML_NO_STYLE },
	{ "optgroup", KNOWN, SAHTML_NO_STYLE },
	{ "option", KNOWN, SAHTML_NO_STYLE },
	{ "p", KNOWN | BLOCK, SAHTML_P },
	{ "param", KNOWN, SAHTML_NO_STYLE },
	{ "plaintext", TRICK | BLOCK, SAHTML_NO_STYLE },
	{ "pre", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "q", KNOWN, SAHTML_NO_STYLE },
	{ "s", KNOWN, SAHTML_NO_STYLE },
	{ "samp", KNOWN, SAHTML_NO_STYLE },
	{ "script", KNOWN | URI, SAHTML_NO_STYLE },
	{ "select", KNOWN, SAHTML_NO_STYLE },
	{ "small", KNOWN, SAHTML_SMALL },
	{ "span", KNOWN, SAHTML_SPAN },
	{ "strike", KNOWN, SAHTML_NO_STYLE },
	{ "strong", KNOWN, SAHTML_NO_STYLE },
	{ "style", KNOWN, SAHTML_NO_STYLE },
	{ "sub", KNOWN, SAHTML_NO_STYLE },
	{ "sup", KNOWN, SAHTML_NO_STYLE },
	{ "table", KNOWN | URI, SAHTML_TABLE },
	{ "tbody", KNOWN, SAHTML_NO_STYLE },
	{ "td", KNOWN | URI | BLANK, SAHTML_TD },
	{ "textarea", KNOWN, SAHTML_NO_STYLE },
	{ "tfoot", KNOWN, SAHTML_NO_STYLE },
	{ "th", KNOWN | BLANK, SAHTML_TD },
	{ "thead", KNOWN, SAHTML_NO_STYLE },
	{ "title", KNOWN | BLOCK, SAHTML_NO_STYLE },
	{ "tr", KNOWN | URI, SAHTML_TR },
	{ "tt", KNOWN, SAHTML_NO_STYLE },
	{ "u", KNOWN, SAHTML_NO_STYLE },
	{ "ul", KNOWN, SAHTML_NO_STYLE },
	{ "var", KNOWN, SAHTML_NO_STYLE },
	{ "x-sigsep", KNOWN, SAHTML_NO_STYLE },
	{ "x-tab", KNOWN, SAHTML_NO_STYLE },
	{ "xmp", TRICK | BLOCK, SAHTML_NO_STYLE },
};

const struct sahtml_element *sahtml_element(struct str name)
{
	size_t lo = 0, hi = sizeof tags / sizeof *tags;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = str_icmp(str_c(tags[mid].name), name);

		if (order == 0)
			return &tags[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
