/* Characters that are not seen, or that turn the reading direction. */
#ifndef MAIL_URL_CHARS_H
#define MAIL_URL_CHARS_H

#include "base/str.h"

/* Takes no room and shows nothing: soft hyphen, zero-width space and joiners, fillers, tags. */
bool char_invisible(uint32_t c);

/* A mark, embedding, override or isolate of the bidi algorithm (UAX 9). */
bool char_bidi(uint32_t c);

/* Of a script that is written without blanks between words (Han, kana, Thai, ...). */
bool char_unspaced(uint32_t c);

/* The character at s.p[i]: its octets, at least 1; what is no UTF-8 is U+FFFD. */
size_t char_at(struct str s, size_t i, uint32_t *c);

#endif
