/* Lists of words in the arguments of predicates. */
#ifndef CHECKS_WORDS_H
#define CHECKS_WORDS_H

#include "base/str.h"

/* list is words separated by commas, bars or blanks, in any case: whether word is one of them. */
bool words_has(struct str list, const char *word);

#endif
