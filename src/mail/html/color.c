/* Colours: their names and forms, and the contrast of text with what it stands on. */
#include "mail/html/color.h"

static const struct {
	struct str name;
	uint32_t rgb;
} names[] = {
	{ { "aliceblue", 9 }, 0xf0f8ff },
	{ { "antiquewhite", 12 }, 0xfaebd7 },
	{ { "aqua", 4 }, 0x00ffff },
	{ { "aquamarine", 10 }, 0x7fffd4 },
	{ { "azure", 5 }, 0xf0ffff },
	{ { "beige", 5 }, 0xf5f5dc },
	{ { "bisque", 6 }, 0xffe4c4 },
	{ { "black", 5 }, 0x000000 },
	{ { "blanchedalmond", 14 }, 0xffebcd },
	{ { "blue", 4 }, 0x0000ff },
	{ { "blueviolet", 10 }, 0x8a2be2 },
	{ { "brown", 5 }, 0xa52a2a },
	{ { "burlywood", 9 }, 0xdeb887 },
	{ { "cadetblue", 9 }, 0x5f9ea0 },
	{ { "chartreuse", 10 }, 0x7fff00 },
	{ { "chocolate", 9 }, 0xd2691e },
	{ { "coral", 5 }, 0xff7f50 },
	{ { "cornflowerblue", 14 }, 0x6495ed },
	{ { "cornsilk", 8 }, 0xfff8dc },
	{ { "crimson", 7 }, 0xdc143c },
	{ { "cyan", 4 }, 0x00ffff },
	{ { "darkblue", 8 }, 0x00008b },
	{ { "darkcyan", 8 }, 0x008b8b },
	{ { "darkgoldenrod", 13 }, 0xb8860b },
	{ { "darkgray", 8 }, 0xa9a9a9 },
	{ { "darkgreen", 9 }, 0x006400 },
	{ { "darkgrey", 8 }, 0xa9a9a9 },
	{ { "darkkhaki", 9 }, 0xbdb76b },
	{ { "darkmagenta", 11 }, 0x8b008b },
	{ { "darkolivegreen", 14 }, 0x556b2f },
	{ { "darkorange", 10 }, 0xff8c00 },
	{ { "darkorchid", 10 }, 0x9932cc },
	{ { "darkred", 7 }, 0x8b0000 },
	{ { "darksalmon", 10 }, 0xe9967a },
	{ { "darkseagreen", 12 }, 0x8fbc8f },
	{ { "darkslateblue", 13 }, 0x483d8b },
	{ { "darkslategray", 13 }, 0x2f4f4f },
	{ { "darkslategrey", 13 }, 0x2f4f4f },
	{ { "darkturquoise", 13 }, 0x00ced1 },
	{ { "darkviolet", 10 }, 0x9400d3 },
	{ { "deeppink", 8 }, 0xff1493 },
	{ { "deepskyblue", 11 }, 0x00bfff },
	{ { "dimgray", 7 }, 0x696969 },
	{ { "dimgrey", 7 }, 0x696969 },
	{ { "dodgerblue", 10 }, 0x1e90ff },
	{ { "firebrick", 9 }, 0xb22222 },
	{ { "floralwhite", 11 }, 0xfffaf0 },
	{ { "forestgreen", 11 }, 0x228b22 },
	{ { "fuchsia", 7 }, 0xff00ff },
	{ { "gainsboro", 9 }, 0xdcdcdc },
	{ { "ghostwhite", 10 }, 0xf8f8ff },
	{ { "gold", 4 }, 0xffd700 },
	{ { "goldenrod", 9 }, 0xdaa520 },
	{ { "gray", 4 }, 0x808080 },
	{ { "green", 5 }, 0x008000 },
	{ { "greenyellow", 11 }, 0xadff2f },
	{ { "grey", 4 }, 0x808080 },
	{ { "honeydew", 8 }, 0xf0fff0 },
	{ { "hotpink", 7 }, 0xff69b4 },
	{ { "indianred", 9 }, 0xcd5c5c },
	{ { "indigo", 6 }, 0x4b0082 },
	{ { "ivory", 5 }, 0xfffff0 },
	{ { "khaki", 5 }, 0xf0e68c },
	{ { "lavender", 8 }, 0xe6e6fa },
	{ { "lavenderblush", 13 }, 0xfff0f5 },
	{ { "lawngreen", 9 }, 0x7cfc00 },
	{ { "lemonchiffon", 12 }, 0xfffacd },
	{ { "lightblue", 9 }, 0xadd8e6 },
	{ { "lightcoral", 10 }, 0xf08080 },
	{ { "lightcyan", 9 }, 0xe0ffff },
	{ { "lightgoldenrodyellow", 20 }, 0xfafad2 },
	{ { "lightgray", 9 }, 0xd3d3d3 },
	{ { "lightgreen", 10 }, 0x90ee90 },
	{ { "lightgrey", 9 }, 0xd3d3d3 },
	{ { "lightpink", 9 }, 0xffb6c1 },
	{ { "lightsalmon", 11 }, 0xffa07a },
	{ { "lightseagreen", 13 }, 0x20b2aa },
	{ { "lightskyblue", 12 }, 0x87cefa },
	{ { "lightslategray", 14 }, 0x778899 },
	{ { "lightslategrey", 14 }, 0x778899 },
	{ { "lightsteelblue", 14 }, 0xb0c4de },
	{ { "lightyellow", 11 }, 0xffffe0 },
	{ { "lime", 4 }, 0x00ff00 },
	{ { "limegreen", 9 }, 0x32cd32 },
	{ { "linen", 5 }, 0xfaf0e6 },
	{ { "magenta", 7 }, 0xff00ff },
	{ { "maroon", 6 }, 0x800000 },
	{ { "mediumaquamarine", 16 }, 0x66cdaa },
	{ { "mediumblue", 10 }, 0x0000cd },
	{ { "mediumorchid", 12 }, 0xba55d3 },
	{ { "mediumpurple", 12 }, 0x9370db },
	{ { "mediumseagreen", 14 }, 0x3cb371 },
	{ { "mediumslateblue", 15 }, 0x7b68ee },
	{ { "mediumspringgreen", 17 }, 0x00fa9a },
	{ { "mediumturquoise", 15 }, 0x48d1cc },
	{ { "mediumvioletred", 15 }, 0xc71585 },
	{ { "midnightblue", 12 }, 0x191970 },
	{ { "mintcream", 9 }, 0xf5fffa },
	{ { "mistyrose", 9 }, 0xffe4e1 },
	{ { "moccasin", 8 }, 0xffe4b5 },
	{ { "navajowhite", 11 }, 0xffdead },
	{ { "navy", 4 }, 0x000080 },
	{ { "oldlace", 7 }, 0xfdf5e6 },
	{ { "olive", 5 }, 0x808000 },
	{ { "olivedrab", 9 }, 0x6b8e23 },
	{ { "orange", 6 }, 0xffa500 },
	{ { "orangered", 9 }, 0xff4500 },
	{ { "orchid", 6 }, 0xda70d6 },
	{ { "palegoldenrod", 13 }, 0xeee8aa },
	{ { "palegreen", 9 }, 0x98fb98 },
	{ { "paleturquoise", 13 }, 0xafeeee },
	{ { "palevioletred", 13 }, 0xdb7093 },
	{ { "papayawhip", 10 }, 0xffefd5 },
	{ { "peachpuff", 9 }, 0xffdab9 },
	{ { "peru", 4 }, 0xcd853f },
	{ { "pink", 4 }, 0xffc0cb },
	{ { "plum", 4 }, 0xdda0dd },
	{ { "powderblue", 10 }, 0xb0e0e6 },
	{ { "purple", 6 }, 0x800080 },
	{ { "rebeccapurple", 13 }, 0x663399 },
	{ { "red", 3 }, 0xff0000 },
	{ { "rosybrown", 9 }, 0xbc8f8f },
	{ { "royalblue", 9 }, 0x4169e1 },
	{ { "saddlebrown", 11 }, 0x8b4513 },
	{ { "salmon", 6 }, 0xfa8072 },
	{ { "sandybrown", 10 }, 0xf4a460 },
	{ { "seagreen", 8 }, 0x2e8b57 },
	{ { "seashell", 8 }, 0xfff5ee },
	{ { "sienna", 6 }, 0xa0522d },
	{ { "silver", 6 }, 0xc0c0c0 },
	{ { "skyblue", 7 }, 0x87ceeb },
	{ { "slateblue", 9 }, 0x6a5acd },
	{ { "slategray", 9 }, 0x708090 },
	{ { "slategrey", 9 }, 0x708090 },
	{ { "snow", 4 }, 0xfffafa },
	{ { "springgreen", 11 }, 0x00ff7f },
	{ { "steelblue", 9 }, 0x4682b4 },
	{ { "tan", 3 }, 0xd2b48c },
	{ { "teal", 4 }, 0x008080 },
	{ { "thistle", 7 }, 0xd8bfd8 },
	{ { "tomato", 6 }, 0xff6347 },
	{ { "turquoise", 9 }, 0x40e0d0 },
	{ { "violet", 6 }, 0xee82ee },
	{ { "wheat", 5 }, 0xf5deb3 },
	{ { "white", 5 }, 0xffffff },
	{ { "whitesmoke", 10 }, 0xf5f5f5 },
	{ { "yellow", 6 }, 0xffff00 },
	{ { "yellowgreen", 11 }, 0x9acd32 },
};

