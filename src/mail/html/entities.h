/* Character references (WHATWG HTML 13.2.5.72 to 80), one at a time. */
#ifndef MAIL_HTML_ENTITIES_H
#define MAIL_HTML_ENTITIES_H

#include "base/str.h"

/*
 * The reference that s begins with ("&" is its first octet): its length and its one or two
 * characters (code[1] is 0 when there is one); 0: "&" is just itself. attr: in an attribute's
 * value, where a name without semicolon counts only if no letter, digit or "=" comes after it.
 * Looks at a bounded number of octets, but for the digits of a number.
 */
size_t entity_read(struct str s, bool attr, uint32_t code[2]);

/* code as UTF-8 into out, which has room for 4: octets. What is no character becomes U+FFFD. */
size_t entity_utf8(uint32_t code, char *out);

#endif
