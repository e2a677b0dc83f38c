/* Colours of HTML and CSS as SpamAssassin reads them, mistakes of authors included. */
#include <stdio.h>

#include "mail/view/sahtml.h"

#define MAX_COLOR 64u /* octets of a value that are looked at */
#define MAX_NAME 20u

/* CSS Color Module Level 3, section 4.3; in alphabetical order. */
static const struct {
	char name[MAX_NAME + 1];
	uint32_t rgb;
} names[] = {
	{ "aliceblue", 0xf0f8ff },
	{ "antiquewhite", 0xfaebd7 },
	{ "aqua", 0x00ffff },
	{ "aquamarine", 0x7fffd4 },
	{ "azure", 0xf0ffff },
	{ "beige", 0xf5f5dc },
	{ "bisque", 0xffe4c4 },
	{ "black", 0x000000 },
	{ "blanchedalmond", 0xffebcd },
	{ "blue", 0x0000ff },
	{ "blueviolet", 0x8a2be2 },
	{ "brown", 0xa52a2a },
	{ "burlywood", 0xdeb887 },
	{ "cadetblue", 0x5f9ea0 },
	{ "chartreuse", 0x7fff00 },
	{ "chocolate", 0xd2691e },
	{ "coral", 0xff7f50 },
	{ "cornflowerblue", 0x6495ed },
	{ "cornsilk", 0xfff8dc },
	{ "crimson", 0xdc143c },
	{ "cyan", 0x00ffff },
	{ "darkblue", 0x00008b },
	{ "darkcyan", 0x008b8b },
	{ "darkgoldenrod", 0xb8860b },
	{ "darkgray", 0xa9a9a9 },
	{ "darkgreen", 0x006400 },
	{ "darkgrey", 0xa9a9a9 },
	{ "darkkhaki", 0xbdb76b },
	{ "darkmagenta", 0x8b008b },
	{ "darkolivegreen", 0x556b2f },
	{ "darkorange", 0xff8c00 },
	{ "darkorchid", 0x9932cc },
	{ "darkred", 0x8b0000 },
	{ "darksalmon", 0xe9967a },
	{ "darkseagreen", 0x8fbc8f },
	{ "darkslateblue", 0x483d8b },
	{ "darkslategray", 0x2f4f4f },
	{ "darkslategrey", 0x2f4f4f },
	{ "darkturquoise", 0x00ced1 },
	{ "darkviolet", 0x9400d3 },
	{ "deeppink", 0xff1493 },
	{ "deepskyblue", 0x00bfff },
	{ "dimgray", 0x696969 },
	{ "dimgrey", 0x696969 },
	{ "dodgerblue", 0x1e90ff },
	{ "firebrick", 0xb22222 },
	{ "floralwhite", 0xfffaf0 },
	{ "forestgreen", 0x228b22 },
	{ "fuchsia", 0xff00ff },
	{ "gainsboro", 0xdcdcdc },
	{ "ghostwhite", 0xf8f8ff },
	{ "gold", 0xffd700 },
	{ "goldenrod", 0xdaa520 },
	{ "gray", 0x808080 },
	{ "green", 0x008000 },
	{ "greenyellow", 0xadff2f },
	{ "grey", 0x808080 },
	{ "honeydew", 0xf0fff0 },
	{ "hotpink", 0xff69b4 },
	{ "indianred", 0xcd5c5c },
	{ "indigo", 0x4b0082 },
	{ "ivory", 0xfffff0 },
	{ "khaki", 0xf0e68c },
	{ "lavender", 0xe6e6fa },
	{ "lavenderblush", 0xfff0f5 },
	{ "lawngreen", 0x7cfc00 },
	{ "lemonchiffon", 0xfffacd },
	{ "lightblue", 0xadd8e6 },
	{ "lightcoral", 0xf08080 },
	{ "lightcyan", 0xe0ffff },
	{ "lightgoldenrodyellow", 0xfafad2 },
	{ "lightgray", 0xd3d3d3 },
	{ "lightgreen", 0x90ee90 },
	{ "lightgrey", 0xd3d3d3 },
	{ "lightpink", 0xffb6c1 },
	{ "lightsalmon", 0xffa07a },
	{ "lightseagreen", 0x20b2aa },
	{ "lightskyblue", 0x87cefa },
	{ "lightslategray", 0x778899 },
	{ "lightslategrey", 0x778899 },
	{ "lightsteelblue", 0xb0c4de },
	{ "lightyellow", 0xffffe0 },
	{ "lime", 0x00ff00 },
	{ "limegreen", 0x32cd32 },
	{ "linen", 0xfaf0e6 },
	{ "magenta", 0xff00ff },
	{ "maroon", 0x800000 },
	{ "mediumaquamarine", 0x66cdaa },
	{ "mediumblue", 0x0000cd },
	{ "mediumorchid", 0xba55d3 },
	{ "mediumpurple", 0x9370db },
	{ "mediumseagreen", 0x3cb371 },
	{ "mediumslateblue", 0x7b68ee },
	{ "mediumspringgreen", 0x00fa9a },
	{ "mediumturquoise", 0x48d1cc },
	{ "mediumvioletred", 0xc71585 },
	{ "midnightblue", 0x191970 },
	{ "mintcream", 0xf5fffa },
	{ "mistyrose", 0xffe4e1 },
	{ "moccasin", 0xffe4b5 },
	{ "navajowhite", 0xffdead },
	{ "navy", 0x000080 },
	{ "oldlace", 0xfdf5e6 },
	{ "olive", 0x808000 },
	{ "olivedrab", 0x6b8e23 },
	{ "orange", 0xffa500 },
	{ "orangered", 0xff4500 },
	{ "orchid", 0xda70d6 },
	{ "palegoldenrod", 0xeee8aa },
	{ "palegreen", 0x98fb98 },
	{ "paleturquoise", 0xafeeee },
	{ "palevioletred", 0xdb7093 },
	{ "papayawhip", 0xffefd5 },
	{ "peachpuff", 0xffdab9 },
	{ "peru", 0xcd853f },
	{ "pink", 0xffc0cb },
	{ "plum", 0xdda0dd },
	{ "powderblue", 0xb0e0e6 },
	{ "purple", 0x800080 },
	{ "red", 0xff0000 },
	{ "rosybrown", 0xbc8f8f },
	{ "royalblue", 0x4169e1 },
	{ "saddlebrown", 0x8b4513 },
	{ "salmon", 0xfa8072 },
	{ "sandybrown", 0xf4a460 },
	{ "seagreen", 0x2e8b57 },
	{ "seashell", 0xfff5ee },
	{ "sienna", 0xa0522d },
	{ "silver", 0xc0c0c0 },
	{ "skyblue", 0x87ceeb },
	{ "slateblue", 0x6a5acd },
	{ "slategray", 0x708090 },
	{ "slategrey", 0x708090 },
	{ "snow", 0xfffafa },
	{ "springgreen", 0x00ff7f },
	{ "steelblue", 0x4682b4 },
	{ "tan", 0xd2b48c },
	{ "teal", 0x008080 },
	{ "thistle", 0xd8bfd8 },
	{ "tomato", 0xff6347 },
	{ "turquoise", 0x40e0d0 },
	{ "violet", 0xee82ee },
	{ "wheat", 0xf5deb3 },
	{ "white", 0xffffff },
	{ "whitesmoke", 0xf5f5f5 },
	{ "yellow", 0xffff00 },
	{ "yellowgreen", 0x9acd32 },
};

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