static bool named(struct str s, uint32_t *rgba)
{
	size_t lo = 0, hi = sizeof names / sizeof *names;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = ch_lower(s.p[0]) - names[mid].name.p[0];

		d = d ? d : str_icmp(s, names[mid].name);
		if (d == 0) {
			*rgba = names[mid].rgb << 8 | 0xFF;
			return true;
		}
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (!str_ieq(s, STR("transparent")))
		return false;
	*rgba = 0;
	return true;
}

/* The digits behind "#": 3, 4, 6 or 8 of them. */
static bool hex(struct str s, uint32_t *rgba)
{
	bool is_short = s.n == 3 || s.n == 4;
	uint32_t v = 0;

	if (!is_short && s.n != 6 && s.n != 8)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = ch_hex(s.p[i]);

		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
		if (is_short)
			v = v << 4 | (uint32_t)d;
	}
	*rgba = s.n == 3 || s.n == 6 ? v << 8 | 0xFF : v;
	return true;
}

bool css_number(struct str *s, float *v)
{
	size_t i = 0, first;
	double sum = 0, scale = 1;
	bool minus = s->n && s->p[0] == '-';

	if (s->n && (s->p[0] == '-' || s->p[0] == '+'))
		i++;
	for (first = i; i < s->n && ch_digit(s->p[i]); i++)
		sum = sum < 1e9 ? sum * 10 + (s->p[i] - '0') : sum;
	if (i + 1 < s->n && s->p[i] == '.' && ch_digit(s->p[i + 1]))
		for (i++; i < s->n && ch_digit(s->p[i]); i++) {
			scale /= 10;
			sum += scale * (s->p[i] - '0');
		}
	if (i == first)
		return false;
	*v = (float)(minus ? -sum : sum);
	*s = str_skip(*s, i);
	return true;
}

