/* Colours of CSS and of HTML's attributes, and whether an eye can tell two of them apart. */
#ifndef MAIL_HTML_COLOR_H
#define MAIL_HTML_COLOR_H

#include "base/str.h"

/* 0xRRGGBBAA */
#define COLOR_WHITE 0xFFFFFFFFu
#define COLOR_BLACK 0x000000FFu

/* Contrast (WCAG 2: 1 to 21) below which text counts as not seen. */
#define COLOR_MIN_CONTRAST 1.2f

/* All of s is a colour: a name, #rgb, #rgba, #rrggbb, #rrggbbaa, rgb(), rgba(), hsl(), hsla(). */
bool color_read(struct str s, uint32_t *rgba);

/* A colour attribute (WHATWG HTML 2.3.6): nearly everything is a colour. */
bool color_legacy(struct str s, uint32_t *rgba);

/* top, which may be translucent, painted on base, which is not. */
uint32_t color_over(uint32_t top, uint32_t base);

/* Text of the colour text, which may be translucent, is not seen on base. */
bool color_unseen(uint32_t text, uint32_t base);

/* A decimal number at the beginning of *s, which is cut off it (CSS Syntax 4.3.12). */
bool css_number(struct str *s, float *v);

#endif