static struct str trim(struct str s)
{
	static const struct str nbsp = { "\xc2\xa0", 2 };

	while (s.n && (space(s.p[0]) || str_starts(s, nbsp)))
		s = str_skip(s, space(s.p[0]) ? 1 : nbsp.n);
	while (s.n && (space(s.p[s.n - 1]) || str_iends(s, nbsp)))
		s.n -= space(s.p[s.n - 1]) ? 1 : nbsp.n;
	return s;
}

static bool by_name(struct str s, uint32_t *rgb)
{
	size_t lo = 0, hi = sizeof names / sizeof *names;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = str_icmp(str_c(names[mid].name), s);

		if (order == 0) {
			*rgb = names[mid].rgb;
			return true;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* A decimal number at the beginning, then "%" if percent says so; false: something else. */
static bool component(struct str *s, bool percent, uint32_t *value)
{
	size_t n = 0;
	uint64_t v = 0;

	while (n < s->n && ch_digit(s->p[n])) {
		if (v < 1000000)
			v = v * 10 + (uint64_t)(s->p[n] - '0');
		n++;
	}
	if (n == 0 || (percent && (n == s->n || s->p[n] != '%')))
		return false;
	*s = str_skip(*s, n + percent);
	*value = (uint32_t)(percent ? v * 255 / 100 : v);
	return true;
}

static void skip_spaces(struct str *s)
{
	while (s->n && space(s->p[0]))
		*s = str_skip(*s, 1);
}

/* Three components behind "rgb(", up to ")". */
static bool components(struct str s, bool percent, uint32_t c[3])
{
	for (int i = 0; i < 3; i++) {
		if (!component(&s, percent, &c[i]))
			return false;
		if (i == 2)
			break;
		if (!s.n || s.p[0] != ',')
			return false;
		s = str_skip(s, 1);
		skip_spaces(&s);
	}
	skip_spaces(&s);
	return s.n && s.p[0] == ')';
}

/* Hexadecimal digits to a colour: too many are cut, too few filled up. */
static uint32_t digits(struct str hex)
{
	unsigned d[6] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < hex.n && n < 6; i++)
		if (ch_hex(hex.p[i]) >= 0)
			d[n++] = (unsigned)ch_hex(hex.p[i]);
	if (n == 0)
		return SAHTML_ODD_COLOR;
	if (n < 6) /* short form; what is missing is 0, what is over 3 goes */
		return d[0] * 0x110000 + (n > 1 ? d[1] : 0) * 0x1100 + (n > 2 ? d[2] : 0) * 0x11;
	return d[0] << 20 | d[1] << 16 | d[2] << 12 | d[3] << 8 | d[4] << 4 | d[5];
}

static uint32_t by_rgb(struct str s)
{
	size_t at = str_find(s, STR("rgb("));
	uint32_t c[3];
	char hex[64];
	int n;

	if (at == SIZE_MAX)
		return SAHTML_BAD_COLOR;
	s = str_skip(s, at + 4);
	if (!components(s, true, c) && !components(s, false, c))
		return SAHTML_BAD_COLOR;
	n = snprintf(hex, sizeof hex, "%02x%02x%02x", c[0], c[1], c[2]);
	return digits(str_of(hex, (size_t)n));
}

uint32_t sahtml_color(struct str value)
{
	struct str s = trim(value);
	char low[MAX_COLOR];
	uint32_t rgb;
	size_t n;

	if (by_name(s, &rgb))
		return rgb;
	n = s.n < MAX_COLOR ? s.n : MAX_COLOR;
	for (size_t i = 0; i < n; i++)
		low[i] = ch_lower(s.p[i]);
	s = str_of(low, n);
	for (n = 0; n < s.n && (ch_hex(s.p[n]) >= 0 || s.p[n] == '#');)
		n++;
	if (n == s.n)
		return s.n && s.p[0] == '#' ? digits(s) : SAHTML_BAD_COLOR;
	return by_rgb(s);
}

uint32_t sahtml_rgb(struct str value)
{
	uint32_t c[3] = { 0 };
	size_t i = 0;

	for (size_t at = 0; at < value.n && i < 3; at++) {
		if (value.p[at] == ',')
			i++;
		else if (ch_digit(value.p[at]) && c[i] < 1000)
			c[i] = c[i] * 10 + (uint32_t)(value.p[at] - '0');
	}
	for (i = 0; i < 3; i++)
		c[i] = c[i] > 255 ? 255 : c[i];
	return c[0] << 16 | c[1] << 8 | c[2];
}

/* The length of the word that s begins with: brackets and quotes hold what is in them together, a
 * closed bracket ends it. */
static size_t word(struct str s)
{
	char quote = '\0';
	bool bracket = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (bracket && c == ')')
			return i + 1;
		else if (!bracket && (c == ' ' || c == ','))
			return i;
		else if (c == '(')
			bracket = true;
	}
	return s.n;
}

uint32_t sahtml_background(struct str value)
{
	uint32_t color = SAHTML_BAD_COLOR, above = SAHTML_BAD_COLOR;
	bool any = false; /* words in this layer */

	while (value.n) {
		size_t n = word(value);

		if (n) {
			any = true;
			if (color == SAHTML_BAD_COLOR)
				color = sahtml_color(str_sub(value, 0, n));
		} else {
			if (value.p[0] == ',') {
				above = color;
				color = SAHTML_BAD_COLOR;
				any = false;
			}
			n = 1;
		}
		value = str_skip(value, n);
	}
	return any ? color : above;
}