static uint32_t octet(float v)
{
	return v <= 0 ? 0 : v >= 255 ? 255 : (uint32_t)(v + 0.5f);
}

static uint32_t pack(float r, float g, float b, float alpha)
{
	return octet(r) << 24 | octet(g) << 16 | octet(b) << 8 | octet(alpha * 255);
}

/* Hue in degrees, the others from 0 to 1 (CSS Color 4, 7.1). */
static uint32_t from_hsl(float h, float s, float l, float alpha)
{
	static const float shift[3] = { 0, 8, 4 };
	float c[3], a = s * (l < 0.5f ? l : 1 - l), turns = h / 360;

	turns -= (float)(int64_t)turns;
	for (int i = 0; i < 3; i++) {
		float k = shift[i] + turns * 12, m;

		k += k < 0 ? 12 : k >= 12 ? -12 : 0;
		m = k - 3 < 9 - k ? k - 3 : 9 - k;
		m = m > 1 ? 1 : m < -1 ? -1 : m;
		c[i] = 255 * (l - a * m);
	}
	return pack(c[0], c[1], c[2], alpha);
}

static bool separator(char c)
{
	return c == ' ' || c == ',' || c == '/' || c == '\t' || c == '\n' || c == '\r';
}

/* The three or four numbers of a colour function, percentages as parts of 1 marked in *percent. */
static size_t arguments(struct str s, float v[4], unsigned *percent)
{
	size_t n = 0;

	*percent = 0;
	while (n < 4) {
		while (s.n && separator(s.p[0]))
			s = str_skip(s, 1);
		if (!s.n || !css_number(&s, &v[n]))
			break;
		if (s.n && s.p[0] == '%') {
			v[n] /= 100;
			*percent |= 1u << n;
		}
		while (s.n && !separator(s.p[0]))
			s = str_skip(s, 1);
		n++;
	}
	return s.n ? 0 : n;
}

