/* UTF-8 (RFC 3629), one character at a time. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* Octets of the character that s, which is not empty, begins with, and its code point; 0: none. */
size_t utf8_read(struct str s, uint32_t *code);

/* All of s is UTF-8. */
bool utf8_valid(struct str s);

#endif