static float unit(float v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* rgb(...) or hsl(...), with or without an "a". */
static bool function(struct str s, uint32_t *rgba)
{
	size_t open = str_chr(s, '(');
	struct str inside;
	float v[4] = { 0, 0, 0, 1 };
	unsigned percent;

	if (open > 4 || s.p[s.n - 1] != ')')
		return false;
	inside = str_sub(s, open + 1, s.n - open - 2);
	s = str_sub(s, 0, open);
	if (arguments(inside, v, &percent) < 3)
		return false;
	if (str_ieq(s, STR("hsl")) || str_ieq(s, STR("hsla"))) {
		*rgba = from_hsl(v[0], unit(v[1]), unit(v[2]), v[3]);
		return true;
	}
	for (unsigned i = 0; i < 3; i++)
		v[i] *= percent >> i & 1 ? 255 : 1;
	*rgba = pack(v[0], v[1], v[2], v[3]);
	return str_ieq(s, STR("rgb")) || str_ieq(s, STR("rgba"));
}

bool color_read(struct str s, uint32_t *rgba)
{
	s = str_trim(s);
	if (s.n < 3)
		return false;
	if (s.p[0] == '#')
		return hex(str_skip(s, 1), rgba);
	if (s.p[s.n - 1] == ')')
		return function(s, rgba);
	return named(s, rgba);
}

/* Two digits from the front of a third of the attribute; at: where that third begins. */
static uint32_t third(struct str s, size_t at, size_t len, size_t skip, size_t digits)
{
	uint32_t v = 0;

	for (size_t i = skip; i < skip + digits && i < len; i++) {
		int d = at + i < s.n ? ch_hex(s.p[at + i]) : 0;

		v = v << 4 | (uint32_t)(d < 0 ? 0 : d);
	}
	return v;
}

/* All three thirds have nothing but zeros at i. */
static bool zeros_at(struct str s, size_t len, size_t i)
{
	return !third(s, 0, len, i, 1) && !third(s, len, len, i, 1) &&
	       !third(s, 2 * len, len, i, 1);
}

bool color_legacy(struct str s, uint32_t *rgba)
{
	size_t len, skip, digits;

	s = str_trim(s);
	if (!s.n || str_ieq(s, STR("transparent")))
		return false;
	if (s.p[0] == '#' ? (s.n == 4 || s.n == 7) && hex(str_skip(s, 1), rgba) : named(s, rgba))
		return true;
	s = str_sub(s, 0, 128);
	if (s.p[0] == '#')
		s = str_skip(s, 1);
	len = s.n ? (s.n + 2) / 3 : 1;
	skip = len > 8 ? len - 8 : 0;
	while (len - skip > 2 && zeros_at(s, len, skip))
		skip++;
	digits = len - skip < 2 ? len - skip : 2;
	*rgba = third(s, 0, len, skip, digits) << 24 | third(s, len, len, skip, digits) << 16 |
		third(s, 2 * len, len, skip, digits) << 8 | 0xFF;
	return true;
}

uint32_t color_over(uint32_t top, uint32_t base)
{
	uint32_t alpha = top & 0xFF, out = 0xFF;

	if (alpha == 0xFF)
		return top;
	for (unsigned at = 8; at < 32; at += 8) {
		uint32_t t = top >> at & 0xFF, b = base >> at & 0xFF;

		out |= (t * alpha + b * (255 - alpha) + 127) / 255 << at;
	}
	return out;
}

/* Relative luminance; the square stands for sRGB's curve. */
static float luminance(uint32_t c)
{
	float r = (float)(c >> 24) / 255, g = (float)(c >> 16 & 0xFF) / 255,
	      b = (float)(c >> 8 & 0xFF) / 255;

	return 0.2126f * r * r + 0.7152f * g * g + 0.0722f * b * b;
}

/* The largest difference of a channel. */
static uint32_t distance(uint32_t a, uint32_t b)
{
	uint32_t most = 0;

	for (unsigned at = 8; at < 32; at += 8) {
		uint32_t x = a >> at & 0xFF, y = b >> at & 0xFF, d = x > y ? x - y : y - x;

		most = d > most ? d : most;
	}
	return most;
}

bool color_unseen(uint32_t text, uint32_t base)
{
	uint32_t seen = color_over(text, base), far = distance(seen, base);
	float a, b;

	if (far > 64)
		return false;
	a = luminance(seen) + 0.05f;
	b = luminance(base) + 0.05f;
	return far < 8 || (a > b ? a / b : b / a) < COLOR_MIN_CONTRAST;
}
